//! The CRM's side of the control plane: what a test or a demonstration does that no API client does.
//!
//! `GET /{set}` and `GET /{set}/{id}` show rows as they are stored; `POST`, `PATCH` and `DELETE` change them as
//! the platform itself, or with `?as=<entra object id>` with that user's rights. Roles, personal options,
//! organization settings, obstacles, the limits, search and maintenance have addresses of their own.

use super::acts::{Crm, Filter};
use super::errors::{Answer, Fault};
use super::limits::Limits;
use super::obstacles::Obstacle;
use super::reply::Reply;
use crate::World;
use crate::world::journal::Seq;
use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, post, put};
use axum::{Extension, Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

type Shared = State<Arc<World>>;
type Numbered = Option<Extension<Seq>>;
type Outcome = Answer<Reply>;

pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/settings", get(settings))
        .route("/settings/limits", put(set_limits))
        .route("/settings/search", put(set_search))
        .route("/settings/maintenance", put(set_maintenance))
        .route("/settings/version", put(set_version))
        .route("/settings/expire-delta-tokens", post(expire_delta_tokens))
        .route("/orgsettings", get(org_settings).put(set_org_settings))
        .route("/orgsettings/{name}", put(set_org_setting))
        .route("/users/{user}/roles", put(set_roles))
        .route("/users/{user}/disabled", put(set_disabled))
        .route("/users/{user}/filter", put(set_filter))
        .route("/queues/{queue}/filter", put(set_filter))
        .route("/obstacles", get(obstacles).post(place_obstacle).delete(clear_obstacles))
        .route("/obstacles/{name}", delete(remove_obstacle))
        .route("/messageids", get(count_by_message_id))
        .route("/{set}", get(rows).post(create))
        .route("/{set}/{id}", get(row).patch(update).delete(remove))
        .route("/{set}/{id}/owner", put(set_owner))
        .route("/{set}/{id}/deactivate", post(deactivate))
        .route("/{set}/{id}/regarding", put(set_regarding))
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

impl Actor {
    fn crm(self, world: &World, seq: Numbered) -> Crm<'_> {
        let mut crm = world.crm();
        crm.seq = seq.map(|seq| seq.0);
        match self.oid {
            Some(oid) => crm.as_person(oid),
            None => crm,
        }
    }
}

#[derive(Debug, Deserialize)]
struct MessageId {
    id: String,
}

fn done() -> Reply {
    Reply::empty(StatusCode::NO_CONTENT)
}

async fn rows(State(world): Shared, Path(set): Path<String>) -> Outcome {
    Ok(Reply::json(StatusCode::OK, &json!({"value": world.crm().rows(&set)?})))
}

async fn row(State(world): Shared, Path((set, id)): Path<(String, Uuid)>) -> Outcome {
    Ok(Reply::json(StatusCode::OK, &world.crm().row(&set, id)?))
}

async fn create(
    State(world): Shared,
    Path(set): Path<String>,
    Query(who): Query<Actor>,
    seq: Numbered,
    Json(body): Json<Value>,
) -> Outcome {
    let id = who.crm(&world, seq).create(&set, body).await?;
    Ok(Reply::json(StatusCode::CREATED, &json!({"id": id})))
}

