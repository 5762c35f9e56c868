//! Bars that say what is wrong and what to do about it.

use super::Tools;
use super::element::{classed, element};
use super::parts::{Look, Press, button, heading, paragraph};
use crate::pane::event::Act;
use crate::pane::state::{SignedOut, Trouble};
use crate::pane::update::can_be_retried;
use crate::words::fill;
use leptos::prelude::*;

/// Says loudly that nothing here is real.
pub fn sandbox(tools: Tools) -> AnyView {
    let name = element("STRONG").text(tools.words.sandbox).view();
    classed("P", "sandbox").child(name).text(tools.words.sandbox_hint).view()
}

/// What went wrong with a request, with a button where trying again can help.
pub fn trouble(trouble: &Trouble, tools: Tools) -> AnyView {
    told(trouble, Look::Plain, Act::Refresh, tools)
}

/// The same for a wish that did not arrive: the button sends it again.
pub fn stuck(trouble: &Trouble, tools: Tools) -> AnyView {
    told(trouble, Look::Main, Act::Retry, tools)
}

fn told(trouble: &Trouble, look: Look, again: Act, tools: Tools) -> AnyView {
    if let Trouble::SignedOut { why, .. } = trouble {
        return signed_out(why, tools);
    }
    let (title, remedy) = brief(trouble, tools);
    let small = match trouble {
        Trouble::Problem(problem) => Some(fill(tools.words.request_id, &problem.request_id)),
        _ => None,
    };
    let retry = can_be_retried(trouble).then(|| button(look, tools.words.retry, Press::Now, again, tools));
    notice(&title, &remedy, small, retry)
}

/// What went wrong, and what to do.
pub fn brief(trouble: &Trouble, tools: Tools) -> (String, String) {
    let words = tools.words;
    match trouble {
        Trouble::Offline => (words.offline.to_owned(), words.offline_hint.to_owned()),
        Trouble::SignedOut { why, .. } => (words.challenged.to_owned(), reason(why, tools)),
        Trouble::Problem(problem) => (problem.title.clone(), problem.remedy.clone()),
        Trouble::Unreadable { status } => {
            (words.unreadable.to_owned(), fill(words.unreadable_hint, &status.to_string()))
        }
    }
}

/// Asks to sign in again, above what is known already.
pub fn signed_out(why: &SignedOut, tools: Tools) -> AnyView {
    let words = tools.words;
    let sign_in = button(Look::Main, words.sign_in, Press::Now, Act::SignIn, tools);
    notice(words.challenged, &reason(why, tools), None, Some(sign_in))
}

/// Why somebody has to sign in.
pub fn reason(why: &SignedOut, tools: Tools) -> String {
    match why {
        SignedOut::NotYet | SignedOut::Challenged => tools.words.challenged_hint.to_owned(),
        SignedOut::Cancelled => tools.words.cancelled.to_owned(),
        SignedOut::Failed(message) => fill(tools.words.sign_in_failed, message),
    }
}

/// A bar with a title, what to do, a button and a line of small print.
fn notice(title: &str, text: &str, small: Option<String>, action: Option<AnyView>) -> AnyView {
    classed("SECTION", "notice")
        .with("role", "alert")
        .child(heading(title))
        .child(paragraph("", text))
        .children(action)
        .children(small.map(|small| paragraph("small", &small)))
        .view()
}
