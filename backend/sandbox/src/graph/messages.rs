//! Messages: read, list, change, move, copy, delete.

use super::asked::{Asked, Need, Reply};
use super::draft::Wishes;
use super::filter::{self, Expr, SortKey};
use super::problem::Problem;
use super::show::{self, View};
use super::{attachments, delta, extensions, not_allowed, sending};
use crate::exchange::folder::{self, FolderKey};
use crate::exchange::id::{self, IdForm, ItemKey, Named};
use crate::exchange::{Exchange, Mailbox, Message, mime};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// A message that the path named: object id of its mailbox, and its key there.
pub struct Place {
    pub oid: String,
    pub key: ItemKey,
}

/// `…/messages…`, in the whole mailbox or in one folder.
pub fn answer(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    within: Option<FolderKey>,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    match (&asked.method, rest) {
        (&Method::GET, [("messages", None)]) => list(asked, exchange, within),
        (&Method::GET, [("messages", None), ("$count", _)]) => count(asked, exchange, within),
        (&Method::GET, [("messages", None), ("delta", _)]) => delta::messages(asked, exchange, within),
        (&Method::POST, [("messages", None)]) => sending::create_draft(asked, exchange, within),
        (_, [("messages", Some(id)), rest @ ..]) => one(asked, exchange, within, id, rest),
        (method, _) => Err(not_allowed(method)),
    }
}

fn one(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    within: Option<FolderKey>,
    id: &str,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    let need = if asked.method == Method::GET { Need::ReadMail } else { Need::WriteMail };
    let need =
        if matches!(rest, [("send" | "reply" | "replyall" | "forward", _)]) { Need::SendMail } else { need };
    let place = find(asked, exchange, within, id, need)?;
    match (&asked.method, rest) {
        (&Method::GET, []) => get(asked, exchange, &place),
        (&Method::PATCH, []) => patch(asked, exchange, &place),
        (&Method::DELETE, []) => delete(asked, exchange, &place),
        (&Method::GET, [("$value", _)]) => {
            let message = exchange.mailbox(&place.oid)?.message(place.key)?;
            Ok(Reply::bytes("text/plain", mime::write(message)))
        }
        (&Method::POST, [("move", _)]) => relocate(asked, exchange, &place, Relocation::Move),
        (&Method::POST, [("copy", _)]) => relocate(asked, exchange, &place, Relocation::Copy),
        (&Method::POST, [("permanentdelete", _)]) => {
            exchange.change(&place.oid, |mailbox, _| mailbox.purge_message(place.key))?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, [(action, _)]) if sending::is_action(action) => {
            sending::act(asked, exchange, &place, action)
        }
        (_, [("attachments", key), rest @ ..]) => attachments::answer(asked, exchange, &place, *key, rest),
        (_, [("extensions", key)]) => extensions::answer(asked, exchange, &place, *key),
        (method, []) => Err(not_allowed(method)),
        (_, [first, ..]) => Err(Problem::no_segment(first.0)),
    }
}

/// The message of an id, when the caller may do that with it.
pub fn find(
    asked: &Asked<'_>,
    exchange: &Exchange,
    within: Option<FolderKey>,
    id: &str,
    need: Need,
) -> Result<Place, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    // Somebody without any right here learns nothing about ids; somebody with a right to one folder does.
    let found = mailbox.message_named(id);
    asked.may(mailbox, need, found.as_ref().map_or(Some(folder::INBOX), |message| Some(message.folder)))?;
    let message = found?;
    if within.is_some_and(|within| within != message.folder) {
        return Err(crate::exchange::Refusal::ItemNotFound.into());
    }
    Ok(Place { oid: mailbox.oid.clone(), key: message.key })
}

/// The message as an answer of its own.
pub fn shown(
    asked: &Asked<'_>,
    exchange: &Exchange,
    oid: &str,
    key: ItemKey,
    status: StatusCode,
) -> Result<Reply, Problem> {
    let mailbox = exchange.mailbox(oid)?;
    let message = mailbox.message(key)?;
    let view = asked.view()?;
    let selected = view.select.as_ref().map(|names| format!("({})", names.join(","))).unwrap_or_default();
    let context = asked.context(&format!("messages{selected}/$entity"));
    let etag = show::etag(&mailbox.change_key(message.change));
    let mut reply = Reply::entity(status, context, show::message(mailbox, message, &view));
    reply.headers.push(("etag", etag));
    Ok(reply)
}