async fn update(
    State(world): Shared,
    Path((set, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Numbered,
    Json(body): Json<Value>,
) -> Outcome {
    who.crm(&world, seq).update(&set, id, body).await?;
    Ok(done())
}

async fn remove(
    State(world): Shared,
    Path((set, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Numbered,
) -> Outcome {
    who.crm(&world, seq).delete(&set, id).await?;
    Ok(done())
}

async fn deactivate(
    State(world): Shared,
    Path((set, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Numbered,
) -> Outcome {
    who.crm(&world, seq).deactivate(&set, id).await?;
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Owner {
    systemuser: Uuid,
}

async fn set_owner(
    State(world): Shared,
    Path((set, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Numbered,
    Json(owner): Json<Owner>,
) -> Outcome {
    who.crm(&world, seq).set_owner(&set, id, owner.systemuser).await?;
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Regarding {
    set: String,
    id: Uuid,
}

/// `{"set": "accounts", "id": "…"}` or null.
async fn set_regarding(
    State(world): Shared,
    Path((set, id)): Path<(String, Uuid)>,
    Query(who): Query<Actor>,
    seq: Numbered,
    Json(to): Json<Option<Regarding>>,
) -> Outcome {
    if set != "emails" {
        return Err(Fault::unknown_segment(&set));
    }
    let to = to.as_ref().map(|to| (to.set.as_str(), to.id));
    who.crm(&world, seq).set_regarding(id, to).await?;
    Ok(done())
}

/// Gives a user exactly these roles, by name.
async fn set_roles(State(world): Shared, Path(user): Path<Uuid>, Json(names): Json<Vec<String>>) -> Outcome {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.crm().set_roles(user, &names).await?;
    Ok(done())
}

async fn set_disabled(State(world): Shared, Path(user): Path<Uuid>, Json(switch): Json<Switch>) -> Outcome {
    let crm = world.crm();
    if switch.on {
        crm.deactivate("systemusers", user).await?;
    } else {
        crm.enable_user(user).await?;
    }
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Method {
    method: i64,
}

/// Which incoming mail of a user or a queue becomes an email: `{"method": 0}` to 4.
async fn set_filter(State(world): Shared, Path(whose): Path<Uuid>, Json(chosen): Json<Method>) -> Outcome {
    let filters = [Filter::All, Filter::InResponse, Filter::Customers, Filter::AnyRecord, Filter::None];
    let filter = filters.into_iter().find(|filter| *filter as i64 == chosen.method);
    let filter = filter.ok_or_else(|| Fault::invalid("The method is a number from 0 to 4."))?;
    world.crm().set_filter(whose, filter).await?;
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Document {
    document: String,
}

async fn org_settings(State(world): Shared) -> Reply {
    Reply::json(StatusCode::OK, &json!({"document": world.crm().org_settings()}))
}

async fn set_org_settings(State(world): Shared, Json(new): Json<Document>) -> Outcome {
    world.crm().set_org_settings(&new.document).await?;
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Setting {
    /// Null: the default holds again.
    value: Option<String>,
}

async fn set_org_setting(
    State(world): Shared,
    Path(name): Path<String>,
    Json(setting): Json<Setting>,
) -> Outcome {
    world.crm().set_org_setting(&name, setting.value.as_deref()).await?;
    Ok(done())
}

#[derive(Debug, Deserialize)]
struct Version {
    version: String,
}

async fn set_version(State(world): Shared, Json(new): Json<Version>) -> Outcome {
    world.crm().set_version(&new.version).await?;
    Ok(done())
}

async fn obstacles(State(world): Shared) -> Reply {
    Reply::json(StatusCode::OK, &json!(world.crm().obstacles()))
}

async fn place_obstacle(State(world): Shared, Json(obstacle): Json<Obstacle>) -> Reply {
    let name = world.crm().place_obstacle(obstacle);
    Reply::json(StatusCode::CREATED, &json!({"name": name}))
}

async fn remove_obstacle(State(world): Shared, Path(name): Path<String>) -> Outcome {
    if world.crm().remove_obstacle(&name) { Ok(done()) } else { Err(Fault::unknown_segment(&name)) }
}

async fn clear_obstacles(State(world): Shared) -> Reply {
    world.crm().clear_obstacles();
    done()
}

async fn settings(State(world): Shared) -> Reply {
    let switches = world.dataverse().switches.clone();
    Reply::json(StatusCode::OK, &json!(switches))
}

async fn set_limits(State(world): Shared, Json(limits): Json<Limits>) -> Outcome {
    let change = world.crm().change(|org, _| {
        org.switches.limits = limits;
        org.traffic = Arc::default();
        Ok(())
    });
    change.await?;
    Ok(done())
}

async fn set_search(State(world): Shared, Json(switch): Json<Switch>) -> Outcome {
    let change = world.crm().change(|org, _| {
        org.switches.search_enabled = switch.on;
        Ok(())
    });
    change.await?;
    Ok(done())
}

async fn set_maintenance(State(world): Shared, Json(switch): Json<Switch>) -> Outcome {
    let change = world.crm().change(|org, _| {
        org.switches.maintenance = switch.on;
        Ok(())
    });
    change.await?;
    Ok(done())
}

/// Makes every delta token issued so far too old.
async fn expire_delta_tokens(State(world): Shared) -> Outcome {
    let change = world.crm().change(|org, _| {
        org.switches.oldest_delta = org.next_version();
        Ok(())
    });
    change.await?;
    Ok(done())
}

/// How many emails have a message id: `GET /messageids?id=<…>`.
async fn count_by_message_id(State(world): Shared, Query(wanted): Query<MessageId>) -> Reply {
    let emails = world.crm().emails_with(&wanted.id);
    Reply::json(StatusCode::OK, &json!({"count": emails.len(), "emails": emails}))
}
