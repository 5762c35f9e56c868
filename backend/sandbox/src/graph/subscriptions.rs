//! `/subscriptions`: who is told of changes. An address has to prove first that it wants to be told.
//!
//! An application sees its own subscriptions only. A user's token subscribes to that user's mailbox alone,
//! whatever rights others gave; an application's to every mailbox it may read.

use super::asked::{Asked, Need, Reply};
use super::problem::Problem;
use super::{not_allowed, path, record};
use crate::entra::Caller;
use crate::exchange::{ChangeType, Exchange, Refusal, Subscription, Terms};
use crate::world::journal::Seq;
use bytes::Bytes;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

/// The longest that a subscription to messages may hold, in minutes.
const LONGEST_MINUTES: i64 = 10_080;
/// What ends sooner is made to hold so long, in minutes.
const SHORTEST_MINUTES: i64 = 45;
const LONGEST_CLIENT_STATE: usize = 128;
/// So many are listed at a time.
const PAGE: usize = 100;

const PROPERTIES: [&str; 12] = [
    "changeType",
    "clientState",
    "creatorId",
    "applicationId",
    "encryptionCertificate",
    "encryptionCertificateId",
    "expirationDateTime",
    "includeResourceData",
    "latestSupportedTlsVersion",
    "lifecycleNotificationUrl",
    "notificationUrl",
    "resource",
];

pub async fn answer(asked: &Asked<'_>, seq: Seq) -> Result<Reply, Problem> {
    let steps = asked.steps();
    match (&asked.method, steps.as_slice()) {
        (&Method::POST, [("subscriptions", None)]) => create(asked, seq).await,
        (&Method::GET, [("subscriptions", None)]) => Ok(list(asked)),
        (&Method::GET, [("subscriptions", Some(id))]) => {
            let exchange = asked.world.exchange();
            let one = find(asked, &exchange, id)?;
            Ok(shown(asked, StatusCode::OK, one))
        }
        (&Method::PATCH, [("subscriptions", Some(id))]) => update(asked, seq, id).await,
        (&Method::DELETE, [("subscriptions", Some(id))]) => {
            change(asked, seq, |exchange| {
                let id = find(asked, exchange, id)?.id;
                Ok(exchange.unsubscribe(id)?)
            })?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, [("subscriptions", Some(id)), ("reauthorize", _)]) => {
            change(asked, seq, |exchange| {
                let one = find(asked, exchange, id)?.clone();
                check_rights(asked, exchange, &one.terms)?;
                Ok(exchange.reauthorize_subscription(one.id)?)
            })?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (_, [_, second, ..]) => Err(Problem::no_segment(second.0)),
        (method, _) => Err(not_allowed(method)),
    }
}

/// Changes something under the lock and writes it into the journal.
fn change<T>(
    asked: &Asked<'_>,
    seq: Seq,
    act: impl FnOnce(&mut Exchange) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut exchange = asked.world.exchange();
    let answer = act(&mut exchange);
    let happened = exchange.take_happenings();
    drop(exchange);
    record(asked.world, seq, happened);
    answer
}

/// Object id of the person or service principal that asks.
fn creator(asked: &Asked<'_>) -> String {
    match &asked.caller {
        Caller::User { oid, .. } => oid.clone(),
        Caller::App { client_id, .. } => {
            let directory = asked.world.entra();
            let principal = directory.registration(client_id).map(|app| app.principal_oid.clone());
            principal.unwrap_or_else(|| client_id.clone())
        }
    }
}

fn is_own(asked: &Asked<'_>, creator: &str, one: &Subscription) -> bool {
    one.terms.application == asked.client_id() && one.terms.creator == creator
}

fn find<'e>(asked: &Asked<'_>, exchange: &'e Exchange, id: &str) -> Result<&'e Subscription, Problem> {
    let id = Uuid::try_parse(id).map_err(|_| Refusal::SubscriptionNotFound)?;
    let one = exchange.subscription(id)?;
    if is_own(asked, &creator(asked), one) { Ok(one) } else { Err(Refusal::SubscriptionNotFound.into()) }
}

fn list(asked: &Asked<'_>) -> Reply {
    let skip: usize = asked.query.get("skiptoken").and_then(|text| text.parse().ok()).unwrap_or(0);
    let creator = creator(asked);
    let exchange = asked.world.exchange();
    let own = exchange.subscriptions().filter(|one| is_own(asked, &creator, one));
    let mut value: Vec<Value> = own.skip(skip).take(PAGE + 1).map(show).collect();
    let more = value.len() > PAGE;
    value.truncate(PAGE);
    let context = format!("{}/v1.0/$metadata#subscriptions", asked.world.options.origin);
    let mut answer = json!({ "@odata.context": context, "value": value });
    if more {
        let next = asked.link(&["skiptoken"], &[("skiptoken", &(skip + PAGE).to_string())]);
        answer["@odata.nextLink"] = json!(next);
    }
    Reply::ok(answer)
}

fn show(one: &Subscription) -> Value {
    let terms = &one.terms;
    let kinds: Vec<&str> = terms.change_types.iter().map(|kind| kind.name()).collect();
    json!({
        "id": one.id,
        "resource": terms.resource,
        "applicationId": terms.application,
        "changeType": kinds.join(","),
        "clientState": terms.client_state,
        "notificationUrl": terms.notification_url,
        "notificationQueryOptions": null,
        "lifecycleNotificationUrl": terms.lifecycle_url,
        "expirationDateTime": terms.expires.to_string(),
        "creatorId": terms.creator,
        "includeResourceData": null,
        "latestSupportedTlsVersion": terms.tls_version,
        "encryptionCertificate": null,
        "encryptionCertificateId": null,
        "notificationUrlAppId": null,
    })
}

fn shown(asked: &Asked<'_>, status: StatusCode, one: &Subscription) -> Reply {
    let context = format!("{}/v1.0/$metadata#subscriptions/$entity", asked.world.options.origin);
    Reply::entity(status, context, show(one))
}

async fn create(asked: &Asked<'_>, seq: Seq) -> Result<Reply, Problem> {
    let terms = {
        let exchange = asked.world.exchange();
        let terms = read(asked, &exchange)?;
        check_rights(asked, &exchange, &terms)?;
        exchange.check_subscription(&terms)?;
        terms
    };
    shake_hands(asked, &terms.notification_url).await?;
    if let Some(url) = &terms.lifecycle_url {
        shake_hands(asked, url).await?;
    }
    let made = change(asked, seq, |exchange| Ok(exchange.subscribe(terms)?))?;
    Ok(shown(asked, StatusCode::CREATED, &made))
}

async fn update(asked: &Asked<'_>, seq: Seq, id: &str) -> Result<Reply, Problem> {
    let object = asked.object()?;
    if let Some(name) =
        object.keys().find(|name| !["expirationDateTime", "notificationUrl"].contains(&name.as_str()))
    {
        return Err(invalid(format!(
            "The property '{name}' cannot be updated; only expirationDateTime and notificationUrl can."
        )));
    }
    let (one, expires, url) = {
        let exchange = asked.world.exchange();
        let one = find(asked, &exchange, id)?.clone();
        check_rights(asked, &exchange, &one.terms)?;
        let expires =
            object.contains_key("expirationDateTime").then(|| expiration(asked, &object)).transpose()?;
        let url = optional_text(&object, "notificationUrl")?;
        (one, expires, url)
    };
    if let Some(url) = &url {
        check_url("notificationUrl", url)?;
        shake_hands(asked, url).await?;
    }
    let changed = change(asked, seq, |exchange| {
        let mut changed = exchange.subscription(one.id)?.clone();
        if let Some(url) = &url {
            changed = exchange.redirect_subscription(one.id, url)?;
        }
        if let Some(expires) = expires {
            changed = exchange.renew_subscription(one.id, expires)?;
        }
        Ok(changed)
    })?;
    Ok(shown(asked, StatusCode::OK, &changed))
}

// ---- what may be asked for

fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
}

