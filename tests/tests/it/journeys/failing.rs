//! What goes wrong for good, or changes between look and write: said, with what to do, and nothing half done.

use super::{before_the_creation, code, failed, opportunity, pause_ms, waiting};
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, OPPORTUNITIES};
use sandbox::world::faults::{Fault, Kind, Place};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::api::WishRequest;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::{Stack, id_of};
use uuid::Uuid;

/// Holds the write of categories until something has happened in between.
fn before_the_categories(kind: Kind) -> Fault {
    Fault::new(kind).on(Service::Graph, "PATCH", "/messages/").named("held")
}

#[tokio::test]
async fn a_message_that_is_not_there_is_told_and_nothing_is_changed() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.delete_message(&mail).await;
    let ada = stack.pane(&ADA);
    let state = ada.track(&mail).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::MessageGone));
    assert!(state.problem.is_some_and(|w| w.title.contains("Nothing was changed in the CRM")));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn a_message_deleted_between_look_and_write_leaves_the_category_to_nobody() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_categories(Kind::HangBefore));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.delete_message(&mail).await;
        stack.world.faults.clear();
    };
    let (state, ()) = tokio::join!(ada.track(&mail), meanwhile);
    assert!(failed(&state.status), "{:#?}", state.status);
    assert_eq!(code(&state.status), Some(Code::MessageGone));
    assert_eq!(stack.categories(&mail), None);
}

#[tokio::test]
async fn a_message_that_was_moved_is_tracked_where_it_is() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.mail_to(&ADA).await;
    ada.track(&mail).await;
    let moved = stack.move_message(&mail, "archive").await;
    assert_ne!(moved.item, mail.item);
    assert_eq!(ada.open(&moved).await.status, Status::Tracked, "known by its lasting id");
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    assert_eq!(ada.untrack(&moved, RecordFate::Keep).await.status, Status::NotTracked);
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn a_message_moved_between_look_and_write_is_tracked_all_the_same() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_categories(Kind::HangBefore));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.move_message(&mail, "deleteditems").await;
        stack.world.faults.clear();
    };
    let (state, ()) = tokio::join!(ada.track(&mail), meanwhile);
    assert_eq!(state.status, Status::Tracked, "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn categories_that_change_between_look_and_write_are_kept() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &["Red category"], &[]).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_categories(Kind::HangBefore));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.categorize(&mail, &["Blue category", "Fjordline"], &["Red category"]).await;
        stack.world.faults.clear();
    };
    let (state, ()) = tokio::join!(ada.track(&mail), meanwhile);
    assert_eq!(state.status, Status::Tracked);
    let wanted = ["Blue category", "Fjordline", TRACKED].map(str::to_owned).to_vec();
    assert_eq!(stack.categories(&mail), Some(wanted));
}

#[tokio::test]
async fn a_message_that_keeps_changing_is_put_off_and_not_given_up() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    let conflict = Kind::Status {
        status: 412,
        code: "ErrorIrresolvableConflict".into(),
        message: String::new(),
        retry_after: None,
        headers: Default::default(),
    };
    stack.arm(before_the_categories(conflict));
    let state = ada.track(&mail).await;
    assert!(waiting(&state.status), "{:#?}", state.status);
    stack.world.faults.clear();
    stack.clock.advance_ms(pause_ms(&state));
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn a_full_category_list_does_not_keep_an_email_from_the_crm() {
    let stack = Stack::start().await;
    stack.trouble(ADA.upn, json!({ "masterListFull": true })).await;
    let mail = stack.mail_to(&ADA).await;
    let state = stack.pane(&ADA).track(&mail).await;
    // Items take categories that are in no list; only the colour is missing.
    assert_eq!(state.status, Status::Tracked, "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert!(!stack.master_categories(ADA.upn).await.iter().any(|name| name == TRACKED));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn a_category_that_exchange_refuses_is_told_and_the_record_stays() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for fault in ["quotaExceeded", "messageSizeExceeded"] {
        stack.trouble(ADA.upn, json!({ "categoryWrites": fault })).await;
        let mail = stack.mail_to(&ADA).await;
        let state = ada.track(&mail).await;
        assert!(failed(&state.status), "{fault}: {:#?}", state.status);
        assert_eq!(code(&state.status), Some(Code::CategoryRefused));
        assert!(state.problem.is_some_and(|words| words.remedy.contains("Make room")));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "the CRM has it");
        stack.trouble(ADA.upn, json!({})).await;
        assert_eq!(ada.track(&mail).await.status, Status::Tracked, "once there is room");
        assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn a_mailbox_outside_exchange_online_is_told() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.trouble(ADA.upn, json!({ "notInExchangeOnline": true })).await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.look(&mail).await.problem().code, Code::MailboxGone);
    assert_eq!(code(&ada.track(&mail).await.status), Some(Code::MailboxGone));
}

