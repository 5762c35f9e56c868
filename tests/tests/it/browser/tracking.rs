//! Track: the one obvious action.

use super::{Stage, TRACKED};
use sandbox::company::{ADA, BEN, INGRID};
use tests::{View, parties};

#[tokio::test(flavor = "multi_thread")]
async fn one_click_puts_the_category_on_the_message_and_the_email_into_the_crm() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.open_mail_of(&ADA).await;
    pane.until_status("Not tracked").await;
    outlook.until_categories(&[]).await;
    stage.browser.picture("not-tracked").await;

    pane.click("Track").await;
    pane.until_status("Tracked").await;
    outlook.until_categories(&[TRACKED]).await;
    stage.browser.picture("tracked").await;
    assert!(pane.offers("Open in CRM").await && pane.offers("Untrack").await);
    assert!(!pane.offers("Track").await, "what is tracked is not offered to be tracked");

    let email = stage.online.email(&mail.internet_message_id).await;
    let name = format!("{} {}", INGRID.first, INGRID.last);
    assert_eq!(parties(&email, 1), [(INGRID.email.to_owned(), "contact".to_owned(), name)], "the sender");
    assert_eq!(parties(&email, 2)[0].1, "systemuser", "the recipient");
}

#[tokio::test(flavor = "multi_thread")]
async fn now_01_what_the_person_categorizes_by_hand_is_tracked_by_itself_and_the_open_pane_shows_it() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    // Ben has made the category by hand some day, so that Outlook's menu offers it.
    let mail = stage.open_mail_of(&BEN).await;
    pane.until_status("Not tracked").await;
    outlook.toggle_category(TRACKED).await;
    outlook.until_categories(&[TRACKED]).await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
    outlook.toggle_category(TRACKED).await;
    outlook.until_categories(&[]).await;
    pane.until_status("Not tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1, "the record stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_a_shared_mailbox_is_tracked_there() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.online.deliver(INGRID.email, &[BEN.upn], super::SUBJECT).await;
    stage.show(&View::of(&ADA).mailbox(BEN.upn).message(&mail).pane()).await;
    pane.until_status("Not tracked").await;
    pane.click("Track").await;
    pane.until_status("Tracked").await;
    outlook.until_categories(&[TRACKED]).await;
    stage.browser.picture("shared-mailbox").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
    assert_eq!(stage.categories(&mail), [TRACKED]);
}
