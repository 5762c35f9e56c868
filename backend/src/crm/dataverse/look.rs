//! Everything the rules ask of the CRM about one mail, in one `$batch`.
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/whoami>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/email>
//!
//! A second round trip is needed only for a regarding record of a table whose definition is not known yet.

use super::candidates::{self, Source};
use super::definitions::{self, Definition};
use super::filter::{Filter, Literal, Query, UserKey, access_of};
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::promote_email::cut_message_id;
use super::rows::{Row, rows};
use crate::caller::Access;
use crate::crm::{CrmAnswer, Question};
use crate::line::Effect;
use crate::outcome::Outcome;
use http::StatusCode;
use shared::email::{CrmEmail, CrmEmailId, Direction, InternetMessageId};
use shared::problem::{Code, Problem};
use shared::regarding::{RecordKey, RecordRef};
use shared::rules::regarding::TargetSeen;
use uuid::Uuid;

const EMAIL_COLUMNS: &str = "activityid,directioncode,_regardingobjectid_value,_ownerid_value";
/// Emails of one message id; with two activities there are two, and what others made by hand besides.
const MOST_EMAILS: usize = 50;

/// What a part of the batch asks.
enum Ask {
    WhoAmI,
    EmailsByMessageId,
    LinkedEmail,
    Candidates(&'static Source),
    Target(Definition),
    TargetDefinition,
    AccessToLinked,
}

/// Answers the question.
pub(super) async fn look(
    organization: &Organization,
    access: &Access,
    question: &Question,
) -> Outcome<CrmAnswer> {
    let (asks, operations): (Vec<Ask>, Vec<Operation>) =
        operations(organization, access, question).into_iter().unzip();
    let answers = organization.read(access, operations).await?;
    let mut seen = Seen::default();
    for (ask, answer) in asks.iter().zip(&answers) {
        seen.take(organization, question, ask, answer)?;
    }
    if let (Some(record), Some(definition)) = (&question.target, seen.definition.take()) {
        let answers = organization.read(access, vec![target(&definition, &record.key)]).await?;
        for answer in &answers {
            seen.take(organization, question, &Ask::Target(definition.clone()), answer)?;
        }
    }
    let (Some(organization_id), Some(user)) = (seen.organization, seen.user) else {
        return Err(organization.astray(Effect::Read, "the CRM does not say who is asking"));
    };
    organization.remember_user(access, user);
    let linked_is_there =
        seen.hidden.is_some() || question.linked.is_some_and(|id| seen.emails.iter().any(|e| e.id == id));
    Ok(CrmAnswer {
        organization: organization_id,
        user,
        emails: seen.emails,
        hidden: seen.hidden,
        candidates: seen.candidates,
        target: question.target.as_ref().map(|_| seen.target.unwrap_or(TargetSeen::Gone)),
        delete_refused: seen.delete_refused.filter(|_| linked_is_there),
    })
}

fn operations(organization: &Organization, access: &Access, question: &Question) -> Vec<(Ask, Operation)> {
    let mut all = vec![(Ask::WhoAmI, Operation::get("WhoAmI".to_owned()))];
    if let Some(id) = &question.message_id {
        all.push((Ask::EmailsByMessageId, emails_by_message_id(id)));
    }
    if let Some(CrmEmailId(id)) = question.linked {
        all.push((
            Ask::LinkedEmail,
            Operation::get(Query::row("emails", id).select(EMAIL_COLUMNS).address()),
        ));
        // Before the first answer the user's own key is not known; the alternate key does as well, and where
        // an organization will not have it there, the deletion itself is refused later.
        let user = organization.user_of(access).map_or(UserKey::ObjectId(access.user.0), UserKey::Id);
        all.push((Ask::AccessToLinked, Operation::get(access_of(user, "emails", id))));
    }
    all.extend(
        candidates::questions(&question.addresses)
            .into_iter()
            .map(|(source, op)| (Ask::Candidates(source), op)),
    );
    if let Some(record) = &question.target {
        all.push(match organization.definitions.of(&record.key.table) {
            Some(definition) => {
                let operation = target(&definition, &record.key);
                (Ask::Target(definition), operation)
            }
            None => (Ask::TargetDefinition, definitions::question(&record.key.table)),
        });
    }
    all
}

fn emails_by_message_id(id: &InternetMessageId) -> Operation {
    let filter = Filter::equals("messageid", Literal::Text(&cut_message_id(id)));
    Operation::get(
        Query::of("emails")
            .select(EMAIL_COLUMNS)
            .filter(filter)
            .order_by("createdon asc")
            .top(MOST_EMAILS)
            .address(),
    )
}

fn target(definition: &Definition, key: &RecordKey) -> Operation {
    let columns = format!("{},{}", definition.id, definition.name);
    Operation::get(Query::row(&definition.set, key.id).select(&columns).address())
}

#[derive(Default)]
struct Seen {
    organization: Option<Uuid>,
    user: Option<Uuid>,
    emails: Vec<CrmEmail>,
    hidden: Option<CrmEmailId>,
    candidates: Vec<shared::party::Candidate>,
    target: Option<TargetSeen>,
    /// The target's table, learnt just now: its record is still to be asked for.
    definition: Option<Definition>,
    delete_refused: Option<Problem>,
}

impl Seen {
    fn take(
        &mut self,
        organization: &Organization,
        question: &Question,
        ask: &Ask,
        answer: &Part,
    ) -> Outcome<()> {
        let ok = answer.status.is_success();
        // What is not there, and what this user may not read, is as if it were not there (FRQ-06).
        let hidden = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN);
        match ask {
            Ask::WhoAmI if ok => {
                self.organization = Row(&answer.body).id("OrganizationId");
                self.user = Row(&answer.body).id("UserId");
            }
            Ask::EmailsByMessageId if ok => {
                for email in rows(answer).filter_map(email) {
                    self.add(email);
                }
            }
            Ask::LinkedEmail if ok => {
                if let Some(email) = email(Row(&answer.body)) {
                    self.add(email);
                }
            }
            // Whoever may not read it is refused; a record that was deleted is not found.
            Ask::LinkedEmail if answer.status == StatusCode::FORBIDDEN => self.hidden = question.linked,
            Ask::Candidates(source) if ok => {
                self.candidates.extend(candidates::read(source, &question.addresses, answer));
            }
            Ask::Target(definition) if ok => self.target = seen_target(question, definition, answer),
            Ask::TargetDefinition if ok => {
                if let Some(record) = &question.target {
                    self.definition = organization.definitions.learn(&record.key.table, answer);
                }
            }
            Ask::AccessToLinked if ok => self.delete_refused = delete_refused(answer),
            Ask::EmailsByMessageId
            | Ask::LinkedEmail
            | Ask::Candidates(_)
            | Ask::Target(_)
            | Ask::TargetDefinition
                if hidden => {}
            // A table of another version, without one of the columns; a user key that is not taken.
            Ask::Candidates(_) | Ask::AccessToLinked
                if hidden || answer.status == StatusCode::BAD_REQUEST => {}
            _ => return Err(organization.failure(Effect::Read, answer)),
        }
        Ok(())
    }

