use crate::client::*;
use sandbox::company::{ADA, BEN, CHIARA, QUEUE_ADDRESS};
use serde_json::json;

const LIST: &str = "/me/outlook/masterCategories";

#[tokio::test]
async fn the_master_list_is_read_extended_recoloured_and_shortened() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let before = ada.get(LIST).await.expect(200).items().len();
    let made = ada.post(LIST, json!({ "displayName": TRACKED, "color": "preset4" })).await.expect(201).json();
    assert_eq!((&made["displayName"], &made["color"]), (&json!(TRACKED), &json!("preset4")));
    assert!(text(&made, "@odata.context").ends_with("/outlook/masterCategories/$entity"));
    let path = format!("{LIST}/{}", text(&made, "id"));
    assert_eq!(ada.patch(&path, json!({ "color": "preset7" })).await.expect(200).json()["color"], "preset7");
    assert_eq!(ada.get(LIST).await.items().len(), before + 1);
    ada.delete(&path).await.expect(204);
    assert_eq!(ada.get(&path).await.expect(404).code(), "ErrorItemNotFound");
}

#[tokio::test]
async fn a_name_is_taken_in_any_spelling_and_cannot_be_changed() {
    let tenant = Tenant::new();
    for (person, taken) in [(&BEN, true), (&CHIARA, true), (&ADA, false)] {
        let answer = tenant.user(person, ALL_SCOPES).post(LIST, json!({ "displayName": TRACKED })).await;
        assert_eq!(answer.status, if taken { 409 } else { 201 }, "{}", person.name);
    }
    let ada = tenant.ada();
    let path = format!("{LIST}/{}", text(&ada.get(LIST).await.items()[0], "id"));
    assert_eq!(
        ada.patch(&path, json!({ "displayName": "x" })).await.expect(400).code(),
        "ErrorInvalidPropertySet"
    );
    ada.post(LIST, json!({ "displayName": "x", "color": "preset25" })).await.expect(400);
    ada.post(LIST, json!({ "displayName": "  " })).await.expect(400);
}

#[tokio::test]
async fn nobody_but_ben_begins_with_the_tracking_category() {
    let tenant = Tenant::new();
    let app = tenant.app(&["MailboxSettings.Read"]);
    for (who, holds) in [(ADA.upn, false), (BEN.upn, true), (CHIARA.upn, false), (QUEUE_ADDRESS, false)] {
        let items = app.get(&format!("/users/{who}/outlook/masterCategories")).await.expect(200).items();
        assert_eq!(items.iter().any(|item| item["displayName"] == TRACKED), holds, "{who}");
    }
}

#[tokio::test]
async fn a_person_renames_a_category_and_items_keep_the_old_name() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let items = ada.get(LIST).await.items();
    let family = items.iter().find(|item| item["displayName"] == "Family").unwrap();
    let path = format!("/sandbox/exchange/mailboxes/{}/categories/{}", ADA.upn, text(family, "id"));
    let mark = tenant.mark();
    tenant.people().patch(&path, json!({ "displayName": "Kin" })).await.expect(200);
    assert_eq!(tenant.effects_after(mark), ["masterCategory.rename"]);
    let renamed = ada.get(&format!("{LIST}/{}", text(family, "id"))).await.expect(200).json();
    assert_eq!(renamed["displayName"], "Kin");
    assert_eq!(ada.find("Sunday").await["categories"], json!(["Family"]));
}

#[tokio::test]
async fn a_mailbox_can_be_told_to_refuse_category_writes_and_a_longer_list() {
    let tenant = Tenant::new();
    let (ada, people) = (tenant.ada(), tenant.people());
    let path = ada.path("Sunday").await;
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let put = async |value| people.send(http::Method::PUT, &switches, Some(value)).await.expect(200);
    put(json!({ "categoryWrites": "quotaExceeded", "masterListFull": true })).await;
    assert_eq!(
        ada.patch(&path, json!({ "categories": ["x"] })).await.expect(507).code(),
        "ErrorQuotaExceeded"
    );
    assert_eq!(ada.post(LIST, json!({ "displayName": "x" })).await.expect(507).code(), "ErrorQuotaExceeded");
    ada.patch(&path, json!({ "isRead": true })).await.expect(200);
    put(json!({ "categoryWrites": "messageSizeExceeded" })).await;
    assert_eq!(
        ada.patch(&path, json!({ "categories": ["x"] })).await.expect(413).code(),
        "ErrorMessageSizeExceeded"
    );
    put(json!({})).await;
    ada.patch(&path, json!({ "categories": ["x"] })).await.expect(200);
}

#[tokio::test]
async fn the_settings_tell_a_shared_mailbox_from_a_persons() {
    let tenant = Tenant::new();
    let app = tenant.app(&["MailboxSettings.Read"]);
    for (who, purpose) in [(ADA.upn, "user"), (QUEUE_ADDRESS, "shared")] {
        let settings = app.get(&format!("/users/{who}/mailboxSettings")).await.expect(200).json();
        assert_eq!(settings["userPurpose"], purpose);
        let one = app.get(&format!("/users/{who}/mailboxSettings/userPurpose")).await.expect(200).json();
        assert_eq!(one["value"], purpose);
    }
}

#[tokio::test]
async fn whatever_happens_to_the_master_list_stands_in_the_journal() {
    let tenant = Tenant::new();
    let app = tenant.app(&["MailboxSettings.ReadWrite"]);
    let list = format!("/users/{}/outlook/masterCategories", ADA.oid);
    let control = format!("/sandbox/exchange/mailboxes/{}/categories", ADA.upn);
    let mark = tenant.mark();
    let made =
        app.post(&list, json!({ "displayName": TRACKED, "color": "preset4" })).await.expect(201).json();
    let id = text(&made, "id");
    app.post(&list, json!({ "displayName": "TRACKED to dynamics 365" })).await.expect(409);
    tenant.people().post(&control, json!({ "displayName": TRACKED })).await.expect(409);
    app.patch(&format!("{list}/{id}"), json!({ "color": "preset7" })).await.expect(200);
    tenant.people().patch(&format!("{control}/{id}"), json!({ "displayName": "Mine" })).await.expect(200);
    tenant.people().patch(&format!("{control}/{id}"), json!({ "displayName": "Family" })).await.expect(409);
    app.delete(&format!("{list}/{id}")).await.expect(204);
    app.delete(&format!("{list}/{id}")).await.expect(404);
    let again = tenant.people().post(&control, json!({ "displayName": TRACKED })).await.expect(200).json();
    assert_ne!(again["id"], made["id"], "a category made anew is another one");
    tenant.people().delete(&format!("{control}/{}", text(&again, "id"))).await.expect(204);
    let kinds: Vec<String> = tenant.effects_after(mark);
    let kinds: Vec<&str> = kinds.iter().filter_map(|kind| kind.strip_prefix("masterCategory.")).collect();
    assert_eq!(kinds, ["create", "recolor", "rename", "delete", "create", "delete"]);
}
