//! Does what [`super::update`] asks for, and tells it what came of that.

use super::event::{Effect, Event, TYPING_PAUSE_MS, option_id};
use super::state::{State, Trouble};
use super::update::{Given, update};
use crate::events::{Following, Told, ToldOfOne, follow, follow_several};
use crate::host::{Host, Local, NoHost};
use crate::wire::smtp_address;
use crate::words::Words;
use crate::{api, sign_in};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::item::SmtpAddress;
use shared::rules::Language;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;

/// The running pane. Clones are the same pane.
#[derive(Clone)]
pub struct Runtime(Rc<Inner>);

struct Inner {
    state: RwSignal<State>,
    words: RwSignal<&'static Words>,
    host: Rc<dyn Host>,
    following: RefCell<Option<Following>>,
    following_several: RefCell<Option<Following>>,
    reading: Cell<Reading>,
}

/// Outlook is asked one thing at a time; a change while it answers makes the answer worthless.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Idle,
    Busy,
    Outdated,
}

impl Runtime {
    /// A pane that has not started yet. `words` change once Outlook told its language.
    pub fn new(host: Rc<dyn Host>, state: RwSignal<State>, words: RwSignal<&'static Words>) -> Self {
        Self(Rc::new(Inner {
            state,
            words,
            host,
            following: RefCell::new(None),
            following_several: RefCell::new(None),
            reading: Cell::new(Reading::Idle),
        }))
    }

    /// Starts the pane.
    pub fn start(&self) {
        let runtime = self.clone();
        let online = Closure::<dyn Fn()>::new(move || runtime.dispatch(Event::Online)).into_js_value();
        if let Some(window) = web_sys::window() {
            // Fails only for names that are no events.
            let _ = window.add_event_listener_with_callback("online", online.unchecked_ref());
        }
        self.dispatch(Event::Started);
    }

