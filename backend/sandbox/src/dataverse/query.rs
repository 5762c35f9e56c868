//! Reading: lists with filter, order, paging and change tracking; single rows, properties and relationships.

use super::asking::Asking;
use super::errors::{Answer, Fault};
use super::filter;
use super::matching;
use super::metadata::{Table, table};
use super::reply::Reply;
use super::request::{LARGEST_PAGE, Options, Preferences, Segment};
use super::rights::Verb;
use super::shape::{self, View};
use super::store::{Cell, Organization, Row};
use http::{StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

type Found<'a> = (&'static Table, Uuid, &'a Row);

/// Orders rows by an `$orderby` text; equal rows keep the order of their keys.
pub fn sort(org: &Organization, rows: &mut [Found<'_>], order: &str, of: &'static Table) -> Answer<()> {
    let mut keys = Vec::new();
    for item in order.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (path, direction) = item.split_once(' ').unwrap_or((item, "asc"));
        let descending = match direction.trim() {
            "asc" => false,
            "desc" => true,
            other => return Err(Fault::bad_query(format!("Syntax error at '{other}' in '{order}'."))),
        };
        keys.push((filter::field(path, of)?, descending));
    }
    rows.sort_by(|left, right| {
        keys.iter()
            .map(|(field, descending)| {
                let a = matching::field_of(org, field, left.2);
                let b = matching::field_of(org, field, right.2);
                let order = matching::order_for_sorting(a.as_deref(), b.as_deref());
                if *descending { order.reverse() } else { order }
            })
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(())
}

/// The rows of a table that the caller may read and that meet the filter, in order.
fn readable<'a>(asking: &'a Asking<'_>, of: &'static Table, options: &Options) -> Answer<Vec<Found<'a>>> {
    let view = asking.view();
    asking.org.require_privilege(&asking.who, Verb::Read, of)?;
    let condition = match &options.filter {
        Some(text) => Some(filter::parse(text, of, &view.surroundings)?),
        None => None,
    };
    let org = asking.org;
    let mut rows: Vec<Found<'_>> = org
        .rows(of)
        .filter(|(stored, id, row)| org.may(&asking.who, Verb::Read, stored, *id, row))
        .filter(|(_, id, row)| {
            condition.as_ref().is_none_or(|c| matching::matches(org, &asking.who, c, *id, row))
        })
        .collect();
    if let Some(order) = &options.orderby {
        sort(org, &mut rows, order, of)?;
    }
    Ok(rows)
}

/// `GET /emails`.
pub fn list(asking: &Asking<'_>, of: &'static Table) -> Answer<Reply> {
    let (options, preferences) = (&asking.options, &asking.preferences);
    shape::check(of, &options.select, &options.expand)?;
    if options.deltatoken.is_some() || preferences.track_changes {
        return super::changes::list(asking, of);
    }
    let rows = readable(asking, of, options)?;
    Ok(answer(page(asking, of, rows, &format!("{}/{}", asking.base, of.set))?, preferences))
}

/// One page of rows, with a link to the next.
fn page(asking: &Asking<'_>, of: &'static Table, rows: Vec<Found<'_>>, address: &str) -> Answer<Value> {
    let (options, preferences) = (&asking.options, &asking.preferences);
    let total = rows.len();
    let size = preferences.page_size.unwrap_or(LARGEST_PAGE);
    let (number, start) = match &options.skiptoken {
        None => (1, 0),
        Some(token) => after_cookie(token, &rows, size)?,
    };
    let wanted = options.top.unwrap_or(usize::MAX).min(total.saturating_sub(start));
    let shown = wanted.min(size);
    let view = asking.view();
    let objects: Answer<Vec<Value>> = rows[start..start + shown]
        .iter()
        .map(|(_, id, row)| view.object(of, *id, row, &options.select, &options.expand).map(Value::Object))
        .collect();
    let selection = shape::selection(&options.select, &options.expand);
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#{}{selection}", asking.base, of.set),
        "value": objects?,
    });
    if options.count {
        body["@odata.count"] = json!(total.min(LARGEST_PAGE));
    }
    if preferences.annotations.wants("Microsoft.Dynamics.CRM.totalrecordcount") {
        let count = if options.count { json!(total.min(LARGEST_PAGE)) } else { json!(-1) };
        body["@Microsoft.Dynamics.CRM.totalrecordcount"] = count;
        body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] =
            json!(options.count && total > LARGEST_PAGE);
    }
    if shown < wanted && options.top.is_none() {
        let last = rows[start + shown - 1].1;
        let cookie = cookie(number + 1, of, last);
        let rest = options.without_skiptoken();
        let joint = if rest.is_empty() { "" } else { "&" };
        body["@odata.nextLink"] = json!(format!("{address}?{rest}{joint}$skiptoken={cookie}"));
    }
    Ok(body)
}

