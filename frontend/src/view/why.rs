//! *Why?*: the rules behind what is shown (WHY-01).

use super::Tools;
use super::element::{classed, element};
use super::parts::nothing;
use leptos::prelude::*;
use shared::api::{Explanation, ItemState};

pub fn why(known: &ItemState, tools: Tools) -> AnyView {
    let reasons = known.why.iter().chain(known.people.iter().map(|person| &person.why));
    let lines: Vec<AnyView> = reasons.map(reason).collect();
    if lines.is_empty() {
        return nothing();
    }
    // Without a tabindex office.js, which walks the Tab stops itself, would pass the summary over.
    classed("DETAILS", "why")
        .child(element("SUMMARY").with("tabindex", "0").text(tools.words.why).view())
        .child(element("UL").children(lines).view())
        .view()
}

fn reason(reason: &Explanation) -> AnyView {
    let rule = element("CODE").text(reason.rule.as_str()).view();
    element("LI").text(&reason.text).text(" ").child(rule).view()
}
