//! Processes that share a store.

use super::ItemName;
use crate::caller::TenantId;
use serde::{Deserialize, Serialize};
use shared::UtcMs;
use shared::item::SmtpAddress;

/// How long a node is told of after its last sign of life.
pub const REMEMBERED_MS: i64 = 10 * 60_000;

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
    /// Who synchronizes which mailbox may have changed.
    Assignment,
}
