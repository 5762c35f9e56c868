//! A row as JSON: selected columns, expanded rows, and the annotations that the client asked for.

use super::errors::{Answer, Fault};
use super::filter::{self, Surroundings};
use super::matching;
use super::metadata::{Column, Kind, Navigation, Table, schema, table};
use super::request::{Annotations, Expand};
use super::rights::{Principal, Verb};
use super::store::{Cell, Link, Organization, Row};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOOKUP_TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

/// What it takes to show a row.
#[derive(Debug, Clone)]
pub struct View<'a> {
    pub org: &'a Organization,
    pub who: &'a Principal,
    pub annotations: &'a Annotations,
    pub surroundings: Surroundings<'a>,
}

/// Complains about names in `$select` and `$expand` that the table does not have.
pub fn check(of: &'static Table, select: &[String], expand: &[Expand]) -> Answer<()> {
    for name in select.iter().filter(|name| *name != "*") {
        if of.property(name).is_none() {
            return Err(Fault::unknown_property(of, name));
        }
    }
    for expand in expand {
        match destination(of, &expand.navigation) {
            Some(target) => check(target, &expand.select, &expand.inner)?,
            None => return Err(Fault::unknown_property(of, &expand.navigation)),
        }
    }
    Ok(())
}

/// The table that a navigation property leads to.
fn destination(of: &'static Table, navigation: &str) -> Option<&'static Table> {
    let single = of.navigation(navigation).and_then(|found| found.tables.first()).map(|target| target.table);
    let name = single.or_else(|| of.collection(navigation).map(|collection| collection.table))?;
    schema().by_name(name)
}

/// The part of `@odata.context` in parentheses.
pub fn selection(select: &[String], expand: &[Expand]) -> String {
    let mut names: Vec<String> = select.to_vec();
    for item in expand {
        names.push(format!("{}({})", item.navigation, item.select.join(",")));
    }
    if names.is_empty() { String::new() } else { format!("({})", names.join(",")) }
}

impl View<'_> {
    /// The row as an object, without `@odata.context`.
    pub fn object(
        &self,
        of: &'static Table,
        id: Uuid,
        row: &Row,
        select: &[String],
        expand: &[Expand],
    ) -> Answer<Map<String, Value>> {
        let mut object = Map::new();
        object.insert("@odata.etag".to_owned(), json!(row.etag()));
        let everything = select.is_empty() || select.iter().any(|name| name == "*");
        for column in &of.columns {
            let property = property_name(column);
            if everything || column.name == of.id || select.contains(&property) {
                self.insert(&mut object, of, column, row.cells.get(column.name));
            }
        }
        for item in expand {
            let value = self.expanded(of, id, row, item)?;
            object.insert(item.navigation.clone(), value);
        }
        Ok(object)
    }

    fn insert(&self, object: &mut Map<String, Value>, of: &Table, column: &Column, cell: Option<&Cell>) {
        let property = property_name(column);
        if let Some(cell) = cell {
            if self.annotations.wants(FORMATTED)
                && let Some(text) = self.formatted(column, cell)
            {
                object.insert(format!("{property}@{FORMATTED}"), json!(text));
            }
            if let Cell::Lookup(link) = cell {
                if self.annotations.wants(LOOKUP_TABLE) {
                    object.insert(format!("{property}@{LOOKUP_TABLE}"), json!(link.table));
                }
                if self.annotations.wants(NAVIGATION)
                    && let Some(name) = navigation_of(of, column, &link.table)
                {
                    object.insert(format!("{property}@{NAVIGATION}"), json!(name));
                }
            }
        }
        object.insert(property, cell.map_or(Value::Null, plain));
    }

    fn expanded(&self, of: &'static Table, id: Uuid, row: &Row, expand: &Expand) -> Answer<Value> {
        if let Some(navigation) = of.navigation(&expand.navigation) {
            return self.single(&navigation, row, expand);
        }
        let rows = self.related(of, id, &expand.navigation)?;
        let target = destination(of, &expand.navigation)
            .ok_or_else(|| Fault::unknown_property(of, &expand.navigation))?;
        let condition = match &expand.filter {
            Some(text) => Some(filter::parse(text, target, &self.surroundings)?),
            None => None,
        };
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, id, row)| {
                condition.as_ref().is_none_or(|c| matching::matches(self.org, self.who, c, *id, row))
            })
            .collect();
        if let Some(order) = &expand.orderby {
            super::query::sort(self.org, &mut rows, order, target)?;
        }
        rows.truncate(expand.top.unwrap_or(usize::MAX));
        let objects: Answer<Vec<Value>> = rows
            .into_iter()
            .map(|(_, id, row)| {
                self.object(target, id, row, &expand.select, &expand.inner).map(Value::Object)
            })
            .collect();
        objects.map(Value::Array)
    }

    fn single(&self, navigation: &Navigation<'_>, row: &Row, expand: &Expand) -> Answer<Value> {
        let link = row.link(navigation.column.name);
        let link = link.filter(|link| navigation.tables.iter().any(|target| target.table == link.table));
        let found = link.and_then(|link| self.org.find(&link.table, link.id).map(|found| (found, link.id)));
        match found {
            Some(((stored, row), id)) if self.org.may(self.who, Verb::Read, stored, id, row) => {
                self.object(stored, id, row, &expand.select, &expand.inner).map(Value::Object)
            }
            _ => Ok(Value::Null),
        }
    }

    /// The rows of a collection that the caller may read.
    pub fn related(
        &self,
        of: &'static Table,
        id: Uuid,
        name: &str,
    ) -> Answer<Vec<(&'static Table, Uuid, &Row)>> {
        let collection = of.collection(name).ok_or_else(|| Fault::unknown_property(of, name))?;
        if collection.column.is_empty() {
            // The one many-to-many relationship there is: users and their roles.
            let roles = self.org.assignments.get(&id).into_iter().flatten();
            let role = table("role");
            return Ok(roles
                .filter_map(|id| self.org.row("role", *id).map(|row| (role, *id, row)))
                .collect());
        }
        let mut rows: Vec<_> = self
            .org
            .referring(table(collection.table), collection.column, id)
            .filter(|(stored, id, row)| self.org.may(self.who, Verb::Read, stored, *id, row))
            .collect();
        if collection.table == "activityparty" {
            rows.sort_by_key(|(_, _, row)| row.version);
        }
        Ok(rows)
    }

    fn formatted(&self, column: &Column, cell: &Cell) -> Option<String> {
        match (cell, &column.kind) {
            (Cell::Int(value), Kind::Choice(options)) => {
                options.iter().find(|(option, _)| option == value).map(|(_, label)| (*label).to_owned())
            }
            (Cell::Int(value), _) => Some(grouped(*value)),
            (Cell::Bool(value), Kind::Bool { no, yes }) => Some((*if *value { yes } else { no }).to_owned()),
            (Cell::Decimal(value), _) => {
                let cents = (value * 100.0).round() as i64;
                Some(format!("€{}.{:02}", grouped(cents / 100), (cents % 100).abs()))
            }
            (Cell::Time(time), _) => {
                Some(time.to_zoned(TimeZone::UTC).strftime("%-m/%-d/%Y %-I:%M %p").to_string())
            }
            (Cell::Date(date), _) => Some(date.strftime("%-m/%-d/%Y").to_string()),
            (Cell::Lookup(link), _) => self.org.name_of(link).map(str::to_owned),
            _ => None,
        }
    }
}

fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

fn navigation_of<'a>(of: &Table, column: &'a Column, target: &str) -> Option<&'a str> {
    let Kind::Lookup { targets, .. } = &column.kind else { return None };
    let known = targets.iter().find(|known| known.table == target)?;
    let suffixed = known.navigation.iter().find(|name| name.ends_with(&format!("_{}", of.logical)));
    suffixed
        .or(known.navigation.first())
        .map(String::as_str)
        .map(|name| if column.name == "ownerid" { "ownerid" } else { name })
}

/// What the Web API calls a column: lookups are `_name_value`.
pub fn property_name(column: &Column) -> String {
    match column.kind {
        Kind::Lookup { .. } => format!("_{}_value", column.name),
        _ => column.name.to_owned(),
    }
}

/// The value on the wire.
pub fn plain(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Int(value) => json!(value),
        Cell::Decimal(value) => json!(value),
        Cell::Bool(value) => json!(value),
        Cell::Time(time) => json!(written(*time)),
        Cell::Date(date) => json!(date.to_string()),
        Cell::Id(id) | Cell::Lookup(Link { id, .. }) => json!(id),
    }
}

/// A time as Dataverse writes it: whole seconds, UTC.
pub fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
