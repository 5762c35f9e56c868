//! The whole pane over a fake Outlook, with the service and MSAL played by the page: from opening it to the
//! status, and from a click to its end.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "what a test misses fails it")]

mod fixtures;

use fixtures::*;
use frontend::host::fake::FakeHost;
use frontend::host::{Answer, NoHost, Open, Theme};
use gloo_timers::future::TimeoutFuture;
use leptos::mount::UnmountHandle;
use leptos::prelude::document;
use leptos::tachys::view::any_view::AnyViewState;
use shared::api::{ItemState, WishRequest};
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;
use web_sys::HtmlElement;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
let answers, requests, streams, refuse;

// Answers every request with what was set for the beginning of "METHOD path"; what was set last counts first.
export function play() {
  answers = []; requests = []; streams = []; refuse = null;
  globalThis.regarding = {
    configure() {},
    async token(inWindow, claims) {
      requests.push(inWindow ? `POPUP ${claims ?? ""}` : "TOKEN");
      if (refuse && !inWindow) throw refuse;
      refuse = null;
      return "t0ken";
    },
    async outlook() { return null; },
  };
  globalThis.fetch = async request => {
    const url = new URL(request.url);
    const line = `${request.method} ${url.pathname}${url.search}`;
    const body = await request.clone().text();
    requests.push([line, request.headers.get("authorization"), request.headers.get("accept-language"), body].join("\n"));
    const found = answers.find(([start]) => line.startsWith(start));
    if (!found) throw new TypeError("no network");
    const [, status, json] = found;
    if (json === "stream") {
      const stream = new ReadableStream({ start: controller => streams.push(controller) });
      return new Response(stream, { status });
    }
    return new Response(json, { status });
  };
}
export function answer(start, status, json) { answers.unshift([start, status, json]); }
export function unplug() { answers = []; }
export function sign_out() { refuse = { kind: "interaction", message: "" }; }
export function seen() { return requests.splice(0).join("\n\n"); }
export function push(json) {
  const bytes = new TextEncoder().encode(`: hello\n\nevent: state\ndata: ${json}\n\n`);
  streams.at(-1).enqueue(bytes.slice(0, 40)); streams.at(-1).enqueue(bytes.slice(40));
}
export function go_online() { dispatchEvent(new Event("online")); }
"#)]
extern "C" {
    fn play();
    fn answer(start: &str, status: u16, json: &str);
    fn unplug();
    fn sign_out();
    fn seen() -> String;
    fn push(json: &str);
    fn go_online();
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// A running pane.
struct Running {
    root: HtmlElement,
    host: FakeHost,
    _mounted: UnmountHandle<AnyViewState>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.root.remove();
    }
}

impl Running {
    /// A pane beside message A, of which the service tells this state.
    async fn beside(known: &ItemState) -> Self {
        play();
        answer("GET /api/config", 200, &json(&config()));
        answer("GET /api/items/A?", 200, &json(known));
        answer("GET /api/items/A/events", 200, "stream");
        Self::over(FakeHost::showing(message("A"))).await
    }

    async fn over(host: FakeHost) -> Self {
        let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&root).unwrap();
        let mounted = frontend::mount(root.clone(), Rc::new(host.clone()));
        let running = Self { root, host, _mounted: mounted };
        settle().await;
        running
    }

    fn heading(&self) -> String {
        self.root.query_selector("h1").unwrap().map(|h1| h1.text_content().unwrap()).unwrap_or_default()
    }

    async fn click(&self, text: &str) {
        let buttons = self.root.query_selector_all("button").unwrap();
        let button = (0..buttons.length())
            .map(|at| buttons.get(at).unwrap().unchecked_into::<HtmlElement>())
            .find(|button| button.text_content().unwrap() == text)
            .unwrap_or_else(|| panic!("no {text}: {}", self.root.text_content().unwrap()));
        button.click();
        settle().await;
    }
}

/// Lets everything that is ready happen: each turn of the loop, all promises are settled.
async fn settle() {
    for _ in 0..20 {
        TimeoutFuture::new(0).await;
    }
}

/// The wishes that were sent.
fn wishes() -> Vec<WishRequest> {
    let seen = seen();
    let posts = seen.split("\n\n").map(str::trim).filter(|request| request.starts_with("POST"));
    posts.map(|request| serde_json::from_str(request.lines().last().unwrap()).unwrap()).collect()
}

