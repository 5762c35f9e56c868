//! The folders that are mapped to tracking.

use super::{Key, SUBJECT, Stage};
use http::Method;
use sandbox::company::{ADA, OPPORTUNITIES};
use sandbox::dataverse::Trouble;
use serde_json::json;
use shared::category::TRACKED;
use tests::View;

impl Stage {
    async fn make_folder(&self, name: &str) {
        let path = format!("exchange/mailboxes/{}/folders", ADA.upn);
        self.online.act(Method::POST, &path, &json!({ "name": name, "parent": "inbox" })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fld_01_a_folder_is_mapped_given_a_regarding_record_and_taken_off_again() {
    let stage = Stage::set().await;
    let (browser, pane) = (&stage.browser, stage.browser.pane());
    let [deal, ..] = OPPORTUNITIES;
    stage.make_folder("A new customer").await;
    let mail = stage.mail_to(&ADA).await;
    stage.show(&View::of(&ADA).message(&mail).pane()).await;
    pane.until_status("Not tracked").await;
    pane.click("Mailbox and folders").await;
    pane.until_status("Mailbox and folders").await;
    pane.until_text("A new customer").await;
    pane.until_text("0 of 25 used").await;
    browser.picture("folders").await;

    pane.click("Track the folder A new customer").await;
    pane.until_text("1 of 25 used").await;
    pane.click("Set regarding of the folder A new customer").await;
    pane.until("the focus in the field", "return document.activeElement.id", |at| *at == "field").await;
    browser.type_text("depth sound").await;
    pane.until_text("Search results").await;
    browser.picture("folders-search").await;
    pane.until("one result", "return document.querySelectorAll('[role=option]').length", |n| *n == 1).await;
    browser.press(&[Key::Down, Key::Enter]).await;
    pane.until_text(&format!("Tracked regarding {}", deal.name)).await;
    browser.picture("folders-mapped").await;

    pane.click("Stop tracking the folder A new customer").await;
    pane.until_text("0 of 25 used").await;
    pane.click("Back").await;
    pane.until_status("Not tracked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mbx_04_a_user_sees_how_their_mailbox_is_synchronized_and_why_an_email_fails() {
    let stage = Stage::set().await;
    let (browser, pane) = (&stage.browser, stage.browser.pane());
    let mail = stage.open_mail_of(&ADA).await;
    pane.until_status("Not tracked").await;
    pane.click("Mailbox and folders").await;
    pane.until_text("Your mailbox is synchronized").await;
    pane.until_text("0 given up").await;
    pane.click("Back").await;
    stage.online.hinder(Trouble::PlugIn { message: "No mail on Fridays.".into() });
    stage.online.categorize(&mail, &[TRACKED], &[]).await;
    pane.until_status("Waiting").await;
    pane.click("Mailbox and folders").await;
    pane.until_text(SUBJECT).await;
    browser.picture("mailbox").await;
    let shown = "return document.querySelector('.failing p').checkVisibility()";
    pane.until("the reason out of the way", shown, |shown| *shown == false).await;
    // By the keyboard alone: the focus is on the status, the first stop behind it is the failing email.
    browser.press(&[Key::Tab, Key::Enter]).await;
    pane.until("the reason in sight", shown, |shown| *shown == true).await;
    pane.until_text("No mail on Fridays.").await;
    browser.picture("mailbox-failing").await;
}
