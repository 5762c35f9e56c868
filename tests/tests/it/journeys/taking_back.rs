//! Tracking that is refused late takes back what it did.

use super::{code, failed};
use http::Method;
use sandbox::company::{ADA, CHIARA, INGRID};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::api::{ItemState, WishRequest};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::Stack;
use uuid::Uuid;

#[tokio::test]
async fn frq_06_a_mail_whose_record_the_user_may_not_see_is_refused_and_not_doubled() {
    let stack = Stack::start().await;
    let hers = stack.deliver(INGRID.email, &[ADA.upn, CHIARA.upn], "Offer").await;
    let copy = stack.copy_in(CHIARA.upn, &hers.internet_message_id);
    // A salesperson reads the emails of the own business unit; Ada is not in Chiara's.
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    assert_eq!(stack.pane(&ADA).track(&hers).await.status, Status::Tracked);
    let state = stack.pane(&CHIARA).track(&copy).await;
    assert_eq!(code(&state.status), Some(Code::RecordHidden), "{:#?}", state.status);
    assert_eq!(stack.categories(&copy), Some(vec![]), "taken back");
    assert_eq!(stack.emails(&hers.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&hers), Some(vec![TRACKED.to_owned()]), "Ada's stays");
}

#[tokio::test]
async fn ret_06_a_refusal_that_comes_when_the_crm_is_asked_again_takes_the_category_off_too() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    // The look is answered, the creation is not: the category is on, and the wish waits.
    stack.arm(Fault::new(Kind::DropBefore).on(Service::Dataverse, "POST", "/$batch").after(1));
    let state = ada.track(&mail).await;
    assert!(matches!(state.status, Status::Waiting { .. }), "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    stack.world.faults.clear();
    let mut events = ada.follow(&mail).await;
    let user = ADA.systemuser.expect("a user of the CRM");
    stack.act(Method::PUT, &format!("dataverse/users/{user}/disabled"), &json!({ "on": true })).await;
    stack.clock.advance_ms(600_000);
    let state = events.until(|state| failed(&state.status)).await;
    assert_eq!(code(&state.status), Some(Code::NotLicensed), "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn ret_06_a_newer_wish_that_is_refused_takes_back_what_the_older_one_put_on() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(Fault::new(Kind::DropBefore).on(Service::Dataverse, "POST", "/$batch").after(1));
    assert!(matches!(ada.track(&mail).await.status, Status::Waiting { .. }));
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    stack.world.faults.clear();
    stack.set_roles(&ADA, &["Sales Trainee"]).await;
    let state = ada.track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing), "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![]), "it was ours, of the wish before");
}

#[tokio::test]
async fn why_03_a_wish_that_was_overtaken_does_not_go_on_saying_tracking() {
    let stack = Stack::start_with(|setup| setup.config.limits.wish_patience_ms = 200).await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    let held = Fault::new(Kind::HangBefore).on(Service::Dataverse, "POST", "/$batch").times(1).named("first");
    stack.arm(held);
    let first = WishRequest { id: Uuid::new_v4(), wish: Wish::Track { regarding: RegardingWish::Keep } };
    let other_window = stack.pane(&ADA);
    let overtaking = async {
        stack.until_held("first").await;
        let state = other_window.untrack(&mail, RecordFate::Keep).await;
        stack.world.faults.release("first");
        state
    };
    let (answer, _) = tokio::join!(ada.send(&mail, &first), overtaking);
    let state: ItemState = answer.json();
    assert!(!matches!(state.status, Status::Tracking), "{:#?}", state.status);
    let state = ada.until(&mail, |status| *status == Status::NotTracked).await;
    assert_eq!(state.status, Status::NotTracked);
}
