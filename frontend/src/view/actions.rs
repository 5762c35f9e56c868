//! The buttons that fit the status: one obvious main action, the others beside it.

use super::Tools;
use super::element::classed;
use super::parts::{Look, Press, button, link, nothing};
use crate::pane::event::Act;
use crate::pane::state::{Shown, State};
use leptos::prelude::*;
use shared::api::ItemState;
use shared::status::{Goal, Status};

pub fn actions(state: &State, known: &ItemState, tools: Tools) -> AnyView {
    // A wish that is stuck has its own button, in its notice.
    if let Shown::Stuck(_) = state.shown() {
        return nothing();
    }
    let words = tools.words;
    let press = Press::unless(state.is_busy());
    let offer = |look, text: &'static str, act| button(look, text, press, act, tools);
    let repeats = state.repeatable().is_some();
    let mut buttons = match &known.status {
        Status::Waiting { .. } if repeats => vec![offer(Look::Main, words.try_now, Act::Retry)],
        Status::Failed { .. } if repeats => vec![offer(Look::Main, words.retry, Act::Retry)],
        Status::NotTracked | Status::Tracking | Status::Failed { goal: Goal::Track, .. } => {
            vec![offer(Look::Main, words.track, Act::Track)]
        }
        Status::Failed { goal: Goal::Untrack, .. } => vec![offer(Look::Main, words.untrack, Act::Untrack)],
        Status::Untracking => vec![offer(Look::Plain, words.untrack, Act::Untrack)],
        Status::TrackingPending => vec![offer(Look::Main, words.track_now, Act::Track)],
        Status::UntrackingPending => vec![
            offer(Look::Main, words.untrack, Act::Untrack),
            offer(Look::Plain, words.track_again, Act::Track),
        ],
        Status::RecordGone => vec![
            offer(Look::Main, words.track_again, Act::Track),
            offer(Look::Plain, words.untrack, Act::Untrack),
        ],
        Status::Tracked | Status::Waiting { .. } => vec![],
    };
    if let Some(record) = &known.record {
        let look = if buttons.is_empty() { "button main" } else { "button plain" };
        buttons.push(link(look, words.open_in_crm, &record.url));
    }
    let offers_untrack = match &known.status {
        Status::Tracked | Status::TrackingPending => true,
        Status::Waiting { goal: Goal::Track, .. } | Status::Failed { goal: Goal::Track, .. } => {
            !known.untrack.is_empty()
        }
        _ => false,
    };
    if offers_untrack {
        buttons.push(offer(Look::Plain, words.untrack, Act::Untrack));
    }
    if buttons.is_empty() { nothing() } else { classed("DIV", "actions").children(buttons).view() }
}
