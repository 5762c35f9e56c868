//! Settings of the organization that the rules ask for, under the names that the CRM gives them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub mod catalogue;

pub use catalogue::{CATALOGUE, Setting};

/// The organization's settings, as far as the rules need them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// *Track emails sent between Dynamics 365 users as two activities*: column `ignoreinternalemail` the other
    /// way round; on unless turned off.
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
    /// `IgnoreConversationIndexAndInReplyToForCorrelation` is on, or `emailcorrelationenabled` is off (INC-03):
    /// default off.
    pub ignore_headers: Switch,
    /// `trackingprefix`: what tracking tokens begin with (INC-03); default `CRM:`.
    pub tracking_prefix: String,
    /// `DoNotCorrelateForwardedEmailsAsReplies` (INC-04): default off.
    pub forwards_are_no_replies: Switch,
    /// The largest file that fits `maxuploadfilesize`, in bytes. That limit counts the file's base64 text, a third
    /// longer than the file; its default is 5 MB.
    pub largest_attachment_bytes: u64,
    /// `blockedattachments`: endings of files, in lower case, without the dot.
    pub blocked_endings: Vec<String>,
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

/// Why the organization does not take a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    TooLarge,
    /// Files with this ending are not allowed.
    Blocked,
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
    /// What holds in an organization that says nothing.
    fn default() -> Self {
        Self::read(&BTreeMap::new(), "")
    }
}

impl Settings {
    /// The settings of an organization that says `raw` (by the CRM's own names, of the settings document and of
    /// the organization's columns) and is of this version. What is missing or unreadable has its standard value.
    pub fn read(raw: &BTreeMap<String, String>, version: &str) -> Self {
        let value = |setting: Setting| setting.standing(raw, version).value;
        let switch = |setting| if value(setting) == "true" { Switch::On } else { Switch::Off };
        let is_on = |setting| switch(setting) == Switch::On;
        let number = |setting| value(setting).parse::<i64>().unwrap_or_default();
        Self {
            two_activities: if is_on(catalogue::TWO_ACTIVITIES_OFF) {
                TwoActivities::Off
            } else {
                TwoActivities::On
            },
            several_senders: if is_on(catalogue::UNRESOLVE_SEVERAL) {
                SeveralSenders::Unresolve
            } else {
                SeveralSenders::TakeFirst
            },
            track_categorized: switch(catalogue::TRACK_CATEGORIZED),
            auto_track_sent: switch(catalogue::AUTO_TRACK_SENT),
            do_not_auto_track: switch(catalogue::DO_NOT_AUTO_TRACK),
            force_filter: FilterMethod::from_code(number(catalogue::FORCED_FILTER)),
            ignore_headers: if is_on(catalogue::IGNORE_HEADERS) || !is_on(catalogue::HEADERS_CORRELATE) {
                Switch::On
            } else {
                Switch::Off
            },
            tracking_prefix: value(catalogue::TRACKING_PREFIX),
            forwards_are_no_replies: switch(catalogue::FORWARDS_ARE_NO_REPLIES),
            largest_attachment_bytes: number(catalogue::LARGEST_ATTACHMENT).unsigned_abs() / 4 * 3,
            blocked_endings: endings(&value(catalogue::BLOCKED_ENDINGS)),
        }
    }

    /// Whether a file of this name and size may be attached to an email of the CRM.
    pub fn admits(&self, name: &str, bytes: u64) -> Result<(), NotAdmitted> {
        // Windows ignores dots and blanks at the end of a name.
        let name = name.trim_end_matches(['.', ' ']);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        if ending.is_some_and(|ending| self.blocked_endings.contains(&ending)) {
            return Err(NotAdmitted::Blocked);
        }
        if bytes > self.largest_attachment_bytes { Err(NotAdmitted::TooLarge) } else { Ok(()) }
    }
}

fn endings(list: &str) -> Vec<String> {
    let ending = |text: &str| text.trim().trim_start_matches('.').to_lowercase();
    let mut endings: Vec<String> = list.split(';').map(ending).filter(|e| !e.is_empty()).collect();
    endings.sort_unstable();
    endings.dedup();
    endings
}
