//! Delta queries over the messages of a folder and over the mail folders.
//!
//! The tokens are opaque to clients and carry the whole query. A first round walks what is there, by a
//! cursor that survives changes in between; later rounds walk the change log. Both end with a delta link
//! from which nothing that happened meanwhile is missing, though some of it may come twice.

use super::asked::{Asked, Need, Reply};
use super::filter::{Expr, Operator, Term};
use super::problem::Problem;
use super::show::{self, View};
use crate::exchange::folder::FolderKey;
use crate::exchange::id::ItemKey;
use crate::exchange::reading::{DeltaRow, DeltaWhat};
use crate::exchange::{Exchange, Mailbox, folder};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Rows of a page, unless the client prefers fewer.
const PAGE: usize = 10;
/// With a filter on the time of receipt, a round has at most this many messages.
const FILTERED_LIMIT: usize = 5_000;

/// What a token remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    /// Object id of the mailbox, and the folder; no folder: the folders themselves are followed.
    mailbox: String,
    folder: Option<u64>,
    generation: u32,
    select: Option<Vec<String>>,
    expand: Option<String>,
    top: Option<usize>,
    change_types: Option<Vec<String>>,
    received_after: Option<(Timestamp, bool)>,
    stage: Stage,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Stage {
    /// Walking what is there; `since` is where the delta link will start.
    First { since: u64, after: Option<(Timestamp, u64)>, shown: usize },
    /// Walking the changes after this number.
    Later { since: u64, last: Option<u64> },
}

impl Token {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// `…/messages/delta`.
pub fn messages(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    within: Option<FolderKey>,
) -> Result<Reply, Problem> {
    let horizon = horizon(asked, exchange)?;
    let mailbox = asked.mailbox(exchange)?;
    let folder = within.ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "Change tracking is not supported against 'microsoft.graph.message' of a whole mailbox; name a folder.",
        )
    })?;
    asked.may(mailbox, Need::ReadMail, Some(folder))?;
    let token = open(asked, mailbox, Some(folder), horizon)?;
    let view = View {
        ids: asked.prefer.ids,
        bodies: asked.prefer.bodies,
        select: token.select.clone(),
        expand: super::query::read_expand(token.expand.as_deref())?,
    };
    let size = asked.prefer.page.or(token.top).unwrap_or(PAGE);
    let (rows, next) = match token.stage.clone() {
        Stage::First { since, after, shown } => {
            first_page(mailbox, folder, &token, since, after, shown, size)
        }
        Stage::Later { since, last } => {
            let rows =
                mailbox.changes_in(folder, since, asked.prefer.ids).map_err(|_| expired(asked, &token))?;
            later_page(mailbox, &token, rows, (since, horizon), last, size)
        }
    };
    let mut value: Vec<Value> = rows.iter().filter_map(|row| message_row(mailbox, row, &view)).collect();
    if mailbox.switches.shuffle_delta_items {
        let oid = mailbox.oid.clone();
        exchange.change(&oid, |_, mint| {
            mint.shuffle(&mut value);
            Ok(())
        })?;
    }
    Ok(page(asked, "message", value, &next))
}

/// `mailFolders/delta`.
pub fn folders(asked: &Asked<'_>, exchange: &mut Exchange) -> Result<Reply, Problem> {
    let horizon = horizon(asked, exchange)?;
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadMail, None)?;
    let token = open(asked, mailbox, None, horizon)?;
    let size = asked.prefer.page.or(token.top).unwrap_or(PAGE);
    let (rows, next) = match token.stage.clone() {
        Stage::First { since, after, .. } => {
            let start = after.map_or(0, |(_, key)| key);
            let keys: Vec<u64> = mailbox
                .folders()
                .filter(|one| one.key != folder::ROOT && !one.is_hidden && mailbox.is_visible(one.key))
                .map(|one| one.key.0)
                .filter(|key| *key > start)
                .collect();
            let rows: Vec<DeltaRow> = keys
                .iter()
                .take(size)
                .map(|key| DeltaRow {
                    number: 0,
                    what: DeltaWhat::Folder { key: FolderKey(*key), created: true },
                })
                .collect();
            let more = keys.len() > size;
            let after = keys.get(size.saturating_sub(1)).map(|key| (Timestamp::UNIX_EPOCH, *key));
            let stage = if more {
                Stage::First { since, after, shown: 0 }
            } else {
                Stage::Later { since, last: None }
            };
            (rows, Next { token: Token { stage, ..token.clone() }, more })
        }
        Stage::Later { since, last } => {
            let rows = mailbox.folder_changes(since).map_err(|_| expired(asked, &token))?;
            later_page(mailbox, &token, rows, (since, horizon), last, size)
        }
    };
    let value = rows.iter().filter_map(|row| folder_row(mailbox, row, token.select.as_deref())).collect();
    Ok(page(asked, "mailFolder", value, &next))
}

