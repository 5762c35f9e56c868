//! Messages, folders, attachments and categories as the JSON that Graph shows.

use super::problem::Problem;
use super::query::{BodyForm, Expand};
use crate::exchange::id;
use crate::exchange::message::Meeting;
use crate::exchange::{Attachment, Body, Folder, IdForm, Mailbox, MasterCategory, Message, Party, mime};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::cell::OnceCell;

/// How an item is to be shown.
#[derive(Debug, Clone)]
pub struct View {
    pub ids: IdForm,
    pub bodies: BodyForm,
    pub select: Option<Vec<String>>,
    pub expand: Vec<Expand>,
}

/// Properties of a message that are only shown when selected.
const ON_REQUEST: [&str; 2] = ["internetMessageHeaders", "uniqueBody"];

const MESSAGE_PROPERTIES: [&str; 37] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "categories",
    "receivedDateTime",
    "sentDateTime",
    "hasAttachments",
    "internetMessageId",
    "subject",
    "bodyPreview",
    "importance",
    "parentFolderId",
    "conversationId",
    "conversationIndex",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
    "isRead",
    "isDraft",
    "webLink",
    "inferenceClassification",
    "body",
    "sender",
    "from",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "flag",
    "internetMessageHeaders",
    "uniqueBody",
    "attachments",
    "extensions",
    "singleValueExtendedProperties",
    "multiValueExtendedProperties",
    "meetingMessageType",
    "meetingRequestType",
];

/// Whether a message has such a property (any case).
pub fn is_message_property(name: &str) -> bool {
    MESSAGE_PROPERTIES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Refuses names that a message does not have.
pub fn check_message_select(select: Option<&[String]>) -> Result<(), Problem> {
    match select.into_iter().flatten().find(|name| {
        let first = name.split('/').next().unwrap_or(name);
        !is_message_property(first) && !first.contains('.')
    }) {
        Some(name) => Err(Problem::no_property(name, "message")),
        None => Ok(()),
    }
}

/// A moment as Graph writes it: whole seconds, UTC.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub fn etag(change_key: &str) -> String {
    format!("W/\"{change_key}\"")
}

fn recipient(party: &Party) -> Value {
    json!({ "emailAddress": { "name": party.name, "address": party.address } })
}

fn recipients(parties: &[Party]) -> Value {
    parties.iter().map(recipient).collect()
}

/// The message, every property it has and the view wants; nothing else is made, since most requests select
/// little.
pub fn message_in_full(mailbox: &Mailbox, message: &Message, view: &View) -> Map<String, Value> {
    let wants = |name: &str| {
        view.select.as_ref().is_none_or(|select| select.iter().any(|wanted| is_or_leads_to(wanted, name)))
    };
    let mut map = Map::new();
    let mut put = |name: &str, value: &dyn Fn() -> Value| {
        if wants(name) {
            map.insert(name.to_owned(), value());
        }
    };
    let id = mailbox.item_id(message, view.ids);
    let change_key = mailbox.change_key(message.change);
    let text = OnceCell::new();
    let text = || text.get_or_init(|| plain_text(&message.body));
    let body = || match (&message.body, view.bodies) {
        (Body::Html(html), BodyForm::AsStored) => json!({ "contentType": "html", "content": html }),
        _ => json!({ "contentType": "text", "content": text() }),
    };
    put("createdDateTime", &|| json!(moment(message.created)));
    put("lastModifiedDateTime", &|| json!(moment(message.modified)));
    put("changeKey", &|| json!(change_key));
    put("categories", &|| json!(message.categories));
    put("receivedDateTime", &|| json!(moment(message.received)));
    put("sentDateTime", &|| json!(moment(message.sent)));
    put("hasAttachments", &|| json!(message.attachments.iter().any(|file| !file.is_inline)));
    put("internetMessageId", &|| json!(message.internet_message_id));
    put("subject", &|| json!(message.subject.as_deref().unwrap_or_default()));
    put("bodyPreview", &|| json!(preview(text())));
    put("importance", &|| json!(message.importance));
    put("parentFolderId", &|| json!(mailbox.folder_id(message.folder)));
    put("conversationId", &|| json!(id::spell_conversation(mailbox.guid, message.thread)));
    put("conversationIndex", &|| json!(STANDARD.encode(&message.conversation_index)));
    put("isDeliveryReceiptRequested", &|| json!(message.wants_delivery_receipt));
    put("isReadReceiptRequested", &|| json!(message.wants_read_receipt));
    put("isRead", &|| json!(message.is_read));
    put("isDraft", &|| json!(message.is_draft));
    put("webLink", &|| json!(web_link(&id)));
    put("inferenceClassification", &|| json!(message.inference));
    put("body", &body);
    put("toRecipients", &|| recipients(&message.to));
    put("ccRecipients", &|| recipients(&message.cc));
    put("bccRecipients", &|| recipients(&message.bcc));
    put("replyTo", &|| recipients(&message.reply_to));
    put("flag", &|| message.flag.clone());
    put("uniqueBody", &body);
    put("internetMessageHeaders", &|| headers(message));
    for (name, party) in [("sender", &message.sender), ("from", &message.from)] {
        if let Some(party) = party {
            put(name, &|| recipient(party));
        }
    }
    if let Some(meeting) = &message.meeting {
        map.extend(meeting_request(meeting));
    }
    map.insert("@odata.etag".to_owned(), json!(etag(&change_key)));
    map.insert("id".to_owned(), json!(id));
    map
}

