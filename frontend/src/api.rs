//! Typed calls of our own service. Every call carries the user's token and language; whatever goes wrong comes
//! back as a [`Trouble`] that the pane can show.

use crate::host::ItemKey;
use crate::pane::event::SignIn;
use crate::pane::state::Trouble;
use crate::sign_in;
use crate::wire::{FromWire, wish_request};
use gloo_net::http::{Request, RequestBuilder, Response};
use js_sys::JSON;
use shared::api::{Config, ItemState, Records, Suggestions, WishRequest};

/// What the pane needs before anybody signed in.
pub async fn config() -> Result<Config, Trouble> {
    read(send(Request::get("/api/config"), None).await?).await
}

/// The state of an item.
pub async fn item(key: &ItemKey, language: &str) -> Result<ItemState, Trouble> {
    get(&path(key, ""), language).await
}

/// Records to offer before anything was typed.
pub async fn suggestions(key: &ItemKey, language: &str) -> Result<Suggestions, Trouble> {
    get(&path(key, "/suggestions"), language).await
}

/// Records whose name matches.
pub async fn search(term: &str, language: &str) -> Result<Records, Trouble> {
    get(&["/api/records?search=", &escape(term)].concat(), language).await
}

/// Sends a wish; the answer is the item's state, perhaps while the wish is still carried out.
pub async fn wish(key: &ItemKey, wish: &WishRequest, language: &str) -> Result<ItemState, Trouble> {
    let body = JSON::stringify(&wish_request(wish)).expect("a wish is plain data").into();
    let request = authorized(Request::post(&path(key, "/wishes")), language).await?;
    read(send(request.header("Content-Type", "application/json"), Some(body)).await?).await
}

/// Opens the stream of an item's states; `signal` ends it.
pub async fn events(
    key: &ItemKey,
    language: &str,
    signal: &web_sys::AbortSignal,
) -> Result<Response, Trouble> {
    let request = authorized(Request::get(&path(key, "/events")), language).await?;
    let request = request.header("Accept", "text/event-stream").abort_signal(Some(signal));
    accepted(send(request, None).await?).await
}

async fn get<T: FromWire>(path: &str, language: &str) -> Result<T, Trouble> {
    read(send(authorized(Request::get(path), language).await?, None).await?).await
}

async fn authorized(request: RequestBuilder, language: &str) -> Result<RequestBuilder, Trouble> {
    let token = sign_in::token(&SignIn::Silent).await?;
    Ok(request.header("Authorization", &["Bearer ", &token].concat()).header("Accept-Language", language))
}

async fn send(request: RequestBuilder, body: Option<String>) -> Result<Response, Trouble> {
    let request = match body {
        Some(body) => request.body(body),
        None => request.build(),
    };
    request.map_err(|_| Trouble::Offline)?.send().await.map_err(|_| Trouble::Offline)
}

/// The answer, unless it is an error.
async fn accepted(answer: Response) -> Result<Response, Trouble> {
    if answer.ok() {
        return Ok(answer);
    }
    let status = answer.status();
    Err(match parse(&text_of(answer).await?) {
        Some(problem) => Trouble::from_problem(problem),
        None => Trouble::Unreadable { status },
    })
}

async fn read<T: FromWire>(answer: Response) -> Result<T, Trouble> {
    let answer = accepted(answer).await?;
    let status = answer.status();
    parse(&text_of(answer).await?).ok_or(Trouble::Unreadable { status })
}

/// A body that breaks off is no answer.
async fn text_of(answer: Response) -> Result<String, Trouble> {
    answer.text().await.map_err(|_| Trouble::Offline)
}

/// Reads JSON; `None` if it is none, or tells something else.
pub fn parse<T: FromWire>(json: &str) -> Option<T> {
    T::from_wire(&JSON::parse(json).ok()?)
}

fn path(key: &ItemKey, below: &str) -> String {
    let (item, mailbox) = (escape(&key.item.0), escape(key.mailbox.as_str()));
    ["/api/items/", &item, below, "?mailbox=", &mailbox].concat()
}

fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
