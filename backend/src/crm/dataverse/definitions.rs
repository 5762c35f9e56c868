//! How tables are called in addresses, and whether they have activities.
//!
//! The standard tables are known; of any other table the organization is asked once
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api>). A table
//! without activities is asked again: an administrator may have turned them on.

use super::filter::{Filter, Literal, Query};
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::rows::{Row, rows};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::StatusCode;
use shared::regarding::{Activities, Table};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// More tables than this are not remembered.
const MOST: usize = 512;

/// What the connector has to know of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// Entity set, e.g. `accounts`.
    pub set: String,
    /// Primary key column.
    pub id: String,
    /// Primary name column.
    pub name: String,
    pub activities: Activities,
}

/// Table, entity set, primary key, primary name.
const KNOWN: [(&str, &str, &str, &str); 5] = [
    ("account", "accounts", "accountid", "name"),
    ("contact", "contacts", "contactid", "fullname"),
    ("lead", "leads", "leadid", "fullname"),
    ("opportunity", "opportunities", "opportunityid", "name"),
    ("incident", "incidents", "incidentid", "title"),
];

/// Definitions learnt so far.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    learnt: Mutex<HashMap<Table, Definition>>,
}

impl Definitions {
    /// The definition, if it is known.
    pub fn of(&self, table: &Table) -> Option<Definition> {
        if let Some((_, set, id, name)) = KNOWN.iter().find(|(known, ..)| *known == table.as_str()) {
            let [set, id, name] = [set, id, name].map(|text| (*text).to_owned());
            return Some(Definition { set, id, name, activities: Activities::Allowed });
        }
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }

    /// Reads the answer to [`question`]; `None`: there is no such table, or not for this user.
    pub fn learn(&self, table: &Table, answer: &Part) -> Option<Definition> {
        let row = rows(answer).next()?;
        let definition = read(row)?;
        if definition.activities == Activities::Allowed {
            let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            if learnt.len() >= MOST {
                learnt.clear();
            }
            learnt.insert(table.clone(), definition.clone());
        }
        Some(definition)
    }
}

fn read(row: Row<'_>) -> Option<Definition> {
    let name_of_a_thing = |column| {
        let text: &str = row.text(column)?;
        let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !text.is_empty();
        fits.then(|| text.to_owned())
    };
    Some(Definition {
        set: name_of_a_thing("EntitySetName")?,
        id: name_of_a_thing("PrimaryIdAttribute")?,
        name: name_of_a_thing("PrimaryNameAttribute")?,
        activities: if row.flag("HasActivities") == Some(true) {
            Activities::Allowed
        } else {
            Activities::NotAllowed
        },
    })
}

/// Asks for the definition of a table.
pub(super) fn question(table: &Table) -> Operation {
    let query = Query::of("EntityDefinitions")
        .select("LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,HasActivities")
        .filter(Filter::equals("LogicalName", Literal::Text(table.as_str())));
    Operation::get(query.address())
}

/// The definition, asked for if it is not known. `None`: there is no such table, or not for this user.
pub(super) async fn find(
    organization: &Organization,
    access: &Access,
    table: &Table,
) -> Outcome<Option<Definition>> {
    if let Some(known) = organization.definitions.of(table) {
        return Ok(Some(known));
    }
    let answers = organization.read(access, vec![question(table)]).await?;
    for answer in &answers {
        if !answer.status.is_success() && answer.status != StatusCode::NOT_FOUND {
            return Err(organization.failure(Effect::Read, answer));
        }
    }
    Ok(answers.first().and_then(|answer| organization.definitions.learn(table, answer)))
}
