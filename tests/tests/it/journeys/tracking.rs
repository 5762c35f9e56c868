//! Track, from the pane: the category, and the email in the CRM.

use super::{code, failed, opportunity};
use sandbox::company::{ADA, BEN, CHIARA, INGRID, OPPORTUNITIES, QUEUE_ADDRESS};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::{Stack, id_of};

#[tokio::test]
async fn cat_01_the_category_is_created_where_it_is_missing() {
    let stack = Stack::start().await;
    assert!(!stack.master_categories(ADA.upn).await.iter().any(|name| name == TRACKED));
    let mail = stack.mail_to(&ADA).await;
    stack.pane(&ADA).track(&mail).await;
    let categories = stack.master_categories(ADA.upn).await;
    assert_eq!(categories.iter().filter(|name| *name == TRACKED).count(), 1, "{categories:?}");
}

#[tokio::test]
async fn cat_01_a_category_that_was_made_by_hand_is_adopted() {
    let stack = Stack::start().await;
    let before = stack.master_categories(BEN.upn).await;
    assert!(before.iter().any(|name| name == TRACKED), "Ben has made it by hand: {before:?}");
    let mail = stack.mail_to(&BEN).await;
    assert_eq!(stack.pane(&BEN).track(&mail).await.status, Status::Tracked);
    assert_eq!(stack.master_categories(BEN.upn).await, before);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn cat_01_a_category_of_another_spelling_is_adopted_as_it_is_spelled() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let before = stack.master_categories(CHIARA.upn).await;
    let mail = stack.mail_to(&CHIARA).await;
    let chiara = stack.pane(&CHIARA);
    assert_eq!(chiara.track(&mail).await.status, Status::Tracked);
    assert_eq!(stack.master_categories(CHIARA.upn).await, before, "no second one beside hers");
    assert_eq!(stack.categories(&mail), Some(vec!["tracked to dynamics 365".to_owned()]));
    assert_eq!(chiara.untrack(&mail, RecordFate::Keep).await.status, Status::NotTracked);
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn cat_13_a_renamed_category_goes_on_tracking_under_its_new_name() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let (first, second) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    ada.track(&first).await;
    stack.rename_category(ADA.upn, TRACKED, "In the CRM").await;
    assert_eq!(ada.track(&second).await.status, Status::Tracked);
    assert_eq!(stack.categories(&second), Some(vec!["In the CRM".to_owned()]));
    assert!(!stack.master_categories(ADA.upn).await.iter().any(|name| name == TRACKED), "no second category");
    assert_eq!(ada.open(&first).await.status, Status::Tracked, "its old name still counts on older mail");
}

#[tokio::test]
async fn cat_13_a_renamed_category_goes_on_untracking_under_its_new_name_and_its_old_one() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let (first, second) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    ada.track(&first).await;
    stack.rename_category(ADA.upn, TRACKED, "In the CRM").await;
    ada.track(&second).await;
    for mail in [&first, &second] {
        assert_eq!(ada.untrack(mail, RecordFate::Keep).await.status, Status::NotTracked);
        assert_eq!(stack.categories(mail), Some(vec![]));
    }
}

#[tokio::test]
async fn cat_13_a_delegate_who_cannot_read_the_list_tracks_by_the_name_that_is_known() {
    let stack = Stack::start().await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let mails = [
        stack.mail_to(&BEN).await,
        stack.mail_to(&BEN).await,
        stack.mail_to(&BEN).await,
        stack.mail_to(&BEN).await,
    ];
    ben.track(&mails[0]).await;
    stack.rename_category(BEN.upn, TRACKED, "In the CRM").await;
    let before = stack.master_categories(BEN.upn).await;
    assert_eq!(ada.track(&mails[1]).await.status, Status::Tracked, "by the name that was last seen");
    assert_eq!(stack.categories(&mails[1]), Some(vec![TRACKED.to_owned()]));
    assert_eq!(ben.track(&mails[2]).await.status, Status::Tracked);
    assert_eq!(stack.categories(&mails[2]), Some(vec!["In the CRM".to_owned()]), "his is known by its id");
    assert_eq!(ada.track(&mails[3]).await.status, Status::Tracked);
    assert_eq!(stack.categories(&mails[3]), Some(vec!["In the CRM".to_owned()]), "and its name to Ada");
    assert_eq!(stack.master_categories(BEN.upn).await, before, "no second category");
    for mail in &mails {
        assert_eq!(ada.open(mail).await.status, Status::Tracked);
        assert_eq!(ben.open(mail).await.status, Status::Tracked);
    }
}

#[tokio::test]
async fn cat_22_tracking_in_the_pane_puts_the_category_on_and_the_email_into_the_crm() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
    let state = ada.track(&mail).await;
    assert_eq!(state.status, Status::Tracked, "{state:#?}");
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["subject"], "Offer for twelve ferries");
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap());
    assert_eq!(state.record.map(|link| link.record.key.id), Some(id_of(&email)));
}

#[tokio::test]
async fn cat_22_categories_that_stood_on_the_message_stay() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &["Fjordline", "Red category"], &[]).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    let wanted = ["Fjordline", "Red category", TRACKED].map(str::to_owned).to_vec();
    assert_eq!(stack.categories(&mail), Some(wanted));
    ada.untrack(&mail, RecordFate::Keep).await;
    assert_eq!(stack.categories(&mail), Some(vec!["Fjordline".to_owned(), "Red category".to_owned()]));
}

#[tokio::test]
async fn cat_22_a_message_in_a_shared_mailbox_is_tracked_for_everybody_who_works_there() {
    let stack = Stack::start().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    assert_eq!(ben.open(&mail).await.status, Status::Tracked);
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap());
    let state = ben.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await;
    // The record is Ada's and a salesperson writes only their own: Ben's own rights decide, not the mailbox's.
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing), "{:#?}", state.status);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "what Ada tracked stays tracked");
}

#[tokio::test]
async fn cat_22_a_draft_is_refused_with_what_to_do() {
    let stack = Stack::start().await;
    let draft = {
        let exchange = stack.world.exchange();
        let ada = exchange.mailbox(ADA.upn).unwrap();
        let draft = ada.messages().find(|m| m.is_draft).expect("Ada has a draft");
        draft.internet_message_id.clone()
    };
    let mail = stack.copy_in(ADA.upn, &draft);
    let state = stack.pane(&ADA).track(&mail).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::MessageIsDraft));
    assert!(state.problem.is_some_and(|words| words.remedy.contains("Send it first")));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn cat_24_a_category_put_on_in_another_client_shows_as_tracking_pending() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    let ben = stack.pane(&BEN);
    assert_eq!(ben.open(&mail).await.status, Status::TrackingPending);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty(), "looking changes nothing");
    assert_eq!(ben.track(&mail).await.status, Status::Tracked);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_24_a_category_taken_off_in_another_client_shows_as_untracking_pending() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    let state = ada.open(&mail).await;
    assert_eq!(state.status, Status::UntrackingPending);
    assert!(state.record.is_some(), "the CRM has not been told yet");
    assert_eq!(ada.untrack(&mail, RecordFate::Keep).await.status, Status::NotTracked);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_24_a_category_taken_off_and_put_on_again_in_another_client_is_tracked() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
}
