//! Who gets in: what the table of routes says is enforced here, before a handler is called.

use super::Service;
use super::answer::Refusal;
use super::routes::{Route, Who};
use super::words::bad_request;
use crate::caller::TenantId;
use crate::entra::{Administers, Administrator, Caller};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use shared::problem::{Code, Problem};
use std::sync::Arc;
use uuid::Uuid;

/// Key of a bucket: a person's or a service principal's object id.
pub(super) type CountedUser = (TenantId, Uuid);

/// What the guard of one route knows.
#[derive(Clone)]
pub(super) struct Gate {
    pub service: Arc<Service>,
    pub route: &'static Route,
}

impl Gate {
    /// Counts a request of somebody who is known by now, and tells the log who.
    fn count(&self, tenant: TenantId, object_id: Uuid) -> Result<(), Refusal> {
        tracing::Span::current()
            .record("tenant", tracing::field::display(tenant))
            .record("user", tracing::field::display(object_id));
        self.service.users.take(&(tenant, object_id), self.service.clock.now()).map_err(too_many)
    }
}

/// Lets a request through to its handler, or not.
pub(super) async fn admit(
    State(gate): State<Gate>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    refuse_other_sites(&parts.method, &parts.headers)?;
    match gate.route.who {
        Who::Public => {}
        Who::User => {
            let caller = gate.service.verifier.verify(bearer(&parts.headers)?).await?;
            gate.count(caller.tenant(), caller.user().0)?;
            parts.extensions.insert(caller);
        }
        Who::Administrator => {
            let caller = gate.service.verifier.verify_administrator(bearer(&parts.headers)?).await?;
            gate.count(caller.tenant(), caller.object_id())?;
            if let Administers::Program { client } = caller.who() {
                tracing::Span::current().record("client", tracing::field::display(client));
            }
            parts.extensions.insert(caller);
        }
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

/// So do handlers of administrators' routes.
impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(Code::Internal).into())
    }
}