    fn add(&mut self, email: CrmEmail) {
        if !self.emails.iter().any(|known| known.id == email.id) {
            self.emails.push(email);
        }
    }
}

fn email(row: Row<'_>) -> Option<CrmEmail> {
    Some(CrmEmail {
        id: CrmEmailId(row.id("activityid")?),
        // The column's default is outgoing.
        direction: if row.flag("directioncode") == Some(false) {
            Direction::Incoming
        } else {
            Direction::Outgoing
        },
        regarding: row.lookup("regardingobjectid"),
        owner: row.shown("_ownerid_value").unwrap_or_default().to_owned(),
    })
}

fn seen_target(question: &Question, definition: &Definition, answer: &Part) -> Option<TargetSeen> {
    let chosen = question.target.as_ref()?;
    let row = Row(&answer.body);
    let name = row.text(&definition.name).unwrap_or(&chosen.name).to_owned();
    let record = RecordRef { key: chosen.key.clone(), name };
    Some(TargetSeen::Present { record, activities: definition.activities })
}

fn delete_refused(answer: &Part) -> Option<Problem> {
    let rights = Row(&answer.body).text("AccessRights")?;
    let may = rights.split(',').any(|right| right.trim() == "DeleteAccess");
    // Emails share their privileges with all activities.
    (!may).then(|| {
        Problem::new(Code::PrivilegeMissing)
            .because("privilege", "prvDeleteActivity")
            .because("table", "email")
    })
}
