//! What the pane says where there is no message to show.

use super::Tools;
use super::element::{classed, element};
use super::notices::reason;
use super::parts::{Look, Press, button, icon, nothing, paragraph, status_heading};
use crate::host::{NoHost, Open};
use crate::pane::event::Act;
use crate::pane::state::{Place, SignedOut};
use leptos::prelude::*;

/// The page for this place, unless a message is open in it.
pub fn place(place: &Place, tools: Tools) -> Option<AnyView> {
    let words = tools.words;
    let (drawing, title, text) = match place {
        Place::Starting => return Some(skeleton(tools)),
        Place::NoHost(NoHost::OutsideOutlook) => return Some(outside(tools)),
        Place::NoHost(NoHost::NoOfficeJs) => ("icon i-cloud", words.no_office_js, words.no_office_js_hint),
        Place::Outlook(Open::Nothing) => ("icon i-mail", words.no_item, words.no_item_hint),
        Place::Outlook(Open::Draft) => ("icon i-pen", words.draft, words.draft_hint),
        Place::Outlook(Open::Appointment) => ("icon i-calendar", words.appointment, words.appointment_hint),
        Place::Outlook(Open::Message(_) | Open::Several(_)) => return None,
    };
    Some(poster(drawing, title, text, nothing()))
}

/// A first look at the product for whoever has not signed in.
pub fn signed_out(why: &SignedOut, tools: Tools) -> AnyView {
    let words = tools.words;
    let (title, text) = match why {
        SignedOut::NotYet => (words.signed_out, words.signed_out_hint.to_owned()),
        SignedOut::Challenged => (words.challenged, words.challenged_hint.to_owned()),
        SignedOut::Cancelled | SignedOut::Failed(_) => (words.signed_out, reason(why, tools)),
    };
    let sign_in = button(Look::Main, words.sign_in, Press::Now, Act::SignIn, tools);
    poster("mark", title, &text, sign_in)
}

/// While it is not yet known what is open: the same as the page's shell, so that nothing jumps.
pub fn skeleton(tools: Tools) -> AnyView {
    classed("DIV", "skeleton")
        .with("role", "status")
        .with("aria-label", tools.words.loading)
        .children((0..3).map(|_| element("I").view()))
        .view()
}

fn outside(tools: Tools) -> AnyView {
    let words = tools.words;
    let steps = words.outside_steps.iter().map(|step| element("LI").text(*step).view());
    poster("mark", words.outside, words.outside_hint, element("OL").children(steps).view())
}

pub fn poster(drawing: &'static str, title: &str, text: &str, below: AnyView) -> AnyView {
    classed("SECTION", "poster")
        .child(icon(drawing))
        .child(status_heading(title))
        .child(paragraph("", text))
        .child(below)
        .view()
}
