//! JSON `$batch`: up to twenty requests in one, each through the journal and the faults like any other.
//!
//! Answers come in any order, as from the real service; here the order is shuffled by the seeded randomness, so
//! that a client which trusts the order fails in its tests and not at a customer's.

use super::asked::Reply;
use super::not_allowed;
use super::problem::Problem;
use crate::World;
use crate::server::{Parts, Severed};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most requests in one batch.
const MOST: usize = 20;

#[derive(Debug, Deserialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    id: Value,
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<Value>,
}

impl Part {
    fn name(&self) -> String {
        name(&self.id)
    }
}

/// Ids are text; some clients send numbers.
fn name(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

pub async fn perform(
    world: &World,
    parts: Option<Parts>,
    method: &Method,
    body: Body,
) -> Result<Result<Reply, Problem>, Severed> {
    if *method != Method::POST {
        return Ok(Err(not_allowed(method)));
    }
    let Some(parts) = parts else {
        return Ok(Err(Problem::bad_request("A batch cannot be performed here.")));
    };
    let batch = match read(body).await {
        Ok(batch) => batch,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut statuses: BTreeMap<String, bool> = BTreeMap::new();
    let mut answers: Vec<Value> = Vec::new();
    // Checked on reading: each part depends on earlier ones only, so the order given is an order to go by.
    for part in batch.requests {
        let id = part.name();
        let failed = part.depends_on.iter().any(|before| statuses.get(&name(before)) != Some(&true));
        let answer = if failed {
            json!({ "id": id, "status": 424, "headers": { "Content-Type": "application/json" }, "body": { "error": {
                "code": "FailedDependency", "message": "Failed Dependency",
            }}})
        } else {
            dispatch(&parts, part).await?
        };
        statuses.insert(id, answer["status"].as_u64().is_some_and(|status| status < 400));
        answers.push(answer);
    }
    shuffle(world, &mut answers);
    Ok(Ok(Reply::ok(json!({ "responses": answers }))))
}

async fn read(body: Body) -> Result<Batch, Problem> {
    let bytes = to_bytes(body, super::BODY_LIMIT).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The batch is larger than 4 MB.")
    })?;
    let batch: Batch = serde_json::from_slice(&bytes)
        .map_err(|reason| Problem::bad_request(format!("Invalid batch payload format: {reason}.")))?;
    if batch.requests.is_empty() {
        return Err(Problem::bad_request("Invalid batch payload format: there is no request."));
    }
    if batch.requests.len() > MOST {
        return Err(Problem::bad_request(format!(
            "Number of batch request steps exceeds the maximum value of {MOST}."
        )));
    }
    let mut seen: Vec<String> = Vec::new();
    for part in &batch.requests {
        let id = part.name();
        if seen.contains(&id) {
            return Err(Problem::bad_request(format!("Request Id '{id}' has to be unique in a batch.")));
        }
        if let Some(unknown) = part.depends_on.iter().map(name).find(|before| !seen.contains(before)) {
            return Err(Problem::bad_request(format!(
                "Request '{id}' depends on '{unknown}', which doesn't come before it in the batch."
            )));
        }
        let has_kind = part.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
        if part.body.as_ref().is_some_and(|body| !body.is_null()) && !has_kind {
            return Err(Problem::bad_request(format!(
                "Write request id : {id} does not contain Content-Type header or body."
            )));
        }
        if part.url.contains("://") {
            return Err(Problem::bad_request(format!("The URL of request '{id}' has to be relative.")));
        }
        if part.url.trim_start_matches('/').starts_with("$batch") {
            return Err(Problem::bad_request("A batch can't contain a batch."));
        }
        seen.push(id);
    }
    Ok(batch)
}

async fn dispatch(parts: &Parts, part: Part) -> Result<Value, Severed> {
    let id = part.name();
    match request(part) {
        Ok(request) => Ok(told(id, parts.dispatch(request).await?).await),
        Err(reason) => {
            Ok(json!({ "id": id, "status": 400, "headers": { "Content-Type": "application/json" },
            "body": { "error": { "code": "BadRequest", "message": reason } } }))
        }
    }
}

fn request(part: Part) -> Result<Request, String> {
    let mut request = Request::builder()
        .method(part.method.to_uppercase().as_str())
        .uri(format!("/v1.0/{}", part.url.trim_start_matches('/').replace(' ', "%20")));
    for (name, value) in &part.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let body = match part.body {
        None | Some(Value::Null) => Body::empty(),
        // What is not JSON travels as base64.
        Some(Value::String(text)) => Body::from(STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes())),
        Some(value) => Body::from(value.to_string()),
    };
    request.body(body).map_err(|reason| format!("The request cannot be understood: {reason}"))
}

/// The part's answer as the batch tells it.
async fn told(id: String, response: Response) -> Value {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut answer = json!({ "id": id, "status": head.status.as_u16(), "headers": headers(&head.headers) });
    if !bytes.is_empty() {
        let is_json = head
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        let json = is_json.then(|| serde_json::from_slice::<Value>(&bytes).ok()).flatten();
        answer["body"] = json.unwrap_or_else(|| Value::String(STANDARD.encode(&bytes)));
    }
    answer
}

/// The headers that a batch passes on, in the spelling of the real service.
fn headers(all: &HeaderMap) -> Value {
    let told = [
        ("content-type", "Content-Type"),
        ("cache-control", "Cache-Control"),
        ("retry-after", "Retry-After"),
        ("location", "Location"),
        ("etag", "ETag"),
        ("preference-applied", "Preference-Applied"),
        ("odata-version", "OData-Version"),
        ("www-authenticate", "WWW-Authenticate"),
    ];
    let map: Map<String, Value> = told
        .iter()
        .filter_map(|(name, spelled)| {
            let value = all.get(*name)?.to_str().ok()?;
            Some(((*spelled).to_owned(), json!(value)))
        })
        .collect();
    Value::Object(map)
}

fn shuffle(world: &World, answers: &mut [Value]) {
    for at in (1..answers.len()).rev() {
        let number = world.next_uuid().as_u128() >> 64;
        answers.swap(at, (number % (at as u128 + 1)) as usize);
    }
}
