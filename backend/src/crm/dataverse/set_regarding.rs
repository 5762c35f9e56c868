//! Sets or clears an email's regarding record
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/associate-disassociate-entities-using-web-api>).

use super::multipart::Operation;
use super::organization::Organization;
use super::promote_email::regarding_gone;
use super::{definitions, refusal};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::email::CrmEmailId;
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;

/// Changes an email that is there; `If-Match: *` keeps the request from creating one.
pub(super) async fn set(
    organization: &Organization,
    access: &Access,
    email: CrmEmailId,
    regarding: Option<&RecordRef>,
) -> Outcome<()> {
    let (table, value) = match regarding {
        Some(record) => {
            let Some(definition) = definitions::find(organization, access, &record.key.table).await? else {
                return Err(regarding_gone(record));
            };
            (record.key.table.as_str(), json!(format!("/{}({})", definition.set, record.key.id)))
        }
        // The lookup is one column behind all its navigation properties: any of them empties it.
        None => ("account", Value::Null),
    };
    let write = Operation {
        method: Method::PATCH,
        address: format!("emails({})", email.0),
        headers: vec![("If-Match", "*".to_owned())],
        body: Some(json!({ format!("regardingobjectid_{table}_email@odata.bind"): value })),
    };
    let Err(part) = organization.write(access, write).await? else { return Ok(()) };
    if refusal::is_missing_row(&part) {
        return Err(match regarding {
            Some(record) if refusal::names(&part, record.key.id) => regarding_gone(record),
            _ => Failure::Refused(Problem::new(Code::RecordGone)),
        });
    }
    if part.status == StatusCode::PRECONDITION_FAILED {
        return Err(Failure::Conflict);
    }
    Err(organization.failure(Effect::Write, &part))
}
