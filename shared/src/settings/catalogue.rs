//! The settings of the organization that this service honours, one entry each.
//!
//! Names, ranges and defaults are the CRM's own, so that what an administrator knows about them from elsewhere
//! stays true here. A setting that nothing in the service obeys must not stand here.

use crate::decision::RuleId;
use crate::problem::{Code, Problem};
use std::collections::BTreeMap;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The CRM's own name; names are compared without regard to case.
    pub name: &'static str,
    pub home: Home,
    pub kind: Kind,
    pub standard: Standard,
    /// The rule that asks for it.
    pub rule: RuleId,
    /// What it does, in one sentence.
    pub meaning: &'static str,
}

/// Where the CRM keeps a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// An element of the XML document in `organization.orgdborgsettings`.
    Document,
    /// A column of the `organization` row.
    Column,
}

/// What a setting's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number within these bounds, both included.
    Number { least: i64, most: i64 },
    /// At most so many characters; none at all only where that is the standard.
    Text { most_chars: usize },
}

/// What holds where nobody said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    Always(&'static str),
    /// On from this version of the organization, off below.
    OnFrom([u32; 4]),
}

/// The value that holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// In its plain form: `true`, `false`, digits, or the text.
    pub value: String,
    pub source: Source,
}

/// Why a value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The organization says so.
    Organization,
    /// It says nothing: the standard holds.
    Standard,
    /// It says this, which is none of the possible values: the standard holds.
    Unreadable(String),
}

pub const TRACK_CATEGORIZED: Setting = Setting {
    name: "TrackCategorizedItems",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::OnFrom([9, 1, 0, 4039]),
    rule: RuleId::Cat18,
    meaning: "Putting the category Tracked to Dynamics 365 on an item tracks it, and taking it off untracks it.",
};
pub const TWO_ACTIVITIES_OFF: Setting = Setting {
    name: "ignoreinternalemail",
    home: Home::Column,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Inc06,
    meaning: "Email between two users of Dynamics 365 is one record instead of two, one sent and one received.",
};
pub const AUTO_TRACK_SENT: Setting = Setting {
    name: "AutoTrackSentFolderItems",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Inc07,
    meaning: "Email in Sent Items is tracked automatically, by the same filter as incoming email.",
};
pub const DO_NOT_AUTO_TRACK: Setting = Setting {
    name: "DoNotAutoTrackEmail",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Inc01,
    meaning: "No email is tracked automatically, whatever anybody's filter says; tracking by hand goes on.",
};
pub const FORCED_FILTER: Setting = Setting {
    name: "SSSForceFilteringMethodForUserMailboxes",
    home: Home::Document,
    kind: Kind::Number { least: -1, most: 4 },
    standard: Standard::Always("-1"),
    rule: RuleId::Inc01,
    meaning: "One filter for every user's email: 0 all, 1 in response to tracked email, 2 from leads, contacts and \
              accounts, 3 from any record with an address, 4 none; -1 leaves it to each user.",
};
pub const IGNORE_HEADERS: Setting = Setting {
    name: "IgnoreConversationIndexAndInReplyToForCorrelation",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Inc03,
    meaning: "Replies to tracked email are recognized by the tracking token alone, not by their headers.",
};
pub const HEADERS_CORRELATE: Setting = Setting {
    name: "emailcorrelationenabled",
    home: Home::Column,
    kind: Kind::Switch,
    standard: Standard::Always("true"),
    rule: RuleId::Inc03,
    meaning: "Replies to tracked email are recognized by the headers In-Reply-To and conversation index.",
};
pub const TRACKING_PREFIX: Setting = Setting {
    name: "trackingprefix",
    home: Home::Column,
    kind: Kind::Text { most_chars: 20 },
    standard: Standard::Always("CRM:"),
    rule: RuleId::Inc03,
    meaning: "What a tracking token in the subject begins with; digits follow.",
};
pub const FORWARDS_ARE_NO_REPLIES: Setting = Setting {
    name: "DoNotCorrelateForwardedEmailsAsReplies",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Inc04,
    meaning: "A forwarded tracked email does not count as a reply to it.",
};
pub const UNRESOLVE_SEVERAL: Setting = Setting {
    name: "UnresolveSenderInCaseOfMultipleMatch",
    home: Home::Document,
    kind: Kind::Switch,
    standard: Standard::Always("false"),
    rule: RuleId::Ppl01,
    meaning: "A sender whose address several records bear stays unresolved instead of becoming the first of them.",
};
pub const LARGEST_ATTACHMENT: Setting = Setting {
    name: "maxuploadfilesize",
    home: Home::Column,
    kind: Kind::Number { least: 1, most: 131_072_000 },
    standard: Standard::Always("5242880"),
    rule: RuleId::Cat02,
    meaning: "The largest attachment that goes into Dynamics 365, in bytes of its base64 text; larger ones stay in Outlook.",
};
pub const BLOCKED_ENDINGS: Setting = Setting {
    name: "blockedattachments",
    home: Home::Column,
    kind: Kind::Text { most_chars: 100_000 },
    standard: Standard::Always(""),
    rule: RuleId::Cat02,
    meaning: "Endings of files that do not go into Dynamics 365, with semicolons between them.",
};

