//! A mailbox as the service keeps it: whether it may synchronize, and how that goes.

use crate::problem::Problem;
use crate::regarding::RecordRef;
use serde::{Deserialize, Serialize};

/// Whose mail lies in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailboxKind {
    /// A user of the CRM.
    User,
    /// A queue of the CRM; its owner's rights count.
    Queue,
}

/// What a person mapped a folder to (FLD-01): mail moved there is tracked, with this regarding record if any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FolderMapping {
    pub regarding: Option<RecordRef>,
}

/// Status of a mailbox's email address (MBX-01); Dataverse `emailrouteraccessapproval` 0, 2, 1, 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    Empty,
    Pending,
    Approved,
    Rejected,
}

/// How *test and enable* ended for one direction of mail (MBX-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", content = "problem", rename_all = "snake_case")]
pub enum TestResult {
    NotRun,
    Success,
    Failure(Problem),
}

/// Whether a mailbox is being synchronized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", content = "problem", rename_all = "snake_case")]
pub enum Operation {
    /// Never started, or stopped by an administrator.
    Off,
    On,
    /// Stopped by an error (MBX-03); one click starts it again.
    Stopped(Problem),
}
