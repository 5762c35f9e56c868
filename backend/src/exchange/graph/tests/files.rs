//! Attachments that the sandbox does not make: items, links, kinds that nobody knows.

use super::{bare, batch, exchange, item, mailbox, part, refusal, refused};
use crate::body::{Attachment, LeftOutBecause, Place};
use crate::exchange::Exchange;
use crate::line::script::{ORIGIN, Script, answer, engine, json};
use crate::outcome::{Failure, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::problem::{Code, Problem};
use std::sync::Arc;

async fn fetch(script: &Arc<Script>) -> Outcome<Vec<Attachment>> {
    exchange(script).attachments(&engine(), &mailbox(), &item(), 1_000_000).await
}

fn listed(id: &str, kind: &str, name: &str) -> Value {
    json!({"@odata.type": kind, "id": id, "name": name, "contentType": null, "size": 900, "isInline": false})
}

const ITEM: &str = "#microsoft.graph.itemAttachment";
const FILE: &str = "#microsoft.graph.fileAttachment";

fn shown(attachment: &Attachment) -> String {
    match attachment {
        Attachment::File(file) => format!("{} {}", file.name, file.content_type),
        Attachment::LeftOut(left) => format!("{} {:?}", left.name, left.because),
    }
}

#[tokio::test]
async fn items_are_files_of_their_kind_and_links_are_left_out() {
    let list = json!([
        listed("mail", ITEM, "Offer"),
        listed("link", "#microsoft.graph.referenceAttachment", "Plan.docx"),
        listed("visit", ITEM, "Visit"),
        listed("new", "#microsoft.graph.somethingNew", "?"),
        listed("file", FILE, "a.pdf"),
    ]);
    let raw = |text: &str| Value::String(STANDARD.encode(text));
    let script = Script::new([
        json(200, json!({"value": list})),
        batch(vec![
            part("file", 200, json!({"contentBytes": STANDARD.encode("%PDF"), "contentId": "<a@x>"})),
            part("visit", 200, raw("BEGIN:VCALENDAR\r\n")),
            part("mail", 200, raw("Received: x\r\n")),
        ]),
    ]);
    let all = fetch(&script).await.unwrap();
    assert_eq!(
        all.iter().map(shown).collect::<Vec<_>>(),
        [
            "Offer.eml message/rfc822",
            "Plan.docx NoFile",
            "Visit.ics text/calendar",
            "? NoFile",
            "a.pdf application/octet-stream"
        ]
    );
    let Attachment::File(file) = &all[4] else { panic!("a file") };
    assert_eq!((file.place, file.content_id.as_deref()), (Place::Listed, Some("a@x")));
    let asked: Value = serde_json::from_str(&script.body(1)).unwrap();
    let urls: Vec<&str> =
        asked["requests"].as_array().unwrap().iter().map(|part| part["url"].as_str().unwrap()).collect();
    assert!(urls[0].ends_with("/attachments/mail/$value") && urls[1].ends_with("/attachments/visit/$value"));
    assert!(urls[2].ends_with("/attachments/file"), "{urls:?}");
    let first = script.asked()[0].url.clone();
    assert!(first.as_str().starts_with(&format!("{ORIGIN}/v1.0/users/")), "{first}");
    assert!(first.query().is_some_and(|query| query.contains("$select=") && !query.contains("contentBytes")));
}

#[tokio::test]
async fn a_single_item_is_downloaded_plainly() {
    let script = Script::new([
        json(200, json!({"value": [listed("mail", ITEM, "Offer.eml")]})),
        answer(200, &[("content-type", "message/rfc822")], "Received: x\r\n\r\n\u{fc}"),
    ]);
    let all = fetch(&script).await.unwrap();
    let Attachment::File(file) = &all[0] else { panic!("a file") };
    assert_eq!((file.name.as_str(), &file.bytes[..]), ("Offer.eml", "Received: x\r\n\r\n\u{fc}".as_bytes()));
    assert_eq!(script.asked()[1].method, "GET");
    assert!(script.asked()[1].time_limit > script.asked()[0].time_limit, "files take their time");
}

#[tokio::test]
async fn a_list_goes_on_behind_its_link_but_not_elsewhere() {
    let page = |next: &str| {
        json(
            200,
            json!({"value": [listed("x", "#microsoft.graph.referenceAttachment", "x")], "@odata.nextLink": next}),
        )
    };
    let next = format!("{ORIGIN}/v1.0/users/ada/messages/x/attachments?$skip=1");
    let script = Script::new([page(&next), json(200, json!({"value": []}))]);
    let all = fetch(&script).await.unwrap();
    assert!(matches!(&all[..], [Attachment::LeftOut(left)] if left.because == LeftOutBecause::NoFile));
    assert_eq!(script.asked()[1].url.as_str(), next);
    let script = Script::new([page("https://evil.example/v1.0/x")]);
    assert_eq!(bare(fetch(&script).await), refused(Code::ExchangeRefused));
}

#[tokio::test]
async fn lists_that_are_none_are_asked_for_again() {
    for (status, body, expected) in [
        (200, json!({}), Failure::NotDone(Problem::new(Code::ExchangeDown))),
        (200, json!({"value": [{"name": "no id"}]}), Failure::NotDone(Problem::new(Code::ExchangeDown))),
        (500, json!({}), Failure::NotDone(Problem::new(Code::ExchangeDown))),
        (404, refusal("ErrorItemNotFound"), refused(Code::MessageGone)),
        (403, refusal("ErrorAccessDenied"), refused(Code::MailboxDenied)),
    ] {
        assert_eq!(
            bare(fetch(&Script::new([json(status, body.clone())])).await),
            expected,
            "{status} {body}"
        );
    }
}
