//! The ribbon's own Track and Untrack, which have no pane.

use super::{Stage, TRACKED};
use sandbox::company::ADA;
use tests::View;

#[tokio::test(flavor = "multi_thread")]
async fn the_ribbon_tracks_and_untracks_without_a_pane() {
    let stage = Stage::set().await;
    let outlook = stage.browser.outlook();
    let mail = stage.mail_to(&ADA).await;
    stage.show(&View::of(&ADA).message(&mail)).await;

    outlook.click_command("track").await;
    outlook.until_notices(&["Tracked."]).await;
    outlook.until_categories(&[TRACKED]).await;
    assert_eq!(stage.count_emails(&mail).await, 1);

    outlook.click_command("untrack").await;
    outlook.until_notices(&["No longer tracked. The email in the CRM stays."]).await;
    outlook.until_categories(&[]).await;
    assert_eq!(stage.count_emails(&mail).await, 1, "nobody was asked, so nothing is deleted");
}
