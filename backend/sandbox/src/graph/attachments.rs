//! Files in messages.

use super::asked::{Asked, Reply};
use super::messages::Place;
use super::problem::Problem;
use super::{not_allowed, show};
use crate::exchange::id;
use crate::exchange::{Attachment, Exchange, Refusal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Files larger than this need an upload session, which the sandbox does not have.
const LARGEST_DIRECT: usize = 3 * 1024 * 1024;

pub fn answer(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    place: &Place,
    key: Option<&str>,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    match (&asked.method, key, rest) {
        (&Method::GET, None, []) => list(asked, exchange, place),
        (&Method::GET, None, [("$count", _)]) => {
            let count = exchange.mailbox(&place.oid)?.message(place.key)?.attachments.len();
            Ok(Reply::bytes("text/plain", count.to_string().into_bytes()))
        }
        (&Method::POST, None, []) => add(asked, exchange, place),
        (&Method::GET, Some(key), []) => {
            let shown = shown(asked, exchange, place, key)?;
            Ok(Reply::entity(StatusCode::OK, asked.context("messages/attachments/$entity"), shown))
        }
        (&Method::GET, Some(key), [("$value", _)]) => {
            let file = file(exchange, place, key)?;
            Ok(Reply::bytes(&file.content_type, file.content.clone()))
        }
        (&Method::DELETE, Some(key), []) => {
            let wanted = file(exchange, place, key)?.id;
            exchange.change(&place.oid, |mailbox, _| {
                mailbox.edit(place.key, None, asked.now, |message| {
                    message.attachments.retain(|file| file.id != wanted);
                })
            })?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (method, _, []) => Err(not_allowed(method)),
        (_, _, [first, ..]) => Err(Problem::no_segment(first.0)),
    }
}

fn file<'e>(exchange: &'e Exchange, place: &Place, key: &str) -> Result<&'e Attachment, Problem> {
    let (item, wanted) = id::read_attachment(key)?;
    let message = exchange.mailbox(&place.oid)?.message_named(&item)?;
    if message.key != place.key {
        return Err(Refusal::ItemNotFound.into());
    }
    Ok(message.attachments.iter().find(|file| file.id == wanted).ok_or(Refusal::ItemNotFound)?)
}

fn shown(asked: &Asked<'_>, exchange: &Exchange, place: &Place, key: &str) -> Result<Value, Problem> {
    let file = file(exchange, place, key)?;
    let mailbox = exchange.mailbox(&place.oid)?;
    let message = mailbox.message(place.key)?;
    Ok(Value::Object(show::attachment(&mailbox.item_id(message, asked.prefer.ids), file, message)))
}

fn list(asked: &Asked<'_>, exchange: &Exchange, place: &Place) -> Result<Reply, Problem> {
    let mailbox = exchange.mailbox(&place.oid)?;
    let message = mailbox.message(place.key)?;
    let id = mailbox.item_id(message, asked.prefer.ids);
    let (filter, select) = (asked.query.filter()?, asked.query.select());
    let (skip, top) = (asked.query.skip()?, asked.query.top()?.unwrap_or(usize::MAX));
    let files: Vec<_> = message
        .attachments
        .iter()
        .map(|file| show::attachment(&id, file, message))
        .filter(|map| filter.as_ref().is_none_or(|filter| filter.holds(&Value::Object(map.clone()))))
        .collect();
    let total = files.len();
    let page: Vec<Value> = files
        .into_iter()
        .skip(skip)
        .take(top)
        .map(|mut map| {
            if let Some(select) = &select {
                map.retain(|name, _| {
                    name.starts_with('@')
                        || name == "id"
                        || select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                });
            }
            Value::Object(map)
        })
        .collect();
    let next = skip.saturating_add(top);
    let mut answer = json!({ "@odata.context": asked.context("messages/attachments"), "value": page });
    if asked.query.wants_count() {
        answer["@odata.count"] = json!(total);
    }
    if next < total {
        answer["@odata.nextLink"] = json!(asked.link(&["skip"], &[("skip", &next.to_string())]));
    }
    Ok(Reply::ok(answer))
}

/// Reads a `fileAttachment`.
pub fn read(value: &Value, id: uuid::Uuid) -> Result<Attachment, Problem> {
    let kind = value["@odata.type"].as_str().unwrap_or_default().trim_start_matches('#');
    if !kind.eq_ignore_ascii_case("microsoft.graph.fileAttachment") {
        return Err(Problem::body(
            "Only attachments of the type '#microsoft.graph.fileAttachment' can be added.",
        ));
    }
    let name = value["name"].as_str().ok_or_else(|| Problem::body("The attachment needs a name."))?;
    let content = STANDARD
        .decode(value["contentBytes"].as_str().unwrap_or_default())
        .map_err(|_| Problem::body("contentBytes is not base64."))?;
    Ok(Attachment {
        id,
        name: name.to_owned(),
        content_type: value["contentType"].as_str().unwrap_or("application/octet-stream").to_owned(),
        content_id: value["contentId"].as_str().map(str::to_owned),
        is_inline: value["isInline"].as_bool().unwrap_or(false),
        content,
    })
}

fn add(asked: &Asked<'_>, exchange: &mut Exchange, place: &Place) -> Result<Reply, Problem> {
    let value: Value = asked.parsed()?;
    let file = read(&value, exchange.mint_uuid())?;
    if file.content.len() > LARGEST_DIRECT {
        return Err(Refusal::MessageSizeExceeded.into());
    }
    let size = exchange.mailbox(&place.oid)?.message(place.key)?.size() + file.content.len();
    if size > exchange.limits.message_bytes {
        return Err(Refusal::MessageSizeExceeded.into());
    }
    let wanted = file.id;
    exchange.change(&place.oid, |mailbox, _| {
        mailbox.edit(place.key, None, asked.now, |message| message.attachments.push(file))
    })?;
    let mailbox = exchange.mailbox(&place.oid)?;
    let item = mailbox.item_id(mailbox.message(place.key)?, asked.prefer.ids);
    let shown = shown(asked, exchange, place, &id::spell_attachment(&item, wanted))?;
    Ok(Reply::entity(StatusCode::CREATED, asked.context("messages/attachments/$entity"), shown))
}
