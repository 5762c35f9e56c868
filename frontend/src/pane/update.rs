//! How one event changes the state, and what is to be done then.
//!
//! Pure: no browser, no clock, no randomness; a wish's id is handed in. Answers name what they answer, so that
//! a late one, of an item that was left or of a search that was superseded, changes nothing that is shown.

use super::event::{Act, Effect, Event, SignIn, Spot};
use super::state::{
    Adding, Asking, BulkDelivery, Delivery, Item, Place, Progress, Remote, Service, Session, Several, Shown,
    State, Tenant, Trouble,
};
use super::{folders, picking, several, thread};
use crate::host::{Answer, ItemKey, Open, Question};
use crate::words::Words;
use shared::api::{Config, ItemState, WishRequest};
use shared::party::NewContact;
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
        Event::SeveralLoaded(..)
        | Event::SeveralFollowed
        | Event::BriefStreamed(_)
        | Event::SeveralAnswered(..)
        | Event::LookedAround(..)
        | Event::ThreadTracked(..)
        | Event::ThreadStands(..)
        | Event::FoldersLoaded(_)
        | Event::FolderMapped(..)
        | Event::MailboxTold(_) => told_of_others(state, event),
        Event::Suggested(key, answer) => {
            picking::suggested(state, &key, answer);
            vec![]
        }
        Event::Paused(number) => picking::paused(state, number),
        Event::Found(number, answer) => {
            if number == state.searches {
                state.picker().found = answer.map_or_else(Remote::Failed, Remote::Here);
            }
            vec![]
        }
        Event::Confirmed(key, answer) => confirmed(state, &key, answer, given),
        Event::Online => resume(state),
        Event::User(act) => acted(state, act, given),
    }
}

/// What the service told of several messages, of a conversation or of folders.
fn told_of_others(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::SeveralLoaded(selection, answer) => several::loaded(state, &selection, answer),
        Event::SeveralFollowed => {
            // The service may have been started anew and count from the beginning.
            let briefs = match (&mut state.several.known, &mut state.item.thread) {
                (Remote::Here(states), _) => states.iter_mut(),
                (_, Remote::Here(thread)) => thread.states.iter_mut(),
                _ => [].iter_mut(),
            };
            briefs.for_each(|brief| brief.version = 0);
            let again = std::mem::replace(&mut state.several.followed, true);
            return state
                .selection()
                .filter(|_| again)
                .cloned()
                .map(Effect::LoadSeveral)
                .into_iter()
                .collect();
        }
        Event::BriefStreamed(brief) => {
            if let Remote::Here(states) = &mut state.several.known {
                several::take(states, &brief);
            }
            if let Remote::Here(thread) = &mut state.item.thread {
                several::take(&mut thread.states, &brief);
            }
        }
        Event::SeveralAnswered(first, answer) => several::answered(state, first, answer),
        Event::LookedAround(key, answer) => thread::looked_around(state, &key, answer),
        Event::ThreadTracked(key, answer) => return thread::tracked(state, &key, answer),
        Event::ThreadStands(key, answer) => thread::stands(state, &key, answer),
        Event::FoldersLoaded(answer) => folders::loaded(state, answer),
        Event::FolderMapped(id, answer) => folders::mapped(state, &id, answer),
        Event::MailboxTold(answer) => folders::mailbox_told(state, answer),
        _ => {}
    }
    vec![]
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
    state.several = Several::default();
    // Results for the former item's search are late from now on.
    state.searches += 1;
    let mut effects = if was_starting { vec![] } else { vec![Effect::Unfollow] };
    effects.extend(sign_in_when_possible(state, Outlook::AsBefore));
    effects.extend(load(state));
    effects
}

