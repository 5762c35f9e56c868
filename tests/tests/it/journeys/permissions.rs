//! The user's own rights decide, in the mailbox and in the CRM.

use super::{code, contact, failed};
use http::StatusCode;
use sandbox::company::{ADA, BEN, CHIARA, DAN, INGRID};
use shared::RuleId;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::Stack;

#[tokio::test]
async fn frq_06_a_role_that_may_not_create_emails_is_refused_and_the_category_comes_off_again() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    stack.categorize(&mail, &["Training"], &[]).await;
    let chiara = stack.pane(&CHIARA);
    let mark = stack.mark();
    let state = chiara.track(&mail).await;
    assert!(failed(&state.status), "{:#?}", state.status);
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert!(state.problem.is_some_and(|words| words.title.contains("prvCreateActivity")));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec!["Training".to_owned()]), "as it was before");
    let changed = stack.changed_since(mark);
    assert_eq!(changed, ["message.categories", "message.categories"], "put on, and taken off again");
}

#[tokio::test]
async fn frq_06_a_category_that_stood_there_before_a_refusal_stays() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    stack.categorize(&mail, &["tracked to dynamics 365"], &[]).await;
    let state = stack.pane(&CHIARA).track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.categories(&mail), Some(vec!["tracked to dynamics 365".to_owned()]));
}

#[tokio::test]
async fn frq_06_a_role_given_later_lets_the_same_wish_through() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let chiara = stack.pane(&CHIARA);
    assert!(failed(&chiara.track(&mail).await.status));
    assert!(failed(&chiara.open(&mail).await.status), "the refusal still shows");
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    assert_eq!(chiara.track(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn frq_06_a_record_that_may_be_read_but_not_appended_to_cannot_be_regarding() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let state = stack.pane(&CHIARA).set_regarding(&mail, contact(&INGRID)).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn frq_06_a_reader_of_a_mailbox_may_look_but_not_track() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let mail = stack.mail_to(&ADA).await;
    let chiara = stack.pane(&CHIARA);
    assert_eq!(chiara.open(&mail).await.status, Status::NotTracked);
    let state = chiara.track(&mail).await;
    assert!(failed(&state.status), "{:#?}", state.status);
    assert!(matches!(code(&state.status), Some(Code::MailboxDenied | Code::CategoryRefused)));
    assert_eq!(stack.categories(&mail), Some(vec![]), "Ada's message is untouched");
}

#[tokio::test]
async fn frq_06_an_editor_of_a_mailbox_tracks_in_it() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let state = stack.pane(&ADA).track(&mail).await;
    assert_eq!(state.status, Status::Tracked, "{:#?}", state.problem);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap());
    assert_eq!(email["directioncode"], false);
}

#[tokio::test]
async fn frq_06_a_mailbox_that_is_not_shared_is_closed() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ben = stack.pane(&BEN);
    let problem = ben.look(&mail).await.problem();
    assert_eq!((problem.code, problem.status), (Code::MailboxDenied, 403));
    assert!(problem.title.contains(ADA.upn));
    let state = ben.track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::MailboxDenied));
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn frq_06_without_a_licence_nothing_is_shown_searched_or_tracked() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&DAN).await;
    let dan = stack.pane(&DAN);
    for answer in [
        dan.look(&mail).await,
        dan.look_for("Fjord").await,
        dan.call(http::Method::GET, "/api/me", None).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let problem = answer.problem();
        assert_eq!(problem.code, Code::NotLicensed);
        assert!(problem.remedy.contains("licence"), "{}", problem.remedy);
    }
    let state = dan.track(&mail).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::NotLicensed));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn frq_06_a_disabled_user_is_not_licensed_either() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.track(&mail).await;
    let path = format!("dataverse/users/{}/disabled", BEN.systemuser.unwrap());
    stack.act(http::Method::PUT, &path, &serde_json::json!({ "on": true })).await;
    assert_eq!(code(&ben.untrack(&mail, RecordFate::Delete).await.status), Some(Code::NotLicensed));
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn frq_06_a_role_taken_away_stops_the_deletion_and_is_told_beforehand() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.track(&mail).await;
    stack.set_roles(&BEN, &["Sales Trainee"]).await;
    let told = ben.open(&mail).await;
    let delete = told.untrack.iter().find(|choice| choice.record == RecordFate::Delete).unwrap();
    assert!(delete.refused.as_ref().is_some_and(|words| words.title.contains("prvDeleteActivity")));
    let state = ben.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert!(state.why.iter().any(|why| why.rule == RuleId::Why03), "{:?}", state.why);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}
