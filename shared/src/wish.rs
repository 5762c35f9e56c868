//! What a person asked for. A wish says the state that shall be, never the work to do.

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
}

/// What shall become of the CRM email when tracking stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordFate {
    Keep,
    Delete,
}