fn get(asked: &Asked<'_>, exchange: &Exchange, place: &Place) -> Result<Reply, Problem> {
    shown(asked, exchange, &place.oid, place.key, StatusCode::OK)
}

/// Changes what the body names; `categories` replaces the whole list.
fn patch(asked: &Asked<'_>, exchange: &mut Exchange, place: &Place) -> Result<Reply, Problem> {
    let wishes = Wishes::read(&asked.object()?)?;
    asked.view()?;
    wishes.check(exchange.mailbox(&place.oid)?.message(place.key)?)?;
    let if_match = asked.if_match();
    exchange.change(&place.oid, |mailbox, _| {
        mailbox.edit(place.key, if_match.as_deref(), asked.now, |message| wishes.apply(message))
    })?;
    shown(asked, exchange, &place.oid, place.key, StatusCode::OK)
}

fn delete(asked: &Asked<'_>, exchange: &mut Exchange, place: &Place) -> Result<Reply, Problem> {
    let if_match = asked.if_match();
    exchange.change(&place.oid, |mailbox, _| {
        mailbox.check_change_key(place.key, if_match.as_deref())?;
        mailbox.delete_message(place.key, asked.now)
    })?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relocation {
    Move,
    Copy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    #[serde(alias = "DestinationId")]
    pub destination_id: String,
}

fn relocate(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    place: &Place,
    how: Relocation,
) -> Result<Reply, Problem> {
    let wanted: Destination = asked.parsed()?;
    let mailbox = exchange.mailbox(&place.oid)?;
    let to = mailbox.folder_named(&wanted.destination_id)?.key;
    asked.may(mailbox, Need::WriteMail, Some(to))?;
    let if_match = asked.if_match();
    let key = exchange.change(&place.oid, |mailbox, _| {
        mailbox.check_change_key(place.key, if_match.as_deref())?;
        match how {
            Relocation::Move => mailbox.move_message(place.key, to, asked.now).map(|()| place.key),
            Relocation::Copy => mailbox.copy_message(place.key, to, asked.now),
        }
    })?;
    shown(asked, exchange, &place.oid, key, StatusCode::CREATED)
}

// ---- lists

/// The rule of Exchange: what is sorted by must be filtered by first, in the same order.
fn check_order(filter: Option<&Expr>, order: &[SortKey]) -> Result<(), Problem> {
    let Some(filter) = filter else { return Ok(()) };
    let filtered = filter.properties();
    let fits = order
        .iter()
        .enumerate()
        .all(|(at, key)| filtered.get(at).is_some_and(|name| name.eq_ignore_ascii_case(&key.path.join("/"))));
    if fits {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "InefficientFilter",
        "The restriction or sort order is too complex for this operation.",
    ))
}

/// Keys of the messages that the request asks for, in its order.
fn matching(
    asked: &Asked<'_>,
    mailbox: &Mailbox,
    within: Option<FolderKey>,
    view: &View,
) -> Result<Vec<ItemKey>, Problem> {
    let (filter, mut order) = (asked.query.filter()?, asked.query.order()?);
    let search = asked.query.get("search");
    check_search(search, filter.as_ref(), &order)?;
    check_order(filter.as_ref(), &order)?;
    for name in filter.iter().flat_map(Expr::properties).chain(order.iter().map(|key| key.path.join("/"))) {
        let first = name.split('/').next().unwrap_or(&name);
        if !show::is_message_property(first) {
            return Err(Problem::no_property(&name, "message"));
        }
    }
    if order.is_empty() {
        order = filter::parse_order("receivedDateTime desc")?;
    }
    let terms = search.map(SearchTerm::read_all);
    let mut needed: Vec<String> = filter.iter().flat_map(Expr::properties).collect();
    needed.extend(order.iter().map(|key| key.path.join("/")));
    let narrow = View { select: Some(needed), expand: Vec::new(), ..view.clone() };
    let mut hits: Vec<Value> = Vec::new();
    for message in mailbox.messages() {
        let inside =
            within.map_or_else(|| mailbox.is_visible(message.folder), |folder| folder == message.folder);
        if !inside || terms.iter().flatten().any(|term| !term.hits(message)) {
            continue;
        }
        let mut value = show::message_for_filter(mailbox, message, &narrow);
        if filter.as_ref().is_none_or(|filter| filter.holds(&value)) {
            value["#key"] = json!(message.key.0);
            hits.push(value);
        }
    }
    // Newest first among equals, whatever the key.
    hits.sort_by_key(|hit| std::cmp::Reverse(hit["#key"].as_u64()));
    filter::sort(&mut hits, &order);
    Ok(hits.iter().filter_map(|hit| hit["#key"].as_u64()).map(ItemKey).collect())
}

