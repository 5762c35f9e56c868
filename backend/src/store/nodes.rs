//! Processes that share a store.

use super::ItemName;
use crate::caller::TenantId;
use serde::{Deserialize, Serialize};
use shared::UtcMs;
use shared::item::SmtpAddress;

/// How long a node is told of after its last sign of life.
pub const REMEMBERED_MS: i64 = 10 * 60_000;
/// How long a name is known after a process began under it last: a year.
pub const NAMED_MS: i64 = 365 * 86_400_000;

/// Whether other processes work on the same store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreSharing {
    /// This is the only process: leases of a killed predecessor are void, whatever its name was.
    Exclusive,
    Shared,
}

/// A process that works on the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub started: UtcMs,
    pub version: String,
}

/// A node, and when it last said that it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenNode {
    pub node: Node,
    pub seen: UtcMs,
}

/// What a node hears when it says that it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// When it said so, by the clock by which all of them are judged.
    pub now: UtcMs,
    /// All that said so in the last [`REMEMBERED_MS`], this one included.
    pub nodes: Vec<SeenNode>,
    /// When a process began that spoke under this node's name since it did, and is not this one.
    pub namesake: Option<UtcMs>,
}

/// What one process rings at the others' doors. It orders nothing: whoever hears it looks for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ring", rename_all = "snake_case")]
pub enum Ring {
    /// There is something to do in a mailbox: whoever works at it now may do that too.
    Work { tenant: TenantId, mailbox: SmtpAddress },
    /// Something came about in a mailbox that whoever synchronizes it is to see.
    Look { tenant: TenantId, mailbox: SmtpAddress },
    /// An item's state changed; whoever follows it may want to know.
    Told { tenant: TenantId, name: ItemName },
    /// Whether a mailbox is synchronized, or by whom, may have changed.
    Mailbox { tenant: TenantId, mailbox: SmtpAddress },
    /// Who synchronizes which mailbox may have changed.
    Assignment,
}
