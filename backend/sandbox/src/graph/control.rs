//! What people do in Outlook, and what befalls mailboxes: the control plane under `/sandbox/exchange`.
//!
//! The host page and the tests speak it; no program under trial does. It needs no token, and messages can be
//! named by any of their ids: REST of both forms, EWS form, or internet message id.

mod delivery;
mod folders;
mod notifications;

use super::problem::Problem;
use super::query::BodyForm;
use super::record;
use super::show::{self, View};
use crate::World;
use crate::exchange::category;
use crate::exchange::id::{self, IdForm, ItemKey};
use crate::exchange::traffic::Limits;
use crate::exchange::{Access, Exchange, Mailbox, MailboxKind, Message, Refusal, Right, Switches};
use crate::world::journal::Seq;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

type Tenant = State<Arc<World>>;
type Answer = Result<Json<Value>, Problem>;

/// Everything under `/sandbox/exchange`.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/limits", get(limits).put(set_limits))
        .route("/deliver", post(delivery::deliver))
        .route("/subscriptions", get(notifications::subscriptions))
        .route("/subscriptions/{id}/lifecycle", post(notifications::announce))
        .route("/notifications", get(notifications::waiting))
        .route("/notifications/deliver", post(notifications::deliver))
        .route("/mailboxes", get(mailboxes).post(add_mailbox))
        .route("/mailboxes/{who}", get(one_mailbox))
        .route("/mailboxes/{who}/folders", get(folders::list).post(folders::create))
        .route("/mailboxes/{who}/folders/{id}", patch(folders::change).delete(folders::delete))
        .route("/mailboxes/{who}/messages", get(messages))
        .route("/mailboxes/{who}/messages/{id}", get(message).delete(delete_message))
        .route("/mailboxes/{who}/messages/{id}/attachments/{attachment}", get(attachment))
        .route("/mailboxes/{who}/messages/{id}/categories", post(change_categories))
        .route("/mailboxes/{who}/messages/{id}/move", post(move_message))
        .route("/mailboxes/{who}/messages/{id}/read", post(set_read))
        .route("/mailboxes/{who}/changes", get(changes))
        .route("/mailboxes/{who}/categories", get(categories).post(create_category))
        .route("/mailboxes/{who}/categories/{id}", patch(change_category).delete(delete_category))
        .route("/mailboxes/{who}/switches", get(switches).put(set_switches))
        .route("/mailboxes/{who}/access", put(set_access))
        .route("/mailboxes/{who}/expire-delta-tokens", post(expire_delta_tokens))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

/// Lets a person change a mailbox and notes it in the journal.
fn act<T>(
    world: &World,
    seq: Seq,
    act: impl FnOnce(&mut Exchange, Timestamp) -> Result<T, Refusal>,
) -> Result<T, Problem> {
    let mut exchange = world.exchange();
    let answer = act(&mut exchange, world.now());
    let happened = exchange.take_happenings();
    drop(exchange);
    record(world, seq, happened);
    Ok(answer?)
}

/// The message by whatever id.
fn find<'m>(mailbox: &'m Mailbox, text: &str) -> Result<&'m Message, Refusal> {
    if text.starts_with('<') {
        return mailbox
            .messages()
            .find(|message| message.internet_message_id == text)
            .ok_or(Refusal::ItemNotFound);
    }
    mailbox.message_named(&id::to_rest(text))
}

fn key_of(exchange: &Exchange, who: &str, text: &str) -> Result<ItemKey, Refusal> {
    Ok(find(exchange.mailbox(who)?, text)?.key)
}

// ---- looking

async fn mailboxes(State(world): Tenant) -> Json<Value> {
    let exchange = world.exchange();
    Json(
        json!({ "value": exchange.mailboxes().map(|mailbox| mailbox_card(&exchange, mailbox)).collect::<Vec<_>>() }),
    )
}

