//! Looking into mailboxes and putting categories on messages.

mod files;
mod reading;

use crate::tenant::{Tenant, engine, id, problem, status, user};
use backend::exchange::{Exchange, MailboxSeen, MessageSeen, Want};
use backend::outcome::Failure;
use sandbox::company::{self, ADA, BEN, CHIARA, DAN, INGRID, Person};
use sandbox::world::faults::{Kind, Place};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::category::{MasterCategory, MasterList, TRACKED};
use shared::email::Direction;
use shared::item::{ItemId, SmtpAddress};
use shared::party::Role;
use shared::problem::Code;

const SUBJECT: &str = "Quick one: is the probe IP68?";

fn mailbox_of(person: &Person) -> SmtpAddress {
    SmtpAddress::new(person.upn)
}

fn queue() -> SmtpAddress {
    SmtpAddress::new(company::QUEUE_ADDRESS)
}

/// The id by which the host page would name the newest message of a subject, in the REST form.
async fn item(tenant: &Tenant, mailbox: &str, subject: &str) -> ItemId {
    let path = format!("/exchange/mailboxes/{mailbox}/messages");
    let all = tenant.control("GET", &path, Value::Null).await;
    let found = all["value"].as_array().expect("a list").iter().find(|m| m["subject"] == subject);
    let found = found.unwrap_or_else(|| panic!("no {subject} in {mailbox}"));
    let ids = ["id", "restId", "itemId"].iter().find_map(|name| found[*name].as_str());
    ItemId::from_office(ids.unwrap_or_else(|| panic!("no id: {found}")))
}

async fn seen(tenant: &Tenant, mailbox: &SmtpAddress, item: &ItemId) -> MessageSeen {
    let seen = tenant.exchange.look(&user(&ADA), mailbox, item, Want::Headers).await.expect("a look");
    seen.message.expect("a message")
}

fn list(seen: &MailboxSeen) -> &[MasterCategory] {
    match &seen.master_categories {
        MasterList::Readable(list) => list,
        MasterList::Hidden => panic!("the list is shown to its owner"),
    }
}

#[tokio::test]
async fn one_look_shows_mailbox_master_list_and_message_in_one_round_trip() {
    let tenant = Tenant::new();
    let item = item(&tenant, ADA.upn, "RE: Depth sounders for our ferries").await;
    let mark = tenant.mark();
    let seen =
        tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &item, Want::HeadersAndBody).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 1);
    assert_eq!(seen.mailbox.0, id(ADA.oid));
    assert_eq!(seen.addresses, [mailbox_of(&ADA)]);
    assert!(list(&seen).iter().any(|c| c.name == "Fjordline"));
    let message = seen.message.unwrap();
    assert!(message.body.is_some_and(|body| body.0.contains("<p>")));
    let message = message.message;
    assert!(message.internet_message_id.is_some());
    assert_eq!(message.correspondents[0].role, Role::From);
    assert!(message.correspondents.iter().any(|c| c.address.as_str() == INGRID.email));
    let again =
        tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &message.id, Want::Headers).await.unwrap();
    let again = again.message.unwrap();
    assert_eq!((again.message, again.body), (message, None), "the immutable id names the same message");
}

#[tokio::test]
async fn what_ada_sent_is_outgoing() {
    let tenant = Tenant::new();
    let all = tenant.control("GET", &format!("/exchange/mailboxes/{}/messages", ADA.upn), Value::Null).await;
    let mut directions = Vec::new();
    for message in all["value"].as_array().unwrap() {
        let item = ItemId::from_office(message["id"].as_str().or(message["restId"].as_str()).unwrap());
        directions.push(seen(&tenant, &mailbox_of(&ADA), &item).await.message.direction);
    }
    assert!(directions.contains(&Direction::Outgoing) && directions.contains(&Direction::Incoming));
}

