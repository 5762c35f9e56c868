//! Doorbells without orders: each wakes a mailbox's worker, which finds out for itself what is due.

use super::Engine;
use super::reconcile::{Reconciled, give_up, reconcile};
use super::telling::tell_interrupted;
use crate::caller::TenantId;
use crate::store::{Lease, StoreError, StoreResult, StoredWish};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::rules::timing::{Trigger, due};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// How long a lease lasts unless it is renewed: a killed process is replaced after this time.
const LEASE_MS: i64 = 15_000;
/// Wishes of one mailbox carried out at the same time; Exchange allows four requests a mailbox.
const AT_ONCE: usize = 3;
/// Pause before a worker tries again after the store failed or another process held the lease.
const PAUSE_MS: i64 = 1_000;

type Door = (TenantId, SmtpAddress);

#[derive(Debug)]
pub struct Bell {
    workers: Mutex<HashMap<Door, Arc<Notify>>>,
    later: mpsc::UnboundedSender<(UtcMs, Door)>,
    later_inbox: Mutex<Option<mpsc::UnboundedReceiver<(UtcMs, Door)>>>,
}

impl Default for Bell {
    fn default() -> Self {
        let (later, inbox) = mpsc::unbounded_channel();
        Self { workers: Mutex::default(), later, later_inbox: Mutex::new(Some(inbox)) }
    }
}

impl Engine {
    /// Rings at a mailbox's door: its worker wakes, or is made. The bell carries no order.
    pub(super) fn ring(self: &Arc<Self>, tenant: TenantId, mailbox: &SmtpAddress) {
        let door = (tenant, mailbox.clone());
        let mut workers = self.bell.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers.get(&door) {
            worker.notify_one();
            return;
        }
        let bell = Arc::new(Notify::new());
        bell.notify_one();
        workers.insert(door.clone(), Arc::clone(&bell));
        tokio::spawn(work(Arc::clone(self), door, bell));
    }

    /// Rings at a mailbox's door at once, or when it is due.
    pub(super) fn ring_at(self: &Arc<Self>, due: UtcMs, tenant: TenantId, mailbox: &SmtpAddress) {
        if due <= self.parts.clock.now() {
            self.ring(tenant, mailbox);
        } else {
            self.ring_later(due, (tenant, mailbox.clone()));
        }
    }

    /// Rings at a mailbox's door once `due` has come.
    fn ring_later(&self, due: UtcMs, door: Door) {
        // The rota lives as long as the engine; after a stop nobody needs to be rung.
        let _ = self.bell.later.send((due, door));
    }

    /// Starts the rota, and rings wherever work was left by an earlier run.
    pub(super) async fn wake_up(self: &Arc<Self>) -> StoreResult<()> {
        let inbox = self.bell.later_inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(inbox) = inbox {
            tokio::spawn(keep_rota(Arc::clone(self), inbox));
        }
        let now = self.parts.clock.now();
        for left in self.parts.store.due_mailboxes().await? {
            let when = due(Trigger::Restart, now).answer.max(left.due);
            self.ring_later(when, (left.tenant, left.mailbox));
        }
        Ok(())
    }

    fn stopping(&self) -> bool {
        *self.parts.stop.borrow()
    }
}

