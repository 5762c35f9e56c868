//! From what is seen and what is wished to the next steps.
//!
//! [`plan`] is total and deterministic. It is asked again after every answer: an answer is an observation
//! ([`Situation::after`]), so that no step is ever remembered, only computed afresh. The steps of one plan do
//! not depend on each other and may be sent at the same time.

use crate::category::{self, CategoryId};
use crate::decision::{Decision, Reason, RuleId};
use crate::email::{
    ConversationIndex, Correlation, CrmEmail, CrmEmailId, Direction, Draft, InternetMessageId, Message,
};
use crate::party::{Candidate, Chosen, ContactName, NewContact, Party, RecordState};
use crate::problem::{Code, Problem};
use crate::regarding::{RecordKey, RecordRef, Table};
use crate::rules::contacts::{self, Adding};
use crate::rules::deleting::{self, DeletePermit};
use crate::rules::incoming::{self, Promotion};
use crate::rules::regarding::TargetSeen;
use crate::rules::tracking::{self, Standing, TrackingCategory};
use crate::rules::{failing, people, regarding};
use crate::settings::{Settings, Switch};
use crate::time::UtcMs;
use crate::wish::{Origin, RecordFate, RegardingWish, Wish};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub mod check;

/// Everything the rules may look at, of one email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Dataverse organization.
    pub organization: Uuid,
    pub settings: Settings,
    pub exchange: ExchangeSeen,
    pub crm: CrmSeen,
    /// What was last agreed between the sides, if the item is linked.
    pub link: Option<Link>,
    /// The newest wish for the item, unless it was fulfilled.
    pub wish: Option<OpenWish>,
    /// What the other sides refused while this wish was being carried out.
    pub refusals: Refusals,
    /// The queue whose mailbox it is, if it is one.
    pub queue: Option<Uuid>,
    /// Whom the tracking user took several matches for (PPL-03).
    pub chosen: Vec<Chosen>,
}

/// The message as Exchange shows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeSeen {
    Present {
        message: Box<Message>,
        /// The mailbox's tracking category.
        category: TrackingCategory,
    },
    /// The message is not in the mailbox any more.
    Gone,
}

/// What the CRM shows now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrmSeen {
    /// Emails with the message's internet message id, and the linked one.
    pub emails: Vec<CrmEmail>,
    /// Records that bear an address of somebody on the message.
    pub candidates: Vec<Candidate>,
    /// The record that the wish wants as regarding, if it names one.
    pub target: Option<TargetSeen>,
    /// The tracking user's `systemuserid`.
    pub user: Option<Uuid>,
}

/// The durable pairing of one message with one CRM email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub email: CrmEmailId,
    pub category: LinkCategory,
}

/// Whether both sides ever agreed on the category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkCategory {
    Agreed,
    /// Exchange refused to put it on.
    Refused,
    /// It was tracked while category tracking was off for the organization: no category was wanted (CAT-21).
    Off,
}

/// A wish that was not fulfilled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWish {
    pub wish: Wish,
    pub origin: Origin,
    pub progress: WishProgress,
    /// Whether the category on the message was, or may have been, put there for this wish.
    pub category_is_ours: Ours,
    /// Why no further attempt is made (RET-03): what is left to do is to mark the message.
    pub given_up: Option<Problem>,
}

/// Whether the category on a message was put on by us for the wish at hand, as the ledger tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    Yes,
    No,
    /// It was not, and was taken off by us when the wish was given up (RET-03).
    TakenOff,
}

/// How far a wish is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishProgress {
    Running,
    Waiting { problem: Problem, next_attempt: UtcMs },
    Refused { problem: Problem },
}

/// Final refusals of single steps, remembered while one wish is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Exchange will not change the message's categories.
    pub categories: Option<Problem>,
    /// Exchange will not add to the master list.
    pub master_category: Option<Problem>,
    /// The CRM will not do what it was asked.
    pub crm: Option<Problem>,
    /// The tracked mail that this one answers was deleted since.
    pub answered: Option<Problem>,
}

