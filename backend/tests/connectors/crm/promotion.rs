//! What a promoted email is made of: files, thread, queue.

use super::{content, fjordline, mail};
use crate::tenant::{Tenant, engine, id, user};
use backend::body::{AttachedFile, LeftOut, LeftOutBecause, Place};
use backend::crm::{Attachment, Content, Crm, Promoted};
use backend::exchange::Body;
use sandbox::company::{ADA, BEN, QUEUE_ID};
use serde_json::{Value, json};
use shared::email::{ConversationIndex, Correlation, CrmEmailId, InternetMessageId};
use shared::plan::NewEmail;
use shared::settings::Settings;
use uuid::Uuid;

fn file(name: &str, content_id: Option<&str>, bytes: Vec<u8>) -> Attachment {
    Attachment::File(AttachedFile {
        name: name.to_owned(),
        content_type: "image/png".to_owned(),
        content_id: content_id.map(str::to_owned),
        place: if content_id.is_some() { Place::Inline } else { Place::Listed },
        bytes: bytes.into(),
    })
}

fn with(attachments: Vec<Attachment>) -> Content {
    let body = "<html><body><p>Look: <img src=\"cid:logo@01D\"></p></body></html>";
    Content { body: Body(body.to_owned()), attachments }
}

async fn files(tenant: &Tenant) -> Vec<Value> {
    let mut files = tenant.rows("activitymimeattachments").await;
    files.retain(|file| file["objectid"]["id"] == json!(mail(None).id.0));
    files.sort_by_key(|file| file["attachmentnumber"].as_i64());
    files
}

#[tokio::test]
async fn cat_02_files_and_inline_images_go_with_the_email_in_one_round_trip() {
    let tenant = Tenant::new();
    let content = with(vec![
        file("logo.png", Some("logo@01D"), vec![1, 2, 3]),
        file("Ängebot \"4711\".pdf", None, b"\r\n--changeset_regarding--\r\n".to_vec()),
        file("empty.txt", None, Vec::new()),
    ]);
    let mark = tenant.mark();
    let promoted = tenant.crm.promote_email(&engine(&BEN), &mail(Some(fjordline())), &content).await;
    assert_eq!(promoted, Ok(Promoted::Created));
    assert_eq!(tenant.round_trips(mark).len(), 1);
    let row = tenant.row("emails", mail(None).id.0).await;
    assert_eq!((&row["statecode"], &row["attachmentcount"]), (&json!(1), &json!(3)));
    assert_eq!(row["description"], content.body.0, "the image keeps its address");
    let files = files(&tenant).await;
    let names: Vec<&str> = files.iter().filter_map(|file| file["filename"].as_str()).collect();
    assert_eq!(names, ["logo.png", "Ängebot _4711_.pdf", "empty.txt"]);
    assert_eq!(files[0]["attachmentcontentid"], "logo@01D");
    assert_eq!((&files[0]["filesize"], &files[1]["filesize"]), (&json!(3), &json!(27)));
}

#[tokio::test]
async fn what_is_too_large_or_not_allowed_stays_in_outlook_and_the_email_says_so() {
    let tenant = Tenant::new();
    let columns = json!({"maxuploadfilesize": 1000, "blockedattachments": "exe"});
    tenant.world.crm().set_organization(columns).await.unwrap();
    let settings: Settings = tenant.crm.settings(&crate::tenant::service()).await.unwrap().settings;
    let link = LeftOut { name: "plan <v2>".to_owned(), size: 3_000, because: LeftOutBecause::NoFile };
    let all = with(vec![
        file("fits.png", None, vec![0; 750]),
        file("big.zip", None, vec![0; 751]),
        file("run.exe", None, vec![0]),
        Attachment::LeftOut(link),
    ]);
    let content = all.admitted_by(&settings);
    assert_eq!(content.left_out(), 3);
    let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &content).await;
    assert_eq!(promoted, Ok(Promoted::Created));
    assert_eq!(files(&tenant).await.len(), 1);
    let row = tenant.row("emails", mail(None).id.0).await;
    let body = row["description"].as_str().unwrap();
    for expected in
        ["big.zip (751 bytes): larger", "run.exe (1 bytes): a kind", "plan &lt;v2&gt; (3 KB): not a file"]
    {
        assert!(body.contains(expected), "{expected} in {body}");
    }
    assert!(body.ends_with("</body></html>"), "{body}");
}

#[tokio::test]
async fn a_repetition_attaches_nothing_twice() {
    let tenant = Tenant::new();
    let content = with(vec![file("once.png", None, vec![1])]);
    for expected in [Promoted::Created, Promoted::AlreadyThere] {
        assert_eq!(tenant.crm.promote_email(&user(&ADA), &mail(None), &content).await, Ok(expected));
    }
    assert_eq!(files(&tenant).await.len(), 1);
    let row = tenant.row("emails", mail(None).id.0).await;
    assert_eq!(row["attachmentcount"], 1);
}

#[tokio::test]
async fn a_large_mail_fits() {
    let tenant = Tenant::new();
    let attachments = (0..6).map(|n| file(&format!("{n}.bin"), None, vec![n; 3_000_000])).collect();
    let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &with(attachments)).await;
    assert_eq!(promoted, Ok(Promoted::Created));
    assert_eq!(files(&tenant).await.len(), 6);
}

#[tokio::test]
async fn inc_03_a_reply_names_what_it_answers_and_its_thread() {
    let tenant = Tenant::new();
    tenant.crm.promote_email(&user(&ADA), &mail(Some(fjordline())), &content()).await.unwrap();
    for (number, method, is_parent) in [
        (1_u128, Correlation::InReplyTo, true),
        (2, Correlation::TrackingToken, false),
        (3, Correlation::ConversationIndex, true),
    ] {
        let reply = NewEmail {
            id: CrmEmailId(Uuid::from_u128(number)),
            internet_message_id: InternetMessageId(format!("<reply{number}@x.example>")),
            correlated: Some((method, mail(None).id)),
            conversation_index: Some(ConversationIndex("AQHVAAECAwQFBgcICQoLDA0ODw==".to_owned())),
            ..mail(None)
        };
        tenant.crm.promote_email(&engine(&ADA), &reply, &content()).await.unwrap();
        let row = tenant.row("emails", reply.id.0).await;
        assert_eq!(row["correlatedactivityid"]["id"], json!(mail(None).id.0));
        assert_eq!(row["parentactivityid"]["id"] == json!(mail(None).id.0), is_parent, "{method:?}");
        let thread = reply.conversation_index.as_ref().and_then(ConversationIndex::thread);
        assert_eq!(row["conversationtrackingid"].is_string(), thread.is_some());
    }
}

#[tokio::test]
async fn a_queue_gets_its_email_once() {
    let tenant = Tenant::new();
    let queued = NewEmail { queue: Some(id(QUEUE_ID)), ..mail(None) };
    for expected in [Promoted::Created, Promoted::AlreadyThere] {
        assert_eq!(tenant.crm.promote_email(&engine(&ADA), &queued, &content()).await, Ok(expected));
    }
    let items = tenant.rows("queueitems").await;
    let own: Vec<_> = items.iter().filter(|item| item["objectid"]["id"] == json!(queued.id.0)).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["queueid"]["id"], QUEUE_ID);
    let row = tenant.row("emails", queued.id.0).await;
    assert_eq!(row["statecode"], 1, "closed after it was put into the queue");
}
