//! An answer before it becomes HTTP: the same value leaves as a response or as one part of a `$batch`.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn empty(status: StatusCode) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        Reply { status, headers, body: Vec::new() }
    }

    pub fn json(status: StatusCode, body: &Value) -> Self {
        let kind = "application/json; odata.metadata=minimal";
        Reply::empty(status).with_body(kind, body.to_string().into_bytes())
    }

    pub fn text(text: String) -> Self {
        Reply::empty(StatusCode::OK).with_body("text/plain", text.into_bytes())
    }

    pub fn with_body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.with_header(header::CONTENT_TYPE, content_type)
    }

    /// Sets a header; a value that HTTP cannot carry is left out.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        (self.status, self.headers, self.body).into_response()
    }
}