/// One effect on one side. The set is closed: whatever is not here is never done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Exchange: add the tracking category to the mailbox's master list.
    CreateMasterCategory { name: String },
    /// Exchange: replace the message's categories, if it still has this etag.
    SetCategories { categories: Vec<String>, if_match: String, change: CategoryChange },
    /// CRM: create the contact that the email is to be regarding (PPL-04).
    CreateContact(NewContact),
    /// CRM: create the email activity.
    PromoteEmail(Box<NewEmail>),
    /// CRM: set or clear the email's regarding record.
    SetRegarding { email: CrmEmailId, regarding: Option<RecordRef>, previous: Option<RecordRef> },
    /// CRM: delete the email activity.
    DeleteEmail(DeletePermit),
}

/// What a change of categories is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryChange {
    Assign,
    Remove,
    /// The tracking category gives way to *Undeliverable* (RET-03).
    GiveUp,
    /// *Undeliverable* comes off (RET-05).
    TakeBack,
}

/// An email activity to be created; its body is not the planner's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmail {
    pub id: CrmEmailId,
    /// Key of the promotion in the ledger.
    pub key: String,
    pub internet_message_id: InternetMessageId,
    pub subject: String,
    pub direction: Direction,
    pub parties: Vec<Party>,
    pub regarding: Option<RecordRef>,
    pub received: UtcMs,
    pub importance: crate::email::Importance,
    /// The tracked mail that this one answers, and how that was found (INC-03).
    pub correlated: Option<(Correlation, CrmEmailId)>,
    pub in_reply_to: Option<InternetMessageId>,
    pub conversation_index: Option<ConversationIndex>,
    /// The queue that received it.
    pub queue: Option<Uuid>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// These, in any order or at the same time; then plan again.
    Do(Vec<(Step, Reason)>),
    /// Nothing: the wish ends like this.
    Settle(Settlement),
}

/// How a wish ends, and what is agreed from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub outcome: Outcome,
    pub link: Option<Link>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Fulfilled,
    Refused(Problem),
}

impl Situation {
    /// The CRM email that this message is tracked as: the linked one, if it still exists. A category that
    /// was put on elsewhere makes no link yet.
    pub fn tracked_email(&self) -> Option<&CrmEmail> {
        let link = self.link.as_ref()?;
        self.crm.emails.iter().find(|e| e.id == link.email)
    }

    /// The email that INC-06 takes for this message, whether it is tracked here or not.
    pub fn existing_email(&self) -> Option<&CrmEmail> {
        let ExchangeSeen::Present { message, .. } = &self.exchange else {
            return None;
        };
        let id = message.internet_message_id.as_ref()?;
        let promotion =
            incoming::promotion(self.organization, id, message.direction, &self.crm.emails, &self.settings);
        match promotion.answer {
            Promotion::Existing(id) => self.crm.emails.iter().find(|e| e.id == id),
            Promotion::Create(_) => None,
        }
    }

    /// The situation once `step` has been carried out, as far as it can be foretold.
    #[must_use]
    pub fn after(&self, step: &Step) -> Situation {
        let mut next = self.clone();
        match step {
            Step::CreateMasterCategory { name } => {
                if let ExchangeSeen::Present { category, .. } = &mut next.exchange {
                    category.standing = Standing::InMasterList(CategoryId(format!("new:{name}")));
                }
            }
            Step::SetCategories { categories, .. } => {
                if let ExchangeSeen::Present { message, .. } = &mut next.exchange {
                    message.categories.clone_from(categories);
                }
            }
            Step::CreateContact(contact) => {
                let key = RecordKey { table: Table::contact(), id: contact.id };
                next.crm.candidates.push(Candidate {
                    record: RecordRef { key, name: ContactName::of(&contact.name).full() },
                    address: contact.address.clone(),
                    owner: self.crm.user,
                    activity: RecordState::Active,
                });
            }
            Step::PromoteEmail(new) => next.crm.emails.push(CrmEmail {
                id: new.id,
                direction: new.direction,
                regarding: new.regarding.clone(),
                owner: String::new(),
            }),
            Step::SetRegarding { email, regarding, .. } => {
                if let Some(e) = next.crm.emails.iter_mut().find(|e| e.id == *email) {
                    e.regarding.clone_from(regarding);
                }
            }
            Step::DeleteEmail(permit) => next.crm.emails.retain(|e| e.id != permit.email()),
        }
        next
    }
}

