//! The control plane under `/sandbox`: what no real tenant offers.

use crate::{World, dataverse, graph};
use axum::Router;
use std::sync::Arc;

/// Everything under `/sandbox`. What people do in Outlook and in the CRM stands in the modules of those
/// services.
pub fn router() -> Router<Arc<World>> {
    Router::new().nest("/sandbox/exchange", graph::control()).nest("/sandbox/dataverse", dataverse::control())
}
