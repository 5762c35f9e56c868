//! The small parts that all others are made of.

use super::Tools;
use super::element::{Element, Heard, classed, element};
use crate::pane::event::Act;
use leptos::prelude::*;
use shared::api::{Explanation, RecordLink};
use shared::regarding::RecordRef;

/// How a button looks.
#[derive(Clone, Copy)]
pub enum Look {
    /// The one obvious action.
    Main,
    Plain,
    /// Stands back: text only.
    Quiet,
    /// Destroys something.
    Danger,
}

/// Whether a button can be pressed now.
#[derive(Clone, Copy, PartialEq)]
pub enum Press {
    Now,
    NotNow,
}

impl Press {
    pub fn unless(reason: bool) -> Self {
        if reason { Press::NotNow } else { Press::Now }
    }

    /// Disables an element that cannot be used now.
    pub fn allow(self, element: Element) -> Element {
        match self {
            Press::Now => element,
            Press::NotNow => element.with("disabled", ""),
        }
    }
}

pub fn button(look: Look, text: &'static str, press: Press, act: Act, tools: Tools) -> AnyView {
    named_button(look, text, None, press, act, tools)
}

/// A button whose text alone would not tell a screen reader enough.
pub fn named_button(
    look: Look,
    text: &'static str,
    name: Option<String>,
    press: Press,
    act: Act,
    tools: Tools,
) -> AnyView {
    let class = match look {
        Look::Main => "main",
        Look::Plain => "plain",
        Look::Quiet => "quiet",
        Look::Danger => "danger",
    };
    let button = classed("BUTTON", class)
        .with("type", "button")
        .with_some("aria-label", name)
        .on("click", Heard::Does(act), tools.dispatch)
        .text(text);
    press.allow(button).view()
}

/// A link to a page of the CRM, opened beside Outlook. Only https and http lead anywhere.
pub fn link(class: &'static str, text: &str, url: &str) -> AnyView {
    let leads = url.starts_with("https://") || url.starts_with("http://");
    let link = if leads {
        classed("A", class)
            .with("href", url.to_owned())
            .with("target", "_blank")
            .with("rel", "noopener noreferrer")
    } else {
        classed("SPAN", class)
    };
    link.text(text).view()
}

/// A drawing from the style sheet, for the eye only.
pub fn icon(class: &'static str) -> AnyView {
    classed("SPAN", class).with("aria-hidden", "true").view()
}

pub fn paragraph(class: &'static str, text: &str) -> AnyView {
    classed("P", class).text(text).view()
}

pub fn detail(text: &str) -> AnyView {
    classed("SPAN", "detail").text(text).view()
}

pub fn heading(text: &str) -> AnyView {
    element("H2").text(text).view()
}

/// The heading that names the state of everything; it is announced when it changes, and can be given the focus.
pub fn status_heading(text: &str) -> AnyView {
    element("H1").with("id", "status").with("tabindex", "-1").with("role", "status").text(text).view()
}

/// Something that is worth knowing beforehand, with its rule.
pub fn caution(told: &Explanation) -> AnyView {
    let rule = element("CODE").text(told.rule.as_str()).view();
    let text = element("P").text(&told.text).text(" ").child(rule).view();
    classed("SECTION", "notice caution").with("role", "note").child(text).view()
}

/// A part that has nothing to show.
pub fn nothing() -> AnyView {
    ().into_any()
}

/// The first letters of a name, in the colour of its table.
pub fn avatar(record: &RecordRef) -> AnyView {
    let class = ["avatar t-", record.key.table.as_str()].concat();
    classed("SPAN", class).with("aria-hidden", "true").text(initials(&record.name)).view()
}

/// A mark beside lines of text.
pub fn record(mark: AnyView, lines: Vec<AnyView>) -> Element {
    classed("DIV", "record").child(mark).child(classed("DIV", "lines").children(lines).view())
}

/// A record: its mark, its name as a link, and a line about it.
pub fn linked_record(found: &RecordLink, line: &str) -> AnyView {
    let lines = vec![link("name", &found.record.name, &found.url), detail(line)];
    record(avatar(&found.record), lines).view()
}

/// The first letters of the first and the last word; the style sheet makes them capitals.
pub fn initials(name: &str) -> String {
    let letter = |word: &str| word.chars().find(|c| !c.is_ascii_punctuation());
    let mut letters = name.split_ascii_whitespace().filter_map(letter);
    letters.next().into_iter().chain(letters.next_back()).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ada M. Lovelace"), "AL");
        assert_eq!(initials("contoso"), "c");
        assert_eq!(initials("(new) Äther, Inc."), "nI");
        assert_eq!(initials(" - "), "");
    }
}
