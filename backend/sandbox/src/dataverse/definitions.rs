//! What clients ask about tables before they use them: the service document and `EntityDefinitions`.

use super::asking::Asking;
use super::errors::{Answer, Fault};
use super::metadata::{Column, Kind, Ownership, Table, schema};
use super::reply::Reply;
use super::request::Segment;
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The list of sets at the root.
pub fn service_document(asking: Asking<'_>) -> Reply {
    let sets: Vec<Value> = schema()
        .tables()
        .iter()
        .map(|table| json!({"name": table.set, "kind": "EntitySet", "url": table.set}))
        .collect();
    let context = format!("{}/$metadata", asking.base);
    Reply::json(StatusCode::OK, &json!({"@odata.context": context, "value": sets}))
}

/// `EntityDefinitions`, one of them, and its attributes.
pub fn read(asking: Asking<'_>, path: &[Segment]) -> Answer<Reply> {
    let Some(text) = &path[0].key else {
        let all: Vec<Value> = schema().tables().iter().map(definition).collect();
        return collection(asking, "EntityDefinitions", all, &["MetadataId", "LogicalName"]);
    };
    let table = by_key(text)?;
    match path {
        [_] => {
            let mut body = selected(&definition(table), &asking.options.select, &["MetadataId"]);
            body.insert(
                "@odata.context".to_owned(),
                json!(format!("{}/$metadata#EntityDefinitions/$entity", asking.base)),
            );
            for expand in &asking.options.expand {
                if expand.navigation == "Attributes" {
                    let list = table.columns.iter().map(|column| {
                        Value::Object(selected(&attribute(table, column), &expand.select, &["MetadataId"]))
                    });
                    body.insert("Attributes".to_owned(), list.collect());
                }
            }
            Ok(Reply::json(StatusCode::OK, &Value::Object(body)))
        }
        [_, attributes, rest @ ..] if attributes.name == "Attributes" => {
            let picklists = match rest {
                [] => false,
                [cast] if cast.name == "Microsoft.Dynamics.CRM.PicklistAttributeMetadata" => true,
                [other, ..] => return Err(Fault::unknown_segment(&other.name)),
            };
            let wanted = |column: &&Column| match &column.kind {
                Kind::Choice(_) => !picklists || !matches!(column.name, "statecode" | "statuscode"),
                _ => !picklists,
            };
            let list = table.columns.iter().filter(wanted).map(|column| attribute(table, column)).collect();
            collection(asking, "EntityDefinitions/Attributes", list, &["MetadataId", "OptionSet"])
        }
        [_, other, ..] => Err(Fault::unknown_segment(&other.name)),
        [] => Err(Fault::unknown_segment("")),
    }
}

fn by_key(text: &str) -> Answer<&'static Table> {
    let name = match text.split_once('=') {
        Some((name, value)) if name.trim() == "LogicalName" => value.trim().trim_matches('\'').to_owned(),
        _ => {
            let id: Option<Uuid> = text.parse().ok();
            let found = schema().tables().iter().find(|table| Some(metadata_id(table.logical)) == id);
            found.map(|table| table.logical.to_owned()).unwrap_or_default()
        }
    };
    schema().by_name(&name).ok_or_else(|| {
        let message = format!("Could not find an entity with name {name}.");
        Fault::new(StatusCode::NOT_FOUND, "0x80060888", message)
    })
}

fn metadata_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

fn label(text: &str) -> Value {
    let label =
        json!({"Label": text, "LanguageCode": 1033, "IsManaged": true, "MetadataId": metadata_id(text)});
    json!({"LocalizedLabels": [label], "UserLocalizedLabel": label})
}

fn definition(table: &Table) -> Value {
    json!({
        "MetadataId": metadata_id(table.logical),
        "LogicalName": table.logical,
        "LogicalCollectionName": table.set,
        "EntitySetName": table.set,
        "CollectionSchemaName": table.set,
        "SchemaName": table.display.replace(' ', ""),
        "DisplayName": label(table.display),
        "PrimaryIdAttribute": table.id,
        "PrimaryNameAttribute": table.name,
        "ObjectTypeCode": table.type_code,
        "IsActivity": table.is_activity,
        "IsActivityParty": table.is_party,
        "HasActivities": table.has_activities,
        "ChangeTrackingEnabled": table.tracks_changes,
        "IsCustomEntity": table.type_code >= 10_000,
        "OwnershipType": match table.ownership {
            Ownership::User => "UserOwned",
            Ownership::Organization => "OrganizationOwned",
            Ownership::Parent => "None",
        },
    })
}

