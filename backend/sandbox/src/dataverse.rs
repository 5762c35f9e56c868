//! Dataverse: the Web API v9.2 with its search, as far as tracking mail needs them.
//!
//! A small engine over tables that are described, not programmed: `schema` says what there is, `query` reads,
//! `write` changes, `rights` decides who may. Everything a client can see is meant to be as in the service:
//! headers, error codes and wording, etags, preferences, `$batch`, the limits. Where the service does
//! something odd, so does this.
//!
//! Two things worth knowing. The message id of an email is *not* unique here, as it is not in Dataverse: two
//! creates with different keys make two rows, and only the primary key (412 `0x80040237`) keeps them apart.
//! And what the regarding record is may be changed on a completed email too.
//!
//! It must never read a clock or draw randomness of its own: the world has both.

use crate::World;
use axum::Router;
use axum::routing::{any, get};
use std::sync::Arc;

mod acts;
mod asking;
mod attachments;
mod batch;
mod bulk;
mod changes;
mod control;
mod definitions;
mod errors;
mod filter;
mod functions;
mod limits;
mod literal;
mod matching;
mod metadata;
mod obstacles;
mod page;
mod parties;
mod query;
mod queues;
mod reply;
mod request;
mod rights;
mod roles;
mod schema;
mod search;
mod seed;
mod settings;
mod shape;
mod store;
mod values;
mod web;
mod write;

pub use acts::{Crm, Filter};
pub use errors::Fault as Refusal;
pub use limits::Limits;
pub use obstacles::{Obstacle, Placed, Trouble};
pub use rights::Depth;
pub use seed::{
    APP_USER, LIFE_SCIENCES_UNIT, RETURNS_QUEUE, SITE, TRACKED_EMAIL, TRACKED_MESSAGE_ID, VISITOR_USER,
};
pub use store::Organization;

/// The Web API, search, and the page of a record.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/api/data/{version}", any(web::handle))
        .route("/api/data/{version}/", any(web::handle))
        .route("/api/data/{version}/{*path}", any(web::handle))
        .route("/api/search/{*path}", any(web::handle))
        .route("/main.aspx", get(page::record))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

/// What people do in the CRM and what administrators switch, under `/sandbox/dataverse`.
pub fn control() -> Router<Arc<World>> {
    control::router()
}
