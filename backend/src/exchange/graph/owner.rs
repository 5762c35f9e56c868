//! Finds the user whose mailbox it is
//! (<https://learn.microsoft.com/graph/api/user-get>).

use super::mailbox_line::{Call, MailboxLine, mailbox_path};
use crate::caller::Access;
use crate::exchange::MailboxId;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::{HeaderMap, Method};
use serde_json::Value;
use shared::item::SmtpAddress;

/// The Entra object of the mailbox's user.
pub(super) async fn find(line: &MailboxLine, access: &Access, mailbox: &SmtpAddress) -> Outcome<MailboxId> {
    let call = Call {
        method: Method::GET,
        url: line.url(&format!("{}?$select=id", mailbox_path(mailbox)))?,
        headers: HeaderMap::new(),
        body: None,
        effect: Effect::Read,
        lanes: 1,
    };
    let answer = line.send(access, mailbox, call).await?;
    if !answer.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &answer));
    }
    let id = answer.body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    id.map(MailboxId).ok_or_else(|| line.astray(Effect::Read, "the user has no id"))
}
