//! The CRM's side of the control plane: what a test or a demonstration does that no API client does.
//!
//! `GET /{set}` and `GET /{set}/{id}` show rows as they are stored; `POST`, `PATCH` and `DELETE` change them as
//! the platform itself, or with `?as=<entra object id>` with that user's rights. Roles, the switch of a user,
//! the limits, search and maintenance have addresses of their own.

use super::asking::{Ask, Asking};
use super::errors::{Answer, Fault};
use super::limits::Limits;
use super::metadata::{Table, schema, table};
use super::reply::Reply;
use super::request::{Options, Preferences};
use super::rights::Principal;
use super::store::{Cell, Organization};
use super::web::commit;
use super::{shape, write};
use crate::World;
use crate::world::journal::Seq;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

type Shared = State<Arc<World>>;
type Outcome = Answer<Reply>;

pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/settings", get(settings))
        .route("/settings/limits", put(set_limits))
        .route("/settings/search", put(set_search))
        .route("/settings/maintenance", put(set_maintenance))
        .route("/settings/expire-delta-tokens", post(expire_delta_tokens))
        .route("/users/{user}/roles", put(set_roles))
        .route("/users/{user}/disabled", put(set_disabled))
        .route("/messageids", get(count_by_message_id))
        .route("/{set}", get(rows).post(create))
        .route("/{set}/{id}", get(row).patch(update).delete(delete))
}

#[derive(Debug, Deserialize)]
struct Switch {
    on: bool,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "as")]
    oid: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
struct MessageId {
    id: String,
}

fn done() -> Reply {
    Reply::empty(StatusCode::NO_CONTENT)
}

/// Changes the organization behind the gate, so that no changeset is torn.
async fn change<T>(world: &World, work: impl FnOnce(&mut Organization) -> Answer<T>) -> Answer<T> {
    let gate = world.dataverse().writers.clone();
    let _writing = gate.lock().await;
    let mut draft = world.dataverse().clone();
    let result = work(&mut draft)?;
    commit(world, draft);
    Ok(result)
}

fn ask(world: &World, who: Principal, seq: Option<Seq>) -> Ask {
    Ask {
        who,
        now: jiff::Timestamp::from_second(world.now().as_second()).unwrap_or_else(|_| world.now()),
        base: format!("{}/api/data/v9.2", world.options.origin),
        options: Options::default(),
        preferences: Preferences::default(),
        headers: HeaderMap::new(),
        seq,
    }
}

fn actor(org: &Organization, actor: &Actor) -> Answer<Principal> {
    match actor.oid {
        None => Ok(Organization::system()),
        Some(oid) => {
            let user = org.user_by("azureactivedirectoryobjectid", oid).ok_or_else(Fault::not_a_member)?;
            Ok(Principal { effective: org.caller(user)?, sender: None })
        }
    }
}

fn set(name: &str) -> Answer<&'static Table> {
    schema().by_set(name).ok_or_else(|| Fault::unknown_segment(name))
}

/// All columns of a row, lookups with their tables.
fn raw(asking: Asking<'_>, of: &'static Table, id: Uuid, row: &super::store::Row) -> Value {
    let mut object = Map::new();
    object.insert(of.id.to_owned(), json!(id));
    object.insert("@version".to_owned(), json!(row.version));
    for (name, cell) in &row.cells {
        match cell {
            Cell::Lookup(link) => {
                let text = asking.org.name_of(link);
                object.insert(name.clone(), json!({"table": link.table, "id": link.id, "name": text}));
            }
            cell => {
                object.insert(name.clone(), shape::plain(cell));
            }
        }
    }
    if of.is_activity {
        let parties = asking.org.parties(id);
        let party = table("activityparty");
        let parties = parties.into_iter().map(|(id, row)| raw(asking, party, id, row));
        object.insert("parties".to_owned(), parties.collect());
    }
    Value::Object(object)
}

async fn rows(State(world): Shared, Path(name): Path<String>) -> Outcome {
    let of = set(&name)?;
    let org = world.dataverse().clone();
    let ask = ask(&world, Organization::system(), None);
    let asking = Asking { org: &org, ask: &ask };
    let rows: Vec<Value> = org.rows(of).map(|(stored, id, row)| raw(asking, stored, id, row)).collect();
    Ok(Reply::json(StatusCode::OK, &json!({"value": rows})))
}

