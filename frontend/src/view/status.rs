//! The status: the first thing one sees, and the one that a screen reader is told of when it changes.

use super::element::classed;
use super::parts::{icon, link, nothing, paragraph, status_heading};
use super::{Tools, notices};
use crate::pane::state::{Shown, State, Trouble, is_about_regarding};
use crate::words::fill;
use leptos::prelude::*;
use shared::UtcMs;
use shared::api::ItemState;
use shared::status::{Goal, Status};
use shared::wish::Wish;

/// The colour of a status, and its drawing.
#[derive(Clone, Copy)]
enum Tone {
    Neutral,
    Busy,
    Good,
    Waiting,
    Bad,
}

/// The status of the open message.
pub fn status(state: &State, tools: Tools) -> AnyView {
    let words = tools.words;
    let (tone, title) = match state.shown() {
        Shown::Loading => (Tone::Busy, words.loading.to_owned()),
        Shown::Failed(_) => (Tone::Bad, words.unknown.to_owned()),
        Shown::Stuck(_) => (Tone::Waiting, words.not_sent.to_owned()),
        Shown::Sending(wish) => (Tone::Busy, working(wish, state.known(), tools).to_owned()),
        Shown::Is(known) => told(known, tools),
    };
    let below = match state.shown() {
        Shown::Stuck(trouble @ (Trouble::Offline | Trouble::Problem(_) | Trouble::Unreadable { .. })) => {
            notices::stuck(trouble, tools)
        }
        Shown::Is(known) => details(known, tools),
        _ => nothing(),
    };
    let (class, drawing) = match tone {
        Tone::Neutral => ("status", "icon i-mail"),
        Tone::Busy => ("status busy", "icon i-spin"),
        Tone::Good => ("status good", "icon i-check"),
        Tone::Waiting => ("status waiting", "icon i-clock"),
        Tone::Bad => ("status bad", "icon i-warning"),
    };
    let subject = state.message().map(|message| paragraph("subject", &message.subject));
    let line = classed("DIV", "line").child(icon(drawing)).child(status_heading(&title)).view();
    classed("SECTION", class).children(subject).child(line).child(below).view()
}

/// What is being done about a wish.
fn working(wish: &Wish, known: Option<&ItemState>, tools: Tools) -> &'static str {
    let is_tracked = known.is_some_and(|known| known.record.is_some());
    match wish {
        Wish::Untrack { .. } => tools.words.untracking,
        Wish::Track { .. } if is_tracked && is_about_regarding(wish) => tools.words.setting_regarding,
        Wish::Track { .. } => tools.words.tracking,
    }
}

fn told(known: &ItemState, tools: Tools) -> (Tone, String) {
    let words = tools.words;
    let (tone, title) = match &known.status {
        Status::NotTracked => (Tone::Neutral, words.not_tracked),
        Status::Tracking => {
            let title = known.wish.as_ref().map_or(words.tracking, |wish| working(wish, Some(known), tools));
            (Tone::Busy, title)
        }
        Status::Untracking => (Tone::Busy, words.untracking),
        Status::Tracked => match &known.regarding {
            Some(regarding) => return (Tone::Good, fill(words.tracked_regarding, &regarding.record.name)),
            None => (Tone::Good, words.tracked),
        },
        Status::TrackingPending => (Tone::Waiting, words.tracking_pending),
        Status::UntrackingPending => (Tone::Waiting, words.untracking_pending),
        Status::Waiting { .. } => (Tone::Waiting, words.waiting),
        Status::Failed { goal: Goal::Track, .. } => (Tone::Bad, words.failed_to_track),
        Status::Failed { goal: Goal::Untrack, .. } => (Tone::Bad, words.failed_to_untrack),
        Status::RecordGone => (Tone::Waiting, words.record_gone),
    };
    (tone, title.to_owned())
}

/// The lines under the status: what it means, what went wrong, when it goes on.
fn details(known: &ItemState, tools: Tools) -> AnyView {
    let words = tools.words;
    let hint = match known.status {
        Status::NotTracked => Some(words.not_tracked_hint),
        Status::TrackingPending => Some(words.tracking_pending_hint),
        Status::UntrackingPending => Some(words.untracking_pending_hint),
        Status::RecordGone => Some(words.record_gone_hint),
        _ => None,
    };
    let mut lines: Vec<AnyView> = Vec::new();
    match (&known.status, &known.tracked_elsewhere) {
        (Status::NotTracked, Some(elsewhere)) => {
            lines.push(paragraph("", words.tracked_elsewhere));
            lines.push(link("", words.open_in_crm, &elsewhere.url));
        }
        _ => lines.extend(hint.map(|hint| paragraph("", hint))),
    }
    if let (Status::Waiting { .. } | Status::Failed { .. }, Some(problem)) = (&known.status, &known.problem) {
        lines.push(paragraph("strong", &problem.title));
        lines.push(paragraph("", &problem.remedy));
    }
    if let Status::Waiting { next_attempt, .. } = known.status {
        lines.push(paragraph("small", &fill(words.next_attempt, &clock_time(next_attempt, words.tag))));
    }
    classed("DIV", "details").children(lines).view()
}

/// The time of day where the user is, as their language writes it.
pub fn clock_time(at: UtcMs, language: &str) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    date.to_locale_time_string(language).into()
}
