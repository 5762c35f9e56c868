//! What a person asked for. A wish says the state that shall be, never the work to do.

use crate::email::{Correlation, CrmEmailId};
use crate::party::NewContact;
use crate::regarding::RecordRef;
use serde::{Deserialize, Serialize};

/// What the user wants of an email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wish {
    /// The email shall be tracked (CAT-22, APP-05).
    Track { regarding: RegardingWish },
    /// The email shall not be tracked (CAT-23); the user was asked about the CRM record (UNT-01).
    Untrack { record: RecordFate },
}

/// By which door a wish came in. People wish by more than the pane: a category, a folder and a mailbox's
/// settings are wishes too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// A click in the pane.
    #[default]
    Pane,
    /// The category was put on or taken off, by whoever and in whatever client (CAT-10).
    Category,
    /// The message was moved to a folder that is mapped (FLD-01).
    Folder,
    /// It answers tracked mail (INC-03).
    Reply { correlation: Correlation, email: CrmEmailId },
    /// The filter method of its mailbox takes it (INC-01).
    Filter,
    /// Another recipient's copy is tracked (CAT-15).
    Copy,
    /// The category asked for it; it was given up, which took the category off, and an administrator had it tried
    /// again (RET-05).
    Administrator,
}

/// What shall become of the regarding record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "record", rename_all = "snake_case")]
pub enum RegardingWish {
    /// As it is: none on a new record, what stands there on an existing one.
    Keep,
    /// None.
    Clear,
    Set(RecordRef),
    /// Somebody on the message, who becomes a contact first (PPL-04).
    Create(NewContact),
}

/// What shall become of the CRM email when tracking stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordFate {
    Keep,
    Delete,
}
