use crate::client::*;
use sandbox::company::{ADA, BEN, CHIARA, DAN, QUEUE_ADDRESS};
use serde_json::json;

#[tokio::test]
async fn no_token_is_401_with_a_challenge() {
    let tenant = Tenant::new();
    let answer = tenant.people().get("/me").await.expect(401);
    assert_eq!(answer.code(), "InvalidAuthenticationToken");
    assert!(answer.header("www-authenticate").starts_with("Bearer "));
    assert!(answer.json()["error"]["innerError"]["request-id"].is_string());
}

#[tokio::test]
async fn scopes_open_only_what_they_name() {
    let tenant = Tenant::new();
    let reader = tenant.user(&ADA, "Mail.Read User.Read");
    let path = reader.path("Sunday").await;
    assert_eq!(reader.patch(&path, json!({ "isRead": true })).await.expect(403).code(), "ErrorAccessDenied");
    assert_eq!(reader.get("/me/outlook/masterCategories").await.expect(403).code(), "ErrorAccessDenied");
    assert_eq!(
        tenant.user(&ADA, "User.Read").get("/me/messages").await.expect(403).code(),
        "ErrorAccessDenied"
    );
    assert_eq!(
        reader.post("/me/sendMail", json!({ "message": {} })).await.expect(403).code(),
        "ErrorAccessDenied"
    );
    let nobody = tenant.user(&ADA, "Mail.Read");
    assert_eq!(nobody.get("/me").await.expect(403).code(), "Authorization_RequestDenied");
}

#[tokio::test]
async fn people_reach_the_mailboxes_that_were_shared_with_them_and_no_others() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let shared = format!("/users/{QUEUE_ADDRESS}/messages");
    let message = ada.get(&shared).await.expect(200).items()[0].clone();
    let path = format!("{shared}/{}", text(&message, "id"));
    ada.patch(&path, json!({ "categories": ["Assigned"] })).await.expect(200);
    let narrow = tenant.user(&ADA, "Mail.ReadWrite");
    assert_eq!(narrow.get(&shared).await.expect(403).code(), "ErrorAccessDenied");
    let dan = tenant.user(&DAN, ALL_SCOPES);
    assert_eq!(dan.get(&shared).await.expect(403).code(), "ErrorAccessDenied");
    assert_eq!(dan.get(&path).await.expect(403).code(), "ErrorAccessDenied");
}

#[tokio::test]
async fn an_editor_writes_in_the_shared_folder_and_a_reviewer_only_reads() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let inbox_of_ben = format!("/users/{}/mailFolders/inbox/messages", BEN.upn);
    let message = ada.get(&inbox_of_ben).await.expect(200).items()[0].clone();
    ada.patch(&format!("/users/{}/messages/{}", BEN.upn, text(&message, "id")), json!({ "isRead": true }))
        .await
        .expect(200);
    assert_eq!(
        ada.get(&format!("/users/{}/mailFolders/sentitems/messages", BEN.upn)).await.expect(403).code(),
        "ErrorAccessDenied"
    );

    let chiara = tenant.user(&CHIARA, ALL_SCOPES);
    let inbox_of_ada = format!("/users/{}/mailFolders/inbox/messages", ADA.upn);
    let message = chiara.get(&inbox_of_ada).await.expect(200).items()[0].clone();
    let path = format!("/users/{}/messages/{}", ADA.upn, text(&message, "id"));
    chiara.get(&path).await.expect(200);
    assert_eq!(
        chiara.patch(&path, json!({ "categories": [] })).await.expect(403).code(),
        "ErrorAccessDenied"
    );
    chiara.delete(&path).await.expect(403);
}

#[tokio::test]
async fn applications_have_no_me_and_reach_every_mailbox() {
    let tenant = Tenant::new();
    let app = tenant.app(&["Mail.ReadWrite", "User.Read.All"]);
    app.get("/me/messages").await.expect(400);
    let items = app.get(&format!("/users/{}/messages", DAN.oid)).await.expect(200).items();
    let path = format!("/users/{}/messages/{}", DAN.upn, text(&items[0], "id"));
    app.patch(&path, json!({ "categories": [TRACKED] })).await.expect(200);
    assert_eq!(
        app.get("/users/nobody@northlight.example/messages").await.expect(404).code(),
        "ErrorInvalidUser"
    );
    assert_eq!(
        tenant.app(&["Mail.Read"]).patch(&path, json!({ "categories": [] })).await.expect(403).code(),
        "ErrorAccessDenied"
    );
}

#[tokio::test]
async fn a_forbidden_mailbox_and_one_outside_exchange_online_say_so() {
    let tenant = Tenant::new();
    let (ada, people) = (tenant.ada(), tenant.people());
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    people.send(http::Method::PUT, &switches, Some(json!({ "forbidden": true }))).await.expect(200);
    assert_eq!(ada.get("/me/messages").await.expect(403).code(), "ErrorAccessDenied");
    people.send(http::Method::PUT, &switches, Some(json!({ "notInExchangeOnline": true }))).await.expect(200);
    assert_eq!(ada.get("/me/messages").await.expect(404).code(), "MailboxNotEnabledForRESTAPI");
}

#[tokio::test]
async fn the_directory_shows_oneself_and_others_only_with_more_rights() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!((&me["id"], &me["mail"]), (&json!(ADA.oid), &json!(ADA.upn)));
    assert!(me.get("accountEnabled").is_none());
    assert_eq!(ada.get(&format!("/users/{}", ADA.upn)).await.expect(200).json()["id"], ADA.oid);
    assert_eq!(
        ada.get(&format!("/users/{}", BEN.upn)).await.expect(403).code(),
        "Authorization_RequestDenied"
    );
    let wide = tenant.user(&ADA, "User.ReadBasic.All");
    let found = wide
        .get(&format!("/users?$filter=mail eq '{}'&$select=id,displayName", BEN.upn.to_uppercase()))
        .await;
    assert_eq!(found.expect(200).items(), [json!({ "id": BEN.oid, "displayName": BEN.name })]);
    assert_eq!(wide.get("/users/nobody@x.example").await.expect(404).code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn settings_of_another_mailbox_are_for_applications_only() {
    let tenant = Tenant::new();
    let path = format!("/users/{QUEUE_ADDRESS}/outlook/masterCategories");
    assert_eq!(tenant.ada().get(&path).await.expect(403).code(), "ErrorAccessDenied");
    let app = tenant.app(&["MailboxSettings.ReadWrite"]);
    app.post(&path, json!({ "displayName": TRACKED, "color": "preset4" })).await.expect(201);
}