fn web_link(id: &str) -> String {
    let id = percent_encoding::utf8_percent_encode(&id::to_ews(id), percent_encoding::NON_ALPHANUMERIC)
        .to_string();
    format!("https://outlook.office365.com/owa/?ItemID={id}&exvsurl=1&viewmodel=ReadMessageItem")
}

/// What a meeting request has besides.
fn meeting_request(meeting: &Meeting) -> Map<String, Value> {
    let zoned = |at: Timestamp| json!({ "dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": "UTC" });
    let more = [
        ("@odata.type", json!("#microsoft.graph.eventMessageRequest")),
        ("meetingMessageType", json!("meetingRequest")),
        ("meetingRequestType", json!("newMeetingRequest")),
        ("type", json!("singleInstance")),
        ("isOutOfDate", json!(false)),
        ("isAllDay", json!(false)),
        ("isDelegated", json!(false)),
        ("responseRequested", json!(true)),
        ("allowNewTimeProposals", json!(true)),
        ("startDateTime", zoned(meeting.start)),
        ("endDateTime", zoned(meeting.end)),
        ("location", json!({ "displayName": meeting.location, "locationType": "default" })),
    ];
    more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether a name, or a path such as `body/content`, means this property.
fn is_or_leads_to(path: &str, property: &str) -> bool {
    path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(property))
}

/// What a filter sees: the message in full, and its extended properties.
pub fn message_for_filter(mailbox: &Mailbox, message: &Message, view: &View) -> Value {
    let mut map = message_in_full(mailbox, message, view);
    map.insert("singleValueExtendedProperties".to_owned(), extended_properties(message));
    Value::Object(map)
}

/// The message as the client asked to see it.
pub fn message(mailbox: &Mailbox, message: &Message, view: &View) -> Value {
    let mut map = message_in_full(mailbox, message, view);
    narrow(&mut map, view.select.as_deref());
    for expand in &view.expand {
        if let Some((name, value)) = expanded(mailbox, message, view, expand) {
            map.insert(name.to_owned(), value);
        }
    }
    Value::Object(map)
}