/// The newest change that this query may see: all of them, but where a switch makes reads stale.
fn horizon(asked: &Asked<'_>, exchange: &mut Exchange) -> Result<u64, Problem> {
    Ok(exchange.change(&asked.owner()?, |mailbox, _| Ok(mailbox.read_delta()))?)
}

/// Where the walk goes on.
struct Next {
    token: Token,
    /// Whether this round has more pages.
    more: bool,
}

/// The token of the request, or a new one for a first round.
fn open(
    asked: &Asked<'_>,
    mailbox: &Mailbox,
    folder: Option<FolderKey>,
    horizon: u64,
) -> Result<Token, Problem> {
    let given =
        asked.query.get("deltatoken").or(asked.query.get("skiptoken")).filter(|text| !text.is_empty());
    let Some(text) = given else { return begin(asked, mailbox, folder, horizon) };
    let token = Token::read(text)
        .filter(|token| token.mailbox == mailbox.oid && token.folder == folder.map(|folder| folder.0))
        .ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "SyncStateInvalid",
                "The sync state is not valid for this request.",
            )
        })?;
    if token.generation != mailbox.sync_generation {
        return Err(expired(asked, &token));
    }
    Ok(token)
}

fn begin(
    asked: &Asked<'_>,
    mailbox: &Mailbox,
    folder: Option<FolderKey>,
    horizon: u64,
) -> Result<Token, Problem> {
    let select = match folder {
        Some(_) => {
            let select = asked.query.select();
            show::check_message_select(select.as_deref())?;
            select
        }
        None => super::folders::checked_select(asked)?,
    };
    if asked.query.get("search").is_some() {
        return Err(Problem::bad_request("$search is not supported with delta."));
    }
    for key in asked.query.order()? {
        if !(key.descending && key.path.join("/").eq_ignore_ascii_case("receivedDateTime")) {
            return Err(Problem::bad_request("Only $orderby=receivedDateTime desc is supported with delta."));
        }
    }
    let change_types = asked
        .query
        .get("changeType")
        .map(|text| text.split(',').map(|one| one.trim().to_lowercase()).collect::<Vec<_>>());
    if change_types.iter().flatten().any(|kind| !["created", "updated", "deleted"].contains(&kind.as_str())) {
        return Err(Problem::bad_request("changeType must be created, updated or deleted."));
    }
    Ok(Token {
        mailbox: mailbox.oid.clone(),
        folder: folder.map(|folder| folder.0),
        generation: mailbox.sync_generation,
        select,
        expand: asked.query.get("expand").map(str::to_owned),
        top: asked.query.top()?,
        change_types,
        received_after: asked.query.filter()?.map(|filter| received_after(&filter)).transpose()?,
        stage: Stage::First { since: horizon, after: None, shown: 0 },
    })
}

/// The one filter that delta knows: `receivedDateTime ge|gt …`.
fn received_after(filter: &Expr) -> Result<(Timestamp, bool), Problem> {
    if let Expr::Compare(Term::Path(path), operator @ (Operator::Ge | Operator::Gt), Term::Moment(at)) =
        filter
        && path.join("/").eq_ignore_ascii_case("receivedDateTime")
    {
        return Ok((*at, *operator == Operator::Ge));
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "ErrorInvalidUrlQueryFilter",
        "Only $filter=receivedDateTime ge or gt is supported with delta.",
    ))
}

/// The answer to a token that the service no longer honours: start over from the `Location`.
fn expired(asked: &Asked<'_>, token: &Token) -> Problem {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut options = vec![("deltatoken", String::new())];
    if let Some(select) = &token.select {
        options.push(("select", select.join(",")));
    }
    if let Some(expand) = &token.expand {
        options.push(("expand", encoded(expand)));
    }
    if let Some(top) = token.top {
        options.push(("top", top.to_string()));
    }
    if let Some(kinds) = &token.change_types {
        options.push(("changeType", kinds.join(",")));
    }
    if let Some((at, inclusive)) = token.received_after {
        let operator = if inclusive { "ge" } else { "gt" };
        options.push(("filter", encoded(&format!("receivedDateTime {operator} {at}"))));
    }
    let names: Vec<String> = options.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let mut dropped: Vec<&str> = names.iter().map(String::as_str).collect();
    dropped.push("skiptoken");
    let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let place = asked.link(&dropped, &options);
    Problem::new(
        StatusCode::GONE,
        "SyncStateNotFound",
        format!("The sync state generation is not found; generation={};", token.generation),
    )
    .with_header("location", place)
}