/// What is to be done next for the wish at hand. `None`: there is no wish to carry out.
pub fn plan(situation: &Situation) -> Option<Plan> {
    let open = situation.wish.as_ref()?;
    if let Some(overtaken) = overtaken(situation, open) {
        let settlement =
            Settlement { outcome: Outcome::Fulfilled, link: situation.link, reason: overtaken.reason() };
        return Some(Plan::Settle(settlement));
    }
    Some(match (&wished(situation, open), &open.given_up) {
        (Wish::Track { .. }, Some(problem)) => give_up(situation, problem),
        (Wish::Track { regarding }, None) => track(situation, open, regarding),
        (Wish::Untrack { record }, _) => untrack(situation, *record),
    })
}

/// What is wished by now. A category that was taken off and put on again before anything was done for it wishes
/// that the message be tracked (CAT-10), whichever of the two was noticed.
fn wished(s: &Situation, open: &OpenWish) -> Wish {
    let ExchangeSeen::Present { message, category } = &s.exchange else { return open.wish.clone() };
    let by_category = open.origin == Origin::Category && matches!(open.wish, Wish::Untrack { .. });
    let on = tracking::says_tracked(&message.categories, category);
    // Given up, it was us who took it off (RET-03).
    let given_up =
        open.given_up.is_some() && category::contains(&message.categories, category::UNDELIVERABLE);
    if by_category && s.link.is_none() && (on || given_up) {
        return Wish::Track { regarding: RegardingWish::Keep };
    }
    open.wish.clone()
}

/// Whether what the wish rests on is no more, so that there is nothing left to do.
///
/// A wish of the category rests on what the message says: what people did since counts (CAT-10), and the
/// organization may have turned category tracking off since (CAT-21). That of a copy rests on the record of another
/// recipient: where it was looked for long enough, it was deleted since, and there is nothing to follow (DEL-02).
fn overtaken(s: &Situation, open: &OpenWish) -> Option<Decision<()>> {
    let ExchangeSeen::Present { message, category } = &s.exchange else { return None };
    if open.origin == Origin::Copy {
        let exists = s.tracked_email().is_some() || s.existing_email().is_some();
        return (!exists && s.refusals.crm.is_none() && open.given_up.is_some())
            .then(|| Decision::new((), RuleId::Del02));
    }
    if open.origin != Origin::Category {
        return None;
    }
    if s.settings.track_categorized == Switch::Off {
        return Some(Decision::new((), RuleId::Cat21));
    }
    let on = tracking::says_tracked(&message.categories, category);
    let wanted = matches!(wished(s, open), Wish::Track { .. });
    // Given up, it was us who took the category off (RET-03), also where an administrator had it tried again since.
    let marked = category::contains(&message.categories, category::UNDELIVERABLE);
    let given_up = open.given_up.is_some() || open.category_is_ours == Ours::TakenOff;
    let by_us = wanted && marked && given_up;
    (on != wanted && !by_us).then(|| Decision::new((), RuleId::Cat10).because("category", &category.name))
}

/// Whether somebody put the category on a copy while it looks for the record that it is to follow. That is a wish of its
/// own (CAT-02), for which one is made.
fn categorized_by_hand(s: &Situation, open: &OpenWish) -> bool {
    let ExchangeSeen::Present { message, category } = &s.exchange else { return false };
    open.origin == Origin::Copy
        && open.category_is_ours == Ours::No
        && s.settings.track_categorized == Switch::On
        && tracking::says_tracked(&message.categories, category)
}

/// RET-03: no further attempt is made. The tracking category gives way to *Undeliverable*, so that putting it on
/// again can be seen as a fresh attempt (RET-05). A message that is tracked keeps its category: what failed was
/// something else.
fn give_up(s: &Situation, problem: &Problem) -> Plan {
    let decided = Decision::new((), RuleId::Ret03).because("code", problem.code.as_str());
    if let ExchangeSeen::Present { message, category } = &s.exchange {
        let wanted = category::with(
            &category::without(&message.categories, &tracking::names(category)),
            category::UNDELIVERABLE,
        );
        if s.link.is_none() && s.refusals.categories.is_none() && wanted != message.categories {
            let change = CategoryChange::GiveUp;
            let step = Step::SetCategories { categories: wanted, if_match: message.etag.clone(), change };
            return Plan::Do(vec![(step, decided.reason())]);
        }
    }
    settle_refused(s, problem.clone(), RuleId::Ret03)
}

