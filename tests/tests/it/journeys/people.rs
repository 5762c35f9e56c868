//! Who the people on a mail are in the CRM, and in its activity parties.

use http::{Method, StatusCode};
use sandbox::company::{
    ADA, BEN, CHIARA, FJORDLINE, INGRID, LARS, MAEVE, MAEVE_TWIN, MERIDIAN, PIETER, QUEUE_ADDRESS,
    QUEUE_NAME, YUKI,
};
use serde_json::json;
use shared::RuleId;
use shared::api::{ItemState, Person, WishRequest};
use shared::category::TRACKED;
use shared::item::SmtpAddress;
use shared::party::{Chosen, NewContact, Role};
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RegardingWish, Wish};
use tests::{Mail, Pane, Stack, parties};
use uuid::Uuid;

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

fn sender(state: &ItemState) -> &Person {
    state.people.iter().find(|person| person.role == Role::From).expect("a sender")
}

/// Chooses which of several records somebody is, whatever comes of it.
async fn choose(pane: &Pane, mail: &Mail, choice: &Chosen) -> tests::Answer {
    let path = format!("/api/items/{}/choice?mailbox={}", mail.item, mail.mailbox);
    pane.call(Method::PUT, &path, Some(json!(choice).to_string())).await
}

fn chosen(address: &str, state: &ItemState, name: &str) -> Chosen {
    let found = sender(state).matches.iter().find(|found| found.record.name == name).expect("a match");
    Chosen { address: SmtpAddress::new(address), record: found.record.key.clone() }
}

#[tokio::test]
async fn ppl_03_several_matches_are_shown_and_the_choice_is_remembered() {
    let stack = Stack::start().await;
    let ben = stack.pane(&BEN);
    let mail = stack.deliver(MAEVE.email, &[BEN.upn], "The fair").await;
    let state = ben.open(&mail).await;
    let twin = format!("{} {}", MAEVE_TWIN.first, MAEVE_TWIN.last);
    assert_eq!(sender(&state).matches.len(), 2);
    assert_eq!(sender(&state).records[0].record.name, "Maeve O'Hara", "his own, by the rules");
    let choice = chosen(MAEVE.email, &state, &twin);
    let state: ItemState = choose(&ben, &mail, &choice).await.json();
    assert_eq!(sender(&state).why.rule, RuleId::Ppl03);
    assert_eq!(sender(&state).records[0].record.key, choice.record);
    let next = stack.deliver(MAEVE.email, &[BEN.upn], "The next fair").await;
    ben.track(&next).await;
    let email = stack.email(&next.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party(MAEVE.email, "contact", &twin)], "from then on");
    let adas = stack.deliver(MAEVE.email, &[ADA.upn], "To Ada").await;
    let state = stack.pane(&ADA).open(&adas).await;
    assert_ne!(sender(&state).why.rule, RuleId::Ppl03, "each user has choices of their own");
}

#[tokio::test]
async fn ppl_03_what_is_tracked_without_the_pane_knows_the_choice_too() {
    let stack = Stack::synchronizing(&[BEN.upn]).await;
    let ben = stack.pane(&BEN);
    let mail = stack.deliver(MAEVE.email, &[BEN.upn], "The fair").await;
    let twin = format!("{} {}", MAEVE_TWIN.first, MAEVE_TWIN.last);
    let choice = chosen(MAEVE.email, &ben.open(&mail).await, &twin);
    assert_eq!(choose(&ben, &mail, &choice).await.status, StatusCode::OK);
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(BEN.upn).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party(MAEVE.email, "contact", &twin)]);
}

#[tokio::test]
async fn ppl_03_a_record_that_is_none_of_the_matches_is_refused_and_not_remembered() {
    let stack = Stack::start().await;
    let ben = stack.pane(&BEN);
    let mail = stack.deliver(MAEVE.email, &[BEN.upn], "The fair").await;
    let state = ben.open(&mail).await;
    let mut choice = chosen(MAEVE.email, &state, "Maeve O'Hara");
    choice.record.id = INGRID.id.parse().expect("an id");
    let refused = choose(&ben, &mail, &choice).await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::BAD_REQUEST, Code::BadRequest));
    assert_eq!(sender(&ben.open(&mail).await).why.rule, RuleId::Ppl01);
}

