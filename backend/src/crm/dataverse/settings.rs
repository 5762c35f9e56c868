//! The organization's settings: the document in `orgdborgsettings`, the columns beside it, and the version that
//! decides defaults.
//!
//! - <https://learn.microsoft.com/power-platform/admin/environment-database-settings>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/organization>

use super::filter::Query;
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::refusal;
use super::rows::{Row, rows};
use crate::caller::Access;
use crate::crm::SettingsDocument;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use document::Unreadable;
use http::Method;
use serde_json::{Map, Value, json};
use shared::problem::{Code, Problem};
use shared::settings::catalogue::{Home, Kind};
use shared::settings::{CATALOGUE, Setting, Settings};
use std::collections::BTreeMap;
use uuid::Uuid;

mod document;

/// Column of the document.
const DOCUMENT: &str = "orgdborgsettings";
/// Somebody else may write at the same moment; not five times in a row.
const MOST_ATTEMPTS: usize = 5;

/// Reads the settings, in one round trip.
pub(super) async fn read(organization: &Organization, access: &Access) -> Outcome<SettingsDocument> {
    let answers = organization.read(access, vec![row_question(), version_question()]).await?;
    let seen = Seen::of(organization, &answers)?;
    let version = answers
        .get(1)
        .filter(|answer| answer.status.is_success())
        .and_then(|answer| Row(&answer.body).text("Version"))
        .ok_or_else(|| organization.astray(Effect::Read, "the CRM does not say its version"))?
        .to_owned();
    let mut raw = document::entries(&seen.document).map_err(unreadable)?;
    raw.extend(seen.columns);
    Ok(SettingsDocument { settings: Settings::read(&raw, &version), raw, version })
}

/// Changes one setting of the catalogue, where it has its home; `bad-request` for one that is not there, or a
/// value that it cannot have.
pub(super) async fn write(
    organization: &Organization,
    access: &Access,
    name: &str,
    value: &str,
) -> Outcome<()> {
    let setting = Setting::find(name).ok_or_else(|| {
        Failure::Refused(Problem::new(Code::BadRequest).because("reason", "there is no setting of this name"))
    })?;
    let value = setting.check(value).map_err(Failure::Refused)?;
    for _ in 0..MOST_ATTEMPTS {
        let answers = organization.read(access, vec![row_question()]).await?;
        let seen = Seen::of(organization, &answers)?;
        let Some(body) = seen.change(setting, &value)? else { return Ok(()) };
        let mut write = Operation {
            method: Method::PATCH,
            address: format!("organizations({})", seen.id),
            headers: vec![("If-Match", seen.etag)],
            body: Some(body),
        };
        let mut refused = organization.write(access, write.clone()).await?;
        if let Err(part) = &refused
            && refusal::has_no_versions(part)
        {
            // This organization does not compare versions of its own row: the time between reading and writing
            // is all that is left of the danger.
            write.headers = vec![("If-Match", "*".to_owned())];
            refused = organization.write(access, write).await?;
        }
        match refused {
            Ok(()) => return Ok(()),
            Err(part) if refusal::is_stale(&part) => {}
            Err(part) => return Err(organization.failure(Effect::Write, &part)),
        }
    }
    Err(Failure::Conflict)
}

/// There is one row. Organizations of different versions have different columns, so none is named: one unknown
/// name would cost the whole answer.
fn row_question() -> Operation {
    Operation::get(Query::of("organizations").top(1).address())
}

fn version_question() -> Operation {
    Operation::get("RetrieveVersion()".to_owned())
}

fn unreadable(Unreadable(reason): Unreadable) -> Failure {
    Failure::Refused(
        Problem::new(Code::CrmRefused)
            .because("reason", format!("the settings in {DOCUMENT} are no readable XML: {reason}"))
            .because("error", DOCUMENT),
    )
}

/// The organization's row.
struct Seen {
    id: Uuid,
    etag: String,
    document: String,
    columns: BTreeMap<String, String>,
}

impl Seen {
    fn of(organization: &Organization, answers: &[Part]) -> Outcome<Self> {
        let Some(answer) = answers.first().filter(|answer| answer.status.is_success()) else {
            return Err(answers.first().map_or_else(
                || organization.astray(Effect::Read, "no answer"),
                |answer| organization.failure(Effect::Read, answer),
            ));
        };
        let read = |row: Row<'_>| {
            Some(Self {
                id: row.id("organizationid")?,
                etag: row.text("@odata.etag").unwrap_or("*").to_owned(),
                document: row.text(DOCUMENT).unwrap_or_default().to_owned(),
                columns: columns(row),
            })
        };
        rows(answer).find_map(read).ok_or_else(|| {
            // Whoever may not read it is shown an empty list.
            Failure::Refused(
                Problem::new(Code::PrivilegeMissing)
                    .because("privilege", "prvReadOrganization")
                    .because("table", "organization"),
            )
        })
    }

    /// What is to be written; `None`: it is so already.
    fn change(&self, setting: &Setting, value: &str) -> Outcome<Option<Value>> {
        let mut body = Map::new();
        match setting.home {
            Home::Column => {
                if self.columns.get(setting.name).map(String::as_str) == Some(value) {
                    return Ok(None);
                }
                body.insert(setting.name.to_owned(), typed(setting.kind, value));
            }
            Home::Document => {
                let changed = document::with(&self.document, setting.name, value).map_err(unreadable)?;
                if changed == self.document {
                    return Ok(None);
                }
                body.insert(DOCUMENT.to_owned(), json!(changed));
            }
        }
        Ok(Some(Value::Object(body)))
    }
}

/// Settings that are columns, in the plain form of the catalogue.
fn columns(row: Row<'_>) -> BTreeMap<String, String> {
    let column = |setting: &Setting| {
        let value = match row.0.get(setting.name)? {
            Value::String(text) => text.clone(),
            value @ (Value::Bool(_) | Value::Number(_)) => value.to_string(),
            _ => return None,
        };
        Some((setting.name.to_owned(), value))
    };
    CATALOGUE.iter().filter(|setting| setting.home == Home::Column).filter_map(column).collect()
}

/// A value in its plain form as the column's type wants it.
fn typed(kind: Kind, value: &str) -> Value {
    match kind {
        Kind::Switch => json!(value == "true"),
        Kind::Number { .. } => value.parse::<i64>().map_or(Value::Null, |number| json!(number)),
        Kind::Text { .. } => json!(value),
    }
}