/// Reads the open message and follows it, when somebody is signed in.
fn load(state: &mut State) -> Vec<Effect> {
    let (Session::SignedIn, Some(key)) = (&state.session, state.key().cloned()) else {
        return several::load(state);
    };
    if !matches!(state.item.known, Remote::Here(_)) {
        state.item.known = Remote::Loading;
    }
    let mut effects = vec![Effect::Load(key.clone()), Effect::Follow(key.clone())];
    if !matches!(state.item.around, Remote::Here(_) | Remote::Loading) {
        state.item.around = Remote::Loading;
        effects.push(Effect::LookAround(key));
    }
    effects
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
        let is_stuck = |bulk: &&mut BulkDelivery| {
            matches!(bulk.progress, Progress::Stuck(Trouble::Offline | Trouble::SignedOut { .. }))
        };
        effects.extend(state.bulk.iter_mut().filter(is_stuck).map(several::send_again));
        if let Some(screen) = &mut state.folders {
            effects.extend(folders::load(screen));
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
pub(super) fn note_sign_out(state: &mut State, trouble: &Trouble) {
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
fn wish(state: &mut State, wish: Wish, given: &mut Given) -> Vec<Effect> {
    let Some(key) = state.key().cloned() else { return vec![] };
    if state.is_busy() {
        return vec![];
    }
    state.item.asking = None;
    state.item.adding = None;
    picking::close(&mut state.item.picker);
    // A wish that never arrived gives way to the new one.
    state.outbox.retain(|delivery| delivery.key != key);
    let request = WishRequest { id: (given.fresh_id)(), wish };
    state.outbox.push(Delivery { key: key.clone(), request: request.clone(), progress: Progress::Sending });
    vec![Effect::Send(key, request), Effect::Focus(Spot::Status)]
}

/// PPL-04: the contact's id is made here, once, so that however often the wish is sent there is one contact.
fn add_contact(state: &mut State, given: &mut Given) -> Vec<Effect> {
    let Some(Adding { address, name }) = state.item.adding.clone() else { return vec![] };
    if name.trim().is_empty() {
        return vec![];
    }
    let contact = NewContact { id: (given.fresh_id)(), address, name };
    wish(state, track(RegardingWish::Create(contact)), given)
}

fn track(regarding: RegardingWish) -> Wish {
    Wish::Track { regarding }
}

pub(super) fn acted(state: &mut State, act: Act, given: &mut Given) -> Vec<Effect> {
    match act {
        Act::Type(name) if state.item.adding.is_some() => {
            state.item.adding.iter_mut().for_each(|adding| adding.name.clone_from(&name));
            return vec![];
        }
        Act::Type(term) => return picking::typed(state, term),
        Act::Press(key) => return picking::pressed(state, key, given),
        Act::OpenList => {
            state.item.adding = None;
            return picking::open(state);
        }
        Act::CloseList => {
            picking::close_list(state.picker());
            return vec![];
        }
        Act::SignIn => return sign_in(state),
        Act::OpenFolders => return folders::open(state),
        _ => {}
    }
    if let Some(effects) = folders::acted(state, act.clone()) {
        return effects;
    }
    if state.selection().is_some() && act != Act::Refresh {
        return several::acted(state, act, given);
    }
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
            if let Remote::Failed(_) = state.several.known {
                state.several.known = Remote::Absent;
            }
            resume(state)
        }
        Act::Change => {
            state.item.picker.changing = true;
            vec![Effect::Focus(Spot::Field)]
        }
        Act::Fate(RecordFate::Keep) => wish(state, Wish::Untrack { record: RecordFate::Keep }, given),
        Act::Fate(RecordFate::Delete) => ask_in_window(state, given.words),
        Act::ConfirmDelete => delete(state, Asking::InPane, given),
        Act::AddPerson(address, name) => {
            // One field at a time has the user's keys.
            picking::close(&mut state.item.picker);
            state.item.adding = Some(Adding { address, name });
            vec![Effect::Focus(Spot::Name)]
        }
        Act::ConfirmContact => add_contact(state, given),
        Act::ChoosePerson(chosen) => {
            let Some(key) = state.key().filter(|_| !state.is_busy()).cloned() else { return vec![] };
            // The button goes once its record is the chosen one.
            vec![Effect::ChoosePerson(key, chosen), Effect::Focus(Spot::Status)]
        }
        Act::Cancel => {
            state.item.asking = None;
            state.item.adding = None;
            picking::close(&mut state.item.picker);
            vec![Effect::Focus(Spot::Status)]
        }
        Act::TrackThread => thread::track(state, given),
        Act::FollowThread(following) => thread::follow(state, following),
        // These were about the list or the folders, and are done with.
        Act::OpenList
        | Act::CloseList
        | Act::Type(_)
        | Act::Press(_)
        | Act::SignIn
        | Act::OpenFolders
        | Act::CloseFolders
        | Act::MapFolder(_)
        | Act::UnmapFolder(_)
        | Act::PickForFolder(_)
        | Act::ClearFolder(_) => vec![],
    }
}

fn sign_in(state: &mut State) -> Vec<Effect> {
    let claims = match &state.session {
        Session::SignedOut { claims, .. } => claims.clone(),
        _ => None,
    };
    state.session = Session::SigningIn;
    vec![Effect::SignIn(SignIn::InWindow { claims })]
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
