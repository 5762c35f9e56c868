//! Putting records into queues: the action `AddToQueue`.
//!
//! A record stands in a queue at most once. Adding it again gives the item that is there, so that a repeated
//! request makes no second one; naming a source queue moves the item.

use super::asking::{Ask, reference};
use super::errors::{Answer, Fault};
use super::metadata::{Table, schema, table};
use super::reply::Reply;
use super::rights::Verb;
use super::store::{Cell, Link, Organization, Row};
use super::write;
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Performs an action that is bound to a row; `AddToQueue` is the only one there is.
pub fn perform(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    action: &str,
    body: &Map<String, Value>,
) -> Answer<Reply> {
    if of.logical != "queue" || action != "Microsoft.Dynamics.CRM.AddToQueue" {
        return Err(Fault::unknown_segment(action));
    }
    let item = add(org, ask, id, body)?;
    let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.AddToQueueResponse", ask.base);
    Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "QueueItemId": item})))
}

fn add(org: &mut Organization, ask: &Ask, queue: Uuid, body: &Map<String, Value>) -> Answer<Uuid> {
    let queues = table("queue");
    let destination = org.row("queue", queue).cloned().ok_or_else(|| Fault::missing_record(queues, queue))?;
    org.require(&ask.who, Verb::Read, queues, queue, &destination)?;
    org.require(&ask.who, Verb::AppendTo, queues, queue, &destination)?;
    let missing = || Fault::bad_payload(queues, "The parameter 'Target' of AddToQueue is missing.");
    let (of, id) = entity(org, body.get("Target").ok_or_else(missing)?)?;
    let (of, record) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    let record = record.clone();
    org.require(&ask.who, Verb::Read, of, id, &record)?;
    org.require(&ask.who, Verb::Append, of, id, &record)?;
    let link = Link::new(of.logical, id);
    if let Some(there) = item(org, queue, &link) {
        return Ok(there);
    }
    if let Some(source) = body.get("SourceQueue").filter(|source| !source.is_null()) {
        let (_, source) = entity(org, source)?;
        if let Some(old) = item(org, source, &link) {
            org.take("queueitem", old);
            write::note(org, ask, table("queueitem"), "delete", old, &[]);
        }
    }
    Ok(enter(org, ask, queue, link, &record))
}

/// The item that stands for the record in the queue.
fn item(org: &Organization, queue: Uuid, record: &Link) -> Option<Uuid> {
    let items = org.referring(table("queueitem"), "objectid", record.id);
    let mut here = items.filter(|(_, _, item)| item.link("queueid").is_some_and(|link| link.id == queue));
    here.next().map(|(_, id, _)| id)
}

fn enter(org: &mut Organization, ask: &Ask, queue: Uuid, record: Link, of: &Row) -> Uuid {
    let items = table("queueitem");
    let target = table(&record.table);
    let mut row = Row::default();
    row.set("queueid", Cell::Lookup(Link::new("queue", queue)));
    row.set("objecttypecode", Cell::Int(target.type_code));
    row.set("enteredon", Cell::Time(ask.now));
    for (column, from) in [("title", target.name), ("sender", "sender"), ("torecipients", "torecipients")] {
        if let Some(text) = of.text(from) {
            row.set(column, Cell::Text(text.chars().take(250).collect()));
        }
    }
    row.set("objectid", Cell::Lookup(record));
    let id = org.next_id();
    row.set(items.id, Cell::Id(id));
    write::stamp(org, ask, items, &mut row);
    org.put(items.logical, id, row);
    write::note(org, ask, items, "create", id, &["objectid", "queueid"]);
    id
}

/// The record that a parameter of an action names: by its type and key, or by its address.
fn entity(org: &Organization, value: &Value) -> Answer<(&'static Table, Uuid)> {
    let queues = table("queue");
    if let Some(address) = value["@odata.id"].as_str() {
        return reference(org, queues, address);
    }
    let untyped = || {
        Fault::bad_payload(
            queues,
            "A record in a parameter needs '@odata.type' (e.g. Microsoft.Dynamics.CRM.email) and its key.",
        )
    };
    let kind = value["@odata.type"].as_str().and_then(|kind| kind.rsplit('.').next());
    let of = kind.and_then(|kind| schema().by_name(kind)).ok_or_else(untyped)?;
    let id = value[of.id].as_str().and_then(|id| id.parse().ok()).ok_or_else(untyped)?;
    Ok((of, id))
}