#[tokio::test]
async fn a_category_is_created_put_on_and_taken_off() {
    let tenant = Tenant::new();
    let (ada, mailbox) = (user(&ADA), mailbox_of(&ADA));
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let mark = tenant.mark();
    let created = tenant.exchange.create_master_category(&ada, &mailbox, TRACKED).await.unwrap();
    let twice = tenant.exchange.create_master_category(&ada, &mailbox, TRACKED).await;
    assert_eq!(twice, Err(Failure::Conflict));
    let before = seen(&tenant, &mailbox, &item).await.message;
    let tracked = [TRACKED.to_owned()];
    let after =
        tenant.exchange.set_categories(&ada, &mailbox, &before.id, &tracked, &before.etag).await.unwrap();
    assert_eq!(after.categories, tracked);
    assert_ne!(after.etag, before.etag);
    let stale = tenant.exchange.set_categories(&ada, &mailbox, &before.id, &[], &before.etag).await;
    assert_eq!(stale, Err(Failure::Conflict));
    let looked = tenant.exchange.look(&ada, &mailbox, &item, Want::Headers).await.unwrap();
    assert!(list(&looked).iter().any(|c| c.id == created && c.name == TRACKED));
    assert_eq!(looked.message.map(|m| m.message.etag), Some(after.etag.clone()));
    tenant.exchange.set_categories(&ada, &mailbox, &before.id, &[], &after.etag).await.unwrap();
    assert_eq!(tenant.effects(mark), ["masterCategory.create", "message.categories", "message.categories"]);
}

#[tokio::test]
async fn a_message_that_is_gone_is_absent_and_cannot_be_categorized() {
    let tenant = Tenant::new();
    let (ada, mailbox) = (user(&ADA), mailbox_of(&ADA));
    let invented = ItemId("AAkInvented==".to_owned());
    assert_eq!(tenant.exchange.look(&ada, &mailbox, &invented, Want::Headers).await.unwrap().message, None);
    let refused = tenant.exchange.set_categories(&ada, &mailbox, &invented, &[], "W/\"x\"").await;
    assert_eq!(problem(refused).1.code, Code::MessageGone);
}

#[tokio::test]
async fn mailboxes_are_closed_to_those_they_are_closed_to() {
    let tenant = Tenant::new();
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let looked = tenant.exchange.look(&user(&DAN), &mailbox_of(&ADA), &item, Want::Headers).await;
    match looked {
        Ok(seen) => assert_eq!(seen.message, None, "Exchange may also say that there is nothing"),
        Err(_) => assert_eq!(problem(looked).1.code, Code::MailboxDenied),
    }
    let nobody = SmtpAddress::new("nobody@northlight.example");
    let looked = tenant.exchange.look(&user(&ADA), &nobody, &item, Want::Headers).await;
    assert_eq!(problem(looked).1.code, Code::MailboxGone);
    let switches = format!("/exchange/mailboxes/{}/switches", ADA.oid);
    tenant.control("PUT", &switches, json!({"notInExchangeOnline": true})).await;
    let looked = tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &item, Want::Headers).await;
    assert_eq!(problem(looked).1.code, Code::MailboxGone);
}

#[tokio::test]
async fn a_reader_of_somebody_elses_inbox_may_look_and_not_write() {
    let tenant = Tenant::new();
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let (chiara, mailbox) = (user(&CHIARA), mailbox_of(&ADA));
    let seen = tenant.exchange.look(&chiara, &mailbox, &item, Want::Headers).await.unwrap();
    assert_eq!(seen.master_categories, MasterList::Hidden);
    let message = seen.message.unwrap().message;
    let refused = tenant
        .exchange
        .set_categories(&chiara, &mailbox, &message.id, &[TRACKED.to_owned()], &message.etag)
        .await;
    let (kind, problem) = problem(refused);
    assert_eq!((kind, problem.code), ("refused", Code::MailboxDenied));
    assert_eq!(problem.facts[0].value, ADA.upn, "the words name the mailbox: {problem:?}");
}

#[tokio::test]
async fn the_shared_mailbox_is_looked_into_by_user_and_by_engine() {
    let tenant = Tenant::new();
    let item = item(&tenant, company::QUEUE_ADDRESS, "Change of our invoice address").await;
    for access in [user(&BEN), engine(&BEN)] {
        let seen = tenant.exchange.look(&access, &queue(), &item, Want::Headers).await.unwrap();
        assert_eq!(seen.mailbox.0, id(company::QUEUE_OID), "{access:?}");
        assert!(seen.message.is_some(), "{access:?}");
    }
}

