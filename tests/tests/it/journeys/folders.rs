//! Folders that are mapped to tracking (FLD-01 to FLD-03, APP-07).

use super::opportunity;
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::company::{ADA, BEN, OPPORTUNITIES, QUEUE_ADDRESS};
use serde_json::json;
use shared::RuleId;
use shared::api::{Folder, FolderMapping, Folders};
use shared::item::FolderId;
use shared::problem::Code;
use shared::regarding::RecordRef;
use shared::status::Status;
use tests::pane::{Answer, Pane};
use tests::{Mail, Stack};

async fn list(pane: &Pane, mailbox: &str) -> Answer {
    pane.call(Method::GET, &format!("/api/folders?mailbox={mailbox}"), None).await
}

async fn folders(pane: &Pane) -> Folders {
    list(pane, ADA.upn).await.json()
}

fn path(folder: &FolderId) -> String {
    format!("/api/folders/{}/mapping?mailbox={}", utf8_percent_encode(&folder.0, NON_ALPHANUMERIC), ADA.upn)
}

async fn map(pane: &Pane, folder: &FolderId, regarding: Option<RecordRef>) -> Answer {
    let body = serde_json::to_string(&FolderMapping { regarding }).expect("JSON");
    pane.call(Method::PUT, &path(folder), Some(body)).await
}

async fn unmap(pane: &Pane, folder: &FolderId) -> Answer {
    pane.call(Method::DELETE, &path(folder), None).await
}

/// Ada makes a folder in Outlook.
async fn make(stack: &Stack, name: &str) -> FolderId {
    let path = format!("exchange/mailboxes/{}/folders", ADA.upn);
    let made = stack.act(Method::POST, &path, &json!({ "name": name, "parent": "inbox" })).await;
    FolderId(made["id"].as_str().expect("an id").to_owned())
}

async fn regarding_of(stack: &Stack, mail: &Mail) -> Option<String> {
    let email = stack.email(&mail.internet_message_id).await;
    email["regardingobjectid"]["name"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn fld_01_mail_moved_to_a_mapped_folder_is_tracked_with_its_regarding_record_as_app_07_says() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let ada = stack.pane(&ADA);
    let [deal, ..] = &OPPORTUNITIES;
    let (mapped, plain) = (make(&stack, "Ferries").await, make(&stack, "Private").await);
    let answer = map(&ada, &mapped, Some(opportunity(deal))).await;
    let folder: Folder = answer.json();
    assert_eq!((folder.name.as_str(), &folder.id), ("Ferries", &mapped));
    stack.cycle(ADA.upn).await;
    let (first, second) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    let first_id = first.internet_message_id.clone();
    stack.move_message(&first, &mapped.0).await;
    stack.move_message(&second, &plain.0).await;
    stack.cycle(ADA.upn).await;
    let moved = stack.copy_in(ADA.upn, &first_id);
    assert_eq!(ada.open(&moved).await.status, Status::Tracked);
    assert_eq!(regarding_of(&stack, &moved).await.as_deref(), Some(deal.name));
    assert!(stack.emails(&second.internet_message_id).await.is_empty(), "the other folder means nothing");
}

#[tokio::test]
async fn fld_01_mail_that_lay_in_the_folder_before_is_tracked_too_once_it_is_mapped() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let (ada, folder) = (stack.pane(&ADA), make(&stack, "Ferries").await);
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &folder.0).await;
    stack.cycle(ADA.upn).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(map(&ada, &folder, None).await.status, StatusCode::OK);
    stack.cycle(ADA.upn).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(regarding_of(&stack, &mail).await, None, "a regarding record is optional");
}

#[tokio::test]
async fn fld_01_the_folders_are_shown_as_they_lie_with_their_mappings_and_without_those_that_fill_by_themselves()
 {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let (ada, folder) = (stack.pane(&ADA), make(&stack, "Ferries").await);
    let shown = folders(&ada).await;
    assert_eq!((shown.most, shown.idle), (25, None));
    let ferries = shown.folders.iter().find(|one| one.id == folder).expect("the new one");
    assert_eq!((ferries.mapping.clone(), ferries.depth), (None, 0), "the inbox around it is not shown");
    for system in ["Inbox", "Sent Items", "Drafts", "Outbox", "Deleted Items", "Junk Email"] {
        assert!(!shown.folders.iter().any(|one| one.name == system), "{system} is not offered");
    }
    map(&ada, &folder, None).await;
    let mapping = folders(&ada).await.folders.into_iter().find(|one| one.id == folder).expect("it").mapping;
    assert_eq!(mapping, Some(FolderMapping { regarding: None }));
}