#[wasm_bindgen_test]
async fn opening_the_pane_ends_with_the_status_painted() {
    let pane = Running::beside(&tracked_regarding()).await;
    assert_eq!(pane.heading(), "Tracked regarding 12 pumps for Fabrikam’s Lyon plant");
    let seen = seen();
    assert!(seen.contains("GET /api/items/A?mailbox=ada%40contoso.com\nBearer t0ken\nen"), "{seen}");
}

#[wasm_bindgen_test]
async fn a_click_on_track_ends_with_tracked() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    answer(
        "POST /api/items/A/wishes?mailbox=ada%40contoso.com",
        200,
        &json(&ItemState { version: 2, ..tracked() }),
    );
    pane.click("Track").await;
    assert_eq!(pane.heading(), "Tracked");
    assert_eq!(
        wishes().iter().map(|w| w.wish.clone()).collect::<Vec<_>>(),
        [Wish::Track { regarding: RegardingWish::Keep }]
    );
}

#[wasm_bindgen_test]
async fn what_takes_longer_is_followed_by_events() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    answer("POST /api/items/A/wishes", 202, &json(&ItemState { version: 2, ..state(Status::Tracking) }));
    pane.click("Track").await;
    assert_eq!(pane.heading(), "Tracking…");
    push(&json(&ItemState { version: 3, ..tracked() }));
    settle().await;
    assert_eq!(pane.heading(), "Tracked");
    push(&json(&ItemState { version: 2, ..state(Status::Tracking) }));
    settle().await;
    assert_eq!(pane.heading(), "Tracked", "an older state is dropped");
}

#[wasm_bindgen_test]
async fn a_wish_that_met_no_network_is_sent_again_as_the_same_one_when_it_is_back() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    unplug();
    pane.click("Track").await;
    assert_eq!(pane.heading(), "Not sent yet");
    let first = wishes();
    answer("GET /api/items/A?", 200, &json(&state(Status::NotTracked)));
    answer("POST /api/items/A/wishes", 200, &json(&ItemState { version: 2, ..tracked() }));
    go_online();
    settle().await;
    assert_eq!(pane.heading(), "Tracked");
    assert_eq!(wishes(), first);
}

#[wasm_bindgen_test]
async fn a_refusal_is_shown_in_the_service_s_words() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    let full = problem(Code::StoreFull, "The disk is full.", "Make room.");
    answer("POST /api/items/A/wishes", 507, &json(&full));
    pane.click("Track").await;
    let text = pane.root.text_content().unwrap();
    assert!(
        text.contains("The disk is full.") && text.contains("Make room.") && text.contains(&full.request_id)
    );
}

#[wasm_bindgen_test]
async fn an_answer_that_is_not_ours_is_named_as_such() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    answer("POST /api/items/A/wishes", 502, "<html>Bad gateway</html>");
    pane.click("Track").await;
    assert!(pane.root.text_content().unwrap().contains("status 502"));
}

#[wasm_bindgen_test]
async fn a_claims_challenge_leads_through_the_window_and_the_wish_goes_on() {
    let pane = Running::beside(&state(Status::NotTracked)).await;
    let mut challenge = problem(Code::InteractionRequired, "Confirm", "Sign in");
    challenge.claims = Some("{\"c\":1}".into());
    answer("POST /api/items/A/wishes", 401, &json(&challenge));
    pane.click("Track").await;
    let first = wishes();
    answer("POST /api/items/A/wishes", 200, &json(&ItemState { version: 2, ..tracked() }));
    pane.click("Sign in").await;
    assert_eq!(pane.heading(), "Tracked");
    let seen = seen();
    assert!(seen.contains("POPUP {\"c\":1}") && seen.contains(&first[0].id.to_string()), "{seen}");
}

#[wasm_bindgen_test]
async fn who_is_not_signed_in_gets_the_button_and_then_the_status() {
    play();
    sign_out();
    answer("GET /api/config", 200, &json(&config()));
    answer("GET /api/items/A?", 200, &json(&tracked()));
    let pane = Running::over(FakeHost::showing(message("A"))).await;
    assert_eq!(pane.heading(), "Welcome to Regarding");
    pane.click("Sign in").await;
    assert_eq!(pane.heading(), "Tracked");
}

