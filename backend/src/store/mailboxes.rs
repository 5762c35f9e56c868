//! What is stored about mailboxes.

use crate::caller::{TenantId, UserId};
use crate::exchange::{DeltaLink, MailboxId};
use serde::{Deserialize, Serialize};
use shared::UtcMs;
use shared::category::KnownCategory;
use shared::item::SmtpAddress;
use shared::mailbox::{Approval, MailboxKind, Operation, TestResult};
use shared::problem::Problem;
use std::fmt;
use uuid::Uuid;

/// A mailbox that is to become known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMailbox {
    pub tenant: TenantId,
    pub mailbox: MailboxId,
    pub address: SmtpAddress,
    pub name: String,
    pub kind: MailboxKind,
    /// The queue whose mailbox it is, if it is one.
    pub queue: Option<Uuid>,
    pub acts_as: Option<UserId>,
    pub approval: Approval,
    pub by: Actor,
    /// Also the mailbox's start date until it is given another (MBX-02).
    pub now: UtcMs,
}

/// Whether a mailbox was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    New,
    Known,
}

/// Everything stored about a mailbox itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRecord {
    pub tenant: TenantId,
    pub mailbox: MailboxId,
    pub address: SmtpAddress,
    pub name: String,
    pub kind: MailboxKind,
    pub queue: Option<Uuid>,
    /// With whose rights the engine acts: the user's, or the queue owner's.
    pub acts_as: Option<UserId>,
    pub approval: Approval,
    pub incoming: TestResult,
    pub outgoing: TestResult,
    pub operation: Operation,
    /// Only mail received after it is tracked automatically (MBX-02).
    pub start: UtcMs,
    /// Failures in a row that may pass by themselves (MBX-03), and when the next cycle is worth a try.
    pub transient_failures: u32,
    pub retry_at: Option<UtcMs>,
    /// Name of the node that shall synchronize it, if somebody chose one.
    pub pinned: Option<String>,
    pub category: Option<KnownCategory>,
    /// Token of the folder list.
    pub folders_link: Option<DeltaLink>,
    pub subscription: Option<StoredSubscription>,
}

/// A mailbox that is synchronized, as briefly as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledMailbox {
    pub tenant: TenantId,
    pub mailbox: MailboxId,
    pub address: SmtpAddress,
    pub pinned: Option<String>,
    pub retry_at: Option<UtcMs>,
}

/// A subscription to a mailbox's change notifications.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSubscription {
    pub id: String,
    /// The secret that notifications must bear.
    pub client_state: String,
    pub expires: UtcMs,
}

/// Keeps the secret.
impl fmt::Debug for StoredSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSubscription")
            .field("id", &self.id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Who changes something outside any wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    User(UserId),
    /// A program with a token of its own, by its name.
    Program(String),
    Engine,
}

impl Actor {
    /// The person, where it is one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Actor::User(user) => Some(*user),
            Actor::Program(_) | Actor::Engine => None,
        }
    }
}

/// A change of a mailbox. Whether it may be made is not the store's to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxChange {
    Approval(Approval),
    /// Results of *test and enable* (MBX-01). `acts_as: None` leaves it as it is.
    Tested {
        incoming: TestResult,
        outgoing: TestResult,
        acts_as: Option<UserId>,
    },
    /// It is synchronized from now on; failures are forgotten.
    Start,
    /// An administrator stops it.
    TurnOff,
    /// An error stops it (MBX-03).
    Stop(Problem),
    StartDate(UtcMs),
    Pin(Option<String>),
    /// A cycle failed, and may succeed later.
    Failed {
        problem: Problem,
        failures: u32,
        retry_at: UtcMs,
    },
    /// A cycle succeeded after failures.
    Recovered,
}