fn attribute(table: &Table, column: &Column) -> Value {
    let mut value = json!({
        "MetadataId": metadata_id(&format!("{}.{}", table.logical, column.name)),
        "LogicalName": column.name,
        "SchemaName": column.name,
        "EntityLogicalName": table.logical,
        "AttributeType": match column.name {
            "statecode" => "State",
            "statuscode" => "Status",
            _ => column.kind.attribute_type(),
        },
        "IsPrimaryId": column.name == table.id,
        "IsPrimaryName": column.name == table.name,
        "IsValidForRead": true,
        "IsValidForCreate": column.access != super::metadata::Access::Read,
        "IsValidForUpdate": column.access == super::metadata::Access::Write,
        "DisplayName": label(column.name),
    });
    match &column.kind {
        Kind::Text { max } => value["MaxLength"] = json!(max),
        Kind::Lookup { targets, .. } => {
            value["Targets"] = targets.iter().map(|target| json!(target.table)).collect();
        }
        Kind::Choice(options) => {
            let options: Vec<Value> =
                options.iter().map(|(option, text)| json!({"Value": option, "Label": label(text)})).collect();
            value["OptionSet"] = json!({
                "MetadataId": metadata_id(column.name),
                "Name": format!("{}_{}", table.logical, column.name),
                "OptionSetType": "Picklist",
                "IsGlobal": false,
                "Options": options,
            });
        }
        _ => {}
    }
    value
}

fn selected(value: &Value, select: &[String], always: &[&str]) -> Map<String, Value> {
    let mut object = value.as_object().cloned().unwrap_or_default();
    if !select.is_empty() {
        object.retain(|name, _| select.contains(name) || always.contains(&name.as_str()));
    }
    object
}

fn collection(asking: Asking<'_>, set: &str, items: Vec<Value>, always: &[&str]) -> Answer<Reply> {
    let items: Answer<Vec<Value>> = items
        .into_iter()
        .filter_map(|item| match &asking.options.filter {
            None => Some(Ok(item)),
            Some(text) => match holds(text, &item) {
                Ok(true) => Some(Ok(item)),
                Ok(false) => None,
                Err(fault) => Some(Err(fault)),
            },
        })
        .map(|item| item.map(|item| Value::Object(selected(&item, &asking.options.select, always))))
        .collect();
    let context = format!("{}/$metadata#{set}", asking.base);
    Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "value": items?})))
}

/// The filters that metadata queries use: equality, joined by `and` or by `or`.
fn holds(text: &str, item: &Value) -> Answer<bool> {
    let unsupported =
        || Fault::bad_query(format!("The filter '{text}' is not supported on metadata: use eq, and, or."));
    let term = |term: &str| -> Answer<bool> {
        let term = term.trim().trim_matches(['(', ')']);
        let (name, value) = term.split_once(" eq ").ok_or_else(unsupported)?;
        let actual = item.get(name.trim()).ok_or_else(|| {
            Fault::bad_query(format!(
                "Could not find a property named '{}' on type 'Microsoft.Dynamics.CRM.EntityMetadata'.",
                name.trim()
            ))
        })?;
        let value = value.trim();
        Ok(match actual {
            Value::String(text) => {
                value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) == Some(text.as_str())
            }
            other => serde_json::from_str::<Value>(value).is_ok_and(|value| value == *other),
        })
    };
    if text.contains(" or ") {
        let answers: Answer<Vec<bool>> = text.split(" or ").map(term).collect();
        return Ok(answers?.into_iter().any(|held| held));
    }
    let answers: Answer<Vec<bool>> = text.split(" and ").map(term).collect();
    Ok(answers?.into_iter().all(|held| held))
}
