//! `CreateMultiple` and `UpdateMultiple`: many rows of one table in one request, all or none.

use super::asking::{Ask, key};
use super::errors::{Answer, Fault};
use super::metadata::Table;
use super::reply::Reply;
use super::store::Organization;
use super::write;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Performs the action on the rows in `Targets`.
pub fn perform(
    org: &mut Organization,
    ask: &Ask,
    of: &'static Table,
    action: &str,
    body: &Map<String, Value>,
) -> Answer<Reply> {
    let wrong = || Fault::bad_payload(of, "The parameter 'Targets' must be an array of objects.");
    let targets = body.get("Targets").and_then(Value::as_array).ok_or_else(wrong)?;
    let targets: Vec<&Map<String, Value>> =
        targets.iter().map(Value::as_object).collect::<Option<_>>().ok_or_else(wrong)?;
    match action {
        "CreateMultiple" => {
            let ids: Answer<Vec<_>> =
                targets.into_iter().map(|target| write::create(org, ask, of, None, target)).collect();
            let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse", ask.base);
            Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "Ids": ids?})))
        }
        "UpdateMultiple" => {
            for target in targets {
                let missing =
                    || Fault::bad_payload(of, format!("The key '{}' of a target is missing.", of.id));
                let id = target.get(of.id).and_then(Value::as_str).ok_or_else(missing)?;
                let id = key(org, of, id)?;
                write::update(org, ask, of, id, target)?;
            }
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        other => Err(Fault::unknown_segment(other)),
    }
}
