//! The other side by itself: the sandbox's company, whoever serves it.

use axum::Router;
use sandbox::{World, server};
use std::sync::Arc;

/// A tenant, and the way in for what people do there past our service.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub world: Arc<World>,
    /// Entra, Graph, Dataverse and the control plane, in process.
    pub upstream: Router,
}

impl Tenant {
    pub fn of(world: Arc<World>) -> Self {
        let upstream = server::router(world.clone());
        Self { world, upstream }
    }
}
