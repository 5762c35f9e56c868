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
        self.conversation_index =
            reply_index(&parent.conversation_index, self.sent, &self.internet_message_id);
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

/// Deltas longer than this many ticks (about 1.7 years) are told more coarsely.
const LONG_DELTA: u64 = 1 << 49;

/// The parent's index with five bytes for the answer, as [MS-OXOMSG] 2.2.1.3 lays them out: how long after the
/// conversation began (one bit for the scale, 31 for the time), then a byte that tells answers of the same
/// moment apart.
pub fn reply_index(parent: &[u8], at: Timestamp, message_id: &str) -> Vec<u8> {
    let mut began = [0; 8];
    if let Some(time) = parent.get(..6) {
        began[..6].copy_from_slice(time);
    }
    let delta = file_time(at).saturating_sub(u64::from_be_bytes(began));
    let word = if delta < LONG_DELTA { (delta >> 18) as u32 } else { (delta >> 23) as u32 | 1 << 31 };
    let mut bytes = parent.to_vec();
    bytes.extend_from_slice(&word.to_be_bytes());
    bytes.push(message_id.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_adds_five_bytes_to_the_header_of_its_conversation() {
        let began: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let thread = Uuid::from_u128(7);
        let root = root_index(began, thread);
        assert_eq!((root.len(), root[0], &root[6..]), (22, 1, thread.as_bytes().as_slice()));
        let hour = jiff::SignedDuration::from_hours(1);
        let answer = reply_index(&root, began + hour, "<a@x>");
        assert_eq!((answer.len(), &answer[..22]), (27, root.as_slice()));
        let word = u32::from_be_bytes(answer[22..26].try_into().unwrap());
        let told = u64::from(word) << 18;
        let ticks = 36_000_000_000;
        assert!(told.abs_diff(ticks) < 1 << 19, "{told} is about an hour");
        assert_ne!(answer, reply_index(&root, began + hour, "<b@x>"), "answers of one moment differ");
        let years_later = reply_index(&answer, began + hour * 24 * 365 * 3, "<c@x>");
        assert_eq!((years_later.len(), years_later[27] >> 7), (32, 1));
    }
}
