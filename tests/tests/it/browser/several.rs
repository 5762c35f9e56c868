//! Several messages selected in Outlook, over the real office.js.

use super::{Key, Stage, TRACKED};
use sandbox::company::{ADA, BEN, INGRID, OPPORTUNITIES};
use tests::{Mail, View};

const SUBJECTS: [&str; 3] = ["Ferries: first", "Ferries: second", "Ferries: third"];

impl Stage {
    async fn three_mails(&self, to: &str) -> Vec<Mail> {
        let mut mails = Vec::new();
        for subject in SUBJECTS {
            mails.push(self.online.deliver(INGRID.email, &[to], subject).await);
        }
        mails
    }

    /// The pane beside three selected messages.
    async fn select_three(&self) {
        for subject in &SUBJECTS[..2] {
            self.browser.outlook().select_also(subject).await;
        }
        self.browser.pane().until_status("3 messages selected").await;
    }
}

const COUNTS: &str =
    "return [...document.querySelectorAll('.tally li')].map(count => count.textContent).join(', ')";

#[tokio::test(flavor = "multi_thread")]
async fn cat_09_the_pane_follows_the_selection_tracks_all_sets_their_regarding_and_untracks_them() {
    let stage = Stage::set().await;
    let (browser, outlook, pane) = (&stage.browser, stage.browser.outlook(), stage.browser.pane());
    let mails = stage.three_mails(ADA.upn).await;
    stage.show(&View::of(&ADA).message(&mails[2]).pane()).await;
    pane.until_status("Not tracked").await;
    stage.select_three().await;
    pane.until("the counts", COUNTS, |told| *told == "3 not tracked").await;
    browser.picture("several").await;

    pane.click("Track all").await;
    pane.until("all of them tracked", COUNTS, |told| *told == "3 tracked").await;
    browser.picture("several-tracked").await;
    for mail in &mails {
        assert_eq!(stage.categories(mail), [TRACKED]);
        assert_eq!(stage.count_emails(mail).await, 1);
    }

    let [deal, ..] = OPPORTUNITIES;
    pane.click_field().await;
    browser.type_text("depth sound").await;
    pane.until_text("Search results").await;
    browser.picture("several-search").await;
    pane.choose(deal.name).await;
    pane.until("all of them tracked again", COUNTS, |told| *told == "3 tracked").await;
    for mail in &mails {
        assert_eq!(stage.regarding(mail).await, deal.name);
    }

    pane.click("Untrack all").await;
    pane.until_text("Stop tracking all selected messages?").await;
    pane.until_text("CRM: all emails stay.").await;
    browser.picture("several-question").await;
    pane.click("Untrack all and keep the emails").await;
    pane.until("none of them tracked", COUNTS, |told| *told == "3 not tracked").await;
    for mail in &mails {
        assert!(stage.categories(mail).is_empty());
        assert_eq!(stage.count_emails(mail).await, 1, "the record stays");
    }

    outlook.open_message(SUBJECTS[0]).await;
    pane.until_status("Not tracked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cat_09_several_messages_of_a_shared_mailbox_are_tracked_there_by_keyboard() {
    let stage = Stage::set().await;
    let (browser, outlook, pane) = (&stage.browser, stage.browser.outlook(), stage.browser.pane());
    let mails = stage.three_mails(BEN.upn).await;
    let view = View::of(&ADA).mailbox(BEN.upn).message(&mails[2]).pinned_pane().in_german();
    stage.show(&view).await;
    pane.until_status("Nicht nachverfolgt").await;
    for subject in &SUBJECTS[..2] {
        outlook.select_also(subject).await;
    }
    pane.until_status("3 Nachrichten ausgewählt").await;
    // Before their states are read there is nothing to press.
    pane.until("the counts", COUNTS, |told| *told == "3 nicht nachverfolgt").await;
    outlook.focus("#pane .pane__close").await;
    for _ in 0..10 {
        browser.press(&[Key::Tab]).await;
        if pane.focused().await == "Alle nachverfolgen" {
            break;
        }
    }
    assert_eq!(pane.focused().await, "Alle nachverfolgen");
    browser.press(&[Key::Enter]).await;
    pane.until("all of them tracked", COUNTS, |told| *told == "3 nachverfolgt").await;
    browser.picture("several-german").await;
    for mail in &mails {
        assert_eq!(stage.categories(mail), [TRACKED]);
    }
}
