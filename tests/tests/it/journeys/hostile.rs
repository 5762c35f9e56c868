//! What others write is text, on every way and on both sides.

use super::{account, record};
use http::Method;
use sandbox::company::{ADA, BEN, INGRID};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::regarding::Table;
use shared::status::Status;
use tests::{Stack, parties};

const HOSTILE: [&str; 12] = [
    "' or 1 eq 1 or '",
    "'; drop table wishes; --",
    "100 % of {everything} {0} %s %n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u{1f6a2}\u{fe0f}\u{200d} зима 冬 \u{202e}gnp.exe",
    "a\"b\\c/d&e=f?g#h+i;j,k|l`m$n",
    "--batch_x\r\nContent-Type: application/http\r\n\r\nDELETE /api/data/v9.2/accounts HTTP/1.1",
    "\u{0}\u{1}\u{7f}\u{feff}",
    "%27%20or%20true",
    "$filter=1 eq 1&$top=999",
    "{address} {matches} {code}",
    "   ",
];

#[tokio::test]
async fn subjects_are_text_in_the_crm_and_in_the_pane() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for subject in HOSTILE {
        let mail = stack.deliver(INGRID.email, &[ADA.upn], subject).await;
        let state = ada.track(&mail).await;
        assert_eq!(state.status, Status::Tracked, "{subject:?}: {:#?}", state.problem);
        let email = stack.email(&mail.internet_message_id).await;
        let wanted: Option<&str> = Some(subject).filter(|s| !s.trim().is_empty());
        assert_eq!(email["subject"].as_str().filter(|s| !s.trim().is_empty()), wanted);
        assert_eq!(state.record.map(|link| link.record.name).as_deref(), Some(subject));
        assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    }
}

#[tokio::test]
async fn a_subject_of_ten_thousand_characters_is_cut_for_the_crm() {
    let stack = Stack::start().await;
    for letter in ["x", "ß", "\u{1f6a2}"] {
        let subject = letter.repeat(10_000);
        let mail = stack.deliver(INGRID.email, &[ADA.upn], &subject).await;
        let state = stack.pane(&ADA).track(&mail).await;
        assert_eq!(state.status, Status::Tracked, "{:#?}", state.problem);
        let email = stack.email(&mail.internet_message_id).await;
        let stored = email["subject"].as_str().unwrap();
        assert!(!stored.is_empty() && subject.starts_with(stored), "{}", stored.len());
    }
}

#[tokio::test]
async fn names_of_people_are_text() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for name in HOSTILE {
        let mail = stack
            .post(json!({
                "from": { "address": "o'neill+x@example.com", "name": name }, "subject": "From a stranger",
                "to": [{ "address": ADA.upn, "name": name }],
            }))
            .await;
        let state = ada.track(&mail).await;
        assert_eq!(state.status, Status::Tracked, "{name:?}: {:#?}", state.problem);
        let email = stack.email(&mail.internet_message_id).await;
        assert_eq!(parties(&email, 1)[0].0, "o'neill+x@example.com");
        assert!(state.people.iter().all(|p| !p.why.text.contains("everything")), "explained by address only");
    }
}

#[tokio::test]
async fn addresses_are_text_in_filters() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for address in
        ["x'or'1'eq'1@example.com", "a%27b@example.com", "\"a b\"@example.com", "not an address", "@"]
    {
        let mail = stack
            .post(json!({
                "from": { "address": address, "name": "Somebody" }, "subject": "Hello",
                "to": [{ "address": ADA.upn }],
            }))
            .await;
        let state = ada.track(&mail).await;
        assert_eq!(state.status, Status::Tracked, "{address}: {:#?}", state.problem);
        let sender = &state.people[0];
        assert!(sender.records.is_empty(), "{address}: {:#?}", sender.records);
    }
}

#[tokio::test]
async fn search_terms_are_text_in_filters() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for term in HOSTILE.iter().filter(|term| term.trim().len() > 1 && !term.contains(char::is_control)) {
        assert!(ada.search(term).await.records.is_empty(), "{term}");
    }
    for wildcard in ["%%", "__", "%_%", "[a-z]"] {
        assert!(ada.search(wildcard).await.records.is_empty(), "{wildcard} stands for nothing but itself");
    }
    assert_eq!(ada.search("West 5%").await.records.len(), 1, "a percent sign is a percent sign");
}

#[tokio::test]
async fn names_of_records_are_text() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for name in HOSTILE.iter().filter(|name| !name.trim().is_empty() && !name.contains('\0')) {
        let row = json!({ "name": format!("Hostile {name}") });
        let made = stack.act(Method::POST, "dataverse/accounts", &row).await;
        let chosen = record(Table::account(), made["id"].as_str().unwrap(), name);
        let mail = stack.mail_to(&ADA).await;
        let state = ada.set_regarding(&mail, chosen).await;
        assert_eq!(state.status, Status::Tracked, "{name:?}: {:#?}", state.problem);
        assert_eq!(state.regarding.map(|link| link.record.name), Some(format!("Hostile {name}")));
    }
    let found = ada.search("Hostile").await.records;
    assert!(found.iter().any(|f| f.record.name.contains("<script>")));
}

#[tokio::test]
async fn message_ids_are_text_in_filters() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for id in ["<a'b or 1 eq 1@x>", "<%27@x>", "<a&b=c#d+e/f?g@x>", &format!("<{}@x>", "y".repeat(900))] {
        let mail = stack
            .post(json!({
                "from": { "address": INGRID.email }, "subject": "Odd id", "internetMessageId": id,
                "to": [{ "address": ADA.upn }],
            }))
            .await;
        assert_eq!(ada.track(&mail).await.status, Status::Tracked, "{id}");
        assert_eq!(ada.open(&mail).await.status, Status::Tracked, "{id}");
        let copy = stack.post(json!({
            "from": { "address": INGRID.email }, "subject": "Odd id", "internetMessageId": id,
            "to": [{ "address": BEN.upn }],
        }));
        let state = stack.pane(&BEN).open(&copy.await).await;
        assert!(state.tracked_elsewhere.is_some(), "{id} is found again from another mailbox");
    }
}

#[tokio::test]
async fn what_is_asked_of_the_crm_names_no_more_than_one_set_for_a_hostile_term() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    ada.search("calm").await;
    let mark = stack.mark();
    ada.search("calm").await;
    let calm = stack.since(mark).len();
    let mark = stack.mark();
    ada.search("x') or contains(name,'").await;
    let asked = stack.since(mark);
    assert_eq!(asked.len(), calm, "a term cannot add a request: {asked:#?}");
    assert!(asked.iter().all(|entry| entry.service == Service::Dataverse && entry.status == Some(200)));
    assert!(
        ada.set_regarding(&stack.mail_to(&ADA).await, account(&sandbox::company::OHARA))
            .await
            .problem
            .is_none()
    );
}
