//! What a client reads before it asks for a token: the tenant's endpoints, its keys, its aliases.

use super::{Tenant, token};
use crate::World;
use crate::company::TENANT_ID;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The issuer as a tenant's documents name it; for `common` it is a pattern.
fn issuer_for(world: &World, tenant: Tenant) -> String {
    match tenant {
        Tenant::Named => token::issuer(world),
        Tenant::Any => format!("{}/{{tenantid}}/v2.0", world.options.origin),
    }
}

/// The OpenID Connect discovery document.
pub(super) async fn configuration(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
    headers: HeaderMap,
) -> Response {
    let tenant = match Tenant::parse(&segment) {
        Ok(tenant) => tenant,
        Err(refusal) => return refusal.into_answer(&world, &headers),
    };
    let origin = &world.options.origin;
    let name = if tenant == Tenant::Named { TENANT_ID } else { &segment };
    Json(json!({
        "token_endpoint": format!("{origin}/{name}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{origin}/{name}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer_for(&world, tenant),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{origin}/{name}/oauth2/v2.0/authorize"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": false,
        "end_session_endpoint": format!("{origin}/{name}/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver",
        ],
        "code_challenge_methods_supported": ["S256"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": host(origin),
        "msgraph_host": host(origin),
    }))
    .into_response()
}

fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// The key set.
pub(super) async fn keys(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
    headers: HeaderMap,
) -> Response {
    match Tenant::parse(&segment) {
        Ok(tenant) => {
            let now = world.now();
            Json(world.entra().keys.to_jwks(&issuer_for(&world, tenant), now)).into_response()
        }
        Err(refusal) => refusal.into_answer(&world, &headers),
    }
}

#[derive(Deserialize)]
pub(super) struct Instance {
    authorization_endpoint: Option<String>,
}

/// Instance discovery, by which MSAL asks whether an authority is to be trusted and what it is also called.
pub(super) async fn instance(
    State(world): State<Arc<World>>,
    Query(asked): Query<Instance>,
) -> (StatusCode, Json<Value>) {
    let origin = &world.options.origin;
    let endpoint = asked.authorization_endpoint.unwrap_or_default();
    let path = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, rest)| rest);
    let tenant = path.split('/').nth(1).filter(|segment| Tenant::parse(segment).is_ok()).unwrap_or(TENANT_ID);
    let host = host(origin);
    let answer = json!({
        "tenant_discovery_endpoint": format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    });
    (StatusCode::OK, Json(answer))
}
