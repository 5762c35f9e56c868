use crate::World;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<World>> {
    Router::new()
}

pub fn control() -> Router<Arc<World>> {
    Router::new()
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Organization {}

impl Organization {
    pub fn seed(_now: jiff::Timestamp, _rng: &mut rand::rngs::StdRng) -> Self {
        Self {}
    }
}
