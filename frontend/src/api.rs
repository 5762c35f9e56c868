//! Typed calls of our own service. Every call carries the user's token and language; whatever goes wrong comes
//! back as a [`Trouble`] that the pane can show.
//!
//! Only the last step, reading the answer, knows the answer's type: the code that waits exists once.

use crate::host::{ItemKey, Local};
use crate::pane::event::SignIn;
use crate::pane::state::Trouble;
use crate::sign_in;
use crate::wire::{
    FromWire, chosen, conversation_request, folder_mapping, standing, states_request, wish_request,
    wishes_request,
};
use gloo_net::http::{Method, RequestBuilder, Response};
use js_sys::JSON;
use shared::api::{
    Config, ConversationRequest, ConversationStanding, ConversationTracked, Folder, FolderMapping, Folders,
    Following, ItemState, OwnMailbox, Records, States, Suggestions, Surroundings, WishRequest, WishesAnswer,
    WishesRequest,
};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::Chosen;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

/// What the pane needs before anybody signed in.
pub async fn config() -> Result<Config, Trouble> {
    let request = RequestBuilder::new("/api/config").method(Method::GET);
    read(answer_of(accepted(send(request, None).await?).await?).await?)
}

/// The state of an item.
pub async fn item(key: &ItemKey, language: &'static str) -> Result<ItemState, Trouble> {
    read(get(path(key, ""), language).await?)
}

/// Records to offer before anything was typed.
pub async fn suggestions(key: &ItemKey, language: &'static str) -> Result<Suggestions, Trouble> {
    read(get(path(key, "/suggestions"), language).await?)
}

/// Records whose name matches.
pub async fn search(term: &str, language: &'static str) -> Result<Records, Trouble> {
    read(get(["/api/records?search=", &escape(term)].concat(), language).await?)
}

/// Sends a wish; the answer is the item's state, perhaps while the wish is still carried out.
pub async fn wish(key: &ItemKey, wish: &WishRequest, language: &'static str) -> Result<ItemState, Trouble> {
    read(call(Method::POST, path(key, "/wishes"), Some(wish_request(wish)), language).await?)
}

/// Remembers which of several records somebody on an item is; the answer is the item's state.
pub async fn choose_person(
    key: &ItemKey,
    choice: &Chosen,
    language: &'static str,
) -> Result<ItemState, Trouble> {
    read(call(Method::PUT, path(key, "/choice"), Some(chosen(choice)), language).await?)
}

/// The states of several items of a mailbox.
pub async fn states(
    mailbox: &SmtpAddress,
    items: &[ItemId],
    language: &'static str,
) -> Result<States, Trouble> {
    let path = in_mailbox("/api/states", mailbox);
    read(call(Method::POST, path, Some(states_request(items)), language).await?)
}

/// Sends several wishes; the answer comes before they are carried out.
pub async fn wishes(
    mailbox: &SmtpAddress,
    wishes: &WishesRequest,
    language: &'static str,
) -> Result<WishesAnswer, Trouble> {
    let path = in_mailbox("/api/wishes", mailbox);
    read(call(Method::POST, path, Some(wishes_request(wishes)), language).await?)
}

/// What is worth knowing around an item.
pub async fn surroundings(key: &ItemKey, language: &'static str) -> Result<Surroundings, Trouble> {
    read(get(path(key, "/surroundings"), language).await?)
}

/// Tracks every message of an item's conversation.
pub async fn track_conversation(
    key: &ItemKey,
    request: &ConversationRequest,
    language: &'static str,
) -> Result<ConversationTracked, Trouble> {
    let body = conversation_request(request);
    read(call(Method::POST, path(key, "/conversation"), Some(body), language).await?)
}

/// Follows an item's conversation, or stops to.
pub async fn follow_conversation(
    key: &ItemKey,
    following: Following,
    language: &'static str,
) -> Result<ConversationStanding, Trouble> {
    read(call(Method::PUT, path(key, "/conversation"), Some(standing(following)), language).await?)
}

/// The folders of a mailbox.
pub async fn folders(mailbox: &SmtpAddress, language: &'static str) -> Result<Folders, Trouble> {
    read(get(in_mailbox("/api/folders", mailbox), language).await?)
}

