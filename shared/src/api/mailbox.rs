//! How the caller's own mailbox is synchronized (MBX-04), in words: the pane shows them as they come.

use crate::decision::RuleId;
use crate::item::SmtpAddress;
use crate::time::UtcMs;
use serde::{Deserialize, Serialize};

/// Failing emails that one answer tells of.
pub const MOST_TOLD: usize = 20;

/// The caller's own mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnMailbox {
    pub address: SmtpAddress,
    /// How it stands, the most important first.
    pub lines: Vec<Line>,
    /// Emails that could not be tracked or untracked within the last 30 days, the latest first; at most
    /// [`MOST_TOLD`].
    pub failing: Vec<FailingEmail>,
}

/// Something that is so, with the rule that makes it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// A time that completes the text, to be written behind it by the reader's own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UtcMs>,
}

/// An email that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailingEmail {
    /// Its subject as Outlook has it now, or why there is none; hostile text.
    pub subject: String,
    /// What is in the way, what mends it, and when it is tried again.
    pub lines: Vec<Line>,
}
