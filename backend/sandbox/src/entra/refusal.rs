//! How Entra says no: an OAuth error with an `AADSTS` number, a time and ids to quote.

use crate::World;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

/// A refusal that has not yet been given a time and ids. Boxed, since it travels as an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Box<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    status: StatusCode,
    error: String,
    code: u32,
    text: String,
    suberror: Option<String>,
    claims: Option<String>,
    correlation: Option<String>,
}

impl Refusal {
    /// A refusal with status 400; `invalid_client` has 401.
    pub(super) fn new(error: &str, code: u32, text: impl Into<String>) -> Self {
        let status =
            if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Self(Box::new(Details {
            status,
            error: error.to_owned(),
            code,
            text: text.into(),
            suberror: None,
            claims: None,
            correlation: None,
        }))
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let text = format!("The request body must contain the following parameter: '{parameter}'.");
        Self::new("invalid_request", 900_144, text)
    }

    pub(super) fn unknown_client(client_id: &str) -> Self {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
            crate::company::NAME
        );
        Self::new("unauthorized_client", 700_016, text)
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        Self::new("invalid_request", 90_002, text)
    }

    pub(super) fn unknown_resource(resource: &str) -> Self {
        let text = format!(
            "The resource principal named {resource} was not found in the tenant named {}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
            crate::company::NAME
        );
        Self::new("invalid_resource", 500_011, text)
    }

    pub(super) fn no_consent(client_id: &str, client_name: &str) -> Self {
        let text = format!(
            "The user or administrator has not consented to use the application with ID '{client_id}' named '{client_name}'. Send an interactive authorization request for this user and resource."
        );
        Self::new("invalid_grant", 65_001, text).with_suberror("consent_required")
    }

    pub(crate) fn from_fault(
        error: &str,
        code: u32,
        description: &str,
        suberror: Option<&str>,
        claims: Option<&str>,
    ) -> Self {
        let mut refusal = Self::new(error, code, description);
        refusal.0.suberror = suberror.map(str::to_owned);
        refusal.0.claims = claims.map(str::to_owned);
        refusal
    }

    #[must_use]
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    #[must_use]
    pub(super) fn with_suberror(mut self, suberror: &str) -> Self {
        self.0.suberror = Some(suberror.to_owned());
        self
    }

    /// The correlation id, where the client sent it elsewhere than in the header.
    #[must_use]
    pub(super) fn correlated(mut self, id: Option<&str>) -> Self {
        self.0.correlation = id.map(str::to_owned);
        self
    }

    /// The OAuth error, for redirects.
    pub(super) fn error(&self) -> &str {
        &self.0.error
    }

    /// `AADSTS50058: …`, for redirects and pages.
    pub(super) fn description(&self) -> String {
        format!("AADSTS{}: {}", self.0.code, self.0.text)
    }

    /// The answer, with `client-request-id` echoed.
    pub(crate) fn into_answer(self, world: &World, asked: &HeaderMap) -> Response {
        let trace_id = world.next_uuid().to_string();
        let correlation_id = asked
            .get("client-request-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned)
            .or(self.0.correlation.clone())
            .unwrap_or_else(|| world.next_uuid().to_string());
        let timestamp = world.now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "{} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
            self.description()
        );
        let mut body = json!({
            "error": self.0.error,
            "error_description": description,
            "error_codes": [self.0.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": format!("{}/error?code={}", world.options.origin, self.0.code),
        });
        if let Some(suberror) = self.0.suberror {
            body["suberror"] = suberror.into();
        }
        if let Some(claims) = self.0.claims {
            body["claims"] = claims.into();
        }
        let mut response = (self.0.status, axum::Json(body)).into_response();
        for (name, value) in [("x-ms-request-id", &trace_id), ("client-request-id", &correlation_id)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
        response
    }
}
