//! The processes that share the store, and which of them a mailbox is given to.

use super::{Administration, Answer, told};
use crate::caller::TenantId;
use crate::store::{Actor, EnabledMailbox, MailboxChange, StoreSharing};
use crate::sync::nodes::owner;
use shared::api::admin::{Mailbox, Node, NodeState, Nodes};
use shared::item::SmtpAddress;
use shared::problem::{Code, Problem};
use shared::rules::Language;

impl Administration {
    /// FRQ-08: chooses the node that shall synchronize a mailbox; `None`: any.
    pub async fn pin(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
        node: Option<String>,
        by: &Actor,
        language: Language,
    ) -> Answer<Mailbox> {
        let record = self.record(tenant, address).await?;
        if let Some(name) = &node {
            self.is_known(name).await?;
        }
        self.amend(&record, MailboxChange::Pin(node), by).await?;
        self.assign(&record).await?;
        self.mailbox(tenant, address, language).await
    }

    /// A node may be down while a mailbox is given to it; it must have been there.
    async fn is_known(&self, node: &str) -> Answer<()> {
        if self.0.parts.store.node_names().await.map_err(told)?.iter().any(|name| name == node) {
            return Ok(());
        }
        let living = self.0.living().join(", ");
        let reason = format!("no node has ever had the name {node}; now there are {living}");
        Err(Problem::new(Code::BadRequest).because("reason", reason))
    }

    /// The processes that share the store.
    pub async fn nodes(&self, tenant: TenantId) -> Answer<Nodes> {
        let parts = &self.0.parts;
        let now = parts.clock.now();
        let living = self.0.living();
        let mailboxes = parts.store.enabled_mailboxes().await.map_err(told)?;
        let count = |name: &String| {
            let own = |m: &&EnabledMailbox| m.tenant == tenant && owner(&living, m) == Some(name);
            u32::try_from(mailboxes.iter().filter(own).count()).unwrap_or(u32::MAX)
        };
        let own = Node {
            name: parts.holder.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.0.started,
            seen: now,
            is: NodeState::Answering,
            mailboxes: count(&parts.holder),
        };
        let mut nodes = vec![own];
        if parts.store_sharing == StoreSharing::Shared {
            for seen in parts.store.heartbeat(&self.0.node(), now).await.map_err(told)?.nodes {
                if seen.node.name == parts.holder {
                    continue;
                }
                let is = if living.contains(&seen.node.name) { NodeState::Living } else { NodeState::Silent };
                nodes.push(Node {
                    mailboxes: if is == NodeState::Living { count(&seen.node.name) } else { 0 },
                    name: seen.node.name,
                    version: seen.node.version,
                    started: seen.node.started,
                    seen: seen.seen,
                    is,
                });
            }
        }
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Nodes { nodes })
    }
}
