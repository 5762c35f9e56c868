//! One look at both sides.

use super::known::KnownItem;
use super::{Engine, Organization};
use crate::caller::{Access, UserId};
use crate::crm::{CrmAnswer, Question};
use crate::exchange::{Body, MailboxSeen, Want};
use crate::outcome::{Failure, Outcome};
use crate::store::{ItemKey, ItemName, Knowledge, StoredWish, WishState};
use shared::decision::Reason;
use shared::email::{CrmEmail, Direction};
use shared::item::SmtpAddress;
use shared::party::Chosen;
use shared::plan::{CrmSeen, ExchangeSeen, OpenWish, Refusals, Situation, WishProgress};
use shared::problem::Problem;
use shared::regarding::RecordRef;
use shared::rules::tracking;
use shared::settings::Settings;
use shared::wish::{RegardingWish, Wish};
use uuid::Uuid;

/// Both sides of one item as they are now, with what is stored about it.
#[derive(Debug)]
pub struct Seen {
    pub key: ItemKey,
    pub situation: Situation,
    pub body: Option<Body>,
    pub delete_refused: Option<Problem>,
    pub others: u32,
    /// Which category counts in the mailbox, and by which rule.
    pub category: Option<Reason>,
    /// Who wished what the situation's wish is.
    pub wished_by: Option<UserId>,
    pub crm: CrmLook,
}

/// Whether the CRM was looked at. What the situation says of it means nothing where it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmLook {
    Seen,
    Unseen,
}

/// The record that a wish wants as regarding, if it names one.
pub fn target(wish: &Wish) -> Option<RecordRef> {
    match wish {
        Wish::Track { regarding: RegardingWish::Set(record) } => Some(record.clone()),
        Wish::Track { regarding: RegardingWish::Keep | RegardingWish::Clear | RegardingWish::Create(_) }
        | Wish::Untrack { .. } => None,
    }
}

/// Looks at both sides: at the same time where the message is known from before, else one after the other.
///
/// `Err` with a `StoreDown` problem is the store's failure, not the other side's.
pub async fn look(
    engine: &Engine,
    access: &Access,
    name: &ItemName,
    wanted: Option<&RecordRef>,
    want: Want,
) -> Outcome<Seen> {
    let organization = engine.organization(access.tenant).map_err(Failure::Refused)?;
    let exchange = &engine.parts.exchange;
    let known = engine.known.get(access.tenant, name);
    let looked = match known {
        Some(known) => {
            let knowledge = knowledge(engine, access, name, Some(&known.key)).await?;
            let question = question(&known, &knowledge, wanted);
            let (mailbox, answer) = tokio::join!(
                exchange.look(access, &name.mailbox, &name.item, want),
                organization.crm.look(access, &question)
            );
            let mailbox = mailbox?;
            if fits(&known, &mailbox) {
                Looked { item: known, mailbox, answer: answer?, knowledge }
            } else {
                ask_crm(engine, access, organization, name, wanted, mailbox, Some(&known)).await?
            }
        }
        None => {
            let mailbox = exchange.look(access, &name.mailbox, &name.item, want).await?;
            ask_crm(engine, access, organization, name, wanted, mailbox, None).await?
        }
    };
    let item = looked.item.clone();
    let chosen = chosen(engine, access, &looked).await?;
    // Asked for last: what stands in the user's own way is to be told first.
    let settings = engine.settings(access.tenant).await?;
    let mut seen = seen(settings, access, looked);
    seen.situation.chosen = chosen;
    let email = seen.situation.existing_email().map(|e| e.id);
    if item.email != email {
        engine.known.learn(access.tenant, name, &KnownItem { email, ..item });
    }
    Ok(seen)
}

/// Looks at Exchange alone, when the CRM will not be looked at any more: to take back what was done there.
/// The situation says that the CRM refused with `problem`, and nothing else of it.
pub async fn look_at_exchange(
    engine: &Engine,
    access: &Access,
    name: &ItemName,
    problem: &Problem,
) -> Outcome<Seen> {
    let mailbox = engine.parts.exchange.look(access, &name.mailbox, &name.item, Want::Headers).await?;
    let item = known_item(name, &mailbox, engine.known.get(access.tenant, name).as_ref());
    let knowledge = knowledge(engine, access, name, Some(&item.key)).await?;
    let answer = CrmAnswer {
        organization: Uuid::nil(),
        user: Uuid::nil(),
        emails: Vec::new(),
        hidden: None,
        candidates: Vec::new(),
        target: None,
        delete_refused: None,
    };
    let settings = engine.settings(access.tenant).await?;
    let mut seen = seen(settings, access, Looked { item, mailbox, answer, knowledge });
    seen.situation.refusals.crm = Some(problem.clone());
    seen.crm = CrmLook::Unseen;
    Ok(seen)
}

/// What a look brought, before it is made a situation.
struct Looked {
    item: KnownItem,
    mailbox: MailboxSeen,
    answer: CrmAnswer,
    knowledge: Knowledge,
}

/// Asks the CRM about a message that Exchange has just shown.
async fn ask_crm(
    engine: &Engine,
    access: &Access,
    organization: &Organization,
    name: &ItemName,
    wanted: Option<&RecordRef>,
    mailbox: MailboxSeen,
    before: Option<&KnownItem>,
) -> Outcome<Looked> {
    let item = known_item(name, &mailbox, before);
    engine.known.learn(access.tenant, name, &item);
    let knowledge = knowledge(engine, access, name, Some(&item.key)).await?;
    let answer = organization.crm.look(access, &question(&item, &knowledge, wanted)).await?;
    Ok(Looked { item, mailbox, answer, knowledge })
}

