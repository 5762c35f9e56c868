//! What surrounds every request: its id, its log line, its time limit, its headers, and the words of whatever
//! went wrong, a panic included.

use super::answer::Refusal;
use super::words::language_of;
use super::{Service, headers};
use crate::config::origin_of;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, StatusCode, header};
use shared::api::ProblemDetails;
use shared::problem::{Code, Problem};
use shared::rules::{Language, words};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) async fn wrap(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let id = Uuid::new_v4();
    let language = language_of(request.headers());
    // The pattern of the path, not the path: ids of items are nobody's business.
    let route = request.extensions().get::<MatchedPath>().map_or("files", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "request",
        %id,
        method = %request.method(),
        route,
        tenant = tracing::field::Empty,
        user = tracing::field::Empty,
        client = tracing::field::Empty
    );
    let began = service.clock.now();
    async {
        let mut response = answer(&service, request, next).await;
        if let Some(Refusal(problem)) = problem_of(&mut response) {
            tracing::info!(code = problem.code.as_str(), facts = ?told(&problem), "refused");
            response = render(&service, &problem, id, language, response);
        }
        headers::secure(&service.config, response.headers_mut());
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let took_ms = service.clock.now().since_ms(began);
        tracing::debug!(status = response.status().as_u16(), took_ms, "answered");
        response
    }
    .instrument(span)
    .await
}

/// The handler's answer, a panic and a time-out being answers too.
async fn answer(service: &Service, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(service.config.limits.answer_secs);
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, handled).await {
        Ok(Ok(response)) => response,
        // The panic's hook has logged where it was.
        Ok(Err(_)) => Refusal(Problem::new(Code::Internal)).into_response(),
        Err(_) => {
            tracing::error!(limit_secs = limit.as_secs(), "no answer in time");
            Refusal(Problem::new(Code::Internal)).into_response()
        }
    }
}

/// The problem that an answer is about. What a library refused has no problem of ours; it gets one.
fn problem_of(response: &mut Response) -> Option<Refusal> {
    let status = response.status();
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        return Some(refusal);
    }
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::PayloadTooLarge),
        status if status.is_client_error() => {
            Problem::new(Code::BadRequest).because("reason", status.canonical_reason().unwrap_or("refused"))
        }
        _ => Problem::new(Code::Internal),
    };
    Some(Refusal(problem))
}

/// The facts that may stand in a log: names of rights and tables, and reasons in words of our own. What the
/// other side said may hold a subject.
fn told(problem: &Problem) -> Vec<(&str, &str)> {
    let is_ours = !matches!(problem.code, Code::CrmRefused | Code::ExchangeRefused | Code::CategoryRefused);
    let may_be_told = |name: &str| matches!(name, "privilege" | "table") || (name == "reason" && is_ours);
    let facts = problem.facts.iter().filter(|fact| may_be_told(&fact.name));
    facts.map(|fact| (fact.name.as_str(), fact.value.as_str())).collect()
}

fn render(service: &Service, problem: &Problem, id: Uuid, language: Language, was: Response) -> Response {
    let words = words::words(problem, language);
    let claims = match problem.code {
        Code::InteractionRequired => problem.facts.iter().find(|fact| fact.name == "claims"),
        _ => None,
    };
    let status = problem.code.http_status();
    let details = ProblemDetails {
        kind: format!("urn:regarding:problem:{}", problem.code.as_str()),
        title: words.title,
        status,
        code: problem.code,
        remedy: words.remedy,
        request_id: id.to_string(),
        claims: claims.map(|fact| fact.value.clone()),
        retry_after_s: problem.retry_after_ms.map(|ms| ms.div_ceil(1000)),
    };
    let body = serde_json::to_vec(&details).unwrap_or_default();
    // Headers that the handler set (`Allow`) stay; what described its body goes.
    let mut headers = was.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let language = match language {
        Language::English => "en",
        Language::German => "de",
    };
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    if let Some(seconds) = details.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED.as_u16()
        && let Ok(challenge) =
            HeaderValue::from_str(&challenge(service, problem.code, details.claims.as_deref()))
    {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// How to do better (RFC 6750), with Entra's claims challenge where there is one.
fn challenge(service: &Service, code: Code, claims: Option<&str>) -> String {
    let authority = origin_of(&service.config.entra.authority);
    let mut challenge =
        format!("Bearer realm=\"\", authorization_uri=\"{authority}/organizations/oauth2/v2.0/authorize\"");
    match (code, claims) {
        (_, Some(claims)) => {
            challenge.push_str(", error=\"insufficient_claims\", claims=\"");
            challenge.push_str(&STANDARD.encode(claims));
            challenge.push('"');
        }
        (Code::InteractionRequired, None) => challenge.push_str(", error=\"interaction_required\""),
        _ => challenge.push_str(", error=\"invalid_token\""),
    }
    challenge
}
