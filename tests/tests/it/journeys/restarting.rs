//! What was wished outlives the process, and the user's sign-in as far as their rights can be kept to.

use super::{before_the_creation, code, opportunity, pause_ms, waiting};
use sandbox::company::{ADA, BEN, INGRID, OPPORTUNITIES, QUEUE_ADDRESS};
use sandbox::world::faults::Kind;
use sandbox::world::journal::Service;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::Stack;

/// Longer than a token of Entra's lasts.
const TWO_HOURS_MS: i64 = 7_200_000;

#[tokio::test]
async fn a_waiting_wish_goes_on_after_a_restart() {
    let mut stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.maintain_crm(true).await;
    let state = stack.pane(&ADA).set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await;
    assert!(waiting(&state.status));
    stack.restart().await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, state.status, "remembered with its reason and its time");
    stack.maintain_crm(false).await;
    stack.clock.advance_ms(pause_ms(&state));
    ada.until(&mail, |status| *status == Status::Tracked).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["regardingobjectid"]["id"], OPPORTUNITIES[0].id);
}

#[tokio::test]
async fn after_a_restart_nobody_has_to_come_back_for_a_wish_to_go_on() {
    let mut stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.maintain_crm(true).await;
    let state = stack.pane(&ADA).track(&mail).await;
    stack.maintain_crm(false).await;
    stack.restart().await;
    let mark = stack.mark();
    stack.clock.advance_ms(pause_ms(&state));
    stack.until_changed(mark, "email.create").await;
    let ada = stack.pane(&ADA);
    ada.until(&mail, |status| *status == Status::Tracked).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap(), "done for Ada, as Ada");
    let asked = stack.since(mark);
    let create = asked.iter().find(|e| e.effects.iter().any(|f| f.kind == "email.create")).unwrap();
    assert!(create.caller.starts_with("app "), "by the engine: {}", create.caller);
}

#[tokio::test]
async fn links_and_categories_are_remembered_across_a_restart() {
    let mut stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.pane(&ADA).track(&mail).await;
    stack.rename_category(ADA.upn, TRACKED, "In the CRM").await;
    stack.restart().await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    let second = stack.mail_to(&ADA).await;
    ada.track(&second).await;
    assert_eq!(stack.categories(&second), Some(vec!["In the CRM".to_owned()]));
    assert_eq!(ada.untrack(&mail, RecordFate::Delete).await.status, Status::NotTracked);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_step_ends_in_one_email_and_one_category() {
    let mut stack = Stack::start_with(|setup| {
        setup.config.limits.wish_patience_ms = 0;
        setup.config.limits.stop_secs = 0;
    })
    .await;
    let mail = stack.mail_to(&ADA).await;
    {
        let ada = stack.pane(&ADA);
        ada.open(&mail).await;
        stack.arm(before_the_creation(Kind::HangAfter).named("held"));
        assert_eq!(ada.track(&mail).await.status, Status::Tracking);
        stack.until_held("held").await;
    }
    stack.restart().await;
    stack.world.faults.clear();
    let ada = stack.pane(&ADA);
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn with_an_expired_sign_in_the_engine_finishes_in_the_users_own_mailbox_with_their_rights() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.open(&mail).await;
    stack.maintain_crm(true).await;
    assert_eq!(code(&ben.track(&mail).await.status), Some(Code::CrmDown));
    stack.maintain_crm(false).await;
    let mark = stack.mark();
    stack.clock.advance_ms(TWO_HOURS_MS);
    stack.until_changed(mark, "email.create").await;
    let back = stack.pane(&BEN);
    back.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], BEN.systemuser.unwrap());
    assert_eq!(email["createdby"]["id"], BEN.systemuser.unwrap());
    let writers: Vec<_> = stack.since(mark).into_iter().filter(|e| !e.effects.is_empty()).collect();
    assert!(writers.iter().all(|e| e.caller.starts_with("app ")), "{writers:#?}");
}

#[tokio::test]
async fn the_engine_may_do_no_more_than_the_user_it_acts_for() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.open(&mail).await;
    stack.maintain_crm(true).await;
    ben.track(&mail).await;
    stack.maintain_crm(false).await;
    stack.set_roles(&BEN, &["Sales Trainee"]).await;
    stack.clock.advance_ms(TWO_HOURS_MS);
    let back = stack.pane(&BEN);
    let state = back.until(&mail, super::failed).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]), "the category that was put on for it is taken off");
}

#[tokio::test]
async fn with_an_expired_sign_in_nothing_is_done_in_a_shared_mailbox_until_the_user_is_back() {
    let stack = Stack::start().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    // Neither side has been written to when the sign-in ends.
    stack.arm(super::refused(Service::Graph, "POST", "$batch", 503, Some("5400")).times(1));
    assert!(waiting(&ada.track(&mail).await.status));
    let mark = stack.mark();
    stack.clock.advance_ms(TWO_HOURS_MS);
    stack.until_put_off().await;
    let back = stack.pane(&ADA);
    let state = back.open(&mail).await;
    assert_eq!(code(&state.status), Some(Code::SignedOut), "{:#?}", state.status);
    assert!(waiting(&state.status), "{:#?}", state.status);
    let words = state.problem.as_ref().expect("words");
    assert!(words.title.contains("expired") && words.remedy.contains("Sign in"), "{words:?}");
    assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "the engine touched nothing");
    stack.clock.advance_ms(pause_ms(&state));
    back.until(&mail, |status| *status == Status::Tracked).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap());
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}
