//! What is refused before anybody is asked, and how it is told.

use crate::house::{self, House, SOME_ITEM};
use axum::body::Body;
use backend::net::{Request as Outgoing, Response, Transport, TransportError};
use http::{Method, Request, StatusCode};
use sandbox::company::{ADA, BEN};
use sandbox::world::journal::{Seq, Service};
use serde_json::json;
use std::sync::Arc;

fn wish_body() -> String {
    let wish = json!({"kind": "untrack", "record": "keep"});
    json!({"id": "0e1c2d3b-1111-4222-8333-444455556666", "wish": wish}).to_string()
}

fn post(
    house: &House,
    change: impl FnOnce(http::request::Builder) -> http::request::Builder,
    body: String,
) -> Request<Body> {
    let uri = format!("/api/items/{SOME_ITEM}/wishes?mailbox={}", ADA.upn);
    let builder = Request::post(uri)
        .header("authorization", format!("Bearer {}", house.token(&ADA)))
        .header("content-type", "application/json");
    change(builder).body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn implausible_items_mailboxes_and_terms_are_refused_before_anybody_is_asked() {
    let house = House::open().await;
    let token = house.token(&ADA);
    let long_id = format!("/api/items/{}?mailbox=a@b.example", "x".repeat(600));
    let long_term = format!("/api/records?search={}", "x".repeat(101));
    for path in [
        "/api/items/a%2Fb?mailbox=a@b.example",
        "/api/items/a%20b?mailbox=a@b.example",
        "/api/items/%FF?mailbox=a@b.example",
        "/api/items/abc",
        "/api/items/abc?mailbox=",
        "/api/items/abc?mailbox=nobody",
        "/api/items/abc?mailbox=a@b@c",
        "/api/items/abc?mailbox=a@b.example/../../me",
        "/api/items/abc/events?mailbox=%3Ca@b%3E",
        "/api/items/abc/suggestions?mailbox=a@b%3F%24select%3Dx",
        long_id.as_str(),
        "/api/records",
        "/api/records?search=",
        "/api/records?search=a",
        "/api/records?search=%20%20a%20%20",
        "/api/records?search=ab%00c",
        long_term.as_str(),
    ] {
        let answer = house.get_as(&token, path).await;
        assert_eq!(answer.problem(), "bad-request", "{path}");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    for service in [Service::Graph, Service::Dataverse] {
        assert_eq!(house.asked(service, Seq(0)), 0);
    }
}

#[tokio::test]
async fn bodies_that_are_no_wish_are_refused_without_being_repeated() {
    let house = House::open().await;
    for body in ["", "{", "[]", "{\"id\":\"secret-canary\",\"wish\":{}}", "{\"wish\":{\"kind\":\"explode\"}}"]
    {
        let answer = house.call(post(&house, |b| b, body.to_owned())).await;
        assert_eq!(answer.problem(), "bad-request", "{body}");
        assert!(!answer.text().contains("secret-canary"));
    }
}

#[tokio::test]
async fn bodies_beyond_64_kib_are_refused() {
    let house = House::open().await;
    let answer = house.call(post(&house, |b| b, "x".repeat(64 * 1024 + 1))).await;
    assert_eq!(
        (answer.problem().as_str(), answer.status),
        ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE)
    );
    let report = Request::post("/csp-report").header("content-type", "application/csp-report");
    let answer = house.call(report.body(Body::from("x".repeat(17 * 1024))).unwrap()).await;
    assert_eq!(answer.problem(), "payload-too-large");
}

#[tokio::test]
async fn writes_must_be_json_and_from_our_own_pages() {
    let house = House::open().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let change = |mut builder: http::request::Builder| {
            builder.headers_mut().unwrap().insert("content-type", content_type.parse().unwrap());
            builder
        };
        let answer = house.call(post(&house, change, wish_body())).await;
        assert_eq!(answer.problem(), "bad-request", "{content_type}");
    }
    for site in ["cross-site", "same-site"] {
        let answer = house.call(post(&house, |b| b.header("sec-fetch-site", site), wish_body())).await;
        assert_eq!(answer.problem(), "bad-request", "{site}");
    }
    assert_eq!(house.asked(Service::Graph, Seq(0)), 0);
    for site in ["same-origin", "none"] {
        let answer = house.call(post(&house, |b| b.header("sec-fetch-site", site), wish_body())).await;
        assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{site}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_not_there_and_methods_that_are_not_taken_are_problems_too() {
    let house = House::open().await;
    for path in
        ["/api/nothing", "/api/", "/nothing.html", "/api/items", "/../../etc/passwd", "/api/../etc/passwd"]
    {
        let answer = house.get(path).await;
        assert_eq!(
            (answer.problem().as_str(), answer.status),
            ("not-found", StatusCode::NOT_FOUND),
            "{path}"
        );
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/api/me", "GET,HEAD"),
        (Method::GET, "/csp-report", "POST"),
        (Method::PUT, "/api/items/x/wishes", "POST"),
        (Method::OPTIONS, "/api/me", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = house.call(request).await;
        assert_eq!(
            (answer.problem().as_str(), answer.status.as_u16()),
            ("method-not-allowed", 405),
            "{path}"
        );
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
    let request = Request::post("/").body(Body::empty()).unwrap();
    assert_eq!(house.call(request).await.problem(), "method-not-allowed");
}

#[tokio::test]
async fn problems_are_told_in_german_to_whoever_asks_for_it() {
    let house = House::open().await;
    let request = Request::get("/api/me").header("accept-language", "de-DE,de;q=0.9");
    let answer = house.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), "signed-out");
    assert_eq!(answer.header("content-language"), "de");
    assert!(answer.json()["title"].as_str().unwrap().contains("abgemeldet"), "{}", answer.text());
}

#[tokio::test]
async fn who_asks_too_often_waits_and_nobody_else_does() {
    let house = House::with(|config| {
        config.limits.requests_at_once = 3;
        config.limits.requests_per_minute = 6;
    })
    .await;
    let (ada, ben) = (house.token(&ADA), house.token(&BEN));
    // Refused requests count too, and these ask nobody.
    let path = "/api/records?search=a";
    for _ in 0..3 {
        assert_eq!(house.get_as(&ada, path).await.problem(), "bad-request");
    }
    let answer = house.get_as(&ada, path).await;
    assert_eq!((answer.problem().as_str(), answer.status.as_u16()), ("too-many-requests", 429));
    assert_eq!(answer.header("retry-after"), "10");
    assert_eq!(answer.json()["retry_after_s"], 10);
    assert_eq!(house.get_as(&ben, path).await.problem(), "bad-request");
    // Another token of the same person is the same person.
    let another = sandbox::entra::Mint::good(&ADA).token(&house.world).unwrap();
    assert_eq!(house.get_as(&another, path).await.problem(), "too-many-requests");
    house.clock.advance_secs(10);
    assert_eq!(house.get_as(&ada, path).await.problem(), "bad-request");
}

/// Falls over whenever it is used.
#[derive(Debug)]
struct Panics;

#[async_trait::async_trait]
impl Transport for Panics {
    async fn send(&self, _: Outgoing) -> Result<Response, TransportError> {
        panic!("a bug with a subject line in it");
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_with_a_request_id_and_without_its_words() {
    let clock = house::clock();
    let (world, _) = house::sandbox(&clock);
    let house = House::over(clock, world, Arc::new(Panics), |_| {}).await;
    let answer = house.get_as(&house.token(&ADA), "/api/me").await;
    assert_eq!((answer.problem().as_str(), answer.status.as_u16()), ("internal", 500));
    assert!(!answer.text().contains("subject line"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(house.get("/health").await.status, StatusCode::OK, "the service goes on");
}

#[tokio::test]
async fn reports_about_the_policy_are_taken_in_every_shape_and_only_so_many() {
    let house = House::open().await;
    let report = json!({"csp-report": {"effective-directive": "script-src", "blocked-uri": "https://evil.example/x?y"}});
    let send = |content_type: &str, body: String| {
        let request = Request::post("/csp-report").header("content-type", content_type);
        house.call(request.body(Body::from(body)).unwrap())
    };
    for body in [report.to_string(), "not even JSON".to_owned(), json!([]).to_string()] {
        assert_eq!(send("application/csp-report", body).await.status, StatusCode::NO_CONTENT);
    }
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(send("application/reports+json", report.to_string()).await.status);
    }
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
}
