use crate::client::*;
use sandbox::company::{ADA, BEN, QUEUE_ADDRESS};
use serde_json::json;

fn mailbox(who: &str) -> String {
    format!("/sandbox/exchange/mailboxes/{who}")
}

#[tokio::test]
async fn the_page_sees_mailboxes_folders_and_messages_with_every_id_and_colour() {
    let tenant = Tenant::new();
    let people = tenant.people();
    let mailboxes = people.get("/sandbox/exchange/mailboxes").await.expect(200).items();
    assert_eq!(mailboxes.len(), 5);
    let ada = mailboxes.iter().find(|one| one["upn"] == ADA.upn).unwrap();
    let shared: Vec<&str> =
        ada["sharedWithMe"].as_array().unwrap().iter().map(|one| text(one, "upn")).collect();
    assert!(shared.contains(&QUEUE_ADDRESS) && shared.contains(&BEN.upn));
    let folders = people.get(&format!("{}/folders", mailbox(ADA.upn))).await.expect(200).items();
    assert!(folders.iter().any(|folder| folder["wellKnownName"] == "inbox"));
    let list = people.get(&format!("{}/messages?folder=inbox", mailbox(ADA.upn))).await.expect(200).items();
    let card = list.iter().find(|card| card["subject"] == "Sunday").unwrap();
    assert!(card.get("body").is_none());
    let id = percent_encoding::utf8_percent_encode(text(card, "ewsId"), percent_encoding::NON_ALPHANUMERIC)
        .to_string();
    let full = people.get(&format!("{}/messages/{id}", mailbox(ADA.upn))).await.expect(200).json();
    assert!(text(&full["body"], "content").contains("the cake or the candles"));
    assert_eq!(full["coloredCategories"][0]["name"], "Family");
    assert_eq!(full["coloredCategories"][0]["preset"], "preset4");
    assert_eq!(text(&full, "ewsId"), text(&full, "restId").replace('-', "/").replace('_', "+"));
    let graph = tenant.ada().get(&format!("/me/messages/{}", text(&full, "restId"))).await.expect(200).json();
    assert_eq!(graph["internetMessageId"], full["internetMessageId"]);
}

#[tokio::test]
async fn people_put_and_take_categories_move_and_delete() {
    let tenant = Tenant::new();
    let (people, ada) = (tenant.people(), tenant.ada().immutable());
    let message = ada.find("Sunday").await;
    let path = format!("{}/messages/{}", mailbox(ADA.upn), text(&message, "id"));
    let mark = tenant.mark();
    let changed = people
        .post(&format!("{path}/categories"), json!({ "put": [TRACKED], "take": ["Family"] }))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["categories"], json!([TRACKED]));
    people.post(&format!("{path}/move"), json!({ "to": "archive" })).await.expect(200);
    people.delete(&path).await.expect(204);
    people.delete(&format!("{path}?forGood=true")).await.expect(204);
    assert_eq!(
        tenant.effects_after(mark),
        ["message.categories", "message.move", "message.move", "message.delete"]
    );
    assert_eq!(
        ada.get(&format!("/me/messages/{}", text(&message, "id"))).await.expect(404).code(),
        "ErrorItemNotFound"
    );
}

#[tokio::test]
async fn one_delivered_mail_is_a_copy_in_each_mailbox() {
    let tenant = Tenant::new();
    let delivery = json!({
        "from": { "name": "Eve", "address": "eve@x.example" }, "subject": "To both", "text": "a < b",
        "to": [{ "address": ADA.upn }], "cc": [{ "address": BEN.upn }, { "address": "out@side.example" }],
        "internetMessageId": "<both@x.example>",
    });
    let answer = tenant.people().post("/sandbox/exchange/deliver", delivery).await.expect(200).json();
    assert_eq!(answer["copies"].as_array().unwrap().len(), 2);
    for person in [&ADA, &BEN] {
        let copy = tenant.user(person, ALL_SCOPES).find("To both").await;
        assert_eq!(copy["internetMessageId"], "<both@x.example>");
        assert!(copy["body"]["content"].as_str().unwrap().contains("a &lt; b"));
    }
}

#[tokio::test]
async fn a_watcher_is_woken_by_the_next_change() {
    let tenant = Tenant::new();
    let people = tenant.people();
    let version = people.get(&format!("{}/changes", mailbox(ADA.upn))).await.expect(200).json()["version"]
        .as_u64()
        .unwrap();
    let watched = format!("{}/changes?since={version}&wait_ms=30000", mailbox(ADA.upn));
    let ada = tenant.ada();
    let act = async {
        let path = ada.path("Sunday").await;
        ada.patch(&path, json!({ "categories": [TRACKED] })).await.expect(200)
    };
    let (woken, _) = tokio::join!(people.get(&watched), act);
    let woken = woken.expect(200).json();
    assert_eq!(woken["changed"], true);
    assert!(woken["version"].as_u64().unwrap() > version);
}

#[tokio::test]
async fn unknown_mailboxes_and_messages_are_named_as_such() {
    let tenant = Tenant::new();
    let people = tenant.people();
    assert_eq!(
        people.get(&format!("{}/folders", mailbox("eve@x.example"))).await.expect(404).code(),
        "ErrorInvalidUser"
    );
    assert_eq!(
        people.get(&format!("{}/messages/nonsense", mailbox(ADA.upn))).await.expect(400).code(),
        "ErrorInvalidIdMalformed"
    );
}
