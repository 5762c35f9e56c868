//! The conversation of the open message; and somebody else's name for the category.

use super::{Stage, TRACKED};
use sandbox::company::{ADA, BEN, INGRID, Person};
use serde_json::json;
use tests::{Mail, View};

impl Stage {
    async fn reply_to(&self, mail: &Mail) -> Mail {
        let letter = json!({
            "from": { "address": INGRID.email, "name": "Ingrid" }, "to": [{ "address": ADA.upn, "name": ADA.name }],
            "subject": "RE: Offer", "html": "<p>Yes</p>", "inReplyTo": mail.internet_message_id,
        });
        self.online.post(letter).await
    }

    /// Somebody opens a mail of theirs and tracks it.
    async fn track_as(&self, person: &Person, mail: &Mail) {
        self.show(&View::of(person).message(mail).pane()).await;
        self.browser.pane().click("Track").await;
        self.browser.pane().until_status("Tracked").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cat_11_and_inc_05_a_conversation_is_tracked_as_a_whole_stopped_and_followed_again() {
    let stage = Stage::set().await;
    let (browser, pane) = (&stage.browser, stage.browser.pane());
    let first = stage.mail_to(&ADA).await;
    let second = stage.reply_to(&first).await;
    stage.show(&View::of(&ADA).message(&first).pane()).await;
    pane.until_status("Not tracked").await;
    pane.until_text("Conversation").await;
    browser.picture("conversation").await;
    pane.click("Track whole conversation").await;
    pane.until_text("2 tracked").await;
    pane.until_status("Tracked").await;
    browser.picture("conversation-tracked").await;
    for mail in [&first, &second] {
        assert_eq!(stage.categories(mail), [TRACKED]);
        assert_eq!(stage.count_emails(mail).await, 1);
    }

    pane.click("Stop tracking this conversation").await;
    pane.until_text("You stopped tracking this conversation").await;
    browser.picture("conversation-stopped").await;
    stage.show(&View::of(&ADA).message(&second).pane()).await;
    pane.until_text("You stopped tracking this conversation").await;
    pane.click("Follow it again").await;
    pane.until_text("Stop tracking this conversation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cat_26_where_the_owners_category_has_another_name_the_pane_names_both() {
    let stage = Stage::set().await;
    let pane = stage.browser.pane();
    let (hers, his, second) =
        (stage.mail_to(&ADA).await, stage.mail_to(&BEN).await, stage.mail_to(&BEN).await);
    stage.track_as(&ADA, &hers).await;
    stage.track_as(&BEN, &his).await;
    stage.online.rename_category(BEN.upn, TRACKED, "In the CRM").await;
    stage.track_as(&BEN, &second).await;
    stage.show(&View::of(&ADA).mailbox(BEN.upn).message(&his).pane()).await;
    pane.until_text("“In the CRM”").await;
    pane.until_text("“Tracked to Dynamics 365” in your own").await;
    stage.browser.picture("names-differ").await;
}
