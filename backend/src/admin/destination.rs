//! Where the service is, and on what grounds it is asked: from the command line, the environment and the service's
//! own configuration.

use super::arguments::Way;
use crate::caller::TenantId;
use crate::config::{self, Config};
use crate::net::over_reqwest::Roots;
use anyhow::{Context as _, bail, ensure};
use secrecy::SecretString;
use std::path::Path;
use url::Url;

/// The variable that may hold an access token.
const TOKEN: &str = "REGARDING_TOKEN";

/// The service as seen from here.
#[derive(Debug)]
pub struct Destination {
    /// Its origin.
    pub service: Url,
    pub grounds: Grounds,
    /// Which certificate authorities are believed.
    pub roots: Roots,
}

/// Why the service should listen.
#[derive(Debug)]
pub enum Grounds {
    /// An access token that somebody obtained.
    Token(SecretString),
    /// The service's own app registration asks Entra ID for one, for this tenant.
    Registration { config: Box<Config>, tenant: TenantId },
}

impl Destination {
    /// Finds out. `env` looks up a variable of the environment.
    pub fn new(way: &Way, env: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let token = token(way.token_file.as_deref(), &env)?;
        // With a token and an address nothing else is needed.
        if let (Some(token), Some(service), None) = (&token, &way.service, &way.config) {
            let roots = if way.data.is_some() { sandbox(way)?.roots } else { Roots::System };
            return Ok(Self { service: service.clone(), grounds: Grounds::Token(token.clone()), roots });
        }
        let config = match &way.config {
            Some(file) => config::load(file, &env)?,
            None => sandbox(way)?,
        };
        let service = way.service.clone().unwrap_or_else(|| config.public_origin.clone());
        let roots = config.roots.clone();
        let grounds = match token {
            Some(token) => Grounds::Token(token),
            None => {
                let tenant = tenant(&config, way.tenant.map(TenantId))?;
                Grounds::Registration { config: Box::new(config), tenant }
            }
        };
        Ok(Self { service, grounds, roots })
    }
}

fn token(file: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<SecretString>> {
    let text = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            Some(text.with_context(|| format!("--token-file {} cannot be read", file.display()))?)
        }
        None => env(TOKEN).filter(|text| !text.trim().is_empty()),
    };
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(
        is_one,
        "what --token-file or {TOKEN} holds is no access token: give the token alone, on one line"
    );
    Ok(Some(text.to_owned().into()))
}

fn tenant(config: &Config, asked: Option<TenantId>) -> anyhow::Result<TenantId> {
    let known = || config.tenants.iter().map(|tenant| tenant.id);
    match (asked, config.tenants.as_slice()) {
        (Some(asked), _) if known().any(|tenant| tenant == asked) => Ok(asked),
        (None, [only]) => Ok(only.id),
        (asked, _) => {
            let known: Vec<String> = known().map(|tenant| tenant.to_string()).collect();
            let known = known.join(", ");
            match asked {
                Some(asked) => bail!("the configuration has no tenant {asked}; it has {known}"),
                None => bail!("the configuration has several tenants: name one with --tenant ({known})"),
            }
        }
    }
}

#[cfg(not(feature = "sandbox"))]
fn sandbox(_: &Way) -> anyhow::Result<Config> {
    bail!("this build has no sandbox: name the service's configuration with --config FILE");
}

