//! Typed calls of our own service. Every call carries the user's token and language; whatever goes wrong comes
//! back as a [`Trouble`] that the pane can show.

use crate::host::ItemKey;
use crate::pane::event::SignIn;
use crate::pane::state::Trouble;
use crate::sign_in;
use crate::wire::{
    FromWire, conversation_request, folder_mapping, standing, states_request, wish_request, wishes_request,
};
use gloo_net::http::{Request, RequestBuilder, Response};
use js_sys::JSON;
use shared::api::{
    Config, ConversationRequest, ConversationStanding, ConversationTracked, Folder, FolderMapping, Folders,
    Following, ItemState, Records, States, Suggestions, Surroundings, WishRequest, WishesAnswer,
    WishesRequest,
};
use shared::item::{FolderId, ItemId, SmtpAddress};
use wasm_bindgen::JsValue;

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
    put(Request::post(&path(key, "/wishes")), &wish_request(wish), language).await
}

/// The states of several items of a mailbox.
pub async fn states(mailbox: &SmtpAddress, items: &[ItemId], language: &str) -> Result<States, Trouble> {
    put(Request::post(&in_mailbox("/api/states", mailbox)), &states_request(items), language).await
}

/// Sends several wishes; the answer comes before they are carried out.
pub async fn wishes(
    mailbox: &SmtpAddress,
    wishes: &WishesRequest,
    language: &str,
) -> Result<WishesAnswer, Trouble> {
    put(Request::post(&in_mailbox("/api/wishes", mailbox)), &wishes_request(wishes), language).await
}

/// What is worth knowing around an item.
pub async fn surroundings(key: &ItemKey, language: &str) -> Result<Surroundings, Trouble> {
    get(&path(key, "/surroundings"), language).await
}

/// Tracks every message of an item's conversation.
pub async fn track_conversation(
    key: &ItemKey,
    request: &ConversationRequest,
    language: &str,
) -> Result<ConversationTracked, Trouble> {
    put(Request::post(&path(key, "/conversation")), &conversation_request(request), language).await
}

/// Follows an item's conversation, or stops to.
pub async fn follow_conversation(
    key: &ItemKey,
    following: Following,
    language: &str,
) -> Result<ConversationStanding, Trouble> {
    put(Request::put(&path(key, "/conversation")), &standing(following), language).await
}

/// The folders of a mailbox.
pub async fn folders(mailbox: &SmtpAddress, language: &str) -> Result<Folders, Trouble> {
    get(&in_mailbox("/api/folders", mailbox), language).await
}

/// Maps a folder, or takes its mapping away.
pub async fn map_folder(
    mailbox: &SmtpAddress,
    folder: &FolderId,
    mapping: Option<&FolderMapping>,
    language: &str,
) -> Result<Folder, Trouble> {
    let path = in_mailbox(&["/api/folders/", &escape(&folder.0), "/mapping"].concat(), mailbox);
    match mapping {
        Some(mapping) => put(Request::put(&path), &folder_mapping(mapping), language).await,
        None => read(send(authorized(Request::delete(&path), language).await?, None).await?).await,
    }
}

/// Opens the stream of several items' states; `signal` ends it.
pub async fn states_events(
    mailbox: &SmtpAddress,
    items: &[ItemId],
    language: &str,
    signal: &web_sys::AbortSignal,
) -> Result<Response, Trouble> {
    let request = Request::post(&in_mailbox("/api/states/events", mailbox));
    let request = authorized(request, language).await?.abort_signal(Some(signal));
    accepted(send_json(request.header("Accept", "text/event-stream"), &states_request(items)).await?).await
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

/// Sends a body and reads the answer.
async fn put<T: FromWire>(request: RequestBuilder, body: &JsValue, language: &str) -> Result<T, Trouble> {
    read(send_json(authorized(request, language).await?, body).await?).await
}

async fn send_json(request: RequestBuilder, body: &JsValue) -> Result<Response, Trouble> {
    let body = JSON::stringify(body).expect("what is sent is plain data").into();
    send(request.header("Content-Type", "application/json"), Some(body)).await
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
    in_mailbox(&["/api/items/", &escape(&key.item.0), below].concat(), &key.mailbox)
}

fn in_mailbox(path: &str, mailbox: &SmtpAddress) -> String {
    [path, "?mailbox=", &escape(mailbox.as_str())].concat()
}

fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
