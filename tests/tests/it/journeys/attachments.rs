//! Files and pictures of a mail that is promoted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use sandbox::company::{ADA, INGRID};
use serde_json::{Value, json};
use shared::category::TRACKED;
use shared::status::Status;
use tests::{Mail, Stack, letter};

const ADAS: &str = ADA.upn;

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "contentType": "application/pdf", "contentBytes": STANDARD.encode(bytes) })
}

/// A mail with these files, tracked by the category.
async fn tracked(stack: &Stack, html: &str, files: Vec<Value>) -> (Mail, Value) {
    let mut sent = letter(INGRID.email, &[ADAS], "With files");
    sent["attachments"] = Value::Array(files);
    sent["html"] = json!(html);
    let mail = stack.post(sent).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    let email = stack.email(&mail.internet_message_id).await;
    (mail, email)
}

/// Files of an email in the CRM, by name.
async fn files_of(stack: &Stack, email: &Value) -> Vec<Value> {
    let all = stack.act(Method::GET, "dataverse/activitymimeattachments", &json!({})).await;
    let all = all["value"].as_array().cloned().unwrap_or_default();
    let mut own: Vec<Value> =
        all.into_iter().filter(|row| row["objectid"]["id"] == email["activityid"]).collect();
    own.sort_by_key(|row| row["attachmentnumber"].as_i64());
    own
}

#[tokio::test]
async fn cat_02_files_go_along_whole() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let (drawing, offer) = (vec![7_u8; 40_000], b"%PDF-1.7 offer".to_vec());
    let files = vec![file("drawing.pdf", &drawing), file("offer.pdf", &offer)];
    let (_, email) = tracked(&stack, "<p>See the files</p>", files).await;
    let kept = files_of(&stack, &email).await;
    let names: Vec<&str> = kept.iter().filter_map(|row| row["filename"].as_str()).collect();
    assert_eq!(names, ["drawing.pdf", "offer.pdf"]);
    for (row, bytes) in kept.iter().zip([drawing, offer]) {
        assert_eq!(row["body"], STANDARD.encode(bytes));
        assert_eq!(row["mimetype"], "application/pdf");
    }
    assert_eq!(email["statecode"], 1, "and the email is closed all the same");
}

#[tokio::test]
async fn cat_02_an_inline_picture_goes_along_and_is_found_by_the_body() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let picture = json!({
        "name": "logo.png", "contentType": "image/png", "contentBytes": STANDARD.encode(b"a picture"),
        "isInline": true, "contentId": "logo@fjordline",
    });
    let html = r#"<html><body><p>Regards</p><img src="cid:logo@fjordline"></body></html>"#;
    let (_, email) = tracked(&stack, html, vec![picture]).await;
    let kept = files_of(&stack, &email).await;
    assert_eq!(kept.len(), 1, "{email:#?}");
    assert_eq!(kept[0]["attachmentcontentid"], "logo@fjordline");
    assert!(email["description"].as_str().unwrap().contains("cid:logo@fjordline"));
}

#[tokio::test]
async fn cat_02_a_file_that_is_too_large_stays_in_outlook_and_the_email_says_so() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.world.crm().set_organization(json!({ "maxuploadfilesize": 4_000 })).await.unwrap();
    stack.clock.advance_ms(300_000);
    // 4,000 bytes of base64 hold 3,000 bytes.
    let files = vec![file("fits.pdf", &[1; 3_000]), file("too-large.pdf", &[1; 3_001])];
    let (mail, email) = tracked(&stack, "<p>See the files</p>", files).await;
    let kept = files_of(&stack, &email).await;
    let names: Vec<&str> = kept.iter().filter_map(|row| row["filename"].as_str()).collect();
    assert_eq!(names, ["fits.pdf"]);
    let text = email["description"].as_str().unwrap();
    assert!(text.contains("in Outlook only") && text.contains("too-large.pdf"), "{text}");
    assert!(text.contains("larger than your organization allows"), "{text}");
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_02_a_file_of_a_kind_that_the_organization_blocks_stays_in_outlook_and_the_email_says_so() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.world.crm().set_organization(json!({ "blockedattachments": "exe;js" })).await.unwrap();
    stack.clock.advance_ms(300_000);
    let files = vec![file("setup.EXE", b"MZ"), file("offer.pdf", b"%PDF")];
    let (_, email) = tracked(&stack, "<p>See the files</p>", files).await;
    let kept = files_of(&stack, &email).await;
    let names: Vec<&str> = kept.iter().filter_map(|row| row["filename"].as_str()).collect();
    assert_eq!(names, ["offer.pdf"]);
    let text = email["description"].as_str().unwrap();
    assert!(text.contains("setup.EXE") && text.contains("does not allow"), "{text}");
}

#[tokio::test]
async fn cat_02_files_of_a_promotion_that_is_repeated_are_not_doubled() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.hinder(sandbox::dataverse::Trouble::Timeout);
    let mut sent = letter(INGRID.email, &[ADAS], "With files");
    sent["attachments"] = json!([file("offer.pdf", b"%PDF")]);
    let mail = stack.post(sent).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    stack.unhinder();
    stack.clock.advance_ms(900_000);
    stack.cycle(ADAS).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(files_of(&stack, &email).await.len(), 1);
}
