//! One wish, from both sides as they are to both sides as they shall be.

use super::Engine;
use super::ledger::Probe;
use super::look::{Seen, look, look_at_exchange, target};
use super::perform::{Answer, Task, learn, perform};
use super::sessions::in_place_of;
use super::snapshot::Ended;
use super::telling::{tell_seen, tell_unseen};
use crate::caller::{Access, By};
use crate::crm::Promoted;
use crate::exchange::{MailboxId, Want};
use crate::outcome::{Failure, Outcome};
use crate::store::{EnabledMailbox, ItemName, Lease, Rank, Ring, StoreResult, StoredWish, WishEnd};
use shared::UtcMs;
use shared::category::MasterCategory;
use shared::email::{CrmEmailId, Direction, InternetMessageId};
use shared::item::FolderId;
use shared::plan::{
    self, ExchangeSeen, Link, OpenWish, Ours, Plan, Settlement, Situation, Step, WishProgress, check,
};
use shared::problem::{Code, Problem};
use shared::rules::failing::{self, Fate};
use shared::rules::regarding::TargetSeen;
use shared::rules::timing::{Trigger, due};
use shared::rules::tracking::{Standing, goal};
use shared::rules::{copies, mailboxes};
use shared::status::Goal;
use shared::wish::Origin;

/// Looks at one wish's item before it is put off: the item may keep changing under our hands.
const MAX_LOOKS: usize = 5;

/// How a reconciliation went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciled {
    /// The wish ended.
    Ended,
    /// It is to be tried again at this time.
    Again(UtcMs),
    /// The service is stopping; the wish goes on after the next start.
    Stopped,
}

/// Whether the CRM said that the record is there already. Said again after another look, it is there, but
/// not for this user's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collided {
    Yes,
    No,
}

/// What one round of steps led to.
enum Round {
    Settled(Settlement),
    LookAgain,
    Failed(Failure),
    Stopped,
}

/// Carries out one wish as far as it goes now.
pub async fn reconcile(engine: &Engine, lease: &Lease, wish: &StoredWish) -> StoreResult<Reconciled> {
    let mut access = match wish.origin {
        Origin::Pane => engine.access(wish.tenant, wish.user),
        _ => in_place_of(wish.tenant, wish.user),
    };
    let mut last = None;
    let mut collided = Collided::No;
    for _ in 0..MAX_LOOKS {
        match may_act(engine, &access, wish).await? {
            Ok(true) => {}
            Ok(false) => return leave_to_the_user(engine, lease, wish).await,
            Err(failure) => return fail(engine, lease, wish, last.as_ref(), failure).await,
        }
        let wanted = target(&wish.wish);
        let looked = look(engine, &access, &wish.name, wanted.as_ref(), Want::HeadersAndBody).await;
        let mut seen = match looked {
            Ok(seen) => seen,
            Err(failure) if token_is_spent(&access, &failure, engine.parts.clock.now()) => {
                access = engine.access(wish.tenant, wish.user);
                continue;
            }
            // Tracking that is refused takes back what it did in Outlook, so Exchange is looked at all the same.
            Err(Failure::Refused(problem)) if goal(&wish.wish) == Goal::Track => {
                match look_at_exchange(engine, &access, &wish.name, &problem).await {
                    Ok(seen) => seen,
                    // Exchange will not be looked at either: there is nothing to take back that we could.
                    Err(Failure::Refused(_)) => {
                        return fail(engine, lease, wish, last.as_ref(), Failure::Refused(problem)).await;
                    }
                    Err(failure) => return fail(engine, lease, wish, last.as_ref(), failure).await,
                }
            }
            Err(failure) => return fail(engine, lease, wish, last.as_ref(), failure).await,
        };
        if wish.key.as_ref() != Some(&seen.key) {
            let rank =
                engine.parts.store.identify(lease, wish.id, &seen.key, engine.parts.clock.now()).await?;
            if rank == Rank::Superseded {
                return Ok(Reconciled::Ended);
            }
        }
        pursue(&mut seen.situation, wish);
        let record = engine.parts.store.mailbox(wish.tenant, seen.key.mailbox).await?;
        seen.situation.queue = record.and_then(|record| record.queue);
        match carry_out(engine, lease, &access, wish, &mut seen, &mut collided).await? {
            Round::Settled(settlement) => return settle(engine, lease, wish, seen, settlement).await,
            Round::LookAgain => last = Some(seen),
            Round::Failed(failure) => return fail(engine, lease, wish, Some(&seen), failure).await,
            Round::Stopped => return Ok(Reconciled::Stopped),
        }
    }
    fail(engine, lease, wish, last.as_ref(), Failure::NotDone(Failure::Conflict.problem())).await
}