fn optional_text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(format!("The property '{name}' has to be a string."))),
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Result<String, Problem> {
    optional_text(object, name)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| invalid(format!("The property '{name}' is required.")))
}

fn read(asked: &Asked<'_>, exchange: &Exchange) -> Result<Terms, Problem> {
    let object = asked.object()?;
    if let Some(name) = object.keys().find(|name| !PROPERTIES.contains(&name.as_str())) {
        return Err(Problem::body(format!(
            "The property '{name}' does not exist on type 'microsoft.graph.subscription'."
        )));
    }
    if object.get("includeResourceData").is_some_and(|value| value == true) {
        return Err(invalid(
            "Notifications with resource data are not sent here; leave includeResourceData out.",
        ));
    }
    let resource = text(&object, "resource")?;
    let (mailbox, folder) = place(asked, exchange, &resource)?;
    let notification_url = text(&object, "notificationUrl")?;
    let host = check_url("notificationUrl", &notification_url)?;
    let lifecycle_url = optional_text(&object, "lifecycleNotificationUrl")?;
    if let Some(url) = &lifecycle_url
        && check_url("lifecycleNotificationUrl", url)? != host
    {
        return Err(invalid("lifecycleNotificationUrl and notificationUrl have to be on the same host."));
    }
    let client_state = optional_text(&object, "clientState")?;
    if client_state.as_ref().is_some_and(|state| state.chars().count() > LONGEST_CLIENT_STATE) {
        return Err(invalid("The maximum length of clientState is 128 characters."));
    }
    let tls_version =
        optional_text(&object, "latestSupportedTlsVersion")?.unwrap_or_else(|| "v1_2".to_owned());
    if !["v1_0", "v1_1", "v1_2", "v1_3"].contains(&tls_version.as_str()) {
        return Err(invalid("latestSupportedTlsVersion has to be one of v1_0, v1_1, v1_2, v1_3."));
    }
    Ok(Terms {
        application: asked.client_id().to_owned(),
        creator: creator(asked),
        resource,
        mailbox,
        folder,
        change_types: change_types(&text(&object, "changeType")?)?,
        notification_url,
        lifecycle_url,
        client_state,
        tls_version,
        expires: expiration(asked, &object)?,
        ids: asked.prefer.ids,
    })
}

