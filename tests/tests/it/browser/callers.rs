//! Who may not, and who is not signed in.

use super::Stage;
use sandbox::company::{ADA, CHIARA, DAN};
use tests::View;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_crm_refuses_is_told_with_its_reason_and_leaves_no_category() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.open_mail_of(&CHIARA).await;
    pane.until_status("Not tracked").await;
    pane.click("Track").await;
    pane.until_status("Could not be tracked").await;
    stage.browser.picture("refused").await;
    outlook.until_categories(&[]).await;
    assert_eq!((stage.count_emails(&mail).await, stage.categories(&mail)), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_licence_in_the_crm_is_told_so_before_trying() {
    let stage = Stage::set().await;
    let pane = stage.browser.pane();
    stage.open_mail_of(&DAN).await;
    pane.until_text("licence").await;
    stage.browser.picture("no-licence").await;
    assert!(!pane.offers("Track").await, "{}", pane.text().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_signs_in_through_a_window_and_goes_on() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.mail_to(&ADA).await;
    let view = View::of(&ADA).message(&mail).pane().failing_sign_in("USER_INTERACTION_REQUIRED");
    stage.show(&view).await;
    pane.until_status("Welcome to Regarding").await;
    stage.browser.picture("signed-out").await;

    pane.click("Sign in").await;
    outlook.consent("cancel").await;
    pane.until_text("Sign-in was cancelled.").await;
    stage.browser.picture("sign-in-cancelled").await;

    pane.click("Sign in").await;
    outlook.consent("allow").await;
    pane.until_status("Not tracked").await;
    pane.click("Track").await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}
