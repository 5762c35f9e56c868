//! Which process synchronizes which mailbox.
//!
//! Every process says now and then that it lives, and computes for itself, from the names of those that do, which
//! mailboxes are its own: the name that weighs most for a mailbox has it, so that a node that comes or goes moves
//! only its own share. It keeps its name over a restart, and with it its share: back in time, nobody has noticed.
//! Who lives is judged by the store's clock, for those of the machines may be minutes apart. For a while two may
//! believe that a mailbox is theirs; the lease lets one of them write.

use super::bell::Door;
use super::cycle::Kind;
use super::{Engine, Pace, StoreSharing};
use crate::store::{EnabledMailbox, Heard, Node, Ring, StoreResult};
use shared::UtcMs;
use shared::rules::rhythm;
use std::sync::{Arc, Mutex, PoisonError};

/// How often a process says that it lives, in each time after which it would be believed dead. Mailboxes that come
/// from another process are looked through within one such pause: bells that rang for them there may be lost.
const BEATS: i64 = 3;

/// What is known of the processes, this one included.
#[derive(Debug, Default)]
pub struct Nodes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    living: Vec<String>,
    company: Company,
}

/// Whether another process spoke lately: then mailboxes that are new here were that one's.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Company {
    #[default]
    Alone,
    Several,
}

impl Nodes {
    /// Takes note of who said what; answers whether somebody came or went.
    fn hear(&self, own: &str, heard: &Heard, lease_ms: i64) -> bool {
        let lives = |name: &str, seen: UtcMs| name == own || heard.now.since_ms(seen) < lease_ms;
        let living: Vec<String> = heard
            .nodes
            .iter()
            .filter(|other| lives(&other.node.name, other.seen))
            .map(|other| other.node.name.clone())
            .collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.company = if heard.nodes.len() > 1 { Company::Several } else { Company::Alone };
        let changed = living != known.living;
        known.living = living;
        changed
    }

    fn company(&self) -> Company {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).company
    }

    /// Names of the processes that live, in order.
    pub fn living(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).living.clone()
    }
}

/// The process that synchronizes a mailbox, of those that live.
pub fn owner<'a>(living: &'a [String], mailbox: &EnabledMailbox) -> Option<&'a String> {
    let pinned = mailbox.pinned.as_ref().and_then(|pinned| living.iter().find(|name| *name == pinned));
    pinned.or_else(|| living.iter().max_by_key(|name| weight(name, mailbox)))
}

/// How much a node weighs for a mailbox: the same on every machine and in every version.
fn weight(node: &str, mailbox: &EnabledMailbox) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(node.as_bytes());
    context.update(mailbox.tenant.0.as_bytes());
    context.update(mailbox.mailbox.0.as_bytes());
    let mut weight = [0; 32];
    weight.copy_from_slice(context.finish().as_ref());
    weight
}

