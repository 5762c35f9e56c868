//! Open extensions: data that an application hangs on a message under a name of its own.

use super::asked::{Asked, Reply};
use super::messages::Place;
use super::problem::Problem;
use super::{not_allowed, show};
use crate::exchange::{Exchange, Refusal};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

pub fn answer(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    place: &Place,
    key: Option<&str>,
) -> Result<Reply, Problem> {
    let name = key.map(bare_name);
    match (&asked.method, name) {
        (&Method::GET, None) => {
            let message = exchange.mailbox(&place.oid)?.message(place.key)?;
            let items: Vec<Value> =
                message.extensions.iter().map(|(name, content)| show::extension(name, content)).collect();
            Ok(Reply::ok(json!({ "@odata.context": asked.context("messages/extensions"), "value": items })))
        }
        (&Method::POST, None) => {
            let mut content = asked.object()?;
            let name = match content.remove("extensionName") {
                Some(Value::String(name)) if !name.is_empty() => name,
                _ => return Err(Problem::body("extensionName is missing.")),
            };
            write(asked, exchange, place, &name, content)?;
            shown(asked, exchange, place, &name, StatusCode::CREATED)
        }
        (&Method::GET, Some(name)) => shown(asked, exchange, place, name, StatusCode::OK),
        (&Method::PATCH, Some(name)) => {
            find(exchange, place, name)?;
            let mut content = asked.object()?;
            content.remove("extensionName");
            write(asked, exchange, place, name, content)?;
            shown(asked, exchange, place, name, StatusCode::OK)
        }
        (&Method::DELETE, Some(name)) => {
            find(exchange, place, name)?;
            exchange.change(&place.oid, |mailbox, _| {
                mailbox.edit_extensions(place.key, asked.now, |extensions| {
                    extensions.remove(name);
                })
            })?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (method, _) => Err(not_allowed(method)),
    }
}

/// The name, also where the client sends the longer id that it was answered.
fn bare_name(id: &str) -> &str {
    ["Microsoft.OutlookServices.OpenTypeExtension.", "microsoft.graph.openTypeExtension."]
        .iter()
        .find_map(|prefix| id.strip_prefix(prefix))
        .unwrap_or(id)
}

fn find<'e>(exchange: &'e Exchange, place: &Place, name: &str) -> Result<&'e Value, Problem> {
    let message = exchange.mailbox(&place.oid)?.message(place.key)?;
    Ok(message.extensions.get(name).ok_or(Refusal::ItemNotFound)?)
}

fn shown(
    asked: &Asked<'_>,
    exchange: &Exchange,
    place: &Place,
    name: &str,
    status: StatusCode,
) -> Result<Reply, Problem> {
    let content = find(exchange, place, name)?;
    Ok(Reply::entity(status, asked.context("messages/extensions/$entity"), show::extension(name, content)))
}

fn write(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    place: &Place,
    name: &str,
    content: Map<String, Value>,
) -> Result<(), Problem> {
    exchange.change(&place.oid, |mailbox, _| {
        mailbox.edit_extensions(place.key, asked.now, |extensions| {
            let stored = extensions.entry(name.to_owned()).or_insert_with(|| json!({}));
            if let Value::Object(stored) = stored {
                stored.extend(content);
            }
        })
    })?;
    Ok(())
}
