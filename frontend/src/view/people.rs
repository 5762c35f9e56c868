//! Who is on the email, and which records of the CRM they are (PPL-01, PPL-02).

use super::Tools;
use super::element::{classed, element};
use super::parts::{detail, heading, icon, link, linked_record, nothing, record};
use crate::words::fill;
use leptos::prelude::*;
use shared::api::{ItemState, Person, RecordLink};

pub fn people(known: &ItemState, tools: Tools) -> AnyView {
    if known.people.is_empty() {
        return nothing();
    }
    let people = known.people.iter().map(|someone| element("LI").child(person(someone, tools)).view());
    element("SECTION")
        .child(heading(tools.words.people))
        .child(classed("UL", "people").children(people).view())
        .view()
}

fn person(person: &Person, tools: Tools) -> AnyView {
    let words = tools.words;
    let name = if person.name.is_empty() { person.address.as_str() } else { &person.name };
    let line = [words.role(person.role), " · ", person.address.as_str()].concat();
    let who = |badge: AnyView| vec![classed("SPAN", "name").text(name).view(), detail(&line), badge];
    match person.records.as_slice() {
        [] => {
            let badge = classed("SPAN", "badge").text(words.not_in_crm).view();
            record(icon("avatar icon i-person"), who(badge)).view()
        }
        [only] => linked_record(only, &[words.table(&only.record.key.table), " · ", &line].concat()),
        several => {
            let badge = fill(words.matches, &several.len().to_string());
            let mut lines = who(classed("SPAN", "badge several").text(badge).view());
            let matches = several.iter().map(|found| one_of_several(found, tools));
            lines.push(classed("UL", "matches").children(matches).view());
            record(icon("avatar icon i-people"), lines).view()
        }
    }
}

fn one_of_several(found: &RecordLink, tools: Tools) -> AnyView {
    element("LI")
        .child(link("", &found.record.name, &found.url))
        .child(detail(tools.words.table(&found.record.key.table)))
        .view()
}