/// The configuration of the sandbox that `regarding serve` has opened on this machine.
#[cfg(feature = "sandbox")]
fn sandbox(way: &Way) -> anyhow::Result<Config> {
    use crate::app::embedded;
    use crate::config::{Tls, origin_of};
    use std::net::SocketAddr;
    use std::path::PathBuf;
    let data = way.data.clone().unwrap_or_else(|| PathBuf::from("regarding-data"));
    let ca_file = data.join("sandbox").join("ca.pem");
    let ca_pem = std::fs::read_to_string(&ca_file).with_context(|| {
        format!(
            "{} cannot be read: no sandbox was opened with this data folder. Start one (regarding serve), name its folder with --data, or name a real service's configuration with --config",
            ca_file.display()
        )
    })?;
    let origin = way.sandbox.as_ref().map_or_else(|| "https://localhost:4000".to_owned(), origin_of);
    let side = embedded::side(&origin, &ca_pem)?;
    let public_origin = Url::parse("https://localhost:3000")?;
    let mut config =
        Config::for_sandbox(&side, SocketAddr::from(([127, 0, 0, 1], 3000)), public_origin, Tls::BehindProxy);
    config.data_dir = data;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;
    use secrecy::ExposeSecret as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        way: Way,
    }

    fn way(arguments: &[&str]) -> Way {
        Line::try_parse_from([&["admin"], arguments].concat()).unwrap().way
    }

    fn none(_: &str) -> Option<String> {
        None
    }

    const CONFIG: &str = r#"
        public_origin = "https://regarding.contoso.com"
        [tls]
        behind_proxy = true
        [entra]
        client_id = "22222222-2222-4222-8222-222222222222"
        secret_env = "SECRET"
        [[tenant]]
        id = "11111111-1111-4111-8111-111111111111"
        dataverse = "https://contoso.crm4.dynamics.com"
    "#;

    fn with_config(text: &str, arguments: &[&str]) -> anyhow::Result<Destination> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("regarding.toml");
        std::fs::write(&file, text).unwrap();
        let arguments = [&["--config", file.to_str().unwrap()], arguments].concat();
        Destination::new(&way(&arguments), |name| {
            (name == "SECRET").then(|| "q8X~4d9fLk2mPz7RtVw1YbNc6HsJg3AeUoBi0QxT".to_owned())
        })
    }

    #[test]
    fn the_configuration_says_where_the_service_is_and_who_asks() {
        let destination = with_config(CONFIG, &[]).unwrap();
        assert_eq!(destination.service.as_str(), "https://regarding.contoso.com/");
        assert_eq!(destination.roots, Roots::System);
        let Grounds::Registration { tenant, .. } = destination.grounds else { panic!("no token was given") };
        assert_eq!(tenant.to_string(), "11111111-1111-4111-8111-111111111111");
        let elsewhere = with_config(CONFIG, &["--service", "http://127.0.0.1:3000"]).unwrap();
        assert_eq!(elsewhere.service.as_str(), "http://127.0.0.1:3000/");
    }

    #[test]
    fn of_several_tenants_one_has_to_be_named() {
        let second = "[[tenant]]\nid = \"33333333-3333-4333-8333-333333333333\"\ndataverse = \"https://two.crm4.dynamics.com\"\n";
        let both = format!("{CONFIG}\n{second}");
        let told = with_config(&both, &[]).unwrap_err().to_string();
        assert!(told.contains("--tenant") && told.contains("33333333"), "{told}");
        let named = with_config(&both, &["--tenant", "33333333-3333-4333-8333-333333333333"]).unwrap();
        let Grounds::Registration { tenant, .. } = named.grounds else { panic!("no token was given") };
        assert_eq!(tenant.to_string(), "33333333-3333-4333-8333-333333333333");
        let told = with_config(&both, &["--tenant", "44444444-4444-4444-8444-444444444444"]).unwrap_err();
        assert!(told.to_string().contains("has no tenant 4444"), "{told}");
    }

    #[test]
    fn a_token_and_an_address_are_all_that_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "abc.def.ghi\n").unwrap();
        let file = file.to_str().unwrap().to_owned();
        let service = ["--service", "https://regarding.contoso.com"];
        let handed =
            Destination::new(&way(&[&service[..], &["--token-file", &file]].concat()), none).unwrap();
        let Grounds::Token(token) = handed.grounds else { panic!("a token was given") };
        assert_eq!(token.expose_secret(), "abc.def.ghi");
        let env = |name: &str| (name == TOKEN).then(|| "jkl.mno.pqr".to_owned());
        let found = Destination::new(&way(&service), env).unwrap();
        assert!(matches!(found.grounds, Grounds::Token(token) if token.expose_secret() == "jkl.mno.pqr"));
        for bad in ["", "two words", "a\nb"] {
            std::fs::write(&file, bad).unwrap();
            let told = Destination::new(&way(&["--token-file", &file]), none).unwrap_err().to_string();
            assert!(told.contains("no access token"), "{told}");
        }
    }

    #[test]
    fn without_a_sandbox_it_says_how_to_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let told = Destination::new(&way(&["--data", folder.path().to_str().unwrap()]), none).unwrap_err();
        assert!(told.to_string().contains("--config"), "{told}");
    }
}