/// The user's token ran out while it was used: the engine goes on in their place. Refused before its time (a
/// revoked session, a disabled account), it is the user who is refused.
fn token_is_spent(access: &Access, failure: &Failure, now: UtcMs) -> bool {
    let refused = matches!(failure, Failure::Refused(p) if p.code == Code::SignedOut);
    refused && access.has_run_out(now)
}

/// The engine's own token opens every mailbox, so it acts for a click only in the clicking user's own. In others'
/// (a shared or delegated mailbox) only Exchange can tell whether the user may, and only by the user's token. What
/// was noticed in a mailbox it carries out as long as that mailbox is synchronized.
async fn may_act(engine: &Engine, access: &Access, wish: &StoredWish) -> StoreResult<Outcome<bool>> {
    let may = match (&access.by, &wish.key) {
        (By::User { .. }, _) => true,
        (By::Service, _) => false,
        (By::Engine, Some(key)) if wish.origin != Origin::Pane => {
            let record = engine.parts.store.mailbox(wish.tenant, key.mailbox).await?;
            record.is_some_and(|r| {
                mailboxes::synchronizes(r.approval, &r.incoming, &r.operation).answer
                    && r.acts_as == Some(access.user)
            })
        }
        (By::Engine, Some(key)) => key.mailbox.0 == access.user.0,
        (By::Engine, None) => match engine.parts.exchange.owner(access, &wish.name.mailbox).await {
            Ok(owner) => owner.0 == access.user.0,
            Err(failure) => return Ok(Err(failure)),
        },
    };
    Ok(Ok(may))
}

/// The wish waits: for its user to come back, or for its mailbox to be started again.
async fn leave_to_the_user(engine: &Engine, lease: &Lease, wish: &StoredWish) -> StoreResult<Reconciled> {
    let problem = match wish.origin {
        Origin::Pane => Problem::new(Code::SignedOut).because("reason", "your sign-in has expired"),
        _ => Problem::new(Code::MailboxDenied).because("mailbox", &wish.name.mailbox),
    };
    fail(engine, lease, wish, None, Failure::NotDone(problem)).await
}

/// The situation's wish is the one at hand, and running, whatever was stored about an earlier attempt.
fn pursue(situation: &mut Situation, wish: &StoredWish) {
    let ours = situation.wish.as_ref().map_or(Ours::No, |w| w.category_is_ours);
    let progress = WishProgress::Running;
    let (goal, origin) = (wish.wish.clone(), wish.origin);
    situation.wish =
        Some(OpenWish { wish: goal, origin, progress, category_is_ours: ours, given_up: given_up(wish) });
}

/// Why no further attempt is made for a wish that did not come from the pane (RET-03).
fn given_up(wish: &StoredWish) -> Option<Problem> {
    let exhausted = wish.origin != Origin::Pane && wish.failed_attempts > failing::MOST_RETRIES;
    exhausted.then(|| wish.problem.clone().unwrap_or_else(|| Problem::new(Code::Internal)))
}

/// Plans and performs, round by round, until the wish ends or something is in the way.
async fn carry_out(
    engine: &Engine,
    lease: &Lease,
    access: &Access,
    wish: &StoredWish,
    seen: &mut Seen,
    collided: &mut Collided,
) -> StoreResult<Round> {
    let probe = Probe::by(seen);
    for _ in 0..check::MAX_ROUNDS {
        if let Err(flaw) = check::check(&seen.situation) {
            tracing::error!(wish = %wish.id, %flaw, "the planner made a plan that must not be carried out");
            return Ok(Round::Failed(Failure::Refused(Problem::new(Code::Internal))));
        }
        let steps = match plan::plan(&seen.situation) {
            None => return Ok(Round::Failed(Failure::Refused(Problem::new(Code::Internal)))),
            Some(Plan::Settle(settlement)) => return Ok(settled(wish, seen, settlement)),
            Some(Plan::Do(steps)) => steps,
        };
        if *engine.parts.stop.borrow() {
            return Ok(Round::Stopped);
        }
        for (step, reason) in &steps {
            tracing::info!(wish = %wish.id, rule = %reason.rule, step = name_of(step), "step");
        }
        let name = &wish.name;
        let (key, body) = (&seen.key, seen.body.as_ref());
        let message = match &seen.situation.exchange {
            ExchangeSeen::Present { message, .. } => Some(&**message),
            ExchangeSeen::Gone => None,
        };
        let settings = &seen.situation.settings;
        let task = Task { lease, access, name, key, wish: wish.id, body, message, settings };
        let results = perform(engine, task, steps.into_iter().map(|(s, _)| s).collect(), &probe).await?;
        if let Some(round) = fold(seen, results, collided) {
            return Ok(round);
        }
    }
    Ok(Round::Failed(Failure::Refused(Problem::new(Code::Internal))))
}