/// Every setting that this version honours.
pub const CATALOGUE: &[Setting] = &[
    TRACK_CATEGORIZED,
    TWO_ACTIVITIES_OFF,
    AUTO_TRACK_SENT,
    DO_NOT_AUTO_TRACK,
    FORCED_FILTER,
    IGNORE_HEADERS,
    HEADERS_CORRELATE,
    TRACKING_PREFIX,
    FORWARDS_ARE_NO_REPLIES,
    UNRESOLVE_SEVERAL,
    LARGEST_ATTACHMENT,
    BLOCKED_ENDINGS,
];

impl Setting {
    /// The setting of this name.
    pub fn find(name: &str) -> Option<&'static Setting> {
        CATALOGUE.iter().find(|setting| setting.name.eq_ignore_ascii_case(name.trim()))
    }

    /// The value that holds in an organization that says `raw` and is of this version.
    pub fn standing(&self, raw: &BTreeMap<String, String>, version: &str) -> Standing {
        let said = raw.get(self.name).or_else(|| {
            raw.iter().find(|(name, _)| name.eq_ignore_ascii_case(self.name)).map(|(_, value)| value)
        });
        let (value, source) = match said {
            None => (self.standard(version).to_owned(), Source::Standard),
            Some(said) => match self.read(said) {
                Some(value) => (value, Source::Organization),
                None => (self.standard(version).to_owned(), Source::Unreadable(said.clone())),
            },
        };
        Standing { value, source }
    }

    /// What holds in an organization of this version that says nothing.
    pub fn standard(&self, version: &str) -> &'static str {
        match self.standard {
            Standard::Always(value) => value,
            // CAT-18; whoever does not say their version is not from before 2019.
            Standard::OnFrom(first) if parts(version).is_none_or(|version| version >= first) => "true",
            Standard::OnFrom(_) => "false",
        }
    }

    /// The value in its plain form, as it is to be written; `bad-request` says what it should be.
    pub fn check(&self, value: &str) -> Result<String, Problem> {
        self.read(value).ok_or_else(|| {
            let expected = match self.kind {
                Kind::Switch => "is true or false".to_owned(),
                Kind::Number { least, most } => format!("is a whole number from {least} to {most}"),
                Kind::Text { most_chars } => {
                    format!("has at most {most_chars} characters, and no line breaks")
                }
            };
            Problem::new(Code::BadRequest).because("reason", format!("{} {expected}", self.name))
        })
    }

    fn read(&self, value: &str) -> Option<String> {
        let value = value.trim();
        match self.kind {
            Kind::Switch => match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Some("true".to_owned()),
                "false" | "0" => Some("false".to_owned()),
                _ => None,
            },
            Kind::Number { least, most } => {
                let number: i64 = value.parse().ok()?;
                (least..=most).contains(&number).then(|| number.to_string())
            }
            Kind::Text { most_chars } => {
                let missing = value.is_empty() && self.standard != Standard::Always("");
                let too_long = value.chars().count() > most_chars;
                let fits = !missing && !too_long && !value.chars().any(char::is_control);
                fits.then(|| value.to_owned())
            }
        }
    }
}

/// The four numbers of a version; missing ones are 0.
fn parts(version: &str) -> Option<[u32; 4]> {
    let mut parts = [0; 4];
    for (at, text) in version.trim().split('.').enumerate() {
        *parts.get_mut(at)? = text.parse().ok()?;
    }
    Some(parts)
}
