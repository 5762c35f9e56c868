//! Writing rows: create, update, upsert's preconditions, delete with its cascades, links between rows.
//!
//! Everything here works on a draft of the organization (see `store`), so a function may fail halfway. The
//! regarding record may also be changed on an email that is completed: the product must be able to *change
//! regarding* of tracked mail, and the platform lets it.

use super::asking::{Ask, Hand};
use super::errors::{Answer, Fault};
use super::metadata::{Collection, Column, Kind, Navigation, OnDelete, Ownership, Table, schema, table};
use super::rights::Verb;
use super::store::{Cell, Link, Organization, Row};
use super::values::{Change, Changes};
use super::{attachments, parties, seed, settings};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::PoisonError;
use uuid::Uuid;

/// Tables whose rows come into being with others.
const NOT_CREATED: [&str; 4] = ["activitypointer", "activityparty", "organization", "usersettings"];
/// Tables whose rows go only with others.
const NOT_DELETED: [&str; 2] = ["organization", "usersettings"];

/// Creates a row and what is nested in it.
pub fn create(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    key: Option<Uuid>,
    body: &Map<String, Value>,
) -> Answer<Uuid> {
    create_below(org, ask, of, key, body, None)
}

/// The same, with the lookup to the row in which this one is nested.
fn create_below(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    key: Option<Uuid>,
    body: &Map<String, Value>,
    above: Option<(&'static str, Link)>,
) -> Answer<Uuid> {
    if NOT_CREATED.contains(&of.logical) {
        return Err(Fault::unsupported("Create", of));
    }
    let verb = if of.ownership == Ownership::Parent { Verb::Write } else { Verb::Create };
    org.require_privilege(&ask.who, verb, of)?;
    let changes = Changes::read(org, of, body)?;
    let named =
        changes.cells.iter().find(|(column, _)| column.name == of.id).and_then(|(_, cell)| match cell {
            Some(Cell::Id(id)) => Some(*id),
            _ => None,
        });
    let id = match key.or(named) {
        Some(id) if org.row(of.logical, id).is_some() => return Err(Fault::duplicate_key()),
        Some(id) => id,
        None => org.next_id(),
    };
    let mut row = Row::default();
    let mut names = BTreeSet::new();
    for Change { column, cell } in changes.settable(of, super::metadata::Access::Create, ask.hand) {
        // A client's new row always has the first state; a status has to fit it.
        if column.name == "statecode" && ask.hand == Hand::Client {
            continue;
        }
        names.insert(column.name);
        if let Some(cell) = cell {
            row.set(column.name, cell.clone());
        }
    }
    row.set(of.id, Cell::Id(id));
    if let Some((column, link)) = above {
        row.set(column, Cell::Lookup(link));
    }
    complete(org, ask, of, id, &mut row)?;
    for (name, cell) in &row.cells {
        if let (Cell::Lookup(link), true) = (cell, names.contains(name.as_str())) {
            require_link(org, ask, of, name, link)?;
        }
    }
    if of.ownership == Ownership::Parent && org.parent_of(of, &row).is_none() {
        let (logical, parent) = (of.logical, of.parent);
        return Err(Fault::invalid(format!(
            "The '{parent}' of the new {logical} is missing or does not exist."
        )));
    }
    org.require(&ask.who, verb, of, id, &row)?;
    if ask.hand == Hand::Client {
        let mut obstacles = org.obstacles.lock().unwrap_or_else(PoisonError::into_inner);
        obstacles.meet(ask.seq, of, &row)?;
    }
    org.put(of.logical, id, row);
    follow(org, ask, of, id);
    nested(org, ask, of, id, &changes)?;
    parties::settle(org, of, id);
    note(org, ask, of, "create", id, &names.into_iter().collect::<Vec<_>>());
    Ok(id)
}

/// What comes with a new row: a user has settings, an activity counts its attachments.
fn follow(org: &mut Organization, ask: &Ask, of: &Table, id: Uuid) {
    match of.logical {
        "systemuser" => {
            let unit =
                org.row("systemuser", id).and_then(|row| row.link("businessunitid")).map(|link| link.id);
            let number = org.count("usersettings") as i64 + 1;
            let mut settings = seed::user_settings(id, unit, number);
            stamp(org, ask, table("usersettings"), &mut settings);
            org.put("usersettings", id, settings);
        }
        attachments::TABLE => {
            if let Some(row) = org.row(of.logical, id).cloned() {
                attachments::count(org, &row);
            }
        }
        _ => {}
    }
}

/// Fills in what the platform sets by itself.
fn complete(org: &Organization, ask: &Ask, of: &'static Table, id: Uuid, row: &mut Row) -> Answer<()> {
    if !of.states.is_empty() {
        let state = row.int("statecode").unwrap_or(0);
        let status = row.int("statuscode").or_else(|| of.default_status(state)).unwrap_or(1);
        require_status(of, state, status, id)?;
        row.set("statecode", Cell::Int(state));
        row.set("statuscode", Cell::Int(status));
    }
    if of.is_activity {
        row.set("activitytypecode", Cell::Text(of.logical.to_owned()));
        row.set("isregularactivity", Cell::Bool(true));
        row.default_to("prioritycode", Cell::Int(1));
    }
    if of.logical == "email" {
        row.default_to("directioncode", Cell::Bool(true));
        row.default_to("correlationmethod", Cell::Int(0));
        row.set("attachmentcount", Cell::Int(0));
    }
    match of.logical {
        "queue" => row.default_to("incomingemailfilteringmethod", Cell::Int(0)),
        attachments::TABLE => attachments::settle(org, row)?,
        _ => {}
    }
    stamp(org, ask, of, row);
    Ok(())
}

/// Who made a new row, and when; its owner, where none was named.
pub fn stamp(org: &Organization, ask: &Ask, of: &Table, row: &mut Row) {
    let user = ask.who.effective.user;
    row.default_to("createdon", Cell::Time(ask.now));
    row.default_to("createdby", Cell::Lookup(Link::new("systemuser", user)));
    if let Some(sender) = &ask.who.sender {
        row.set("createdonbehalfby", Cell::Lookup(Link::new("systemuser", sender.user)));
    }
    if of.ownership == Ownership::User {
        row.default_to("ownerid", Cell::Lookup(Link::new("systemuser", user)));
    }
    if !of.states.is_empty() {
        row.default_to("statecode", Cell::Int(0));
        row.default_to("statuscode", Cell::Int(of.default_status(0).unwrap_or(1)));
    }
    touch(org, ask, of, row);
}

/// What changes with every write: computed names, owner columns, who and when.
fn touch(org: &Organization, ask: &Ask, of: &Table, row: &mut Row) {
    row.set("modifiedon", Cell::Time(ask.now));
    row.set("modifiedby", Cell::Lookup(Link::new("systemuser", ask.who.effective.user)));
    if let Some(sender) = &ask.who.sender {
        row.set("modifiedonbehalfby", Cell::Lookup(Link::new("systemuser", sender.user)));
    }
    finish(org, of, row);
}

/// Columns that follow from others.
pub fn finish(org: &Organization, of: &Table, row: &mut Row) {
    if matches!(of.logical, "contact" | "lead") {
        let names =
            ["firstname", "middlename", "lastname"].map(|name| row.text(name).unwrap_or_default().to_owned());
        let full = names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        row.set("fullname", Cell::Text(full));
    }
    if let Some(owner) = row.link("ownerid").cloned() {
        let unit = org.row(&owner.table, owner.id).and_then(|row| row.link("businessunitid")).cloned();
        row.cells.remove("owninguser");
        row.cells.remove("owningteam");
        row.set(if owner.table == "team" { "owningteam" } else { "owninguser" }, Cell::Lookup(owner));
        if let Some(unit) = unit {
            row.set("owningbusinessunit", Cell::Lookup(unit));
        }
    }
}

/// Attaching a row to another takes the other's existence, `Append` here and `AppendTo` there.
fn require_link(org: &Organization, ask: &Ask, of: &Table, column: &str, link: &Link) -> Answer<()> {
    let target = table(&link.table);
    let (stored, row) =
        org.find(&link.table, link.id).ok_or_else(|| Fault::missing_record(target, link.id))?;
    let owners = ["ownerid", "owninguser", "businessunitid"];
    if stored.ownership == Ownership::Parent || owners.contains(&column) || of.ownership != Ownership::User {
        return Ok(());
    }
    org.require_privilege(&ask.who, Verb::Append, of)?;
    org.require(&ask.who, Verb::AppendTo, stored, link.id, row)
}

fn require_status(of: &Table, state: i64, status: i64, id: Uuid) -> Answer<()> {
    let known = of.statuses.iter().any(|pair| pair.state == state && pair.value == status);
    if known || of.statuses.is_empty() { Ok(()) } else { Err(Fault::wrong_status(of, status, state, id)) }
}

/// Creates or replaces the rows nested in a body.
fn nested(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    changes: &Changes<'_>,
) -> Answer<()> {
    for (collection, items) in &changes.nested {
        if collection.table == "activityparty" {
            parties::replace(org, of, id, items)?;
            continue;
        }
        let target = table(collection.table);
        for item in items {
            if target.ownership == Ownership::Parent {
                let above = (collection.column, Link::new(of.logical, id));
                create_below(org, ask, target, None, item, Some(above))?;
                continue;
            }
            let child = create(org, ask, target, None, item)?;
            point(org, ask, collection, child, Some(Link::new(of.logical, id)))?;
        }
    }
    Ok(())
}

/// Sets or clears the lookup of a child row.
fn point(
    org: &mut Organization,
    ask: &Ask,
    collection: &Collection,
    child: Uuid,
    to: Option<Link>,
) -> Answer<()> {
    let of = table(collection.table);
    let mut row = org.row(of.logical, child).cloned().ok_or_else(|| Fault::missing_record(of, child))?;
    org.require(&ask.who, Verb::Append, of, child, &row)?;
    match to {
        Some(link) => row.set(collection.column, Cell::Lookup(link)),
        None => {
            row.cells.remove(collection.column);
        }
    }
    touch(org, ask, of, &mut row);
    org.put(of.logical, child, row);
    note(org, ask, of, "update", child, &[collection.column]);
    Ok(())
}

/// Changes columns of a row that exists.
pub fn update(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    body: &Map<String, Value>,
) -> Answer<()> {
    let changes = Changes::read(org, of, body)?;
    let Some((of, old)) = org.find(of.logical, id) else { return Err(Fault::missing_record(of, id)) };
    let old = old.clone();
    org.require(&ask.who, Verb::Write, of, id, &old)?;
    let mut row = old.clone();
    let mut names = BTreeSet::new();
    for Change { column, cell } in changes.settable(of, super::metadata::Access::Write, ask.hand) {
        names.insert(column.name);
        match cell {
            Some(cell) => row.set(column.name, cell.clone()),
            None => {
                row.cells.remove(column.name);
            }
        }
    }
    set_state(of, id, &old, &mut row, &names)?;
    if names.contains("orgdborgsettings") {
        settings::check(row.text("orgdborgsettings").unwrap_or_default())?;
    }
    if of.logical == attachments::TABLE {
        attachments::settle(org, &mut row)?;
    }
    if names.contains("ownerid") {
        if row.link("ownerid").is_none() {
            return Err(Fault::invalid("The owner of a row cannot be cleared."));
        }
        org.require(&ask.who, Verb::Assign, of, id, &old)?;
    }
    for name in &names {
        if let Some(link) = row.link(name) {
            require_link(org, ask, of, name, link)?;
        }
    }
    touch(org, ask, of, &mut row);
    org.put(of.logical, id, row);
    nested(org, ask, of, id, &changes)?;
    parties::settle(org, of, id);
    let mut names: Vec<&str> = names.into_iter().collect();
    names.extend(changes.nested.iter().map(|(collection, _)| collection.name));
    note(org, ask, of, "update", id, &names);
    Ok(())
}

/// State and status go together: a state alone takes its first status, a status alone must fit the state.
fn set_state(of: &Table, id: Uuid, old: &Row, row: &mut Row, names: &BTreeSet<&str>) -> Answer<()> {
    if !names.contains("statecode") && !names.contains("statuscode") {
        return Ok(());
    }
    let state = row.int("statecode").or_else(|| old.int("statecode")).unwrap_or(0);
    if !of.states.iter().any(|(known, _)| *known == state) {
        return Err(Fault::invalid(format!(
            "{state} is not a valid state code on {} with Id {id}.",
            of.logical
        )));
    }
    let status = match row.int("statuscode").filter(|_| names.contains("statuscode")) {
        Some(status) => status,
        None => of.default_status(state).unwrap_or(1),
    };
    require_status(of, state, status, id)?;
    row.set("statecode", Cell::Int(state));
    row.set("statuscode", Cell::Int(status));
    Ok(())
}

/// Deletes a row and what hangs on it.
pub fn delete(org: &mut Organization, ask: &Ask, of: &'static Table, id: Uuid) -> Answer<()> {
    if NOT_DELETED.contains(&of.logical) {
        return Err(Fault::unsupported("Delete", of));
    }
    let (of, row) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    org.require(&ask.who, Verb::Delete, of, id, row)?;
    remove(org, ask, of, id);
    Ok(())
}

fn remove(org: &mut Organization, ask: &Ask, of: &'static Table, id: Uuid) {
    let Some(row) = org.take(of.logical, id) else { return };
    match of.logical {
        attachments::TABLE => attachments::count(org, &row),
        "systemuser" => drop(org.take("usersettings", id)),
        _ => {}
    }
    if of.ownership != Ownership::Parent {
        note(org, ask, of, "delete", id, &[]);
    }
    for other in schema().tables().iter().filter(|other| other.logical != "activitypointer") {
        for column in &other.columns {
            let Kind::Lookup { targets, on_delete } = &column.kind else { continue };
            if !targets.iter().any(|target| target.table == of.logical) {
                continue;
            }
            let hanging: Vec<Uuid> = org.referring(other, column.name, id).map(|(_, id, _)| id).collect();
            for child in hanging {
                match on_delete {
                    OnDelete::Cascade => remove(org, ask, other, child),
                    OnDelete::RemoveLink => unlink(org, other, column, child),
                }
            }
        }
    }
}

fn unlink(org: &mut Organization, of: &Table, column: &Column, id: Uuid) {
    if let Some(mut row) = org.row(of.logical, id).cloned() {
        row.cells.remove(column.name);
        org.put(of.logical, id, row);
    }
}

/// `PUT …/nav/$ref`, `POST …/collection/$ref`: links two rows that exist.
pub fn associate(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    name: &str,
    body: &Map<String, Value>,
) -> Answer<()> {
    let address = body.get("@odata.id").and_then(Value::as_str);
    let address =
        address.ok_or_else(|| Fault::bad_payload(of, "The '@odata.id' of the record to link is missing."))?;
    let (target, other) = super::asking::reference(org, of, address)?;
    if let Some(navigation) = of.navigation(name) {
        let link = fitting(of, name, &navigation, target, other)?;
        let body = json!({format!("{name}@odata.bind"): format!("/{}({})", target.set, link.id)});
        return update(org, ask, of, id, body.as_object().unwrap_or(&Map::new()));
    }
    let collection = of.collection(name).ok_or_else(|| Fault::unknown_segment(name))?;
    if collection.table != target.logical || collection.column.is_empty() {
        return Err(Fault::bad_payload(
            of,
            format!("The property '{name}' does not hold records of type '{}'.", target.logical),
        ));
    }
    let (stored, row) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    org.require(&ask.who, Verb::AppendTo, stored, id, row)?;
    point(org, ask, collection, other, Some(Link::new(of.logical, id)))
}

/// `DELETE …/nav/$ref`, `DELETE …/collection(id)/$ref`.
pub fn disassociate(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    id: Uuid,
    name: &str,
    member: Option<Uuid>,
) -> Answer<()> {
    if let Some(navigation) = of.navigation(name) {
        let column = navigation.column.name;
        let row =
            org.find(of.logical, id).map(|(_, row)| row).ok_or_else(|| Fault::missing_record(of, id))?;
        if row.link(column).is_none() {
            return Ok(());
        }
        let body = json!({format!("{name}@odata.bind"): null});
        return update(org, ask, of, id, body.as_object().unwrap_or(&Map::new()));
    }
    let collection = of.collection(name).ok_or_else(|| Fault::unknown_segment(name))?;
    match member {
        Some(child) => point(org, ask, collection, child, None),
        None => Err(Fault::bad_query(format!("Name the record to take out: {name}(id)/$ref."))),
    }
}

/// The link, if the navigation property may lead to that table.
pub fn fitting(
    of: &Table,
    name: &str,
    navigation: &Navigation<'_>,
    target: &Table,
    id: Uuid,
) -> Answer<Link> {
    if navigation.tables.iter().any(|known| known.table == target.logical) {
        return Ok(Link::new(target.logical, id));
    }
    let expected = navigation.tables.first().map_or("", |known| known.table);
    Err(Fault::bad_payload(
        of,
        format!(
            "The entity reference of '{name}' is of type 'Microsoft.Dynamics.CRM.{}', which is not compatible with \
             'Microsoft.Dynamics.CRM.{expected}'.",
            target.logical
        ),
    ))
}

/// Tells the journal: the kind, the row, and the names of what changed; never a value of mail.
pub fn note(org: &mut Organization, ask: &Ask, of: &Table, what: &str, id: Uuid, columns: &[&str]) {
    let kind = format!("{}.{what}", of.logical);
    org.note(ask.seq, kind, id, json!({"set": of.set, "columns": columns, "user": ask.who.effective.user}));
}