fn first_page(
    mailbox: &Mailbox,
    folder: FolderKey,
    token: &Token,
    since: u64,
    after: Option<(Timestamp, u64)>,
    shown: usize,
    size: usize,
) -> (Vec<DeltaRow>, Next) {
    let wanted = token.change_types.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == "created"));
    let mut places: Vec<(Timestamp, u64)> = mailbox
        .messages_in(folder)
        .filter(|message| {
            wanted
                && token.received_after.is_none_or(|(at, inclusive)| {
                    message.received > at || inclusive && message.received == at
                })
        })
        .map(|message| (message.received, message.key.0))
        .filter(|place| after.is_none_or(|after| *place < after))
        .collect();
    places.sort_unstable_by(|left, right| right.cmp(left));
    if token.received_after.is_some() {
        places.truncate(FILTERED_LIMIT.saturating_sub(shown));
    }
    let more = places.len() > size;
    places.truncate(size);
    let row = |key: u64| DeltaRow { number: 0, what: DeltaWhat::Item { key: ItemKey(key), created: true } };
    let repeated = after.filter(|_| mailbox.switches.repeat_delta_items).map(|(_, key)| row(key));
    let rows = repeated.into_iter().chain(places.iter().map(|(_, key)| row(*key))).collect();
    let stage = if more {
        Stage::First { since, after: places.last().copied(), shown: shown + places.len() }
    } else {
        Stage::Later { since, last: None }
    };
    (rows, Next { token: Token { stage, ..token.clone() }, more })
}

fn later_page(
    mailbox: &Mailbox,
    token: &Token,
    rows: Vec<DeltaRow>,
    (since, horizon): (u64, u64),
    last: Option<u64>,
    size: usize,
) -> (Vec<DeltaRow>, Next) {
    let mut page: Vec<DeltaRow> =
        rows.into_iter().filter(|row| row.number <= horizon && is_wanted(token, row)).collect();
    // A page never cuts between rows of one change: the token could not say where to go on.
    let mut cut = size.min(page.len());
    while cut > 0 && cut < page.len() && page[cut].number == page[cut - 1].number {
        cut += 1;
    }
    let more = cut < page.len();
    page.truncate(cut);
    let number = if more { page.last().map_or(since, |row| row.number) } else { horizon.max(since) };
    let last_item = page.iter().rev().find_map(|row| match row.what {
        DeltaWhat::Item { key, .. } => Some(key.0),
        _ => None,
    });
    if let Some(key) =
        last.filter(|key| mailbox.switches.repeat_delta_items && mailbox.message(ItemKey(*key)).is_ok())
    {
        page.insert(
            0,
            DeltaRow { number: since, what: DeltaWhat::Item { key: ItemKey(key), created: false } },
        );
    }
    let stage = Stage::Later { since: number, last: last_item.filter(|_| more) };
    (page, Next { token: Token { stage, ..token.clone() }, more })
}

fn is_wanted(token: &Token, row: &DeltaRow) -> bool {
    let kind = match row.what {
        DeltaWhat::Item { created: true, .. } | DeltaWhat::Folder { created: true, .. } => "created",
        DeltaWhat::Item { .. } | DeltaWhat::Folder { .. } => "updated",
        DeltaWhat::RemovedItem { .. } | DeltaWhat::RemovedFolder { .. } => "deleted",
    };
    token.change_types.as_ref().is_none_or(|kinds| kinds.iter().any(|wanted| wanted == kind))
}

fn message_row(mailbox: &Mailbox, row: &DeltaRow, view: &View) -> Option<Value> {
    match &row.what {
        DeltaWhat::Item { key, .. } => {
            let message = mailbox.message(*key).ok()?;
            let mut shown = show::message(mailbox, message, view);
            if let Value::Object(map) = &mut shown {
                map.entry("@odata.type").or_insert_with(|| json!("#microsoft.graph.message"));
            }
            Some(shown)
        }
        DeltaWhat::RemovedItem { id } => Some(
            json!({ "@odata.type": "#microsoft.graph.message", "id": id, "@removed": { "reason": "deleted" } }),
        ),
        _ => None,
    }
}

fn folder_row(mailbox: &Mailbox, row: &DeltaRow, select: Option<&[String]>) -> Option<Value> {
    match &row.what {
        DeltaWhat::Folder { key, .. } => {
            let folder = mailbox.folder(*key).ok().filter(|folder| !folder.is_hidden)?;
            let mut map = show::folder(mailbox, folder);
            super::folders::narrow(&mut map, select);
            map.insert("@odata.type".to_owned(), json!("#microsoft.graph.mailFolder"));
            Some(Value::Object(map))
        }
        DeltaWhat::RemovedFolder { id } => Some(
            json!({ "@odata.type": "#microsoft.graph.mailFolder", "id": id, "@removed": { "reason": "deleted" } }),
        ),
        _ => None,
    }
}

fn page(asked: &Asked<'_>, kind: &str, value: Vec<Value>, next: &Next) -> Reply {
    // The token carries the query: the links hold nothing else.
    let address =
        |name: &str| format!("{}{}?${name}={}", asked.world.options.origin, asked.path, next.token.write());
    let mut answer = json!({
        "@odata.context": format!("{}/v1.0/$metadata#Collection({kind})", asked.world.options.origin),
        "value": value,
    });
    if next.more {
        answer["@odata.nextLink"] = json!(address("skiptoken"));
    } else {
        answer["@odata.deltaLink"] = json!(address("deltatoken"));
    }
    Reply::ok(answer)
}
