//! People on an email, and the CRM records they may be.

use crate::item::SmtpAddress;
use crate::regarding::RecordRef;
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
