//! One look at both sides.

use super::known::KnownItem;
use super::{Engine, Organization};
use crate::caller::Access;
use crate::crm::{CrmAnswer, Question};
use crate::exchange::{Body, MailboxSeen, Want};
use crate::outcome::{Failure, Outcome};
use crate::store::{ItemKey, ItemName, Knowledge, StoredWish, WishState};
use shared::item::SmtpAddress;
use shared::plan::{CrmSeen, ExchangeSeen, OpenWish, Refusals, Situation, WishProgress};
use shared::problem::Problem;
use shared::regarding::RecordRef;
use shared::rules::tracking;
use shared::wish::{RegardingWish, Wish};

/// Both sides of one item as they are now, with what is stored about it.
#[derive(Debug)]
pub struct Seen {
    pub key: ItemKey,
    pub situation: Situation,
    pub body: Option<Body>,
    pub delete_refused: Option<Problem>,
    pub others: u32,
}

/// The record that a wish wants as regarding, if it names one.
pub fn target(wish: &Wish) -> Option<RecordRef> {
    match wish {
        Wish::Track { regarding: RegardingWish::Set(record) } => Some(record.clone()),
        Wish::Track { regarding: RegardingWish::Keep | RegardingWish::Clear } | Wish::Untrack { .. } => None,
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
    let (mailbox, answer, knowledge) = match &known {
        Some(known) => {
            let knowledge = knowledge(engine, access, name, Some(&known.key)).await?;
            let question = question(known, &knowledge, wanted);
            let (mailbox, answer) = tokio::join!(
                exchange.look(access, &name.mailbox, &name.item, want),
                organization.crm.look(access, &question)
            );
            let (mailbox, answer) = (mailbox?, answer?);
            if fits(known, &mailbox) {
                (mailbox, answer, knowledge)
            } else {
                ask_crm(engine, access, organization, name, wanted, mailbox, Some(known)).await?
            }
        }
        None => {
            let mailbox = exchange.look(access, &name.mailbox, &name.item, want).await?;
            ask_crm(engine, access, organization, name, wanted, mailbox, None).await?
        }
    };
    let key = engine
        .known
        .get(access.tenant, name)
        .map_or_else(|| ItemKey { mailbox: mailbox.mailbox, item: name.item.clone() }, |known| known.key);
    let seen = seen(organization, key, mailbox, answer, as_shown_to(access, knowledge));
    remember_email(engine, access, name, &seen.situation);
    Ok(seen)
}

fn remember_email(engine: &Engine, access: &Access, name: &ItemName, situation: &Situation) {
    let email = situation.existing_email().map(|e| e.id);
    if let Some(known) = engine.known.get(access.tenant, name)
        && known.email != email
    {
        engine.known.learn(access.tenant, name, &KnownItem { email, ..known });
    }
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
) -> Outcome<(MailboxSeen, CrmAnswer, Knowledge)> {
    let now = known_item(name, &mailbox, before);
    engine.known.learn(access.tenant, name, &now);
    let knowledge = knowledge(engine, access, name, Some(&now.key)).await?;
    let answer = organization.crm.look(access, &question(&now, &knowledge, wanted)).await?;
    Ok((mailbox, answer, knowledge))
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
        Some(seen) => KnownItem {
            key: ItemKey { mailbox: mailbox.mailbox, item: seen.message.id.clone() },
            message_id: seen.message.internet_message_id.clone(),
            addresses: addresses(&seen.message),
            email,
        },
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
            known.key == ItemKey { mailbox: mailbox.mailbox, item: seen.message.id.clone() }
                && known.message_id == seen.message.internet_message_id
                && known.addresses == addresses(&seen.message)
        }
        None => known.key.mailbox == mailbox.mailbox,
    }
}

fn addresses(message: &shared::email::Message) -> Vec<SmtpAddress> {
    let all = message.correspondents.iter().map(|c| &c.address);
    let mut addresses: Vec<_> = all.filter(|a| a.is_plausible()).cloned().collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

fn seen(
    organization: &Organization,
    key: ItemKey,
    mailbox: MailboxSeen,
    answer: CrmAnswer,
    knowledge: Knowledge,
) -> Seen {
    let category =
        tracking::tracking_category(&mailbox.master_categories, knowledge.category.as_ref()).answer;
    let (exchange, body) = match mailbox.message {
        Some(seen) => (ExchangeSeen::Present { message: Box::new(seen.message), category }, seen.body),
        None => (ExchangeSeen::Gone, None),
    };
    let crm = CrmSeen {
        emails: answer.emails,
        candidates: answer.candidates,
        target: answer.target,
        user: Some(answer.user),
    };
    let wish = knowledge.wish.map(|w| OpenWish {
        wish: w.wish,
        progress: match w.state {
            WishState::Waiting { problem, next_attempt } => WishProgress::Waiting { problem, next_attempt },
            WishState::Refused { problem } => WishProgress::Refused { problem },
            WishState::Running | WishState::Fulfilled | WishState::Superseded => WishProgress::Running,
        },
        category_is_ours: knowledge.category_is_ours,
    });
    let situation = Situation {
        organization: answer.organization,
        settings: organization.settings.clone(),
        exchange,
        crm,
        link: knowledge.link,
        wish,
        refusals: Refusals::default(),
    };
    Seen { key, situation, body, delete_refused: answer.delete_refused, others: knowledge.others }
}
