//! Mail folders: the tree, and what people do to it.

use super::asked::{Asked, Need, Reply};
use super::messages::Destination;
use super::problem::Problem;
use super::{delta, filter, messages, not_allowed, show};
use crate::exchange::folder::{self, FolderKey};
use crate::exchange::{Exchange, Folder};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

const PROPERTIES: [&str; 8] = [
    "id",
    "displayName",
    "parentFolderId",
    "childFolderCount",
    "unreadItemCount",
    "totalItemCount",
    "sizeInBytes",
    "isHidden",
];

/// `…/mailFolders…`, down to the messages in a folder.
pub fn answer(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    match (&asked.method, rest) {
        (&Method::GET, [("mailfolders", None)]) => list(asked, exchange, folder::ROOT),
        (&Method::POST, [("mailfolders", None)]) => create(asked, exchange, folder::ROOT),
        (&Method::GET, [("mailfolders", None), ("delta", _)]) => delta::folders(asked, exchange),
        (&Method::GET, [("mailfolders", None), ("$count", _)]) => {
            let mailbox = asked.mailbox(exchange)?;
            asked.may(mailbox, Need::ReadMail, None)?;
            let count = mailbox.children(folder::ROOT).filter(|one| !one.is_hidden).count();
            Ok(Reply::bytes("text/plain", count.to_string().into_bytes()))
        }
        (_, [("mailfolders" | "childfolders", Some(id)), rest @ ..]) => {
            let mailbox = asked.mailbox(exchange)?;
            let found = mailbox.folder_named(id).map(|folder| folder.key);
            let at = found.as_ref().map_or(folder::INBOX, |key| *key);
            asked.may(mailbox, Need::ReadMail, Some(at))?;
            inside(asked, exchange, found?, rest)
        }
        (method, _) => Err(not_allowed(method)),
    }
}

fn inside(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    at: FolderKey,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    match (&asked.method, rest) {
        (_, [("messages", _), ..]) => messages::answer(asked, exchange, Some(at), rest),
        (&Method::GET, [("childfolders", None)]) => list(asked, exchange, at),
        (&Method::POST, [("childfolders", None)]) => create(asked, exchange, at),
        (_, [("childfolders", Some(_)), ..]) => answer(asked, exchange, rest),
        (&Method::GET, []) => shown(asked, exchange, at, StatusCode::OK),
        (&Method::PATCH, []) => rename(asked, exchange, at),
        (&Method::DELETE, []) => {
            let oid = writable(asked, exchange, at)?;
            exchange.change(&oid, |mailbox, _| mailbox.delete_folder(at))?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, [("move", _)]) => {
            let oid = writable(asked, exchange, at)?;
            let wanted: Destination = asked.parsed()?;
            let to = exchange.mailbox(&oid)?.folder_named(&wanted.destination_id)?.key;
            exchange.change(&oid, |mailbox, _| mailbox.move_folder(at, to))?;
            shown(asked, exchange, at, StatusCode::CREATED)
        }
        (method, []) => Err(not_allowed(method)),
        (_, [first, ..]) => Err(Problem::no_segment(first.0)),
    }
}

fn writable(asked: &Asked<'_>, exchange: &Exchange, at: FolderKey) -> Result<String, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::WriteMail, Some(at))?;
    Ok(mailbox.oid.clone())
}

fn shown(
    asked: &Asked<'_>,
    exchange: &Exchange,
    at: FolderKey,
    status: StatusCode,
) -> Result<Reply, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    let mut map = show::folder(mailbox, mailbox.folder(at)?);
    let select = checked_select(asked)?;
    narrow(&mut map, select.as_deref());
    Ok(Reply::entity(status, asked.context("mailFolders/$entity"), Value::Object(map)))
}

pub fn checked_select(asked: &Asked<'_>) -> Result<Option<Vec<String>>, Problem> {
    let select = asked.query.select();
    match select
        .iter()
        .flatten()
        .find(|name| !PROPERTIES.iter().any(|known| known.eq_ignore_ascii_case(name)))
    {
        Some(name) => Err(Problem::no_property(name, "mailFolder")),
        None => Ok(select),
    }
}

/// Leaves what was selected, and the id.
pub fn narrow(map: &mut Map<String, Value>, select: Option<&[String]>) {
    if let Some(select) = select {
        map.retain(|name, _| name == "id" || select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    }
}

fn list(asked: &Asked<'_>, exchange: &Exchange, below: FolderKey) -> Result<Reply, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadMail, (below != folder::ROOT).then_some(below))?;
    let with_hidden =
        asked.query.get("includeHiddenFolders").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (filter, order, select) = (asked.query.filter()?, asked.query.order()?, checked_select(asked)?);
    let wanted = |one: &&Folder| with_hidden || !one.is_hidden;
    let mut items: Vec<Value> = mailbox
        .children(below)
        .filter(wanted)
        .map(|one| Value::Object(show::folder(mailbox, one)))
        .filter(|value| filter.as_ref().is_none_or(|filter| filter.holds(value)))
        .collect();
    let order = if order.is_empty() { filter::parse_order("displayName")? } else { order };
    filter::sort(&mut items, &order);
    let (skip, top) = (asked.query.skip()?, asked.query.top()?.or(asked.prefer.page).unwrap_or(10));
    let total = items.len();
    let page: Vec<Value> = items
        .into_iter()
        .skip(skip)
        .take(top)
        .map(|mut value| {
            if let Value::Object(map) = &mut value {
                narrow(map, select.as_deref());
            }
            value
        })
        .collect();
    let mut answer = json!({ "@odata.context": asked.context("mailFolders"), "value": page });
    if asked.query.wants_count() {
        answer["@odata.count"] = json!(total);
    }
    if skip + top < total {
        answer["@odata.nextLink"] = json!(asked.link(&["skip"], &[("skip", &(skip + top).to_string())]));
    }
    Ok(Reply::ok(answer))
}

fn name_in(object: &Map<String, Value>) -> Result<&str, Problem> {
    object.get("displayName").and_then(Value::as_str).ok_or_else(|| Problem::body("displayName is missing."))
}

fn create(asked: &Asked<'_>, exchange: &mut Exchange, below: FolderKey) -> Result<Reply, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::WriteMail, (below != folder::ROOT).then_some(below))?;
    let (oid, object) = (mailbox.oid.clone(), asked.object()?);
    let is_hidden = object.get("isHidden").and_then(Value::as_bool).unwrap_or(false);
    let name = name_in(&object)?;
    let key = exchange.change(&oid, |mailbox, _| mailbox.create_folder(below, name, is_hidden))?;
    shown(asked, exchange, key, StatusCode::CREATED)
}

fn rename(asked: &Asked<'_>, exchange: &mut Exchange, at: FolderKey) -> Result<Reply, Problem> {
    let oid = writable(asked, exchange, at)?;
    let object = asked.object()?;
    let name = name_in(&object)?;
    exchange.change(&oid, |mailbox, _| mailbox.rename_folder(at, name))?;
    shown(asked, exchange, at, StatusCode::OK)
}
