//! The table `[store]`: which database, and how the way to it is protected.

use super::Reader;
use crate::config::StoreAt;
use crate::store::postgres::{Encryption, PostgresAt};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;
use url::Url;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StoreKeys {
    postgres: Option<String>,
    postgres_env: Option<String>,
    postgres_file: Option<PathBuf>,
    encryption: Option<EncryptionKey>,
    database_ca: Option<PathBuf>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum EncryptionKey {
    Verified,
    None,
}

impl Reader<'_> {
    pub(super) fn store(&mut self, keys: StoreKeys) -> Option<StoreAt> {
        let StoreKeys { postgres, postgres_env, postgres_file, encryption, database_ca } = keys;
        let (key, url): (_, SecretString) = match (postgres, postgres_env, postgres_file) {
            (None, None, None) if encryption.is_none() && database_ca.is_none() => {
                return Some(StoreAt::Sqlite);
            }
            (Some(url), None, None) => ("store.postgres", url.into()),
            (None, Some(name), None) => match (self.env)(&name) {
                Some(url) => ("store.postgres_env", url.into()),
                None => {
                    let what = "Set it to the database's address";
                    return self.fault(
                        "store.postgres_env",
                        format!("the environment has no variable {name}. {what}."),
                    );
                }
            },
            (None, None, Some(file)) => {
                ("store.postgres_file", self.text("store.postgres_file", &file)?.into())
            }
            _ => {
                return self.fault(
                    "store",
                    "give exactly one of: postgres (an address without a password), postgres_env (name of an environment variable) or postgres_file; or leave the table out for SQLite.",
                );
            }
        };
        let address = self.address(key, &url)?;
        if key == "store.postgres" && address.password().is_some() {
            return self.fault(
                key,
                "a password does not belong into this file. Put the whole address into a variable (postgres_env) or a file of its own (postgres_file).",
            );
        }
        let here = is_here(&address) || is_a_socket(&address);
        let encryption = match (encryption, database_ca) {
            (Some(EncryptionKey::None), Some(_)) => {
                return self.fault(
                    "store.database_ca",
                    "without encryption nobody shows a certificate. Remove one.",
                );
            }
            (Some(EncryptionKey::None), None) => Encryption::None,
            (None, None) if here => Encryption::None,
            (_, ca) => Encryption::Verified { ca: ca.map(|file| self.path(&file)) },
        };
        if let Encryption::Verified { ca: Some(file) } = &encryption {
            self.text("store.database_ca", file)?;
        }
        let url = url.expose_secret().trim().to_owned().into();
        Some(StoreAt::Postgres(PostgresAt { url, encryption }))
    }

    /// Never repeats the address: a password may stand in it.
    fn address(&mut self, key: &str, text: &SecretString) -> Option<Url> {
        match Url::parse(text.expose_secret().trim()) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") && url.path().len() > 1 => Some(url),
            _ => self.fault(
                key,
                "this is no address of a PostgreSQL database. Give one like postgres://regarding:PASSWORD@db.example:5432/regarding.",
            ),
        }
    }
}

/// Whether the server is on this machine. (In an address that is none of the web's, a number stands as text.)
fn is_here(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether the address names a folder with the server's socket in it.
fn is_a_socket(address: &Url) -> bool {
    address.query_pairs().any(|(name, value)| name == "host" && value.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SMALLEST, read_with};
    use super::*;

    fn stored(table: &str) -> Result<StoreAt, String> {
        let secret = |name: &str| {
            let url = "postgres://app:hunter2-hunter2@db.contoso.com/regarding";
            (name == "REGARDING_DATABASE").then(|| url.to_owned())
        };
        let config = read_with(&format!("{SMALLEST}\n[store]\n{table}"), secret);
        config.map(|config| config.store).map_err(|error| error.to_string())
    }

    fn encryption(table: &str) -> Encryption {
        match stored(table) {
            Ok(StoreAt::Postgres(at)) => at.encryption,
            other => panic!("{:?}", other.map(|_| "SQLite")),
        }
    }

    #[test]
    fn without_a_database_it_is_sqlite() {
        assert!(matches!(stored(""), Ok(StoreAt::Sqlite)));
    }

    #[test]
    fn the_way_to_a_database_elsewhere_is_encrypted_unless_somebody_says_otherwise() {
        assert_eq!(encryption("postgres_env = \"REGARDING_DATABASE\""), Encryption::Verified { ca: None });
        for here in [
            "postgres://app@localhost/regarding",
            "postgres://app@127.0.0.1:5433/regarding",
            "postgres://app@[::1]/regarding",
            "postgresql://app@localhost/regarding?host=/run/postgresql",
        ] {
            assert_eq!(encryption(&format!("postgres = \"{here}\"")), Encryption::None);
            let demanded = format!("postgres = \"{here}\"\nencryption = \"verified\"");
            assert_eq!(encryption(&demanded), Encryption::Verified { ca: None });
        }
        let spoken = "postgres = \"postgres://app@db.contoso.com/regarding\"\nencryption = \"none\"";
        assert_eq!(encryption(spoken), Encryption::None);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key_and_no_password() {
        let own = "postgres = \"postgres://app:hunter2-hunter2@db.contoso.com/regarding\"";
        for (table, key) in [
            (own, "store.postgres: a password"),
            ("postgres_env = \"UNSET\"", "UNSET"),
            ("postgres_file = \"missing\"", "store.postgres_file"),
            ("postgres = \"db.contoso.com\"", "store.postgres:"),
            ("postgres = \"https://db.contoso.com/regarding\"", "store.postgres:"),
            ("postgres = \"postgres://app@db.contoso.com/\"", "store.postgres:"),
            ("encryption = \"verified\"", "store: give exactly one of"),
            ("postgres_env = \"REGARDING_DATABASE\"\npostgres_file = \"x\"", "store: give exactly one of"),
            ("postgres_env = \"REGARDING_DATABASE\"\ndatabase_ca = \"missing.pem\"", "store.database_ca"),
            (
                "postgres_env = \"REGARDING_DATABASE\"\nencryption = \"none\"\ndatabase_ca = \"x\"",
                "store.database_ca",
            ),
            ("postgres_env = \"REGARDING_DATABASE\"\nencryption = \"some\"", "some"),
        ] {
            let told = stored(table).map(|_| ()).expect_err(table);
            assert!(told.contains(key) && !told.contains("hunter2"), "{told}");
        }
    }
}
