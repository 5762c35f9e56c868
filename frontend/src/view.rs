//! What the pane shows: the state, as elements.
//!
//! One function per part, from plain values to a view; nothing here decides anything. Names, subjects and all
//! else that others wrote is put into text nodes only.

mod actions;
mod confirmation;
mod element;
mod folders;
mod notices;
mod parts;
mod people;
mod places;
mod regarding;
mod several;
mod status;
mod thread;
mod why;

use crate::pane::event::Event;
use crate::pane::state::{Place, Remote, Service, Session, State, Tenant};
use crate::words::Words;
use element::element;
use leptos::prelude::*;
use parts::nothing;

/// Lets something happen.
pub type Dispatch = UnsyncCallback<Event>;

/// What every part needs: the words, and where to tell what the user did.
#[derive(Clone, Copy)]
pub struct Tools {
    pub words: &'static Words,
    pub dispatch: Dispatch,
}

/// The whole pane.
pub fn pane(state: RwSignal<State>, words: RwSignal<&'static Words>, dispatch: Dispatch) -> AnyView {
    (move || {
        let tools = Tools { words: words.get(), dispatch };
        state.with(|state| page(state, tools))
    })
    .into_any()
}

fn page(state: &State, tools: Tools) -> AnyView {
    let sandbox = matches!(state.service, Service::Ready { sandbox: Tenant::Sandbox });
    element("DIV")
        .child(if sandbox { notices::sandbox(tools) } else { nothing() })
        .child(element("MAIN").children(content(state, tools)).view())
        .view()
}

fn content(state: &State, tools: Tools) -> Vec<AnyView> {
    if let Some(elsewhere) = places::place(&state.place, tools) {
        // The folders belong to nothing that is open.
        return match (&state.place, &state.session, &state.folders) {
            (Place::Outlook(_), Session::SignedIn, Some(screen)) => folders::screen(screen, tools),
            (Place::Outlook(_), Session::SignedIn, None) => vec![elsewhere, folders::door(tools)],
            _ => vec![elsewhere],
        };
    }
    if let Service::Unreachable(trouble) = &state.service {
        return vec![notices::trouble(trouble, tools)];
    }
    match &state.session {
        Session::SignedOut { why, .. } if state.known().is_none() => vec![places::signed_out(why, tools)],
        Session::SignedOut { why, .. } => {
            let mut parts = vec![notices::signed_out(why, tools)];
            parts.extend(item(state, tools));
            parts
        }
        Session::SignedIn => {
            if let Some(screen) = &state.folders {
                return folders::screen(screen, tools);
            }
            let mut parts = match state.selection() {
                Some(selection) => several::several(state, selection, tools),
                None => item(state, tools),
            };
            parts.push(folders::door(tools));
            parts
        }
        _ => item(state, tools),
    }
}

/// Everything about the open message.
fn item(state: &State, tools: Tools) -> Vec<AnyView> {
    let mut parts = vec![status::status(state, tools), thread::names(&state.item)];
    match (&state.item.known, state.delivery()) {
        (Remote::Failed(trouble), None) => parts.push(notices::trouble(trouble, tools)),
        (Remote::Here(known), _) => {
            match confirmation::question(state, known, tools) {
                Some(question) => parts.push(question),
                None => {
                    parts.push(actions::actions(state, known, tools));
                    parts.push(regarding::regarding(state, known, tools));
                    parts.push(thread::thread(&state.item, tools));
                }
            }
            parts.push(people::people(state, known, tools));
            parts.push(why::why(known, tools));
        }
        (Remote::Absent | Remote::Loading, _) => parts.push(places::skeleton(tools)),
        (Remote::Failed(_), Some(_)) => {}
    }
    parts
}
