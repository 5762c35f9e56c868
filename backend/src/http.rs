//! Our own HTTP API and the pane's files.
//!
//! One table ([`routes::ROUTES`]) says which addresses there are, who may call them and how large a request
//! may be; router, description and security tests are made from it. Handlers only wish, read state and search:
//! they must never write to Exchange or the CRM, and never decide a rule.

use crate::clock::Clock;
use crate::config::Config;
use crate::entra::Verifier;
use crate::lifecycle::Stop;
use crate::rate::{Allowance, Rates};
use crate::store::Store;
use crate::sync::Items;
use axum::Router;
use std::sync::Arc;

mod answer;
pub mod csp;
mod envelope;
mod guard;
mod handlers;
mod headers;
pub mod openapi;
pub mod routes;
mod site;
mod words;

pub use site::{Site, SiteError};

/// Users that are counted at the same time.
const COUNTED_USERS: usize = 10_000;
/// Reports about the content security policy, from everybody together.
const REPORTS: Allowance = Allowance { burst: 20, per_minute: 60 };

/// Everything that handlers work with.
#[derive(Debug)]
pub struct Service {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub verifier: Verifier,
    pub items: Items,
    pub store: Arc<dyn Store>,
    pub site: Site,
    pub stop: Stop,
    users: Rates<guard::CountedUser>,
    reports: Rates<()>,
}

/// What a [`Service`] is made of.
#[derive(Debug)]
pub struct ServiceParts {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub verifier: Verifier,
    pub items: Items,
    pub store: Arc<dyn Store>,
    pub site: Site,
    pub stop: Stop,
}

impl Service {
    pub fn new(parts: ServiceParts) -> Arc<Self> {
        let ServiceParts { config, clock, verifier, items, store, site, stop } = parts;
        let allowance = Allowance {
            burst: config.limits.requests_at_once,
            per_minute: config.limits.requests_per_minute,
        };
        Arc::new(Self {
            users: Rates::new(allowance, COUNTED_USERS),
            reports: Rates::new(REPORTS, 1),
            config,
            clock,
            verifier,
            items,
            store,
            site,
            stop,
        })
    }
}

/// The whole service as a router, for sockets and for tests in process.
pub fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new();
    for route in routes::ROUTES {
        let handler = (route.handler)().layer(axum::middleware::from_fn_with_state(
            guard::Gate { service: service.clone(), route },
            guard::admit,
        ));
        router = router.route(route.path, handler);
    }
    router
        .fallback(handlers::site::serve)
        .method_not_allowed_fallback(handlers::not_allowed)
        .layer(axum::middleware::from_fn_with_state(service.clone(), envelope::wrap))
        .with_state(service)
}