async fn one_mailbox(State(world): Tenant, Path(who): Path<String>) -> Answer {
    let exchange = world.exchange();
    Ok(Json(mailbox_card(&exchange, exchange.mailbox(&who)?)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewMailbox {
    oid: Uuid,
    upn: String,
    name: String,
    #[serde(default = "user")]
    kind: MailboxKind,
}

fn user() -> MailboxKind {
    MailboxKind::User
}

/// Gives somebody a mailbox; whoever has one keeps it.
async fn add_mailbox(
    State(world): Tenant,
    Json(wanted): Json<NewMailbox>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut exchange = world.exchange();
    let oid = wanted.oid.to_string();
    if exchange.mailbox(&oid).is_ok() || exchange.mailbox(&wanted.upn).is_ok() {
        let message = format!("There is a mailbox of {oid} or {} already.", wanted.upn);
        return Err(Problem::new(StatusCode::CONFLICT, "ErrorMailboxExists", message));
    }
    exchange.add_mailbox(&oid, &wanted.upn, &wanted.name, wanted.kind, world.now());
    let card = mailbox_card(&exchange, exchange.mailbox(&oid)?);
    Ok((StatusCode::CREATED, Json(card)))
}

/// What the host page needs to offer a mailbox: its own, and those shared with it.
fn mailbox_card(exchange: &Exchange, mailbox: &Mailbox) -> Value {
    let shared: Vec<Value> = exchange
        .mailboxes()
        .flat_map(|other| other.access.iter().map(move |access| (other, access)))
        .filter(|(_, access)| access.who == mailbox.oid)
        .map(|(other, access)| {
            json!({
                "upn": other.upn,
                "name": other.name,
                "right": access.right,
                "folder": access.folder.map(|folder| other.folder_id(folder)),
            })
        })
        .collect();
    json!({
        "oid": mailbox.oid,
        "upn": mailbox.upn,
        "name": mailbox.name,
        "kind": mailbox.kind,
        "timeZone": mailbox.time_zone,
        "version": mailbox.version(),
        "unread": mailbox.count(crate::exchange::folder::INBOX).unread,
        "sharedWithMe": shared,
        "switches": mailbox.switches,
    })
}

#[derive(Debug, Deserialize)]
struct Which {
    folder: Option<String>,
}

async fn messages(State(world): Tenant, Path(who): Path<String>, Query(which): Query<Which>) -> Answer {
    let exchange = world.exchange();
    let mailbox = exchange.mailbox(&who)?;
    let within = match which.folder.as_deref().filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(mailbox.folder_named(folder)?.key),
        None => None,
    };
    let mut found: Vec<&Message> =
        mailbox.messages().filter(|message| within.is_none_or(|within| within == message.folder)).collect();
    found.sort_by_key(|message| std::cmp::Reverse((message.received, message.key)));
    let value: Vec<Value> = found.into_iter().map(|message| card(mailbox, message, false)).collect();
    Ok(Json(json!({ "version": mailbox.version(), "value": value })))
}

async fn message(State(world): Tenant, Path((who, id)): Path<(String, String)>) -> Answer {
    let exchange = world.exchange();
    let mailbox = exchange.mailbox(&who)?;
    Ok(Json(card(mailbox, find(mailbox, &id)?, true)))
}

/// A message for the host page: Graph's JSON with every id, and the colours of the categories.
fn card(mailbox: &Mailbox, message: &Message, with_body: bool) -> Value {
    let view = View { ids: IdForm::Mutable, bodies: BodyForm::AsStored, select: None, expand: Vec::new() };
    let mut map = show::message_in_full(mailbox, message, &view);
    map.retain(|name, _| !["uniqueBody", "internetMessageHeaders"].contains(&name.as_str()));
    if !with_body {
        map.remove("body");
    }
    let rest = mailbox.item_id(message, IdForm::Mutable);
    let colored: Vec<Value> = message
        .categories
        .iter()
        .map(|name| {
            let known = mailbox
                .categories()
                .iter()
                .find(|known| known.display_name.to_lowercase() == name.to_lowercase());
            json!({
                "name": name,
                "preset": known.map_or("none", |known| known.color.as_str()),
                "hex": category::hex(known.map_or("none", |known| known.color.as_str())),
                "inMasterList": known.is_some(),
            })
        })
        .collect();
    let files: Vec<Value> = message
        .attachments
        .iter()
        .map(|file| {
            json!({
                "id": file.id, "name": file.name, "contentType": file.content_type, "size": file.content.len(),
                "isInline": file.is_inline, "contentId": file.content_id,
            })
        })
        .collect();
    for (name, value) in [
        ("restId", json!(rest)),
        ("ewsId", json!(id::to_ews(&rest))),
        ("immutableId", json!(mailbox.item_id(message, IdForm::Immutable))),
        ("coloredCategories", json!(colored)),
        ("attachments", json!(files)),
        ("mailbox", json!(mailbox.upn)),
        ("version", json!(mailbox.version())),
    ] {
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

async fn attachment(
    State(world): Tenant,
    Path((who, id, attachment)): Path<(String, String, Uuid)>,
) -> Result<Response, Problem> {
    let exchange = world.exchange();
    let message = find(exchange.mailbox(&who)?, &id)?;
    let file = message.attachments.iter().find(|file| file.id == attachment).ok_or(Refusal::ItemNotFound)?;
    // Only pictures may be shown in the page; anything else is downloaded, whatever it claims to be.
    let is_picture = ["image/png", "image/jpeg", "image/gif"].contains(&file.content_type.as_str());
    let kind = if is_picture { file.content_type.as_str() } else { "application/octet-stream" };
    let headers = [("content-type", kind), ("x-content-type-options", "nosniff")];
    Ok((headers, file.content.clone()).into_response())
}

#[derive(Debug, Deserialize)]
struct Watch {
    #[serde(default)]
    since: u64,
    #[serde(default)]
    wait_ms: u64,
}

/// The longest wait of one request, in milliseconds.
const LONGEST_WAIT_MS: u64 = 30_000;

/// The version of a mailbox; waits up to `wait_ms` until it is greater than `since`.
async fn changes(State(world): Tenant, Path(who): Path<String>, Query(watch): Query<Watch>) -> Answer {
    let version = || world.exchange().mailbox(&who).map(Mailbox::version);
    let mut bell = world.exchange().listen();
    let until_newer = async {
        // `!=`: after a reset of the tenant the version starts over, and that is a change too.
        while version()? == watch.since {
            if bell.changed().await.is_err() {
                break;
            }
        }
        version()
    };
    let waited =
        tokio::time::timeout(Duration::from_millis(watch.wait_ms.min(LONGEST_WAIT_MS)), until_newer).await;
    let version = waited.unwrap_or_else(|_| version())?;
    Ok(Json(json!({ "version": version, "changed": version != watch.since })))
}

// ---- what people do with mail

#[derive(Debug, Deserialize)]
struct CategoryChange {
    #[serde(default)]
    put: Vec<String>,
    #[serde(default)]
    take: Vec<String>,
}

async fn change_categories(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
    Json(change): Json<CategoryChange>,
) -> Answer {
    act(&world, seq, |exchange, now| {
        let key = key_of(exchange, &who, &id)?;
        exchange.change(&who, |mailbox, _| {
            mailbox.edit(key, None, now, |message| {
                message.categories.retain(|name| !change.take.contains(name));
                for name in change.put {
                    if !message.categories.contains(&name) {
                        message.categories.push(name);
                    }
                }
            })
        })
    })?;
    message(State(world), Path((who, id))).await
}

#[derive(Debug, Deserialize)]
struct Move {
    /// Id or well-known name of the folder.
    to: String,
}

async fn move_message(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
    Json(wanted): Json<Move>,
) -> Answer {
    let lasting = act(&world, seq, |exchange, now| {
        let key = key_of(exchange, &who, &id)?;
        let to = exchange.mailbox(&who)?.folder_named(&wanted.to)?.key;
        exchange.change(&who, |mailbox, _| {
            mailbox.move_message(key, to, now)?;
            Ok(mailbox.item_id(mailbox.message(key)?, IdForm::Immutable))
        })
    })?;
    message(State(world), Path((who, lasting))).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reading {
    is_read: bool,
}

async fn set_read(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
    Json(reading): Json<Reading>,
) -> Answer {
    act(&world, seq, |exchange, now| {
        let key = key_of(exchange, &who, &id)?;
        exchange.change(&who, |mailbox, _| {
            mailbox.edit(key, None, now, |message| message.is_read = reading.is_read)
        })
    })?;
    message(State(world), Path((who, id))).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deletion {
    #[serde(default)]
    for_good: bool,
}

async fn delete_message(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
    Query(deletion): Query<Deletion>,
) -> Result<StatusCode, Problem> {
    act(&world, seq, |exchange, now| {
        let key = key_of(exchange, &who, &id)?;
        exchange.change(&who, |mailbox, _| {
            if deletion.for_good { mailbox.purge_message(key) } else { mailbox.delete_message(key, now) }
        })
    })?;
    Ok(StatusCode::NO_CONTENT)
}

// ---- what people do with categories

async fn categories(State(world): Tenant, Path(who): Path<String>) -> Answer {
    let exchange = world.exchange();
    let value: Vec<Value> = exchange
        .mailbox(&who)?
        .categories()
        .iter()
        .map(|one| {
            let mut shown = show::category(one);
            shown["hex"] = json!(category::hex(&one.color));
            shown
        })
        .collect();
    Ok(Json(json!({ "value": value })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CategoryWish {
    display_name: Option<String>,
    color: Option<String>,
}

async fn create_category(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path(who): Path<String>,
    Json(wish): Json<CategoryWish>,
) -> Answer {
    let name = wish.display_name.ok_or_else(|| Problem::body("displayName is missing."))?;
    let color = wish.color.unwrap_or_else(|| "none".to_owned());
    let made = act(&world, seq, |exchange, _| {
        let most = exchange.limits.master_categories;
        exchange.change(&who, |mailbox, mint| mailbox.create_category(&name, &color, most, mint))
    })?;
    Ok(Json(show::category(&made)))
}

/// Renames (as only Outlook can) or recolours.
async fn change_category(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, Uuid)>,
    Json(wish): Json<CategoryWish>,
) -> Answer {
    let changed = act(&world, seq, |exchange, _| {
        exchange.change(&who, |mailbox, _| {
            if let Some(name) = &wish.display_name {
                mailbox.rename_category(id, name)?;
            }
            if let Some(color) = &wish.color {
                mailbox.recolor_category(id, color)?;
            }
            mailbox.category(id).cloned()
        })
    })?;
    Ok(Json(show::category(&changed)))
}

async fn delete_category(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, Uuid)>,
) -> Result<StatusCode, Problem> {
    act(&world, seq, |exchange, _| exchange.change(&who, |mailbox, _| mailbox.delete_category(id)))?;
    Ok(StatusCode::NO_CONTENT)
}

// ---- what befalls mailboxes

async fn limits(State(world): Tenant) -> Answer {
    Ok(Json(json!(world.exchange().limits)))
}

/// Sets the limits and forgets what was counted so far; what the body does not name has its usual value.
async fn set_limits(State(world): Tenant, Json(limits): Json<Limits>) -> Answer {
    let mut exchange = world.exchange();
    exchange.limits = limits;
    exchange.traffic.reset();
    Ok(Json(json!(exchange.limits)))
}

async fn switches(State(world): Tenant, Path(who): Path<String>) -> Answer {
    Ok(Json(json!(world.exchange().mailbox(&who)?.switches)))
}

async fn set_switches(
    State(world): Tenant,
    Path(who): Path<String>,
    Json(switches): Json<Switches>,
) -> Answer {
    world.exchange().change(&who, |mailbox, _| {
        mailbox.switches = switches.clone();
        Ok(())
    })?;
    Ok(Json(json!(switches)))
}

#[derive(Debug, Deserialize)]
struct Grant {
    /// Object id or address of the delegate.
    who: String,
    /// Id or well-known name; absent: the whole mailbox.
    folder: Option<String>,
    right: Right,
}

/// Replaces what others may do in the mailbox.
async fn set_access(State(world): Tenant, Path(who): Path<String>, Json(grants): Json<Vec<Grant>>) -> Answer {
    let mut exchange = world.exchange();
    let access = grants
        .into_iter()
        .map(|grant| {
            let delegate = exchange.mailbox(&grant.who)?.oid.clone();
            let folder = match grant.folder {
                Some(name) => Some(exchange.mailbox(&who)?.folder_named(&name)?.key),
                None => None,
            };
            Ok(Access { who: delegate, folder, right: grant.right })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let count = access.len();
    exchange.change(&who, |mailbox, _| {
        mailbox.access = access;
        Ok(())
    })?;
    Ok(Json(json!({ "grants": count })))
}

/// Every delta token given out so far answers 410 from now on.
async fn expire_delta_tokens(State(world): Tenant, Path(who): Path<String>) -> Result<StatusCode, Problem> {
    world.exchange().change(&who, |mailbox, _| {
        mailbox.expire_delta_tokens();
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