/// Nobody waits for what came in by another door than the pane: what was refused may be tried again (RET-04), unless
/// there is a link to be kept: then the email is in the CRM, and only the category was refused.
fn settled(wish: &StoredWish, seen: &Seen, settlement: Settlement) -> Round {
    let linked = settlement.link != seen.situation.link;
    match settlement.outcome {
        plan::Outcome::Refused(problem)
            if wish.origin != Origin::Pane && given_up(wish).is_none() && !linked =>
        {
            Round::Failed(Failure::Refused(problem))
        }
        _ => Round::Settled(settlement),
    }
}

/// Takes the answers into the picture. What cannot be foretold from an answer is looked at again.
fn fold(
    seen: &mut Seen,
    results: Vec<(Step, Result<Answer, Failure>)>,
    collided: &mut Collided,
) -> Option<Round> {
    let mut look_again = false;
    let mut failed = None;
    for (step, result) in results {
        if let (Step::SetCategories { .. }, Some(wish)) = (&step, &mut seen.situation.wish) {
            let certainly_not = matches!(&result, Err(Failure::Refused(_) | Failure::NotDone(_)));
            if !certainly_not && wish.category_is_ours == Ours::No {
                wish.category_is_ours = Ours::Yes;
            }
        }
        match result {
            Ok(Answer::Promoted(Promoted::AlreadyThere)) if *collided == Collided::Yes => {
                seen.situation.refusals.crm = Some(Problem::new(Code::RecordHidden));
            }
            Ok(Answer::Promoted(Promoted::AlreadyThere)) => {
                *collided = Collided::Yes;
                look_again = true;
            }
            Err(Failure::Conflict) => look_again = true,
            Ok(answer) => seen.situation = learn(&seen.situation, &step, &answer),
            Err(Failure::Refused(problem)) => match refusal(&step, &problem) {
                Refusal::LookAgain => look_again = true,
                Refusal::OfCategories => seen.situation.refusals.categories = Some(problem),
                Refusal::OfMasterCategory => seen.situation.refusals.master_category = Some(problem),
                Refusal::OfAnswered => seen.situation.refusals.answered = Some(problem),
                Refusal::OfCrm => seen.situation.refusals.crm = Some(problem),
            },
            Err(failure @ (Failure::NotDone(_) | Failure::Unknown(_))) => failed = Some(failure),
        }
    }
    match (failed, look_again) {
        (Some(failure), _) => Some(Round::Failed(failure)),
        (None, true) => Some(Round::LookAgain),
        (None, false) => None,
    }
}

enum Refusal {
    /// What we acted on, or the token we acted with, is not there any more: another look shows what is.
    LookAgain,
    OfCategories,
    OfMasterCategory,
    /// What the email answers is not there any more: it is tracked without it.
    OfAnswered,
    OfCrm,
}

fn refusal(step: &Step, problem: &Problem) -> Refusal {
    match (step, problem.code) {
        (Step::PromoteEmail(new), Code::RecordGone) if new.correlated.is_some() => Refusal::OfAnswered,
        (_, Code::MessageGone | Code::RecordGone | Code::SignedOut) => Refusal::LookAgain,
        (Step::SetCategories { .. }, _) => Refusal::OfCategories,
        (Step::CreateMasterCategory { .. }, _) => Refusal::OfMasterCategory,
        (
            Step::CreateContact(_) | Step::PromoteEmail(_) | Step::SetRegarding { .. } | Step::DeleteEmail(_),
            _,
        ) => Refusal::OfCrm,
    }
}

