//! The whole way by keyboard alone.

use super::{Key, Stage};
use sandbox::company::{ADA, OPPORTUNITIES};

/// What has the focus in the pane.
const FOCUSED: &str = "return document.activeElement.id";

impl Stage {
    /// Presses Tab until this has the focus in the pane.
    pub(super) async fn tab_to(&self, wanted: &str) {
        let mut passed = Vec::new();
        for _ in 0..20 {
            self.browser.press(&[Key::Tab]).await;
            let focused = self.browser.pane().focused().await;
            if focused == wanted {
                return;
            }
            passed.push(focused);
        }
        panic!("Tab does not lead to {wanted:?}; it passes {passed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_done_by_keyboard_alone() {
    let stage = Stage::set().await;
    let (browser, outlook, pane) = (&stage.browser, stage.browser.outlook(), stage.browser.pane());
    let [deal, ..] = OPPORTUNITIES;
    let mail = stage.open_mail_of(&ADA).await;
    pane.until_status("Not tracked").await;

    outlook.focus("#pane .pane__close").await;
    stage.tab_to("Track").await;
    browser.picture("focus").await;
    browser.press(&[Key::Enter]).await;
    pane.until_status("Tracked").await;
    pane.until("the focus on the status, so that it is read out", FOCUSED, |at| {
        eprintln!("{at}");
        *at == "status"
    })
    .await;

    stage.tab_to("field").await;
    browser.type_text("depth sound").await;
    pane.until_text("Search results").await;
    pane.until("one result", "return document.querySelectorAll('[role=option]').length", |n| *n == 1).await;
    browser.press(&[Key::Escape]).await;
    pane.until("a closed list", "return document.getElementById('field').ariaExpanded", |is| *is == "false")
        .await;
    browser.press(&[Key::Down, Key::Down]).await;
    let marked = "return document.getElementById('field').getAttribute('aria-activedescendant')";
    pane.until("a marked option", marked, |option| *option == "option-0").await;
    browser.press(&[Key::Enter]).await;
    pane.until_status(&format!("Tracked regarding {}", deal.name)).await;

    stage.tab_to("Untrack").await;
    browser.press(&[Key::Enter]).await;
    pane.until_text("What shall become of the email in the CRM?").await;
    pane.until("the focus on the question", FOCUSED, |at| *at == "question").await;
    browser.press(&[Key::Escape]).await;
    pane.until_status(&format!("Tracked regarding {}", deal.name)).await;
    assert_eq!(pane.count("[role=alertdialog]").await, 0);

    stage.tab_to("Why?").await;
    browser.press(&[Key::Enter]).await;
    pane.until("the reasons", "return document.querySelector('details').open", |open| *open == true).await;

    outlook.focus("#pane .pane__close").await;
    stage.tab_to("Untrack").await;
    browser.press(&[Key::Enter]).await;
    pane.until_text("What shall become of the email in the CRM?").await;
    stage.tab_to("Untrack and keep it").await;
    browser.press(&[Key::Enter]).await;
    pane.until_status("Not tracked").await;
    outlook.until_categories(&[]).await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}
