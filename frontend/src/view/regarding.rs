//! The regarding record: what it is, and the combobox in which another one is chosen.
//!
//! The combobox is that of ARIA 1.2: the focus stays in the field, and the field names the marked option.

use super::element::{Heard, classed, element};
use super::parts::{
    Look, Press, avatar, button, detail, heading, linked_record, named_button, nothing, paragraph, record,
};
use super::{Tools, notices};
use crate::pane::event::{Act, Spot, option_id};
use crate::pane::state::{Choice, Picker, Remote, State, Trouble};
use crate::words::fill;
use leptos::prelude::*;
use shared::api::{ItemState, RecordLink};
use shared::status::Status;

pub fn regarding(state: &State, known: &ItemState, tools: Tools) -> AnyView {
    if known.status == Status::Untracking {
        return nothing();
    }
    let press = Press::unless(state.is_busy());
    match &known.regarding {
        Some(present) if !state.item.picker.changing => card(present, press, tools),
        _ => {
            let picker = &state.item.picker;
            let label =
                if picker.changing { tools.words.change_regarding } else { tools.words.set_regarding };
            combobox(picker, label, press, tools)
        }
    }
}

/// The combobox for all that is selected.
pub fn of_several(picker: &Picker, press: Press, tools: Tools) -> AnyView {
    combobox(picker, tools.words.set_regarding_all, press, tools)
}

/// The combobox for a folder.
pub fn of_folder(picker: &Picker, press: Press, tools: Tools) -> AnyView {
    combobox(picker, tools.words.set_regarding, press, tools)
}

/// The regarding record, to be looked at, changed or cleared.
fn card(present: &RecordLink, press: Press, tools: Tools) -> AnyView {
    let words = tools.words;
    let change = Some(words.change_regarding.to_owned());
    let clear = Some(fill(words.clear_regarding, &present.record.name));
    element("SECTION")
        .child(heading(words.regarding))
        .child(linked_record(present, words.table(&present.record.key.table)))
        .child(
            classed("DIV", "actions")
                .child(named_button(Look::Plain, words.change, change, press, Act::Change, tools))
                .child(named_button(Look::Quiet, words.clear, clear, press, Act::ClearRegarding, tools))
                .view(),
        )
        .view()
}

/// The field with its list.
fn combobox(picker: &Picker, label: &'static str, press: Press, tools: Tools) -> AnyView {
    let words = tools.words;
    let dispatch = tools.dispatch;
    let field = classed("INPUT", "")
        .with("id", Spot::Field.id())
        .with("type", "text")
        .with("role", "combobox")
        .with("aria-autocomplete", "list")
        .with("aria-controls", "options")
        .with("aria-expanded", if picker.open { "true" } else { "false" })
        .with_some("aria-activedescendant", picker.marked.map(option_id))
        .with("autocomplete", "off")
        .with("spellcheck", "false")
        .with("maxlength", "100")
        .with("placeholder", words.search_hint)
        .value(picker.term.clone())
        .on("input", Heard::Types, dispatch)
        .on("focus", Heard::Does(Act::OpenList), dispatch)
        .on("click", Heard::Does(Act::OpenList), dispatch)
        .on("blur", Heard::Does(Act::CloseList), dispatch)
        .on("keydown", Heard::Picks, dispatch);
    let cancel = picker.changing.then(|| button(Look::Quiet, words.cancel, Press::Now, Act::Cancel, tools));
    classed("SECTION", "combo")
        .child(element("LABEL").with("for", Spot::Field.id()).text(label).view())
        .child(press.allow(field).view())
        .children(picker.open.then(|| list(picker, tools)))
        .children(cancel)
        .view()
}

/// The list under the field. Pressing the mouse in it must not take the focus from the field.
fn list(picker: &Picker, tools: Tools) -> AnyView {
    let options = picker.options();
    let mut groups = Vec::new();
    let mut position = 0;
    for group in options.chunk_by(|a, b| a.because == b.because) {
        let title = tools.words.group(group[0].because);
        let mut view = element("DIV")
            .with("role", "group")
            .with("aria-label", title)
            .child(classed("DIV", "group").with("aria-hidden", "true").text(title).view());
        for choice in group {
            view = view.child(option(choice, position, picker, tools));
            position += 1;
        }
        groups.push(view.view());
    }
    let listbox = element("DIV")
        .with("id", "options")
        .with("role", "listbox")
        .with("aria-label", tools.words.suggestions)
        .children(groups);
    classed("DIV", "list")
        .on("mousedown", Heard::Ignores, tools.dispatch)
        .child(listbox.view())
        .child(remark(picker, options.len(), tools))
        .view()
}

fn option(choice: &Choice, position: usize, picker: &Picker, tools: Tools) -> AnyView {
    let kind = tools.words.table(&choice.record.key.table);
    let line =
        if choice.detail.is_empty() { kind.to_owned() } else { [kind, " · ", choice.detail].concat() };
    let name = classed("SPAN", "name").text(&choice.record.name).view();
    record(avatar(choice.record), vec![name, detail(&line)])
        .with("class", "option record")
        .with("id", option_id(position))
        .with("role", "option")
        .with("aria-selected", if picker.marked == Some(position) { "true" } else { "false" })
        .on("click", Heard::Does(Act::Choose(choice.record.clone())), tools.dispatch)
        .view()
}

/// What there is to say about the list: that it is coming, is empty, or goes on.
fn remark(picker: &Picker, count: usize, tools: Tools) -> AnyView {
    let words = tools.words;
    let searching = picker.is_searching();
    let failed: Option<&Trouble> = match (searching, &picker.found, &picker.suggestions) {
        (true, Remote::Failed(trouble), _) | (false, _, Remote::Failed(trouble)) => Some(trouble),
        _ => None,
    };
    if let Some(trouble) = failed {
        let (title, remedy) = notices::brief(trouble, tools);
        return element("DIV")
            .with("role", "alert")
            .child(paragraph("remark strong", &title))
            .child(paragraph("remark", &remedy))
            .view();
    }
    let is_loading =
        if searching { picker.found == Remote::Loading } else { picker.suggestions == Remote::Loading };
    let more = matches!(&picker.found, Remote::Here(found) if searching && found.more);
    let (class, text) = match (is_loading, count, searching) {
        (true, ..) => ("remark", words.searching.to_owned()),
        (_, 0, true) => ("remark", fill(words.nothing_found, picker.term.trim())),
        (_, 0, false) => ("remark", words.no_suggestions.to_owned()),
        _ if more => ("remark", words.more_results.to_owned()),
        _ => ("unseen", fill(words.options_count, &count.to_string())),
    };
    classed("P", class).with("role", "status").text(text).view()
}
