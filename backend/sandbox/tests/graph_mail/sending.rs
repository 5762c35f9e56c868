use crate::client::*;
use sandbox::company::{ADA, BEN};
use serde_json::json;

fn to(address: &str) -> serde_json::Value {
    json!([{ "emailAddress": { "address": address } }])
}

#[tokio::test]
async fn a_draft_is_written_changed_and_sent_and_keeps_its_immutable_id() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable();
    let draft = ada
        .post("/me/messages", json!({ "subject": "Hello", "toRecipients": to(BEN.upn) }))
        .await
        .expect(201)
        .json();
    assert_eq!(draft["isDraft"], true);
    let path = format!("/me/messages/{}", text(&draft, "id"));
    ada.patch(
        &path,
        json!({ "subject": "Hello Ben", "body": { "contentType": "html", "content": "<p>x</p>" } }),
    )
    .await
    .expect(200);
    ada.post(&format!("{path}/send"), json!({})).await.expect(202);
    let sent = ada.get(&path).await.expect(200).json();
    assert_eq!(sent["isDraft"], false);
    assert_eq!(sent["parentFolderId"], ada.get("/me/mailFolders/sentitems").await.json()["id"]);
    let copy = tenant.user(&BEN, ALL_SCOPES).find("Hello Ben").await;
    assert_eq!(copy["internetMessageId"], sent["internetMessageId"]);
    assert_eq!(copy["isRead"], false);
    assert_eq!(copy["from"]["emailAddress"]["address"], ADA.upn);
}

#[tokio::test]
async fn send_mail_answers_nothing_and_keeps_a_copy_unless_told_otherwise() {
    let tenant = Tenant::new();
    let (ada, ben) = (tenant.ada(), tenant.user(&BEN, ALL_SCOPES));
    for (subject, keep) in [("Kept", true), ("Dropped", false)] {
        let message = json!({ "subject": subject, "toRecipients": to(BEN.upn) });
        let answer = ada
            .post("/me/sendMail", json!({ "message": message, "saveToSentItems": keep }))
            .await
            .expect(202);
        assert!(answer.bytes.is_empty());
        ben.find(subject).await;
        let kept = ada
            .get(&format!("/me/mailFolders/sentitems/messages?$filter=subject eq '{subject}'"))
            .await
            .items();
        assert_eq!(kept.len(), usize::from(keep));
    }
    let nobody = json!({ "message": { "subject": "x" } });
    assert_eq!(ada.post("/me/sendMail", nobody).await.expect(400).code(), "ErrorInvalidRecipients");
}

#[tokio::test]
async fn an_answer_joins_the_thread_of_what_it_answers() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let parent = ada.find("Pipeline review on Monday").await;
    let path = format!("/me/messages/{}", text(&parent, "id"));
    ada.post(&format!("{path}/reply"), json!({ "comment": "Yes <b>please</b>" })).await.expect(202);
    let ben = tenant.user(&BEN, ALL_SCOPES);
    let answers = ben
        .get("/me/mailFolders/inbox/messages?$filter=subject eq 'RE: Pipeline review on Monday'")
        .await
        .items();
    let newest = &answers[0];
    assert!(newest["body"]["content"].as_str().unwrap().contains("Yes &lt;b&gt;please&lt;/b&gt;"));
    let url = format!("/me/messages/{}?$select=internetMessageHeaders,conversationId", text(newest, "id"));
    let shown = ben.get(&url).await.json();
    let header = shown["internetMessageHeaders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|header| header["name"] == "In-Reply-To");
    assert_eq!(header.unwrap()["value"], parent["internetMessageId"]);
    let all = ada.post(&format!("{path}/createReplyAll"), json!({})).await.expect(201).json();
    assert_eq!(all["conversationId"], parent["conversationId"]);
    assert_eq!((&all["isDraft"], &all["subject"]), (&json!(true), &json!("RE: Pipeline review on Monday")));
}

#[tokio::test]
async fn a_copy_takes_its_extended_properties_along() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let id = "String {b7d1a1c2-0000-4000-8000-000000000001} Name CrmLink";
    ada.patch(&path, json!({ "singleValueExtendedProperties": [{ "id": id, "value": "v" }] }))
        .await
        .expect(200);
    let copy =
        ada.post(&format!("{path}/copy"), json!({ "destinationId": "archive" })).await.expect(201).json();
    let copied = format!(
        "/me/messages/{}?$expand=singleValueExtendedProperties($filter=id eq '{id}')",
        text(&copy, "id")
    );
    assert_eq!(ada.get(&copied).await.expect(200).json()["singleValueExtendedProperties"][0]["value"], "v");
    ada.get(&path).await.expect(200);
}
