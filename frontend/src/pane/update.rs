//! How one event changes the state, and what is to be done then.
//!
//! Pure: no browser, no clock, no randomness; a wish's id is handed in. Answers name what they answer, so that
//! a late one, of an item that was left or of a search that was superseded, changes nothing that is shown.

use super::event::{Act, Effect, Event, SignIn, Spot};
use super::picking;
use super::state::{
    Asking, Delivery, Item, Place, Progress, Remote, Service, Session, Shown, State, Tenant, Trouble,
};
use crate::host::{Answer, ItemKey, Open, Question};
use crate::words::Words;
use shared::api::{Config, ItemState, WishRequest};
use shared::problem::Code;
use shared::wish::{RecordFate, RegardingWish, Wish};
use uuid::Uuid;

/// What [`update`] cannot know by itself.
pub struct Given<'a> {
    /// Makes the ids of wishes.
    pub fresh_id: &'a mut dyn FnMut() -> Uuid,
    /// The user's language.
    pub words: &'static Words,
}

/// Changes the state and says what to do.
pub fn update(state: &mut State, event: Event, given: &mut Given) -> Vec<Effect> {
    match event {
        Event::Started => vec![Effect::AwaitHost, Effect::Configure],
        Event::HostReady(Ok(())) => {
            let mut effects = vec![Effect::WatchHost];
            effects.extend(sign_in_when_possible(state, Outlook::JustThere));
            effects
        }
        Event::HostReady(Err(why)) => {
            state.place = Place::NoHost(why);
            vec![]
        }
        Event::Opened(open) => opened(state, open),
        Event::Configured(answer) => configured(state, answer),
        Event::SignedIn(answer) => signed_in(state, answer),
        Event::Loaded(key, answer) => loaded(state, &key, answer),
        Event::StreamOpened(key) => {
            // The service may have been started anew and count from the beginning.
            if let (true, Remote::Here(known)) = (state.shows(&key), &mut state.item.known) {
                known.version = 0;
            }
            vec![]
        }
        Event::Streamed(key, new) => {
            if state.shows(&key) {
                take(state, new);
            }
            vec![]
        }
        Event::Answered(id, answer) => answered(state, id, answer),
        Event::Suggested(key, answer) => {
            if state.shows(&key) {
                picking::suggested(&mut state.item.picker, answer);
            }
            vec![]
        }
        Event::Paused(number) => picking::paused(state, number),
        Event::Found(number, answer) => {
            if number == state.searches {
                state.item.picker.found = answer.map_or_else(Remote::Failed, Remote::Here);
            }
            vec![]
        }
        Event::Confirmed(key, answer) => confirmed(state, &key, answer, given),
        Event::Online => resume(state),
        Event::User(act) => acted(state, act, given),
    }
}

/// Whether Outlook only now told that it is there.
enum Outlook {
    JustThere,
    AsBefore,
}

/// Signing in needs both the service's configuration and Outlook, whichever comes last.
fn sign_in_when_possible(state: &mut State, outlook: Outlook) -> Option<Effect> {
    let there = matches!((&outlook, &state.place), (Outlook::JustThere, _) | (_, Place::Outlook(_)));
    let may = there && state.session == Session::Starting && matches!(state.service, Service::Ready { .. });
    may.then(|| {
        state.session = Session::SigningIn;
        Effect::SignIn(SignIn::Silent)
    })
}

fn configured(state: &mut State, answer: Result<Config, Trouble>) -> Vec<Effect> {
    match answer {
        Ok(config) => {
            state.service =
                Service::Ready { sandbox: if config.sandbox { Tenant::Sandbox } else { Tenant::Real } };
            sign_in_when_possible(state, Outlook::AsBefore).into_iter().collect()
        }
        Err(trouble) => {
            state.service = Service::Unreachable(trouble);
            vec![]
        }
    }
}

/// Another item is open: what is shown starts anew, what was wished of the former one goes on.
fn opened(state: &mut State, open: Open) -> Vec<Effect> {
    if state.place == Place::Outlook(open.clone()) {
        return vec![];
    }
    let was_starting = state.place == Place::Starting;
    state.place = Place::Outlook(open);
    state.item = Item::default();
    // Results for the former item's search are late from now on.
    state.searches += 1;
    let mut effects = if was_starting { vec![] } else { vec![Effect::Unfollow] };
    effects.extend(sign_in_when_possible(state, Outlook::AsBefore));
    effects.extend(load(state));
    effects
}

