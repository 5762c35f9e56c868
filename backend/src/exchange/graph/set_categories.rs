//! Replaces a message's categories (<https://learn.microsoft.com/graph/api/message-update>).
//!
//! The list replaces the old one whole, so the request holds the entity tag that was seen: whoever else
//! changed the message meanwhile does not lose a category.

use super::create_master_category::refused_category;
use super::mailbox_line::{Call, MailboxLine, message_path};
use crate::caller::Access;
use crate::exchange::Recategorized;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};

/// Sets the categories if the message still has the entity tag.
pub(super) async fn set(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    item: &ItemId,
    categories: &[String],
    if_match: &str,
) -> Outcome<Recategorized> {
    let if_match = HeaderValue::try_from(if_match)
        .map_err(|_| Failure::Refused(Problem::new(Code::BadRequest).because("reason", "entity tag")))?;
    let url = line.url(&message_path(mailbox, item))?;
    let call = Call::write(Method::PATCH, url, Some(json!({"categories": categories})))
        .header(header::IF_MATCH, if_match)
        .immutable_ids();
    let answer = line.send(access, mailbox, call).await?;
    if answer.status.is_success() {
        return read(&answer.body)
            .ok_or_else(|| line.astray(Effect::Write, "what should be a message is none"));
    }
    if answer.says_item_is_gone() {
        return Err(Failure::Refused(Problem::new(Code::MessageGone)));
    }
    if answer.says_conflict() {
        return Err(Failure::Conflict);
    }
    Err(refused_category(line, mailbox, &answer))
}

fn read(body: &Value) -> Option<Recategorized> {
    let etag = body.get("@odata.etag").and_then(Value::as_str).map(str::to_owned);
    let from_key = || body.get("changeKey").and_then(Value::as_str).map(|key| format!("W/\"{key}\""));
    let categories = Vec::<String>::deserialize(body.get("categories")?).ok()?;
    Some(Recategorized { categories, etag: etag.or_else(from_key)? })
}
