//! Messages of the whole mailbox that share a message id or a conversation
//! (<https://learn.microsoft.com/graph/api/user-list-messages>).

use super::answer::Answer;
use super::batch::{self, Part};
use super::mailbox_line::{Call, IMMUTABLE_IDS, MailboxLine, mailbox_path, segment};
use super::{message, owner};
use crate::caller::Access;
use crate::exchange::Find;
use crate::line::Effect;
use crate::outcome::Outcome;
use serde_json::Value;
use shared::email::Message;
use shared::item::SmtpAddress;

/// Rows of a page.
const PAGE: u32 = 50;
/// More pages than this are not read, however few messages they hold.
const MOST_PAGES: usize = 40;

/// Finds at most `most` messages.
pub(super) async fn find(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    by: &Find,
    most: u32,
) -> Outcome<Vec<Message>> {
    let mut parts = Vec::from(owner::who(access, mailbox));
    parts.push(Part::new("found", address(mailbox, by, most)).prefer(IMMUTABLE_IDS));
    let mut answers = batch::read(line, access, mailbox, &parts).await?;
    let addresses = owner::owner(line, mailbox, &mut answers)?.addresses(mailbox);
    let most = most as usize;
    let mut found = Vec::new();
    let mut page = answers.take(line, "found")?;
    for _ in 0..MOST_PAGES {
        let next = page.body.get("@odata.nextLink").and_then(Value::as_str).map(str::to_owned);
        found.extend(messages(line, mailbox, &addresses, page)?);
        let Some(link) = next.filter(|_| found.len() < most) else { break };
        page = line.send(access, mailbox, Call::get(line.follow(&link)?).immutable_ids()).await?;
    }
    found.truncate(most);
    Ok(found)
}

fn address(mailbox: &SmtpAddress, by: &Find, most: u32) -> String {
    let (column, value) = match by {
        Find::MessageId(id) => ("internetMessageId", &id.0),
        Find::Conversation(id) => ("conversationId", &id.0),
    };
    // A quotation mark inside an OData literal is doubled.
    let value = segment(&value.replace('\'', "''"));
    format!(
        "/{}/messages?$filter={column}%20eq%20'{value}'&$top={}&$select={}&$expand={}",
        mailbox_path(mailbox),
        most.clamp(1, PAGE),
        message::COLUMNS,
        message::IN_REPLY_TO
    )
}

/// The messages of a page. What is none is left out: the mailbox is full of strange things.
fn messages(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    addresses: &[SmtpAddress],
    mut page: Answer,
) -> Outcome<Vec<Message>> {
    if !page.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &page));
    }
    match page.body.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => {
            Ok(rows.into_iter().filter_map(|row| Some(message::read(row, addresses)?.0)).collect())
        }
        _ => Err(line.astray(Effect::Read, "what should be a list of messages is none")),
    }
}
