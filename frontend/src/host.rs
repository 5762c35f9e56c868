//! The only door to Outlook: who and what is open, and a window in which to ask.
//!
//! Everything else in the pane sees this trait, so that it runs the same over Office.js and in a test. The
//! host never changes the message: categories are the backend's to write.

pub mod fake;
pub mod office;

use shared::api::MANY_MAX;
use shared::item::{ItemId, SmtpAddress};
use std::future::Future;
use std::pin::Pin;

/// A future that stays on the browser's one thread.
pub type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// Which item, in whose mailbox. All the pane's state hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemKey {
    /// What Outlook calls it, in REST form; may be a mutable id.
    pub item: ItemId,
    /// The mailbox the item lies in: the user's own or one shared with them.
    pub mailbox: SmtpAddress,
}

/// A received or sent message that is open for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMessage {
    pub key: ItemKey,
    /// Hostile text.
    pub subject: String,
}

/// Several items that are selected in one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub mailbox: SmtpAddress,
    /// The received and sent messages among them, in REST form.
    pub items: Vec<ItemId>,
    /// How many others are selected with them: drafts, say, which cannot be tracked.
    pub others: usize,
}

impl Selection {
    /// Whether it is more than can be worked on at once.
    pub fn is_too_large(&self) -> bool {
        self.items.len() > MANY_MAX
    }
}

/// What Outlook shows beside the pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// Nothing is selected.
    Nothing,
    Message(OpenMessage),
    /// Several items are selected (CAT-09).
    Several(Selection),
    /// A message that is being written.
    Draft,
    Appointment,
}

/// Why there is no Outlook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHost {
    /// The pane was opened in a plain browser.
    OutsideOutlook,
    /// Office.js could not be loaded.
    NoOfficeJs,
}

/// A question that deserves a window of its own, in the user's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The language of all these words, as a BCP 47 tag.
    pub language: String,
    pub title: String,
    /// What will happen, line by line.
    pub lines: Vec<String>,
    pub yes: String,
    pub no: String,
}

/// What the user said to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Said no, or closed the window.
    No,
    /// Outlook cannot show a window here, or was not allowed to.
    NoWindow,
}

/// Light or dark, as Outlook shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// Outlook, as far as the pane needs it.
pub trait Host {
    /// Waits until Outlook is there; nothing else may be asked before.
    fn ready(&self) -> Local<Result<(), NoHost>>;
    /// What is open now.
    fn open(&self) -> Local<Open>;
    /// Calls `changed` whenever another item is opened, or others are selected, while the pane is pinned.
    fn on_change(&self, changed: Box<dyn Fn()>);
    /// Asks in a window that no other page can frame or cover.
    fn ask(&self, question: Question) -> Local<Answer>;
    /// The address of the user's own mailbox, whatever is open.
    fn own_mailbox(&self) -> Option<SmtpAddress>;
    /// The language Outlook speaks, as a BCP 47 tag.
    fn language(&self) -> Option<String>;
    /// The look of Outlook, where it tells; else the browser's preference counts.
    fn theme(&self) -> Option<Theme>;
    /// Calls `changed` with every other look that Outlook takes on, where it tells.
    fn on_theme_change(&self, changed: Box<dyn Fn(Theme)>);
}

/// Whether `color`, as CSS writes it (`#rgb` or `#rrggbb`), is a light or a dark background.
pub fn theme_of(color: &str) -> Option<Theme> {
    let digits = color.trim().strip_prefix('#')?;
    if !digits.is_ascii() {
        return None;
    }
    let channel = |at: usize| match digits.len() {
        3 => u32::from_str_radix(&digits[at..=at], 16).ok().map(|v| v * 17),
        6 => u32::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok(),
        _ => None,
    };
    // Luma of ITU-R BT.601, in thousandths.
    let luma = 299 * channel(0)? + 587 * channel(1)? + 114 * channel(2)?;
    Some(if luma < 128_000 { Theme::Dark } else { Theme::Light })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_dark_when_its_background_is() {
        assert_eq!(theme_of("#1f1f1f"), Some(Theme::Dark));
        assert_eq!(theme_of("#fff"), Some(Theme::Light));
        assert_eq!(theme_of(" #FAF9F8 "), Some(Theme::Light));
    }

    #[test]
    fn a_color_that_is_none_says_nothing_about_the_theme() {
        for odd in ["", "#", "white", "#12345", "#ggg", "#äö", "rgb(0,0,0)"] {
            assert_eq!(theme_of(odd), None, "{odd}");
        }
    }
}