/// Leaves what was selected; id and annotations always stay.
fn narrow(map: &mut Map<String, Value>, select: Option<&[String]>) {
    map.retain(|name, _| {
        let selected = select.map(|names| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
        name.starts_with('@')
            || name == "id"
            || selected.unwrap_or(!ON_REQUEST.contains(&name.as_str()) && name != "conversationIndex")
    });
}

fn expanded(
    mailbox: &Mailbox,
    message: &Message,
    view: &View,
    expand: &Expand,
) -> Option<(&'static str, Value)> {
    let wanted = |value: &Value| expand.filter.as_ref().is_none_or(|filter| filter.holds(value));
    let (name, values) = match expand.name.as_str() {
        "attachments" => {
            let id = mailbox.item_id(message, view.ids);
            let shown = message.attachments.iter().map(|one| {
                let mut map = attachment(&id, one, message);
                if let Some(select) = &expand.select {
                    map.retain(|name, _| {
                        name.starts_with('@')
                            || name == "id"
                            || select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                    });
                }
                Value::Object(map)
            });
            ("attachments", shown.collect())
        }
        // As in the real service, a client has to say which it wants.
        "singlevalueextendedproperties" if expand.filter.is_some() => (
            "singleValueExtendedProperties",
            extended_properties(message).as_array().cloned().unwrap_or_default(),
        ),
        "extensions" => {
            let shown = message.extensions.iter().map(|(name, content)| extension(name, content));
            ("extensions", shown.collect::<Vec<_>>())
        }
        _ => return None,
    };
    let values: Vec<Value> = values.into_iter().filter(wanted).collect();
    (name == "attachments" || !values.is_empty()).then_some((name, Value::Array(values)))
}

/// The stored ones, and those of MAPI that every letter has: they show when a filter asks for them by id.
fn extended_properties(message: &Message) -> Value {
    let references = message.references.join(" ");
    let index = STANDARD.encode(&message.conversation_index);
    let tags = [
        ("String 0x1035", Some(&message.internet_message_id)),
        ("String 0x1039", Some(&references).filter(|text| !text.is_empty())),
        ("String 0x1042", message.in_reply_to.as_ref()),
        ("Binary 0x71", Some(&index)),
    ];
    let built_in = tags.into_iter().filter_map(|(id, value)| Some((id, value?.as_str())));
    let stored = message.properties.iter().map(|(id, value)| (id.as_str(), value.as_str()));
    stored.chain(built_in).map(|(id, value)| json!({ "id": id, "value": value })).collect()
}

fn headers(message: &Message) -> Value {
    mime::header_list(message)
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

/// An open extension as it hangs on an Outlook item.
pub fn extension(name: &str, content: &Value) -> Value {
    let mut shown = content.as_object().cloned().unwrap_or_default();
    shown.insert("@odata.type".to_owned(), json!("#microsoft.graph.openTypeExtension"));
    shown.insert("id".to_owned(), json!(format!("Microsoft.OutlookServices.OpenTypeExtension.{name}")));
    shown.insert("extensionName".to_owned(), json!(name));
    Value::Object(shown)
}

/// An attachment with its content.
pub fn attachment(item: &str, file: &Attachment, message: &Message) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in [
        ("@odata.type", json!("#microsoft.graph.fileAttachment")),
        ("@odata.mediaContentType", json!(file.content_type)),
        ("id", json!(id::spell_attachment(item, file.id))),
        ("lastModifiedDateTime", json!(moment(message.modified))),
        ("name", json!(file.name)),
        ("contentType", json!(file.content_type)),
        ("size", json!(file.content.len())),
        ("isInline", json!(file.is_inline)),
        ("contentId", json!(file.content_id)),
        ("contentLocation", Value::Null),
        ("contentBytes", json!(STANDARD.encode(&file.content))),
    ] {
        map.insert(name.to_owned(), value);
    }
    map
}

/// A mail folder with its counts.
pub fn folder(mailbox: &Mailbox, folder: &Folder) -> Map<String, Value> {
    let count = mailbox.count(folder.key);
    let bytes: usize = mailbox.messages_in(folder.key).map(Message::size).sum();
    let shown = json!({
        "id": mailbox.folder_id(folder.key),
        "displayName": folder.name,
        "parentFolderId": mailbox.folder_id(folder.parent),
        "childFolderCount": mailbox.children(folder.key).filter(|child| !child.is_hidden).count(),
        "unreadItemCount": count.unread,
        "totalItemCount": count.total,
        "sizeInBytes": bytes,
        "isHidden": folder.is_hidden,
    });
    shown.as_object().cloned().unwrap_or_default()
}

pub fn category(category: &MasterCategory) -> Value {
    json!({ "id": category.id, "displayName": category.display_name, "color": category.color })
}

/// The first 255 characters of the text, on one line.
fn preview(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(255).collect()
}

/// The body without its markup.
pub fn plain_text(body: &Body) -> String {
    match body {
        Body::Text(text) => text.clone(),
        Body::Html(html) => mail_parser::decoders::html::html_to_text(&without_head(html)),
    }
}

/// The markup without what is not text: head, styles and scripts.
fn without_head(html: &str) -> String {
    let mut text = html.to_owned();
    for name in ["head", "style", "script"] {
        // Byte positions agree: lower-casing ASCII keeps the length.
        loop {
            let lower = text.to_ascii_lowercase();
            let opening = [format!("<{name}>"), format!("<{name} ")];
            let Some(start) = opening.iter().filter_map(|tag| lower.find(tag)).min() else { break };
            let close = format!("</{name}>");
            let end = lower[start..].find(&close).map_or(text.len(), |at| start + at + close.len());
            text.replace_range(start..end, "");
        }
    }
    text
}
