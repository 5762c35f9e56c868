//! `frontend` shows.
//!
//! Regarding's task pane: a pure state machine ([`pane`]), views of its state ([`view`]), and the doors through
//! which it reaches Outlook ([`host`]), the sign-in ([`sign_in`]) and our own service ([`api`], [`events`]). It
//! knows the words of `shared` and nothing of the backend. Nothing is stored in the browser.

pub mod api;
pub mod events;
pub mod host;
pub mod pane;
pub mod sign_in;
pub mod view;
pub mod wire;
pub mod words;

use host::Host;
use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use pane::perform::Runtime;
use pane::state::State;
use shared::rules::Language;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use words::Words;

/// Starts the pane in the page's `#app`. Does nothing on pages without one, such as those of the tests.
#[wasm_bindgen(start)]
pub fn start() {
    let app = document().get_element_by_id("app").and_then(|app| app.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(app) = app {
        // The page's shell stood in for the pane until now.
        app.set_text_content(None);
        mount(app, Rc::new(host::office::OfficeHost)).forget();
    }
}

/// Runs the pane over `host` inside of `parent`.
pub fn mount(parent: web_sys::HtmlElement, host: Rc<dyn Host>) -> UnmountHandle<AnyViewState> {
    let language = web_sys::window().and_then(|window| window.navigator().language()).unwrap_or_default();
    let words = Words::of(Language::from_accept_language(&language));
    mount_to(parent, move || {
        let (state, words) = (RwSignal::new(State::new()), RwSignal::new(words));
        let runtime = Runtime::new(host, state, words);
        let dispatcher = runtime.clone();
        let view = view::pane(state, words, UnsyncCallback::new(move |event| dispatcher.dispatch(event)));
        runtime.start();
        view
    })
}
