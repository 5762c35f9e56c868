//! Tells whoever follows an item how far a wish for it is.

use super::Engine;
use super::look::{CrmLook, Seen};
use super::snapshot::{Ended, Snapshot, Taken};
use super::watch::Viewer;
use crate::store::{ItemKey, ItemName, StoreError, StoredWish};
use shared::UtcMs;
use shared::decision::{Decision, Reason, RuleId};
use shared::plan::{Situation, WishProgress};
use shared::rules::tracking::goal;
use shared::status::Status;
use std::sync::Arc;

/// What both sides show, and how the wish stands.
pub fn tell_seen(
    engine: &Engine,
    wish: &StoredWish,
    seen: &Seen,
    situation: &Situation,
    ended: Ended,
    because: Option<&Reason>,
) {
    let progress = situation.wish.as_ref().map(|w| &w.progress);
    if let (CrmLook::Unseen, Some(progress)) = (seen.crm, progress) {
        return tell_unseen(engine, wish, progress, ended);
    }
    let because = because.map(|reason| (reason, wish.origin));
    let snapshot = Snapshot::of(&wish.name, seen, situation, because, now(engine));
    tell(engine, wish, Some(&seen.key), snapshot, ended);
}

/// How the wish stands, when the sides could not be looked at.
pub fn tell_unseen(engine: &Engine, wish: &StoredWish, progress: &WishProgress, ended: Ended) {
    if let Some(status) = status_of(wish, progress) {
        let snapshot = Snapshot::unseen(&wish.name, &wish.wish, status, now(engine));
        tell(engine, wish, wish.key.as_ref(), snapshot, ended);
    }
}

/// The store failed while a wish was carried out. It cannot be told so; whoever follows the item can.
pub fn tell_interrupted(engine: &Engine, wish: &StoredWish, error: &StoreError, next_attempt: UtcMs) {
    if !matches!(error, StoreError::Fenced) {
        let progress = WishProgress::Waiting { problem: error.problem(), next_attempt };
        tell_unseen(engine, wish, &progress, Ended::No);
    }
}

fn now(engine: &Engine) -> Taken {
    Taken { version: engine.next_version(), at: engine.parts.clock.now() }
}

fn tell(engine: &Engine, wish: &StoredWish, key: Option<&ItemKey>, mut snapshot: Snapshot, ended: Ended) {
    snapshot.about = Some(wish.id);
    snapshot.ended = ended;
    let viewers = viewers(wish, key);
    engine.watch.publish(&viewers, &Arc::new(snapshot));
    if ended == Ended::Yes {
        // One of them may have wished something that this wish overtook.
        engine.watch.dismiss_colleagues(&viewers);
    }
}

/// WHY-03: a wish that waits or was refused says so, also when neither side can be looked at.
pub fn status_of(wish: &StoredWish, progress: &WishProgress) -> Option<Decision<Status>> {
    let goal = goal(&wish.wish);
    let status = match progress {
        WishProgress::Running => return None,
        WishProgress::Waiting { problem, next_attempt } => {
            Status::Waiting { goal, problem: problem.clone(), next_attempt: *next_attempt }
        }
        WishProgress::Refused { problem } => Status::Failed { goal, problem: problem.clone() },
    };
    let code = match &status {
        Status::Waiting { problem, .. } | Status::Failed { problem, .. } => problem.code.as_str(),
        _ => "-",
    };
    Some(Decision::new(status.clone(), RuleId::Why03).because("code", code))
}

/// Everybody who may be following the item: under the id it was asked by, and under its lasting one.
pub fn viewers(wish: &StoredWish, key: Option<&ItemKey>) -> Vec<Viewer> {
    let viewer = |item: &shared::item::ItemId| Viewer {
        tenant: wish.tenant,
        user: wish.user,
        name: ItemName { mailbox: wish.name.mailbox.clone(), item: item.clone() },
    };
    let mut all = vec![viewer(&wish.name.item)];
    all.extend(key.filter(|k| k.item != wish.name.item).map(|k| viewer(&k.item)));
    all
}
