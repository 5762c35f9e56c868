//! The words of the administrators' API, under `/api/admin`.
//!
//! An administrator is a person with the app role `Regarding.Administer`, or a program that holds it and is listed in
//! the service's configuration. Everything here is about the administrator's own tenant.
//!
//! | route | body | answer |
//! | --- | --- | --- |
//! | `GET /api/admin/me` | | [`Identity`] |
//! | `GET /api/admin/mailboxes?state=` | | [`Mailboxes`]; `state` is a [`MailboxState`] |
//! | `POST /api/admin/mailboxes` | [`Enroll`] | [`Enrolled`] |
//! | `POST /api/admin/mailboxes/discover` | | [`Enrolled`]: the CRM's users and queues |
//! | `GET /api/admin/mailboxes/{address}` | | [`Mailbox`] |
//! | `POST /api/admin/mailboxes/{address}/{order}` | | [`Mailbox`]; `order` is an [`Order`] |
//! | `PUT /api/admin/mailboxes/{address}/node` | [`Pin`] | [`Mailbox`] |
//! | `PUT /api/admin/mailboxes/{address}/start-date` | [`StartDate`] | [`Mailbox`] |
//! | `GET /api/admin/settings` | | [`Settings`] |
//! | `PUT /api/admin/settings/{name}` | [`NewValue`] | [`Setting`] |
//! | `GET /api/admin/failing?mailbox=` | | [`FailingItems`] |
//! | `GET /api/admin/failing/{wish}` | | [`FailingHistory`] |
//! | `POST /api/admin/failing/{wish}/retry` | | 204 |
//! | `GET /api/admin/nodes` | | [`Nodes`] |
//!
//! Subjects are nowhere in it: the service keeps none (MBX-04).

use crate::api::Explanation;
use crate::decision::RuleId;
use crate::item::{ItemId, SmtpAddress};
use crate::mailbox::{Approval, MailboxKind, Operation, TestResult};
use crate::problem::Problem;
use crate::rules::{Language, words};
use crate::settings::catalogue::{self, Source};
use crate::time::UtcMs;
use crate::wish::{Origin, Wish};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Addresses that one request may enroll.
pub const MOST_ADDRESSES: usize = 500;
/// Failing items that one answer lists.
pub const MOST_FAILING: u32 = 200;

/// Who the caller is, and which tenant they administer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Entra tenant id.
    pub tenant: Uuid,
    #[serde(flatten)]
    pub who: AdministratorKind,
}

/// A person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdministratorKind {
    /// Somebody who signed in: their Entra object id, and the name to show.
    Person { user: Uuid, name: String },
    /// A client with a token of its own: its application (client) id.
    Program { client: Uuid },
}

/// A problem, and its words in the language that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Told {
    #[serde(flatten)]
    pub problem: Problem,
    /// What happened.
    pub title: String,
    /// What mends it.
    pub remedy: String,
}

impl Told {
    pub fn new(problem: Problem, language: Language) -> Self {
        let words = words::words(&problem, language);
        Self { problem, title: words.title, remedy: words.remedy }
    }
}

/// Every mailbox that is known, by address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mailboxes {
    pub mailboxes: Vec<MailboxLine>,
}

/// A mailbox in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailboxLine {
    pub address: SmtpAddress,
    pub name: String,
    pub kind: MailboxKind,
    pub approval: Approval,
    pub state: MailboxState,
    /// What stopped it, or keeps its cycles from succeeding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Told>,
    /// The node that synchronizes it now, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// Where a mailbox stands on its way to being synchronized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailboxState {
    /// Its address waits for approval (or there was never any).
    Pending,
    /// Its address was rejected.
    Rejected,
    /// Approved, and not synchronized: not tested yet, or stopped by an administrator.
    Off,
    /// Synchronized.
    On,
    /// Stopped by an error (MBX-03).
    Stopped,
}

impl MailboxState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Rejected, Self::Off, Self::On, Self::Stopped];

    pub fn of(approval: Approval, operation: &Operation) -> Self {
        match (operation, approval) {
            (Operation::On, _) => Self::On,
            (Operation::Stopped(_), _) => Self::Stopped,
            (Operation::Off, Approval::Empty | Approval::Pending) => Self::Pending,
            (Operation::Off, Approval::Rejected) => Self::Rejected,
            (Operation::Off, Approval::Approved) => Self::Off,
        }
    }

    /// As it stands in JSON and in `?state=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Off => "off",
            Self::On => "on",
            Self::Stopped => "stopped",
        }
    }
}

/// Everything about one mailbox (MBX-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mailbox {
    #[serde(flatten)]
    pub line: MailboxLine,
    /// Entra object id of the user with whose rights it is synchronized: its own, or the queue's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_as: Option<Uuid>,
    /// Only mail received after it is tracked by itself (MBX-02).
    pub start: UtcMs,
    /// How *test and enable* ended for incoming mail.
    pub incoming: Tested,
    /// And for outgoing mail.
    pub outgoing: Tested,
    pub cycles: Cycles,
    pub items: ItemCounts,
    /// The node that shall synchronize it, if somebody chose one (FRQ-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", content = "problem", rename_all = "snake_case")]
pub enum Tested {
    NotRun,
    Success,
    Failure(Told),
}

impl Tested {
    pub fn new(result: TestResult, language: Language) -> Self {
        match result {
            TestResult::NotRun => Self::NotRun,
            TestResult::Success => Self::Success,
            TestResult::Failure(problem) => Self::Failure(Told::new(problem, language)),
        }
    }
}

/// When a mailbox was and will be synchronized. Only the node that does it knows; another says nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cycles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<UtcMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UtcMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<i64>,
    /// Why the interval is what it is (FRQ-01, FRQ-02, FRQ-03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Explanation>,
    /// Failures in a row that may pass by themselves (MBX-03).
    #[serde(default)]
    pub failures: u32,
}

