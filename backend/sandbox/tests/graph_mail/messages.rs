use crate::client::*;
use serde_json::json;

#[tokio::test]
async fn a_message_is_shown_with_context_etag_and_the_usual_properties() {
    let tenant = Tenant::new();
    let ada = tenant.ada().with("client-request-id", "11111111-2222-3333-4444-555555555555");
    let path = ada.path("Calibration for three sites, request for quotation").await;
    let answer = ada.get(&path).await.expect(200);
    let message = answer.json();
    assert!(text(&message, "@odata.context").starts_with("https://localhost:4000/v1.0/$metadata#users('"));
    assert!(text(&message, "@odata.context").ends_with("/messages/$entity"));
    assert_eq!(text(&message, "@odata.etag"), format!("W/\"{}\"", text(&message, "changeKey")));
    assert_eq!(message["from"]["emailAddress"]["address"], "yuki@tanabe-optics.example");
    assert_eq!(message["receivedDateTime"], "2026-11-20T06:45:02Z");
    assert_eq!(message["body"]["contentType"], "html");
    assert!(text(&message, "bodyPreview").starts_with("Dear Ms Brandt, we operate"), "{message}");
    assert!(message.get("uniqueBody").is_none() && message.get("internetMessageHeaders").is_none());
    assert_eq!(answer.header("client-request-id"), "11111111-2222-3333-4444-555555555555");
    assert_eq!(answer.header("request-id").len(), 36);
    assert_eq!(answer.header("date"), "Fri, 20 Nov 2026 10:00:00 GMT");
    assert!(answer.header("content-type").starts_with("application/json;odata.metadata=minimal"));
}

#[tokio::test]
async fn categories_are_replaced_as_a_whole_and_move_the_change_key() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let before = ada.get(&path).await.json();
    assert_eq!(before["categories"], json!(["Family"]));
    let mark = tenant.mark();
    let after =
        ada.patch(&path, json!({ "@odata.type": "#microsoft.graph.message", "categories": [TRACKED] })).await;
    let after = after.expect(200).json();
    assert_eq!(after["categories"], json!([TRACKED]));
    assert_ne!(after["changeKey"], before["changeKey"]);
    let entries = tenant.world.journal.entries_after(mark);
    let effect = &entries[0].effects[0];
    assert_eq!(effect.kind, "message.categories");
    assert_eq!((&effect.detail["before"], &effect.detail["after"]), (&json!(["Family"]), &json!([TRACKED])));
    assert_eq!(effect.detail["mailbox"], "ada.brandt@northlight.example");
}

#[tokio::test]
async fn writing_the_same_categories_again_is_no_effect() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let mark = tenant.mark();
    ada.patch(&path, json!({ "categories": ["Family"] })).await.expect(200);
    assert!(tenant.effects_after(mark).is_empty());
}

#[tokio::test]
async fn a_stale_if_match_is_refused_and_changes_nothing() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let etag = text(&ada.get(&path).await.json(), "@odata.etag").to_owned();
    let careful = tenant.ada().with("if-match", &etag);
    careful.patch(&path, json!({ "isRead": true })).await.expect(200);
    let refused = careful.patch(&path, json!({ "categories": [] })).await.expect(412);
    assert_eq!(refused.code(), "ErrorIrresolvableConflict");
    assert_eq!(ada.get(&path).await.json()["categories"], json!(["Family"]));
    assert_eq!(careful.delete(&path).await.expect(412).code(), "ErrorIrresolvableConflict");
    tenant.ada().with("if-match", "*").patch(&path, json!({ "isRead": false })).await.expect(200);
}

#[tokio::test]
async fn what_belongs_to_drafts_cannot_be_changed_on_received_mail() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    for wish in [json!({ "subject": "x" }), json!({ "body": { "contentType": "text", "content": "x" } })] {
        assert_eq!(ada.patch(&path, wish).await.expect(400).code(), "ErrorInvalidPropertySet");
    }
    for wish in [json!({ "receivedDateTime": NOW }), json!({ "changeKey": "x" })] {
        assert_eq!(ada.patch(&path, wish).await.expect(400).code(), "ErrorInvalidPropertySet");
    }
    for wish in [json!({ "nonsense": 1 }), json!({ "categories": "x" }), json!({ "isRead": "yes" })] {
        assert_eq!(ada.patch(&path, wish).await.expect(400).code(), "RequestBodyRead");
    }
    assert_eq!(ada.patch(&path, json!("{not json")).await.expect(400).code(), "RequestBodyRead");
}

#[tokio::test]
async fn selection_narrows_and_unknown_names_are_refused() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let narrow = ada.get(&format!("{path}?$select=subject,Categories")).await.expect(200).json();
    let mut names: Vec<&String> = narrow.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["@odata.context", "@odata.etag", "categories", "id", "subject"]);
    let headers = ada.get(&format!("{path}?$select=internetMessageHeaders")).await.expect(200).json();
    assert!(
        headers["internetMessageHeaders"]
            .as_array()
            .unwrap()
            .iter()
            .any(|header| header["name"] == "Message-ID")
    );
    assert_eq!(
        ada.get(&format!("{path}?$select=nonsense")).await.expect(400).code(),
        "RequestBroker--ParseUri"
    );
}

#[tokio::test]
async fn preferences_are_obeyed_and_confirmed() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let plain = tenant.ada().with("prefer", "outlook.body-content-type=\"text\", IdType=\"ImmutableId\"");
    let answer = plain.get(&path).await.expect(200);
    assert_eq!(answer.json()["body"]["contentType"], "text");
    assert!(!answer.json()["body"]["content"].as_str().unwrap().contains('<'));
    assert!(answer.header("preference-applied").contains("outlook.body-content-type=\"text\""));
    assert!(answer.header("preference-applied").contains("IdType=\"ImmutableId\""));
    let bare = tenant
        .ada()
        .with("accept", "application/json;odata.metadata=none")
        .get(&path)
        .await
        .expect(200)
        .json();
    assert!(!bare.as_object().unwrap().keys().any(|name| name.starts_with('@')), "{bare}");
}