const STRANGER: &str = "greta@lindqvist.example";

fn greta() -> NewContact {
    let name = "Greta Lindqvist".to_owned();
    NewContact { id: Uuid::new_v4(), address: SmtpAddress::new(STRANGER), name }
}

fn add(contact: &NewContact) -> Wish {
    Wish::Track { regarding: RegardingWish::Create(contact.clone()) }
}

/// The contacts that bear the address: first name, last name and owner.
async fn contacts(stack: &Stack) -> Vec<serde_json::Value> {
    let all = stack.act(Method::GET, "dataverse/contacts", &serde_json::Value::Null).await;
    let all = all["value"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|row| row["emailaddress1"] == STRANGER).collect()
}

#[tokio::test]
async fn ppl_04_an_unknown_sender_becomes_a_contact_and_the_email_is_tracked_regarding_it() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.deliver(STRANGER, &[ADA.upn], "A question").await;
    assert!(sender(&ada.open(&mail).await).records.is_empty());
    let state = ada.wish(&mail, add(&greta())).await;
    assert_eq!(state.status, Status::Tracked, "{state:#?}");
    assert!(state.why.iter().any(|why| why.rule == RuleId::Ppl04), "{:?}", state.why);
    assert_eq!(state.regarding.as_ref().map(|link| link.record.name.as_str()), Some("Greta Lindqvist"));
    assert_eq!(sender(&state).records.len(), 1);
    let [contact] = &contacts(&stack).await[..] else { panic!("one contact") };
    assert_eq!((&contact["firstname"], &contact["lastname"]), (&json!("Greta"), &json!("Lindqvist")));
    assert_eq!(contact["ownerid"]["name"], ADA.name, "made by the user");
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(parties(&email, FROM), [party(STRANGER, "contact", "Greta Lindqvist")]);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(sender(&ada.open(&mail).await).records.len(), 1, "known from then on");
}

#[tokio::test]
async fn ppl_04_a_repeated_wish_makes_no_second_contact() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.deliver(STRANGER, &[ADA.upn], "A question").await;
    let contact = greta();
    let request = WishRequest { id: Uuid::new_v4(), wish: add(&contact) };
    for _ in 0..2 {
        let state: ItemState = ada.send(&mail, &request).await.json();
        assert_eq!(state.status, Status::Tracked);
    }
    // Another click, after the first answer was lost; and a colleague's, for another mail.
    ada.wish(&mail, add(&contact)).await;
    let bens = stack.deliver(STRANGER, &[BEN.upn], "Another question").await;
    let state = stack.pane(&BEN).wish(&bens, add(&greta())).await;
    assert_eq!(state.regarding.map(|link| link.record.key.id), Some(contact.id));
    assert_eq!(contacts(&stack).await.len(), 1);
}

#[tokio::test]
async fn ppl_04_without_the_privilege_nothing_is_made_or_tracked_and_the_reason_is_told() {
    let stack = Stack::start().await;
    let chiara = stack.pane(&CHIARA);
    let mail = stack.deliver(STRANGER, &[CHIARA.upn], "A question").await;
    let state = chiara.wish(&mail, add(&greta())).await;
    let words = state.problem.expect("words");
    assert!(words.title.contains("prvCreateContact") && words.remedy.contains("administrator"), "{words:?}");
    assert!(contacts(&stack).await.is_empty() && stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]), "the category came off again");
}

#[tokio::test]
async fn ppl_04_a_contact_without_a_name_or_not_on_the_message_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.deliver(STRANGER, &[ADA.upn], "A question").await;
    let nameless = WishRequest { id: Uuid::new_v4(), wish: add(&NewContact { name: " ".into(), ..greta() }) };
    let refused = ada.send(&mail, &nameless).await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::BAD_REQUEST, Code::BadRequest));
    let other = NewContact { address: SmtpAddress::new("nobody@nowhere.example"), ..greta() };
    let state = ada.wish(&mail, add(&other)).await;
    assert!(matches!(state.status, Status::Failed { .. }), "{:?}", state.status);
    assert!(contacts(&stack).await.is_empty());
}
