//! A letter as people describe it, from anywhere to anybody, and its way into the mailboxes.

use super::folder;
use super::id::ItemKey;
use super::message::{Attachment, Body, Importance, Message, Party, root_index};
use super::post::{SentCopy, escape_html};
use super::{Exchange, Refusal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of threads that began outside, made from the message id of their first letter.
const OUTSIDE: Uuid = Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_0075);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Empty: the address.
    #[serde(default)]
    pub name: String,
    pub address: String,
}

impl Address {
    pub fn new(address: &str) -> Self {
        Self { name: String::new(), address: address.to_owned() }
    }

    fn party(&self) -> Party {
        Party::new(if self.name.is_empty() { &self.address } else { &self.name }, &self.address)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    pub name: String,
    /// Empty: `application/octet-stream`.
    #[serde(default)]
    pub content_type: String,
    /// Base64.
    pub content_bytes: String,
    #[serde(default)]
    pub is_inline: bool,
    pub content_id: Option<String>,
}

/// A letter to be delivered. Only `from` and `to` are needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delivery {
    pub from: Address,
    pub to: Vec<Address>,
    #[serde(default)]
    pub cc: Vec<Address>,
    #[serde(default)]
    pub bcc: Vec<Address>,
    #[serde(default)]
    pub reply_to: Vec<Address>,
    pub subject: Option<String>,
    #[serde(default)]
    pub text: String,
    pub html: Option<String>,
    #[serde(default)]
    pub importance: Importance,
    /// With angle brackets; absent: a new one.
    pub internet_message_id: Option<String>,
    /// Internet message id of the letter that this one answers.
    pub in_reply_to: Option<String>,
    /// The chain of letters before it, oldest first; absent: that of the letter it answers.
    #[serde(default)]
    pub references: Vec<String>,
    /// Further internet headers, e.g. a tracking header.
    #[serde(default)]
    pub headers: Vec<Header>,
    #[serde(default)]
    pub attachments: Vec<File>,
    /// Put on every copy by the recipients' inbox rules.
    #[serde(default)]
    pub categories: Vec<String>,
    /// How long ago it was sent.
    #[serde(default)]
    pub minutes_ago: i64,
    /// Whether a sender who has a mailbox here finds it among the sent items.
    #[serde(default = "dropped")]
    pub sent_copy: SentCopy,
}

fn dropped() -> SentCopy {
    SentCopy::Drop
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub internet_message_id: String,
    /// Object id of the mailbox and the message's key there, for each recipient's copy.
    pub copies: Vec<(String, ItemKey)>,
    /// The sender's own copy, where one was kept.
    pub sent: Option<(String, ItemKey)>,
}

impl Exchange {
    /// Delivers one letter to everybody addressed who has a mailbox here: each gets a copy of their own.
    pub fn deliver_letter(&mut self, letter: &Delivery, now: Timestamp) -> Result<Delivered, Refusal> {
        let message = self.written(letter, now)?;
        if message.size() > self.limits.message_bytes {
            return Err(Refusal::MessageSizeExceeded);
        }
        let mut sent = None;
        if letter.sent_copy == SentCopy::Keep
            && let Ok(sender) = self.mailbox(&letter.from.address)
        {
            let oid = sender.oid.clone();
            let mut copy = message.clone();
            copy.is_read = true;
            let key = self.change(&oid, |mailbox, _| mailbox.insert(copy, folder::SENT, now))?;
            sent = Some((oid, key));
        }
        let copies = self.deliver_with(&message, &letter.categories, message.sent)?;
        Ok(Delivered { internet_message_id: message.internet_message_id, copies, sent })
    }

    fn written(&mut self, letter: &Delivery, now: Timestamp) -> Result<Message, Refusal> {
        let ago = SignedDuration::from_secs(letter.minutes_ago.saturating_mul(60));
        let at = now.checked_sub(ago).unwrap_or(now);
        let id = letter.internet_message_id.clone().unwrap_or_else(|| self.mint_message_id());
        let mut message = Message::new(at, id, self.mint_uuid());
        self.thread(&mut message, letter);
        let sender = letter.from.party();
        message.sender = Some(sender.clone());
        message.from = Some(sender);
        let parties = |addresses: &[Address]| addresses.iter().map(Address::party).collect::<Vec<_>>();
        message.to = parties(&letter.to);
        message.cc = parties(&letter.cc);
        message.bcc = parties(&letter.bcc);
        message.reply_to = parties(&letter.reply_to);
        message.subject.clone_from(&letter.subject);
        message.importance = letter.importance;
        message.headers = letter.headers.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
        message.body =
            Body::Html(letter.html.clone().unwrap_or_else(|| {
                format!("<html><body><p>{}</p></body></html>", escape_html(&letter.text))
            }));
        for file in &letter.attachments {
            message.attachments.push(self.attached(file)?);
        }
        Ok(message)
    }

    /// Finds the thread: of the letter it answers, else of the newest reference that lies in any mailbox, else
    /// the one that began outside with the oldest reference.
    fn thread(&self, message: &mut Message, letter: &Delivery) {
        let known = |id: &String| {
            self.mailboxes().find_map(|mailbox| mailbox.messages().find(|one| one.internet_message_id == *id))
        };
        let before = letter.in_reply_to.iter().chain(letter.references.iter().rev());
        if let Some(parent) = before.clone().find_map(known) {
            message.answer_to(parent);
        } else if let Some(first) = letter.references.first().or(letter.in_reply_to.as_ref()) {
            message.thread = Uuid::new_v5(&OUTSIDE, first.as_bytes());
            message.conversation_index = root_index(message.sent, message.thread);
        }
        if let Some(parent) = &letter.in_reply_to {
            message.in_reply_to = Some(parent.clone());
            if message.references.is_empty() {
                message.references.push(parent.clone());
            }
        }
        if !letter.references.is_empty() {
            message.references.clone_from(&letter.references);
        }
    }

    fn attached(&mut self, file: &File) -> Result<Attachment, Refusal> {
        let content = STANDARD
            .decode(&file.content_bytes)
            .map_err(|_| Refusal::Invalid(format!("contentBytes of '{}' is not base64.", file.name)))?;
        let kind = if file.content_type.is_empty() { "application/octet-stream" } else { &file.content_type };
        Ok(Attachment {
            id: self.mint_uuid(),
            name: file.name.clone(),
            content_type: kind.to_owned(),
            content_id: file.content_id.clone(),
            is_inline: file.is_inline,
            content,
        })
    }
}
