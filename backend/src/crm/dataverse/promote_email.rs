//! Creates an email activity with its files, puts it into its queue and closes it, in one changeset.
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/create-entity-web-api>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/email-activity-entities>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/addtoqueue>
//!
//! The row is created under the id that the rules chose; a second attempt, ours or a colleague's, meets the
//! same key and is refused by Dataverse itself. State and status cannot be given to a new row, so closing it
//! is the changeset's last write.

use super::filter::written;
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::party::{self, cut};
use super::{attachments, definitions, refusal};
use crate::body::Content;
use crate::caller::Access;
use crate::crm::Promoted;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::Method;
use serde_json::{Map, Value, json};
use shared::email::{ConversationIndex, Correlation, Direction, Importance, InternetMessageId, ThreadId};
use shared::party::Role;
use shared::plan::NewEmail;
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;
use uuid::Uuid;

const LONGEST_SUBJECT: usize = 800;
const LONGEST_SENDER: usize = 250;
const LONGEST_RECIPIENTS: usize = 500;
const LONGEST_MESSAGE_ID: usize = 320;
/// A longer body is cut: no form shows it, and Dataverse takes no request beyond 128 MB.
const LONGEST_BODY_BYTES: usize = 8 * 1024 * 1024;

const COMPLETED: i64 = 1;
const SENT: i64 = 3;
const RECEIVED: i64 = 4;

/// Promotes the mail, unless a record of its id is there.
pub(super) async fn promote(
    organization: &Organization,
    access: &Access,
    email: &NewEmail,
    content: &Content,
) -> Outcome<Promoted> {
    let mut row = columns(email, content);
    if let Some(regarding) = &email.regarding {
        let Some(definition) = definitions::find(organization, access, &regarding.key.table).await? else {
            return Err(regarding_gone(regarding));
        };
        row.insert(
            format!("regardingobjectid_{}_email@odata.bind", regarding.key.table),
            json!(format!("/{}({})", definition.set, regarding.key.id)),
        );
    }
    let create = Operation {
        method: Method::POST,
        address: "emails".to_owned(),
        headers: Vec::new(),
        body: Some(Value::Object(row)),
    };
    let status = match email.direction {
        Direction::Incoming => RECEIVED,
        Direction::Outgoing => SENT,
    };
    let close = Operation {
        method: Method::PATCH,
        address: format!("emails({})", email.id.0),
        headers: vec![("If-Match", "*".to_owned())],
        body: Some(json!({"statecode": COMPLETED, "statuscode": status})),
    };
    let mut writes = vec![create];
    writes.extend(attachments::writes(email.id, content));
    writes.extend(email.queue.map(|queue| add_to_queue(email, queue)));
    writes.push(close);
    match organization.change(access, writes).await? {
        Ok(()) => Ok(Promoted::Created),
        Err(part) if refusal::is_duplicate_key(&part) => Ok(Promoted::AlreadyThere),
        Err(part) => Err(refused(organization, email, &part)),
    }
}

fn add_to_queue(email: &NewEmail, queue: Uuid) -> Operation {
    Operation {
        method: Method::POST,
        address: format!("queues({queue})/Microsoft.Dynamics.CRM.AddToQueue"),
        headers: Vec::new(),
        body: Some(json!({
            "Target": {"@odata.type": "Microsoft.Dynamics.CRM.email", "activityid": email.id.0},
        })),
    }
}

/// `conversationtrackingid` of a thread: the id that its conversation index holds.
pub(super) fn tracking_id(thread: ThreadId) -> Uuid {
    let ThreadId([_, _, _, _, _, _, id @ ..]) = thread;
    Uuid::from_bytes(id)
}

/// `baseconversationindexhash` of a thread: a piece of its id, random enough. The column has an index.
pub(super) fn index_hash(thread: ThreadId) -> i32 {
    let [a, b, c, d, ..] = *tracking_id(thread).as_bytes();
    i32::from_be_bytes([a, b, c, d])
}

/// The message id as the column takes it. Longer ones are against all custom (RFC 5322 allows them): they are
/// told apart by their beginning, when they are written and when they are looked for.
pub(super) fn cut_message_id(id: &InternetMessageId) -> String {
    cut(&id.0, LONGEST_MESSAGE_ID).to_owned()
}

