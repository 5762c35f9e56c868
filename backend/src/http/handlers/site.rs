//! The pane's files, and everything for which there is no route.

use crate::http::Service;
use crate::http::answer::Refusal;
use axum::extract::{Request, State};
use axum::response::Response;
use http::Method;
use shared::problem::{Code, Problem};
use std::sync::Arc;

pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Refusal> {
    let path = request.uri().path();
    let file = service.site.find(path).filter(|_| !path.starts_with("/api/"));
    let file = file.ok_or_else(|| Problem::new(Code::NotFound))?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::new(Code::MethodNotAllowed).into());
    }
    Ok(file.answer(request.headers()))
}