/// What became of a mailbox's wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemCounts {
    /// Counted from here on: 30 days ago.
    pub since: UtcMs,
    pub done: u64,
    pub failed: u64,
}

/// Mailboxes that are to become known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enroll {
    /// At most [`MOST_ADDRESSES`].
    pub addresses: Vec<SmtpAddress>,
}

/// What became of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    pub mailboxes: Vec<EnrolledMailbox>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolledMailbox {
    pub address: SmtpAddress,
    #[serde(flatten)]
    pub end: EnrollmentEnd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", content = "problem", rename_all = "snake_case")]
pub enum EnrollmentEnd {
    /// It was not known before; it waits for approval.
    New,
    Known,
    /// It cannot be synchronized, and why.
    Refused(Told),
}

/// What an administrator orders for a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Its address may be used (CFG-01).
    Approve,
    /// Its address must not be used; it is stopped.
    Reject,
    /// *Test and enable*: each direction is really tried; where both succeed, it is synchronized from then on
    /// (CFG-02, MBX-01).
    Test,
    /// It is synchronized again (MBX-03).
    Start,
    Stop,
}

impl Order {
    pub const ALL: [Self; 5] = [Self::Approve, Self::Reject, Self::Test, Self::Start, Self::Stop];

    /// As it stands in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Test => "test",
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

/// Which node shall synchronize a mailbox; `null`: any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Pin {
    #[cfg_attr(feature = "openapi", schema(required))]
    pub node: Option<String>,
}

/// From when on mail is tracked by itself (MBX-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StartDate {
    pub start: UtcMs,
}

/// The organization's settings that the service honours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// Version of the organization; some standards hang on it.
    pub version: String,
    pub settings: Vec<Setting>,
}

/// A setting under the name that the CRM gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    pub name: String,
    /// The value that holds.
    pub value: String,
    /// What holds where the organization says nothing.
    pub standard: String,
    #[serde(flatten)]
    pub source: SettingSource,
    pub kind: SettingKind,
    /// What it does, in one sentence.
    pub meaning: String,
    /// The rule that asks for it.
    pub rule: RuleId,
    /// What whoever has just changed it must know (CAT-27).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Explanation>,
}

/// Why a setting's value holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "source", content = "said", rename_all = "snake_case")]
pub enum SettingSource {
    Organization,
    Standard,
    /// The organization says what is none of the possible values; the standard holds.
    Unreadable(String),
}

/// What a setting's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SettingKind {
    /// `true` or `false`.
    Switch,
    /// A whole number within these bounds, both included.
    Number {
        least: i64,
        most: i64,
    },
    Text {
        most_chars: u64,
    },
}

impl Setting {
    /// A setting as it stands in an organization that says `raw` and is of this version.
    pub fn new(setting: &catalogue::Setting, raw: &BTreeMap<String, String>, version: &str) -> Self {
        let standing = setting.standing(raw, version);
        Self {
            name: setting.name.to_owned(),
            value: standing.value,
            standard: setting.standard(version).to_owned(),
            source: match standing.source {
                Source::Organization => SettingSource::Organization,
                Source::Standard => SettingSource::Standard,
                Source::Unreadable(said) => SettingSource::Unreadable(said),
            },
            kind: match setting.kind {
                catalogue::Kind::Switch => SettingKind::Switch,
                catalogue::Kind::Number { least, most } => SettingKind::Number { least, most },
                catalogue::Kind::Text { most_chars } => SettingKind::Text { most_chars: most_chars as u64 },
            },
            meaning: setting.meaning.to_owned(),
            rule: setting.rule,
            warning: None,
        }
    }
}

/// What a setting shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    pub value: String,
}

/// Items that could not be tracked or untracked, of the last 30 days, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailingItems {
    /// At most [`MOST_FAILING`].
    pub items: Vec<FailingItem>,
}

/// An item that fails: what was wished for it, and what is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailingItem {
    /// Id of the wish, by which it is asked about and tried again.
    pub wish: Uuid,
    pub mailbox: SmtpAddress,
    pub item: ItemId,
    pub goal: Wish,
    pub origin: Origin,
    #[serde(flatten)]
    pub state: FailingState,
    pub problem: Told,
    /// The rule by which it failed or waits.
    pub rule: RuleId,
    pub failed_attempts: u32,
    pub accepted: UtcMs,
    /// When it was tried last, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted: Option<UtcMs>,
}

/// Whether it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FailingState {
    Waiting {
        next_attempt: UtcMs,
    },
    /// Given up; only somebody's order or a new wish tries it again.
    Failed,
}

/// A failing item, and what the audit trail tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailingHistory {
    /// `None`: it does not fail any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<FailingItem>,
    pub history: Vec<HistoryEntry>,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryEntry {
    pub at: UtcMs,
    /// Entra object id of whose wish it was; nil: nobody's.
    pub user: Uuid,
    /// `accepted`, `fulfilled`, `refused`…
    pub event: String,
    /// Ids, codes, rule and facts, as JSON.
    pub detail: String,
}

/// The processes that share the service's database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Nodes {
    pub nodes: Vec<Node>,
}

/// A process, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Node {
    pub name: String,
    pub version: String,
    pub started: UtcMs,
    /// When it last said that it lives.
    pub seen: UtcMs,
    pub is: NodeState,
    /// Mailboxes of the administrator's tenant that it synchronizes.
    pub mailboxes: u32,
}

/// Whether a node works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It is the one that answers.
    Answering,
    Living,
    /// Nothing was heard of it for too long; others have taken its mailboxes.
    Silent,
}