fn columns(email: &NewEmail, content: &Content) -> Map<String, Value> {
    let at = written(email.received);
    let priority = match email.importance {
        Importance::Low => 0,
        Importance::Normal => 1,
        Importance::High => 2,
    };
    let note = attachments::note(content);
    let description = attachments::noted(cut_body(&content.body.0), note.as_deref());
    let row = json!({
        "activityid": email.id.0,
        "subject": cut(&email.subject, LONGEST_SUBJECT),
        "description": description,
        "directioncode": email.direction == Direction::Outgoing,
        "messageid": cut_message_id(&email.internet_message_id),
        "sender": cut(&party::addresses(&email.parties, Role::From).concat(), LONGEST_SENDER),
        "torecipients": cut(&party::addresses(&email.parties, Role::To).join(";"), LONGEST_RECIPIENTS),
        "prioritycode": priority,
        "scheduledend": at,
        "actualend": at,
        "email_activity_parties": party::nested(&email.parties),
    });
    let Value::Object(mut row) = row else { return Map::new() };
    if let Some(thread) = email.conversation_index.as_ref().and_then(ConversationIndex::thread) {
        row.insert("conversationtrackingid".to_owned(), json!(tracking_id(thread)));
        row.insert("baseconversationindexhash".to_owned(), json!(index_hash(thread)));
    }
    if let Some((correlation, answered)) = email.correlated {
        // INC-03: the columns that say how (`correlationmethod`) are the platform's own; these two are ours to
        // set, the second one as the platform does for what is no guess.
        let answered = format!("/emails({})", answered.0);
        row.insert("CorrelatedActivityId_Email@odata.bind".to_owned(), json!(answered));
        if matches!(correlation, Correlation::InReplyTo | Correlation::ConversationIndex) {
            row.insert("parentactivityid@odata.bind".to_owned(), json!(answered));
        }
    }
    row
}

/// The body, whole where it fits, else up to the last tag that does.
fn cut_body(html: &str) -> &str {
    if html.len() <= LONGEST_BODY_BYTES {
        return html;
    }
    let mut end = LONGEST_BODY_BYTES;
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let start = &html[..end];
    match (start.rfind('<'), start.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => &start[..open],
        _ => start,
    }
}

fn refused(organization: &Organization, email: &NewEmail, part: &Part) -> Failure {
    if refusal::is_missing_row(part) {
        let party = email.parties.iter().filter_map(|p| p.record.as_ref());
        return match &email.regarding {
            Some(regarding) if refusal::names(part, regarding.key.id) => regarding_gone(regarding),
            _ if email.correlated.is_some_and(|(_, id)| refusal::names(part, id.0)) => answered_gone(),
            _ if email.queue.is_some_and(|id| refusal::names(part, id)) => queue_gone(),
            // Somebody's record was deleted after we looked: who they are is to be looked up again.
            _ if party.clone().any(|record| refusal::names(part, record.key.id)) => Failure::Conflict,
            Some(regarding) => regarding_gone(regarding),
            None => Failure::Conflict,
        };
    }
    organization.failure(Effect::Write, part)
}

/// The tracked mail that this one answers was deleted since.
fn answered_gone() -> Failure {
    Failure::Refused(Problem::new(Code::RecordGone).because("record", "the email that it answers"))
}

fn queue_gone() -> Failure {
    Failure::Refused(
        Problem::new(Code::CrmRefused)
            .because("reason", "the queue is not there any more")
            .because("error", "queue")
            .because("kind", "other"),
    )
}

pub(super) fn regarding_gone(regarding: &RecordRef) -> Failure {
    Failure::Refused(Problem::new(Code::RegardingGone).because("record", &regarding.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_too_long_ends_before_the_tag_that_does_not_fit() {
        assert_eq!(cut_body("<p>short</p>"), "<p>short</p>");
        let long = format!("{}<b class=\"é\">", "x".repeat(LONGEST_BODY_BYTES - 5));
        assert_eq!(cut_body(&long).len(), LONGEST_BODY_BYTES - 5);
        let text = "ü".repeat(LONGEST_BODY_BYTES);
        assert_eq!(cut_body(&text).len(), LONGEST_BODY_BYTES);
    }
}
