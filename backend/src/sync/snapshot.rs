//! An item's state at one moment, before it is put into words.

use super::Organization;
use crate::store::{ItemKey, ItemName};
use shared::UtcMs;
use shared::api::{Explanation, ItemState, Person, RecordLink, UntrackChoice};
use shared::decision::{Decision, Reason};
use shared::email::CrmEmail;
use shared::item::{ItemId, SmtpAddress};
use shared::party::Correspondent;
use shared::plan::{ExchangeSeen, Situation};
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::rules::untracking::Choice;
use shared::rules::words::words;
use shared::rules::{Language, explain, people, reasons, tracking, untracking};
use shared::status::{Goal, Status};
use shared::wish::Wish;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Snapshot {
    pub mailbox: SmtpAddress,
    pub item: ItemId,
    pub status: Decision<Status>,
    subject: String,
    wish: Option<Wish>,
    record: Option<CrmEmail>,
    tracked_elsewhere: Option<CrmEmail>,
    people: Vec<(Correspondent, Decision<Vec<RecordRef>>)>,
    choices: Vec<Choice>,
    reasons: Vec<Reason>,
    /// The wish that ended with this snapshot, if one did.
    pub ended: Option<Uuid>,
    pub version: u64,
    pub at: UtcMs,
}

/// When and under which number a snapshot is taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub version: u64,
    pub at: UtcMs,
}

impl Snapshot {
    /// What a situation shows.
    pub fn of(
        name: &ItemName,
        key: &ItemKey,
        situation: &Situation,
        delete_refused: Option<&Problem>,
        others: u32,
        taken: Taken,
    ) -> Self {
        let status = tracking::status(situation);
        let record = situation.tracked_email().cloned();
        let tracked_elsewhere = match record {
            Some(_) => None,
            None => situation.existing_email().cloned(),
        };
        let (subject, people, category) = match &situation.exchange {
            ExchangeSeen::Gone => (String::new(), Vec::new(), None),
            ExchangeSeen::Present { message, category } => {
                let resolve = |c: &Correspondent| {
                    let crm = &situation.crm;
                    (c.clone(), people::resolve(c, &crm.candidates, crm.user, &situation.settings))
                };
                let people = message.correspondents.iter().map(resolve).collect();
                (message.subject.clone(), people, Some(category))
            }
        };
        let choices = untracking::choices(situation, delete_refused, others);
        let mut reasons = vec![status.reason()];
        if let Some(category) = category {
            let facts = Decision::new((), shared::RuleId::Cat13).because("category", &category.name);
            reasons.push(facts.reason());
        }
        if record.is_some() || tracked_elsewhere.is_some() {
            reasons.push(Decision::new((), shared::RuleId::Inc06).reason());
        }
        if untracking::must_ask(&choices).answer {
            reasons.push(untracking::must_ask(&choices).reason());
        }
        Self {
            mailbox: name.mailbox.clone(),
            item: key.item.clone(),
            status,
            subject,
            wish: situation.wish.as_ref().map(|w| w.wish.clone()),
            record,
            tracked_elsewhere,
            people,
            choices,
            reasons,
            ended: None,
            version: taken.version,
            at: taken.at,
        }
    }

    /// An item that could not be looked at: only what the store knows of its wish.
    pub fn unseen(name: &ItemName, wish: &Wish, status: Decision<Status>, taken: Taken) -> Self {
        let reasons = vec![status.reason()];
        Self {
            mailbox: name.mailbox.clone(),
            item: name.item.clone(),
            status,
            subject: String::new(),
            wish: Some(wish.clone()),
            record: None,
            tracked_elsewhere: None,
            people: Vec::new(),
            choices: Vec::new(),
            reasons,
            ended: None,
            version: taken.version,
            at: taken.at,
        }
    }

    /// The same picture while a wish is being carried out.
    #[must_use]
    pub fn pursuing(&self, wish: &Wish, taken: Taken) -> Self {
        let (status, rule) = match tracking::goal(wish) {
            Goal::Track => (Status::Tracking, shared::RuleId::Cat22),
            Goal::Untrack => (Status::Untracking, shared::RuleId::Cat23),
        };
        let status = Decision::new(status, rule);
        let reasons = vec![status.reason(), Decision::new((), shared::RuleId::Frq04).reason()];
        Self {
            wish: Some(wish.clone()),
            status,
            reasons,
            ended: None,
            version: taken.version,
            at: taken.at,
            ..self.clone()
        }
    }

    /// The snapshot in the words of the API.
    pub fn in_words(&self, language: Language, organization: &Organization) -> ItemState {
        let explained = |reason: &Reason| Explanation { rule: reason.rule, text: explain(reason, language) };
        let link = |record: &RecordRef| RecordLink {
            record: record.clone(),
            url: organization.crm.url_of(&record.key),
        };
        let email = |email: &CrmEmail| RecordLink {
            record: RecordRef {
                key: RecordKey { table: Table::email(), id: email.id.0 },
                name: self.subject.clone(),
            },
            url: organization.crm.url_of_email(email.id),
        };
        let problem = match &self.status.answer {
            Status::Waiting { problem, .. } | Status::Failed { problem, .. } => {
                Some(words(problem, language))
            }
            Status::RecordGone => Some(words(&Problem::new(shared::problem::Code::RecordGone), language)),
            _ => None,
        };
        ItemState {
            item: self.item.clone(),
            mailbox: self.mailbox.clone(),
            status: self.status.answer.clone(),
            problem,
            wish: self.wish.clone(),
            record: self.record.as_ref().map(email),
            regarding: self.record.as_ref().and_then(|r| r.regarding.as_ref()).map(link),
            tracked_elsewhere: self.tracked_elsewhere.as_ref().map(email),
            people: self
                .people
                .iter()
                .map(|(who, resolved)| Person {
                    role: who.role,
                    name: who.name.clone(),
                    address: who.address.clone(),
                    records: resolved.answer.iter().map(link).collect(),
                    why: explained(&resolved.reason()),
                })
                .collect(),
            untrack: self
                .choices
                .iter()
                .map(|choice| UntrackChoice {
                    record: choice.record,
                    consequences: choice
                        .consequences
                        .iter()
                        .map(|c| Explanation { rule: c.rule, text: reasons::consequence(c, language) })
                        .collect(),
                    refused: choice.refused.as_ref().map(|p| words(p, language)),
                })
                .collect(),
            why: self.reasons.iter().map(explained).collect(),
            version: self.version,
            at: self.at,
        }
    }
}
