//! What may ring, and that whoever guesses learns nothing.

use crate::house::{Answer, House};
use axum::body::Body;
use http::{Request, StatusCode};
use sandbox::world::journal::{Seq, Service};
use serde_json::{Value, json};

const PATHS: [&str; 2] = ["/api/notifications/graph", "/api/notifications/graph/lifecycle"];

async fn send(house: &House, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    house.call(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn the_handshake_is_echoed_as_plain_text_and_nothing_else() {
    let house = House::open().await;
    for path in PATHS {
        let uri = format!("{path}?validationToken=Validation%3A%20%3Cb%3Ea%2Bb%3C%2Fb%3E%20%C3%A4");
        let request = Request::post(uri).header("content-type", "text/plain; charset=utf-8");
        let answer = house.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "Validation: <b>a+b</b> ä"));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let long = Request::post(format!("{path}?validationToken={}", "x".repeat(5_000)));
        let long = long.header("content-type", "text/plain").body(Body::empty()).unwrap();
        assert_eq!(house.call(long).await.problem(), "bad-request");
    }
}

#[tokio::test]
async fn unknown_subscriptions_are_answered_like_known_ones_and_nobody_is_asked_anything() {
    let house = House::open().await;
    for path in PATHS {
        for value in [
            json!([]),
            json!([{"subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "clientState": "guess"}]),
            json!([{"subscriptionId": "' or 1=1 --"}, {"subscriptionId": "", "changeType": "deleted"}]),
        ] {
            let answer = send(&house, path, &json!({"value": value})).await;
            assert_eq!((answer.status, answer.body.len()), (StatusCode::ACCEPTED, 0), "{value}");
        }
    }
    for service in [Service::Graph, Service::Dataverse, Service::Entra] {
        assert_eq!(house.asked(service, Seq(0)), 0, "{service:?}");
    }
    assert_eq!(house.audited().await, 0);
}

#[tokio::test]
async fn what_is_no_notification_is_refused_without_being_repeated() {
    let house = House::open().await;
    for path in PATHS {
        for body in [json!({}), json!([]), json!({"value": "canary"}), json!({"value": [{"canary": 1}]})] {
            let answer = send(&house, path, &body).await;
            assert_eq!(answer.problem(), "bad-request", "{body}");
            assert!(!answer.text().contains("canary"));
        }
        let large = json!({"value": [{"subscriptionId": "x".repeat(256 * 1024)}]});
        assert_eq!(send(&house, path, &large).await.problem(), "payload-too-large");
    }
}