fn track(s: &Situation, open: &OpenWish, wish: &RegardingWish) -> Plan {
    let ExchangeSeen::Present { message, category } = &s.exchange else {
        return settle_refused(s, Problem::new(Code::MessageGone), RuleId::Del01);
    };
    if message.draft == Draft::Draft {
        return settle_refused(s, Problem::new(Code::MessageIsDraft), RuleId::Cat22);
    }
    let Some(message_id) = &message.internet_message_id else {
        return settle_refused(s, Problem::new(Code::MessageIsDraft), RuleId::Cat22);
    };
    if let Some(problem) = &s.refusals.crm {
        return retreat(s, message, category, problem, failing::rule(problem.code));
    }
    let mut wish = wish.clone();
    if let (RegardingWish::Set(chosen), Some(seen)) = (&wish, &s.crm.target) {
        match regarding::accept(chosen, seen).answer {
            // Under the name that the CRM gives it, whatever the caller called it.
            Ok(record) => wish = RegardingWish::Set(record),
            // CAT-02, FLD-01, INC-03: nobody chose the record for this very mail. It is tracked though the record
            // of its folder or thread is not there for it any more.
            Err(_) if open.origin != Origin::Pane => wish = RegardingWish::Keep,
            Err(problem) => {
                return retreat(s, message, category, &problem, failing::rule(problem.code));
            }
        }
    }
    if let RegardingWish::Create(contact) = &wish {
        let adding = contacts::adding(contact, &message.correspondents, &s.crm.candidates);
        match (contacts::accept(contact).answer, &adding.answer) {
            (Err(problem), _) => return retreat(s, message, category, &problem, RuleId::Ppl04),
            (Ok(()), Adding::Stranger) => {
                let reason = "nobody on this message has the new contact's address";
                let problem = Problem::new(Code::BadRequest).because("reason", reason);
                return retreat(s, message, category, &problem, RuleId::Ppl04);
            }
            (Ok(()), Adding::Known(record)) => wish = RegardingWish::Set(record.clone()),
            (Ok(()), Adding::Create) => {
                // The email names the contact, so that it comes after; the category need not wait.
                let mut steps = put_category_on(s, message, category);
                steps.push((Step::CreateContact(contact.clone()), adding.reason()));
                return Plan::Do(steps);
            }
        }
    }
    let wish = &wish;

    let mut steps = Vec::new();
    let promotion =
        incoming::promotion(s.organization, message_id, message.direction, &s.crm.emails, &s.settings);
    let linked = s.link.and_then(|l| s.crm.emails.iter().find(|e| e.id == l.email));
    let present = linked.or_else(|| match promotion.answer {
        Promotion::Existing(id) => s.crm.emails.iter().find(|e| e.id == id),
        Promotion::Create(_) => None,
    });
    if open.origin == Origin::Copy && present.is_none() && !categorized_by_hand(s, open) {
        // A copy follows a record and makes none: whoever deleted it would get it back (DEL-02).
        return retreat(s, message, category, &Problem::new(Code::RecordGone), RuleId::Del02);
    }
    if open.origin == Origin::Pane || present.is_some() {
        // Whoever clicks sees the category at once; nobody waits for it where the email came first.
        steps.extend(put_category_on(s, message, category));
    }
    match (present, &promotion.answer) {
        (Some(email), _) => {
            // INC-03: an answer takes over its thread's record when it comes into the CRM. One that is there already
            // has what somebody gave it.
            let wish = if matches!(open.origin, Origin::Reply { .. }) { &RegardingWish::Keep } else { wish };
            let wanted = regarding::wanted(wish, email.regarding.as_ref());
            if key(wanted.answer.as_ref()) != key(email.regarding.as_ref()) {
                let reason = wanted.reason();
                let previous = email.regarding.clone();
                let step = Step::SetRegarding { email: email.id, regarding: wanted.answer, previous };
                steps.push((step, reason));
            }
        }
        (None, Promotion::Create(id) | Promotion::Existing(id)) => {
            steps.push((
                Step::PromoteEmail(Box::new(new_email(s, open, message, message_id, *id, wish))),
                promotion.reason(),
            ));
        }
    }
    if steps.is_empty() {
        steps.extend(take_undeliverable_off(s, message));
    }
    if !steps.is_empty() {
        return Plan::Do(steps);
    }
    let email = present.map_or_else(|| unpromoted(&promotion.answer), |e| e.id);
    let on = tracking::says_tracked(&message.categories, category);
    let (outcome, agreed) = match (&s.refusals.categories, s.settings.track_categorized) {
        (Some(problem), _) if !on && s.settings.track_categorized == Switch::On => {
            (Outcome::Refused(problem.clone()), LinkCategory::Refused)
        }
        (_, Switch::Off) if !on => (Outcome::Fulfilled, LinkCategory::Off),
        _ => (Outcome::Fulfilled, LinkCategory::Agreed),
    };
    let reason = why_tracked(s, open, category);
    Plan::Settle(Settlement { outcome, link: Some(Link { email, category: agreed }), reason })
}

