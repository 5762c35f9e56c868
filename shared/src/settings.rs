//! Settings of the organization that the rules ask for, under the names that the CRM gives them.

use serde::{Deserialize, Serialize};

/// The organization's settings, as far as the rules need them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// *Track emails sent between Dynamics 365 users as two activities*; on unless turned off.
    pub two_activities: TwoActivities,
    /// OrgDBOrgSetting `UnresolveSenderInCaseOfMultipleMatch`, default false.
    pub several_senders: SeveralSenders,
    /// `TrackCategorizedItems` (CAT-18): default on from organization version 9.1.0.4039, off below.
    pub track_categorized: Switch,
    /// `AutoTrackSentFolderItems` (INC-07): default off.
    pub auto_track_sent: Switch,
    /// `DoNotAutoTrackEmail`: nothing is tracked automatically, whatever the filter methods say; default off.
    pub do_not_auto_track: Switch,
    /// `SSSForceFilteringMethodForUserMailboxes` (INC-01): one filter method for every user; default -1, none.
    pub force_filter: Option<FilterMethod>,
    /// `IgnoreConversationIndexAndInReplyToForCorrelation` (INC-03): default off.
    pub ignore_headers: Switch,
    /// `DoNotCorrelateForwardedEmailsAsReplies` (INC-04): default off.
    pub forwards_are_no_replies: Switch,
}

/// A setting that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    On,
    Off,
}

/// Which incoming mail of a user or queue is tracked automatically (INC-01); Dataverse
/// `incomingemailfilteringmethod` 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FilterMethod {
    /// 0: all mail.
    All,
    /// 1: mail in response to tracked mail; what holds unless a user chose otherwise.
    Replies,
    /// 2: mail from leads, contacts and accounts, and in response to tracked mail.
    Known,
    /// 3: mail from any record that has an email address, and in response to tracked mail.
    EmailEnabled,
    /// 4: none.
    None,
}

impl FilterMethod {
    /// The method with this number in Dataverse.
    pub fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            0 => Self::All,
            1 => Self::Replies,
            2 => Self::Known,
            3 => Self::EmailEnabled,
            4 => Self::None,
            _ => return None,
        })
    }
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
        Self {
            two_activities: TwoActivities::On,
            several_senders: SeveralSenders::TakeFirst,
            track_categorized: Switch::On,
            auto_track_sent: Switch::Off,
            do_not_auto_track: Switch::Off,
            force_filter: None,
            ignore_headers: Switch::Off,
            forwards_are_no_replies: Switch::Off,
        }
    }
}
