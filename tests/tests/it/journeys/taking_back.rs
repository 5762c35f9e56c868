//! Tracking that is refused late takes back what it did.

use super::{code, failed};
use http::Method;
use sandbox::company::{ADA, CHIARA, INGRID};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use tests::Stack;

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
