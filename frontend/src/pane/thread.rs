//! The conversation of the open message: tracked as a whole (CAT-11), followed or not (INC-05).

use super::event::{Effect, Spot};
use super::state::{Remote, State, Thread, Trouble};
use super::update::{Given, note_sign_out};
use crate::host::ItemKey;
use shared::api::{ConversationRequest, ConversationTracked, Following, Surroundings};
use shared::wish::RegardingWish;

pub(super) fn looked_around(state: &mut State, key: &ItemKey, answer: Result<Surroundings, Trouble>) {
    if state.shows(key) {
        state.item.around = answer.map_or_else(Remote::Failed, Remote::Here);
    }
}

/// Tracks all of it, with the open message's regarding record.
pub(super) fn track(state: &mut State, given: &mut Given) -> Vec<Effect> {
    let Some(key) = state.key().cloned() else { return vec![] };
    if state.item.thread == Remote::Loading {
        return vec![];
    }
    let regarding = state.known().and_then(|known| known.regarding.as_ref());
    let regarding = regarding.map_or(RegardingWish::Keep, |link| RegardingWish::Set(link.record.clone()));
    state.item.thread = Remote::Loading;
    let request = ConversationRequest { id: (given.fresh_id)(), regarding };
    vec![Effect::TrackThread(key, request), Effect::Focus(Spot::Thread)]
}

pub(super) fn tracked(
    state: &mut State,
    key: &ItemKey,
    answer: Result<ConversationTracked, Trouble>,
) -> Vec<Effect> {
    if !state.shows(key) {
        return vec![];
    }
    match answer {
        Ok(ConversationTracked { states, more }) => {
            let items = states.iter().map(|brief| brief.item.clone()).collect();
            state.item.thread = Remote::Here(Thread { states, more });
            vec![Effect::FollowSeveral(key.mailbox.clone(), items)]
        }
        Err(trouble) => {
            note_sign_out(state, &trouble);
            state.item.thread = Remote::Failed(trouble);
            vec![]
        }
    }
}

pub(super) fn follow(state: &mut State, following: Following) -> Vec<Effect> {
    let Some(key) = state.key().cloned() else { return vec![] };
    if state.item.standing == Remote::Loading {
        return vec![];
    }
    state.item.standing = Remote::Loading;
    vec![Effect::FollowThread(key, following), Effect::Focus(Spot::Thread)]
}

pub(super) fn stands(state: &mut State, key: &ItemKey, answer: Result<Following, Trouble>) {
    if !state.shows(key) {
        return;
    }
    match answer {
        Ok(following) => {
            state.item.standing = Remote::Absent;
            if let Remote::Here(around) = &mut state.item.around {
                around.conversation = Some(following);
            }
        }
        Err(trouble) => {
            note_sign_out(state, &trouble);
            state.item.standing = Remote::Failed(trouble);
        }
    }
}