fn check_search(search: Option<&str>, filter: Option<&Expr>, order: &[SortKey]) -> Result<(), Problem> {
    match search {
        Some(_) if filter.is_some() => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "SearchWithFilter",
            "The query parameter '$filter' is not supported with '$search'.",
        )),
        Some(_) if !order.is_empty() => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "SearchWithOrderBy",
            "The query parameter '$orderBy' is not supported with '$search'.",
        )),
        _ => Ok(()),
    }
}

fn list(asked: &Asked<'_>, exchange: &Exchange, within: Option<FolderKey>) -> Result<Reply, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadMail, within)?;
    let view = asked.view()?;
    let (skip, page) = (asked.query.skip()?, asked.query.top()?.or(asked.prefer.page).unwrap_or(10));
    let keys = matching(asked, mailbox, within, &view)?;
    let items = keys
        .iter()
        .skip(skip)
        .take(page)
        .map(|key| Ok(show::message(mailbox, mailbox.message(*key)?, &view)))
        .collect::<Result<Vec<_>, Problem>>()?;
    let selected = view.select.as_ref().map(|names| format!("({})", names.join(","))).unwrap_or_default();
    let place = within.map_or_else(
        || format!("messages{selected}"),
        |folder| {
            format!("mailFolders('{}')/messages{selected}", mailbox.folder_id(folder).replace('=', "%3D"))
        },
    );
    let mut answer = json!({ "@odata.context": asked.context(&place), "value": items });
    if asked.query.wants_count() {
        answer["@odata.count"] = json!(keys.len());
    }
    if skip + page < keys.len() {
        answer["@odata.nextLink"] = json!(asked.link(&["skip"], &[("skip", &(skip + page).to_string())]));
    }
    Ok(Reply::ok(answer))
}

fn count(asked: &Asked<'_>, exchange: &Exchange, within: Option<FolderKey>) -> Result<Reply, Problem> {
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadMail, within)?;
    let keys = matching(asked, mailbox, within, &asked.view()?)?;
    Ok(Reply::bytes("text/plain", keys.len().to_string().into_bytes()))
}

/// One word of `$search`, perhaps for one property only.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SearchTerm {
    property: Option<String>,
    text: String,
}

impl SearchTerm {
    /// `"subject:offer fjordline"`: every term must be found.
    fn read_all(search: &str) -> Vec<Self> {
        let search = search.trim();
        let inner = search.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(search);
        inner
            .replace("\\\"", "")
            .split_whitespace()
            .filter(|word| *word != "AND")
            .map(|word| match word.split_once(':') {
                Some((property, text)) => Self {
                    property: Some(property.to_lowercase()),
                    text: text.trim_matches('"').to_lowercase(),
                },
                None => Self { property: None, text: word.trim_matches('*').to_lowercase() },
            })
            .collect()
    }

