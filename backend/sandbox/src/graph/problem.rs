//! Errors as Graph words them: status, code, message, and headers such as `Retry-After`.

use crate::entra::BearerError;
use crate::exchange::Refusal;
use crate::exchange::traffic::Throttled;
use http::StatusCode;

/// A request that failed. Programs go by `code`, people read `message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub headers: Vec<(&'static str, String)>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// The address or its query cannot be understood.
    pub fn parse_uri(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "RequestBroker--ParseUri", message)
    }

    /// The body cannot be understood.
    pub fn body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "RequestBodyRead", message)
    }

    pub fn no_segment(segment: &str) -> Self {
        Self::bad_request(format!("Resource not found for the segment '{segment}'."))
    }

    pub fn no_property(name: &str, kind: &str) -> Self {
        Self::parse_uri(format!("Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."))
    }

    pub fn access_denied() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
        )
    }

    /// The directory's way of saying the same.
    pub fn insufficient_privileges() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    pub fn unauthorized(error: BearerError, origin: &str) -> Self {
        let code = "InvalidAuthenticationToken";
        Self::new(StatusCode::UNAUTHORIZED, code, error.to_string()).with_header(
            "www-authenticate",
            format!(
                "Bearer realm=\"\", authorization_uri=\"{origin}/common/oauth2/authorize\", \
                 client_id=\"00000003-0000-0000-c000-000000000000\""
            ),
        )
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::MalformedId => (StatusCode::BAD_REQUEST, "ErrorInvalidIdMalformed"),
            Refusal::ItemNotFound | Refusal::FolderNotFound => (StatusCode::NOT_FOUND, "ErrorItemNotFound"),
            Refusal::FolderExists => (StatusCode::CONFLICT, "ErrorFolderExists"),
            Refusal::DistinguishedFolder => (StatusCode::BAD_REQUEST, "ErrorDeleteDistinguishedFolder"),
            Refusal::ChangeKeyMismatch => (StatusCode::PRECONDITION_FAILED, "ErrorIrresolvableConflict"),
            Refusal::CategoryExists(_) => (StatusCode::CONFLICT, "CategoryNameDuplicate"),
            Refusal::CategoryListFull | Refusal::QuotaExceeded => {
                (StatusCode::INSUFFICIENT_STORAGE, "ErrorQuotaExceeded")
            }
            Refusal::MessageSizeExceeded => (StatusCode::PAYLOAD_TOO_LARGE, "ErrorMessageSizeExceeded"),
            Refusal::UnknownMailbox(_) => (StatusCode::NOT_FOUND, "ErrorInvalidUser"),
            Refusal::SubscriptionNotFound => (StatusCode::NOT_FOUND, "ResourceNotFound"),
            Refusal::SubscriptionExists(_) => (StatusCode::CONFLICT, "Conflict"),
            Refusal::TooManySubscriptions => (StatusCode::FORBIDDEN, "ExtensionError"),
            Refusal::Invalid(_) => (StatusCode::BAD_REQUEST, "ErrorInvalidRequest"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Window { retry_after_secs } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests.")
                    .with_header("retry-after", format!("{}", retry_after_secs.ceil()))
            }
            Throttled::Concurrency => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
            )
            .with_header("retry-after", "1"),
        }
    }
}