/// Reads the open message and follows it, when somebody is signed in.
fn load(state: &mut State) -> Vec<Effect> {
    let (Session::SignedIn, Some(key)) = (&state.session, state.key().cloned()) else { return vec![] };
    if !matches!(state.item.known, Remote::Here(_)) {
        state.item.known = Remote::Loading;
    }
    vec![Effect::Load(key.clone()), Effect::Follow(key)]
}

fn signed_in(state: &mut State, answer: Result<(), Trouble>) -> Vec<Effect> {
    match answer {
        Ok(()) => {
            state.session = Session::SignedIn;
            resume(state)
        }
        Err(trouble @ Trouble::SignedOut { .. }) => {
            note_sign_out(state, &trouble);
            vec![]
        }
        // Not about the user: begin again from the start once the network is back.
        Err(trouble) => {
            state.session = Session::Starting;
            state.service = Service::Unreachable(trouble);
            vec![]
        }
    }
}

/// Takes up everything that did not work, with the same ids as before.
fn resume(state: &mut State) -> Vec<Effect> {
    if let Service::Unreachable(_) = state.service {
        state.service = Service::Starting;
        return vec![Effect::Configure];
    }
    let mut effects = load(state);
    if state.session == Session::SignedIn {
        for delivery in &mut state.outbox {
            if let Progress::Stuck(Trouble::Offline | Trouble::SignedOut { .. }) = delivery.progress {
                delivery.progress = Progress::Sending;
                effects.push(Effect::Send(delivery.key.clone(), delivery.request.clone()));
            }
        }
    }
    effects
}

fn loaded(state: &mut State, key: &ItemKey, answer: Result<ItemState, Trouble>) -> Vec<Effect> {
    if !state.shows(key) {
        return vec![];
    }
    match answer {
        Ok(new) => take(state, new),
        Err(trouble) => {
            note_sign_out(state, &trouble);
            // What is known stays on the screen unless the service says that it is not so any more.
            let is_answer = matches!(trouble, Trouble::Problem(_));
            if is_answer || !matches!(state.item.known, Remote::Here(_)) {
                state.item.known = Remote::Failed(trouble);
            }
        }
    }
    vec![]
}

/// Shows a state of the open message, unless a newer one is shown already.
fn take(state: &mut State, mut new: ItemState) {
    if let Some(known) = state.known() {
        if new.version < known.version {
            return;
        }
        // Every mail has somebody on it: while the service works, it has only not looked at them again.
        if new.people.is_empty() {
            new.people.clone_from(&known.people);
        }
    }
    if new.untrack.is_empty() && state.item.asking != Some(Asking::InWindow) {
        state.item.asking = None;
    }
    state.item.known = Remote::Here(new);
}

/// Whoever is told to sign in first is signed out from now on.
fn note_sign_out(state: &mut State, trouble: &Trouble) {
    if let Trouble::SignedOut { why, claims } = trouble {
        state.session = Session::SignedOut { why: why.clone(), claims: claims.clone() };
    }
}

fn answered(state: &mut State, id: Uuid, answer: Result<ItemState, Trouble>) -> Vec<Effect> {
    let Some(at) = state.outbox.iter().position(|delivery| delivery.request.id == id) else { return vec![] };
    match answer {
        Ok(new) => {
            let delivery = state.outbox.remove(at);
            if state.shows(&delivery.key) {
                take(state, new);
            }
        }
        Err(trouble) => {
            note_sign_out(state, &trouble);
            state.outbox[at].progress = Progress::Stuck(trouble);
        }
    }
    vec![]
}

/// Puts a wish on its way, unless another one of this item is.
pub(super) fn wish(state: &mut State, wish: Wish, given: &mut Given) -> Vec<Effect> {
    let Some(key) = state.key().cloned() else { return vec![] };
    if state.is_busy() {
        return vec![];
    }
    state.item.asking = None;
    picking::close(&mut state.item.picker);
    // A wish that never arrived gives way to the new one.
    state.outbox.retain(|delivery| delivery.key != key);
    let request = WishRequest { id: (given.fresh_id)(), wish };
    state.outbox.push(Delivery { key: key.clone(), request: request.clone(), progress: Progress::Sending });
    vec![Effect::Send(key, request), Effect::Focus(Spot::Status)]
}

fn track(regarding: RegardingWish) -> Wish {
    Wish::Track { regarding }
}

