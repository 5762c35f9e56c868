//! What the pane says when nobody answers, and how it goes on.

use super::{Stage, TRACKED};
use sandbox::company::ADA;
use tests::browser::Network;

#[tokio::test(flavor = "multi_thread")]
async fn a_click_while_nobody_answers_is_kept_and_sent_again() {
    let mut stage = Stage::set().await;
    let mail = stage.open_mail_of(&ADA).await;
    stage.browser.pane().until_status("Not tracked").await;

    stage.online.stop_service().await;
    let pane = stage.browser.pane();
    pane.click("Track").await;
    pane.until_status("Not sent yet").await;
    pane.until_text("No connection").await;
    stage.browser.picture("offline").await;
    assert_eq!((stage.count_emails(&mail).await, stage.categories(&mail)), (0, vec![]));

    stage.online.start_service().await;
    stage.browser.pane().click("Try again").await;
    stage.browser.pane().until_status("Tracked").await;
    stage.browser.outlook().until_categories(&[TRACKED]).await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_a_network_says_so_and_goes_on_by_itself() {
    let stage = Stage::set().await;
    let (browser, pane) = (&stage.browser, stage.browser.pane());
    let mail = stage.open_mail_of(&ADA).await;
    pane.until_status("Not tracked").await;
    browser.set_network(Network::Cut).await;
    pane.click("Track").await;
    pane.until_status("Not sent yet").await;
    browser.set_network(Network::There).await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}
