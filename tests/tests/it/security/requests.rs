//! Requests that are malformed, oversized or never end.

use axum::body::Body;
use backend::http::routes::{ROUTES, Who};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use sandbox::company::ADA;
use sandbox::entra::Mint;
use sandbox::world::journal::Service;
use tests::{Pane, Stack};
use tower::ServiceExt as _;

fn wish_route() -> String {
    format!("/api/items/AAMkAGNvbnRvc28AAA=/wishes?mailbox={}", ADA.upn)
}

#[tokio::test]
async fn deep_wide_and_odd_json_is_refused_and_the_service_goes_on() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(5_000), close.repeat(5_000));
    for (name, body) in [
        ("lists", deep("[", "]")),
        ("objects", deep("{\"wish\":", "}")),
        ("open lists", "[".repeat(60_000)),
        ("a long number", "9".repeat(60_000)),
        ("a long exponent", "1e999999999".to_owned()),
        ("many keys", format!("{{{}\"x\":1}}", "\"id\":\"1\",".repeat(5_000))),
        ("half a surrogate", "{\"id\":\"\\ud800\"}".to_owned()),
        ("a byte order mark", "\u{feff}{}".to_owned()),
        ("two wishes", "{}{}".to_owned()),
    ] {
        let answer = ada.call(Method::POST, &wish_route(), Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
    }
    assert_eq!(ada.call(Method::GET, "/health", None).await.status, StatusCode::OK);
}

/// Ids and mailboxes that try to be more than that, percent-encoded as a client may send them.
const ITEMS: [&str; 12] = [
    "..%2F..%2Fme",
    "%2e%2e",
    "%252e%252e%252f",
    "a%00b",
    "a%0d%0aHost:%20evil.example",
    "a%2Fattachments",
    "a%5Cb",
    "a%3F$select=body",
    "a%23x",
    "%c0%ae%c0%ae",
    "a%E2%80%AEb",
    "a'b",
];
const MAILBOXES: [&str; 10] = [
    "ada@northlight.example%0d%0aX-Evil:%201",
    "ada@northlight.example%00",
    "ada@northlight.example/messages",
    "ada@northlight.example%2F..%2F..%2Fme",
    "%61%64%61@northlight.example%3F$select=id",
    "ada@northlight.example#x%23",
    "ben@x%20OR%20ada@x",
    "%22ada%22@northlight.example,ben@northlight.example",
    "me",
    "users('ada')",
];

#[tokio::test]
async fn items_and_mailboxes_that_are_none_are_refused_on_every_route_before_anybody_is_asked() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let routes = || ROUTES.iter().filter(|route| route.path.contains("{item}"));
    assert!(routes().count() >= 4);
    for route in routes() {
        let body = || {
            (route.body_bytes > 0).then(|| {
                let wish = serde_json::json!({"kind": "track", "regarding": {"kind": "keep"}});
                serde_json::json!({"id": uuid::Uuid::new_v4(), "wish": wish}).to_string()
            })
        };
        let addresses = ITEMS
            .iter()
            .map(|item| format!("{}?mailbox={}", route.path.replace("{item}", item), ADA.upn))
            .chain(MAILBOXES.iter().map(|mailbox| {
                format!("{}?mailbox={}", route.path.replace("{item}", "AAMk="), mailbox.replace('#', "%23"))
            }));
        for address in addresses {
            let answer = ada.call(route.method.clone(), &address, body()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{} {address}", route.method);
        }
    }
    let asked = stack.since(sandbox::world::journal::Seq(0));
    assert!(
        asked.iter().all(|entry| entry.service == Service::Entra && entry.path.ends_with("/keys")),
        "{asked:#?}"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for_beyond_the_limit() {
    // The limit is none at all, so that nothing is waited for here.
    let stack = Stack::start_with(|setup| setup.config.limits.answer_secs = 0).await;
    let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post("/csp-report")
        .header("content-type", "application/csp-report")
        .body(Body::from_stream(never))
        .expect("a request");
    let Ok(response) = stack.api().oneshot(request).await;
    assert!(response.status().is_server_error() || response.status() == StatusCode::REQUEST_TIMEOUT);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn pages_of_other_sites_may_write_nothing_on_any_route() {
    let stack = Stack::start().await;
    let token = Mint::good(&ADA).token(&stack.world).expect("a token");
    let writes = || ROUTES.iter().filter(|route| route.method != Method::GET);
    assert!(writes().count() >= 2 && writes().any(|route| route.who == Who::User));
    for route in writes() {
        for site in ["cross-site", "same-site"] {
            let path = route.path.replace("{item}", "AAMk=");
            let request = Request::builder()
                .method(route.method.clone())
                .uri(format!("{path}?mailbox={}", ADA.upn))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .header("sec-fetch-site", site)
                .header("origin", "https://evil.example")
                .body(Body::from("{}"))
                .expect("a request");
            let Ok(response) = stack.api().oneshot(request).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{site} {}", route.path);
            assert!(!response.headers().contains_key("access-control-allow-origin"));
        }
    }
    let preflight = Request::options(wish_route())
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .expect("a request");
    let Ok(response) = stack.api().oneshot(preflight).await;
    assert!(!response.status().is_success(), "no preflight is granted");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn one_who_asks_too_often_waits_and_nobody_else_does() {
    let stack = Stack::start_with(|setup| {
        setup.config.limits.requests_at_once = 2;
        setup.config.limits.requests_per_minute = 6;
    })
    .await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&sandbox::company::BEN));
    // However the requests end, they count; these ask nobody.
    let count = |pane: Pane| async move { pane.call(Method::GET, "/api/records?search=x", None).await };
    for _ in 0..2 {
        assert_eq!(count(ada.clone()).await.status, StatusCode::BAD_REQUEST);
    }
    let answer = count(ada.clone()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "10");
    assert_eq!(count(ben).await.status, StatusCode::BAD_REQUEST, "Ben has not asked yet");
    stack.clock.advance_ms(10_000);
    assert_eq!(count(ada).await.status, StatusCode::BAD_REQUEST, "and it goes on");
}
