//! A sandbox, where everybody may act as anybody, never meets the outside world (security: sandbox must not
//! leak). Checked on the finished configuration, wherever its values came from.

use super::{Config, OtherSide, origin_of};
use crate::net::is_loopback;

/// Why the service must not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    #[error(
        "listen = {0}: with a sandbox, everybody who reaches the service may act as anybody, so it listens on this machine only. Use 127.0.0.1, or configure a real tenant with --config."
    )]
    PublicAddress(std::net::SocketAddr),
    #[error(
        "public_origin = {0}: with a sandbox the service must not be public. Use https://localhost:PORT, or configure a real tenant with --config."
    )]
    PublicOrigin(String),
    #[error(
        "{key} = {origin} is not on this machine, but `sandbox = true`: a sandbox and a real tenant are never used together. Remove `sandbox = true`, or give the sandbox's address."
    )]
    RealTenant { key: &'static str, origin: String },
    #[error(
        "{key} = {origin} is on this machine, as only a sandbox is. Give the real address, or say `sandbox = true`."
    )]
    UnspokenSandbox { key: &'static str, origin: String },
    #[error("{key} = {origin} is not https: tokens would cross the network in the clear. Use https.")]
    InTheClear { key: &'static str, origin: String },
}

/// Whether the service may start so.
pub fn check(config: &Config) -> Result<(), Unsafe> {
    for (key, url) in config.other_sides_addresses() {
        let origin = origin_of(url);
        match (config.other_side, is_loopback(url)) {
            (OtherSide::Sandbox, false) => return Err(Unsafe::RealTenant { key, origin }),
            (OtherSide::Microsoft, true) => return Err(Unsafe::UnspokenSandbox { key, origin }),
            (OtherSide::Microsoft, false) if url.scheme() != "https" => {
                return Err(Unsafe::InTheClear { key, origin });
            }
            _ => {}
        }
    }
    if config.other_side == OtherSide::Sandbox {
        if !config.listen.ip().is_loopback() {
            return Err(Unsafe::PublicAddress(config.listen));
        }
        if !is_loopback(&config.public_origin) {
            return Err(Unsafe::PublicOrigin(origin_of(&config.public_origin)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{SandboxSide, Tls};
    use super::*;
    use crate::caller::TenantId;
    use url::Url;
    use uuid::Uuid;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sandbox() -> Config {
        let side = SandboxSide {
            origin: url("https://localhost:4000"),
            ca_pem: String::new(),
            tenant: TenantId(Uuid::nil()),
            client_id: Uuid::nil(),
            client_secret: "a secret of the sandbox".into(),
        };
        let listen = "127.0.0.1:3000".parse().unwrap();
        Config::for_sandbox(&side, listen, url("https://localhost:3000"), Tls::BehindProxy)
    }

    fn real() -> Config {
        let mut config = sandbox();
        config.other_side = OtherSide::Microsoft;
        config.listen = "0.0.0.0:3000".parse().unwrap();
        config.public_origin = url("https://regarding.contoso.com");
        config.entra.authority = url(super::super::ENTRA);
        config.graph.url = url(super::super::GRAPH);
        config.tenants[0].dataverse = url("https://contoso.crm4.dynamics.com");
        config
    }

    #[test]
    fn a_sandbox_on_this_machine_and_a_real_tenant_anywhere_may_start() {
        assert_eq!(check(&sandbox()), Ok(()));
        assert_eq!(check(&real()), Ok(()));
    }

    #[test]
    fn a_sandbox_never_meets_a_public_address() {
        for listen in ["0.0.0.0:3000", "[::]:3000", "192.168.1.5:3000"] {
            let mut config = sandbox();
            config.listen = listen.parse().unwrap();
            assert_eq!(check(&config), Err(Unsafe::PublicAddress(config.listen)));
        }
        let mut config = sandbox();
        config.public_origin = url("https://regarding.contoso.com");
        assert!(matches!(check(&config), Err(Unsafe::PublicOrigin(_))));
    }

    #[test]
    fn a_sandbox_never_meets_a_real_tenant() {
        let each: [fn(&mut Config, Url); 3] = [
            |config, url| config.entra.authority = url,
            |config, url| config.graph.url = url,
            |config, url| config.tenants[0].dataverse = url,
        ];
        for set in each {
            let mut config = sandbox();
            set(&mut config, url("https://real.example"));
            assert!(matches!(check(&config), Err(Unsafe::RealTenant { .. })));
            let mut config = real();
            set(&mut config, url("https://127.0.0.1:4000"));
            assert!(matches!(check(&config), Err(Unsafe::UnspokenSandbox { .. })));
            let mut config = real();
            set(&mut config, url("http://real.example"));
            assert!(matches!(check(&config), Err(Unsafe::InTheClear { .. })));
        }
    }
}
