//! The post: sending and delivering. A delivered message becomes an own copy in each recipient's mailbox;
//! the internet message id is the same in all of them. Mail to the outside world is simply gone.

use super::folder;
use super::id::ItemKey;
use super::message::{Body, Message, Party};
use super::{Exchange, Refusal};
use crate::company;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Whether the sender keeps a copy in *Sent Items*.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SentCopy {
    Keep,
    #[default]
    Drop,
}

/// Whom an answer goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Reply,
    ReplyAll,
    Forward,
}

impl Exchange {
    /// A new internet message id.
    pub fn mint_message_id(&mut self) -> String {
        let id = self.mint_uuid().simple().to_string().to_uppercase();
        format!("<{id}@mail.{}>", company::DOMAIN)
    }

    /// Puts a copy into the inbox of every recipient who has a mailbox here; says who got one.
    pub fn deliver(&mut self, message: &Message, now: Timestamp) -> Result<Vec<(String, ItemKey)>, Refusal> {
        self.deliver_with(message, &[], now)
    }

    /// The same; the recipients' inbox rules put these categories on.
    pub(super) fn deliver_with(
        &mut self,
        message: &Message,
        categories: &[String],
        now: Timestamp,
    ) -> Result<Vec<(String, ItemKey)>, Refusal> {
        let mut at: Vec<String> = Vec::new();
        for party in message.recipients() {
            if let Ok(mailbox) = self.mailbox(&party.address)
                && !at.contains(&mailbox.oid)
            {
                at.push(mailbox.oid.clone());
            }
        }
        let mut delivered = Vec::new();
        for oid in at {
            delivered.push((oid.clone(), self.deliver_to(&oid, message, categories, now)?));
        }
        Ok(delivered)
    }

    /// Puts a copy into one inbox, whoever it is addressed to.
    fn deliver_to(
        &mut self,
        who: &str,
        message: &Message,
        categories: &[String],
        now: Timestamp,
    ) -> Result<ItemKey, Refusal> {
        let mut copy = message.clone();
        copy.bcc.clear();
        copy.categories = categories.to_vec();
        copy.properties.clear();
        copy.extensions.clear();
        copy.flag = json!({ "flagStatus": "notFlagged" });
        copy.is_draft = false;
        copy.is_read = false;
        copy.received = now;
        copy.created = now;
        self.change(who, |mailbox, _| mailbox.insert(copy, folder::INBOX, now))
    }

    /// Sends a message that is in no mailbox yet (`sendMail`).
    pub fn send(
        &mut self,
        who: &str,
        message: Message,
        kept: SentCopy,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let message = self.stamp(who, message, now)?;
        if kept == SentCopy::Keep {
            let copy = message.clone();
            self.change(who, |mailbox, _| mailbox.insert(copy, folder::SENT, now))?;
        }
        self.deliver(&message, now).map(drop)
    }

    /// Sends a draft: it moves to *Sent Items* and keeps its immutable id.
    pub fn send_draft(&mut self, who: &str, key: ItemKey, now: Timestamp) -> Result<(), Refusal> {
        let draft = self.mailbox(who)?.message(key)?.clone();
        if !draft.is_draft {
            return Err(Refusal::Invalid(
                "The operation can't be performed on a message that was sent.".to_owned(),
            ));
        }
        let message = self.stamp(who, draft, now)?;
        let sent = message.clone();
        self.change(who, |mailbox, _| {
            mailbox.edit(key, None, now, |message| {
                message.is_draft = false;
                message.is_read = true;
                message.sent = now;
                message.received = now;
                message.from = sent.from;
                message.sender = sent.sender;
            })?;
            mailbox.move_message(key, folder::SENT, now)
        })?;
        self.deliver(&message, now).map(drop)
    }

    /// Writes sender and times on a message that leaves now.
    fn stamp(&self, who: &str, mut message: Message, now: Timestamp) -> Result<Message, Refusal> {
        if message.recipients().next().is_none() {
            return Err(Refusal::Invalid("At least one recipient is not valid.".to_owned()));
        }
        let mailbox = self.mailbox(who)?;
        let own = Party::new(&mailbox.name, &mailbox.upn);
        message.from.get_or_insert_with(|| own.clone());
        message.sender = Some(own);
        message.is_draft = false;
        message.is_read = true;
        message.sent = now;
        message.received = now;
        Ok(message)
    }

    /// A draft that answers or forwards a message, with the comment above the quoted text.
    pub fn draft_answer(
        &mut self,
        who: &str,
        key: ItemKey,
        answer: Answer,
        comment: &str,
        now: Timestamp,
    ) -> Result<Message, Refusal> {
        let internet_message_id = self.mint_message_id();
        let mailbox = self.mailbox(who)?;
        let parent = mailbox.message(key)?;
        let mut draft = Message::new(now, internet_message_id, parent.thread);
        draft.answer_to(parent);
        draft.is_draft = true;
        draft.is_read = true;
        let own = Party::new(&mailbox.name, &mailbox.upn);
        draft.from = Some(own.clone());
        draft.sender = Some(own);
        let subject = parent.subject.clone().unwrap_or_default();
        let (prefix, bare) =
            (if answer == Answer::Forward { "FW: " } else { "RE: " }, bare_subject(&subject));
        draft.subject = Some(format!("{prefix}{bare}"));
        let others = |party: &&Party| !mailbox.is_called(&party.address);
        match answer {
            Answer::Forward => draft.attachments.clone_from(&parent.attachments),
            Answer::Reply | Answer::ReplyAll => {
                let back = if parent.reply_to.is_empty() {
                    parent.from.iter().cloned().collect()
                } else {
                    parent.reply_to.clone()
                };
                draft.to = back;
                if answer == Answer::ReplyAll {
                    draft.to.extend(parent.to.iter().filter(others).cloned());
                    draft.cc = parent.cc.iter().filter(others).cloned().collect();
                }
            }
        }
        draft.body = quote(comment, parent);
        Ok(draft)
    }
}

/// The subject without `RE:`, `FW:` and their German kin.
pub fn bare_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((prefix, tail)) = rest.split_once(':') {
        if !["re", "fw", "fwd", "aw", "wg"].contains(&prefix.trim().to_lowercase().as_str()) {
            break;
        }
        rest = tail.trim_start();
    }
    rest
}

fn quote(comment: &str, parent: &Message) -> Body {
    let from = parent.from.as_ref().map_or("", |party| party.name.as_str());
    match &parent.body {
        Body::Html(html) => Body::Html(format!(
            "<html><body><p>{}</p><hr><p><b>From:</b> {}</p><blockquote>{html}</blockquote></body></html>",
            escape_html(comment),
            escape_html(from),
        )),
        Body::Text(text) => {
            Body::Text(format!("{comment}\r\n\r\n________________\r\nFrom: {from}\r\n\r\n{text}"))
        }
    }
}

/// Text as it may stand in HTML.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
