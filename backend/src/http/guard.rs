//! Who gets in: what the table of routes says is enforced here, before a handler is called.

use super::Service;
use super::answer::Refusal;
use super::routes::{Route, Who};
use super::words::bad_request;
use crate::caller::{TenantId, UserId};
use crate::entra::Caller;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use shared::problem::{Code, Problem};
use std::sync::Arc;

/// Key of a user's bucket.
pub(super) type CountedUser = (TenantId, UserId);

/// What the guard of one route knows.
#[derive(Clone)]
pub(super) struct Gate {
    pub service: Arc<Service>,
    pub route: &'static Route,
}

/// Lets a request through to its handler, or not.
pub(super) async fn admit(
    State(gate): State<Gate>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    refuse_other_sites(&parts.method, &parts.headers)?;
    if gate.route.who == Who::User {
        let caller = gate.service.verifier.verify(bearer(&parts.headers)?).await?;
        let user = (caller.tenant(), caller.user());
        gate.service.users.take(&user, gate.service.clock.now()).map_err(too_many)?;
        tracing::Span::current()
            .record("tenant", tracing::field::display(caller.tenant()))
            .record("user", tracing::field::display(caller.user()));
        parts.extensions.insert(caller);
    }
    let body = if gate.route.body_bytes == 0 {
        Body::empty()
    } else {
        refuse_other_types(gate.route, &parts.headers)?;
        read(body, gate.route.body_bytes).await?
    };
    Ok(next.run(Request::from_parts(parts, body)).await)
}

pub(super) fn too_many(retry_after_ms: u64) -> Refusal {
    Problem::new(Code::TooManyRequests).retry_after_ms(Some(retry_after_ms)).into()
}

/// Browsers say where a request comes from; another site's page has nothing to write here.
fn refuse_other_sites(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let is_write = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let site = headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    match site {
        Some(b"cross-site" | b"same-site") if is_write => {
            Err(bad_request("a page of another site must not send this"))
        }
        _ => Ok(()),
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let missing = || Refusal(Problem::new(Code::SignedOut).because("reason", "the request carries no token"));
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(bad_request("there are two Authorization headers"));
    }
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing());
    }
    Ok(token.trim())
}

fn refuse_other_types(route: &Route, headers: &HeaderMap) -> Result<(), Refusal> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    if route.body_types.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let wanted = route.body_types.first().copied().unwrap_or_default();
    Err(bad_request(format!("the Content-Type must be {wanted}")))
}

async fn read(body: Body, limit: usize) -> Result<Body, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(Body::from(whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(Code::PayloadTooLarge).into()),
        Err(_) => Err(bad_request("the body broke off")),
    }
}

/// Handlers of user routes take the caller; nobody but [`admit`] puts one there.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(Code::Internal).into())
    }
}