fn acted(state: &mut State, act: Act, given: &mut Given) -> Vec<Effect> {
    match act {
        Act::Track => wish(state, track(RegardingWish::Keep), given),
        Act::ClearRegarding => wish(state, track(RegardingWish::Clear), given),
        Act::Choose(record) => wish(state, track(RegardingWish::Set(record)), given),
        Act::Untrack => untrack(state, given),
        Act::Retry => retry(state, given),
        Act::Refresh => {
            if let Remote::Failed(_) = state.item.known {
                state.item.known = Remote::Absent;
            }
            resume(state)
        }
        Act::SignIn => {
            let claims = match &state.session {
                Session::SignedOut { claims, .. } => claims.clone(),
                _ => None,
            };
            state.session = Session::SigningIn;
            vec![Effect::SignIn(SignIn::InWindow { claims })]
        }
        Act::Change => {
            state.item.picker.changing = true;
            vec![Effect::Focus(Spot::Field)]
        }
        Act::OpenList => picking::open(state),
        Act::CloseList => {
            picking::close_list(&mut state.item.picker);
            vec![]
        }
        Act::Type(term) => picking::typed(state, term),
        Act::Press(key) => picking::pressed(state, key, given),
        Act::Fate(RecordFate::Keep) => wish(state, Wish::Untrack { record: RecordFate::Keep }, given),
        Act::Fate(RecordFate::Delete) => ask_in_window(state, given.words),
        Act::ConfirmDelete => delete(state, Asking::InPane, given),
        Act::Cancel => {
            state.item.asking = None;
            picking::close(&mut state.item.picker);
            vec![Effect::Focus(Spot::Status)]
        }
    }
}

/// Asks what shall become of the record when there is one, else untracks at once (UNT-01).
fn untrack(state: &mut State, given: &mut Given) -> Vec<Effect> {
    let must_ask = state.known().is_some_and(|known| known.record.is_some() && !known.untrack.is_empty());
    if must_ask {
        state.item.asking = Some(Asking::Choices);
        vec![Effect::Focus(Spot::Question)]
    } else {
        wish(state, Wish::Untrack { record: RecordFate::Keep }, given)
    }
}

/// Repeats a wish that never arrived under its own id, and one that was refused under a new one.
fn retry(state: &mut State, given: &mut Given) -> Vec<Effect> {
    if matches!(state.shown(), Shown::Stuck(_)) {
        let Some(key) = state.key().cloned() else { return vec![] };
        let stuck = state.outbox.iter_mut().find(|delivery| delivery.key == key);
        return stuck.map_or_else(Vec::new, |delivery| {
            delivery.progress = Progress::Sending;
            vec![Effect::Send(key, delivery.request.clone())]
        });
    }
    match state.repeatable().cloned() {
        // What deletes is asked about again.
        Some(Wish::Untrack { .. }) => untrack(state, given),
        Some(again) => wish(state, again, given),
        None => vec![],
    }
}

/// Has a window ask before the record is deleted: what destroys is confirmed where nobody can cover it.
fn ask_in_window(state: &mut State, words: &'static Words) -> Vec<Effect> {
    let Some((key, choice)) = state.key().cloned().zip(deletable(state)) else { return vec![] };
    let lines = choice.consequences.iter().map(|consequence| consequence.text.clone()).collect();
    let question = Question {
        language: words.tag.to_owned(),
        title: words.delete_question.to_owned(),
        lines,
        yes: words.delete.to_owned(),
        no: words.cancel.to_owned(),
    };
    state.item.asking = Some(Asking::InWindow);
    vec![Effect::Ask(key, question)]
}

/// The choice to delete, if it stands open.
fn deletable(state: &State) -> Option<&shared::api::UntrackChoice> {
    let choices = &state.known()?.untrack;
    choices.iter().find(|choice| choice.record == RecordFate::Delete && choice.refused.is_none())
}

fn confirmed(state: &mut State, key: &ItemKey, answer: Answer, given: &mut Given) -> Vec<Effect> {
    if !state.shows(key) || state.item.asking != Some(Asking::InWindow) {
        return vec![];
    }
    match answer {
        Answer::Yes => delete(state, Asking::InWindow, given),
        Answer::No => {
            state.item.asking = Some(Asking::Choices);
            vec![Effect::Focus(Spot::Question)]
        }
        Answer::NoWindow => {
            state.item.asking = Some(Asking::InPane);
            vec![Effect::Focus(Spot::Question)]
        }
    }
}

/// Deletes, when the question was really asked and the choice still stands.
fn delete(state: &mut State, asked: Asking, given: &mut Given) -> Vec<Effect> {
    if state.item.asking != Some(asked) || deletable(state).is_none() {
        return vec![];
    }
    wish(state, Wish::Untrack { record: RecordFate::Delete }, given)
}

/// Whether trying again can help at all, so that the button is worth showing.
pub fn can_be_retried(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Problem(problem) => !matches!(problem.code, Code::TenantNotEnrolled | Code::BadRequest),
        Trouble::Offline | Trouble::Unreadable { .. } => true,
        Trouble::SignedOut { .. } => false,
    }
}
