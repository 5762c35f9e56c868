//! Doorbells without orders: each wakes a mailbox's worker, which finds out for itself what is due.
//!
//! One worker a mailbox: it takes the lease when there is something to write, carries out the wishes that are due,
//! a few at a time, and looks the mailbox through when its cycle has come, beside them: what a person clicked never
//! waits for a cycle. A cycle that finds nothing new needs no lease and writes nothing.

use super::cycle::{self, Kind, Looked};
use super::reconcile::{Reconciled, give_up, reconcile};
use super::telling::tell_interrupted;
use super::{Engine, Pace};
use crate::caller::TenantId;
use crate::store::{Lease, Ring, StoreError, StoreResult, StoredWish};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::rules::timing::{Trigger, due};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc};
use tokio::task::{Id, JoinError, JoinSet};

/// Wishes of one mailbox carried out at the same time; Exchange allows four requests a mailbox.
const AT_ONCE: usize = 3;
/// Pause before a worker tries again after the store failed or another process held the lease.
const PAUSE_MS: i64 = 1_000;

/// A mailbox, by the address at which it is worked.
pub type Door = (TenantId, SmtpAddress);

#[derive(Debug)]
pub struct Bell {
    workers: Mutex<HashMap<Door, Arc<Worker>>>,
    later: mpsc::UnboundedSender<(UtcMs, Door)>,
    later_inbox: Mutex<Option<mpsc::UnboundedReceiver<(UtcMs, Door)>>>,
}

impl Default for Bell {
    fn default() -> Self {
        let (later, inbox) = mpsc::unbounded_channel();
        Self { workers: Mutex::default(), later, later_inbox: Mutex::new(Some(inbox)) }
    }
}

/// Who works at a mailbox.
#[derive(Debug, Default)]
struct Worker {
    bell: Notify,
    /// The cycle that is due, if one is.
    cycle: Mutex<Option<Kind>>,
}

impl Worker {
    fn ask_for(&self, kind: Kind) {
        let mut cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        *cycle = Some(cycle.map_or(kind, |asked| asked.max(kind)));
    }