#[tokio::test]
async fn a_plug_in_that_refuses_is_quoted_and_the_category_comes_off() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let aborted = Kind::Status {
        status: 400,
        code: "0x80040265".into(),
        message: "Emails of this customer are handled by the embassy.".into(),
        retry_after: None,
        headers: Default::default(),
    };
    let mut fault = Fault::new(aborted).on(Service::Dataverse, "POST", "/emails");
    fault.matching.place = Place::Part;
    stack.arm(fault);
    let state = stack.pane(&ADA).track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::CrmRefused));
    assert!(state.problem.is_some_and(|words| words.title.contains("handled by the embassy")));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn the_record_deleted_between_look_and_write_is_told_and_nothing_is_changed() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    let deal = opportunity(&OPPORTUNITIES[1]);
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.act(Method::DELETE, &format!("dataverse/opportunities/{}", deal.key.id), &json!({})).await;
        stack.world.faults.clear();
    };
    let (state, ()) = tokio::join!(ada.set_regarding(&mail, deal.clone()), meanwhile);
    assert_eq!(code(&state.status), Some(Code::RegardingGone), "{:#?}", state.status);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]), "the category that was put on for it is taken off");
}

#[tokio::test]
async fn the_email_deleted_between_look_and_write_is_made_anew() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let email = id_of(&stack.email(&mail.internet_message_id).await);
    let mut held = Fault::new(Kind::HangBefore).on(Service::Dataverse, "PATCH", "/emails").named("held");
    held.matching.place = Place::Anywhere;
    stack.arm(held.times(1));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.delete_email(email).await;
        stack.world.faults.clear();
    };
    let (state, ()) = tokio::join!(ada.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])), meanwhile);
    assert_eq!(state.status, Status::Tracked, "{:#?}", state.status);
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["regardingobjectid"]["id"], OPPORTUNITIES[0].id);
}

#[tokio::test]
async fn a_full_disk_is_told_before_anything_is_sent_and_everything_goes_once_there_is_room() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    stack.store.limit_pages_to_present().await.unwrap();
    // The pages that there are have room for some wishes yet.
    let mut accepted = Vec::new();
    let (mail, problem) = loop {
        assert!(accepted.len() < 200, "the disk never came to be full");
        let mail = stack.mail_to(&ADA).await;
        let answer = ada.send(&mail, &track()).await;
        if answer.status == StatusCode::INSUFFICIENT_STORAGE {
            break (mail, answer.problem());
        }
        accepted.push(mail);
    };
    assert_eq!(problem.code, Code::StoreFull);
    assert!(problem.title.contains("disk is full") && problem.remedy.contains("make room"));
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked, "looking goes on");
    stack.store.unlimit_pages().await.unwrap();
    stack.clock.advance_ms(60_000);
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    // What was accepted is not lost, however far it had come.
    for mail in accepted.iter().chain([&mail]) {
        ada.until(mail, |status| *status == Status::Tracked).await;
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

fn track() -> WishRequest {
    WishRequest { id: Uuid::new_v4(), wish: Wish::Track { regarding: RegardingWish::Keep } }
}

#[tokio::test]
async fn somebody_elses_wish_id_is_not_taken() {
    let stack = Stack::start().await;
    let (mail, bens) = (stack.mail_to(&ADA).await, stack.mail_to(&BEN).await);
    let request = WishRequest { id: Uuid::new_v4(), wish: Wish::Track { regarding: RegardingWish::Keep } };
    assert_eq!(stack.pane(&ADA).send(&mail, &request).await.status, StatusCode::OK);
    let answer = stack.pane(&BEN).send(&bens, &request).await;
    assert_eq!(answer.problem().code, Code::BadRequest);
    assert!(stack.emails(&bens.internet_message_id).await.is_empty());
}