/// How a mailbox of the user's own is synchronized.
pub async fn own_mailbox(mailbox: &SmtpAddress, language: &'static str) -> Result<OwnMailbox, Trouble> {
    read(get(in_mailbox("/api/mailbox", mailbox), language).await?)
}

/// Maps a folder, or takes its mapping away.
pub async fn map_folder(
    mailbox: &SmtpAddress,
    folder: &FolderId,
    mapping: Option<&FolderMapping>,
    language: &'static str,
) -> Result<Folder, Trouble> {
    let path = in_mailbox(&["/api/folders/", &escape(&folder.0), "/mapping"].concat(), mailbox);
    let method = if mapping.is_some() { Method::PUT } else { Method::DELETE };
    read(call(method, path, mapping.map(folder_mapping), language).await?)
}

/// Opens the stream of an item's states; `signal` ends it.
pub async fn events(key: &ItemKey, language: &str, signal: &AbortSignal) -> Result<Response, Trouble> {
    follow(RequestBuilder::new(&path(key, "/events")), None, language, signal).await
}

/// Opens the stream of several items' states; `signal` ends it.
pub async fn states_events(
    mailbox: &SmtpAddress,
    items: &[ItemId],
    language: &str,
    signal: &AbortSignal,
) -> Result<Response, Trouble> {
    let request = RequestBuilder::new(&in_mailbox("/api/states/events", mailbox)).method(Method::POST);
    follow(request, Some(states_request(items)), language, signal).await
}

async fn follow(
    request: RequestBuilder,
    body: Option<JsValue>,
    language: &str,
    signal: &AbortSignal,
) -> Result<Response, Trouble> {
    let request = authorized(request, language).await?.header("Accept", "text/event-stream");
    accepted(send(request.abort_signal(Some(signal)), body).await?).await
}

/// An answer that was accepted, and the status it came with.
struct Answer {
    status: u16,
    body: Option<JsValue>,
}

fn get(path: String, language: &'static str) -> Local<Result<Answer, Trouble>> {
    call(Method::GET, path, None, language)
}

fn call(
    method: Method,
    path: String,
    body: Option<JsValue>,
    language: &'static str,
) -> Local<Result<Answer, Trouble>> {
    Box::pin(async move {
        let request = authorized(RequestBuilder::new(&path).method(method), language).await?;
        answer_of(accepted(send(request, body).await?).await?).await
    })
}

async fn authorized(request: RequestBuilder, language: &str) -> Result<RequestBuilder, Trouble> {
    let token = sign_in::token(&SignIn::Silent).await?;
    Ok(request.header("Authorization", &["Bearer ", &token].concat()).header("Accept-Language", language))
}

async fn send(request: RequestBuilder, body: Option<JsValue>) -> Result<Response, Trouble> {
    let request = match body {
        Some(body) => {
            let body = String::from(JSON::stringify(&body).expect("what is sent is plain data"));
            request.header("Content-Type", "application/json").body(body)
        }
        None => request.build(),
    };
    request.map_err(|_| Trouble::Offline)?.send().await.map_err(|_| Trouble::Offline)
}

/// The answer, unless it is an error.
async fn accepted(answer: Response) -> Result<Response, Trouble> {
    if answer.ok() {
        return Ok(answer);
    }
    let Answer { status, body } = answer_of(answer).await?;
    Err(match body.and_then(|body| FromWire::from_wire(&body)) {
        Some(problem) => Trouble::from_problem(problem),
        None => Trouble::Unreadable { status },
    })
}

/// A body that breaks off is no answer; one that is no JSON says nothing.
async fn answer_of(answer: Response) -> Result<Answer, Trouble> {
    let status = answer.status();
    let text = answer.text().await.map_err(|_| Trouble::Offline)?;
    Ok(Answer { status, body: JSON::parse(&text).ok() })
}

fn read<T: FromWire>(answer: Answer) -> Result<T, Trouble> {
    let read = answer.body.and_then(|body| T::from_wire(&body));
    read.ok_or(Trouble::Unreadable { status: answer.status })
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
