//! Which mailbox's cycle is due: in memory only, so that an idle mailbox costs no rows.
//!
//! Each mailbox has its own rhythm ([`shared::rules::rhythm`]). Mailboxes that become known together are spread over
//! one interval. Fair: no tenant has more than its share of the cycles under way, so that a slow one delays nobody
//! but itself; whoever is due longest comes first among those who may go.

use super::bell::Door;
use super::cycle::{Kind, Looked};
use super::{Engine, Pace};
use crate::caller::TenantId;
use shared::UtcMs;
use shared::decision::Decision;
use shared::problem::Problem;
use shared::rules::rhythm::{self, Activity};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Cycles under way at the same time.
const AT_ONCE: usize = 128;
/// Of them, those of one tenant while others are due too.
const OF_ONE_TENANT: usize = 32;
/// Shortest time from one cycle that a bell rang for to the next: bells come in bursts.
const BELL_GAP_MS: i64 = 1_000;
/// After this long a mailbox is looked through in full, though no bell rang: notifications may get lost.
pub const FULL_CHECK_MS: i64 = 3_600_000;
/// When a mailbox that another hand works at is looked at again: soon, for that hand may be dead.
const ELSEWHERE_MS: i64 = 5_000;

/// Buckets of ten minutes in which changes are counted.
const BUCKETS: usize = 6;
const BUCKET_MS: i64 = 600_000;

#[derive(Debug, Default)]
pub struct Rota {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Door, Entry>,
    due: BTreeSet<(UtcMs, Door)>,
    under_way: HashMap<TenantId, usize>,
}

/// What is remembered of a mailbox.
#[derive(Debug, Clone)]
struct Entry {
    due: UtcMs,
    /// The kind of cycle that is asked for by a bell, rather than by the clock.
    rung: Option<Kind>,
    /// The cycle that is under way.
    under_way: Option<Kind>,
    tally: Tally,
    last_full: Option<UtcMs>,
    last: Option<(UtcMs, Option<Problem>)>,
    interval: Decision<i64>,
}

/// Changes seen lately.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// Number of the newest bucket since 1970.
    newest: i64,
    counts: [u16; BUCKETS],
    last_change: Option<UtcMs>,
}

impl Tally {
    fn count(&mut self, changes: u32, now: UtcMs) {
        self.roll(now);
        if changes > 0 {
            self.last_change = Some(now);
            let more = u16::try_from(changes).unwrap_or(u16::MAX);
            self.counts[0] = self.counts[0].saturating_add(more);
        }
    }

    fn roll(&mut self, now: UtcMs) {
        let bucket = now.0.div_euclid(BUCKET_MS);
        let passed = usize::try_from(bucket - self.newest).unwrap_or(0).min(BUCKETS);
        self.counts.rotate_right(passed);
        self.counts[..passed].fill(0);
        self.newest = bucket.max(self.newest);
    }

    fn activity(&self) -> Activity {
        Activity { changes: self.counts.iter().map(|c| u32::from(*c)).sum(), last_change: self.last_change }
    }
}

/// How a mailbox stands in the rota, for administrators (MBX-04).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub last: Option<UtcMs>,
    pub last_problem: Option<Problem>,
    pub next: UtcMs,
    pub interval: Decision<i64>,
}

