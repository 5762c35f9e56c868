//! A message of Graph in the field's words
//! (<https://learn.microsoft.com/graph/api/resources/message>).
//!
//! Mail is hostile: every property may be missing, empty, enormous or nonsense. But rows of delta queries may be
//! stumps: after a mere *read* or *unread* Exchange sends little more than the id, whatever was selected
//! (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/7776>). A stump is no message: its categories
//! are not none, they are unknown.
//!
//! What a message answers is told in two ways. `internetMessageHeaders` is as long as the mail's way through the
//! world, and Exchange keeps it of received mail only
//! (<https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/3025>); the MAPI property `PidTagInReplyToId` is
//! short and there for sent mail too
//! (<https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>). A delta query, though, fails
//! on an `$expand` with a `$filter` (<https://github.com/OData/odata.net/issues/1667>), so there it has to be the
//! headers, and of sent mail the answer is open until the message is asked for by its id.

use crate::exchange::Body;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::UtcMs;
use shared::email::{
    Attachments, ConversationId, ConversationIndex, Direction, Draft, Importance, InternetMessageId, Message,
};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::{Correspondent, Role};

/// What is selected of every message.
pub(super) const COLUMNS: &str = "id,changeKey,internetMessageId,subject,from,sender,toRecipients,ccRecipients,\
     bccRecipients,categories,isDraft,receivedDateTime,sentDateTime,createdDateTime,importance,conversationId,\
     conversationIndex,parentFolderId,hasAttachments";
/// `$expand` of `PidTagInReplyToId`, encoded.
pub(super) const IN_REPLY_TO: &str = "singleValueExtendedProperties($filter=id%20eq%20'String%200x1042')";
/// `$select` of the headers, where there can be no [`IN_REPLY_TO`].
pub(super) const HEADERS: &str = "internetMessageHeaders";

/// Exchange Online lets through at most 1,000 recipients. A message that claims more keeps its sender and the
/// first of the others, in the order To, Cc, Bcc: it can be tracked all the same.
const MOST_CORRESPONDENTS: usize = 1_000;
/// Longest display name, in characters; a longer one is cut.
const LONGEST_NAME_CHARS: usize = 256;
/// Longest message id, in bytes; RFC 5322 allows lines of 998.
const LONGEST_MESSAGE_ID: usize = 998;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    #[serde(rename = "@odata.etag")]
    etag: Option<String>,
    change_key: Option<String>,
    internet_message_id: Option<String>,
    subject: Option<String>,
    from: Option<Recipient>,
    sender: Option<Recipient>,
    to_recipients: Option<Vec<Recipient>>,
    cc_recipients: Option<Vec<Recipient>>,
    bcc_recipients: Option<Vec<Recipient>>,
    categories: Option<Vec<String>>,
    is_draft: Option<bool>,
    received_date_time: Option<Timestamp>,
    sent_date_time: Option<Timestamp>,
    created_date_time: Option<Timestamp>,
    importance: Option<String>,
    conversation_id: Option<String>,
    conversation_index: Option<String>,
    parent_folder_id: Option<String>,
    has_attachments: Option<bool>,
    single_value_extended_properties: Option<Vec<Property>>,
    internet_message_headers: Option<Vec<Header>>,
    body: Option<WireBody>,
}

/// A MAPI property, e.g. `String 0x1042`.
#[derive(Deserialize)]
struct Property {
    id: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: Option<EmailAddress>,
}

