//! Set regarding: which records, and what follows from it.

use super::{account, case, code, contact, failed, opportunity, record};
use sandbox::company::{
    ADA, BEN, CASES, FJORDLINE, HELIOTECH, INGRID, MERIDIAN, OPPORTUNITIES, Opportunity, PIETER, QUEUE_NAME,
    YUKI,
};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::regarding::{RecordRef, Table};
use shared::status::Status;
use shared::wish::{RegardingWish, Wish};
use tests::Stack;

const DEAL: Opportunity = OPPORTUNITIES[0];
/// A record of a table that takes no activities.
const SITE: &str = "5a9db0c5-0000-4000-8000-0000000051e1";

async fn regarding(stack: &Stack, message_id: &str) -> Option<String> {
    let email = stack.email(message_id).await;
    email["regardingobjectid"]["id"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn app_04_an_email_can_be_regarding_an_account_contact_lead_opportunity_or_case() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let lead = record(Table::lead(), YUKI.id, "Yuki Tanabe");
    for chosen in [account(&FJORDLINE), contact(&INGRID), lead, opportunity(&DEAL), case(&CASES[0])] {
        let state = ada.set_regarding(&mail, chosen.clone()).await;
        assert_eq!(state.status, Status::Tracked, "{}: {:?}", chosen.name, state.problem);
        assert_eq!(state.regarding.map(|link| link.record), Some(chosen.clone()));
        assert_eq!(regarding(&stack, &mail.internet_message_id).await, Some(chosen.key.id.to_string()));
    }
}

#[tokio::test]
async fn app_04_a_new_email_is_regarding_its_record_from_the_start() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for chosen in [account(&FJORDLINE), contact(&INGRID), opportunity(&DEAL), case(&CASES[0])] {
        let mail = stack.mail_to(&ADA).await;
        let state = ada.set_regarding(&mail, chosen.clone()).await;
        assert_eq!(state.status, Status::Tracked, "{:?}", state.problem);
        assert_eq!(regarding(&stack, &mail.internet_message_id).await, Some(chosen.key.id.to_string()));
    }
}

#[tokio::test]
async fn app_04_a_record_of_a_table_without_activities_is_refused() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let site = record(Table::new("nl_site").unwrap(), SITE, "Bergen quay 4");
    let state = stack.pane(&ADA).set_regarding(&mail, site).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::WithoutActivities));
    assert!(state.problem.is_some_and(|words| words.title.contains("nl_site")));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]), "nothing is half done");
}

#[tokio::test]
async fn app_04_a_table_that_the_crm_does_not_have_is_refused() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let nowhere = record(Table::new("nl_nowhere").unwrap(), SITE, "Nowhere");
    let state = stack.pane(&ADA).set_regarding(&mail, nowhere).await;
    assert_eq!(code(&state.status), Some(Code::RegardingGone));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn app_05_tracking_needs_no_regarding_record() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let state = stack.pane(&ADA).track(&mail).await;
    assert_eq!(state.status, Status::Tracked);
    assert_eq!(state.regarding, None);
    assert_eq!(regarding(&stack, &mail.internet_message_id).await, None);
}

#[tokio::test]
async fn app_05_setting_a_regarding_record_tracks_the_email() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
    assert_eq!(ada.set_regarding(&mail, opportunity(&DEAL)).await.status, Status::Tracked);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(ada.open(&mail).await.regarding.map(|link| link.record), Some(opportunity(&DEAL)));
}

#[tokio::test]
async fn app_05_tracking_again_keeps_the_regarding_record() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.set_regarding(&mail, opportunity(&DEAL)).await;
    let state = ada.track(&mail).await;
    assert_eq!(state.regarding.map(|link| link.record), Some(opportunity(&DEAL)));
}

#[tokio::test]
async fn app_05_the_regarding_record_is_changed_and_cleared() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.set_regarding(&mail, opportunity(&DEAL)).await;
    let state = ada.set_regarding(&mail, account(&HELIOTECH)).await;
    assert_eq!(state.regarding.map(|link| link.record), Some(account(&HELIOTECH)));
    let state = ada.wish(&mail, Wish::Track { regarding: RegardingWish::Clear }).await;
    assert_eq!((state.status, state.regarding), (Status::Tracked, None));
    assert_eq!(regarding(&stack, &mail.internet_message_id).await, None);
}

#[tokio::test]
async fn app_05_the_name_of_the_record_is_the_crms_whatever_the_caller_calls_it() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let called = RecordRef { name: "<b>anything</b>".into(), ..opportunity(&DEAL) };
    let ada = stack.pane(&ADA);
    ada.set_regarding(&mail, called).await;
    assert_eq!(ada.open(&mail).await.regarding.map(|link| link.record.name), Some(DEAL.name.to_owned()));
}

#[tokio::test]
async fn frq_06_a_record_that_the_user_cannot_read_cannot_be_regarding() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    for hidden in [account(&MERIDIAN), contact(&PIETER)] {
        let state = ben.set_regarding(&mail, hidden).await;
        assert!(failed(&state.status));
        assert_eq!(code(&state.status), Some(Code::RegardingGone), "nobody learns that it exists");
    }
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn a_record_deleted_before_it_is_set_is_told_and_nothing_is_changed() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let found = ada.search("service contract").await;
    let chosen = found.records[0].record.clone();
    stack.act(http::Method::DELETE, &format!("dataverse/opportunities/{}", chosen.key.id), &().into()).await;
    let mail = stack.mail_to(&ADA).await;
    let state = ada.set_regarding(&mail, chosen.clone()).await;
    assert_eq!(code(&state.status), Some(Code::RegardingGone));
    assert!(state.problem.is_some_and(|words| words.title.contains(&chosen.name)));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert_eq!(ada.track(&mail).await.status, Status::Tracked, "without the record it goes");
}

#[tokio::test]
async fn a_refused_change_of_the_record_leaves_the_email_tracked_as_it_was() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.set_regarding(&mail, opportunity(&DEAL)).await;
    let queue = record(Table::new("queue").unwrap(), sandbox::company::QUEUE_ID, QUEUE_NAME);
    let gone = record(Table::account(), SITE, "No such account");
    for refused in [queue, gone] {
        let state = ada.set_regarding(&mail, refused).await;
        assert!(failed(&state.status), "{:#?}", state.status);
        assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
        assert_eq!(regarding(&stack, &mail.internet_message_id).await.as_deref(), Some(DEAL.id));
    }
}
