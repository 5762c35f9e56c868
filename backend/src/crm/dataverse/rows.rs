//! Rows of an answer, read with patience: a column may be missing, null or of another type.

use super::multipart::Part;
use serde_json::Value;
use shared::regarding::{RecordKey, RecordRef, Table};
use uuid::Uuid;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOOKUP_TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a>(pub &'a Value);

/// The rows of a list; none where the answer is no list.
pub(super) fn rows(part: &Part) -> impl Iterator<Item = Row<'_>> {
    let list = part.body.get("value").and_then(Value::as_array);
    list.into_iter().flatten().map(Row).filter(|_| part.status.is_success())
}

impl<'a> Row<'a> {
    pub fn text(self, column: &str) -> Option<&'a str> {
        self.0.get(column)?.as_str()
    }

    pub fn id(self, column: &str) -> Option<Uuid> {
        self.text(column)?.parse().ok()
    }

    pub fn flag(self, column: &str) -> Option<bool> {
        self.0.get(column)?.as_bool()
    }

    pub fn number(self, column: &str) -> Option<i64> {
        self.0.get(column)?.as_i64()
    }

    /// The column as the CRM shows it: a lookup's name, a choice's label.
    pub fn shown(self, column: &str) -> Option<&'a str> {
        self.text(&format!("{column}@{FORMATTED}"))
    }

    /// The record a lookup points to, e.g. of `regardingobjectid`.
    pub fn lookup(self, column: &str) -> Option<RecordRef> {
        let column = format!("_{column}_value");
        let id = self.id(&column)?;
        let table = Table::new(self.text(&format!("{column}@{LOOKUP_TABLE}"))?).ok()?;
        let name = self.shown(&column).unwrap_or_default().to_owned();
        Some(RecordRef { key: RecordKey { table, id }, name })
    }

    /// The row itself as a record.
    pub fn record(self, table: &Table, id_column: &str, name_column: &str) -> Option<RecordRef> {
        let name = self.text(name_column).unwrap_or_default().to_owned();
        Some(RecordRef { key: RecordKey { table: table.clone(), id: self.id(id_column)? }, name })
    }
}
