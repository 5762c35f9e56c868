//! Has Graph ring when a mailbox's messages change
//! (<https://learn.microsoft.com/graph/api/subscription-post-subscriptions>).
//!
//! A ring says only that something happened. Deletions do not ring: nothing follows from them.

use super::answer::Answer;
use super::mailbox_line::{Call, MailboxLine, Spot};
use super::unsubscribe;
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

/// More pages of subscriptions than this are not read.
const MOST_PAGES: usize = 500;

/// Makes a subscription to all messages of the mailbox. Graph makes no second one just like it: one that rings
/// at the same address and that nobody remembers (the answer was lost, or what was kept of it) is ended first.
/// One that rings elsewhere is somebody's: a `Conflict`.
pub(super) async fn subscribe(
    line: &MailboxLine,
    access: &Access,
    mailbox: MailboxId,
    new: &NewSubscription,
) -> Outcome<SubscriptionSeen> {
    if let Some(made) = make(line, access, mailbox, new).await? {
        return Ok(made);
    }
    for forgotten in forgotten(line, access, mailbox, new).await? {
        unsubscribe::delete(line, access, &forgotten).await?;
    }
    make(line, access, mailbox, new).await?.ok_or(Failure::Conflict)
}

fn resource(mailbox: MailboxId) -> String {
    format!("/users/{}/messages", mailbox.0)
}

/// `None`: there is one just like it.
async fn make(
    line: &MailboxLine,
    access: &Access,
    mailbox: MailboxId,
    new: &NewSubscription,
) -> Outcome<Option<SubscriptionSeen>> {
    let body = json!({
        "changeType": "created,updated",
        "notificationUrl": new.notify.as_str(),
        "lifecycleNotificationUrl": new.lifecycle.as_str(),
        "resource": resource(mailbox),
        "expirationDateTime": moment(new.expires)?,
        "clientState": new.client_state.expose_secret(),
        "latestSupportedTlsVersion": "v1_2",
    });
    let call = Call::write(Method::POST, line.url("subscriptions")?, Some(body)).immutable_ids();
    let answer = line.send_to(access, Spot::Subscriptions, call).await?;
    if answer.status == StatusCode::CONFLICT {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(failure(line, Some(mailbox), &answer));
    }
    match read(&answer.body) {
        Some(seen) => Ok(Some(seen)),
        None => Err(line.astray(Effect::Write, "what should be the new subscription is none")),
    }
}

/// The ids of the application's own subscriptions to the mailbox that ring at the same address
/// (<https://learn.microsoft.com/graph/api/subscription-list>).
async fn forgotten(
    line: &MailboxLine,
    access: &Access,
    mailbox: MailboxId,
    new: &NewSubscription,
) -> Outcome<Vec<String>> {
    let plain = |resource: &str| resource.trim_start_matches('/').to_lowercase();
    let wanted = plain(&resource(mailbox));
    let mut forgotten = Vec::new();
    let mut address = line.url("subscriptions")?;
    for _ in 0..MOST_PAGES {
        let page = line.send_to(access, Spot::Subscriptions, Call::get(address)).await?;
        if !page.status.is_success() {
            return Err(failure(line, Some(mailbox), &page));
        }
        let Some(rows) = page.body.get("value").and_then(Value::as_array) else {
            return Err(line.astray(Effect::Read, "what should be a list of subscriptions is none"));
        };
        forgotten.extend(rows.iter().filter_map(|row| {
            let text = |name: &str| row.get(name).and_then(Value::as_str);
            let rings_here =
                plain(text("resource")?) == wanted && text("notificationUrl")? == new.notify.as_str();
            rings_here.then(|| text("id").map(str::to_owned)).flatten()
        }));
        match page.body.get("@odata.nextLink").and_then(Value::as_str) {
            Some(link) => address = line.follow(link)?,
            None => break,
        }
    }
    Ok(forgotten)
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
