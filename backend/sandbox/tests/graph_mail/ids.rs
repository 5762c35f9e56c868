use crate::client::*;
use sandbox::company::BEN;
use serde_json::json;

#[tokio::test]
async fn a_move_changes_the_mutable_id_and_keeps_the_immutable_one() {
    let tenant = Tenant::new();
    let (ada, lasting) = (tenant.ada(), tenant.ada().immutable());
    let old = ada.find("Sunday").await;
    let immutable = lasting.find("Sunday").await;
    let moved = ada
        .post(&format!("/me/messages/{}/move", text(&old, "id")), json!({ "destinationId": "archive" }))
        .await;
    let moved = moved.expect(201).json();
    assert_ne!(moved["id"], old["id"]);
    assert_eq!(
        ada.get(&format!("/me/messages/{}", text(&old, "id"))).await.expect(404).code(),
        "ErrorItemNotFound"
    );
    let found = lasting.get(&format!("/me/messages/{}", text(&immutable, "id"))).await.expect(200).json();
    assert_eq!(found["id"], immutable["id"]);
    assert_eq!(found["parentFolderId"], moved["parentFolderId"]);
}

#[tokio::test]
async fn both_kinds_of_id_are_accepted_whatever_the_answer_shows() {
    let tenant = Tenant::new();
    let (mutable, immutable) =
        (tenant.ada().find("Sunday").await, tenant.ada().immutable().find("Sunday").await);
    let shown =
        tenant.ada().get(&format!("/me/messages/{}", text(&immutable, "id"))).await.expect(200).json();
    assert_eq!(shown["id"], mutable["id"]);
}

#[tokio::test]
async fn ids_that_cannot_be_parsed_or_are_of_another_mailbox_are_malformed() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let id = text(&ada.find("Sunday").await, "id").to_owned();
    let of_ben = text(&tenant.user(&BEN, ALL_SCOPES).find("Preisliste 2027").await, "id").to_owned();
    let ews = percent_encoding::utf8_percent_encode(
        &sandbox::exchange::id::to_ews(&id),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    for bad in [&id[..20], "nonsense", &of_ben, &ews] {
        assert_eq!(
            ada.get(&format!("/me/messages/{bad}")).await.expect(400).code(),
            "ErrorInvalidIdMalformed",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn ids_are_translated_between_all_spellings() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let rest = text(&ada.find("Sunday").await, "id").to_owned();
    let immutable = text(&tenant.ada().immutable().find("Sunday").await, "id").to_owned();
    let ews = sandbox::exchange::id::to_ews(&rest);
    let translate = async |ids: serde_json::Value, from: &str, to: &str| {
        let body = json!({ "inputIds": ids, "sourceIdType": from, "targetIdType": to });
        ada.post("/me/translateExchangeIds", body).await.expect(200).items()
    };
    assert_eq!(
        translate(json!([rest]), "restId", "restImmutableEntryId").await[0]["targetId"],
        json!(immutable)
    );
    assert_eq!(
        translate(json!([ews]), "ewsId", "restImmutableEntryId").await[0]["targetId"],
        json!(immutable)
    );
    assert_eq!(
        translate(json!([immutable]), "restImmutableEntryId", "restId").await[0]["targetId"],
        json!(rest)
    );
    let entry = translate(json!([rest]), "restId", "entryId").await[0]["targetId"].clone();
    assert_eq!(translate(json!([entry]), "entryId", "ewsId").await[0]["targetId"], json!(ews));
    let mixed = translate(json!([rest, "bad"]), "restId", "ewsId").await;
    assert_eq!(mixed[1]["errorDetails"]["code"], "ErrorInvalidIdMalformed");
    let many = json!({ "inputIds": vec!["x"; 1001], "sourceIdType": "restId", "targetIdType": "ewsId" });
    ada.post("/me/translateExchangeIds", many).await.expect(400);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_mailboxes() {
    let (one, two) = (Tenant::new(), Tenant::new());
    let url = "/me/messages?$top=100&$select=id,internetMessageId,conversationId,changeKey";
    assert_eq!(one.ada().get(url).await.items(), two.ada().get(url).await.items());
}
