//! Records of the CRM, and the record an activity is *regarding*.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Logical name of a Dataverse table, e.g. `account`. Lower-case letters, digits and `_` only, so that it
/// can stand in a URL as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Table(String);

/// The text is no logical name of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotATable(pub String);

impl fmt::Display for NotATable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no logical name of a Dataverse table (lower-case letters, digits and _)", self.0)
    }
}

impl std::error::Error for NotATable {}

impl Table {
    pub fn new(name: &str) -> Result<Self, NotATable> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        if starts && name.len() <= 128 && name.chars().all(fits) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NotATable(name.chars().take(60).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! tables {
    ($($function:ident $name:literal),+ $(,)?) => { impl Table {
        $(pub fn $function() -> Self { Self($name.to_owned()) })+
    } };
}

tables! {
    account "account", contact "contact", lead "lead", opportunity "opportunity", incident "incident",
    systemuser "systemuser", email "email", queue "queue", equipment "equipment", team "team", businessunit "businessunit",
}

impl TryFrom<String> for Table {
    type Error = NotATable;
    fn try_from(name: String) -> Result<Self, NotATable> {
        Self::new(&name)
    }
}

impl From<Table> for String {
    fn from(table: Table) -> Self {
        table.0
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A record of the CRM, by table and primary key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordKey {
    pub table: Table,
    pub id: Uuid,
}

/// A record with the name people know it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordRef {
    #[serde(flatten)]
    pub key: RecordKey,
    /// Primary name column; hostile text, to be shown as text only.
    pub name: String,
}

/// Whether records of a table can have activities, which a regarding record must (APP-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activities {
    Allowed,
    NotAllowed,
}
