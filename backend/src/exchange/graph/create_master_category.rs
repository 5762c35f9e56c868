//! Adds a category to a mailbox's master list
//! (<https://learn.microsoft.com/graph/api/outlookuser-post-mastercategories>).

use super::answer::Answer;
use super::mailbox_line::{Call, MailboxLine, mailbox_path};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::category::{CategoryId, TRACKED_COLOR};
use shared::item::SmtpAddress;
use shared::problem::{Code, Problem};

/// Creates the category in the tracking colour.
pub(super) async fn create(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    name: &str,
) -> Outcome<CategoryId> {
    let url = line.url(&format!("{}/outlook/masterCategories", mailbox_path(mailbox)))?;
    let call = Call::write(Method::POST, url, Some(json!({"displayName": name, "color": TRACKED_COLOR})));
    let answer = line.send(access, mailbox, call).await?;
    if answer.status.is_success() {
        let id = answer.body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        return id
            .map(|id| CategoryId(id.to_owned()))
            .ok_or_else(|| line.astray(Effect::Write, "the new category has no id"));
    }
    Err(failure(line, mailbox, &answer))
}

fn failure(line: &MailboxLine, mailbox: &SmtpAddress, answer: &Answer) -> Failure {
    // The documentation leaves open how a name that is taken is refused; 409 and 400 are both seen.
    let code = answer.code().to_ascii_lowercase();
    let taken = code.contains("duplicate") || code.contains("alreadyexist");
    if answer.says_conflict() || (answer.status == StatusCode::BAD_REQUEST && taken) {
        return Failure::Conflict;
    }
    refused_category(line, mailbox, answer)
}

/// Exchange will not have the category: the list or the mailbox is full. Where the caller may not write (a
/// reader of somebody else's mailbox), it is the mailbox that is closed to them: room would not help.
pub(super) fn refused_category(line: &MailboxLine, mailbox: &SmtpAddress, answer: &Answer) -> Failure {
    let no = answer.status.is_client_error() || answer.status == StatusCode::INSUFFICIENT_STORAGE;
    let of_the_mailbox =
        answer.says_access_is_denied() || answer.mailbox_trouble() == Some(Code::MailboxGone);
    if no && !of_the_mailbox {
        return Failure::Refused(Problem::new(Code::CategoryRefused).because("reason", answer.reason()));
    }
    line.failure(mailbox, Effect::Write, answer)
}
