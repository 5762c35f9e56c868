//! Who is on the email, and which records of the CRM they are (PPL-01, PPL-02): of several the user can choose one
//! (PPL-03), and whoever is not in the CRM can be added (PPL-04).

use super::Tools;
use super::element::{Heard, classed, element};
use super::parts::{
    Look, Press, button, detail, heading, icon, link, linked_record, named_button, nothing, paragraph, record,
};
use crate::pane::event::{Act, Spot};
use crate::pane::state::{Adding, State};
use crate::words::fill;
use leptos::prelude::*;
use shared::api::{ItemState, Person, RecordLink};
use shared::party::Chosen;

pub fn people(state: &State, known: &ItemState, tools: Tools) -> AnyView {
    if known.people.is_empty() {
        return nothing();
    }
    let people = known.people.iter().map(|someone| element("LI").child(person(someone, state, tools)).view());
    element("SECTION")
        .child(heading(tools.words.people))
        .child(classed("UL", "people").children(people).view())
        .view()
}

fn person(person: &Person, state: &State, tools: Tools) -> AnyView {
    let words = tools.words;
    let name = if person.name.is_empty() { person.address.as_str() } else { &person.name };
    let line = [words.role(person.role), " · ", person.address.as_str()].concat();
    let who = |badge: AnyView| vec![classed("SPAN", "name").text(name).view(), detail(&line), badge];
    let several = if person.matches.is_empty() { &person.records } else { &person.matches };
    match several.as_slice() {
        [] => {
            let badge = classed("SPAN", "badge").text(words.not_in_crm).view();
            let mut lines = who(badge);
            lines.push(add(person, name, state, tools));
            record(icon("avatar icon i-person"), lines).view()
        }
        [only] => linked_record(only, &[words.table(&only.record.key.table), " · ", &line].concat()),
        several => {
            let badge = fill(words.matches, &several.len().to_string());
            let mut lines = who(classed("SPAN", "badge several").text(badge).view());
            let matches = several.iter().map(|found| one_of_several(found, person, state, tools));
            lines.push(classed("UL", "matches").children(matches).view());
            record(icon("avatar icon i-people"), lines).view()
        }
    }
}

/// One that somebody may be; whether it is the one is told, else it can be chosen.
fn one_of_several(found: &RecordLink, person: &Person, state: &State, tools: Tools) -> AnyView {
    let RecordLink { record, url } = found;
    let is_it = matches!(person.records.as_slice(), [only] if only.record.key == record.key);
    let line =
        element("LI").child(link("", &record.name, url)).child(detail(tools.words.table(&record.key.table)));
    if is_it {
        return line.child(icon("icon i-check")).with("aria-current", "true").view();
    }
    let chosen = Chosen { address: person.address.clone(), record: record.key.clone() };
    let name = Some(fill(tools.words.choose_named, &record.name));
    let press = Press::unless(state.is_busy() || person.matches.is_empty());
    line.child(named_button(Look::Quiet, tools.words.choose, name, press, Act::ChoosePerson(chosen), tools))
        .view()
}

/// The button that begins to add somebody, or the field in which the name is confirmed.
fn add(person: &Person, name: &str, state: &State, tools: Tools) -> AnyView {
    let words = tools.words;
    let adding = state.item.adding.as_ref().filter(|adding| adding.address == person.address);
    let Some(Adding { name, .. }) = adding else {
        if !person.address.is_plausible() {
            return nothing();
        }
        // Mail without a display name names the address instead.
        let known = if person.name.contains('@') { String::new() } else { person.name.clone() };
        let act = Act::AddPerson(person.address.clone(), known);
        let label = Some(fill(words.add_contact_named, name));
        return named_button(
            Look::Quiet,
            words.add_contact,
            label,
            Press::unless(state.is_busy()),
            act,
            tools,
        );
    };
    let field = element("INPUT")
        .with("id", Spot::Name.id())
        .with("type", "text")
        .with("autocomplete", "off")
        .with("maxlength", "101")
        .with("aria-label", words.contact_name)
        .value(name.clone())
        .on("input", Heard::Types, tools.dispatch)
        .on("keydown", Heard::Names, tools.dispatch);
    let press = Press::unless(name.trim().is_empty() || state.is_busy());
    let buttons = classed("DIV", "actions")
        .child(button(Look::Main, words.add_and_track, press, Act::ConfirmContact, tools))
        .child(button(Look::Quiet, words.cancel, Press::Now, Act::Cancel, tools));
    classed("DIV", "adding")
        .child(field.view())
        .child(paragraph("small", words.add_hint))
        .child(buttons.view())
        .view()
}
