//! What the pane needs before anybody signed in, the API's description, and reports from browsers.

use crate::http::answer::Refusal;
use crate::http::{Service, guard, openapi};
use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use shared::api::{Config, ProblemDetails};
use std::sync::Arc;

/// Longest piece of a report that is logged.
const TOLD_CHARS: usize = 100;

/// What the pane needs to sign somebody in.
#[utoipa::path(get, path = "/api/config", responses((status = 200, body = Config)))]
pub(crate) async fn config(State(service): State<Arc<Service>>) -> Json<Config> {
    Json(service.config.for_pane())
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object)))]
pub(crate) async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi::describe())
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "csp-report")]
    report: Violation,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Violation {
    effective_directive: String,
    violated_directive: String,
    blocked_uri: String,
}

/// A browser reports what the content security policy stopped.
#[utoipa::path(
    post,
    path = "/csp-report",
    request_body(content = Object, content_type = "application/csp-report"),
    responses((status = 204), (status = "default", body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(crate) async fn policy_report(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    service.reports.take(&(), service.clock.now()).map_err(guard::too_many)?;
    if let Ok(Report { report }) = serde_json::from_slice(&body) {
        let directive = match report.effective_directive.as_str() {
            "" => &report.violated_directive,
            directive => directive,
        };
        // Of an address only its origin: paths and queries may hold anything.
        let blocked = url::Url::parse(&report.blocked_uri)
            .map_or_else(|_| report.blocked_uri.clone(), |url| url.origin().ascii_serialization());
        tracing::warn!(
            directive = shortened(directive),
            blocked = shortened(&blocked),
            "stopped by the policy"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TOLD_CHARS).collect()
}