#[tokio::test]
async fn extended_properties_and_extensions_are_written_found_and_read() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("Sunday").await;
    let id = "String {b7d1a1c2-0000-4000-8000-000000000001} Name CrmLink";
    let wish = json!({ "singleValueExtendedProperties": [{ "id": id, "value": "email:1" }] });
    let answer = ada.patch(&path, wish).await.expect(200).json();
    assert!(answer.get("singleValueExtendedProperties").is_none());
    let expanded = format!("{path}?$expand=singleValueExtendedProperties($filter=id eq '{id}')");
    assert_eq!(ada.get(&expanded).await.json()["singleValueExtendedProperties"][0]["value"], "email:1");
    let filter = format!(
        "/me/messages?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{id}' and ep/value eq 'EMAIL:1')"
    );
    assert_eq!(ada.get(&filter).await.expect(200).items().len(), 1);
    let bad = json!({ "singleValueExtendedProperties": [{ "id": "CrmLink", "value": "x" }] });
    assert_eq!(ada.patch(&path, bad).await.expect(400).code(), "ErrorInvalidRequest");

    let extension = json!({ "@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "com.example.crm", "a": 1 });
    let made = ada.post(&format!("{path}/extensions"), extension).await.expect(201).json();
    assert_eq!(made["id"], "Microsoft.OutlookServices.OpenTypeExtension.com.example.crm");
    assert_eq!(ada.get(&format!("{path}/extensions/com.example.crm")).await.expect(200).json()["a"], 1);
    ada.delete(&format!("{path}/extensions/com.example.crm")).await.expect(204);
    ada.get(&format!("{path}/extensions/com.example.crm")).await.expect(404);
}

#[tokio::test]
async fn attachments_are_listed_read_and_expanded() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let path = ada.path("NL-40 loses signal in shallow water").await;
    let items = ada.get(&format!("{path}/attachments")).await.expect(200).items();
    assert_eq!(items.len(), 2);
    let csv = items.iter().find(|item| item["contentType"] == "text/csv").unwrap();
    assert_eq!(csv["@odata.type"], "#microsoft.graph.fileAttachment");
    let value = ada.get(&format!("{path}/attachments/{}/$value", text(csv, "id"))).await.expect(200);
    assert_eq!(value.header("content-type"), "text/csv");
    assert!(value.text().starts_with("time,depth_m"));
    let expanded = ada.get(&format!("{path}?$expand=attachments($select=name)")).await.expect(200).json();
    assert_eq!(expanded["attachments"].as_array().unwrap().len(), 2);
    assert!(expanded["attachments"][0].get("contentBytes").is_none());
    let other = "String".repeat(10);
    ada.get(&format!("{path}/attachments/{other}")).await.expect(400);
}

#[tokio::test]
async fn the_mime_of_a_message_reads_back_as_that_message() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let message = ada.find("Rückfrage zu Lieferzeiten für Einstrahlungssensoren").await;
    let mime = ada.get(&format!("/me/messages/{}/$value", text(&message, "id"))).await.expect(200);
    let parsed = mail_parser::MessageParser::default().parse(&mime.bytes).unwrap();
    assert_eq!(parsed.subject(), message["subject"].as_str());
    assert_eq!(format!("<{}>", parsed.message_id().unwrap()), text(&message, "internetMessageId"));
    assert!(parsed.body_html(0).unwrap().contains("Sehr geehrte Frau Brandt"));
    assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Jürgen Weiß"));
}

#[tokio::test]
async fn deleting_moves_to_deleted_items_then_to_the_recoverable_ones_then_away() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable();
    let path = ada.path("Sunday").await;
    for folder in ["deleteditems", "recoverableitemsdeletions"] {
        ada.delete(&path).await.expect(204);
        let place = ada.get(&format!("/me/mailFolders/{folder}")).await.expect(200).json()["id"].clone();
        assert_eq!(ada.get(&path).await.expect(200).json()["parentFolderId"], place);
    }
    ada.delete(&path).await.expect(204);
    assert_eq!(ada.get(&path).await.expect(404).code(), "ErrorItemNotFound");
}

#[tokio::test]
async fn hostile_text_travels_unchanged_and_a_missing_subject_is_empty() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    ada.find("<img src=x onerror=alert(1)> & \"quotes\" — <b>bold</b>").await;
    assert_eq!(ada.find("").await["subject"], "");
    let request = ada.find("Heliotech phase 2: preparation").await;
    assert_eq!(request["@odata.type"], "#microsoft.graph.eventMessageRequest");
    assert_eq!(request["meetingMessageType"], "meetingRequest");
}

#[tokio::test]
async fn the_mail_to_two_people_has_one_internet_message_id_in_both_mailboxes() {
    let tenant = Tenant::new();
    let subject = "Site visit in Freiburg: who is coming?";
    let ada = tenant.ada().find(subject).await;
    let ben = tenant.user(&sandbox::company::BEN, ALL_SCOPES).find(subject).await;
    assert_eq!(ada["internetMessageId"], ben["internetMessageId"]);
    assert_eq!(ada["conversationIndex"], ben["conversationIndex"]);
    assert_ne!(ada["id"], ben["id"]);
    assert_ne!(ada["conversationId"], ben["conversationId"]);
}
