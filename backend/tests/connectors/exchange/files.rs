//! What is attached to a message.

use super::mailbox_of;
use crate::tenant::{Tenant, engine, problem, status};
use backend::body::{AttachedFile, Attachment, LeftOutBecause, Place as Shown};
use backend::exchange::{Exchange, Want};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::company::ADA;
use sandbox::world::faults::{Kind, Place};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::email::Attachments;
use shared::item::ItemId;
use shared::problem::Code;

fn file(name: &str, content: &[u8]) -> Value {
    json!({"name": name, "contentType": "application/pdf", "contentBytes": STANDARD.encode(content)})
}

fn logo() -> Value {
    let mut logo = file("logo.png", b"\x89PNG");
    logo["contentType"] = json!("image/png");
    logo["isInline"] = json!(true);
    logo["contentId"] = json!("logo@x");
    logo
}

async fn letter(tenant: &Tenant, files: Value) -> ItemId {
    let letter = json!({
        "from": {"address": "eve@x.example"}, "to": [{"address": ADA.upn}], "subject": "Files",
        "html": "<img src=\"cid:logo@x\">", "attachments": files,
    });
    let delivered = tenant.control("POST", "/exchange/deliver", letter).await;
    ItemId(delivered["copies"][0]["immutableId"].as_str().expect("an id").to_owned())
}

fn names(attachments: &[Attachment]) -> Vec<&str> {
    attachments
        .iter()
        .map(|one| match one {
            Attachment::File(file) => file.name.as_str(),
            Attachment::LeftOut(left) => left.name.as_str(),
        })
        .collect()
}

fn as_file(one: &Attachment) -> &AttachedFile {
    match one {
        Attachment::File(file) => file,
        Attachment::LeftOut(left) => panic!("a file: {left:?}"),
    }
}

#[tokio::test]
async fn small_files_come_in_two_round_trips_in_their_order_pictures_included() {
    let tenant = Tenant::new();
    let item = letter(&tenant, json!([logo(), file("offer.pdf", b"%PDF-1"), file("", b"")])).await;
    let mark = tenant.mark();
    let all = tenant.exchange.attachments(&engine(&ADA), &mailbox_of(&ADA), &item, 1_000).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 2, "the list, then the files");
    assert_eq!(names(&all), ["logo.png", "offer.pdf", "attachment"]);
    let logo = as_file(&all[0]);
    assert_eq!((logo.place, logo.content_id.as_deref()), (Shown::Inline, Some("logo@x")));
    assert_eq!((logo.content_type.as_str(), &logo.bytes[..]), ("image/png", &b"\x89PNG"[..]));
    let offer = as_file(&all[1]);
    assert_eq!((offer.place, &offer.bytes[..]), (Shown::Listed, &b"%PDF-1"[..]));
    let (engine, ada) = (engine(&ADA), mailbox_of(&ADA));
    let seen = tenant.exchange.look(&engine, &ada, &item, Want::HeadersAndBody).await;
    assert_eq!(seen.unwrap().message.unwrap().message.attachments, Attachments::Some);
}

#[tokio::test]
async fn what_is_too_large_stays_in_outlook_and_is_never_downloaded() {
    let tenant = Tenant::new();
    let large = vec![b'x'; 20_000];
    let item = letter(&tenant, json!([file("film.mov", &large), file("offer.pdf", b"%PDF-1")])).await;
    let mark = tenant.mark();
    let all = tenant.exchange.attachments(&engine(&ADA), &mailbox_of(&ADA), &item, 10_000).await.unwrap();
    let Attachment::LeftOut(film) = &all[0] else { panic!("left out") };
    assert_eq!((film.name.as_str(), film.size, film.because), ("film.mov", 20_000, LeftOutBecause::TooLarge));
    assert_eq!(&as_file(&all[1]).bytes[..], b"%PDF-1");
    let downloads = tenant.world.journal.entries_after(mark);
    let downloads = downloads.iter().filter(|entry| entry.path.contains("/attachments/")).count();
    assert_eq!(downloads, 1);
    let nearly = vec![b'x'; 10_001];
    let item = letter(&tenant, json!([file("nearly.bin", &nearly)])).await;
    let all = tenant.exchange.attachments(&engine(&ADA), &mailbox_of(&ADA), &item, 10_000).await.unwrap();
    assert!(matches!(&all[0], Attachment::LeftOut(left) if left.because == LeftOutBecause::TooLarge));
}

#[tokio::test]
async fn many_files_travel_twenty_at_a_time_and_none_is_none() {
    let tenant = Tenant::new();
    let many: Vec<Value> = (0..45).map(|n| file(&format!("{n}.txt"), n.to_string().as_bytes())).collect();
    let item = letter(&tenant, json!(many)).await;
    let mark = tenant.mark();
    let all = tenant.exchange.attachments(&engine(&ADA), &mailbox_of(&ADA), &item, 1_000).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 4);
    assert!(all.iter().enumerate().all(|(n, one)| as_file(one).bytes == n.to_string()));
    let item = letter(&tenant, json!([])).await;
    let mark = tenant.mark();
    let none = tenant.exchange.attachments(&engine(&ADA), &mailbox_of(&ADA), &item, 1_000).await;
    assert_eq!((none, tenant.round_trips(mark).len()), (Ok(Vec::new()), 1));
}

#[tokio::test]
async fn files_of_a_message_that_is_gone_or_in_trouble_are_not_made_up() {
    let tenant = Tenant::new();
    let (engine, ada) = (engine(&ADA), mailbox_of(&ADA));
    let item = letter(&tenant, json!([file("a.pdf", b"a"), file("b.pdf", b"b")])).await;
    let invented = ItemId("AAkInvented==".to_owned());
    let gone = tenant.exchange.attachments(&engine, &ada, &invented, 1_000).await;
    assert_eq!(problem(gone).1.code, Code::MessageGone);
    tenant.fault(Service::Graph, Place::Part, "/attachments/", status(404, "ErrorItemNotFound", None));
    let changed = tenant.exchange.attachments(&engine, &ada, &item, 1_000).await;
    assert_eq!(problem(changed).1.code, Code::MessageGone);
    for (pointer, value) in [("/contentBytes", json!("***")), ("/contentBytes", json!(7))] {
        let garbage = Kind::BodyReplaced { pointer: pointer.into(), value };
        tenant.fault(Service::Graph, Place::Part, "/attachments/", garbage);
        let garbage = tenant.exchange.attachments(&engine, &ada, &item, 1_000).await;
        assert_eq!(problem(garbage).0, "not done");
    }
    tenant.fault(Service::Graph, Place::Part, "/attachments/", status(429, "TooManyRequests", Some("3")));
    let (kind, problem) = problem(tenant.exchange.attachments(&engine, &ada, &item, 1_000).await);
    assert_eq!(
        (kind, problem.code, problem.retry_after_ms),
        ("not done", Code::ExchangeThrottled, Some(3_000))
    );
}