#[derive(Deserialize)]
struct EmailAddress {
    name: Option<String>,
    address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBody {
    content_type: Option<String>,
    content: Option<String>,
}

/// What a whole message never leaves out, though it may be empty.
const ALWAYS_THERE: [&str; 2] = ["categories", "toRecipients"];

/// Reads a message of a mailbox with these addresses, and its body if that was asked for.
pub(super) fn read(json: Value, mailbox: &[SmtpAddress]) -> Option<(Message, Option<Body>)> {
    if ALWAYS_THERE.iter().any(|name| json.get(name).is_none()) {
        return None;
    }
    let wire: Wire = serde_json::from_value(json).ok()?;
    let etag = wire.etag.or_else(|| wire.change_key.map(|key| format!("W/\"{key}\"")))?;
    let received = wire.received_date_time.or(wire.sent_date_time).or(wire.created_date_time)?;
    // `sender` is who sent it for somebody else; without a `from` it is all that is known.
    let from = wire.from.and_then(|r| correspondent(Role::From, r));
    let from = from.or_else(|| wire.sender.and_then(|r| correspondent(Role::From, r)));
    let direction = Direction::of(from.as_ref().map(|c| &c.address), mailbox);
    let in_reply_to = in_reply_to(wire.single_value_extended_properties, wire.internet_message_headers);
    let body = wire.body.map(html);
    let others =
        [(Role::To, wire.to_recipients), (Role::Cc, wire.cc_recipients), (Role::Bcc, wire.bcc_recipients)];
    let others = others
        .into_iter()
        .flat_map(|(role, all)| all.into_iter().flatten().filter_map(move |r| correspondent(role, r)));
    let correspondents = from.into_iter().chain(others).take(MOST_CORRESPONDENTS).collect();
    let message = Message {
        id: ItemId(wire.id),
        etag,
        internet_message_id: wire
            .internet_message_id
            .filter(|id| !id.trim().is_empty())
            .map(InternetMessageId),
        subject: wire.subject.unwrap_or_default(),
        correspondents,
        categories: wire.categories.unwrap_or_default(),
        direction,
        draft: if wire.is_draft == Some(true) { Draft::Draft } else { Draft::Sent },
        received: UtcMs(received.as_millisecond()),
        importance: match wire.importance.as_deref() {
            Some("low") => Importance::Low,
            Some("high") => Importance::High,
            _ => Importance::Normal,
        },
        conversation: wire.conversation_id.map(ConversationId),
        conversation_index: wire.conversation_index.map(ConversationIndex),
        in_reply_to,
        folder: wire.parent_folder_id.map(FolderId),
        attachments: attachments(wire.has_attachments, body.as_ref()),
    };
    Some((message, body))
}

/// Whether there are attachments. Exchange does not count those that the body shows inside
/// (<https://learn.microsoft.com/graph/api/resources/message#properties>), so the body, where it is known, has
/// its say.
fn attachments(listed: Option<bool>, body: Option<&Body>) -> Attachments {
    let inline = || body.is_some_and(|body| body.0.to_ascii_lowercase().contains("cid:"));
    if listed == Some(true) || inline() { Attachments::Some } else { Attachments::None }
}

fn in_reply_to(properties: Option<Vec<Property>>, headers: Option<Vec<Header>>) -> Option<InternetMessageId> {
    let is =
        |name: &Option<String>, wanted: &str| name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(wanted));
    let property = properties.into_iter().flatten().find(|property| is(&property.id, "String 0x1042"));
    let header = || headers.into_iter().flatten().find(|header| is(&header.name, "In-Reply-To"));
    let text = property.and_then(|property| property.value).or_else(|| header()?.value)?;
    message_id(&text)
}

/// The first message id of a header, which may hold several, and comments.
fn message_id(text: &str) -> Option<InternetMessageId> {
    let from = text.find('<')?;
    let id = &text[from..=from + text[from..].find('>')?];
    let plausible = id.len() > 2
        && id.len() <= LONGEST_MESSAGE_ID
        && !id.chars().any(|c| c.is_whitespace() || c.is_control());
    plausible.then(|| InternetMessageId(id.to_owned()))
}

/// Somebody who is at least a name or an address.
fn correspondent(role: Role, recipient: Recipient) -> Option<Correspondent> {
    let EmailAddress { name, address } = recipient.email_address?;
    let address = SmtpAddress::new(&address.unwrap_or_default());
    let name: String = name.unwrap_or_default().trim().chars().take(LONGEST_NAME_CHARS).collect();
    let somebody = !(address.as_str().is_empty() && name.is_empty());
    somebody.then_some(Correspondent { role, name, address })
}

