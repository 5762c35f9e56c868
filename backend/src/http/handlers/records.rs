//! Search in the CRM.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::bad_request;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use shared::api::{ProblemDetails, Records, SEARCH_MAX_CHARS, SEARCH_MIN_CHARS};
use std::sync::Arc;

#[derive(Deserialize)]
pub(crate) struct Asked {
    search: Option<String>,
}

/// Records by a piece of their name.
#[utoipa::path(
    get,
    path = "/api/records",
    params(("search" = String, Query, description = "A piece of the name, 2 to 100 characters")),
    responses((status = 200, body = Records), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn search(
    State(service): State<Arc<Service>>,
    caller: Caller,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Records>, Refusal> {
    let Query(Asked { search }) = asked.map_err(|_| bad_request("the query cannot be read"))?;
    let search = search.ok_or_else(|| bad_request("the query lacks `search`"))?;
    Ok(Json(service.items.search(&caller.access(), term_of(&search)?).await?))
}

fn term_of(text: &str) -> Result<&str, Refusal> {
    let term = text.trim();
    match term.chars().count() {
        ..SEARCH_MIN_CHARS => {
            Err(bad_request(format!("type at least {SEARCH_MIN_CHARS} characters to search")))
        }
        count if count > SEARCH_MAX_CHARS => {
            Err(bad_request(format!("a search has at most {SEARCH_MAX_CHARS} characters")))
        }
        _ if term.chars().any(char::is_control) => Err(bad_request("a search has no control characters")),
        _ => Ok(term),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_of_two_to_a_hundred_characters() {
        for (text, term) in
            [("ab", "ab"), ("  O'Hara & Sons ", "O'Hara & Sons"), ("日本", "日本"), ("%%", "%%")]
        {
            assert_eq!(term_of(text).ok(), Some(term));
        }
        assert!(term_of(&"ä".repeat(100)).is_ok());
        for bad in ["", "a", "  a  ", "a\0b", &"ä".repeat(101)] {
            assert!(term_of(bad).is_err(), "{bad}");
        }
    }
}
