//! The body of a write, read against the table: each property known, of the right type and not too long.

use super::asking::{Hand, reference};
use super::errors::{Answer, Fault};
use super::metadata::{Access, Collection, Column, Kind, Table};
use super::store::{Cell, Organization};
use super::write::fitting;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value};

/// What a body wants to change.
#[derive(Debug)]
pub struct Changes<'a> {
    pub cells: Vec<(&'static Column, Option<Cell>)>,
    /// Rows nested in collections.
    pub nested: Vec<(&'static Collection, Vec<&'a Map<String, Value>>)>,
}

/// One column and its new value; `None` clears it.
#[derive(Debug)]
pub struct Change<'a> {
    pub column: &'static Column,
    pub cell: &'a Option<Cell>,
}

impl<'a> Changes<'a> {
    pub fn read(org: &Organization, of: &'static Table, body: &'a Map<String, Value>) -> Answer<Self> {
        let mut changes = Changes { cells: Vec::new(), nested: Vec::new() };
        for (name, value) in body {
            if let Some(navigation) = name.strip_suffix("@odata.bind") {
                changes.bind(org, of, navigation, value)?;
            } else if name.contains('@') {
                // Annotations of what was read are sent back by some clients.
            } else if let Some(collection) = of.collection(name) {
                changes.nest(of, collection, value)?;
            } else if let Some(column) = of.property(name) {
                let lookup = matches!(column.kind, Kind::Lookup { .. });
                if lookup {
                    // `_x_value` is for reading; Dataverse ignores it.
                    continue;
                }
                changes.cells.push((column, cell(of, column, value)?));
            } else if let (Some(navigation), Value::Null) = (of.navigation(name), value) {
                changes.cells.push((column_of(of, navigation.column), None));
            } else {
                return Err(Fault::unknown_column(of, name));
            }
        }
        Ok(changes)
    }

    fn bind(&mut self, org: &Organization, of: &'static Table, name: &str, value: &Value) -> Answer<()> {
        let navigation = of.navigation(name).ok_or_else(|| Fault::undeclared_navigation(of, name))?;
        let column = column_of(of, navigation.column);
        let cell = match value {
            Value::Null => None,
            Value::String(address) if address.is_empty() => None,
            Value::String(address) => {
                let (target, id) = reference(org, of, address)?;
                // An activity may be named by the view over all activities.
                let target = match target.logical {
                    "activitypointer" => org.find(target.logical, id).map_or(target, |(stored, _)| stored),
                    _ => target,
                };
                Some(Cell::Lookup(fitting(of, name, &navigation, target, id)?))
            }
            _ => {
                return Err(Fault::bad_payload(
                    of,
                    format!("The value of '{name}@odata.bind' must be a string."),
                ));
            }
        };
        self.cells.push((column, cell));
        Ok(())
    }

    fn nest(&mut self, of: &Table, collection: &'static Collection, value: &'a Value) -> Answer<()> {
        let wrong = || {
            Fault::bad_payload(of, format!("The value of '{}' must be an array of objects.", collection.name))
        };
        let items = value.as_array().ok_or_else(wrong)?;
        let items: Option<Vec<_>> = items.iter().map(Value::as_object).collect();
        self.nested.push((collection, items.ok_or_else(wrong)?));
        Ok(())
    }

    /// The changes that the hand may make at this point; the others are ignored, as in Dataverse.
    pub fn settable<'b>(&'b self, of: &'b Table, at: Access, hand: Hand) -> impl Iterator<Item = Change<'b>> {
        self.cells.iter().filter(move |(column, _)| column.name != of.id).filter_map(move |(column, cell)| {
            let settable = match column.access {
                Access::Write => true,
                Access::Create => at == Access::Create || hand == Hand::Platform,
                Access::Read => hand == Hand::Platform,
            };
            settable.then_some(Change { column, cell })
        })
    }
}

/// The table is static, so its columns are too.
fn column_of(of: &'static Table, column: &Column) -> &'static Column {
    of.column(column.name).expect("a navigation property leads from a column of its table")
}

/// A JSON value as a value of the column.
pub fn cell(of: &Table, column: &Column, value: &Value) -> Answer<Option<Cell>> {
    let wrong = || {
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Fault::bad_payload(
            of,
            format!("Cannot convert the literal '{shown}' to the expected type '{}'.", column.kind.edm()),
        )
    };
    let cell = match (&column.kind, value) {
        (_, Value::Null) => return Ok(None),
        (Kind::Text { max }, Value::String(text)) => {
            if text.encode_utf16().count() > *max {
                return Err(Fault::too_long(of, column.name, *max));
            }
            if text.is_empty() {
                return Ok(None);
            }
            Cell::Text(text.clone())
        }
        (Kind::Int { min, max }, value) => {
            let number = value.as_i64().ok_or_else(wrong)?;
            if !(*min..=*max).contains(&number) {
                let message = format!(
                    "A validation error occurred. The value of '{}' on record of type '{}' is outside the valid range.",
                    column.name, of.logical
                );
                return Err(Fault::new(http::StatusCode::BAD_REQUEST, "0x80044330", message));
            }
            Cell::Int(number)
        }
        (Kind::Choice(options), value) => {
            let number = value.as_i64().ok_or_else(wrong)?;
            if !options.is_empty() && !options.iter().any(|(option, _)| *option == number) {
                // A status that the table does not know is refused with its state.
                if column.name != "statuscode" && column.name != "statecode" {
                    let message = format!(
                        "A validation error occurred. The value {number} of '{}' on record of type '{}' is outside \
                         the valid range. Accepted Values: {}",
                        column.name,
                        of.logical,
                        options.iter().map(|(option, _)| option.to_string()).collect::<Vec<_>>().join(",")
                    );
                    return Err(Fault::new(http::StatusCode::BAD_REQUEST, "0x8004431a", message));
                }
            }
            Cell::Int(number)
        }
        (Kind::Decimal, value) => Cell::Decimal(value.as_f64().ok_or_else(wrong)?),
        (Kind::Bool { .. }, Value::Bool(flag)) => Cell::Bool(*flag),
        (Kind::Id, Value::String(text)) => {
            Cell::Id(text.trim_matches(['{', '}']).parse().map_err(|_| wrong())?)
        }
        (Kind::Time, Value::String(text)) => Cell::Time(time(text).ok_or_else(wrong)?),
        (Kind::Date, Value::String(text)) => Cell::Date(text.parse().map_err(|_| wrong())?),
        _ => return Err(wrong()),
    };
    Ok(Some(cell))
}

/// Reads a time, also a date alone, to whole seconds.
fn time(text: &str) -> Option<Timestamp> {
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let date = text.parse::<Date>().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    Timestamp::from_second(time.as_second()).ok()
}