async fn row(State(world): Shared, Path((name, id)): Path<(String, Uuid)>) -> Outcome {
    let of = set(&name)?;
    let org = world.dataverse().clone();
    let ask = ask(&world, Organization::system(), None);
    let (stored, row) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    Ok(Reply::json(StatusCode::OK, &raw(Asking { org: &org, ask: &ask }, stored, id, row)))
}

async fn create(
    State(world): Shared,
    Path(name): Path<String>,
    Query(who): Query<Actor>,
    seq: Option<Extension<Seq>>,
    Json(body): Json<Map<String, Value>>,
) -> Outcome {
    let id = change(&world, |org| {
        let ask = ask(&world, actor(org, &who)?, seq.map(|seq| seq.0));
        write::create(org, &ask, set(&name)?, None, &body)
    });
    Ok(Reply::json(StatusCode::CREATED, &json!({"id": id.await?})))
}

async fn update(
    State(world): Shared,
    Path((name, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Option<Extension<Seq>>,
    Json(body): Json<Map<String, Value>>,
) -> Outcome {
    change(&world, |org| {
        let ask = ask(&world, actor(org, &who)?, seq.map(|seq| seq.0));
        write::update(org, &ask, set(&name)?, id, &body)
    })
    .await?;
    Ok(done())
}

async fn delete(
    State(world): Shared,
    Path((name, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Option<Extension<Seq>>,
) -> Outcome {
    change(&world, |org| {
        let ask = ask(&world, actor(org, &who)?, seq.map(|seq| seq.0));
        write::delete(org, &ask, set(&name)?, id)
    })
    .await?;
    Ok(done())
}

/// Gives a user exactly these roles, by name.
async fn set_roles(State(world): Shared, Path(user): Path<Uuid>, Json(names): Json<Vec<String>>) -> Outcome {
    change(&world, |org| {
        let of = table("systemuser");
        org.row("systemuser", user).ok_or_else(|| Fault::missing_record(of, user))?;
        let roles: Answer<_> = names
            .iter()
            .map(|name| {
                let found = org.roles.iter().find(|(_, role)| role.name == *name).map(|(id, _)| *id);
                found.ok_or_else(|| {
                    let known: Vec<&str> = org.roles.values().map(|role| role.name.as_str()).collect();
                    Fault::invalid(format!("There is no role '{name}'. There are: {}.", known.join(", ")))
                })
            })
            .collect();
        org.assignments.insert(user, roles?);
        Ok(())
    })
    .await?;
    Ok(done())
}

async fn set_disabled(State(world): Shared, Path(user): Path<Uuid>, Json(switch): Json<Switch>) -> Outcome {
    change(&world, |org| {
        let of = table("systemuser");
        let mut row = org.row("systemuser", user).cloned().ok_or_else(|| Fault::missing_record(of, user))?;
        row.set("isdisabled", Cell::Bool(switch.on));
        org.put("systemuser", user, row);
        Ok(())
    })
    .await?;
    Ok(done())
}

async fn settings(State(world): Shared) -> Reply {
    let switches = world.dataverse().switches.clone();
    Reply::json(StatusCode::OK, &json!(switches))
}

async fn set_limits(State(world): Shared, Json(limits): Json<Limits>) -> Outcome {
    change(&world, |org| {
        org.switches.limits = limits;
        org.traffic = Arc::default();
        Ok(())
    })
    .await?;
    Ok(done())
}

async fn set_search(State(world): Shared, Json(switch): Json<Switch>) -> Outcome {
    change(&world, |org| {
        org.switches.search_enabled = switch.on;
        Ok(())
    })
    .await?;
    Ok(done())
}

async fn set_maintenance(State(world): Shared, Json(switch): Json<Switch>) -> Outcome {
    change(&world, |org| {
        org.switches.maintenance = switch.on;
        Ok(())
    })
    .await?;
    Ok(done())
}

/// Makes every delta token issued so far too old.
async fn expire_delta_tokens(State(world): Shared) -> Outcome {
    change(&world, |org| {
        org.switches.oldest_delta = org.next_version();
        Ok(())
    })
    .await?;
    Ok(done())
}

/// How many emails have a message id: `GET /messageids?id=<…>`.
async fn count_by_message_id(State(world): Shared, Query(wanted): Query<MessageId>) -> Reply {
    let org = world.dataverse().clone();
    let emails: Vec<Uuid> = org
        .rows(table("email"))
        .filter(|(_, _, row)| row.text("messageid").is_some_and(|id| id.eq_ignore_ascii_case(&wanted.id)))
        .map(|(_, id, _)| id)
        .collect();
    Reply::json(StatusCode::OK, &json!({"count": emails.len(), "emails": emails}))
}
