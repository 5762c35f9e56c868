//! The state of one item, as the pane shows it first of all.

use crate::problem::Problem;
use crate::time::UtcMs;
use serde::{Deserialize, Serialize};

/// Whether an email is tracked. *Tracked* is never said before it is so on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    NotTracked,
    /// A wish to track is being carried out.
    Tracking,
    /// A wish to untrack is being carried out.
    Untracking,
    /// Category on the message and email in the CRM, both seen.
    Tracked,
    /// The category was put on in another client; the email is not in the CRM yet (CAT-24).
    TrackingPending,
    /// The category was taken off in another client; the CRM has not been told yet (CAT-24).
    UntrackingPending,
    /// A wish could not be carried out yet and is tried again by itself (WHY-03).
    Waiting {
        goal: Goal,
        problem: Problem,
        next_attempt: UtcMs,
    },
    /// The last wish was refused; it is not tried again by itself (WHY-03).
    Failed {
        goal: Goal,
        problem: Problem,
    },
    /// The message says *tracked*, but the email was deleted in the CRM (DEL-02).
    RecordGone,
}

/// What a wish aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    Track,
    Untrack,
}
