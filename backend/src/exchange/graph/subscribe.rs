//! Has Graph ring when a mailbox's messages change
//! (<https://learn.microsoft.com/graph/api/subscription-post-subscriptions>).
//!
//! A ring says only that something happened. Deletions do not ring: nothing follows from them.

use super::answer::Answer;
use super::mailbox_line::{Call, MailboxLine, Spot};
use crate::caller::Access;
use crate::exchange::{MailboxId, NewSubscription, SubscriptionSeen};
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{Method, StatusCode};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::UtcMs;
use shared::problem::{Code, Problem};

/// Makes a subscription to all messages of the mailbox. One just like it already there is a `Conflict`.
pub(super) async fn subscribe(
    line: &MailboxLine,
    access: &Access,
    mailbox: MailboxId,
    new: &NewSubscription,
) -> Outcome<SubscriptionSeen> {
    let body = json!({
        "changeType": "created,updated",
        "notificationUrl": new.notify.as_str(),
        "lifecycleNotificationUrl": new.lifecycle.as_str(),
        "resource": format!("/users/{}/messages", mailbox.0),
        "expirationDateTime": moment(new.expires)?,
        "clientState": new.client_state.expose_secret(),
        "latestSupportedTlsVersion": "v1_2",
    });
    let call = Call::write(Method::POST, line.url("subscriptions")?, Some(body)).immutable_ids();
    let answer = line.send_to(access, Spot::Subscriptions, call).await?;
    if answer.status == StatusCode::CONFLICT {
        return Err(Failure::Conflict);
    }
    if !answer.status.is_success() {
        return Err(failure(line, Some(mailbox), &answer));
    }
    read(&answer.body)
        .ok_or_else(|| line.astray(Effect::Write, "what should be the new subscription is none"))
}

/// A moment as Graph reads it.
pub(super) fn moment(at: UtcMs) -> Outcome<String> {
    let wrong = |_| Failure::Refused(Problem::new(Code::BadRequest).because("reason", "expiration"));
    Ok(Timestamp::from_millisecond(at.0).map_err(wrong)?.to_string())
}

pub(super) fn read(body: &Value) -> Option<SubscriptionSeen> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let expires: Timestamp = text("expirationDateTime")?.parse().ok()?;
    Some(SubscriptionSeen { id: text("id")?.to_owned(), expires: UtcMs(expires.as_millisecond()) })
}

/// A refusal of a subscription: about the mailbox where one is named, else about the permission.
pub(super) fn failure(line: &MailboxLine, mailbox: Option<MailboxId>, answer: &Answer) -> Failure {
    match (answer.mailbox_trouble(), mailbox) {
        (Some(code), Some(mailbox)) => Failure::Refused(Problem::new(code).because("mailbox", mailbox.0)),
        (Some(_), None) => {
            Failure::Refused(Problem::new(Code::ConsentRequired).because("reason", answer.reason()))
        }
        (None, _) if answer.says_nothing_of_the_request() => line.astray(Effect::Write, &answer.reason()),
        (None, _) => line.refused(&answer.reason()),
    }
}
