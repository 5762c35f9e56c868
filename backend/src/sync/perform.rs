//! Carries out the steps of one plan, through the ledger.

use super::Engine;
use super::ledger::{Permission, Probe, effect};
use crate::body::{Body, unquoted};
use crate::caller::Access;
use crate::crm::{Content, Promoted};
use crate::exchange::Recategorized;
use crate::outcome::{Failure, Outcome};
use crate::store::{ItemKey, ItemName, Lease, StoreResult};
use shared::category::CategoryId;
use shared::email::{Attachments, Message};
use shared::plan::{ExchangeSeen, Situation, Step};
use shared::problem::{Code, Problem};
use shared::rules::tracking::Standing;
use shared::settings::Settings;
use uuid::Uuid;

/// For whom and on what a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    pub lease: &'a Lease,
    pub access: &'a Access,
    pub name: &'a ItemName,
    pub key: &'a ItemKey,
    pub wish: Uuid,
    pub body: Option<&'a Body>,
    /// The message, unless it is gone.
    pub message: Option<&'a Message>,
    /// Which files the organization takes.
    pub settings: &'a Settings,
}

/// What the other side answered to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Created(CategoryId),
    Recategorized(Recategorized),
    Promoted(Promoted),
    Done,
}

/// Writes the steps down, sends them at the same time, and writes down how they ended.
pub async fn perform(
    engine: &Engine,
    task: Task<'_>,
    steps: Vec<Step>,
    probe: &Probe,
) -> StoreResult<Vec<(Step, Outcome<Answer>)>> {
    let store = &engine.parts.store;
    let effects: Vec<_> = steps.iter().map(|s| effect(s, task.key)).collect();
    let begun = store.begin_effects(task.lease, task.wish, &effects, engine.parts.clock.now()).await?;
    let sent = begun.iter().zip(steps).map(|(begun, step)| async move {
        let permission = Permission::of(begun, probe);
        let result = send(engine, task, &step, &permission).await.map_err(|failure| told(failure, task));
        (permission.ended(&result), step, result)
    });
    let ended = futures_util::future::join_all(sent).await;
    let ends: Vec<_> = ended.iter().map(|(end, _, _)| *end).collect();
    store.end_effects(task.lease, &ends, engine.parts.clock.now()).await?;
    Ok(ended.into_iter().map(|(_, step, result)| (step, result)).collect())
}

/// The failure as it may be stored and shown: without the mail's own words.
fn told(failure: Failure, task: Task<'_>) -> Failure {
    let mut texts: Vec<&str> = task.body.iter().map(|body| body.0.as_str()).collect();
    if let Some(message) = task.message {
        texts.push(&message.subject);
        texts.extend(message.internet_message_id.iter().map(|id| id.0.as_str()));
        texts.extend(message.correspondents.iter().flat_map(|c| [c.address.as_str(), c.name.as_str()]));
    }
    unquoting(failure, &texts)
}

fn unquoting(failure: Failure, texts: &[&str]) -> Failure {
    match failure {
        Failure::Refused(problem) => Failure::Refused(unquoted(problem, texts)),
        Failure::NotDone(problem) => Failure::NotDone(unquoted(problem, texts)),
        Failure::Unknown(problem) => Failure::Unknown(unquoted(problem, texts)),
        Failure::Conflict => Failure::Conflict,
    }
}

async fn send(engine: &Engine, task: Task<'_>, step: &Step, _: &Permission) -> Outcome<Answer> {
    let organization = engine.organization(task.access.tenant).map_err(Failure::Refused)?;
    let (exchange, crm) = (&engine.parts.exchange, &organization.crm);
    let Task { access, name, key, .. } = task;
    match step {
        Step::CreateMasterCategory { name: category } => {
            exchange.create_master_category(access, &name.mailbox, category).await.map(Answer::Created)
        }
        Step::SetCategories { categories, if_match, .. } => exchange
            .set_categories(access, &name.mailbox, &key.item, categories, if_match)
            .await
            .map(Answer::Recategorized),
        // Already there under the id that its client chose: made by us before a crash.
        Step::CreateContact(contact) => crm.create_contact(access, contact).await.map(|_| Answer::Done),
        Step::PromoteEmail(email) => {
            let Some(body) = task.body else {
                // Only a look that asked for the body may lead to a promotion.
                return Err(Failure::Refused(Problem::new(Code::Internal)));
            };
            let attachments = match task.message.map(|m| m.attachments) {
                Some(Attachments::Some) => {
                    let most = task.settings.largest_attachment_bytes;
                    exchange.attachments(access, &name.mailbox, &key.item, most).await?
                }
                Some(Attachments::None) | None => Vec::new(),
            };
            let content = Content { body: body.clone(), attachments }.admitted_by(task.settings);
            let promoted = crm.promote_email(access, email, &content).await;
            promoted.map(Answer::Promoted).map_err(|failure| unquoting(failure, &content.texts()))
        }
        Step::SetRegarding { email, regarding, .. } => {
            crm.set_regarding(access, *email, regarding.as_ref()).await.map(|()| Answer::Done)
        }
        Step::DeleteEmail(permit) => crm.delete_email(access, permit).await.map(|()| Answer::Done),
    }
}

/// The situation after an answer: what was foretold, corrected by what the other side says.
pub fn learn(situation: &Situation, step: &Step, answer: &Answer) -> Situation {
    let mut next = situation.after(step);
    if let ExchangeSeen::Present { message, category } = &mut next.exchange {
        match answer {
            Answer::Created(id) => category.standing = Standing::InMasterList(id.clone()),
            Answer::Recategorized(now) => {
                message.categories.clone_from(&now.categories);
                message.etag.clone_from(&now.etag);
            }
            Answer::Promoted(_) | Answer::Done => {}
        }
    }
    next
}