    /// Lets something happen.
    pub fn dispatch(&self, event: Event) {
        let mut given = Given { fresh_id: &mut fresh_id, words: self.0.words.get_untracked() };
        let mut effects = Vec::new();
        self.0.state.update(|state| effects = update(state, event, &mut given));
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(&self, effect: Effect) {
        let language = self.0.words.get_untracked().tag;
        match effect {
            Effect::WatchHost => self.watch(),
            Effect::Follow(key) => {
                let (runtime, followed) = (self.clone(), key.clone());
                let following = follow(key, language, move |told| {
                    runtime.dispatch(match told {
                        Told::Opened => Event::StreamOpened(followed.clone()),
                        Told::State(state) => Event::Streamed(followed.clone(), *state),
                    });
                });
                self.0.following.replace(following);
            }
            Effect::FollowSeveral(mailbox, items) => {
                let runtime = self.clone();
                let following = follow_several(mailbox, items, language, move |told| {
                    runtime.dispatch(match told {
                        ToldOfOne::Opened => Event::SeveralFollowed,
                        ToldOfOne::State(brief) => Event::BriefStreamed(brief),
                    });
                });
                self.0.following_several.replace(following);
            }
            Effect::Unfollow => {
                drop(self.0.following.take());
                drop(self.0.following_several.take());
            }
            Effect::Focus(spot) => self.spawn(Box::pin(async move {
                leptos::task::tick().await;
                focus(spot.id());
                None
            })),
            Effect::Reveal(position) => self.spawn(Box::pin(async move {
                leptos::task::tick().await;
                reveal(&option_id(position));
                None
            })),
            asking => {
                let runtime = self.clone();
                self.spawn(Box::pin(async move { Some(runtime.ask(asking, language).await) }));
            }
        }
    }

    /// Waits for whatever the effect asks, and gives the answer as an event.
    async fn ask(&self, effect: Effect, language: &'static str) -> Event {
        match effect {
            Effect::AwaitHost => Event::HostReady(self.await_host().await),
            Effect::Configure => Event::Configured(configure().await),
            Effect::SignIn(how) => Event::SignedIn(sign_in::token(&how).await.map(drop)),
            Effect::Load(key) => {
                let answer = api::item(&key, language).await;
                Event::Loaded(key, answer)
            }
            Effect::Send(key, request) => {
                Event::Answered(request.id, api::wish(&key, &request, language).await)
            }
            Effect::LoadSeveral(selection) => {
                let answer = api::states(&selection.mailbox, &selection.items, language).await;
                Event::SeveralLoaded(selection, answer)
            }
            Effect::SendSeveral(mailbox, request) => {
                let first = request.wishes.first().map(|wish| wish.id).unwrap_or_default();
                Event::SeveralAnswered(first, api::wishes(&mailbox, &request, language).await)
            }
            Effect::ChoosePerson(key, chosen) => {
                let answer = api::choose_person(&key, &chosen, language).await;
                Event::Loaded(key, answer)
            }
            Effect::LookAround(key) => {
                let answer = api::surroundings(&key, language).await;
                Event::LookedAround(key, answer)
            }
            Effect::TrackThread(key, request) => {
                let answer = api::track_conversation(&key, &request, language).await;
                Event::ThreadTracked(key, answer)
            }
            Effect::FollowThread(key, following) => {
                let answer = api::follow_conversation(&key, following, language).await;
                Event::ThreadStands(key, answer.map(|standing| standing.following))
            }
            Effect::LoadFolders => Event::FoldersLoaded(api::folders(&self.own_mailbox(), language).await),
            Effect::LoadMailbox => Event::MailboxTold(api::own_mailbox(&self.own_mailbox(), language).await),
            Effect::MapFolder(id, mapping) => {
                let answer = api::map_folder(&self.own_mailbox(), &id, mapping.as_ref(), language).await;
                Event::FolderMapped(id, answer)
            }
            Effect::Suggest(key) => {
                let answer = api::suggestions(&key, language).await;
                Event::Suggested(key, answer)
            }
            Effect::Pause(number) => {
                TimeoutFuture::new(TYPING_PAUSE_MS).await;
                Event::Paused(number)
            }
            Effect::Search(number, term) => Event::Found(number, api::search(&term, language).await),
            Effect::Ask(key, question) => {
                let answer = self.0.host.ask(question).await;
                Event::Confirmed(key, answer)
            }
            Effect::WatchHost
            | Effect::Follow(_)
            | Effect::FollowSeveral(..)
            | Effect::Unfollow
            | Effect::Focus(_)
            | Effect::Reveal(_) => {
                unreachable!("performed without waiting")
            }
        }
    }

    /// Where Outlook does not tell it, the service refuses the empty address clearly.
    fn own_mailbox(&self) -> SmtpAddress {
        self.0.host.own_mailbox().unwrap_or_else(|| smtp_address(""))
    }

    /// Runs a task; what it gives happens. Boxed, so that the executor is compiled once.
    fn spawn(&self, task: Local<Option<Event>>) {
        let runtime = self.clone();
        spawn_local(async move {
            if let Some(event) = task.await {
                runtime.dispatch(event);
            }
        });
    }

    async fn await_host(&self) -> Result<(), NoHost> {
        let host = &self.0.host;
        host.ready().await?;
        if let Some(language) = host.language() {
            let words = Words::of(Language::from_accept_language(&language));
            self.0.words.set(words);
            speak(words);
        }
        // Listening before looking, so that no change falls between the two.
        host.on_theme_change(Box::new(wear));
        if let Some(theme) = host.theme() {
            wear(theme);
        }
        Ok(())
    }

    /// Reads what is open, now and with every change.
    fn watch(&self) {
        let runtime = self.clone();
        self.0.host.on_change(Box::new(move || runtime.read()));
        self.read();
    }

    fn read(&self) {
        let reading = &self.0.reading;
        if reading.get() != Reading::Idle {
            reading.set(Reading::Outdated);
            return;
        }
        reading.set(Reading::Busy);
        let runtime = self.clone();
        self.spawn(Box::pin(async move {
            let open = loop {
                let open = runtime.0.host.open().await;
                if runtime.0.reading.replace(Reading::Busy) != Reading::Outdated {
                    break open;
                }
            };
            runtime.0.reading.set(Reading::Idle);
            Some(Event::Opened(open))
        }));
    }
}

async fn configure() -> Result<shared::api::Config, Trouble> {
    let config = api::config().await?;
    sign_in::prepare(&config)?;
    Ok(config)
}

/// A random id, from the browser's cryptographic generator.
fn fresh_id() -> Uuid {
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let id = crypto.and_then(|crypto| Uuid::try_parse(&crypto.random_uuid()).ok());
    id.expect("every browser that runs wasm has crypto.randomUUID on https")
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

fn focus(id: &str) {
    let element = document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Focusing what is not shown does nothing, which is fine.
        let _ = element.focus();
    }
}

fn reveal(id: &str) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Tells the browser, which tells a screen reader, in which language the pane speaks.
fn speak(words: &Words) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // The name is a valid one.
        let _ = root.set_attribute("lang", words.tag);
    }
}

/// Tells the style sheet which theme Outlook wears.
fn wear(theme: crate::host::Theme) {
    let name = match theme {
        crate::host::Theme::Light => "light",
        crate::host::Theme::Dark => "dark",
    };
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // The name is a valid one.
        let _ = root.set_attribute("data-theme", name);
    }
}
