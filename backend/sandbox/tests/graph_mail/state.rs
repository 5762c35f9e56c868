use crate::client::*;
use sandbox::company::ADA;
use sandbox::exchange::Exchange;
use serde_json::json;

#[tokio::test]
async fn mailboxes_survive_being_saved_and_loaded() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let link = ada.get("/me/mailFolders/archive/messages/delta").await.expect(200).json();
    let path = ada.path("Sunday").await;
    ada.patch(&path, json!({ "categories": [TRACKED] })).await.expect(200);
    ada.post(&format!("{path}/move"), json!({ "destinationId": "archive" })).await.expect(201);
    let before = ada.find("Sunday").await;
    let saved = serde_json::to_string(&*tenant.world.exchange()).unwrap();
    *tenant.world.exchange() = serde_json::from_str::<Exchange>(&saved).unwrap();
    assert_eq!(ada.find("Sunday").await, before);
    let rows = ada.get(text(&link, "@odata.deltaLink")).await.expect(200).items();
    assert_eq!(rows[0]["categories"], json!([TRACKED]));
    let exchange = tenant.world.exchange();
    assert!(serde_json::to_string(&*exchange).unwrap() == saved, "reading changed the state");
    assert!(exchange.mailbox(ADA.upn).unwrap().messages().any(|message| !message.attachments.is_empty()));
}

#[tokio::test]
async fn ids_go_on_where_they_stopped_after_loading() {
    let tenant = Tenant::new();
    let saved = serde_json::to_string(&*tenant.world.exchange()).unwrap();
    let mut loaded: Exchange = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded.mint_uuid(), tenant.world.exchange().mint_uuid());
}