/// Stores how the wish ended and tells everybody who follows the item.
async fn settle(
    engine: &Engine,
    lease: &Lease,
    wish: &StoredWish,
    mut seen: Seen,
    settlement: Settlement,
) -> StoreResult<Reconciled> {
    let refused = match settlement.outcome {
        plan::Outcome::Fulfilled => None,
        plan::Outcome::Refused(problem) => Some(problem),
    };
    let category = match &seen.situation.exchange {
        ExchangeSeen::Present { category, .. } => match &category.standing {
            Standing::InMasterList(id) => {
                Some(MasterCategory { id: id.clone(), name: category.name.clone() })
            }
            Standing::Missing | Standing::Unreadable => None,
        },
        ExchangeSeen::Gone => None,
    };
    let recent = match (&refused, target(&wish.wish), &seen.situation.crm.target) {
        (None, Some(_), Some(TargetSeen::Present { record, .. })) => Some(record.clone()),
        _ => None,
    };
    let followers = followers(engine, wish, &seen, settlement.link).await?;
    let end = WishEnd {
        wish: wish.id,
        user: wish.user,
        key: Some(seen.key.clone()),
        refused: refused.clone(),
        link: settlement.link,
        // Moved since, it lies elsewhere than when that was wished, and the move is a word of its own (FLD-01, FLD-02).
        folder: wish.folder.clone().or_else(|| folder_of(&seen.situation)),
        category,
        recent,
        copies: expected(&followers, &seen.situation, settlement.link),
        reason: settlement.reason.clone(),
        now: engine.parts.clock.now(),
    };
    let rank = engine.parts.store.end_wish(lease, &end).await?;
    tell_others(engine, wish, &seen).await?;
    for follower in &followers {
        engine.tell_mailbox(&(wish.tenant, follower.address.clone())).await?;
    }
    if rank == Rank::Superseded {
        return Ok(Reconciled::Ended);
    }
    tracing::info!(wish = %wish.id, rule = %settlement.reason.rule, refused = refused.is_some(), "wish ended");
    if settlement.link != seen.situation.link {
        // Whoever else tracks the record counts from now on: untracking is foretold with them (WHY-02).
        let now = engine.parts.store.knowledge(wish.tenant, &wish.name, Some(&seen.key)).await?;
        seen.others = now.others;
    }
    seen.situation.link = settlement.link;
    seen.situation.wish = refused.map(|problem| OpenWish {
        wish: wish.wish.clone(),
        origin: wish.origin,
        progress: WishProgress::Refused { problem },
        category_is_ours: Ours::No,
        given_up: None,
    });
    tell_seen(engine, wish, &seen, &seen.situation, Ended::Yes, Some(&settlement.reason));
    Ok(Reconciled::Ended)
}

/// Whoever follows the item at another process looks again.
async fn tell_others(engine: &Engine, wish: &StoredWish, seen: &Seen) -> StoreResult<()> {
    let lasting = ItemName { mailbox: wish.name.mailbox.clone(), item: seen.key.item.clone() };
    for name in
        [Some(wish.name.clone()), Some(lasting).filter(|name| *name != wish.name)].into_iter().flatten()
    {
        engine.parts.store.ring_others(&Ring::Told { tenant: wish.tenant, name }).await?;
    }
    Ok(())
}

fn folder_of(situation: &Situation) -> Option<FolderId> {
    match &situation.exchange {
        ExchangeSeen::Present { message, .. } => message.folder.clone(),
        ExchangeSeen::Gone => None,
    }
}

/// CAT-15: the mailboxes here of the others who received the mail, where it is tracked from now on.
async fn followers(
    engine: &Engine,
    wish: &StoredWish,
    seen: &Seen,
    link: Option<Link>,
) -> StoreResult<Vec<EnabledMailbox>> {
    let situation = &seen.situation;
    let ExchangeSeen::Present { message, .. } = &situation.exchange else { return Ok(Vec::new()) };
    if link.is_none() || situation.link.is_some() || message.internet_message_id.is_none() {
        return Ok(Vec::new());
    }
    let followers = copies::followers(message, &situation.settings);
    if followers.answer.is_empty() {
        return Ok(Vec::new());
    }
    let mut mailboxes = engine.parts.store.mailboxes_at(wish.tenant, &followers.answer).await?;
    mailboxes.retain(|m| m.mailbox != seen.key.mailbox);
    Ok(mailboxes)
}

/// What is to be expected in the followers' mailboxes.
fn expected(
    followers: &[EnabledMailbox],
    situation: &Situation,
    link: Option<Link>,
) -> Vec<(MailboxId, InternetMessageId, CrmEmailId, Direction)> {
    let ExchangeSeen::Present { message, .. } = &situation.exchange else { return Vec::new() };
    let (Some(link), Some(id)) = (link, &message.internet_message_id) else { return Vec::new() };
    followers.iter().map(|m| (m.mailbox, id.clone(), link.email, Direction::Incoming)).collect()
}

