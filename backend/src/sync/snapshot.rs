//! An item's state at one moment, before it is put into words.

use super::Organization;
use super::look::Seen;
use crate::store::ItemName;
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
use shared::rules::why::{Grounds, why};
use shared::rules::words::words;
use shared::rules::{Language, explain, people, reasons, tracking, untracking};
use shared::status::{Goal, Status};
use shared::wish::{Origin, Wish};
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
    people: Vec<Resolved>,
    choices: Vec<Choice>,
    reasons: Vec<Reason>,
    /// The wish that this snapshot was taken for, if it was.
    pub about: Option<Uuid>,
    /// Whether that wish ended with it.
    pub ended: Ended,
    pub version: u64,
    pub at: UtcMs,
}

/// Somebody on the message, and who they are in the CRM.
#[derive(Debug, Clone)]
struct Resolved {
    who: Correspondent,
    records: Decision<Vec<RecordRef>>,
    /// All that match, where there are several.
    matches: Vec<RecordRef>,
}

/// Whether a wish came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Yes,
    No,
}

/// When and under which number a snapshot is taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub version: u64,
    pub at: UtcMs,
}

impl Snapshot {
    /// What a situation shows; `ended`: how a wish for the item has just ended, and by which door it had come in.
    pub fn of(
        name: &ItemName,
        seen: &Seen,
        situation: &Situation,
        ended: Option<(&Reason, Origin)>,
        taken: Taken,
    ) -> Self {
        let status = tracking::status(situation);
        let record = situation.tracked_email().cloned();
        let tracked_elsewhere = match record {
            Some(_) => None,
            None => situation.existing_email().cloned(),
        };
        let (subject, people) = match &situation.exchange {
            ExchangeSeen::Gone => (String::new(), Vec::new()),
            ExchangeSeen::Present { message, .. } => {
                let resolve = |c: &Correspondent| {
                    let (crm, settings) = (&situation.crm, &situation.settings);
                    let mut matches = people::matches(c, &crm.candidates);
                    matches.truncate(if matches.len() > 1 { people::MAX_SENDER_MATCHES } else { 0 });
                    let records = people::resolve(c, &crm.candidates, crm.user, settings, &situation.chosen);
                    Resolved { who: c.clone(), records, matches }
                };
                let people = message.correspondents.iter().map(resolve).collect();
                (message.subject.clone(), people)
            }
        };
        let choices = untracking::choices(situation, seen.delete_refused.as_ref(), seen.others);
        let grounds = Grounds {
            status: &status,
            ended,
            category: seen.category.as_ref(),
            email: record.as_ref().or(tracked_elsewhere.as_ref()).map(|email| email.id),
            choices: &choices,
        };
        let reasons = why(grounds).answer;
        Self {
            mailbox: name.mailbox.clone(),
            item: seen.key.item.clone(),
            status,
            subject,
            wish: situation.wish.as_ref().map(|w| w.wish.clone()),
            record,
            tracked_elsewhere,
            people,
            choices,
            reasons,
            about: None,
            ended: Ended::No,
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
            about: None,
            ended: Ended::No,
            version: taken.version,
            at: taken.at,
        }
    }

    /// The same picture for somebody whose wish it is not: that something is wished they see, not what.
    #[must_use]
    pub fn without_wish(self) -> Self {
        Self { wish: None, ..self }
    }

    /// The same picture while a wish is being carried out.
    #[must_use]
    pub fn pursuing(&self, wish: &Wish, id: Uuid, taken: Taken) -> Self {
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
            about: Some(id),
            ended: Ended::No,
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
                .map(|Resolved { who, records, matches }| Person {
                    role: who.role,
                    name: who.name.clone(),
                    address: who.address.clone(),
                    records: records.answer.iter().map(link).collect(),
                    matches: matches.iter().map(link).collect(),
                    why: explained(&records.reason()),
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