impl Engine {
    pub(super) fn node(&self) -> Node {
        Node {
            name: self.parts.holder.clone(),
            started: self.started,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Reads anew which mailboxes are synchronized, and takes those that are this process's own.
    pub(super) async fn take_mailboxes(&self) -> StoreResult<()> {
        let mailboxes = self.parts.store.enabled_mailboxes().await?;
        let living = self.living();
        let own: Vec<(Door, Option<UtcMs>)> = mailboxes
            .into_iter()
            .filter(|mailbox| self.is_own(&living, mailbox))
            .map(|mailbox| ((mailbox.tenant, mailbox.address), mailbox.retry_at))
            .collect();
        let spread_ms = match self.nodes.company() {
            Company::Several => self.beat_ms(),
            Company::Alone => rhythm::NORMAL_MS,
        };
        self.rota.set(&own, self.parts.clock.now(), spread_ms);
        Ok(())
    }

    /// The same for one mailbox, which is due at once where it is this process's own.
    pub(super) async fn take_mailbox(&self, door: &Door) -> StoreResult<()> {
        let enabled = self.parts.store.mailboxes_at(door.0, std::slice::from_ref(&door.1)).await?;
        let living = self.living();
        if enabled.iter().any(|mailbox| self.is_own(&living, mailbox)) {
            self.rota.add(door, self.parts.clock.now());
        } else {
            self.rota.leave(door);
        }
        Ok(())
    }

    /// Names of the processes that share the store, in order.
    pub(super) fn living(&self) -> Vec<String> {
        match self.parts.store_sharing {
            StoreSharing::Exclusive => vec![self.parts.holder.clone()],
            StoreSharing::Shared => self.nodes.living(),
        }
    }

    fn is_own(&self, living: &[String], mailbox: &EnabledMailbox) -> bool {
        let known = self.parts.organizations.contains_key(&mailbox.tenant);
        known && owner(living, mailbox) == Some(&self.parts.holder)
    }

    /// Something happened that a mailbox's cycle is to see: here, or wherever it is synchronized.
    pub(super) async fn tell_mailbox(&self, door: &Door) -> StoreResult<()> {
        self.rota.rung(door, Kind::Bell, self.parts.clock.now());
        self.parts.store.ring_others(&Ring::Look { tenant: door.0, mailbox: door.1.clone() }).await
    }

    fn beat_ms(&self) -> i64 {
        self.parts.lease_ms / BEATS
    }

    async fn beat(&self) -> StoreResult<()> {
        let now = self.parts.clock.now();
        let heard = self.parts.store.heartbeat(&self.node(), now).await?;
        if let Some(began) = heard.namesake.filter(|_| !self.nodes.living().is_empty()) {
            let name = &self.parts.holder;
            tracing::error!(name, began = began.0, "another process has this name; give each its own `node`");
        }
        if self.nodes.hear(&self.parts.holder, &heard, self.parts.lease_ms) {
            tracing::info!(living = ?self.nodes.living(), "nodes");
            self.take_mailboxes().await?;
            self.ring_where_work_is_left().await?;
        }
        Ok(())
    }
}

/// Takes this process's mailboxes and keeps them.
pub async fn begin(engine: &Arc<Engine>) -> StoreResult<()> {
    if engine.parts.store_sharing == StoreSharing::Shared {
        engine.beat().await?;
    }
    engine.take_mailboxes().await?;
    if engine.parts.pace == Pace::ByHand {
        return Ok(());
    }
    tokio::spawn(super::rota::keep(Arc::clone(engine)));
    tokio::spawn(super::pruning::keep(Arc::clone(engine)));
    if engine.parts.store_sharing == StoreSharing::Shared {
        let rings = engine.parts.store.listen().await?;
        tokio::spawn(listen(Arc::clone(engine), rings));
        tokio::spawn(keep_beating(Arc::clone(engine)));
    }
    Ok(())
}

async fn keep_beating(engine: Arc<Engine>) {
    let mut stop = engine.parts.stop.clone();
    loop {
        let next = engine.parts.clock.now().plus_ms(engine.beat_ms());
        tokio::select! {
            () = engine.parts.clock.sleep_until(next) => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
        if let Err(error) = engine.beat().await {
            tracing::warn!(%error, "the other nodes could not be heard");
        }
    }
    if let Err(error) = engine.parts.store.farewell(&engine.parts.holder).await {
        tracing::warn!(%error, "the other nodes were not told of the end");
    }
}

/// Hears what other processes ring.
async fn listen(engine: Arc<Engine>, mut rings: tokio::sync::mpsc::Receiver<Ring>) {
    let mut stop = engine.parts.stop.clone();
    loop {
        let ring = tokio::select! {
            ring = rings.recv() => ring,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match ring {
            None => return,
            // Only to whoever works there: two who do not would ring at each other without end.
            Some(Ring::Work { tenant, mailbox }) => engine.ring_if_at_work(&(tenant, mailbox)),
            Some(Ring::Look { tenant, mailbox }) => {
                engine.rota.rung(&(tenant, mailbox), Kind::Bell, engine.parts.clock.now());
            }
            Some(Ring::Told { tenant, name }) => engine.watch.dismiss(tenant, &name),
            Some(Ring::Mailbox { tenant, mailbox }) => {
                if let Err(error) = engine.take_mailbox(&(tenant, mailbox)).await {
                    tracing::warn!(%error, "a mailbox could not be read");
                }
            }
            Some(Ring::Assignment) => {
                if let Err(error) = engine.take_mailboxes().await {
                    tracing::warn!(%error, "the mailboxes could not be read");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::TenantId;
    use crate::exchange::MailboxId;
    use crate::store::SeenNode;
    use shared::item::SmtpAddress;
    use uuid::Uuid;

    const LEASE_MS: i64 = 15_000;

    fn mailboxes(count: u128) -> Vec<EnabledMailbox> {
        let of = |n| EnabledMailbox {
            tenant: TenantId(Uuid::from_u128(1)),
            mailbox: MailboxId(Uuid::from_u128(n)),
            address: SmtpAddress::new(&format!("{n}@contoso.example")),
            pinned: None,
            retry_at: None,
        };
        (0..count).map(of).collect()
    }

    /// What is heard at a time of nodes that spoke at these times.
    fn heard(now: i64, said: &[(&str, i64)]) -> Heard {
        let node = |name: &str| Node { name: name.into(), started: UtcMs(0), version: String::new() };
        let nodes = said.iter().map(|(name, at)| SeenNode { node: node(name), seen: UtcMs(*at) }).collect();
        Heard { now: UtcMs(now), nodes, namesake: None }
    }

    #[test]
    fn a_node_that_goes_moves_only_its_own_mailboxes() {
        let three = ["a", "b", "c"].map(String::from);
        let two = ["a", "c"].map(String::from);
        let all = mailboxes(3_000);
        let mut of_b = 0;
        for mailbox in &all {
            let before = owner(&three, mailbox).map(String::as_str);
            let after = owner(&two, mailbox).map(String::as_str);
            if before == Some("b") {
                of_b += 1;
            } else {
                assert_eq!(before, after);
            }
        }
        assert!((900..=1_100).contains(&of_b), "{of_b}");
    }

    #[test]
    fn frq_08_a_pinned_mailbox_is_at_its_node_while_that_lives() {
        let mut mailbox = mailboxes(1).remove(0);
        for name in ["a", "b", "c"] {
            mailbox.pinned = Some(name.to_owned());
            assert_eq!(owner(&["a", "b", "c"].map(String::from), &mailbox).map(String::as_str), Some(name));
        }
        assert!(owner(&["a", "b"].map(String::from), &mailbox).is_some());
    }

    #[test]
    fn a_node_is_dead_once_it_has_been_silent_for_as_long_as_a_lease_lasts() {
        let nodes = Nodes::default();
        assert!(nodes.hear("a", &heard(0, &[("a", 0), ("b", -LEASE_MS + 1)]), LEASE_MS));
        assert_eq!(nodes.living(), ["a", "b"]);
        assert!(!nodes.hear("a", &heard(10_000, &[("a", 10_000), ("b", 4_000)]), LEASE_MS));
        assert!(!nodes.hear("a", &heard(18_999, &[("a", 18_999), ("b", 4_000)]), LEASE_MS));
        assert!(nodes.hear("a", &heard(19_000, &[("a", 19_000), ("b", 4_000)]), LEASE_MS));
        assert_eq!(nodes.living(), ["a"]);
        assert!(nodes.hear("a", &heard(24_000, &[("a", 24_000), ("b", 20_000)]), LEASE_MS));
    }

    #[test]
    fn a_node_that_starts_knows_at_once_who_died_before() {
        let nodes = Nodes::default();
        assert!(nodes.hear("a", &heard(LEASE_MS, &[("a", LEASE_MS), ("b", 0)]), LEASE_MS));
        assert_eq!(nodes.living(), ["a"]);
        assert_eq!(nodes.company(), Company::Several, "its mailboxes are looked through soon");
    }
}
