//! Set regarding: by typing, by keyboard, from what is suggested; changed and cleared again.

use super::{Key, Stage, TRACKED};
use sandbox::company::{ACCOUNTS, ADA, INGRID, OPPORTUNITIES};
use tests::{Mail, View};

/// Subject of a mail that lies in Ada's inbox from the beginning.
const ABOUT_THE_DEAL: &str = "RE: Depth sounders for our ferries";

impl Stage {
    fn mail_about_the_deal(&self) -> Mail {
        let id = {
            let exchange = self.online.world.exchange();
            let ada = exchange.mailbox(ADA.upn).expect("Ada's mailbox");
            let found = ada.messages().find(|message| {
                let from_ingrid = message.from.as_ref().is_some_and(|from| from.address == INGRID.email);
                from_ingrid && message.subject.as_deref() == Some(ABOUT_THE_DEAL)
            });
            found.expect("the mail lies there").internet_message_id.clone()
        };
        self.online.copy_in(ADA.upn, &id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_regarding_record_is_found_by_typing_chosen_by_keyboard_changed_and_cleared() {
    let stage = Stage::set().await;
    let (browser, outlook, pane) = (&stage.browser, stage.browser.outlook(), stage.browser.pane());
    let [deal, ..] = OPPORTUNITIES;
    stage.show(&View::of(&ADA)).await;
    outlook.open_message(ABOUT_THE_DEAL).await;
    outlook.click_command("pane").await;
    pane.until_status("Not tracked").await;
    let mail = stage.mail_about_the_deal();

    pane.click_field().await;
    pane.until("the suggestions", "return document.querySelectorAll('[role=option]').length", |count| {
        count.as_u64() > Some(0)
    })
    .await;
    browser.picture("suggestions").await;
    let suggested = pane.options().await;
    assert!(suggested.iter().any(|name| name == deal.name), "the sender's own deal: {suggested:?}");

    browser.type_text("depth sound").await;
    pane.until_text("Search results").await;
    pane.until("the one that was meant", "return document.querySelectorAll('[role=option]').length", |n| {
        *n == 1
    })
    .await;
    browser.picture("search").await;
    assert_eq!(pane.options().await, [deal.name]);
    browser.press(&[Key::Down, Key::Enter]).await;
    pane.until_status(&format!("Tracked regarding {}", deal.name)).await;
    outlook.until_categories(&[TRACKED]).await;
    browser.picture("tracked-regarding").await;
    browser.picture_of_page("readme").await;
    assert_eq!(stage.regarding(&mail).await, deal.name);

    let [account, ..] = ACCOUNTS;
    pane.click("Change regarding").await;
    browser.type_text("fjordline marine").await;
    pane.until_text("Search results").await;
    pane.choose(account.name).await;
    pane.until_status(&format!("Tracked regarding {}", account.name)).await;
    assert_eq!(stage.regarding(&mail).await, account.name);

    pane.click(&format!("Clear regarding {}", account.name)).await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.regarding(&mail).await, "");
    assert_eq!(stage.count_emails(&mail).await, 1, "one email, however often its regarding changes");
}
