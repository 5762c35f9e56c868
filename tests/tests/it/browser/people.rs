//! Who the people on a mail are: choosing among several records, and adding somebody.

use super::{Key, Stage};
use sandbox::company::{ADA, BEN, MAEVE};
use serde_json::json;
use tests::View;

const STRANGER: &str = "greta@lindqvist.example";

#[tokio::test(flavor = "multi_thread")]
async fn ppl_03_one_of_several_matches_is_chosen_and_remembered_for_the_next_mail() {
    let stage = Stage::set().await;
    let pane = stage.browser.pane();
    let chosen = "return document.querySelector('[aria-current]')?.textContent ?? ''";
    let is =
        |name: &'static str| move |seen: &serde_json::Value| seen.as_str().is_some_and(|s| s.contains(name));
    let mail = stage.online.deliver(MAEVE.email, &[BEN.upn], "The fair").await;
    stage.show(&View::of(&BEN).message(&mail).pane()).await;
    pane.until_text("2 matching records").await;
    pane.until("Ben's own record", chosen, is("Maeve O'Hara")).await;
    stage.browser.picture("choosing").await;
    pane.click("Choose Maeve O'Hara (fair 2025), for this address from now on").await;
    pane.until("the other one", chosen, is("fair 2025")).await;
    stage.browser.picture("chosen").await;
    let next = stage.online.deliver(MAEVE.email, &[BEN.upn], "The next fair").await;
    stage.show(&View::of(&BEN).message(&next).pane()).await;
    pane.until("the choice is remembered", chosen, is("fair 2025")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ppl_04_an_unknown_sender_is_added_as_a_contact_by_the_keyboard_alone() {
    let stage = Stage::set().await;
    let (browser, outlook, pane) = (&stage.browser, stage.browser.outlook(), stage.browser.pane());
    let letter = json!({
        "from": { "address": STRANGER, "name": "Lindqvist, Greta" }, "to": [{ "address": ADA.upn }],
        "subject": "A question", "text": "Do you build ferries?",
    });
    let mail = stage.online.post(letter).await;
    stage.show(&View::of(&ADA).message(&mail).pane()).await;
    pane.until_text("Not in the CRM").await;
    outlook.focus("#pane .pane__close").await;
    stage.tab_to("Add as contact").await;
    browser.press(&[Key::Enter]).await;
    let focused = "return document.activeElement.id";
    pane.until("the focus in the name", focused, |at| *at == "name").await;
    pane.until_text("regarding the new contact").await;
    browser.picture("adding").await;
    // Without an answer first.
    browser.press(&[Key::Escape]).await;
    pane.until("no field", "return !document.getElementById('name')", |gone| *gone == true).await;
    pane.click("Add Lindqvist, Greta as a contact").await;
    pane.until("the focus in the name", focused, |at| *at == "name").await;
    browser.press(&[Key::Enter]).await;
    pane.until_status("Tracked regarding Greta Lindqvist").await;
    browser.picture("added").await;
    assert_eq!(stage.regarding(&mail).await, "Greta Lindqvist");
    assert!(!pane.text().await.contains("Not in the CRM"));
}
