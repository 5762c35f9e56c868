//! Tokens for the nested-app bridge: what Outlook, as the broker, gives a pane without asking anybody.
//!
//! The host page stands for Outlook and says which person is signed in to it; that is why this is on the
//! control plane. Only registered clients get anything.

use super::grant::{client_info, issue_delegated};
use super::mint::find_person;
use super::registration::Request;
use super::token::{self, Proof};
use super::{Refusal, TokenLifetime};
use crate::World;
use crate::company::{PEOPLE, TENANT_ID};
use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the bridge asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    /// Object id or user principal name of who is signed in to Outlook.
    person: String,
    client_id: String,
    scope: String,
    #[serde(default)]
    nonce: Option<String>,
}

/// `POST /sandbox/naa/token`: the token response and the account, or Entra's error.
pub(crate) async fn token(
    State(world): State<Arc<World>>,
    lifetime: Option<Extension<TokenLifetime>>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Response {
    let Some(person) = find_person(&asked.person) else {
        let people: Vec<&str> = PEOPLE.iter().map(|person| person.upn).collect();
        let reason = format!("nobody here is called {}; there are {}", asked.person, people.join(", "));
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": {"code": "unknownPerson", "message": reason}})),
        )
            .into_response();
    };
    let issued = || -> Result<Value, Refusal> {
        let registration = world
            .entra()
            .registration(&asked.client_id)
            .cloned()
            .ok_or_else(|| Refusal::unknown_client(&asked.client_id))?;
        let mut request = Request::parse(&asked.scope, &world.options.origin)?;
        for needed in ["openid", "profile"] {
            if !request.wants(needed) {
                request.openid.push(needed.to_owned());
            }
        }
        let lifetime_secs = match &lifetime {
            Some(Extension(lifetime)) => lifetime.secs,
            None => token::lifetime_secs(&world),
        };
        let client = (&registration, Proof::None);
        issue_delegated(&world, client, person, &request, asked.nonce.as_deref(), lifetime_secs)
    };
    let mut answer = match issued() {
        Ok(answer) => answer,
        Err(refusal) => return refusal.into_answer(&world, &headers),
    };
    let origin = &world.options.origin;
    let id_token_claims = answer["id_token"]
        .as_str()
        .and_then(token::parse)
        .map_or(Value::Null, |parsed| Value::Object(parsed.claims));
    answer["client_info"] = client_info(person).into();
    answer["account"] = json!({
        "homeAccountId": format!("{}.{TENANT_ID}", person.oid),
        "localAccountId": person.oid,
        "environment": origin.split_once("://").map_or(origin.as_str(), |(_, host)| host),
        "tenantId": TENANT_ID,
        "username": person.upn,
        "name": person.name,
        "idTokenClaims": id_token_claims,
    });
    Json(answer).into_response()
}
