//! A message of Graph in the field's words
//! (<https://learn.microsoft.com/graph/api/resources/message>).
//!
//! Mail is hostile: every property may be missing, empty, enormous or nonsense. Only a message without an id
//! or an entity tag is none.

use crate::exchange::Body;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::UtcMs;
use shared::email::{Direction, Draft, Importance, InternetMessageId, Message};
use shared::item::{ItemId, SmtpAddress};
use shared::party::{Correspondent, Role};

/// Exchange Online lets through at most 1,000 recipients. A message that claims more keeps its sender and the
/// first of the others, in the order To, Cc, Bcc: it can be tracked all the same.
const MOST_CORRESPONDENTS: usize = 1_000;
/// Longest display name, in characters; a longer one is cut.
const LONGEST_NAME_CHARS: usize = 256;

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
    #[serde(default)]
    to_recipients: Option<Vec<Recipient>>,
    cc_recipients: Option<Vec<Recipient>>,
    bcc_recipients: Option<Vec<Recipient>>,
    categories: Option<Vec<String>>,
    is_draft: Option<bool>,
    received_date_time: Option<Timestamp>,
    sent_date_time: Option<Timestamp>,
    created_date_time: Option<Timestamp>,
    importance: Option<String>,
    body: Option<WireBody>,
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

/// Reads a message of a mailbox with these addresses, and its body if that was asked for.
pub(super) fn read(json: Value, mailbox: &[SmtpAddress]) -> Option<(Message, Option<Body>)> {
    let wire: Wire = serde_json::from_value(json).ok()?;
    let etag = wire.etag.or_else(|| wire.change_key.map(|key| format!("W/\"{key}\"")))?;
    let received = wire.received_date_time.or(wire.sent_date_time).or(wire.created_date_time)?;
    // `sender` is who sent it for somebody else; without a `from` it is all that is known.
    let from = wire.from.and_then(|r| correspondent(Role::From, r));
    let from = from.or_else(|| wire.sender.and_then(|r| correspondent(Role::From, r)));
    let direction = Direction::of(from.as_ref().map(|c| &c.address), mailbox);
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
        conversation: None,
        conversation_index: None,
        in_reply_to: None,
        folder: None,
        attachments: shared::email::Attachments::None,
    };
    Some((message, wire.body.map(html)))
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
        json!({"@odata.etag": "W/\"CQ1\"", "id": "AAk=", "receivedDateTime": "2026-11-20T08:00:00Z"})
    }

    #[test]
    fn a_message_with_nothing_on_it_is_still_a_message() {
        let (message, body) = read(minimal(), &ada()).unwrap();
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
    fn without_id_or_entity_tag_it_is_no_message() {
        for name in ["id", "@odata.etag", "receivedDateTime"] {
            let mut json = minimal();
            json.as_object_mut().unwrap().remove(name);
            assert!(read(json, &ada()).is_none(), "{name}");
        }
    }
}
