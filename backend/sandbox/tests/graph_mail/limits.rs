use crate::client::*;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn too_many_requests_wait_until_the_window_ends() {
    let tenant = Tenant::new();
    let limits = json!({ "requestsPerWindow": 2, "windowSecs": 60 });
    tenant.people().send(Method::PUT, "/sandbox/exchange/limits", Some(limits)).await.expect(200);
    let ada = tenant.ada();
    ada.get("/me/messages").await.expect(200);
    tenant.clock.advance(SignedDuration::from_secs(20));
    ada.get("/me/messages").await.expect(200);
    let refused = ada.get("/me/messages").await.expect(429);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("TooManyRequests", "40"));
    // Another mailbox has its own count.
    tenant.app(&["Mail.Read"]).get("/users/sales@northlight.example/messages").await.expect(200);
    tenant.clock.advance(SignedDuration::from_secs(40));
    ada.get("/me/messages").await.expect(200);
}

#[tokio::test]
async fn too_many_at_once_are_told_of_the_concurrency_limit() {
    let tenant = Tenant::new();
    let limits = json!({ "concurrentRequests": 0 });
    tenant.people().send(Method::PUT, "/sandbox/exchange/limits", Some(limits)).await.expect(200);
    let refused = tenant.ada().get("/me/messages").await.expect(429);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("ApplicationThrottled", "1"));
}

#[tokio::test]
async fn what_is_not_served_says_so() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    for path in ["/nonsense", "/me/nonsense", "/v1.0/v1.0/me", "/me/messages/x/nonsense/y"] {
        let answer = ada.get(path).await;
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.code().is_empty());
    }
    ada.get("/me/events").await.expect(501);
    ada.send(Method::PUT, "/me/messages", Some(json!({}))).await.expect(405);
}