impl Rota {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mailboxes that this process synchronizes from now on, and when each may be tried at the earliest. New
    /// ones are spread over so many milliseconds; who is not among them any more is forgotten.
    pub fn set(&self, mailboxes: &[(Door, Option<UtcMs>)], now: UtcMs, spread_ms: i64) {
        let mut state = self.state();
        let kept: HashSet<&Door> = mailboxes.iter().map(|(door, _)| door).collect();
        let gone: Vec<Door> = state.entries.keys().filter(|door| !kept.contains(door)).cloned().collect();
        for door in gone {
            state.forget(&door);
        }
        for (door, not_before) in mailboxes {
            if !state.entries.contains_key(door) {
                let spread = i64::try_from(hash(door) % spread_ms.unsigned_abs().max(1)).unwrap_or(0);
                let due = now.plus_ms(spread).max(not_before.unwrap_or(now));
                state.add(door, due, now);
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// A mailbox is to be synchronized from now on, at once.
    pub fn add(&self, door: &Door, now: UtcMs) {
        let mut state = self.state();
        if state.entries.contains_key(door) {
            state.schedule(door, now);
        } else {
            state.add(door, now, now);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// A mailbox is none of ours any more.
    pub fn leave(&self, door: &Door) {
        self.state().forget(door);
        self.changed.notify_one();
    }

    /// A bell rang for a mailbox: its cycle is due. One that is not in the rota is none of ours.
    pub fn rung(&self, door: &Door, kind: Kind, now: UtcMs) {
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(door) else { return };
        entry.rung = Some(entry.rung.map_or(kind, |rung| rung.max(kind)));
        let last = entry.last.as_ref().map(|(at, _)| *at);
        let due = last.map_or(now, |last| last.plus_ms(BELL_GAP_MS).max(now));
        if due < entry.due {
            state.schedule(door, due);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Whether a mailbox has not been looked through in full for long.
    pub fn full_check_is_due(&self, door: &Door, now: UtcMs) -> bool {
        let last = self.state().entries.get(door).and_then(|entry| entry.last_full);
        last.is_none_or(|last| now.since_ms(last) >= FULL_CHECK_MS)
    }

    /// How a cycle ended: by it the next one is due.
    pub fn ended(&self, door: &Door, looked: &Looked, now: UtcMs) {
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(door) else { return };
        entry.last = Some((now, looked.problem.clone()));
        entry.tally.count(looked.changes, now);
        if looked.full {
            entry.last_full = Some(now);
        }
        entry.interval = rhythm::interval_ms(entry.tally.activity(), now);
        let regular = now.plus_ms(entry.interval.answer);
        let due = match looked.again {
            _ if looked.elsewhere => now.plus_ms(ELSEWHERE_MS),
            Some(at) => at,
            None if looked.more => now,
            None if entry.rung.is_some() => now.plus_ms(BELL_GAP_MS).min(regular),
            None => regular,
        };
        let under_way = entry.under_way.take();
        if looked.again.is_some() || looked.elsewhere || looked.more {
            // What the bell rang for is still to be seen. Further pages are those of folders.
            let least = if looked.more { Kind::Bell } else { Kind::Regular };
            entry.rung = under_way.map(|kind| kind.max(least)).max(entry.rung);
        }
        if under_way.is_some()
            && let Some(count) = state.under_way.get_mut(&door.0)
        {
            *count = count.saturating_sub(1);
        }
        if looked.dropped {
            state.forget(door);
        } else {
            state.schedule(door, due);
        }
        drop(state);
        self.changed.notify_one();
    }

    pub fn standing(&self, door: &Door) -> Option<Standing> {
        let state = self.state();
        let entry = state.entries.get(door)?;
        Some(Standing {
            last: entry.last.as_ref().map(|(at, _)| *at),
            last_problem: entry.last.as_ref().and_then(|(_, problem)| problem.clone()),
            next: entry.due,
            interval: entry.interval.clone(),
        })
    }

    /// Every mailbox of the rota with the time at which it is due.
    pub fn doors(&self) -> Vec<(UtcMs, Door)> {
        let mut all: Vec<_> =
            self.state().entries.iter().map(|(door, entry)| (entry.due, door.clone())).collect();
        all.sort();
        all
    }

    /// Takes whoever may go now; or says when the next one is due.
    fn take(&self, now: UtcMs) -> Result<(Door, Kind), Option<UtcMs>> {
        let mut state = self.state();
        let total: usize = state.under_way.values().sum();
        if total >= AT_ONCE {
            return Err(None);
        }
        let may_go = |tenant: &TenantId| state.under_way.get(tenant).is_none_or(|n| *n < OF_ONE_TENANT);
        let found = state
            .due
            .iter()
            .take_while(|(due, _)| *due <= now)
            .find(|(_, (tenant, _))| may_go(tenant))
            .map(|(_, door)| door.clone());
        let Some(door) = found else {
            return Err(state.due.iter().map(|(due, _)| *due).find(|due| *due > now));
        };
        let due = state.entries[&door].due;
        state.due.remove(&(due, door.clone()));
        *state.under_way.entry(door.0).or_default() += 1;
        let entry = state.entries.get_mut(&door);
        let kind = entry.map_or(Kind::Regular, |entry| {
            let kind = entry.rung.take().unwrap_or(Kind::Regular);
            entry.under_way = Some(kind);
            kind
        });
        Ok((door, kind))
    }
}

impl State {
    fn add(&mut self, door: &Door, due: UtcMs, now: UtcMs) {
        let tally = Tally { newest: now.0.div_euclid(BUCKET_MS), ..Tally::default() };
        let interval = rhythm::interval_ms(tally.activity(), now);
        let entry = Entry { due, rung: None, under_way: None, tally, last_full: None, last: None, interval };
        self.entries.insert(door.clone(), entry);
        self.due.insert((due, door.clone()));
    }

    /// While a cycle is under way nothing is scheduled: its end does it.
    fn schedule(&mut self, door: &Door, due: UtcMs) {
        let Some(entry) = self.entries.get_mut(door) else { return };
        self.due.remove(&(entry.due, door.clone()));
        entry.due = due;
        if entry.under_way.is_none() {
            self.due.insert((due, door.clone()));
        }
    }

    fn forget(&mut self, door: &Door) {
        if let Some(entry) = self.entries.remove(door) {
            self.due.remove(&(entry.due, door.clone()));
            if entry.under_way.is_some()
                && let Some(count) = self.under_way.get_mut(&door.0)
            {
                *count = count.saturating_sub(1);
            }
        }
    }
}

fn hash(door: &Door) -> u64 {
    let mut hasher = DefaultHasher::new();
    door.hash(&mut hasher);
    hasher.finish()
}

/// Rings for cycles as they fall due.
pub async fn keep(engine: Arc<Engine>) {
    if engine.parts.pace == Pace::ByHand {
        return;
    }
    let mut stop = engine.parts.stop.clone();
    loop {
        let next = match engine.rota.take(engine.parts.clock.now()) {
            Ok((door, kind)) => {
                engine.ring_cycle(&door, kind);
                continue;
            }
            Err(next) => next,
        };
        let wait = async {
            match next {
                Some(due) => engine.parts.clock.sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = engine.rota.changed.notified() => {}
            () = wait => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
