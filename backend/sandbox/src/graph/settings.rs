//! The master category list and the settings of a mailbox.

use super::asked::{Asked, Need, Reply};
use super::problem::Problem;
use super::{not_allowed, show};
use crate::exchange::category::is_color;
use crate::exchange::{Exchange, MailboxKind, Refusal};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// The longest name that Outlook takes.
const LONGEST_NAME: usize = 255;

/// `outlook/masterCategories`.
pub fn categories(asked: &Asked<'_>, exchange: &mut Exchange, key: Option<&str>) -> Result<Reply, Problem> {
    let need = if asked.method == Method::GET { Need::ReadSettings } else { Need::WriteSettings };
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, need, None)?;
    let oid = mailbox.oid.clone();
    let id = key.map(|key| Uuid::try_parse(key).map_err(|_| Refusal::ItemNotFound)).transpose()?;
    let entity = |status, category: &_| {
        Ok(Reply::entity(status, asked.context("outlook/masterCategories/$entity"), show::category(category)))
    };
    match (&asked.method, id) {
        (&Method::GET, None) => list(asked, exchange, &oid),
        (&Method::GET, Some(id)) => entity(StatusCode::OK, exchange.mailbox(&oid)?.category(id)?),
        (&Method::POST, None) => {
            let object = asked.object()?;
            let name = object.get("displayName").and_then(Value::as_str).map(str::trim).unwrap_or_default();
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                return Err(Problem::body("displayName is missing, or longer than 255 characters."));
            }
            let color = color(object.get("color"))?.unwrap_or_else(|| "none".to_owned());
            let most = exchange.limits.master_categories;
            let made =
                exchange.change(&oid, |mailbox, mint| mailbox.create_category(name, &color, most, mint))?;
            entity(StatusCode::CREATED, &made)
        }
        (&Method::PATCH, Some(id)) => {
            let object = asked.object()?;
            exchange.mailbox(&oid)?.category(id)?;
            if let Some(name) = object.keys().find(|name| !["color", "id"].contains(&name.as_str())) {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "ErrorInvalidPropertySet",
                    format!("The property '{name}' is read-only and can't be changed; only 'color' can."),
                ));
            }
            let color = color(object.get("color"))?.ok_or_else(|| Problem::body("color is missing."))?;
            let changed = exchange.change(&oid, |mailbox, _| mailbox.recolor_category(id, &color))?;
            entity(StatusCode::OK, &changed)
        }
        (&Method::DELETE, Some(id)) => {
            exchange.change(&oid, |mailbox, _| mailbox.delete_category(id))?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (method, _) => Err(not_allowed(method)),
    }
}

fn color(value: Option<&Value>) -> Result<Option<String>, Problem> {
    match value {
        None => Ok(None),
        Some(value) => match value.as_str().map(str::to_lowercase).filter(|text| is_color(text)) {
            Some(text) => Ok(Some(text)),
            None => Err(Problem::body(format!(
                "Cannot convert the literal '{value}' to the expected type 'microsoft.graph.categoryColor'."
            ))),
        },
    }
}

fn list(asked: &Asked<'_>, exchange: &Exchange, oid: &str) -> Result<Reply, Problem> {
    let (filter, top, skip) = (asked.query.filter()?, asked.query.top()?, asked.query.skip()?);
    let items: Vec<Value> = exchange
        .mailbox(oid)?
        .categories()
        .iter()
        .map(show::category)
        .filter(|value| filter.as_ref().is_none_or(|filter| filter.holds(value)))
        .skip(skip)
        .take(top.unwrap_or(usize::MAX))
        .collect();
    Ok(Reply::ok(json!({ "@odata.context": asked.context("outlook/masterCategories"), "value": items })))
}

/// `mailboxSettings`, or one of them.
pub fn mailbox_settings(
    asked: &Asked<'_>,
    exchange: &Exchange,
    rest: &[(&str, Option<&str>)],
) -> Result<Reply, Problem> {
    if asked.method != Method::GET {
        return Err(not_allowed(&asked.method));
    }
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::ReadSettings, None)?;
    let purpose = match mailbox.kind {
        MailboxKind::User => "user",
        MailboxKind::Shared => "shared",
    };
    let settings = json!({
        "archiveFolder": mailbox.folder_id(crate::exchange::folder::ARCHIVE),
        "timeZone": mailbox.time_zone,
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "dd.MM.yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": purpose,
        "automaticRepliesSetting": {
            "status": "disabled", "externalAudience": "none", "internalReplyMessage": "", "externalReplyMessage": "",
        },
        "language": { "locale": "en-US", "displayName": "English (United States)" },
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": { "name": mailbox.time_zone },
        },
    });
    match rest {
        [] => Ok(Reply::entity(StatusCode::OK, asked.context("mailboxSettings"), settings)),
        [(name, _)] => match super::filter::property(&settings, name) {
            Some(value) if value.is_object() => Ok(Reply::entity(
                StatusCode::OK,
                asked.context(&format!("mailboxSettings/{name}")),
                value.clone(),
            )),
            Some(value) => {
                let context = asked.context(&format!("mailboxSettings/{name}"));
                Ok(Reply::ok(json!({ "@odata.context": context, "value": value })))
            }
            None => Err(Problem::no_segment(name)),
        },
        [_, second, ..] => Err(Problem::no_segment(second.0)),
    }
}
