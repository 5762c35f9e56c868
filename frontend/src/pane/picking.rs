//! The combobox: suggestions first, then a search as one types.

use super::event::{Act, Effect, Key};
use super::state::{Picker, Remote, State, Trouble};
use super::update::{Given, acted};
use crate::host::{ItemKey, Selection};
use shared::api::{SEARCH_MAX_CHARS, SuggestedBecause, Suggestion, Suggestions};

/// Shows the list; asks for suggestions the first time.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let key = subject(state);
    let picker = state.picker();
    picker.open = true;
    match (&picker.suggestions, key) {
        (Remote::Absent | Remote::Failed(_), Some(key)) => {
            picker.suggestions = Remote::Loading;
            vec![Effect::Suggest(key)]
        }
        _ => vec![],
    }
}

/// The message whose people are offered: the open one, or the first of several; none for a folder.
fn subject(state: &State) -> Option<ItemKey> {
    if state.folders.is_some() {
        return None;
    }
    let first = |selection: &Selection| {
        let item = selection.items.first()?.clone();
        Some(ItemKey { item, mailbox: selection.mailbox.clone() })
    };
    state.key().cloned().or_else(|| first(state.selection()?))
}

/// Hides the list; the field stays.
pub(super) fn close_list(picker: &mut Picker) {
    picker.open = false;
    picker.marked = None;
}

/// Hides list and field, and forgets what was typed.
pub(super) fn close(picker: &mut Picker) {
    close_list(picker);
    picker.changing = false;
    picker.term.clear();
    picker.found = Remote::Absent;
}

pub(super) fn suggested(state: &mut State, key: &ItemKey, answer: Result<Suggestions, Trouble>) {
    if subject(state).as_ref() != Some(key) {
        return;
    }
    let of_several = state.selection().is_some();
    state.picker().suggestions = match answer {
        Ok(Suggestions { mut suggestions }) => {
            // The people on one of several messages say little about the others.
            suggestions.retain(|suggestion| !of_several || suggestion.because == SuggestedBecause::Recent);
            suggestions.sort_by_key(rank);
            Remote::Here(suggestions)
        }
        Err(trouble) => Remote::Failed(trouble),
    };
}

/// The list's groups, from what is most likely meant to what is least.
fn rank(suggestion: &Suggestion) -> u8 {
    match suggestion.because {
        SuggestedBecause::Correspondent => 0,
        SuggestedBecause::OpenOpportunity => 1,
        SuggestedBecause::OpenCase => 2,
        SuggestedBecause::Recent => 3,
    }
}

/// The field holds something else: earlier searches no longer count, a new one waits for a pause.
pub(super) fn typed(state: &mut State, term: String) -> Vec<Effect> {
    let mut effects = open(state);
    state.searches += 1;
    let search = state.searches;
    let picker = state.picker();
    picker.term = term.chars().take(SEARCH_MAX_CHARS).collect();
    picker.marked = None;
    if picker.is_searching() {
        picker.found = Remote::Loading;
        effects.push(Effect::Pause(search));
    } else {
        picker.found = Remote::Absent;
    }
    effects
}

/// Typing rested: searches, unless it went on meanwhile.
pub(super) fn paused(state: &mut State, number: u32) -> Vec<Effect> {
    let is_latest = number == state.searches;
    let picker = state.picker();
    if is_latest && picker.is_searching() && picker.found == Remote::Loading {
        vec![Effect::Search(number, picker.term.trim().to_owned())]
    } else {
        vec![]
    }
}

pub(super) fn pressed(state: &mut State, key: Key, given: &mut Given) -> Vec<Effect> {
    let picker = state.picker();
    match key {
        Key::Down | Key::Up if !picker.open => return open(state),
        Key::Down => return mark(picker, |at, count| (at + 1) % count, 0),
        Key::Up => return mark(picker, |at, count| (at + count - 1) % count, usize::MAX),
        Key::Enter => {
            let marked = picker.marked.filter(|_| picker.open);
            let chosen = marked.and_then(|at| picker.options().get(at).map(|option| option.record.clone()));
            if let Some(record) = chosen {
                return acted(state, Act::Choose(record), given);
            }
        }
        Key::Escape if picker.open => close_list(picker),
        Key::Escape if !picker.term.is_empty() => {
            picker.term.clear();
            picker.found = Remote::Absent;
        }
        Key::Escape => {
            let was_changing = picker.changing;
            close(picker);
            if was_changing {
                return acted(state, Act::Cancel, given);
            }
        }
    }
    vec![]
}

/// Moves the mark; it starts at `first`, or at the end when that lies beyond it.
fn mark(picker: &mut Picker, step: impl Fn(usize, usize) -> usize, first: usize) -> Vec<Effect> {
    let count = picker.options().len();
    picker.marked = match (count, picker.marked) {
        (0, _) => None,
        (_, None) => Some(first.min(count - 1)),
        (_, Some(at)) => Some(step(at, count)),
    };
    picker.marked.map(Effect::Reveal).into_iter().collect()
}
