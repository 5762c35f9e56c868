//! Several messages at once (CAT-09): what is known of each, and one wish for all of them.

use super::event::{Act, Effect, Spot};
use super::picking;
use super::state::{BulkDelivery, Progress, Remote, Session, State, Trouble};
use super::update::{Given, note_sign_out};
use crate::host::Selection;
use shared::api::{ItemBrief, ItemWish, Reception, States, WishesAnswer, WishesRequest, Words};
use shared::item::ItemId;
use shared::problem::Problem;
use shared::rules::tracking::goal;
use shared::status::{Goal, Status};
use shared::wish::{RecordFate, RegardingWish, Wish};
use uuid::Uuid;

/// Asks how each of what is selected stands, and follows them, when somebody is signed in.
pub(super) fn load(state: &mut State) -> Vec<Effect> {
    let (Session::SignedIn, Some(selection)) = (&state.session, state.selection().cloned()) else {
        return vec![];
    };
    if selection.is_too_large() || selection.items.is_empty() {
        return vec![];
    }
    if !matches!(state.several.known, Remote::Here(_)) {
        state.several.known = Remote::Loading;
    }
    let follow = Effect::FollowSeveral(selection.mailbox.clone(), selection.items.clone());
    vec![Effect::LoadSeveral(selection), follow]
}

pub(super) fn loaded(state: &mut State, selection: &Selection, answer: Result<States, Trouble>) {
    if state.selection() != Some(selection) {
        return;
    }
    match answer {
        Ok(States { mut states }) => {
            // What the stream has told meanwhile is newer.
            if let Remote::Here(known) = &state.several.known {
                for new in &mut states {
                    if let Some(newer) =
                        known.iter().find(|old| old.item == new.item && old.version > new.version)
                    {
                        new.clone_from(newer);
                    }
                }
            }
            state.several.known = Remote::Here(states);
        }
        Err(trouble) => {
            note_sign_out(state, &trouble);
            if matches!(trouble, Trouble::Problem(_)) || !matches!(state.several.known, Remote::Here(_)) {
                state.several.known = Remote::Failed(trouble);
            }
        }
    }
}

/// Puts a newer state into the place of the older one.
pub(super) fn take(states: &mut [ItemBrief], new: &ItemBrief) {
    if let Some(old) = states.iter_mut().find(|old| old.item == new.item && old.version <= new.version) {
        old.clone_from(new);
    }
}

pub(super) fn acted(state: &mut State, act: Act, given: &mut Given) -> Vec<Effect> {
    match act {
        Act::Track => wish(state, &Wish::Track { regarding: RegardingWish::Keep }, given),
        Act::Choose(record) => wish(state, &Wish::Track { regarding: RegardingWish::Set(record) }, given),
        Act::Untrack => {
            state.several.asking = true;
            vec![Effect::Focus(Spot::Question)]
        }
        // Of many, the records always stay.
        Act::Fate(RecordFate::Keep) => wish(state, &Wish::Untrack { record: RecordFate::Keep }, given),
        Act::Cancel => {
            state.several.asking = false;
            picking::close(&mut state.several.picker);
            vec![Effect::Focus(Spot::Status)]
        }
        Act::Retry => retry(state),
        _ => vec![],
    }
}

/// The items that a wish changes: those that stand as wished are left alone.
fn concerned(states: &[ItemBrief], wish: &Wish) -> Vec<ItemId> {
    let is_concerned = |brief: &&ItemBrief| {
        !matches!(
            (wish, &brief.status),
            (Wish::Track { regarding: RegardingWish::Keep }, Status::Tracked | Status::Tracking)
                | (Wish::Untrack { .. }, Status::NotTracked | Status::Untracking)
        )
    };
    states.iter().filter(is_concerned).map(|brief| brief.item.clone()).collect()
}

/// Puts one wish for each on its way, unless others for them are.
fn wish(state: &mut State, wish: &Wish, given: &mut Given) -> Vec<Effect> {
    let sending = state.bulk_delivery().is_some_and(|bulk| bulk.progress == Progress::Sending);
    let (Some(selection), Remote::Here(states)) = (state.selection().cloned(), &mut state.several.known)
    else {
        return vec![];
    };
    if sending {
        return vec![];
    }
    state.several.asking = false;
    picking::close(&mut state.several.picker);
    let items = concerned(states, wish);
    if items.is_empty() {
        return vec![Effect::Focus(Spot::Status)];
    }
    let working = if goal(wish) == Goal::Track { Status::Tracking } else { Status::Untracking };
    for brief in states.iter_mut().filter(|brief| items.contains(&brief.item)) {
        brief.status = working.clone();
        brief.problem = None;
    }
    let one = |item| ItemWish { id: (given.fresh_id)(), item, wish: wish.clone() };
    let request = WishesRequest { wishes: items.into_iter().map(one).collect() };
    // Wishes that never arrived give way to the new ones.
    state.bulk.retain(|bulk| !bulk.is_about(&selection));
    let mailbox = selection.mailbox;
    state.bulk.push(BulkDelivery {
        mailbox: mailbox.clone(),
        request: request.clone(),
        progress: Progress::Sending,
    });
    vec![Effect::SendSeveral(mailbox, request), Effect::Focus(Spot::Status)]
}

/// Sends again what never arrived, under the same ids.
fn retry(state: &mut State) -> Vec<Effect> {
    let Some(selection) = state.selection().cloned() else { return vec![] };
    let stuck = state.bulk.iter_mut().filter(|bulk| bulk.is_about(&selection));
    stuck.map(send_again).collect()
}

/// Sends wishes again as they are.
pub(super) fn send_again(bulk: &mut BulkDelivery) -> Effect {
    bulk.progress = Progress::Sending;
    Effect::SendSeveral(bulk.mailbox.clone(), bulk.request.clone())
}

/// What was accepted is followed; what was not, stands as failed.
pub(super) fn answered(state: &mut State, first: Uuid, answer: Result<WishesAnswer, Trouble>) {
    let is_it = |bulk: &BulkDelivery| bulk.request.wishes.first().is_some_and(|wish| wish.id == first);
    let Some(at) = state.bulk.iter().position(is_it) else { return };
    match answer {
        Ok(WishesAnswer { answers }) => {
            let bulk = state.bulk.remove(at);
            let Remote::Here(states) = &mut state.several.known else { return };
            for answer in answers {
                let Reception::Refused { code, problem } = answer.reception else { continue };
                let wish = bulk.request.wishes.iter().find(|wish| wish.id == answer.id);
                let brief = states.iter_mut().find(|brief| brief.item == answer.item);
                if let (Some(wish), Some(brief)) = (wish, brief) {
                    refuse(brief, goal(&wish.wish), Problem::new(code), problem);
                }
            }
        }
        Err(trouble) => {
            note_sign_out(state, &trouble);
            state.bulk[at].progress = Progress::Stuck(trouble);
        }
    }
}

fn refuse(brief: &mut ItemBrief, goal: Goal, problem: Problem, words: Words) {
    brief.status = Status::Failed { goal, problem };
    brief.problem = Some(words);
}
