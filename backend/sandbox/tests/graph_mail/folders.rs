use crate::client::*;
use sandbox::company::ADA;
use serde_json::json;

#[tokio::test]
async fn folders_are_listed_by_level_and_hidden_ones_on_request() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let top = ada.get("/me/mailFolders?$top=100").await.expect(200).items();
    let names: Vec<&str> = top.iter().map(|folder| text(folder, "displayName")).collect();
    assert!(
        names.contains(&"Inbox") && names.contains(&"Customers") && !names.contains(&"Conversation History")
    );
    let all = ada.get("/me/mailFolders?$top=100&includeHiddenFolders=true").await.expect(200).items();
    assert_eq!(all.len(), top.len() + 1);
    let customers = top.iter().find(|folder| folder["displayName"] == "Customers").unwrap();
    assert_eq!(customers["childFolderCount"], 2);
    let children =
        ada.get(&format!("/me/mailFolders/{}/childFolders", text(customers, "id"))).await.expect(200).items();
    assert_eq!(children[0]["displayName"], "Fjordline");
    let found = ada.get("/me/mailFolders?$filter=displayName eq 'Inbox'").await.expect(200).items();
    assert_eq!(found[0]["id"], ada.get("/me/mailFolders('Inbox')").await.expect(200).json()["id"]);
}

#[tokio::test]
async fn folders_are_made_renamed_moved_and_deleted() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let made = ada.post("/me/mailFolders", json!({ "displayName": "Fairs" })).await.expect(201).json();
    let path = format!("/me/mailFolders/{}", text(&made, "id"));
    assert_eq!(
        ada.post("/me/mailFolders", json!({ "displayName": "fairs" })).await.expect(409).code(),
        "ErrorFolderExists"
    );
    assert_eq!(
        ada.patch(&path, json!({ "displayName": "Trade fairs" })).await.expect(200).json()["displayName"],
        "Trade fairs"
    );
    let moved =
        ada.post(&format!("{path}/move"), json!({ "destinationId": "archive" })).await.expect(201).json();
    assert_eq!(moved["id"], made["id"]);
    ada.delete(&path).await.expect(204);
    let bin = ada.get("/me/mailFolders/deleteditems").await.json()["id"].clone();
    assert_eq!(ada.get(&path).await.expect(200).json()["parentFolderId"], bin);
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.expect(404);
    ada.delete("/me/mailFolders/inbox").await.expect(400);
}

#[tokio::test]
async fn folder_delta_tells_of_new_renamed_and_deleted_folders() {
    let tenant = Tenant::new();
    let ada = tenant.ada().with("prefer", "odata.maxpagesize=4");
    let mut url = "/me/mailFolders/delta".to_owned();
    let mut count = 0;
    let link = loop {
        let page = ada.get(&url).await.expect(200).json();
        count += page["value"].as_array().unwrap().len();
        match page["@odata.nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break text(&page, "@odata.deltaLink").to_owned(),
        }
    };
    assert_eq!(count, 10);
    let made = ada.post("/me/mailFolders", json!({ "displayName": "Fairs" })).await.expect(201).json();
    let path = format!("/me/mailFolders/{}", text(&made, "id"));
    let page = ada.get(&link).await.expect(200).json();
    assert_eq!(page["value"][0]["displayName"], "Fairs");
    ada.delete(&path).await.expect(204);
    ada.delete(&path).await.expect(204);
    let page = ada.get(text(&page, "@odata.deltaLink")).await.expect(200).json();
    assert_eq!(page["value"][0]["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn a_person_makes_renames_moves_and_deletes_folders_and_delta_tells() {
    let tenant = Tenant::new();
    let (people, app) = (tenant.people(), tenant.app(&["Mail.Read"]).with("prefer", "odata.maxpagesize=100"));
    let folders = format!("/sandbox/exchange/mailboxes/{}/folders", ADA.upn);
    let delta = format!("/users/{}/mailFolders/delta?$select=displayName,parentFolderId", ADA.oid);
    let start = app.get(&delta).await.expect(200).json();
    assert!(start["value"][0].get("totalItemCount").is_none(), "only what was selected");
    let mark = tenant.mark();
    let made = people.post(&folders, json!({ "name": "Fairs", "parent": "inbox" })).await.expect(200).json();
    people.post(&folders, json!({ "name": "Secret", "isHidden": true })).await.expect(200);
    let path = format!("{folders}/{}", text(&made, "id"));
    let changed = json!({ "name": "Trade fairs", "parent": "msgfolderroot" });
    assert_eq!(people.patch(&path, changed).await.expect(200).json()["displayName"], "Trade fairs");
    let page = app.get(text(&start, "@odata.deltaLink")).await.expect(200).json();
    let rows = page["value"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "hidden folders are not told of: {rows:?}");
    assert_eq!((&rows[0]["id"], &rows[0]["displayName"]), (&made["id"], &json!("Trade fairs")));
    people.delete(&path).await.expect(204);
    let page = app.get(text(&page, "@odata.deltaLink")).await.expect(200).json();
    let bin = app.get(&format!("/users/{}/mailFolders/deleteditems", ADA.oid)).await.json();
    assert_eq!(page["value"][0]["parentFolderId"], bin["id"], "first it lies in the bin");
    people.delete(&path).await.expect(204);
    let rows = app.get(text(&page, "@odata.deltaLink")).await.expect(200).items();
    assert_eq!((&rows[0]["id"], &rows[0]["@removed"]["reason"]), (&made["id"], &json!("deleted")));
    assert_eq!(
        tenant.effects_after(mark),
        ["folder.create", "folder.create", "folder.rename", "folder.move", "folder.move", "folder.delete"]
    );
    people.patch(&format!("{folders}/inbox"), json!({ "name": "Post" })).await.expect(400);
    app.get(&format!("/users/{}/mailFolders/delta?$select=colour", ADA.oid)).await.expect(400);
}