/// The body as HTML, also where Exchange has only text.
fn html(body: WireBody) -> Body {
    let content = body.content.unwrap_or_default();
    match body.content_type.as_deref() {
        Some("text") => {
            let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            Body(format!("<pre>{escaped}</pre>"))
        }
        _ => Body(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn person(name: &str, address: &str) -> Value {
        json!({"emailAddress": {"name": name, "address": address}})
    }

    fn ada() -> Vec<SmtpAddress> {
        vec![SmtpAddress::new("ada@contoso.example"), SmtpAddress::new("a.brandt@contoso.example")]
    }

    fn minimal() -> Value {
        json!({"@odata.etag": "W/\"CQ1\"", "id": "AAk=", "receivedDateTime": "2026-11-20T08:00:00Z",
            "categories": [], "toRecipients": []})
    }

    #[test]
    fn a_message_with_nothing_on_it_is_still_a_message() {
        let mut json = minimal();
        json["categories"] = Value::Null;
        json["toRecipients"] = Value::Null;
        let (message, body) = read(json, &ada()).unwrap();
        assert_eq!((message.subject.as_str(), message.correspondents.len(), body), ("", 0, None));
        assert_eq!(message.internet_message_id, None);
        assert_eq!(message.received, UtcMs(1_795_161_600_000));
        assert_eq!(message.direction, Direction::Incoming);
    }

    #[test]
    fn a_message_sent_from_any_address_of_the_mailbox_is_outgoing() {
        for (from, sender, direction) in [
            (Some("A.Brandt@Contoso.example"), None, Direction::Outgoing),
            (None, Some("ada@contoso.example"), Direction::Outgoing),
            (Some("bo@fabrikam.example"), Some("ada@contoso.example"), Direction::Incoming),
            (None, None, Direction::Incoming),
        ] {
            let mut json = minimal();
            json["from"] = from.map_or(Value::Null, |a| person("x", a));
            json["sender"] = sender.map_or(Value::Null, |a| person("y", a));
            assert_eq!(read(json, &ada()).unwrap().0.direction, direction, "{from:?} {sender:?}");
        }
    }

    #[test]
    fn hostile_recipients_are_tolerated_and_absurd_numbers_keep_the_sender() {
        let mut json = minimal();
        json["from"] = person("Bo", "bo@fabrikam.example");
        json["toRecipients"] = json!([
            person("", ""),
            {"emailAddress": null},
            {},
            person(&"n".repeat(9_999), "  Cy@FABRIKAM.example "),
            person("Legacy", "/O=EXCHANGELABS/CN=RECIPIENTS/CN=X"),
        ]);
        json["ccRecipients"] =
            Value::Array((0..5_000).map(|n| person("", &format!("c{n}@x.example"))).collect());
        let message = read(json, &ada()).unwrap().0;
        assert_eq!(message.correspondents.len(), MOST_CORRESPONDENTS);
        assert_eq!(message.correspondents[0].role, Role::From);
        assert_eq!(message.correspondents[1].address.as_str(), "cy@fabrikam.example");
        assert_eq!(message.correspondents[1].name.chars().count(), LONGEST_NAME_CHARS);
        assert_eq!(message.correspondents[2].name, "Legacy");
    }

    #[test]
    fn a_text_body_becomes_html_that_shows_the_same_text() {
        let mut json = minimal();
        json["body"] = json!({"contentType": "text", "content": "1 < 2 & <script>"});
        assert_eq!(
            read(json, &ada()).unwrap().1,
            Some(Body("<pre>1 &lt; 2 &amp; &lt;script&gt;</pre>".into()))
        );
    }

    #[test]
    fn a_stump_is_no_message_and_nothing_is_made_up_for_what_it_leaves_out() {
        for name in ["id", "@odata.etag", "receivedDateTime", "categories", "toRecipients"] {
            let mut json = minimal();
            json.as_object_mut().unwrap().remove(name);
            assert!(read(json, &ada()).is_none(), "{name}");
        }
    }

    #[test]
    fn what_a_message_answers_is_read_from_property_or_header() {
        let property = json!([{"id": "String 0x1042", "value": "<m1@x.example>"}]);
        let headers = json!([
            {"name": "Received", "value": "from <a@b>"},
            {"name": "in-reply-to", "value": "Bo's mail of Monday <m2@x.example> <m3@x.example>"},
            {"name": null},
        ]);
        for (properties, headers, expected) in [
            (property.clone(), Value::Null, Some("<m1@x.example>")),
            (property, headers.clone(), Some("<m1@x.example>")),
            (json!([{"id": "String 0x1039", "value": "<m9@x.example>"}]), headers, Some("<m2@x.example>")),
            (Value::Null, json!([{"name": "In-Reply-To", "value": "nonsense"}]), None),
            (Value::Null, json!([{"name": "In-Reply-To", "value": "<a b> c"}]), None),
            (Value::Null, json!([{"name": "In-Reply-To", "value": "> <"}]), None),
            (
                Value::Null,
                json!([{"name": "In-Reply-To", "value": format!("<{}>", "x".repeat(5_000))}]),
                None,
            ),
            (Value::Null, Value::Null, None),
        ] {
            let mut json = minimal();
            json["singleValueExtendedProperties"] = properties;
            json["internetMessageHeaders"] = headers;
            let found = read(json.clone(), &ada()).unwrap().0.in_reply_to;
            assert_eq!(found, expected.map(|id| InternetMessageId(id.to_owned())), "{json}");
        }
    }

    #[test]
    fn images_in_the_body_are_attachments_though_exchange_does_not_count_them() {
        let html = |content: &str| json!({"contentType": "html", "content": content});
        for (listed, body, expected) in [
            (true, Value::Null, Attachments::Some),
            (false, Value::Null, Attachments::None),
            (false, html("<p>Hello</p>"), Attachments::None),
            (false, html("<img src=\"CID:logo@x\">"), Attachments::Some),
        ] {
            let mut json = minimal();
            json["hasAttachments"] = json!(listed);
            json["body"] = body;
            assert_eq!(read(json.clone(), &ada()).unwrap().0.attachments, expected, "{json}");
        }
    }
}
