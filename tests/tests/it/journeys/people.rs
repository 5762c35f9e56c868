//! Who the people on a mail are in the CRM, and in its activity parties.

use http::Method;
use sandbox::company::{
    ADA, BEN, FJORDLINE, INGRID, LARS, MAEVE, MAEVE_TWIN, MERIDIAN, PIETER, QUEUE_ADDRESS, QUEUE_NAME, YUKI,
};
use serde_json::json;
use shared::RuleId;
use shared::party::Role;
use tests::{Stack, parties};

const FROM: i64 = 1;
const TO: i64 = 2;
const CC: i64 = 3;

fn party(address: &str, table: &str, name: &str) -> (String, String, String) {
    (address.to_owned(), table.to_owned(), name.to_owned())
}

#[tokio::test]
async fn ppl_01_the_sender_is_resolved_to_the_contact_with_the_address() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let state = stack.pane(&ADA).track(&mail).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party(INGRID.email, "contact", "Ingrid Solheim")]);
    let sender = state.people.iter().find(|person| person.role == Role::From).unwrap();
    assert_eq!(sender.records[0].record.key.id.to_string(), INGRID.id);
    assert_eq!(sender.why.rule, RuleId::Ppl01);
}

#[tokio::test]
async fn ppl_01_a_record_of_the_tracking_users_own_wins() {
    let stack = Stack::start().await;
    for (person, own) in [(&ADA, &MAEVE_TWIN), (&BEN, &MAEVE)] {
        let mail = stack.deliver(MAEVE.email, &[person.upn], "The fair").await;
        stack.pane(person).track(&mail).await;
        let email = stack.email(&mail.internet_message_id).await;
        let name = format!("{} {}", own.first, own.last);
        assert_eq!(parties(&email, FROM), [party(MAEVE.email, "contact", &name)], "{}", person.name);
    }
}

#[tokio::test]
async fn ppl_01_an_account_or_a_lead_can_be_the_sender() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for (address, table, name) in
        [(FJORDLINE.email, "account", FJORDLINE.name), (YUKI.email, "lead", "Yuki Tanabe")]
    {
        let mail = stack.deliver(address, &[ADA.upn], "A question").await;
        ada.track(&mail).await;
        let email = stack.email(&mail.internet_message_id).await;
        assert_eq!(parties(&email, FROM), [party(address, table, name)]);
    }
}

#[tokio::test]
async fn ppl_01_an_unknown_sender_stays_unresolved() {
    let stack = Stack::start().await;
    let mail = stack.deliver("stranger@nowhere.example", &[ADA.upn], "Hello").await;
    let state = stack.pane(&ADA).track(&mail).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party("stranger@nowhere.example", "", "")]);
    let sender = state.people.iter().find(|person| person.role == Role::From).unwrap();
    assert!(sender.records.is_empty());
    assert!(sender.why.text.contains("bears 0 record"), "{}", sender.why.text);
}

#[tokio::test]
async fn ppl_01_a_sender_on_more_than_a_hundred_records_stays_unresolved() {
    let stack = Stack::start().await;
    let crowd = "info@crowd.example";
    let add = async |count: usize| {
        for n in 0..count {
            let contact = json!({ "lastname": format!("Crowd {n}"), "emailaddress1": crowd });
            stack.act(Method::POST, "dataverse/contacts", &contact).await;
        }
    };
    add(100).await;
    let ada = stack.pane(&ADA);
    let sender = async || {
        let mail = stack.deliver(crowd, &[ADA.upn], "From many").await;
        ada.track(&mail).await;
        parties(&stack.email(&mail.internet_message_id).await, FROM)
    };
    assert_eq!(sender().await[0].1, "contact", "a hundred are not too many");
    add(1).await;
    assert_eq!(sender().await, [party(crowd, "", "")]);
}

#[tokio::test]
async fn ppl_02_recipients_are_resolved_to_users_contacts_and_queues() {
    let stack = Stack::start().await;
    let to = [ADA.upn, QUEUE_ADDRESS, LARS.email, "nobody@nowhere.example"];
    let mail = stack.deliver(INGRID.email, &to, "To all of you").await;
    stack.pane(&ADA).track(&mail).await;
    let email = stack.email(&mail.internet_message_id).await;
    let mut wanted = [
        party(ADA.upn, "systemuser", ADA.name),
        party(QUEUE_ADDRESS, "queue", QUEUE_NAME),
        party(LARS.email, "contact", "Lars Nygaard"),
        party("nobody@nowhere.example", "", ""),
    ];
    wanted.sort();
    assert_eq!(parties(&email, TO), wanted);
}

#[tokio::test]
async fn ppl_02_recipients_resolve_to_all_active_matches() {
    let stack = Stack::start().await;
    let people = |all: &[&str]| all.iter().map(|a| json!({ "address": a })).collect::<Vec<_>>();
    let letter = || {
        json!({ "from": { "address": INGRID.email }, "to": people(&[ADA.upn]), "cc": people(&[MAEVE.email]),
                "subject": "Copy to Maeve" })
    };
    let mail = stack.post(letter()).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let both = [
        party(MAEVE.email, "contact", "Maeve O'Hara"),
        party(MAEVE.email, "contact", "Maeve O'Hara (fair 2025)"),
    ];
    assert_eq!(parties(&stack.email(&mail.internet_message_id).await, CC), both);
    let path = format!("dataverse/contacts/{}", MAEVE_TWIN.id);
    stack.act(Method::PATCH, &path, &json!({ "statecode": 1, "statuscode": 2 })).await;
    let mail = stack.post(letter()).await;
    let state = ada.track(&mail).await;
    assert_eq!(parties(&stack.email(&mail.internet_message_id).await, CC), both[..1]);
    let copied = state.people.iter().find(|person| person.role == Role::Cc).unwrap();
    assert_eq!((copied.records.len(), copied.why.rule), (1, RuleId::Ppl02));
}

#[tokio::test]
async fn ppl_02_the_pane_resolves_to_what_the_user_may_read() {
    let stack = Stack::start().await;
    let mail = stack.deliver(PIETER.email, &[BEN.upn], "From Meridian").await;
    let state = stack.pane(&BEN).track(&mail).await;
    let sender = state.people.iter().find(|person| person.role == Role::From).unwrap();
    assert!(sender.records.is_empty(), "Pieter of {} is none of Ben's business", MERIDIAN.name);
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party(PIETER.email, "", "")]);
}

#[tokio::test]
async fn ppl_02_somebody_who_is_named_twice_is_one_party() {
    let stack = Stack::start().await;
    let people = |all: &[&str]| all.iter().map(|a| json!({ "address": a })).collect::<Vec<_>>();
    let mail = stack
        .post(json!({
            "from": { "address": INGRID.email },
            "to": people(&[ADA.upn, LARS.email, &LARS.email.to_uppercase()]),
            "subject": "Twice",
        }))
        .await;
    stack.pane(&ADA).track(&mail).await;
    let email = stack.email(&mail.internet_message_id).await;
    let of_lars = parties(&email, TO).into_iter().filter(|(_, _, name)| name == "Lars Nygaard").count();
    assert_eq!(of_lars, 1);
}

#[tokio::test]
async fn ppl_02_addresses_are_compared_without_regard_to_case() {
    let stack = Stack::start().await;
    let mail = stack.deliver("Ingrid.SOLHEIM@Fjordline.example", &[ADA.upn], "Loud").await;
    stack.pane(&ADA).track(&mail).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM)[0].2, "Ingrid Solheim");
}
