//! Event streams: what they begin with, and what ends them.

use crate::house::House;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use sandbox::company::ADA;
use tower::ServiceExt as _;

async fn open(house: &House, item: &str) -> http::Response<Body> {
    let request = Request::get(format!("/api/items/{item}/events?mailbox={}", ADA.upn))
        .header("authorization", format!("Bearer {}", house.token(&ADA)));
    let Ok(response) = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
    response
}

/// The first message of Ada's inbox.
async fn item(house: &House) -> String {
    use backend::net::Request as Outgoing;
    let token = sandbox::entra::Mint::graph(&ADA, "Mail.ReadWrite").token(&house.world).unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("prefer", "IdType=\"ImmutableId\"".parse().unwrap());
    let answer = house
        .transport
        .send(Outgoing {
            method: http::Method::GET,
            url: "https://localhost:4000/v1.0/me/mailFolders/inbox/messages?$top=1&$select=id"
                .parse()
                .unwrap(),
            headers,
            body: bytes::Bytes::new(),
            time_limit: std::time::Duration::from_secs(10),
        })
        .await
        .unwrap();
    let messages: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    messages["value"][0]["id"].as_str().unwrap_or_else(|| panic!("{messages}")).to_owned()
}

async fn first_event(response: &mut http::Response<Body>) -> String {
    let frame = response.body_mut().frame().await.expect("an event").expect("whole");
    String::from_utf8(frame.into_data().expect("data").to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_begins_with_the_present_state_and_ends_when_the_service_stops() {
    let house = House::open().await;
    let item = item(&house).await;
    let mut response = open(&house, &item).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    let event = first_event(&mut response).await;
    assert!(event.contains("event: state") && event.contains("\"is\":\"not_tracked\""), "{event}");
    house.app.begin_stop();
    assert!(response.body_mut().frame().await.is_none(), "ended in good order");
    assert_eq!(house.get("/ready").await.status.as_u16(), 503);
    assert_eq!(house.get("/health").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_stream_ends_with_the_callers_token() {
    let house = House::open().await;
    let item = item(&house).await;
    let mut response = open(&house, &item).await;
    first_event(&mut response).await;
    house.clock.advance_secs(2 * 3600);
    assert!(response.body_mut().frame().await.is_none());
}
