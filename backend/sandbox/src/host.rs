use crate::World;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<World>> {
    Router::new()
}