/// The rule by which the message is tracked: the door by which the wish came in.
fn why_tracked(s: &Situation, open: &OpenWish, category: &TrackingCategory) -> Reason {
    let decided = |rule| Decision::new((), rule).because("category", &category.name);
    match open.origin {
        Origin::Pane => match &open.wish {
            Wish::Track { regarding: RegardingWish::Create(contact) } => {
                Decision::new((), RuleId::Ppl04).because("address", &contact.address)
            }
            _ => decided(RuleId::Cat22),
        },
        Origin::Category => decided(RuleId::Cat02),
        Origin::Folder if s.link.is_some() => decided(RuleId::Fld02),
        Origin::Folder => decided(RuleId::Fld01),
        Origin::Reply { correlation, .. } => decided(RuleId::Inc03).because("method", correlation.code()),
        Origin::Filter => decided(RuleId::Inc01),
        Origin::Copy => decided(RuleId::Cat15),
        Origin::Administrator => decided(RuleId::Ret05),
    }
    .reason()
}

/// RET-05: once the email is tracked, *Undeliverable* comes off.
fn take_undeliverable_off(s: &Situation, message: &Message) -> Option<(Step, Reason)> {
    let marked = category::contains(&message.categories, category::UNDELIVERABLE);
    if !marked || s.refusals.categories.is_some() {
        return None;
    }
    let step = Step::SetCategories {
        categories: category::without(&message.categories, &[category::UNDELIVERABLE]),
        if_match: message.etag.clone(),
        change: CategoryChange::TakeBack,
    };
    Some((step, Decision::new((), RuleId::Ret05).reason()))
}

/// With nothing left to do there is an email; its id is the promotion's either way.
fn unpromoted(promotion: &Promotion) -> CrmEmailId {
    match promotion {
        Promotion::Existing(id) | Promotion::Create(id) => *id,
    }
}

/// CAT-22: tracking puts the category on at once; CAT-01: and into the master list where it is missing.
fn put_category_on(s: &Situation, message: &Message, category: &TrackingCategory) -> Vec<(Step, Reason)> {
    let mut steps = Vec::new();
    if s.settings.track_categorized == Switch::Off {
        // CAT-19: the category has left the list, and tracking does not bring it back.
        return steps;
    }
    let missing = category.standing == Standing::Missing;
    if missing && s.refusals.master_category.is_none() && s.refusals.categories.is_none() {
        let reason = Decision::new((), RuleId::Cat01).because("category", &category.name).reason();
        steps.push((Step::CreateMasterCategory { name: category.name.clone() }, reason));
    }
    if !tracking::says_tracked(&message.categories, category) && s.refusals.categories.is_none() {
        let reason = Decision::new((), RuleId::Cat22).because("category", &category.name).reason();
        let step = Step::SetCategories {
            categories: category::with(&message.categories, &category.name),
            if_match: message.etag.clone(),
            change: CategoryChange::Assign,
        };
        steps.push((step, reason));
    }
    steps
}

