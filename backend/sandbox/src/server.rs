//! The tenant's one origin: which service a request is for, and the layer of journal and faults around all.
//!
//! Each service's `router()` declares its whole paths (`/v1.0/me`, `/api/data/v9.2/WhoAmI`) and its own
//! answer for paths it does not know; a request is handed to exactly one of them, by [`service_of`].
//! [`World`] needs no socket: call [`router`] with `tower::ServiceExt::oneshot`, or [`call`], which also tells
//! a cut connection from an answer.

use crate::world::faults::{Hit, Kind, Place, Sighting};
use crate::world::journal::{Asked, Seq, Service};
use crate::{World, control, dataverse, entra, graph, host};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tower::ServiceExt;

mod authority;
mod listener;
mod performance;
mod post_rider;
#[cfg(test)]
mod tests;
mod visitor;

pub use authority::{Authority, Certificate};
pub use listener::{Listen, Running, ServeError, serve};
pub use post_rider::PostRider;

/// Bodies larger than this are refused when they have to be read whole for a fault.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Marks an answer that must not be sent: the connection is to be closed instead. It stands in the
/// response's extensions, where a transport that calls the router in process has to look for it (or use
/// [`call`]); on a socket [`serve`] obeys it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was closed without an answer")]
pub struct Severed;

impl IntoResponse for Severed {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::BAD_GATEWAY, self.to_string()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// All services behind one router, with journal and faults around them.
pub fn router(world: Arc<World>) -> Router {
    enter(Arc::new(House {
        entra: OnceLock::new(),
        graph: OnceLock::new(),
        dataverse: OnceLock::new(),
        host: OnceLock::new(),
        control: OnceLock::new(),
        world,
    }))
}

/// The one door: every request goes through journal and faults.
fn enter(house: Arc<House>) -> Router {
    Router::new().fallback(move |request: Request| {
        let house = house.clone();
        async move { performance::perform(&house, None, request).await }
    })
}

/// Calls a router of [`router`] in process; a cut connection is an error, as a client would see it.
pub async fn call(router: &Router, request: Request) -> Result<Response, Severed> {
    let Ok(response) = router.clone().oneshot(request).await;
    if response.extensions().get::<Severed>().is_some() { Err(Severed) } else { Ok(response) }
}

/// The service that answers a path.
pub fn service_of(path: &str) -> Service {
    let mut segments = path.trim_start_matches('/').split('/');
    let (first, second) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    match (first, second) {
        ("v1.0" | "beta", _) => Service::Graph,
        ("api" | "main.aspx", _) => Service::Dataverse,
        ("sandbox", _) => Service::Control,
        ("common" | "organizations" | "consumers", _) | (_, "oauth2" | "v2.0" | "discovery" | "saml2") => {
            Service::Entra
        }
        _ => Service::Host,
    }
}

/// The services, each furnished when it is first called: routes are dear to set up, and a simulation makes
/// thousands of tenants of which most never see a browser or the control plane.
struct House {
    world: Arc<World>,
    entra: OnceLock<Router>,
    graph: OnceLock<Router>,
    dataverse: OnceLock<Router>,
    host: OnceLock<Router>,
    control: OnceLock<Router>,
}

impl House {
    fn router_of(&self, service: Service) -> Router {
        let (room, furnish): (_, fn() -> Router<Arc<World>>) = match service {
            Service::Entra => (&self.entra, entra::router),
            Service::Graph => (&self.graph, graph::router),
            Service::Dataverse => (&self.dataverse, dataverse::router),
            Service::Host => (&self.host, host::router),
            Service::Control => (&self.control, control::router),
        };
        room.get_or_init(|| furnish().with_state(self.world.clone())).clone()
    }
}

/// The way in for the parts of a `$batch`. A batch handler takes it as `Extension<Parts>` and sends every
/// part through [`Parts::dispatch`], so that the journal and the faults see the part.
#[derive(Clone)]
pub struct Parts {
    house: Arc<House>,
    parent: Seq,
    authorization: Option<http::HeaderValue>,
    /// Faults of parts that come to pass when the whole `$batch` is done.
    later: Arc<Mutex<Vec<Hit>>>,
}

impl Parts {
    /// Performs one part: a request with the whole path (`/v1.0/me/messages`). A part without its own
    /// `Authorization` has the batch's.
    ///
    /// `Err(Severed)`: the connection broke before this part was applied. Give the error back as the answer
    /// of the whole batch (`?` in a handler that returns `Result<_, Severed>`); what a changeset did before
    /// must be undone, what other parts did stays.
    pub async fn dispatch(&self, mut request: Request) -> Result<Response, Severed> {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().entry(header::AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
        let response = performance::perform(&self.house, Some(self), request).await;
        if response.extensions().get::<Severed>().is_some() { Err(Severed) } else { Ok(response) }
    }

    fn postpone(&self, hit: Hit) {
        self.later.lock().unwrap_or_else(PoisonError::into_inner).push(hit);
    }

    fn take_postponed(&self) -> Vec<Hit> {
        std::mem::take(&mut *self.later.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
