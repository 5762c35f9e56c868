//! What the pane looks like in other languages and places, and what it never lets in.

use super::{Stage, TRACKED};
use sandbox::company::{ADA, INGRID};
use tests::View;
use tests::browser::Line;

#[tokio::test(flavor = "multi_thread")]
async fn the_pane_speaks_german_where_outlook_does() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.mail_to(&ADA).await;
    stage.show(&View::of(&ADA).message(&mail).pane().in_german()).await;
    pane.until_status("Nicht nachverfolgt").await;
    pane.click("Nachverfolgen").await;
    pane.until_status("Nachverfolgt").await;
    outlook.until_categories(&[TRACKED]).await;
    stage.browser.picture("german").await;
    pane.click("Nachverfolgung aufheben").await;
    pane.until_text("Was soll aus der E-Mail im CRM werden?").await;
    stage.browser.picture("german-question").await;
    let language = pane.until("the language", "return document.documentElement.lang", |_| true).await;
    assert_eq!(language, "de");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pane_wears_the_theme_of_outlook_whatever_the_browsers_is() {
    let stage = Stage::set().await;
    let pane = stage.browser.pane();
    let mail = stage.mail_to(&ADA).await;
    let ground = "return getComputedStyle(document.documentElement).backgroundColor";
    stage.show(&View::of(&ADA).message(&mail).pane()).await;
    pane.until_status("Not tracked").await;
    pane.until("a light ground", ground, |colour| *colour == "rgb(255, 255, 255)").await;
    stage.show(&View::of(&ADA).message(&mail).pane().in_the_dark()).await;
    pane.until_status("Not tracked").await;
    pane.until("a dark ground", ground, |colour| *colour == "rgb(31, 31, 31)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_shown_as_text_and_nothing_else() {
    const SUBJECT: &str = r#"<img src=x onerror="alert(1)"><script>alert(2)</script> {{7*7}} "'>"#;
    let stage = Stage::set().await;
    let pane = stage.browser.pane();
    let mail = stage.online.deliver(INGRID.email, &[ADA.upn], SUBJECT).await;
    stage.show(&View::of(&ADA).message(&mail).pane()).await;
    pane.until_status("Not tracked").await;
    pane.until_text(SUBJECT).await;
    let before = (pane.count("img").await, pane.count("script").await);
    pane.click("Track").await;
    pane.until_status("Tracked").await;
    pane.click_field().await;
    stage.browser.type_text("<img src=x onerror=alert(3)>").await;
    pane.until_text("No record matches").await;
    pane.until_text("<img src=x onerror=alert(3)>").await;
    stage.browser.picture("hostile").await;
    assert_eq!((pane.count("img").await, pane.count("script").await), before, "no element came of it");
    assert_eq!(stage.count_emails(&mail).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_security_policy_stops_nothing_that_the_pane_needs() {
    let stage = Stage::set().await;
    stage.open_tracked_mail_of(&ADA).await;
    let lines = stage.browser.console().await;
    let complaints: Vec<&Line> =
        lines.iter().filter(|line| line.level == "SEVERE" || line.level == "WARNING").collect();
    assert!(complaints.is_empty(), "{complaints:#?}");

    // That the console would tell of a breach:
    stage
        .browser
        .pane()
        .until("a breach", "document.body.setAttribute('style', 'top: 0'); return 1", |_| true)
        .await;
    let lines = stage.browser.console().await;
    assert!(lines.iter().any(|line| line.source == "security"), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_outlook_the_pane_says_where_it_lives() {
    let stage = Stage::set().await;
    stage.browser.goto(&format!("{}/pane.html", stage.online.pane_origin())).await;
    stage
        .browser
        .until("the hint", async || {
            let text = stage.browser.text().await;
            Ok(text.contains("Regarding lives in Outlook").then_some(()))
        })
        .await;
    stage.browser.picture_of_dialog("outside").await;
}