/// Ends a wish that a bug of ours keeps from being carried out.
pub async fn give_up(engine: &Engine, lease: &Lease, wish: &StoredWish) -> StoreResult<Reconciled> {
    tracing::error!(wish = %wish.id, "carrying out a wish panicked");
    fail(engine, lease, wish, None, Failure::Refused(Problem::new(Code::Internal))).await
}

/// What could not be carried out is tried again or refused, as the rules say.
async fn fail(
    engine: &Engine,
    lease: &Lease,
    wish: &StoredWish,
    seen: Option<&Seen>,
    failure: Failure,
) -> StoreResult<Reconciled> {
    let problem = failure.problem();
    let now = engine.parts.clock.now();
    let mut fate = failing::fate_of(wish.origin, &problem, wish.failed_attempts, now);
    if let (Failure::NotDone(_) | Failure::Unknown(_), Fate::Refuse) = (&failure, &fate.answer) {
        // Not an answer, so no refusal either: looked at again like an outage.
        fate = failing::fate_of(wish.origin, &Problem::new(Code::ExchangeDown), wish.failed_attempts, now);
    }
    let former = given_up(wish);
    if former.is_some() && fate.answer == Fate::GiveUp {
        // Given up before, but the mark is not on the message yet.
        fate.answer = Fate::TryAgain(now.plus_ms(failing::RETRY_PAUSE_MS));
    }
    let problem = former.unwrap_or(problem);
    let (progress, reconciled) = match fate.answer {
        Fate::GiveUp => {
            let failed = failing::MOST_RETRIES + 1;
            engine.parts.store.postpone(lease, wish.id, &problem, now, failed, now).await?;
            tracing::warn!(wish = %wish.id, code = problem.code.as_str(), rule = %fate.rule, "wish given up");
            return Ok(Reconciled::Again(now));
        }
        Fate::TryAgain(next) => {
            let next_attempt = due(Trigger::Retry { due: next }, now).answer;
            let failed = wish.failed_attempts + u32::from(failing::counts(wish.origin, &problem));
            engine.parts.store.postpone(lease, wish.id, &problem, next_attempt, failed, now).await?;
            tracing::warn!(wish = %wish.id, code = problem.code.as_str(), "wish put off");
            let progress = WishProgress::Waiting { problem: problem.clone(), next_attempt };
            (progress, Reconciled::Again(next_attempt))
        }
        Fate::Refuse => {
            let stored = engine.parts.store.knowledge(wish.tenant, &wish.name, wish.key.as_ref()).await?;
            let end = WishEnd {
                wish: wish.id,
                user: wish.user,
                key: seen.map(|s| s.key.clone()),
                refused: Some(problem.clone()),
                link: seen.map_or(stored.link, |s| s.situation.link),
                folder: None,
                category: None,
                recent: None,
                copies: Vec::new(),
                reason: fate.reason(),
                now,
            };
            if engine.parts.store.end_wish(lease, &end).await? == Rank::Superseded {
                return Ok(Reconciled::Ended);
            }
            tracing::warn!(wish = %wish.id, code = problem.code.as_str(), "wish refused");
            (WishProgress::Refused { problem: problem.clone() }, Reconciled::Ended)
        }
    };
    let ended = if reconciled == Reconciled::Ended { Ended::Yes } else { Ended::No };
    match seen {
        Some(seen) => {
            let mut situation = seen.situation.clone();
            let (goal, origin) = (wish.wish.clone(), wish.origin);
            let category_is_ours = Ours::No;
            situation.wish =
                Some(OpenWish { wish: goal, origin, progress, category_is_ours, given_up: None });
            tell_seen(engine, wish, seen, &situation, ended, None);
        }
        None => tell_unseen(engine, wish, &progress, ended),
    }
    Ok(reconciled)
}

fn name_of(step: &Step) -> &'static str {
    match step {
        Step::CreateMasterCategory { .. } => "create master category",
        Step::SetCategories { .. } => "set categories",
        Step::CreateContact(_) => "create contact",
        Step::PromoteEmail(_) => "promote email",
        Step::SetRegarding { .. } => "set regarding",
        Step::DeleteEmail(_) => "delete email",
    }
}
