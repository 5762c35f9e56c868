//! Several selected messages: how many of them stand how, and one action for all (CAT-09).

use super::element::{Heard, classed, element};
use super::parts::{Look, Press, button, heading, icon, nothing, paragraph, status_heading};
use super::{Tools, notices, places, regarding};
use crate::host::Selection;
use crate::pane::event::{Act, Spot};
use crate::pane::state::{BulkDelivery, Progress, Remote, State, Tally};
use crate::words::fill;
use leptos::prelude::*;
use shared::api::{ItemBrief, MANY_MAX, Words};
use shared::wish::RecordFate;

/// Problems that are told one by one; the rest is counted.
const PROBLEMS_SHOWN: usize = 3;

/// Everything about what is selected.
pub fn several(state: &State, selection: &Selection, tools: Tools) -> Vec<AnyView> {
    let words = tools.words;
    if selection.is_too_large() {
        let text = fill(words.too_many_selected_hint, &MANY_MAX.to_string());
        return vec![places::poster("icon i-mail", words.too_many_selected, &text, nothing())];
    }
    if selection.items.is_empty() {
        return vec![places::poster("icon i-pen", words.draft, words.draft_hint, nothing())];
    }
    let mut parts = vec![status(state, selection, tools)];
    match &state.several.known {
        Remote::Absent | Remote::Loading => parts.push(places::skeleton(tools)),
        Remote::Failed(trouble) => parts.push(notices::trouble(trouble, tools)),
        Remote::Here(_) if state.several.asking => parts.push(question(tools)),
        Remote::Here(states) => {
            let is_stuck =
                matches!(state.bulk_delivery(), Some(BulkDelivery { progress: Progress::Stuck(_), .. }));
            if !is_stuck {
                let press = Press::unless(state.bulk_delivery().is_some());
                parts.push(actions(&Tally::of(states), press, tools));
                parts.push(regarding::of_several(&state.several.picker, press, tools));
            }
        }
    }
    parts
}

fn status(state: &State, selection: &Selection, tools: Tools) -> AnyView {
    let words = tools.words;
    let title = fill(words.selected, &selection.items.len().to_string());
    let mut below: Vec<AnyView> = Vec::new();
    let mut class = "status";
    let mut drawing = "icon i-mail";
    if let Remote::Here(states) = &state.several.known {
        let tally = Tally::of(states);
        (class, drawing) = match tally {
            Tally { pending: 1.., .. } => ("status busy", "icon i-spin"),
            Tally { failed: 1.., .. } => ("status bad", "icon i-warning"),
            Tally { untracked: 0, .. } => ("status good", "icon i-check"),
            _ => (class, drawing),
        };
        below.push(progress(states, tools));
    }
    if selection.others > 0 {
        below.push(paragraph("small", &fill(words.others_selected, &selection.others.to_string())));
    }
    if let Some(BulkDelivery { progress: Progress::Stuck(trouble), .. }) = state.bulk_delivery() {
        below.push(notices::stuck(trouble, tools));
    }
    let line = classed("DIV", "line").child(icon(drawing)).child(status_heading(&title)).view();
    classed("SECTION", class).child(line).child(classed("DIV", "details").children(below).view()).view()
}

/// How many are tracked, pending, failed and neither; told again whenever it changes.
pub fn progress(states: &[ItemBrief], tools: Tools) -> AnyView {
    let words = tools.words;
    let Tally { tracked, untracked, pending, failed } = Tally::of(states);
    let counts = [
        (words.count_tracked, "good", tracked),
        (words.count_pending, "waiting", pending),
        (words.count_failed, "bad", failed),
        (words.count_untracked, "", untracked),
    ];
    let counts = counts.iter().filter(|(.., count)| *count > 0).map(|(sentence, tone, count)| {
        classed("LI", ["badge ", tone].concat()).text(fill(sentence, &count.to_string())).view()
    });
    element("DIV")
        .child(classed("UL", "tally").with("role", "status").children(counts).view())
        .children(problems(states, tools))
        .view()
}

/// What is in the way, each reason once.
fn problems(states: &[ItemBrief], tools: Tools) -> Vec<AnyView> {
    let mut found: Vec<(&Words, usize)> = Vec::new();
    for problem in states.iter().filter_map(|brief| brief.problem.as_ref()) {
        match found.iter_mut().find(|(known, _)| *known == problem) {
            Some((_, count)) => *count += 1,
            None => found.push((problem, 1)),
        }
    }
    let told = found.iter().take(PROBLEMS_SHOWN).flat_map(|(problem, count)| {
        let title = [&count.to_string(), " × ", &problem.title].concat();
        [paragraph("strong", &title), paragraph("", &problem.remedy)]
    });
    let rest: usize = found.iter().skip(PROBLEMS_SHOWN).map(|(_, count)| count).sum();
    let more = (rest > 0).then(|| paragraph("small", &fill(tools.words.more_problems, &rest.to_string())));
    told.chain(more).collect()
}

fn actions(tally: &Tally, press: Press, tools: Tools) -> AnyView {
    let words = tools.words;
    let mut buttons = Vec::new();
    if tally.tracked < tally.count() {
        buttons.push(button(Look::Main, words.track_all, press, Act::Track, tools));
    }
    if tally.untracked < tally.count() {
        buttons.push(button(Look::Plain, words.untrack_all, press, Act::Untrack, tools));
    }
    classed("DIV", "actions").children(buttons).view()
}

/// Says what untracking many does before it is done: the records always stay (WHY-02).
fn question(tools: Tools) -> AnyView {
    let words = tools.words;
    let lines = [words.untrack_all_outlook, words.untrack_all_crm];
    let lines = lines.iter().map(|line| element("LI").text(*line).view());
    classed("SECTION", "question")
        .with("id", Spot::Question.id())
        .with("role", "alertdialog")
        .with("aria-label", words.untrack_all_question)
        .with("tabindex", "-1")
        .on("keydown", Heard::Leaves, tools.dispatch)
        .child(heading(words.untrack_all_question))
        .child(element("UL").children(lines).view())
        .child(button(Look::Main, words.untrack_all_keep, Press::Now, Act::Fate(RecordFate::Keep), tools))
        .child(button(Look::Quiet, words.cancel, Press::Now, Act::Cancel, tools))
        .view()
}
