//! Every state of the pane on one page, without Outlook and without a service: for looking at.
//!
//! The address chooses: `#tracked`, `#tracked,de`. Without one, the names of all states are listed.

#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

use frontend::words::Words;
use leptos::prelude::*;
use shared::rules::Language;
use wasm_bindgen::prelude::*;

/// Shows the state that the address names.
#[wasm_bindgen]
pub fn show() {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let (name, language) =
        hash.trim_start_matches('#').split_once(',').unwrap_or((hash.trim_start_matches('#'), "en"));
    let words = Words::of(Language::from_accept_language(language));
    let states = fixtures::states::all();
    let Some((_, state)) = states.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
        document().set_title(&names.join(" "));
        return;
    };
    let state = state.clone();
    mount_to_body(move || {
        let dispatch = UnsyncCallback::new(|_| {});
        frontend::view::pane(RwSignal::new(state), RwSignal::new(words), dispatch)
    });
}
