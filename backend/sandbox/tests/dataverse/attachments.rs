use crate::client::*;
use http::StatusCode;
use sandbox::company::ADA;
use sandbox::dataverse::TRACKED_EMAIL;
use serde_json::{Value, json};

const FILES: &str = "activitymimeattachments";

fn file(name: &str, body: &str) -> Value {
    json!({
        "objectid_activitypointer@odata.bind": format!("/activitypointers({TRACKED_EMAIL})"),
        "objecttypecode": "email", "filename": name, "mimetype": "text/plain", "subject": name, "body": body,
    })
}

async fn count(crm: &Crm) -> Value {
    crm.stored(&format!("emails/{TRACKED_EMAIL}")).await["attachmentcount"].clone()
}

#[tokio::test]
async fn an_email_counts_its_attachments_as_they_come_and_go() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let first = ada.post(FILES, file("a.txt", "aGVsbG8h")).await.id();
    ada.post(FILES, file("b.txt", "aGVsbG8=")).await;
    assert_eq!(count(&crm).await, 2);
    let filter = format!("_objectid_value eq {TRACKED_EMAIL}");
    let mut rows =
        ada.list(&format!("{FILES}?$select=filename,filesize,attachmentnumber"), &filter).await.rows();
    rows.sort_by_key(|row| row["attachmentnumber"].as_i64());
    assert_eq!((&rows[0]["filename"], &rows[0]["filesize"]), (&json!("a.txt"), &json!(6)));
    assert_eq!((&rows[1]["filename"], &rows[1]["filesize"]), (&json!("b.txt"), &json!(5)));
    let expanded = ada.get(&format!("emails({TRACKED_EMAIL})/email_activity_mime_attachment")).await;
    assert_eq!(expanded.rows().len(), 2);
    assert_eq!(ada.delete(&format!("{FILES}({first})")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(count(&crm).await, 1);
    let second = rows[1]["activitymimeattachmentid"].as_str().unwrap();
    assert_eq!(ada.get(&format!("{FILES}({second})/body/$value")).await.text, "aGVsbG8=");
}

#[tokio::test]
async fn what_is_too_large_blocked_or_no_base64_is_refused() {
    let crm = Crm::new();
    crm.world.crm().set_organization(json!({"maxuploadfilesize": 12})).await.unwrap();
    let ada = crm.person(&ADA);
    // The limit is on the Base64 text: nine bytes fit, ten do not.
    assert_eq!(ada.post(FILES, file("a.txt", "MTIzNDU2Nzg5")).await.status, StatusCode::NO_CONTENT);
    let large = ada.post(FILES, file("a.txt", "MTIzNDU2Nzg5MA==")).await;
    assert_eq!((large.status, large.code().as_str()), (StatusCode::BAD_REQUEST, "0x80044a02"));
    assert_eq!(large.message(), "Attachment file size is too big.");
    let blocked = ada.post(FILES, file("Invoice.EXE", "aGk=")).await;
    assert_eq!((blocked.status, blocked.code().as_str()), (StatusCode::BAD_REQUEST, "0x80043e09"));
    let named = ada.post(FILES, file("a/b.txt", "aGk=")).await;
    assert_eq!((named.status, named.code().as_str()), (StatusCode::BAD_REQUEST, "0x80044a08"));
    let text = ada.post(FILES, file("a.txt", "not base64")).await;
    assert!(text.message().contains("Base64"), "{}", text.text);
    let mut typeless = file("a.txt", "aGk=");
    typeless.as_object_mut().unwrap().remove("objecttypecode");
    assert_eq!(ada.post(FILES, typeless).await.status, StatusCode::BAD_REQUEST);
    let mut nowhere = file("a.txt", "aGk=");
    nowhere.as_object_mut().unwrap().remove("objectid_activitypointer@odata.bind");
    assert_eq!(ada.post(FILES, nowhere).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(count(&crm).await, 1);
}

#[tokio::test]
async fn an_email_comes_with_its_attachments_in_one_changeset_or_not_at_all() {
    let crm = Crm::new();
    let key = "11111111-2222-4333-8444-777777777777";
    let parts = |name: &str| {
        let part = |id: u32, set: &str, body: &Value| {
            format!(
                "--cs\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: {id}\n\n\
                 POST {ROOT}/{set} HTTP/1.1\nContent-Type: application/json\n\n{body}\n"
            )
        };
        let mut mail = email("<with-files@x>");
        mail["activityid"] = json!(key);
        let mut attached = file(name, "aGVsbG8h");
        attached["objectid_activitypointer@odata.bind"] = json!("$1");
        let (mail, attached) = (part(1, "emails", &mail), part(2, FILES, &attached));
        format!("--b1\nContent-Type: multipart/mixed; boundary=cs\n\n{mail}{attached}--cs--\n--b1--\n")
            .replace('\n', "\r\n")
    };
    let send = async |name: &str| {
        let kind = "multipart/mixed; boundary=b1";
        crm.engine().send_text(http::Method::POST, "$batch", kind, parts(name)).await.unwrap()
    };
    let refused = send("virus.exe").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    assert_eq!(crm.emails_with("<with-files@x>").await, 0);
    assert_eq!(send("offer.pdf").await.status, StatusCode::OK);
    assert_eq!(crm.stored(&format!("emails/{key}")).await["attachmentcount"], 1);
    let row = &crm.stored(FILES).await["value"][0];
    assert_eq!((&row["objectid"]["id"], &row["activitysubject"]), (&json!(key), &json!("Offer")));
}

#[tokio::test]
async fn attachments_may_be_nested_in_their_email() {
    let crm = Crm::new();
    let mut body = email("<nested@x>");
    body["email_activity_mime_attachment"] = json!([
        {"objecttypecode": "email", "filename": "a.txt", "body": "aGk="},
        {"objecttypecode": "email", "filename": "b.txt", "body": "aGk="},
    ]);
    let made = crm.engine().post("emails", body).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    assert_eq!(crm.stored(&format!("emails/{}", made.id())).await["attachmentcount"], 2);
}