/// Rings at doors when their time has come.
async fn keep_rota(engine: Arc<Engine>, mut inbox: mpsc::UnboundedReceiver<(UtcMs, Door)>) {
    let mut rota: BTreeSet<(UtcMs, Door)> = BTreeSet::new();
    let mut stop = engine.parts.stop.clone();
    loop {
        let next = rota.first().map(|(due, _)| *due);
        let wait = async {
            match next {
                Some(due) => engine.parts.clock.sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => { rota.insert(order); }
                None => return,
            },
            () = wait => {
                let now = engine.parts.clock.now();
                while rota.first().is_some_and(|(due, _)| *due <= now) {
                    if let Some((_, (tenant, mailbox))) = rota.pop_first() {
                        engine.ring(tenant, &mailbox);
                    }
                }
            }
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// One mailbox's worker: carries out what is due, then goes home.
async fn work(engine: Arc<Engine>, door: Door, bell: Arc<Notify>) {
    loop {
        bell.notified().await;
        if let Err(error) = shift(&engine, &door, &bell).await {
            tracing::error!(%error, "a mailbox's work was interrupted");
            engine.ring_later(engine.parts.clock.now().plus_ms(PAUSE_MS), door.clone());
        }
        let mut workers = engine.bell.workers.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever rang since then left a permit, which another round takes.
        let rung = tokio::task::unconstrained(bell.notified());
        tokio::pin!(rung);
        if futures_util::FutureExt::now_or_never(rung.as_mut()).is_none() || engine.stopping() {
            workers.remove(&door);
            return;
        }
        bell.notify_one();
    }
}

/// Takes the mailbox's lease and works until nothing is due any more.
async fn shift(engine: &Arc<Engine>, door: &Door, bell: &Notify) -> StoreResult<()> {
    let (tenant, mailbox) = door;
    let parts = &engine.parts;
    let now = parts.clock.now();
    if parts.store.due_wishes(*tenant, mailbox, now, 1).await?.is_empty() {
        return Ok(());
    }
    let taken = parts.store.take_lease(*tenant, mailbox, &parts.holder, now, LEASE_MS).await?;
    let Some(lease) = taken else {
        engine.ring_later(now.plus_ms(PAUSE_MS), door.clone());
        return Ok(());
    };
    let result = carry_out_due(engine, door, &lease, bell).await;
    match result {
        Err(StoreError::Fenced) => Ok(()),
        other => {
            parts.store.release_lease(&lease).await?;
            other
        }
    }
}

async fn carry_out_due(engine: &Arc<Engine>, door: &Door, lease: &Lease, bell: &Notify) -> StoreResult<()> {
    let (tenant, mailbox) = door;
    let parts = &engine.parts;
    let mut running: JoinSet<StoreResult<Reconciled>> = JoinSet::new();
    let mut in_hand: HashMap<tokio::task::Id, StoredWish> = HashMap::new();
    let mut failed = None;
    let mut renew = parts.clock.now().plus_ms(LEASE_MS / 3);
    loop {
        if failed.is_none() && !engine.stopping() {
            let limit = u32::try_from(AT_ONCE * 4).unwrap_or(u32::MAX);
            let due = parts.store.due_wishes(*tenant, mailbox, parts.clock.now(), limit).await;
            let due = due.unwrap_or_else(|error| {
                failed = Some(error);
                Vec::new()
            });
            for wish in due {
                if running.len() < AT_ONCE && !in_hand.values().any(|w| same_item(w, &wish)) {
                    let (engine, lease, at_hand) = (Arc::clone(engine), lease.clone(), wish.clone());
                    let task = running.spawn(async move { reconcile(&engine, &lease, &at_hand).await });
                    in_hand.insert(task.id(), wish);
                }
            }
        }
        if running.is_empty() {
            return failed.map_or(Ok(()), Err);
        }
        tokio::select! {
            Some(ended) = running.join_next_with_id() => {
                let (task, result) = match ended {
                    Ok((task, result)) => (task, Ok(result)),
                    Err(panic) => (panic.id(), Err(panic)),
                };
                let Some(wish) = in_hand.remove(&task) else { continue };
                let result = match result {
                    Ok(result) => result,
                    // A bug met by one item must not keep its mailbox from going on.
                    Err(_) => give_up(engine, lease, &wish).await,
                };
                match result {
                    Ok(Reconciled::Again(due)) => engine.ring_later(due, door.clone()),
                    Ok(Reconciled::Ended | Reconciled::Stopped) | Err(StoreError::Superseded) => {}
                    Err(error) => {
                        let next = parts.clock.now().plus_ms(PAUSE_MS);
                        tell_interrupted(engine, &wish, &error, next);
                        failed = Some(error);
                    }
                }
            }
            () = bell.notified() => {}
            () = parts.clock.sleep_until(renew) => {
                let now = parts.clock.now();
                match parts.store.renew_lease(lease, now, LEASE_MS).await {
                    // Somebody else is the hand now: what is under way stops where it is.
                    Err(StoreError::Fenced) => return Err(StoreError::Fenced),
                    // What is under way ends; the ledger tells the next one of it.
                    Err(error) => failed = Some(error),
                    Ok(()) => {}
                }
                renew = now.plus_ms(LEASE_MS / 3);
            }
        }
    }
}

/// Two wishes for one item are carried out one after the other.
fn same_item(a: &StoredWish, b: &StoredWish) -> bool {
    a.id == b.id || a.name == b.name || (a.key.is_some() && a.key == b.key)
}
