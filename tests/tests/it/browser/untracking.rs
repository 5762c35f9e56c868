//! Untrack: asks, says beforehand what will happen on each side, and does it.

use super::{Stage, TRACKED};
use sandbox::company::ADA;

#[tokio::test(flavor = "multi_thread")]
async fn untrack_and_keep_takes_the_category_off_and_leaves_the_email_in_the_crm() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.open_tracked_mail_of(&ADA).await;
    outlook.until_categories(&[TRACKED]).await;
    pane.click("Untrack").await;
    pane.until_text("What shall become of the email in the CRM?").await;
    stage.browser.picture("untrack-question").await;
    assert_eq!(stage.categories(&mail), [TRACKED], "asking changes nothing");

    pane.click("Untrack and keep it").await;
    pane.until_status("Not tracked").await;
    outlook.until_categories(&[]).await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn untrack_and_delete_asks_in_a_window_of_its_own_and_only_then_deletes() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.open_tracked_mail_of(&ADA).await;

    pane.click("Untrack").await;
    pane.click("Untrack and delete it").await;
    stage.browser.enter_other_window().await;
    stage.browser.click_button("Cancel").await;
    stage.browser.return_to_only_window().await;
    pane.until_text("What shall become of the email in the CRM?").await;
    assert_eq!(stage.count_emails(&mail).await, 1, "nothing was confirmed");

    pane.click("Untrack and delete it").await;
    pane.until_text("Please answer in the window that has opened.").await;
    stage.browser.enter_other_window().await;
    let asked = stage.browser.text().await;
    assert!(asked.contains("Delete the email in the CRM?"), "{asked}");
    stage.browser.picture_of_dialog("delete-window").await;
    stage.browser.click_button("Delete").await;
    stage.browser.return_to_only_window().await;
    pane.until_status("Not tracked").await;
    outlook.until_categories(&[]).await;
    assert_eq!(stage.count_emails(&mail).await, 0);
}