#[tokio::test]
async fn fld_01_twenty_five_folders_and_no_more_are_mapped_with_a_clear_answer() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let ada = stack.pane(&ADA);
    let mut made = Vec::new();
    for number in 0..26 {
        made.push(make(&stack, &format!("Customer {number:02}")).await);
    }
    for folder in &made[..25] {
        assert_eq!(map(&ada, folder, None).await.status, StatusCode::OK);
    }
    let refused = map(&ada, &made[25], None).await.problem();
    assert_eq!(refused.code, Code::BadRequest);
    assert!(refused.title.contains("25"), "{}", refused.title);
    assert_eq!(map(&ada, &made[3], None).await.status, StatusCode::OK, "one that is mapped can be changed");
    assert_eq!(unmap(&ada, &made[0]).await.status, StatusCode::OK);
    assert_eq!(map(&ada, &made[25], None).await.status, StatusCode::OK, "there is room again");
}

#[tokio::test]
async fn fld_01_only_the_own_folders_can_be_mapped_and_never_a_queues() {
    let stack = Stack::start().await;
    for mailbox in [BEN.upn, QUEUE_ADDRESS] {
        let refused = list(&stack.pane(&ADA), mailbox).await.problem();
        assert_eq!(refused.code, Code::BadRequest, "{mailbox}");
        assert!(refused.title.contains("own user") || refused.title.contains("queue"), "{}", refused.title);
    }
}

#[tokio::test]
async fn fld_01_a_folder_is_mapped_to_what_exists_and_to_folders_that_are_there() {
    let stack = Stack::start().await;
    let (ada, folder) = (stack.pane(&ADA), make(&stack, "Ferries").await);
    let [deal, ..] = &OPPORTUNITIES;
    let mut nobody = opportunity(deal);
    nobody.key.id = uuid::Uuid::new_v4();
    assert_eq!(map(&ada, &folder, Some(nobody)).await.problem().code, Code::RegardingGone);
    let unknown = FolderId("AAMkNowhere".to_owned());
    assert_eq!(map(&ada, &unknown, None).await.problem().code, Code::BadRequest);
    let idle = folders(&ada).await.idle.expect("Ada's mailbox is not synchronized here");
    assert_eq!(idle.rule, RuleId::Cfg02);
}

#[tokio::test]
async fn fld_02_moved_on_to_another_mapped_folder_the_mail_takes_that_ones_record() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let ada = stack.pane(&ADA);
    let [one, other, ..] = &OPPORTUNITIES;
    let (first, second) = (make(&stack, "One").await, make(&stack, "Other").await);
    map(&ada, &first, Some(opportunity(one))).await;
    map(&ada, &second, Some(opportunity(other))).await;
    stack.cycle(ADA.upn).await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &first.0).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(regarding_of(&stack, &mail).await.as_deref(), Some(one.name));
    stack.move_message(&stack.copy_in(ADA.upn, &mail.internet_message_id), &second.0).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(regarding_of(&stack, &mail).await.as_deref(), Some(other.name));
}

#[tokio::test]
async fn fld_03_a_mapping_taken_away_keeps_the_links_made() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let (ada, folder) = (stack.pane(&ADA), make(&stack, "Ferries").await);
    map(&ada, &folder, None).await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &folder.0).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(unmap(&ada, &folder).await.json::<Folder>().mapping, None);
    stack.cycle(ADA.upn).await;
    let tracked = stack.copy_in(ADA.upn, &mail.internet_message_id);
    assert_eq!(ada.open(&tracked).await.status, Status::Tracked, "what was tracked stays so");
    let next = stack.mail_to(&ADA).await;
    stack.move_message(&next, &folder.0).await;
    stack.cycle(ADA.upn).await;
    assert!(
        stack.emails(&next.internet_message_id).await.is_empty(),
        "from now on it is a folder like others"
    );
}