fn change_types(text: &str) -> Result<Vec<ChangeType>, Problem> {
    let mut kinds = Vec::new();
    for word in text.split(',') {
        let kind = ChangeType::read(word)
            .ok_or_else(|| invalid("changeType has to be a list of created, updated, deleted."))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// Mailbox and folder of a resource such as `/users/{id}/mailFolders('inbox')/messages`.
fn place(
    asked: &Asked<'_>,
    exchange: &Exchange,
    resource: &str,
) -> Result<(String, Option<crate::exchange::FolderKey>), Problem> {
    let unknown = || {
        invalid(format!(
            "Resource '{resource}' is not supported for subscriptions here; messages of a mailbox or of one of its \
             folders are."
        ))
    };
    if resource.contains('?') {
        return Err(invalid("Query options in the resource are not supported here."));
    }
    let segments = path::parse(resource)?;
    let steps: Vec<_> =
        segments.iter().map(|segment| (segment.name.as_str(), segment.key.as_deref())).collect();
    let (owner, rest) = match (steps.as_slice(), &asked.caller) {
        ([("me", None), rest @ ..], Caller::User { oid, .. }) => (oid.as_str(), rest),
        ([("users", Some(who)), rest @ ..], _) => (*who, rest),
        _ => return Err(unknown()),
    };
    let mailbox = exchange.mailbox(owner)?;
    let folder = match rest {
        [("messages", None)] => None,
        [("mailfolders", Some(name)), ("messages", None)] => Some(mailbox.folder_named(name)?.key),
        _ => return Err(unknown()),
    };
    Ok((mailbox.oid.clone(), folder))
}

fn check_rights(asked: &Asked<'_>, exchange: &Exchange, terms: &Terms) -> Result<(), Problem> {
    let mailbox = exchange.mailbox(&terms.mailbox)?;
    asked.may(mailbox, Need::ReadMail, terms.folder)?;
    match &asked.caller {
        Caller::User { oid, .. } if !mailbox.is_called(oid) => Err(Problem::access_denied()),
        _ => Ok(()),
    }
}

/// The host (with its port) of an address that may be told.
fn check_url(name: &str, text: &str) -> Result<String, Problem> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host());
    let url = url.ok_or_else(|| invalid(format!("{name} has to be an absolute https address.")))?;
    Ok(url.authority().to_owned())
}

/// The end that was asked for, within what is allowed.
fn expiration(asked: &Asked<'_>, object: &Map<String, Value>) -> Result<Timestamp, Problem> {
    let wanted: Timestamp = text(object, "expirationDateTime")?
        .parse()
        .map_err(|_| invalid("expirationDateTime has to be a moment such as 2026-11-26T08:00:00Z."))?;
    let hence =
        |minutes| asked.now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX);
    if wanted <= asked.now {
        return Err(invalid("Subscription expiration has to be in the future."));
    }
    if wanted > hence(LONGEST_MINUTES) {
        return Err(invalid(format!(
            "Subscription expiration can only be {LONGEST_MINUTES} minutes in the future."
        )));
    }
    Ok(wanted.max(hence(SHORTEST_MINUTES)))
}

/// Asks an address whether it wants to be told: it has to give back the token it gets, as plain text.
async fn shake_hands(asked: &Asked<'_>, url: &str) -> Result<(), Problem> {
    let request = asked.world.next_uuid();
    let token =
        format!("Validation: Testing client application reachability for subscription Request-Id: {request}");
    let mut address = Url::parse(url).map_err(|reason| invalid(reason.to_string()))?;
    address.query_pairs_mut().append_pair("validationToken", &token);
    let sent = asked.world.courier().send(address.as_str(), "text/plain; charset=utf-8", Bytes::new()).await;
    let wrong = match sent {
        Err(reason) => format!("Subscription validation request timed out or failed: {reason}"),
        Ok(received) if received.status != StatusCode::OK => format!(
            "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation \
             request; it responded with {}.",
            received.status.as_u16()
        ),
        Ok(received) if !received.content_type.to_ascii_lowercase().starts_with("text/plain") => {
            "Subscription validation request failed. The response must be of the content type text/plain.".to_owned()
        }
        Ok(received) if received.body != token.as_bytes() => {
            "Subscription validation request failed. Response must exactly match validationToken query parameter."
                .to_owned()
        }
        Ok(_) => return Ok(()),
    };
    Err(Problem::new(StatusCode::BAD_REQUEST, "ValidationError", wrong))
}
