//! Messages by their ids, wherever they lie (<https://learn.microsoft.com/graph/api/message-get>).

use super::batch::{self, Answers, Part};
use super::mailbox_line::{IMMUTABLE_IDS, MailboxLine, message_path};
use super::{message, owner};
use crate::caller::Access;
use crate::exchange::MessageById;
use crate::line::Effect;
use crate::outcome::Outcome;
use serde_json::Value;
use shared::email::Message;
use shared::item::{ItemId, SmtpAddress};

/// Reads the messages, each by itself.
pub(super) async fn read(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    items: &[ItemId],
) -> Outcome<Vec<MessageById>> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut parts = Vec::from(owner::who(access, mailbox));
    parts.extend(items.iter().enumerate().map(|(place, item)| part(mailbox, place, item)));
    let mut answers = batch::read(line, access, mailbox, &parts).await?;
    let addresses = owner::owner(line, mailbox, &mut answers)?.addresses(mailbox);
    let read = |(place, item): (usize, &ItemId)| {
        (item.clone(), message(line, mailbox, &addresses, place, &mut answers))
    };
    Ok(items.iter().enumerate().map(read).collect())
}

fn part(mailbox: &SmtpAddress, place: usize, item: &ItemId) -> Part {
    let message = message_path(mailbox, item);
    let url = format!("/{message}?$select={}&$expand={}", message::COLUMNS, message::IN_REPLY_TO);
    Part::new(place.to_string(), url).prefer(IMMUTABLE_IDS)
}

fn message(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    addresses: &[SmtpAddress],
    place: usize,
    answers: &mut Answers,
) -> Outcome<Option<Message>> {
    let answer = answers.take(line, &place.to_string())?;
    if answer.says_item_is_gone() {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &answer));
    }
    let is_an_item = answer.body.get("id").is_some_and(Value::is_string);
    match message::read(answer.body, addresses) {
        Some((message, _)) => Ok(Some(message)),
        // It will look the same the next time.
        None if is_an_item => Err(line.refused("unreadable message")),
        None => Err(line.astray(Effect::Read, "what should be a message is none")),
    }
}
