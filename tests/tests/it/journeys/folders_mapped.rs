//! Folders that a user maps to tracking.

use super::{account, opportunity};
use backend::exchange::MailboxId;
use backend::store::{Actor, Mapped, MappedFolder, Store as _};
use sandbox::company::{ADA, FJORDLINE, INGRID, OPPORTUNITIES, QUEUE_ADDRESS, QUEUE_OID};
use serde_json::json;
use shared::category::TRACKED;
use shared::mailbox::FolderMapping;
use shared::regarding::RecordRef;
use shared::status::Status;
use tests::{Mail, Stack};

const ADAS: &str = ADA.upn;

fn mailbox(oid: &str) -> MailboxId {
    MailboxId(oid.parse().expect("a mailbox's id is a GUID"))
}

/// Maps a folder that the service has seen, or takes its mapping away.
async fn map(stack: &Stack, oid: &str, name: &str, mapping: impl Into<Option<FolderMapping>>) -> Mapped {
    let tenant = stack.config.tenants[0].id;
    let folders = stack.store.folders(tenant, mailbox(oid)).await.expect("the store works");
    let folder = folders.iter().find(|f| f.name == name).expect("a folder that was seen").folder.clone();
    let mapped = MappedFolder { folder, name: name.to_owned(), mapping: mapping.into() };
    let now = backend::clock::Clock::now(&*stack.clock);
    let by = Actor::Program("tests".into());
    stack.store.map_folder(tenant, mailbox(oid), &mapped, &by, now).await.expect("the store works")
}

fn to(record: &RecordRef) -> FolderMapping {
    FolderMapping { regarding: Some(record.clone()) }
}

/// Ada's mailbox with two folders, of which the first is mapped to Fjordline Marine; and their ids for moving.
async fn ready() -> (Stack, String, String) {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let customers = stack.create_folder(ADAS, "Ferries").await;
    let deals = stack.create_folder(ADAS, "Deals").await;
    stack.cycle(ADAS).await;
    assert_eq!(map(&stack, ADA.oid, "Ferries", to(&account(&FJORDLINE))).await, Mapped::Done);
    (stack, customers, deals)
}

async fn regarding(stack: &Stack, mail: &Mail) -> Option<String> {
    let email = stack.email(&mail.internet_message_id).await;
    email["regardingobjectid"]["id"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn fld_01_mail_moved_to_a_mapped_folder_is_tracked_with_its_regarding_record() {
    let (stack, customers, _) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(FJORDLINE.id));
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
}

#[tokio::test]
async fn fld_01_a_folder_may_be_mapped_without_a_regarding_record() {
    let (stack, _, deals) = ready().await;
    assert_eq!(map(&stack, ADA.oid, "Deals", Some(FolderMapping { regarding: None })).await, Mapped::Done);
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &deals).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await, None);
}

#[tokio::test]
async fn fld_01_the_folder_is_known_by_its_id_and_subfolders_do_not_inherit() {
    let (stack, customers, _) = ready().await;
    let path = format!("exchange/mailboxes/{ADAS}/folders");
    let below = stack.act(http::Method::POST, &path, &json!({ "name": "2026", "parent": customers })).await;
    let below = below["id"].as_str().unwrap().to_owned();
    stack.act(http::Method::PATCH, &format!("{path}/{customers}"), &json!({ "name": "Kunde" })).await;
    let (here, there) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    stack.cycle(ADAS).await;
    stack.move_message(&here, &customers).await;
    stack.move_message(&there, &below).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &here).await.as_deref(), Some(FJORDLINE.id), "renamed, it goes on");
    assert!(stack.emails(&there.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn fld_01_25_folders_at_most() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    for n in 1..=26 {
        stack.create_folder(ADAS, &format!("Customer {n}")).await;
    }
    stack.cycle(ADAS).await;
    for n in 1..=25 {
        let name = format!("Customer {n}");
        assert_eq!(map(&stack, ADA.oid, &name, to(&account(&FJORDLINE))).await, Mapped::Done);
    }
    assert_eq!(map(&stack, ADA.oid, "Customer 26", to(&account(&FJORDLINE))).await, Mapped::TooMany);
    assert_eq!(map(&stack, ADA.oid, "Customer 1", None).await, Mapped::Done);
    assert_eq!(map(&stack, ADA.oid, "Customer 26", to(&account(&FJORDLINE))).await, Mapped::Done);
}

#[tokio::test]
async fn fld_01_not_for_queues() {
    let stack = Stack::synchronizing(&[QUEUE_ADDRESS]).await;
    let queue = sandbox::company::QUEUE_ID.parse().unwrap();
    stack.world.crm().set_filter(queue, sandbox::dataverse::Filter::None).await.unwrap();
    let folder = stack.create_folder(QUEUE_ADDRESS, "Ferries").await;
    stack.cycle(QUEUE_ADDRESS).await;
    map(&stack, QUEUE_OID, "Ferries", to(&account(&FJORDLINE))).await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "To the team").await;
    stack.cycle(QUEUE_ADDRESS).await;
    stack.move_message(&mail, &folder).await;
    stack.cycle(QUEUE_ADDRESS).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn fld_01_mail_filed_before_anybody_saw_it_is_tracked_too() {
    let (stack, customers, _) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(FJORDLINE.id));
}

