//! What a person sees and does: headless Chromium over the Outlook page, with the real pane, the real office.js
//! and the real msal-browser, against the service and the sandbox on sockets.
//!
//! Each test has servers and a browser of its own. Nothing here may be skipped: where the pane is not built, or
//! a library is not installed, the test fails and says what to do.

use fantoccini::key::Key;
use sandbox::company::Person;
use shared::category::TRACKED;
use tests::{Browser, Mail, Online, View};

mod appearance;
mod callers;
mod connection;
mod conversations;
mod folders;
mod interruptions;
mod keyboard;
mod people;
mod regarding;
mod ribbon;
mod several;
mod tracking;
mod untracking;

/// A browser before the product.
struct Stage {
    browser: Browser,
    online: Online,
}

/// Subject of the mail that the journeys are about.
const SUBJECT: &str = "Offer for twelve ferries";

impl Stage {
    async fn set() -> Self {
        let online = Online::start().await;
        Self { browser: Browser::start().await, online }
    }

    /// A person's inbox with a mail of today open, and the pane beside it.
    async fn open_mail_of(&self, person: &Person) -> Mail {
        let mail = self.mail_to(person).await;
        self.show(&View::of(person).message(&mail).pane()).await;
        mail
    }

    /// The same, with the mail tracked already through the pane.
    async fn open_tracked_mail_of(&self, person: &Person) -> Mail {
        let mail = self.open_mail_of(person).await;
        self.browser.pane().click("Track").await;
        self.browser.pane().until_status("Tracked").await;
        mail
    }

    /// A mail from a customer.
    async fn mail_to(&self, person: &Person) -> Mail {
        self.online.deliver(sandbox::company::INGRID.email, &[person.upn], SUBJECT).await
    }

    async fn show(&self, view: &View) {
        self.browser.outlook().open(&self.online, view).await;
    }

    /// How many emails the CRM has of a mail.
    async fn count_emails(&self, mail: &Mail) -> usize {
        self.online.emails(&mail.internet_message_id).await.len()
    }

    /// Name of the regarding record of the one email in the CRM; empty where there is none.
    async fn regarding(&self, mail: &Mail) -> String {
        let email = self.online.email(&mail.internet_message_id).await;
        email["regardingobjectid"]["name"].as_str().unwrap_or_default().to_owned()
    }

    /// The categories on a message, as Exchange has them.
    fn categories(&self, mail: &Mail) -> Vec<String> {
        self.online.categories(mail).expect("the message is there")
    }
}
