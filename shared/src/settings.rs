//! Settings of the organization that the rules ask for.

use serde::{Deserialize, Serialize};

/// The organization's settings, as far as the rules need them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// *Track emails sent between Dynamics 365 users as two activities*; on unless turned off.
    pub two_activities: TwoActivities,
    /// OrgDBOrgSetting `UnresolveSenderInCaseOfMultipleMatch`, default false.
    pub several_senders: SeveralSenders,
}

/// Whether a mail between two users of the CRM is one activity, or one per direction (INC-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwoActivities {
    On,
    Off,
}

/// What becomes of a sender who matches several records (PPL-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveralSenders {
    /// The first in the order wins.
    TakeFirst,
    /// The sender stays unresolved.
    Unresolve,
}

impl Default for Settings {
    fn default() -> Self {
        Self { two_activities: TwoActivities::On, several_senders: SeveralSenders::TakeFirst }
    }
}