#[tokio::test]
async fn fld_01_what_lies_in_a_folder_when_it_is_mapped_is_tracked_too() {
    let (stack, _, deals) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &deals).await;
    stack.cycle(ADAS).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    map(&stack, ADA.oid, "Deals", to(&account(&FJORDLINE))).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(FJORDLINE.id));
}

#[tokio::test]
async fn fld_02_moved_on_to_another_mapped_folder_the_mail_takes_its_regarding_record() {
    let (stack, customers, deals) = ready().await;
    let deal = opportunity(&OPPORTUNITIES[0]);
    map(&stack, ADA.oid, "Deals", to(&deal)).await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(FJORDLINE.id));
    stack.move_message(&mail, &deals).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(OPPORTUNITIES[0].id));
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(FJORDLINE.id), "and back");
}

#[tokio::test]
async fn fld_02_a_regarding_record_set_by_hand_later_is_kept() {
    let (stack, customers, _) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    stack.pane(&ADA).set_regarding(&mail, opportunity(&OPPORTUNITIES[1])).await;
    stack.work(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(OPPORTUNITIES[1].id));
    stack.read(&mail).await;
    stack.cycle(ADAS).await;
    stack.expire_delta_tokens(ADAS).await;
    stack.cycle(ADAS).await;
    assert_eq!(regarding(&stack, &mail).await.as_deref(), Some(OPPORTUNITIES[1].id));
}

#[tokio::test]
async fn fld_02_moved_out_to_a_folder_that_is_not_mapped_the_mail_keeps_all() {
    let (stack, customers, deals) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    stack.move_message(&mail, &deals).await;
    let mark = stack.mark();
    stack.cycle(ADAS).await;
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn fld_03_a_mapping_taken_away_keeps_the_links_made() {
    let (stack, customers, _) = ready().await;
    let (before, after) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    stack.move_message(&before, &customers).await;
    stack.cycle(ADAS).await;
    map(&stack, ADA.oid, "Ferries", None).await;
    stack.read(&before).await;
    stack.move_message(&after, &customers).await;
    let mark = stack.mark();
    stack.cycle(ADAS).await;
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(stack.pane(&ADA).open(&before).await.status, Status::Tracked);
    assert_eq!(regarding(&stack, &before).await.as_deref(), Some(FJORDLINE.id));
    assert!(stack.emails(&after.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn fld_01_mail_moved_there_while_its_untracking_waits_is_tracked() {
    // Seen by a cycle while it waits, and not.
    for seen in [true, false] {
        let (stack, customers, _) = ready().await;
        let mail = stack.mail_to(&ADA).await;
        stack.categorize(&mail, &[TRACKED], &[]).await;
        stack.cycle(ADAS).await;
        stack.maintain_crm(true).await;
        stack.categorize(&mail, &[], &[TRACKED]).await;
        assert_eq!(stack.cycle(ADAS).await.noticed, 1);
        stack.move_message(&mail, &customers).await;
        if seen {
            assert_eq!(stack.cycle(ADAS).await.noticed, 1);
        }
        stack.maintain_crm(false).await;
        stack.clock.advance_ms(900_000);
        stack.work(ADAS).await;
        stack.cycle(ADAS).await;
        assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked, "seen meanwhile: {seen}");
        assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn fld_01_untracked_by_hand_in_the_folder_it_stays_untracked_until_it_is_moved_again() {
    let (stack, customers, _) = ready().await;
    let mail = stack.mail_to(&ADA).await;
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    stack.cycle(ADAS).await;
    stack.read(&mail).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
    stack.move_message(&mail, "inbox").await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
    stack.move_message(&mail, &customers).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.categories(&mail), Some(vec![]), "where it was untracked, moving it about says nothing");
}
