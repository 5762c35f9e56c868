use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::company::ADA;
use serde_json::{Value, json};

/// Delivers a letter with a picture in its text and two files; gives the path of Ada's copy.
async fn letter_with_files(tenant: &Tenant) -> String {
    let file = |name: &str, content: &[u8]| json!({ "name": name, "contentType": "text/plain", "contentBytes": STANDARD.encode(content) });
    let mut picture = file("logo.png", b"\x89PNG");
    picture["contentType"] = json!("image/png");
    picture["isInline"] = json!(true);
    picture["contentId"] = json!("logo@x");
    let letter = json!({
        "from": { "address": "eve@x.example" }, "to": [{ "address": ADA.upn }], "subject": "Files",
        "html": "<img src=\"cid:logo@x\">", "attachments": [picture, file("a.txt", b"aaa"), file("b.txt", b"bbbb")],
    });
    let answer = tenant.people().post("/sandbox/exchange/deliver", letter).await.expect(200).json();
    format!("/users/{}/messages/{}", ADA.oid, text(&answer["copies"][0], "immutableId"))
}

#[tokio::test]
async fn attachments_are_listed_as_selected_and_by_pages() {
    let tenant = Tenant::new();
    let path = letter_with_files(&tenant).await;
    let app = tenant.app(&["Mail.Read"]).immutable();
    let all = app.get(&format!("{path}/attachments")).await.expect(200).items();
    assert_eq!(all.len(), 3);
    let logo = all.iter().find(|file| file["name"] == "logo.png").expect("the picture");
    assert_eq!((&logo["isInline"], &logo["contentId"]), (&json!(true), &json!("logo@x")));
    assert_eq!(logo["@odata.type"], "#microsoft.graph.fileAttachment");
    assert_eq!(logo["contentBytes"], STANDARD.encode(b"\x89PNG"));
    assert_eq!(app.get(&path).await.expect(200).json()["hasAttachments"], true);
    let select = "$select=id,name,size,contentType,isInline";
    let page = app.get(&format!("{path}/attachments?{select}&$top=2&$count=true")).await.expect(200).json();
    let first = page["value"].as_array().expect("a list");
    assert_eq!((first.len(), &page["@odata.count"]), (2, &json!(3)));
    assert!(first.iter().all(|file| file.get("contentBytes").is_none() && file["size"].is_number()));
    let rest = app.get(text(&page, "@odata.nextLink")).await.expect(200).json();
    assert_eq!(rest["value"].as_array().expect("a list").len(), 1);
    assert!(rest.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn an_attachment_is_read_alone_as_bytes_and_inside_a_batch() {
    let tenant = Tenant::new();
    let path = letter_with_files(&tenant).await;
    let app = tenant.app(&["Mail.Read"]).immutable();
    let all = app.get(&format!("{path}/attachments?$filter=name eq 'b.txt'")).await.expect(200).items();
    let file = format!("{path}/attachments/{}", text(&all[0], "id"));
    assert_eq!(app.get(&file).await.expect(200).json()["contentBytes"], STANDARD.encode("bbbb"));
    let raw = app.get(&format!("{file}/$value")).await.expect(200);
    assert_eq!((raw.bytes.as_slice(), raw.header("content-type")), (b"bbbb".as_slice(), "text/plain"));
    let part = |id: &str, url: String| json!({ "id": id, "method": "GET", "url": url });
    let batch = json!({ "requests": [
        part("list", format!("{path}/attachments?$select=name&$top=1")),
        part("one", file.clone()),
        part("bytes", format!("{file}/$value")),
        part("folder", format!("/users/{}/mailFolders/sentitems?$select=displayName", ADA.oid)),
    ]});
    let answer = app.post("/$batch", batch).await.expect(200).json();
    let body = |id: &str| -> Value {
        let parts = answer["responses"].as_array().expect("a list");
        parts.iter().find(|part| part["id"] == id).expect("an answer")["body"].clone()
    };
    assert_eq!(body("list")["value"].as_array().expect("a list").len(), 1);
    assert_eq!(body("one")["contentBytes"], STANDARD.encode("bbbb"));
    assert_eq!(body("bytes"), STANDARD.encode("bbbb"));
    assert_eq!(body("folder")["displayName"], "Sent Items");
}

#[tokio::test]
async fn files_too_large_are_refused_when_delivered_and_when_added() {
    let tenant = Tenant::new();
    let people = tenant.people();
    let limits = json!({ "messageBytes": 1000 });
    people.send(http::Method::PUT, "/sandbox/exchange/limits", Some(limits)).await.expect(200);
    let letter = |size: usize| {
        json!({
            "from": { "address": "eve@x.example" }, "to": [{ "address": ADA.upn }], "subject": "Big",
            "attachments": [{ "name": "big", "contentBytes": STANDARD.encode(vec![0; size]) }],
        })
    };
    people.post("/sandbox/exchange/deliver", letter(900)).await.expect(200);
    assert_eq!(
        people.post("/sandbox/exchange/deliver", letter(1000)).await.expect(413).code(),
        "ErrorMessageSizeExceeded"
    );
    let nonsense = json!({
        "from": { "address": "eve@x.example" }, "to": [{ "address": ADA.upn }],
        "attachments": [{ "name": "x", "contentBytes": "not base64!" }],
    });
    assert!(people.post("/sandbox/exchange/deliver", nonsense).await.expect(400).text().contains("base64"));
    people.send(http::Method::PUT, "/sandbox/exchange/limits", Some(json!({}))).await.expect(200);
    let ada = tenant.ada();
    let draft = ada.post("/me/messages", json!({ "subject": "Draft" })).await.expect(201).json();
    let file = json!({
        "@odata.type": "#microsoft.graph.fileAttachment", "name": "big",
        "contentBytes": STANDARD.encode(vec![0; 3 * 1024 * 1024 + 1]),
    });
    let path = format!("/me/messages/{}/attachments", text(&draft, "id"));
    ada.post(&path, file).await.expect(413);
}
