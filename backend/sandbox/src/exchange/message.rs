//! A message as a mailbox stores it. Every recipient has an own copy with own categories, flag and read
//! state; the internet message id is what the copies share.

use super::folder::FolderKey;
use super::id::ItemKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Name and address of somebody, as the message spells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    pub address: String,
}

impl Party {
    pub fn new(name: &str, address: &str) -> Self {
        Self { name: name.to_owned(), address: address.to_owned() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Html(String),
    Text(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Importance {
    Low,
    #[default]
    Normal,
    High,
}

/// A file in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: Uuid,
    pub name: String,
    pub content_type: String,
    pub content_id: Option<String>,
    pub is_inline: bool,
    #[serde(with = "as_base64")]
    pub content: Vec<u8>,
}

/// The meeting that a request mail invites to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    pub start: Timestamp,
    pub end: Timestamp,
    pub location: String,
}

/// One mailbox's copy of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub key: ItemKey,
    pub folder: FolderKey,
    /// How often it was moved; part of the mutable id.
    pub place: u32,
    /// Change number of the mailbox at the last change of this message.
    pub change: u64,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub received: Timestamp,
    pub sent: Timestamp,
    pub categories: Vec<String>,
    pub subject: Option<String>,
    pub body: Body,
    pub sender: Option<Party>,
    pub from: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub bcc: Vec<Party>,
    pub reply_to: Vec<Party>,
    /// With its angle brackets.
    pub internet_message_id: String,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// The thread, the same in every mailbox.
    pub thread: Uuid,
    #[serde(with = "as_base64")]
    pub conversation_index: Vec<u8>,
    pub importance: Importance,
    pub is_read: bool,
    pub is_draft: bool,
    /// The `flag` property as Graph shows it.
    pub flag: serde_json::Value,
    /// `focused` or `other`.
    pub inference: String,
    pub attachments: Vec<Attachment>,
    pub meeting: Option<Meeting>,
    pub wants_delivery_receipt: bool,
    pub wants_read_receipt: bool,
    /// Further internet headers.
    pub headers: Vec<(String, String)>,
    /// Single-value extended properties by their id.
    pub properties: BTreeMap<String, String>,
    /// Open extensions by their name.
    pub extensions: BTreeMap<String, serde_json::Value>,
}

impl Message {
    /// An empty draft; the mailbox gives it key, folder and change number when it takes it in.
    pub fn new(now: Timestamp, internet_message_id: String, thread: Uuid) -> Self {
        Self {
            key: ItemKey(0),
            folder: FolderKey(0),
            place: 0,
            change: 0,
            created: now,
            modified: now,
            received: now,
            sent: now,
            categories: Vec::new(),
            subject: None,
            body: Body::default(),
            sender: None,
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            internet_message_id,
            in_reply_to: None,
            references: Vec::new(),
            thread,
            conversation_index: root_index(now, thread),
            importance: Importance::Normal,
            is_read: false,
            is_draft: false,
            flag: serde_json::json!({ "flagStatus": "notFlagged" }),
            inference: "focused".to_owned(),
            attachments: Vec::new(),
            meeting: None,
            wants_delivery_receipt: false,
            wants_read_receipt: false,
            headers: Vec::new(),
            properties: BTreeMap::new(),
            extensions: BTreeMap::new(),
        }
    }

    /// Everybody it is addressed to.
    pub fn recipients(&self) -> impl Iterator<Item = &Party> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }

    /// Makes this message an answer to `parent`: same thread, longer conversation index, the headers.
    pub fn answer_to(&mut self, parent: &Message) {
        self.thread = parent.thread;
        self.conversation_index = reply_index(&parent.conversation_index, self.sent);
        self.in_reply_to = Some(parent.internet_message_id.clone());
        self.references.clone_from(&parent.references);
        self.references.push(parent.internet_message_id.clone());
    }

    /// Size in bytes, as far as mailboxes care.
    pub fn size(&self) -> usize {
        let body = match &self.body {
            Body::Html(text) | Body::Text(text) => text.len(),
        };
        body + self.attachments.iter().map(|attachment| attachment.content.len()).sum::<usize>()
    }
}

/// 100-nanosecond ticks since 1601, the clock of conversation indexes.
fn file_time(at: Timestamp) -> u64 {
    ((at.as_microsecond() + 11_644_473_600_000_000).max(0) as u64) * 10
}

/// The 22 bytes that open a conversation: one, time, guid.
pub fn root_index(at: Timestamp, thread: Uuid) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend_from_slice(&file_time(at).to_be_bytes()[1..6]);
    bytes.extend_from_slice(thread.as_bytes());
    bytes
}

/// The parent's index with five bytes for the time of the answer.
pub fn reply_index(parent: &[u8], at: Timestamp) -> Vec<u8> {
    let mut bytes = parent.to_vec();
    bytes.extend_from_slice(&file_time(at).to_be_bytes()[2..7]);
    bytes
}

/// Bytes as base64 inside the saved state.
mod as_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