/// The cookie is XML inside XML, percent-encoded twice, as the real one is. Clients must not look inside.
fn cookie(number: usize, of: &Table, last: Uuid) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let id = of.id;
    let inner =
        format!("<cookie page=\"{}\"><{id} last=\"{{{last}}}\" first=\"{{{last}}}\" /></cookie>", number - 1);
    let outer = format!(
        "<cookie pagenumber=\"{number}\" pagingcookie=\"{}\" istracking=\"False\" />",
        encode(&encode(&inner))
    );
    encode(&outer)
}

/// Page number and first row that a cookie asks for. A row deleted meanwhile does not shift the page.
fn after_cookie(token: &str, rows: &[Found<'_>], size: usize) -> Answer<(usize, usize)> {
    let malformed =
        || Fault::new(StatusCode::BAD_REQUEST, "0x80040203", "Malformed XML in the Paging Cookie");
    let between = |text: &str, before: &str, after: &str| -> Option<String> {
        let (_, rest) = text.split_once(before)?;
        rest.split_once(after).map(|(value, _)| value.to_owned())
    };
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let number: usize = between(token, "pagenumber=\"", "\"")
        .and_then(|text| text.parse().ok())
        .filter(|n| *n > 1)
        .ok_or_else(malformed)?;
    let inner =
        between(token, "pagingcookie=\"", "\"").map(|text| decode(&decode(&text))).ok_or_else(malformed)?;
    let last: Uuid =
        between(&inner, "last=\"{", "}").and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
    let start = match rows.iter().position(|(_, id, _)| *id == last) {
        Some(at) => at + 1,
        None => ((number - 1) * size).min(rows.len()),
    };
    Ok((number, start))
}

/// `GET /emails/$count`.
pub fn count(asking: &Asking<'_>, of: &'static Table) -> Answer<Reply> {
    if asking.options.deltatoken.is_some() {
        return super::changes::count(asking, of);
    }
    let rows = readable(asking, of, &asking.options)?;
    Ok(Reply::text(rows.len().min(LARGEST_PAGE).to_string()))
}

fn answer(body: Value, preferences: &Preferences) -> Reply {
    let reply = Reply::json(StatusCode::OK, &body);
    if preferences.applied.is_empty() {
        return reply;
    }
    reply.with_header(http::HeaderName::from_static("preference-applied"), &preferences.applied.join(","))
}

/// A row that exists and that the caller may read.
pub fn readable_row<'a>(
    asking: &'a Asking<'_>,
    of: &'static Table,
    id: Uuid,
) -> Answer<(&'static Table, &'a Row)> {
    asking.org.require_privilege(&asking.who, Verb::Read, of)?;
    let (stored, row) = asking.org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    asking.org.require(&asking.who, Verb::Read, stored, id, row)?;
    Ok((stored, row))
}

/// `GET /emails(…)`.
pub fn single(asking: &Asking<'_>, of: &'static Table, id: Uuid) -> Answer<Reply> {
    let (options, preferences) = (&asking.options, &asking.preferences);
    shape::check(of, &options.select, &options.expand)?;
    let (_, row) = readable_row(asking, of, id)?;
    let plain = options.expand.is_empty() && !preferences.annotations.any();
    if plain && asking.header("if-none-match").is_some_and(|etag| etag == row.etag()) {
        return Ok(Reply::empty(StatusCode::NOT_MODIFIED).with_header(header::ETAG, &row.etag()));
    }
    let body = entity(asking, of, id, row)?;
    Ok(answer(body, preferences).with_header(header::ETAG, &row.etag()))
}