fn new_email(
    s: &Situation,
    open: &OpenWish,
    message: &Message,
    message_id: &InternetMessageId,
    id: CrmEmailId,
    wish: &RegardingWish,
) -> NewEmail {
    NewEmail {
        id,
        key: incoming::promotion_key(s.organization, message_id, message.direction, &s.settings),
        internet_message_id: message_id.clone(),
        subject: message.subject.clone(),
        direction: message.direction,
        parties: people::parties(
            &message.correspondents,
            &s.crm.candidates,
            s.crm.user,
            &s.settings,
            &s.chosen,
        ),
        regarding: regarding::wanted(wish, None).answer,
        received: message.received,
        importance: message.importance,
        correlated: match open.origin {
            // INC-03: it answered tracked mail when it came, and is tracked for that; a record that somebody deleted
            // since is nothing to point to.
            Origin::Reply { correlation, email } if s.refusals.answered.is_none() => {
                Some((correlation, email))
            }
            _ => None,
        },
        in_reply_to: message.in_reply_to.clone(),
        conversation_index: message.conversation_index.clone(),
        queue: s.queue,
    }
}

fn untrack(s: &Situation, fate: RecordFate) -> Plan {
    if let Some(problem) = &s.refusals.crm {
        // The record stays and so does the category: the user may choose to keep the record instead.
        return settle_refused(s, problem.clone(), failing::rule(problem.code));
    }
    if fate == RecordFate::Delete {
        let decision = deleting::permit(s);
        let reason = decision.reason();
        if let Some(permit) = decision.answer {
            return Plan::Do(vec![(Step::DeleteEmail(permit), reason)]);
        }
    }
    let by_category = s.wish.as_ref().is_some_and(|w| w.origin == Origin::Category);
    let decided = Decision::new((), if by_category { RuleId::Cat06 } else { RuleId::Cat23 });
    if let ExchangeSeen::Present { message, category } = &s.exchange {
        let decided = decided.clone().because("category", &category.name);
        if tracking::says_tracked(&message.categories, category) {
            if let Some(problem) = &s.refusals.categories {
                return settle_refused(s, problem.clone(), failing::rule(problem.code));
            }
            let step = Step::SetCategories {
                categories: category::without(&message.categories, &tracking::names(category)),
                if_match: message.etag.clone(),
                change: CategoryChange::Remove,
            };
            return Plan::Do(vec![(step, decided.reason())]);
        }
    }
    Plan::Settle(Settlement { outcome: Outcome::Fulfilled, link: None, reason: decided.reason() })
}

/// Tracking was refused: what was done for it on the message is taken back, then the wish ends refused.
fn retreat(
    s: &Situation,
    message: &Message,
    category: &TrackingCategory,
    problem: &Problem,
    rule: RuleId,
) -> Plan {
    // A wish of the category rests on one that was put on by somebody else.
    let ours = |w: &OpenWish| w.category_is_ours == Ours::Yes && w.origin != Origin::Category;
    let ours = s.wish.as_ref().is_some_and(ours);
    let on = tracking::says_tracked(&message.categories, category);
    if ours && on && s.link.is_none() && s.refusals.categories.is_none() {
        let step = Step::SetCategories {
            categories: category::without(&message.categories, &tracking::names(category)),
            if_match: message.etag.clone(),
            change: CategoryChange::Remove,
        };
        let reason = Decision::new((), rule).because("code", problem.code.as_str()).reason();
        return Plan::Do(vec![(step, reason)]);
    }
    settle_refused(s, problem.clone(), rule)
}

fn settle_refused(s: &Situation, problem: Problem, rule: RuleId) -> Plan {
    let mut decided = Decision::new((), rule).because("code", problem.code.as_str());
    decided.facts.extend(problem.facts.iter().cloned());
    Plan::Settle(Settlement { reason: decided.reason(), outcome: Outcome::Refused(problem), link: s.link })
}

fn key(record: Option<&RecordRef>) -> Option<&RecordKey> {
    record.map(|r| &r.key)
}