#[tokio::test]
async fn full_lists_and_full_mailboxes_are_refused_with_their_code() {
    let tenant = Tenant::new();
    let (ada, mailbox) = (user(&ADA), mailbox_of(&ADA));
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let message = seen(&tenant, &mailbox, &item).await.message;
    let switches = format!("/exchange/mailboxes/{}/switches", ADA.oid);
    for fault in ["quotaExceeded", "messageSizeExceeded"] {
        tenant.control("PUT", &switches, json!({"categoryWrites": fault, "masterListFull": true})).await;
        let tracked = [TRACKED.to_owned()];
        let set = tenant.exchange.set_categories(&ada, &mailbox, &message.id, &tracked, &message.etag).await;
        let (kind, problem) = problem(set);
        assert_eq!((kind, problem.code), ("refused", Code::CategoryRefused), "{fault}");
        assert!(problem.facts[0].value.starts_with("Error"), "{problem:?}");
    }
    let created = tenant.exchange.create_master_category(&ada, &mailbox, TRACKED).await;
    assert_eq!(problem(created).1.code, Code::CategoryRefused);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_write_in_doubt_and_the_next_look_tells() {
    let tenant = Tenant::new();
    let (ada, mailbox) = (user(&ADA), mailbox_of(&ADA));
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let message = seen(&tenant, &mailbox, &item).await.message;
    tenant.fault(Service::Graph, Place::TopLevel, "/messages/", Kind::DropAfter);
    let tracked = [TRACKED.to_owned()];
    let set = tenant.exchange.set_categories(&ada, &mailbox, &message.id, &tracked, &message.etag).await;
    assert_eq!(problem(set).0, "unknown");
    assert_eq!(seen(&tenant, &mailbox, &item).await.message.categories, tracked, "it was done all the same");
    tenant.fault(Service::Graph, Place::TopLevel, "$batch", Kind::DropBefore);
    let looked = tenant.exchange.look(&ada, &mailbox, &item, Want::Headers).await;
    assert_eq!(problem(looked).0, "not done", "a read changes nothing");
}

#[tokio::test]
async fn every_form_of_retry_after_is_understood_also_on_a_part() {
    for (retry_after, wait_ms) in [
        (Some("7"), Some(7_000)),
        (Some("2.128"), Some(2_128)),
        (Some("Fri, 20 Nov 2026 10:00:30 GMT"), Some(30_000)),
        (Some("nonsense"), None),
        (None, None),
    ] {
        for (place, path) in [(Place::Part, "masterCategories"), (Place::TopLevel, "$batch")] {
            let tenant = Tenant::new();
            let item = item(&tenant, ADA.upn, SUBJECT).await;
            tenant.fault(Service::Graph, place, path, status(429, "TooManyRequests", retry_after));
            let looked = tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &item, Want::Headers).await;
            let (kind, problem) = problem(looked);
            assert_eq!(
                (kind, problem.code),
                ("not done", Code::ExchangeThrottled),
                "{retry_after:?} {place:?}"
            );
            assert_eq!(problem.retry_after_ms, wait_ms, "{retry_after:?} {place:?}");
        }
    }
}

#[tokio::test]
async fn an_expired_token_is_replaced_without_anybody_noticing() {
    let tenant = Tenant::new();
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    tenant.tokens.spoil();
    assert!(seen(&tenant, &mailbox_of(&ADA), &item).await.message.internet_message_id.is_some());
    tenant.fault(Service::Graph, Place::Part, "/messages/", status(401, "InvalidAuthenticationToken", None));
    assert!(seen(&tenant, &mailbox_of(&ADA), &item).await.message.internet_message_id.is_some());
}

#[tokio::test]
async fn server_errors_on_a_part_leave_the_look_undone() {
    for code in [500, 502, 503, 504] {
        let tenant = Tenant::new();
        let item = item(&tenant, ADA.upn, SUBJECT).await;
        tenant.fault(Service::Graph, Place::Part, "/messages/", status(code, "generalException", None));
        let looked = tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &item, Want::Headers).await;
        let (kind, problem) = problem(looked);
        assert_eq!((kind, problem.code), ("not done", Code::ExchangeDown), "{code}");
    }
}

#[tokio::test]
async fn an_evil_link_is_not_followed() {
    let tenant = Tenant::new();
    let item = item(&tenant, ADA.upn, SUBJECT).await;
    let evil = Kind::BodyReplaced {
        pointer: "/@odata.nextLink".into(),
        value: json!("https://evil.example/v1.0/x"),
    };
    tenant.fault(Service::Graph, Place::Part, "masterCategories", evil);
    let mark = tenant.mark();
    let looked = tenant.exchange.look(&user(&ADA), &mailbox_of(&ADA), &item, Want::Headers).await;
    assert_eq!(problem(looked).1.code, Code::ExchangeRefused);
    assert_eq!(tenant.round_trips(mark).len(), 1);
}
