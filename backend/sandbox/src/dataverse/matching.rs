//! Whether a row meets a condition, and which of two rows comes first.
//!
//! Text is compared without regard to case, as SQL Server's usual collation does. `ne` holds for null, as it
//! does in Dataverse.

use super::filter::{Comparison, Condition, Field, Operand, Quantifier, TextTest};
use super::metadata::table;
use super::rights::{Principal, Verb};
use super::store::{Cell, Organization, Row};
use std::borrow::Cow;
use std::cmp::Ordering;
use uuid::Uuid;

/// The rows around one place of a condition: the row itself, then those of the lambdas.
type Rows<'a> = Vec<(Uuid, &'a Row)>;

/// Whether the row meets the condition. Rows that `who` may not read count as absent in lambdas.
pub fn matches(org: &Organization, who: &Principal, condition: &Condition, id: Uuid, row: &Row) -> bool {
    test(org, who, condition, &mut vec![(id, row)])
}

fn test<'a>(org: &'a Organization, who: &Principal, condition: &Condition, rows: &mut Rows<'a>) -> bool {
    match condition {
        Condition::And(left, right) => test(org, who, left, rows) && test(org, who, right, rows),
        Condition::Or(left, right) => test(org, who, left, rows) || test(org, who, right, rows),
        Condition::Not(inner) => !test(org, who, inner, rows),
        Condition::Compare(left, comparison, right) => {
            let (left, right) = (value(org, left, rows), value(org, right, rows));
            compare(left.as_deref(), *comparison, right.as_deref())
        }
        Condition::Text(kind, field, needle) => {
            let found = cell(org, field, rows);
            let Some(Cell::Text(text)) = found.as_deref() else { return false };
            let text = text.to_lowercase();
            match kind {
                TextTest::Contains => text.contains(needle),
                TextTest::StartsWith => text.starts_with(needle),
                TextTest::EndsWith => text.ends_with(needle),
            }
        }
        Condition::In(field, values) => {
            let found = cell(org, field, rows);
            values.iter().any(|value| compare(found.as_deref(), Comparison::Equal, Some(value)))
        }
        Condition::AnyText(field, texts) => match cell(org, field, rows).as_deref() {
            Some(Cell::Text(text)) => texts.contains(&text.to_lowercase()),
            _ => false,
        },
        Condition::Between(field, from, to) => match cell(org, field, rows).as_deref() {
            Some(Cell::Time(time)) => from <= time && time < to,
            _ => false,
        },
        Condition::Rows { scope, collection, quantifier, test: inner } => {
            let (owner, _) = rows[*scope];
            let mut related = org.referring(table(collection.table), collection.column, owner);
            let mut holds = |(stored, id, row): (&'static super::metadata::Table, Uuid, &'a Row)| {
                if !org.may(who, Verb::Read, stored, id, row) {
                    return None;
                }
                let Some(inner) = inner else { return Some(true) };
                rows.push((id, row));
                let held = test(org, who, inner, rows);
                rows.pop();
                Some(held)
            };
            match quantifier {
                Quantifier::Any => related.any(|row| holds(row) == Some(true)),
                Quantifier::All => related.all(|row| holds(row) != Some(false)),
            }
        }
    }
}

fn value<'a>(org: &'a Organization, operand: &'a Operand, rows: &Rows<'a>) -> Option<Cow<'a, Cell>> {
    match operand {
        Operand::Value(value) => value.as_ref().map(Cow::Borrowed),
        Operand::Field(field) => cell(org, field, rows),
    }
}

fn cell<'a>(org: &'a Organization, field: &Field, rows: &Rows<'a>) -> Option<Cow<'a, Cell>> {
    field_of(org, field, rows[field.scope].1)
}

/// The value of a column, also across lookups.
pub fn field_of<'a>(org: &'a Organization, field: &Field, mut row: &'a Row) -> Option<Cow<'a, Cell>> {
    for (column, tables) in &field.hops {
        let link = row.link(column).filter(|link| tables.contains(&link.table.as_str()))?;
        row = org.find(&link.table, link.id)?.1;
    }
    match row.cells.get(field.column.name)? {
        Cell::Lookup(link) => Some(Cow::Owned(Cell::Id(link.id))),
        cell => Some(Cow::Borrowed(cell)),
    }
}

fn compare(left: Option<&Cell>, comparison: Comparison, right: Option<&Cell>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        let same = left.is_none() && right.is_none();
        return match comparison {
            Comparison::Equal => same,
            Comparison::NotEqual => !same,
            _ => false,
        };
    };
    let order = order(left, right);
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

fn order(left: &Cell, right: &Cell) -> Option<Ordering> {
    match (left, right) {
        (Cell::Text(a), Cell::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        (Cell::Int(a), Cell::Int(b)) => Some(a.cmp(b)),
        (Cell::Decimal(a), Cell::Decimal(b)) => a.partial_cmp(b),
        (Cell::Int(a), Cell::Decimal(b)) => (*a as f64).partial_cmp(b),
        (Cell::Decimal(a), Cell::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(b)),
        (Cell::Time(a), Cell::Time(b)) => Some(a.cmp(b)),
        (Cell::Date(a), Cell::Date(b)) => Some(a.cmp(b)),
        (Cell::Id(a), Cell::Id(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Order of two values for `$orderby`: nulls come first.
pub fn order_for_sorting(left: Option<&Cell>, right: Option<&Cell>) -> Ordering {
    match (left, right) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => order(left, right).unwrap_or(Ordering::Equal),
    }
}
