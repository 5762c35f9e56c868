//! What a person sees and does in the task pane.

use super::{Browser, button};
use fantoccini::Locator;
use fantoccini::error::CmdError;
use serde_json::{Value, json};

/// The task pane in the Outlook page.
#[derive(Debug, Clone, Copy)]
pub struct TaskPane<'a>(pub(super) &'a Browser);

impl TaskPane<'_> {
    /// Runs a function body in the pane and gives what it returns.
    pub(super) async fn run(self, script: &str, arguments: Vec<Value>) -> Result<Value, CmdError> {
        self.enter().await?;
        self.0.client.execute(script, arguments).await
    }

    async fn enter(self) -> Result<(), CmdError> {
        self.0.outlook().pane_frame().await?.enter_frame().await
    }

    /// Waits until the status is exactly this.
    pub async fn until_status(self, wanted: &str) {
        let script = "return document.getElementById('status')?.textContent";
        self.until(&format!("the status {wanted:?}"), script, |seen| *seen == wanted).await;
    }

    /// Waits until this text can be read somewhere in the pane.
    pub async fn until_text(self, wanted: &str) {
        let script = "return document.body.innerText";
        let holds = |seen: &Value| seen.as_str().is_some_and(|seen| seen.contains(wanted));
        self.until(&format!("the text {wanted:?}"), script, holds).await;
    }

    /// Waits until a script gives what is wanted.
    pub async fn until(self, what: &str, script: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let seen = async || {
            let seen = self.run(script, vec![]).await?;
            Ok(wanted(&seen).then_some(seen))
        };
        self.0.until(what, seen).await
    }

    /// The text that can be read in the pane.
    pub async fn text(self) -> String {
        let text = self.run("return document.body.innerText", vec![]).await.expect("the pane is open");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements there are of a kind.
    pub async fn count(self, selector: &str) -> usize {
        let script = "return document.querySelectorAll(arguments[0]).length";
        let count = self.run(script, vec![json!(selector)]).await.expect("the pane is open");
        usize::try_from(count.as_u64().unwrap_or_default()).expect("a small number")
    }

    /// Whether a button of this text can be pressed now.
    pub async fn offers(self, text: &str) -> bool {
        self.enter().await.expect("the pane is open");
        self.0.client.find(Locator::XPath(&button(text))).await.is_ok()
    }

    /// Clicks the button of this text, as soon as it can be.
    pub async fn click(self, text: &str) {
        self.click_at(&format!("the pane's button {text:?}"), &button(text)).await;
    }

    /// Clicks into the field in which the regarding record is looked for.
    pub async fn click_field(self) {
        self.click_at("the field", "//input[not(@disabled)]").await;
    }

    /// Chooses an option of the list with the mouse.
    pub async fn choose(self, name: &str) {
        let option = format!("//*[@role=\"option\"][.//*[normalize-space()=\"{name}\"]]");
        self.click_at(&format!("the option {name:?}"), &option).await;
    }

    /// Names of the options in the list.
    pub async fn options(self) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll('[role=option] .name')].map(name => name.textContent)";
        let names = self.run(script, vec![]).await.expect("the pane is open");
        serde_json::from_value(names).expect("a list of names")
    }

    /// What has the focus in the pane: its text or its id.
    pub async fn focused(self) -> String {
        let script =
            "const at = document.activeElement; return at === document.body ? '' : at.id || at.textContent";
        let at = self.run(script, vec![]).await.expect("the pane is open");
        at.as_str().unwrap_or_default().to_owned()
    }

    async fn click_at(self, what: &str, path: &str) {
        self.0
            .until(what, async || {
                self.enter().await?;
                self.0.client.find(Locator::XPath(path)).await?.click().await.map(Some)
            })
            .await;
    }
}
