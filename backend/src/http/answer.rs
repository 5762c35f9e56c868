//! A problem as an answer.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::problem::Problem;

/// A handler's *no*. It travels to the envelope, which knows request id and language, in the answer's
/// extensions.
#[derive(Debug, Clone)]
pub struct Refusal(pub Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