    fn has_cycle(&self) -> bool {
        self.cycle.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn take_cycle(&self) -> Option<Kind> {
        self.cycle.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The hand that works at a mailbox. It takes the lease when it first has something to write.
#[derive(Debug)]
pub struct Hand {
    pub door: Door,
    lease: tokio::sync::Mutex<Option<Lease>>,
}

impl Hand {
    fn new(door: Door) -> Self {
        Self { door, lease: tokio::sync::Mutex::new(None) }
    }

    /// The lease; `None`: somebody else holds it.
    pub async fn lease(&self, engine: &Engine) -> StoreResult<Option<Lease>> {
        let mut held = self.lease.lock().await;
        if held.is_none() {
            let parts = &engine.parts;
            let (tenant, mailbox) = &self.door;
            let now = parts.clock.now();
            *held = parts.store.take_lease(*tenant, mailbox, &parts.holder, now, parts.lease_ms).await?;
        }
        Ok(held.clone())
    }

    async fn held(&self) -> Option<Lease> {
        self.lease.lock().await.clone()
    }
}

impl Engine {
    /// Rings at a mailbox's door: its worker wakes, or is made. The bell carries no order.
    pub(super) fn ring(self: &Arc<Self>, tenant: TenantId, mailbox: &SmtpAddress) {
        self.wake((tenant, mailbox.clone()), None);
    }

    /// Rings at a mailbox's door if somebody of this process is at work there.
    pub(super) fn ring_if_at_work(&self, door: &Door) {
        let workers = self.bell.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers.get(door) {
            worker.bell.notify_one();
        }
    }

    /// The mailbox's cycle has come.
    pub(super) fn ring_cycle(self: &Arc<Self>, door: &Door, kind: Kind) {
        self.wake(door.clone(), Some(kind));
    }

    fn wake(self: &Arc<Self>, door: Door, cycle: Option<Kind>) {
        if self.parts.pace == Pace::ByHand {
            return;
        }
        let mut workers = self.bell.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers.get(&door) {
            if let Some(kind) = cycle {
                worker.ask_for(kind);
            }
            worker.bell.notify_one();
            return;
        }
        let worker = Arc::new(Worker::default());
        if let Some(kind) = cycle {
            worker.ask_for(kind);
        }
        worker.bell.notify_one();
        workers.insert(door.clone(), Arc::clone(&worker));
        tokio::spawn(work(Arc::clone(self), door, worker));
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
        if self.parts.pace == Pace::Live {
            // The rota lives as long as the engine; after a stop nobody needs to be rung.
            let _ = self.bell.later.send((due, door));
        }
    }

    /// Starts the list of later rings, and rings wherever work was left by an earlier run.
    pub(super) async fn wake_up(self: &Arc<Self>) -> StoreResult<()> {
        let inbox = self.bell.later_inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(inbox) = inbox.filter(|_| self.parts.pace == Pace::Live) {
            tokio::spawn(keep_later(Arc::clone(self), inbox));
        }
        self.ring_where_work_is_left().await
    }

    /// Rings wherever wishes wait, once they are due: those of a process that is no more ring by nobody else.
    pub(super) async fn ring_where_work_is_left(&self) -> StoreResult<()> {
        let now = self.parts.clock.now();
        for left in self.parts.store.due_mailboxes().await? {
            let when = due(Trigger::Restart, now).answer.max(left.due);
            self.ring_later(when, (left.tenant, left.mailbox));
        }
        Ok(())
    }

    /// Works at a mailbox until nothing is due any more: for whoever keeps the pace by hand.
    pub(super) async fn work_by_hand(
        self: &Arc<Self>,
        door: &Door,
        kind: Option<Kind>,
    ) -> StoreResult<Option<Looked>> {
        let worker = Worker::default();
        if let Some(kind) = kind {
            worker.ask_for(kind);
        }
        shift(self, door, &worker).await
    }

    pub(super) fn stopping(&self) -> bool {
        *self.parts.stop.borrow()
    }
}

/// Rings at doors when their time has come.
async fn keep_later(engine: Arc<Engine>, mut inbox: mpsc::UnboundedReceiver<(UtcMs, Door)>) {
    let mut later: BTreeSet<(UtcMs, Door)> = BTreeSet::new();
    let mut stop = engine.parts.stop.clone();
    loop {
        let next = later.first().map(|(due, _)| *due);
        let wait = async {
            match next {
                Some(due) => engine.parts.clock.sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => { later.insert(order); }
                None => return,
            },
            () = wait => {
                let now = engine.parts.clock.now();
                while later.first().is_some_and(|(due, _)| *due <= now) {
                    if let Some((_, (tenant, mailbox))) = later.pop_first() {
                        engine.ring(tenant, &mailbox);
                    }
                }
            }
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// One mailbox's worker: carries out what is due, then goes home.
async fn work(engine: Arc<Engine>, door: Door, worker: Arc<Worker>) {
    loop {
        worker.bell.notified().await;
        if let Err(error) = shift(&engine, &door, &worker).await {
            tracing::error!(%error, "a mailbox's work was interrupted");
            engine.ring_later(engine.parts.clock.now().plus_ms(PAUSE_MS), door.clone());
        }
        let mut workers = engine.bell.workers.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever rang since then left a permit, which another round takes.
        let rung = tokio::task::unconstrained(worker.bell.notified());
        tokio::pin!(rung);
        let is_rung = futures_util::FutureExt::now_or_never(rung.as_mut()).is_some() || worker.has_cycle();
        if !is_rung || engine.stopping() {
            workers.remove(&door);
            return;
        }
        worker.bell.notify_one();
    }
}

/// Works until nothing is due any more; then lets go of the lease, if it was needed.
async fn shift(engine: &Arc<Engine>, door: &Door, worker: &Worker) -> StoreResult<Option<Looked>> {
    let hand = Arc::new(Hand::new(door.clone()));
    let mut jobs = HashMap::new();
    let result = work_off(engine, worker, &hand, &mut jobs).await;
    // A cycle that was broken off, or that the failing store kept from being begun, is due again: the rota waits for
    // its end. Any other that was asked for meanwhile is begun in another round.
    let broken_off = jobs.values().any(|job| matches!(job, Job::Cycle));
    let kept_from = matches!(result, Err(ref error) if !matches!(error, StoreError::Fenced));
    if broken_off || (kept_from && worker.take_cycle().is_some()) {
        engine.rota.ended(door, &Looked::elsewhere(), engine.parts.clock.now());
    }
    match result {
        Err(StoreError::Fenced) => Ok(None),
        other => {
            if let Some(lease) = hand.held().await {
                engine.parts.store.release_lease(&lease).await?;
            }
            other
        }
    }
}

/// What a task of a shift is about.
enum Job {
    Wish(Box<StoredWish>),
    Cycle,
}

/// How it ended.
enum Ended {
    Wish(StoreResult<Reconciled>),
    Cycle(Box<StoreResult<Looked>>),
}

/// What was under way when it broke off stays in `jobs`.
async fn work_off(
    engine: &Arc<Engine>,
    worker: &Worker,
    hand: &Arc<Hand>,
    jobs: &mut HashMap<Id, Job>,
) -> StoreResult<Option<Looked>> {
    let parts = &engine.parts;
    let at_once = if parts.pace == Pace::ByHand { 1 } else { AT_ONCE };
    let mut running: JoinSet<Ended> = JoinSet::new();
    let mut looked = None;
    let mut failed = None;
    let mut renew = parts.clock.now().plus_ms(parts.lease_ms / 3);
    loop {
        if failed.is_none() && !engine.stopping() {
            let cycling = jobs.values().any(|job| matches!(job, Job::Cycle));
            if !cycling
                && (parts.pace == Pace::Live || jobs.is_empty())
                && let Some(kind) = worker.take_cycle()
            {
                let (engine, hand) = (Arc::clone(engine), Arc::clone(hand));
                let look = async move { Ended::Cycle(Box::new(cycle::cycle(&engine, &hand, kind).await)) };
                jobs.insert(running.spawn(look).id(), Job::Cycle);
            }
            if let Err(error) = take_up_wishes(engine, hand, &mut running, jobs, at_once).await {
                failed = Some(error);
            }
        }
        if running.is_empty() {
            return failed.map_or(Ok(looked), Err);
        }
        tokio::select! {
            biased;
            Some(ended) = running.join_next_with_id() => {
                match end(engine, hand, jobs, ended).await {
                    Ok(seen) => looked = seen.or(looked),
                    Err(StoreError::Fenced) => return Err(StoreError::Fenced),
                    Err(error) => failed = Some(error),
                }
            }
            () = worker.bell.notified() => {}
            () = parts.clock.sleep_until(renew) => {
                let now = parts.clock.now();
                if let Some(lease) = hand.held().await {
                    match parts.store.renew_lease(&lease, now, parts.lease_ms).await {
                        // Somebody else is the hand now: what is under way stops where it is.
                        Err(StoreError::Fenced) => return Err(StoreError::Fenced),
                        // What is under way ends; the ledger tells the next one of it.
                        Err(error) => failed = Some(error),
                        Ok(()) => {}
                    }
                }
                renew = now.plus_ms(parts.lease_ms / 3);
            }
        }
    }
}

/// Begins to carry out wishes that are due, as many as there are hands free.
async fn take_up_wishes(
    engine: &Arc<Engine>,
    hand: &Arc<Hand>,
    running: &mut JoinSet<Ended>,
    jobs: &mut HashMap<Id, Job>,
    at_once: usize,
) -> StoreResult<()> {
    let parts = &engine.parts;
    let (tenant, mailbox) = &hand.door;
    if parts.pace == Pace::ByHand && !jobs.is_empty() {
        return Ok(());
    }
    let limit = u32::try_from(at_once * 4).unwrap_or(u32::MAX);
    let due = parts.store.due_wishes(*tenant, mailbox, parts.clock.now(), limit).await?;
    for wish in due {
        let in_hand = || jobs.values().filter_map(|job| if let Job::Wish(w) = job { Some(w) } else { None });
        if in_hand().count() >= at_once || in_hand().any(|w| same_item(w, &wish)) {
            continue;
        }
        let Some(lease) = hand.lease(engine).await? else {
            // Whoever holds it looks again at what is due; should they be no more, we come back.
            tracing::debug!(wish = %wish.id, "another hand works there");
            parts.store.ring_others(&Ring::Work { tenant: *tenant, mailbox: mailbox.clone() }).await?;
            engine.ring_later(parts.clock.now().plus_ms(PAUSE_MS), hand.door.clone());
            return Ok(());
        };
        let (engine, at_hand) = (Arc::clone(engine), wish.clone());
        let carry_out = async move { Ended::Wish(reconcile(&engine, &lease, &at_hand).await) };
        jobs.insert(running.spawn(carry_out).id(), Job::Wish(Box::new(wish)));
    }
    Ok(())
}

/// Takes note of how a task ended. `Err`: the store failed, and the shift is to end.
async fn end(
    engine: &Arc<Engine>,
    hand: &Hand,
    jobs: &mut HashMap<Id, Job>,
    ended: Result<(Id, Ended), JoinError>,
) -> StoreResult<Option<Looked>> {
    let (id, ended) = match ended {
        Ok((id, ended)) => (id, Some(ended)),
        // A bug met by one item must not keep its mailbox from going on.
        Err(panic) => (panic.id(), None),
    };
    let now = engine.parts.clock.now();
    match (jobs.remove(&id), ended) {
        (Some(Job::Wish(wish)), ended) => {
            let result = match ended {
                Some(Ended::Wish(result)) => result,
                _ => match hand.held().await {
                    Some(lease) => give_up(engine, &lease, &wish).await,
                    None => return Ok(None),
                },
            };
            match result {
                Ok(Reconciled::Again(due)) => engine.ring_later(due, hand.door.clone()),
                Ok(Reconciled::Ended | Reconciled::Stopped) | Err(StoreError::Superseded) => {}
                Err(error) => {
                    tell_interrupted(engine, &wish, &error, now.plus_ms(PAUSE_MS));
                    return Err(error);
                }
            }
            Ok(None)
        }
        (Some(Job::Cycle), Some(Ended::Cycle(result))) => {
            let looked = match *result {
                Ok(looked) => looked,
                Err(StoreError::Fenced) => {
                    engine.rota.ended(&hand.door, &Looked::elsewhere(), now);
                    return Err(StoreError::Fenced);
                }
                Err(error) => {
                    engine.rota.ended(&hand.door, &Looked::failed(error.problem(), now), now);
                    return Err(error);
                }
            };
            engine.rota.ended(&hand.door, &looked, now);
            Ok(Some(looked))
        }
        (Some(Job::Cycle), _) => {
            tracing::error!("a mailbox's cycle panicked");
            let problem = shared::problem::Problem::new(shared::problem::Code::Internal);
            engine.rota.ended(&hand.door, &Looked::failed(problem, now), now);
            Ok(None)
        }
        (None, _) => Ok(None),
    }
}

/// Two wishes for one item are carried out one after the other.
fn same_item(a: &StoredWish, b: &StoredWish) -> bool {
    a.id == b.id || a.name == b.name || (a.key.is_some() && a.key == b.key)
}
