//! People on an email, and the CRM records they may be.

use crate::item::SmtpAddress;
use crate::regarding::{RecordKey, RecordRef};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody as the message names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correspondent {
    pub role: Role,
    /// Display name; hostile text.
    pub name: String,
    pub address: SmtpAddress,
}

/// Where somebody stands on an email; `participationtypemask` of the CRM's activity party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    From,
    To,
    Cc,
    Bcc,
}

impl Role {
    /// Dataverse `participationtypemask`: 1 sender, 2 to, 3 cc, 4 bcc.
    pub fn participation_type_mask(self) -> u8 {
        match self {
            Role::From => 1,
            Role::To => 2,
            Role::Cc => 3,
            Role::Bcc => 4,
        }
    }
}

/// A record of the CRM that bears a correspondent's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub record: RecordRef,
    pub address: SmtpAddress,
    /// Owning system user or team; `None` where the table has no owners.
    pub owner: Option<Uuid>,
    pub activity: RecordState,
}

/// Whether a record is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordState {
    Active,
    Inactive,
}

/// An activity party to be written to the CRM: a correspondent, with the record it resolves to, if any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub role: Role,
    pub address: SmtpAddress,
    pub name: String,
    pub record: Option<RecordRef>,
}

/// Somebody on a mail whom a user makes a contact of the CRM (PPL-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewContact {
    /// The contact's id, made by the client: the same wish sent twice, or carried on after a crash, makes one contact.
    pub id: Uuid,
    /// One of the addresses on the message.
    pub address: SmtpAddress,
    /// As the user confirmed it: `Ingrid Solheim` or `Solheim, Ingrid`.
    pub name: String,
}

/// A contact's name as the CRM keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactName {
    /// Perhaps empty.
    pub first: String,
    pub last: String,
}

impl ContactName {
    /// First and last name of somebody: what stands before a comma is the last name, else the last word is.
    pub fn of(name: &str) -> Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = name.trim_matches(|c: char| c == ',' || c.is_whitespace());
        let (first, last) = match name.split_once(',') {
            Some((last, first)) => (first, last),
            None => name.rsplit_once(char::is_whitespace).unwrap_or(("", name)),
        };
        Self { first: words(first), last: words(last) }
    }

    /// As the CRM shows it, unless its organization wants another order.
    pub fn full(&self) -> String {
        [self.first.as_str(), &self.last].join(" ").trim_start().to_owned()
    }
}

/// Which of several records a user says that an address belongs to (PPL-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chosen {
    pub address: SmtpAddress,
    pub record: RecordKey,
}