/// PPL-03: whom the user took several matches for; asked only where there are several.
async fn chosen(engine: &Engine, access: &Access, looked: &Looked) -> Outcome<Vec<Chosen>> {
    let candidates = &looked.answer.candidates;
    let several = |address: &&SmtpAddress| candidates.iter().filter(|c| c.address == **address).count() > 1;
    let addresses: Vec<SmtpAddress> = looked.item.addresses.iter().filter(several).cloned().collect();
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let stored = engine.parts.store.chosen_records(access.tenant, access.user, &addresses).await;
    stored.map_err(|e| Failure::NotDone(e.problem()))
}

async fn knowledge(
    engine: &Engine,
    access: &Access,
    name: &ItemName,
    key: Option<&ItemKey>,
) -> Outcome<Knowledge> {
    let stored = engine.parts.store.knowledge(access.tenant, name, key).await;
    stored.map_err(|e| Failure::NotDone(e.problem()))
}

fn question(known: &KnownItem, knowledge: &Knowledge, wanted: Option<&RecordRef>) -> Question {
    Question {
        message_id: known.message_id.clone(),
        linked: knowledge.link.map(|l| l.email).or(known.email),
        addresses: known.addresses.clone(),
        target: wanted.cloned(),
    }
}

/// In a shared mailbox a colleague's wish under way is everybody's business; what they were refused is theirs.
fn as_shown_to(access: &Access, mut knowledge: Knowledge) -> Knowledge {
    let refused_to_another =
        |w: &StoredWish| w.user != access.user && matches!(w.state, WishState::Refused { .. });
    knowledge.wish = knowledge.wish.filter(|w| !refused_to_another(w));
    knowledge
}

/// What an answer of Exchange teaches about an item. A message that is gone keeps the id it was known by.
fn known_item(name: &ItemName, mailbox: &MailboxSeen, before: Option<&KnownItem>) -> KnownItem {
    let email = before.and_then(|b| b.email);
    match &mailbox.message {
        Some(seen) => {
            let key = ItemKey { mailbox: mailbox.mailbox, item: seen.message.id.clone() };
            KnownItem { email, ..KnownItem::of(&key, &seen.message) }
        }
        None => {
            let item = before.map_or_else(|| name.item.clone(), |b| b.key.item.clone());
            KnownItem {
                key: ItemKey { mailbox: mailbox.mailbox, item },
                message_id: before.and_then(|b| b.message_id.clone()),
                addresses: Vec::new(),
                email,
            }
        }
    }
}

/// Whether the CRM was asked the right question: nothing that it depends on has changed.
fn fits(known: &KnownItem, mailbox: &MailboxSeen) -> bool {
    match &mailbox.message {
        Some(seen) => {
            let key = ItemKey { mailbox: mailbox.mailbox, item: seen.message.id.clone() };
            KnownItem { email: known.email, ..KnownItem::of(&key, &seen.message) } == *known
        }
        None => known.key.mailbox == mailbox.mailbox,
    }
}

fn seen(settings: Settings, access: &Access, looked: Looked) -> Seen {
    let Looked { item, mailbox, answer, knowledge } = looked;
    let knowledge = as_shown_to(access, knowledge);
    let wished_by = knowledge.wish.as_ref().map(|w| w.user);
    let category = tracking::tracking_category(
        &mailbox.master_categories,
        knowledge.category.as_ref().map(|known| &known.category),
    );
    let reason = category.reason();
    let category = category.answer;
    let mut emails = answer.emails;
    if let Some(id) = answer.hidden.filter(|id| knowledge.link.is_some_and(|link| link.email == *id)) {
        // Tracked, and not deleted, though this user may not read what it says.
        let direction = mailbox.message.as_ref().map_or(Direction::Incoming, |m| m.message.direction);
        emails.push(CrmEmail { id, direction, regarding: None, owner: String::new() });
    }
    let (exchange, body, category) = match mailbox.message {
        Some(seen) => {
            let message = Box::new(seen.message);
            (ExchangeSeen::Present { message, category }, seen.body, Some(reason))
        }
        None => (ExchangeSeen::Gone, None, None),
    };
    let crm =
        CrmSeen { emails, candidates: answer.candidates, target: answer.target, user: Some(answer.user) };
    let wish = knowledge.wish.map(|w| OpenWish {
        wish: w.wish,
        origin: w.origin,
        progress: match w.state {
            WishState::Waiting { problem, next_attempt } => WishProgress::Waiting { problem, next_attempt },
            WishState::Refused { problem } => WishProgress::Refused { problem },
            WishState::Running | WishState::Fulfilled | WishState::Superseded => WishProgress::Running,
        },
        category_is_ours: knowledge.category_is_ours,
        given_up: None,
    });
    let situation = Situation {
        organization: answer.organization,
        settings,
        exchange,
        crm,
        link: knowledge.link,
        wish,
        refusals: Refusals::default(),
        queue: None,
        chosen: Vec::new(),
    };
    Seen {
        key: item.key,
        situation,
        body,
        delete_refused: answer.delete_refused,
        others: knowledge.others,
        category,
        wished_by,
        crm: CrmLook::Seen,
    }
}