/// One row with its context.
pub fn entity(asking: &Asking<'_>, of: &'static Table, id: Uuid, row: &Row) -> Answer<Value> {
    let options = &asking.options;
    let mut object = asking.view().object(of, id, row, &options.select, &options.expand)?;
    let selection = shape::selection(&options.select, &options.expand);
    let context = format!("{}/$metadata#{}{selection}/$entity", asking.base, of.set);
    object.insert("@odata.context".to_owned(), json!(context));
    Ok(Value::Object(object))
}

/// `GET /emails(…)/subject`, `…/regardingobjectid_account_email`, `…/email_activity_parties`, with `/$value`,
/// `/$ref` or `/$count` behind.
pub fn property(asking: &Asking<'_>, of: &'static Table, id: Uuid, rest: &[Segment]) -> Answer<Reply> {
    let (_, row) = readable_row(asking, of, id)?;
    let name = rest[0].name.as_str();
    let suffix = rest.get(1).map(|segment| segment.name.as_str());
    if let Some(column) = of.property(name) {
        return scalar(asking, of, id, row.cells.get(column.name), name, suffix);
    }
    if let Some(navigation) = of.navigation(name) {
        let link = row.link(navigation.column.name);
        let link = link.filter(|link| navigation.tables.iter().any(|target| target.table == link.table));
        let Some(link) = link else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
        let target = table(&link.table);
        if suffix == Some("$ref") {
            let context = format!("{}/$metadata#$ref", asking.base);
            let address = format!("{}/{}({})", asking.base, target.set, link.id);
            return Ok(Reply::json(
                StatusCode::OK,
                &json!({"@odata.context": context, "@odata.id": address}),
            ));
        }
        return single(asking, target, link.id);
    }
    if of.collection(name).is_some() {
        return relationship(asking, of, id, name, suffix);
    }
    Err(Fault::unknown_segment(name))
}

fn scalar(
    asking: &Asking<'_>,
    of: &Table,
    id: Uuid,
    cell: Option<&Cell>,
    name: &str,
    suffix: Option<&str>,
) -> Answer<Reply> {
    let Some(cell) = cell else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    let value = shape::plain(cell);
    match suffix {
        None => {
            let context = format!("{}/$metadata#{}({id})/{name}", asking.base, of.set);
            Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "value": value})))
        }
        Some("$value") => Ok(Reply::text(value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
        Some(other) => Err(Fault::unknown_segment(other)),
    }
}

fn relationship(
    asking: &Asking<'_>,
    of: &'static Table,
    id: Uuid,
    name: &str,
    suffix: Option<&str>,
) -> Answer<Reply> {
    let view: View<'_> = asking.view();
    let options = &asking.options;
    let mut rows = view.related(of, id, name)?;
    let target = of.collection(name).map_or(of, |collection| table(collection.table));
    shape::check(target, &options.select, &options.expand)?;
    if let Some(text) = &options.filter {
        let condition = filter::parse(text, target, &view.surroundings)?;
        rows.retain(|(_, id, row)| matching::matches(asking.org, &asking.who, &condition, *id, row));
    }
    if let Some(order) = &options.orderby {
        sort(asking.org, &mut rows, order, target)?;
    }
    match suffix {
        Some("$count") => Ok(Reply::text(rows.len().to_string())),
        Some("$ref") => {
            let links: Vec<Value> = rows
                .iter()
                .map(|(_, id, _)| json!({"@odata.id": format!("{}/{}({id})", asking.base, target.set)}))
                .collect();
            let context = format!("{}/$metadata#Collection($ref)", asking.base);
            Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "value": links})))
        }
        Some(other) => Err(Fault::unknown_segment(other)),
        None => {
            let address = format!("{}/{}({id})/{name}", asking.base, of.set);
            Ok(answer(page(asking, target, rows, &address)?, &asking.preferences))
        }
    }
}