    fn hits(&self, message: &Message) -> bool {
        let found = |text: &str| text.to_lowercase().contains(&self.text);
        let party = |party: &crate::exchange::Party| found(&party.name) || found(&party.address);
        let subject = || message.subject.as_deref().is_some_and(found);
        let from = || message.from.iter().any(party);
        let body = || found(&show::plain_text(&message.body));
        match self.property.as_deref() {
            Some("subject") => subject(),
            Some("body") => body(),
            Some("from") => from(),
            Some("to") => message.to.iter().any(party),
            Some("cc") => message.cc.iter().any(party),
            Some("bcc") => message.bcc.iter().any(party),
            Some("recipients") => message.recipients().any(party),
            Some("participants") => from() || message.recipients().any(party),
            Some("attachment") => message.attachments.iter().any(|file| found(&file.name)),
            Some("hasattachments" | "hasattachment") => {
                self.text == (!message.attachments.is_empty()).to_string()
            }
            Some("importance") => found(match message.importance {
                crate::exchange::Importance::Low => "low",
                crate::exchange::Importance::Normal => "normal",
                crate::exchange::Importance::High => "high",
            }),
            Some(_) => false,
            None => subject() || from() || body(),
        }
    }
}

// ---- ids

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Translation {
    input_ids: Vec<String>,
    source_id_type: String,
    target_id_type: String,
}

/// `translateExchangeIds`: at most 1,000 ids from one spelling into another.
pub fn translate(asked: &Asked<'_>, exchange: &Exchange) -> Result<Reply, Problem> {
    if asked.method != Method::POST {
        return Err(not_allowed(&asked.method));
    }
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadMail, Some(folder::INBOX))?;
    let wanted: Translation = asked.parsed()?;
    if wanted.input_ids.len() > 1000 {
        return Err(Problem::bad_request("At most 1000 ids can be translated at a time."));
    }
    let (source, target) = (IdType::read(&wanted.source_id_type)?, IdType::read(&wanted.target_id_type)?);
    let value: Vec<Value> = wanted
        .input_ids
        .iter()
        .map(|given| match translated(mailbox, given, source, target) {
            Ok(id) => json!({ "sourceId": given, "targetId": id }),
            Err(problem) => json!({
                "sourceId": given,
                "errorDetails": { "code": problem.code, "message": problem.message },
            }),
        })
        .collect();
    let context =
        format!("{}/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)", asked.world.options.origin);
    Ok(Reply::ok(json!({ "@odata.context": context, "value": value })))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdType {
    Entry,
    Ews,
    ImmutableEntry,
    Rest,
    RestImmutableEntry,
}

impl IdType {
    fn read(text: &str) -> Result<Self, Problem> {
        match text.to_ascii_lowercase().as_str() {
            "entryid" => Ok(Self::Entry),
            "ewsid" => Ok(Self::Ews),
            "immutableentryid" => Ok(Self::ImmutableEntry),
            "restid" => Ok(Self::Rest),
            "restimmutableentryid" => Ok(Self::RestImmutableEntry),
            _ => Err(Problem::body(format!("'{text}' is not an exchangeIdFormat."))),
        }
    }
}

fn translated(mailbox: &Mailbox, given: &str, source: IdType, target: IdType) -> Result<String, Problem> {
    let rest = match source {
        IdType::Ews | IdType::ImmutableEntry => id::to_rest(given),
        IdType::Entry | IdType::Rest | IdType::RestImmutableEntry => given.to_owned(),
    };
    let is_immutable = matches!(source, IdType::ImmutableEntry | IdType::RestImmutableEntry);
    match id::read(mailbox.guid, &rest)? {
        Named::Item { place, .. } if place.is_none() != is_immutable => {
            return Err(crate::exchange::Refusal::MalformedId.into());
        }
        Named::Item { .. } => {}
        Named::Folder(_) => return Ok(if target == IdType::Ews { id::to_ews(&rest) } else { rest }),
    }
    let message = mailbox.message_named(&rest)?;
    Ok(match target {
        IdType::Rest => mailbox.item_id(message, IdForm::Mutable),
        IdType::Ews => id::to_ews(&mailbox.item_id(message, IdForm::Mutable)),
        IdType::RestImmutableEntry => mailbox.item_id(message, IdForm::Immutable),
        IdType::ImmutableEntry => id::to_ews(&mailbox.item_id(message, IdForm::Immutable)),
        IdType::Entry => id::spell_entry(mailbox.guid, message.key, message.place),
    })
}
