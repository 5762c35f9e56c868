//! Literals of a URL, and whether they fit a column.

use super::errors::{Answer, Fault};
use super::metadata::{Access, Column, Kind};
use super::store::Cell;
use jiff::Timestamp;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Id(Uuid),
    Time(Timestamp),
    Date(jiff::civil::Date),
}

/// Any point in time, for functions that take one.
pub static TIME: Column = Column { name: "", kind: Kind::Time, access: Access::Read };

/// Reads a literal as it stands in a filter; `None`: the word is none.
pub fn literal(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        _ => {}
    }
    if let Some(text) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(Literal::Text(text.replace("''", "'")));
    }
    if let Ok(id) = word.parse::<Uuid>() {
        return Some(Literal::Id(id));
    }
    let first = word.chars().next()?;
    if !(first.is_ascii_digit() || first == '-') {
        return None;
    }
    let number = word.parse().ok().map(Literal::Number);
    let date = || word.parse().ok().map(Literal::Date).filter(|_| !word.contains('T'));
    number.or_else(date).or_else(|| word.parse().ok().map(Literal::Time))
}

/// Reads a literal from text that stands alone, e.g. the value of a parameter.
pub fn text_literal(text: &str) -> Option<String> {
    match literal(text.trim())? {
        Literal::Text(text) => Some(text),
        Literal::Id(id) => Some(id.to_string()),
        Literal::Number(number) => Some(number.to_string()),
        Literal::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The literal as a value of the column, or a complaint about its type.
pub fn fit(value: &Literal, column: &Column) -> Answer<Option<Cell>> {
    let cell = match (value, &column.kind) {
        (Literal::Null, _) => return Ok(None),
        (Literal::Text(text), Kind::Text { .. }) => Cell::Text(text.clone()),
        (Literal::Number(number), Kind::Int { .. } | Kind::Choice(_)) if number.fract() == 0.0 => {
            Cell::Int(*number as i64)
        }
        (Literal::Number(number), Kind::Decimal) => Cell::Decimal(*number),
        (Literal::Bool(flag), Kind::Bool { .. }) => Cell::Bool(*flag),
        (Literal::Id(id), Kind::Id | Kind::Lookup { .. }) => Cell::Id(*id),
        (Literal::Text(text), Kind::Id | Kind::Lookup { .. }) => {
            Cell::Id(text.parse().map_err(|_| incompatible(value, column))?)
        }
        (Literal::Time(time), Kind::Time) => Cell::Time(*time),
        (Literal::Date(date), Kind::Time) => {
            let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| incompatible(value, column))?;
            Cell::Time(start.timestamp())
        }
        (Literal::Date(date), Kind::Date) => Cell::Date(*date),
        (Literal::Time(time), Kind::Date) => Cell::Date(time.to_zoned(jiff::tz::TimeZone::UTC).date()),
        _ => return Err(incompatible(value, column)),
    };
    Ok(Some(cell))
}

/// Query functions take every value as text.
pub fn loosely(value: &Literal, column: &Column) -> Answer<Option<Cell>> {
    if let (Literal::Text(text), false) = (value, matches!(column.kind, Kind::Text { .. })) {
        let inner = literal(text).ok_or_else(|| incompatible(value, column))?;
        return fit(&inner, column);
    }
    fit(value, column)
}

fn incompatible(value: &Literal, column: &Column) -> Fault {
    let right = match value {
        Literal::Null => "<null>",
        Literal::Bool(_) => "Edm.Boolean",
        Literal::Number(number) if number.fract() == 0.0 => "Edm.Int32",
        Literal::Number(_) => "Edm.Double",
        Literal::Text(_) => "Edm.String",
        Literal::Id(_) => "Edm.Guid",
        Literal::Time(_) => "Edm.DateTimeOffset",
        Literal::Date(_) => "Edm.Date",
    };
    let left = column.kind.edm();
    Fault::bad_query(format!(
        "A binary operator with incompatible types was detected. Found operand types '{left}' and '{right}' for \
         operator kind 'Equal'."
    ))
}
