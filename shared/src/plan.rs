//! From what is seen and what is wished to the next steps.
//!
//! [`plan`] is total and deterministic. It is asked again after every answer: an answer is an observation
//! ([`Situation::after`]), so that no step is ever remembered, only computed afresh. The steps of one plan do
//! not depend on each other and may be sent at the same time.

use crate::category::{self, CategoryId};
use crate::decision::{Decision, Reason, RuleId};
use crate::email::{CrmEmail, CrmEmailId, Direction, Draft, InternetMessageId, Message};
use crate::party::{Candidate, Party};
use crate::problem::{Code, Problem};
use crate::regarding::RecordRef;
use crate::rules::deleting::{self, DeletePermit};
use crate::rules::incoming::{self, Promotion};
use crate::rules::regarding::TargetSeen;
use crate::rules::tracking::{self, Standing, TrackingCategory};
use crate::rules::{failing, people, regarding};
use crate::settings::Settings;
use crate::time::UtcMs;
use crate::wish::{RecordFate, RegardingWish, Wish};
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
    pub progress: WishProgress,
    /// Whether the category on the message was, or may have been, put there for this wish.
    pub category_is_ours: Ours,
}

/// Whether something was done by us for the wish at hand, as the ledger tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    Yes,
    No,
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
}

/// One effect on one side. The set is closed: whatever is not here is never done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Exchange: add the tracking category to the mailbox's master list.
    CreateMasterCategory { name: String },
    /// Exchange: replace the message's categories, if it still has this etag.
    SetCategories { categories: Vec<String>, if_match: String, change: CategoryChange },
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
    match &situation.wish.as_ref()?.wish {
        Wish::Track { regarding } => Some(track(situation, regarding)),
        Wish::Untrack { record } => Some(untrack(situation, *record)),
    }
}

fn track(s: &Situation, wish: &RegardingWish) -> Plan {
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
        return retreat(s, message, category, problem);
    }
    let mut wish = wish.clone();
    if let (RegardingWish::Set(chosen), Some(seen)) = (&wish, &s.crm.target) {
        match regarding::accept(chosen, seen).answer {
            // Under the name that the CRM gives it, whatever the caller called it.
            Ok(record) => wish = RegardingWish::Set(record),
            Err(problem) => return retreat(s, message, category, &problem),
        }
    }
    let wish = &wish;

    let mut steps = Vec::new();
    steps.extend(put_category_on(s, message, category));
    let promotion =
        incoming::promotion(s.organization, message_id, message.direction, &s.crm.emails, &s.settings);
    let linked = s.link.and_then(|l| s.crm.emails.iter().find(|e| e.id == l.email));
    let present = linked.or_else(|| match promotion.answer {
        Promotion::Existing(id) => s.crm.emails.iter().find(|e| e.id == id),
        Promotion::Create(_) => None,
    });
    match (present, &promotion.answer) {
        (Some(email), _) => {
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
                Step::PromoteEmail(Box::new(new_email(s, message, message_id, *id, wish))),
                promotion.reason(),
            ));
        }
    }
    if !steps.is_empty() {
        return Plan::Do(steps);
    }
    let email = present.map_or_else(|| unpromoted(&promotion.answer), |e| e.id);
    let (outcome, agreed) = match &s.refusals.categories {
        None => (Outcome::Fulfilled, LinkCategory::Agreed),
        Some(problem) => (Outcome::Refused(problem.clone()), LinkCategory::Refused),
    };
    let reason = Decision::new((), RuleId::Cat22).because("category", &category.name).reason();
    Plan::Settle(Settlement { outcome, link: Some(Link { email, category: agreed }), reason })
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
        parties: people::parties(&message.correspondents, &s.crm.candidates, s.crm.user, &s.settings),
        regarding: regarding::wanted(wish, None).answer,
        received: message.received,
        importance: message.importance,
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
    let decided = Decision::new((), RuleId::Cat23);
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
fn retreat(s: &Situation, message: &Message, category: &TrackingCategory, problem: &Problem) -> Plan {
    let ours = s.wish.as_ref().is_some_and(|w| w.category_is_ours == Ours::Yes);
    let on = tracking::says_tracked(&message.categories, category);
    if ours && on && s.link.is_none() && s.refusals.categories.is_none() {
        let step = Step::SetCategories {
            categories: category::without(&message.categories, &tracking::names(category)),
            if_match: message.etag.clone(),
            change: CategoryChange::Remove,
        };
        let rule = failing::rule(problem.code);
        let reason = Decision::new((), rule).because("code", problem.code.as_str()).reason();
        return Plan::Do(vec![(step, reason)]);
    }
    settle_refused(s, problem.clone(), failing::rule(problem.code))
}

fn settle_refused(s: &Situation, problem: Problem, rule: RuleId) -> Plan {
    let mut decided = Decision::new((), rule).because("code", problem.code.as_str());
    decided.facts.extend(problem.facts.iter().cloned());
    Plan::Settle(Settlement { reason: decided.reason(), outcome: Outcome::Refused(problem), link: s.link })
}

fn key(record: Option<&RecordRef>) -> Option<&crate::regarding::RecordKey> {
    record.map(|r| &r.key)
}
