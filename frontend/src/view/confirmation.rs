//! *What shall become of the CRM record?*, with what each answer does (UNT-01, WHY-02).

use super::Tools;
use super::element::{Heard, classed, element};
use super::parts::{Look, Press, button, heading, paragraph};
use crate::pane::event::{Act, Spot};
use crate::pane::state::{Asking, State};
use leptos::prelude::*;
use shared::api::{Explanation, ItemState, UntrackChoice};
use shared::wish::RecordFate;

/// The question that is open, if one is.
pub fn question(state: &State, known: &ItemState, tools: Tools) -> Option<AnyView> {
    let words = tools.words;
    let (title, body) = match state.item.asking? {
        Asking::Choices => {
            (words.untrack_question, known.untrack.iter().map(|c| choice(c, tools)).collect::<Vec<_>>())
        }
        Asking::InWindow => (words.delete_question, vec![paragraph("", words.answer_in_window)]),
        Asking::InPane => {
            let deletes = known.untrack.iter().find(|choice| choice.record == RecordFate::Delete);
            let effects = deletes.map(|choice| consequences(&choice.consequences));
            let delete = button(Look::Danger, words.delete, Press::Now, Act::ConfirmDelete, tools);
            (words.delete_question, effects.into_iter().chain([delete]).collect())
        }
    };
    let view = classed("SECTION", "question")
        .with("id", Spot::Question.id())
        .with("role", "alertdialog")
        .with("aria-label", title)
        .with("tabindex", "-1")
        .on("keydown", Heard::Leaves, tools.dispatch)
        .child(heading(title))
        .children(body)
        .child(button(Look::Quiet, words.cancel, Press::Now, Act::Cancel, tools))
        .view();
    Some(view)
}

/// One of the answers; one that cannot be taken says why.
fn choice(choice: &UntrackChoice, tools: Tools) -> AnyView {
    let (look, text) = match choice.record {
        RecordFate::Keep => (Look::Main, tools.words.keep_record),
        RecordFate::Delete => (Look::Danger, tools.words.delete_record),
    };
    let refused = choice.refused.as_ref().map(|words| {
        classed("DIV", "refused")
            .child(paragraph("strong", &words.title))
            .child(paragraph("", &words.remedy))
            .view()
    });
    let press = Press::unless(choice.refused.is_some());
    classed("DIV", "choice")
        .child(consequences(&choice.consequences))
        .children(refused)
        .child(button(look, text, press, Act::Fate(choice.record), tools))
        .view()
}

fn consequences(consequences: &[Explanation]) -> AnyView {
    let lines = consequences.iter().map(|consequence| element("LI").text(&consequence.text).view());
    element("UL").children(lines).view()
}
