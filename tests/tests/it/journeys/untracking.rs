//! Untrack: what is asked, what is said beforehand, and what is done.

use super::{code, failed};
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, INGRID, QUEUE_ADDRESS};
use shared::RuleId;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::{Stack, id_of};

#[tokio::test]
async fn cat_23_untracking_in_the_pane_takes_the_category_off_at_once() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let state = ada.untrack(&mail, RecordFate::Keep).await;
    assert_eq!(state.status, Status::NotTracked);
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert_eq!(state.record, None);
    assert!(state.tracked_elsewhere.is_some(), "the record that stays is shown");
}

#[tokio::test]
async fn cat_23_what_is_not_tracked_can_be_untracked_without_harm() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let mark = stack.mark();
    assert_eq!(stack.pane(&ADA).untrack(&mail, RecordFate::Delete).await.status, Status::NotTracked);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn app_06_stop_tracking_asks_whether_the_crm_record_is_to_be_deleted_too() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    assert!(ada.open(&mail).await.untrack.is_empty(), "there is nothing to ask yet");
    let state = ada.track(&mail).await;
    let choices: Vec<_> = state.untrack.iter().map(|choice| choice.record).collect();
    assert_eq!(choices, [RecordFate::Keep, RecordFate::Delete]);
    assert!(state.why.iter().any(|why| why.rule == RuleId::App06));
}

#[tokio::test]
async fn unt_01_untrack_and_keep_leaves_the_crm_email() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let before = stack.email(&mail.internet_message_id).await;
    ada.untrack(&mail, RecordFate::Keep).await;
    assert_eq!(stack.email(&mail.internet_message_id).await, before, "not even touched");
}

#[tokio::test]
async fn unt_01_untrack_and_delete_deletes_the_crm_email() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let state = ada.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(state.status, Status::NotTracked, "{:#?}", state.problem);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn unt_01_a_refused_deletion_leaves_everything_as_it_was() {
    let stack = Stack::start().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    stack.pane(&ADA).track(&mail).await;
    let ben = stack.pane(&BEN);
    let told = ben.open(&mail).await;
    let delete = told.untrack.iter().find(|choice| choice.record == RecordFate::Delete).unwrap();
    assert!(
        delete.refused.is_some(),
        "Ben may not delete what is Ada's, and is told beforehand: {delete:#?}"
    );
    let state = ben.untrack(&mail, RecordFate::Delete).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(ben.untrack(&mail, RecordFate::Keep).await.status, Status::NotTracked, "keeping goes");
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn unt_01_what_others_track_too_is_said_before_it_is_deleted() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    ben.track(&second).await;
    let state = ada.track(&first).await;
    let delete = state.untrack.iter().find(|choice| choice.record == RecordFate::Delete).unwrap();
    let said: Vec<_> = delete.consequences.iter().map(|c| c.text.as_str()).collect();
    assert!(said.iter().any(|text| text.contains("1 more mailbox")), "{said:?}");
    assert_eq!(ada.untrack(&first, RecordFate::Delete).await.status, Status::NotTracked);
    assert!(stack.emails(&first.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&second), Some(vec![TRACKED.to_owned()]), "Ben's mailbox is his own");
    assert_eq!(ben.open(&second).await.status, Status::RecordGone);
}

#[tokio::test]
async fn unt_01_keeping_leaves_what_others_track() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    ada.track(&first).await;
    ben.track(&second).await;
    ada.untrack(&first, RecordFate::Keep).await;
    assert_eq!(ben.open(&second).await.status, Status::Tracked);
    assert_eq!(ada.open(&first).await.status, Status::NotTracked);
}

#[tokio::test]
async fn unt_01_a_record_that_merely_bears_the_message_id_is_not_deleted() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    stack.pane(&BEN).track(&stack.copy_in(BEN.upn, &first.internet_message_id)).await;
    stack.categorize(&first, &[TRACKED], &[]).await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.untrack(&first, RecordFate::Delete).await.status, Status::NotTracked);
    assert_eq!(
        stack.emails(&first.internet_message_id).await.len(),
        1,
        "Ben's record is not Ada's to delete"
    );
    assert_eq!(stack.categories(&first), Some(vec![]));
}

#[tokio::test]
async fn del_01_deleting_a_tracked_email_in_outlook_leaves_the_crm_email() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let before = stack.email(&mail.internet_message_id).await;
    stack.delete_message(&mail).await;
    let answer = ada.look(&mail).await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::NOT_FOUND));
    assert_eq!(stack.email(&mail.internet_message_id).await, before);
}

#[tokio::test]
async fn del_01_a_message_deleted_in_outlook_can_still_be_untracked_with_its_record() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.delete_message(&mail).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    let state = ada.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(state.status, Status::NotTracked, "{state:#?}");
    assert!(stack.emails(&mail.internet_message_id).await.is_empty(), "asked for, so done");
}

#[tokio::test]
async fn del_02_deleting_the_crm_email_leaves_the_outlook_message() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.delete_email(id_of(&stack.email(&mail.internet_message_id).await)).await;
    let mark = stack.mark();
    let state = ada.open(&mail).await;
    assert_eq!(state.status, Status::RecordGone);
    assert!(state.problem.is_some_and(|words| words.title.contains("deleted in the CRM")));
    assert_eq!(state.untrack.len(), 1, "there is no record left to ask about");
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn del_02_a_deleted_crm_email_can_be_tracked_again_or_untracked() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for again in [true, false] {
        let mail = stack.mail_to(&ADA).await;
        ada.track(&mail).await;
        stack.delete_email(id_of(&stack.email(&mail.internet_message_id).await)).await;
        if again {
            assert_eq!(ada.track(&mail).await.status, Status::Tracked);
            assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
        } else {
            assert_eq!(ada.untrack(&mail, RecordFate::Delete).await.status, Status::NotTracked);
            assert_eq!(stack.categories(&mail), Some(vec![]));
        }
    }
}

#[tokio::test]
async fn del_02_nothing_is_deleted_by_looking() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let mark = stack.mark();
    for path in ["", "/suggestions"] {
        let item = format!("/api/items/{}{path}?mailbox={}", mail.item.0.replace('=', "%3D"), mail.mailbox);
        assert_eq!(ada.call(Method::GET, &item, None).await.status, StatusCode::OK);
    }
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}