#[wasm_bindgen_test]
async fn switching_items_shows_the_other_one_and_drops_what_comes_late() {
    let pane = Running::beside(&tracked()).await;
    answer("GET /api/items/B?", 200, &json(&state(Status::RecordGone)));
    pane.host.switch_to(message("B"));
    settle().await;
    assert_eq!(pane.heading(), "Deleted in the CRM");
    pane.host.switch_to(Open::Nothing);
    settle().await;
    assert_eq!(pane.heading(), "No message selected");
}

#[wasm_bindgen_test]
async fn deleting_asks_in_a_window_first() {
    let pane = Running::beside(&tracked()).await;
    pane.host.answer(Answer::Yes);
    answer("POST /api/items/A/wishes", 200, &json(&ItemState { version: 2, ..state(Status::NotTracked) }));
    pane.click("Untrack").await;
    pane.click("Untrack and delete it").await;
    assert_eq!(pane.host.asked().len(), 1);
    assert_eq!(pane.heading(), "Not tracked");
    assert_eq!(wishes()[0].wish, Wish::Untrack { record: RecordFate::Delete });
}

#[wasm_bindgen_test]
async fn the_window_asks_in_the_pane_s_language_and_says_which_it_is() {
    play();
    answer("GET /api/config", 200, &json(&config()));
    answer("GET /api/items/A?", 200, &json(&tracked()));
    let host = FakeHost::showing(message("A"));
    host.speak("de-AT");
    let pane = Running::over(host).await;
    pane.click("Nachverfolgung aufheben").await;
    pane.click("Aufheben und löschen").await;
    let [question] = &*pane.host.asked() else { panic!("asked once") };
    assert_eq!((question.language.as_str(), question.no.as_str()), ("de", "Abbrechen"));
}

#[wasm_bindgen_test]
async fn without_windows_the_pane_itself_asks() {
    let pane = Running::beside(&tracked()).await;
    pane.click("Untrack").await;
    pane.click("Untrack and delete it").await;
    assert_eq!(wishes(), []);
    answer("POST /api/items/A/wishes", 200, &json(&ItemState { version: 2, ..state(Status::NotTracked) }));
    pane.click("Delete").await;
    assert_eq!(pane.heading(), "Not tracked");
}

#[wasm_bindgen_test]
async fn outlook_s_language_is_the_pane_s() {
    play();
    answer("GET /api/config", 200, &json(&config()));
    answer("GET /api/items/A?", 200, &json(&state(Status::NotTracked)));
    let host = FakeHost::showing(message("A"));
    host.speak("de-AT");
    let pane = Running::over(host).await;
    assert_eq!(pane.heading(), "Nicht nachverfolgt");
    assert!(seen().contains("Bearer t0ken\nde"));
    assert_eq!(document().document_element().unwrap().get_attribute("lang").as_deref(), Some("de"));
}

#[wasm_bindgen_test]
async fn the_pane_wears_outlook_s_theme_from_the_start_and_as_it_changes() {
    let worn = || document().document_element().unwrap().get_attribute("data-theme");
    let pane = Running::beside(&state(Status::NotTracked)).await;
    assert_eq!(worn(), None, "where Outlook tells none, the browser's preference counts");
    pane.host.wear(Theme::Dark);
    assert_eq!(worn().as_deref(), Some("dark"));
    pane.host.wear(Theme::Light);
    assert_eq!(worn().as_deref(), Some("light"));
    drop(pane);
    play();
    let host = FakeHost::showing(message("A"));
    host.wear(Theme::Dark);
    let _pane = Running::over(host).await;
    assert_eq!(worn().as_deref(), Some("dark"));
    document().document_element().unwrap().remove_attribute("data-theme").unwrap();
}

#[wasm_bindgen_test]
async fn outside_of_outlook_the_pane_says_what_it_is_and_asks_for_no_token() {
    play();
    answer("GET /api/config", 200, &json(&config()));
    let pane = Running::over(FakeHost::absent(NoHost::OutsideOutlook)).await;
    assert_eq!(pane.heading(), "Regarding lives in Outlook");
    assert!(!seen().contains("TOKEN"));
}

#[wasm_bindgen_test]
async fn a_service_out_of_reach_is_said_and_asked_again() {
    play();
    let pane = Running::over(FakeHost::showing(message("A"))).await;
    assert!(pane.root.text_content().unwrap().contains("No connection"));
    answer("GET /api/config", 200, &json(&config()));
    answer("GET /api/items/A?", 200, &json(&tracked()));
    pane.click("Try again").await;
    assert_eq!(pane.heading(), "Tracked");
}
