//! What a person sees and does on the Outlook page, outside of the pane.

use super::Browser;
use crate::mailbox::Mail;
use crate::online::Online;
use fantoccini::Locator;
use fantoccini::error::CmdError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::company::Person;
use serde_json::{Value, json};

/// What the page shows when it opens.
#[derive(Debug, Clone)]
pub struct View(Vec<(&'static str, String)>);

impl View {
    /// Somebody's inbox, in English, without the pane.
    pub fn of(person: &Person) -> Self {
        Self(vec![("person", person.upn.to_owned()), ("lang", "en".to_owned())])
    }

    #[must_use]
    pub fn message(self, mail: &Mail) -> Self {
        self.with("message", &mail.item.0)
    }

    /// Another mailbox that the person may open.
    #[must_use]
    pub fn mailbox(self, address: &str) -> Self {
        self.with("mailbox", address)
    }

    /// The pane is open.
    #[must_use]
    pub fn pane(self) -> Self {
        self.with("pane", "open")
    }

    /// The pane is open, and stays when another message is opened.
    #[must_use]
    pub fn pinned_pane(self) -> Self {
        self.pane().with("pinned", "1")
    }

    #[must_use]
    pub fn in_german(self) -> Self {
        self.with("lang", "de")
    }

    #[must_use]
    pub fn in_the_dark(self) -> Self {
        self.with("theme", "dark")
    }

    /// The next silent sign-in fails with this status of nested app authentication.
    #[must_use]
    pub fn failing_sign_in(self, status: &str) -> Self {
        self.with("naa", status)
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.retain(|(present, _)| *present != name);
        self.0.push((name, value.to_owned()));
        self
    }

    /// The page's address.
    pub fn address(&self, online: &Online) -> String {
        let pair = |(name, value): &(&str, String)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        let query: Vec<String> = self.0.iter().map(pair).collect();
        format!("{}/?{}", online.sandbox_origin(), query.join("&"))
    }
}

/// The Outlook page.
#[derive(Debug, Clone, Copy)]
pub struct Outlook<'a>(pub(super) &'a Browser);

impl Outlook<'_> {
    /// Opens the page and waits until the mailbox is shown.
    pub async fn open(self, online: &Online, view: &View) {
        self.0.goto(&view.address(online)).await;
        self.0
            .until("the mailbox", async || {
                let ready = self.0.run("return document.body.dataset.ready", vec![]).await?;
                Ok((ready == "true").then_some(()))
            })
            .await;
    }

    /// Opens the message of this subject, by a click into the list.
    pub async fn open_message(self, subject: &str) {
        let row = format!(
            "//*[@role=\"option\"][.//*[contains(@class, \"row__subject\")][normalize-space()=\"{subject}\"]]"
        );
        self.click(&format!("the message {subject:?}"), Locator::XPath(&row)).await;
    }

    /// Selects one more message, or one less, by a click with Ctrl.
    pub async fn select_also(self, subject: &str) {
        let script = "
            const wanted = [...document.querySelectorAll('#list [role=option]')]
                .find(row => row.querySelector('.row__subject').textContent === arguments[0]);
            return Boolean(wanted) && (wanted.dispatchEvent(new MouseEvent('click', { bubbles: true, ctrlKey: true })), true)";
        let look = async || {
            let done = self.0.run(script, vec![json!(subject)]).await?;
            Ok((done == json!(true)).then_some(()))
        };
        self.0.until(&format!("the message {subject:?}"), look).await;
    }

    /// Clicks a button of the ribbon that is ours: `pane`, or the name of a function.
    pub async fn click_command(self, action: &str) {
        let button = format!("#ribbon [data-action={action:?}]:not([disabled])");
        self.click(&format!("the command {action}"), Locator::Css(&button)).await;
    }

    /// Puts a category on the open message or takes it off, through Outlook's own menu.
    pub async fn toggle_category(self, name: &str) {
        self.click("the menu of categories", Locator::Css("[data-command=categorize]")).await;
        let entry = format!("//*[@role=\"menuitemcheckbox\"][.//*[normalize-space()=\"{name}\"]]");
        self.click(&format!("the category {name}"), Locator::XPath(&entry)).await;
    }

    pub async fn close_pane(self) {
        self.click("the pane's cross", Locator::Css(".pane__close")).await;
    }

    /// Answers the window in which a sign-in is allowed: `allow` or `cancel`.
    pub async fn consent(self, answer: &str) {
        let button = format!("[data-consent={answer:?}]");
        self.click(&format!("consent to {answer}"), Locator::Css(&button)).await;
    }

    /// Waits until exactly these categories stand on the open message.
    pub async fn until_categories(self, wanted: &[&str]) {
        let script =
            "return [...document.querySelectorAll('#head .chip__name')].map(chip => chip.textContent)";
        self.until_equal("the categories", script, &json!(wanted)).await;
    }

    /// Waits until the bars above the message say exactly this.
    pub async fn until_notices(self, wanted: &[&str]) {
        let script = "return [...document.querySelectorAll('.notice__text')].map(text => text.textContent)";
        self.until_equal("the bars above the message", script, &json!(wanted)).await;
    }

    /// Puts the focus on a part of the page.
    pub async fn focus(self, selector: &str) {
        let script = "const part = document.querySelector(arguments[0]); part?.focus(); return Boolean(part)";
        let done = self.0.run(script, vec![json!(selector)]).await.expect("the page is there");
        assert_eq!(done, json!(true), "{selector} is not on the page");
    }

    async fn until_equal(self, what: &str, script: &str, wanted: &Value) {
        let what = format!("{what}: {wanted}");
        self.0.until(&what, async || Ok((self.0.run(script, vec![]).await? == *wanted).then_some(()))).await;
    }

    async fn click(self, what: &str, place: Locator<'_>) {
        self.0
            .until(what, async || {
                self.0.enter_top().await?;
                let found = self.0.client.find(place).await?;
                found.click().await.map(Some)
            })
            .await;
    }

    /// The frame of the pane, in the top page.
    pub(super) async fn pane_frame(self) -> Result<fantoccini::elements::Element, CmdError> {
        self.0.enter_top().await?;
        self.0.client.find(Locator::Css("iframe.addin-frame--pane")).await
    }
}
