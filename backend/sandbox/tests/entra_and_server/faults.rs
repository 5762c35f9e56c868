//! Faults, tried on withdrawing and giving back consent: an effect that one can see afterwards.

use crate::client::*;
use http::{Method, Request, header};
use sandbox::company::{ADA, APP_CLIENT_ID, BEN};
use sandbox::entra::Mint;
use sandbox::server::Severed;
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use sandbox::world::journal::{Seq, Service};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CONSENT: &str = "/sandbox/entra/consent";

fn withdrawal() -> Request<axum::body::Body> {
    let change = json!({"clientId": APP_CLIENT_ID, "person": ADA.oid, "consent": "withdrawn"});
    json_request(Method::POST, CONSENT, &change)
}

/// Whether Ada's consent is withdrawn: whether the effect was applied.
async fn applied(tenant: &Tenant) -> bool {
    let order = json!({"person": ADA.oid, "clientId": APP_CLIENT_ID, "scope": API_SCOPE});
    let answer = tenant.control(Method::POST, "/sandbox/naa/token", &order).await;
    answer.status != 200
}

fn on_consent(kind: Kind) -> Fault {
    Fault::new(kind).on(Service::Control, "POST", CONSENT)
}

fn status(status: u16, code: &str, retry_after: Option<&str>) -> Kind {
    Kind::Status {
        status,
        code: code.to_owned(),
        message: "by order".to_owned(),
        retry_after: retry_after.map(str::to_owned),
        headers: [("x-extra".to_owned(), "1".to_owned())].into(),
    }
}

#[tokio::test]
async fn a_connection_dropped_before_leaves_nothing_applied() {
    let tenant = Tenant::new();
    tenant.world.faults.add(on_consent(Kind::DropBefore).times(1));
    assert_eq!(tenant.try_send(withdrawal()).await.err(), Some(Severed));
    assert!(!applied(&tenant).await);
    let entry = &tenant.world.journal.entries_after(Seq(0))[0];
    assert_eq!((entry.status, entry.ended.is_some()), (None, true));
    assert_eq!(tenant.try_send(withdrawal()).await.unwrap().status, 204, "worn out after one hit");
}

#[tokio::test]
async fn a_connection_dropped_after_leaves_the_effect_applied() {
    let tenant = Tenant::new();
    tenant.world.faults.add(on_consent(Kind::DropAfter).times(1));
    assert_eq!(tenant.try_send(withdrawal()).await.err(), Some(Severed));
    assert!(applied(&tenant).await);
}

#[tokio::test]
async fn a_request_hung_before_is_applied_once_released() {
    let tenant = Tenant::new();
    tenant.world.faults.add(on_consent(Kind::HangBefore).named("gate").times(1));
    let asking = tenant.send(withdrawal());
    let releasing = async {
        assert!(!applied(&tenant).await);
        let answer = tenant.control(Method::POST, "/sandbox/release/gate", &json!({})).await;
        assert_eq!(answer.json()["released"], 1);
    };
    let (answer, ()) = tokio::join!(asking, releasing);
    assert_eq!(answer.status, 204);
    assert!(applied(&tenant).await);
}

#[tokio::test]
async fn a_request_hung_after_is_applied_before_it_is_released() {
    let tenant = Tenant::new();
    tenant.world.faults.add(on_consent(Kind::HangAfter).named("gate"));
    let asking = tenant.send(withdrawal());
    let releasing = async {
        assert!(applied(&tenant).await);
        assert_eq!(tenant.world.faults.held("gate"), 1);
        assert!(tenant.world.faults.remove("gate"), "taking the fault away lets go too");
    };
    let (answer, ()) = tokio::join!(asking, releasing);
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn every_service_words_a_refusal_its_own_way() {
    let tenant = Tenant::new();
    tenant.world.faults.add(Fault::new(status(429, "TooManyRequests", Some("2.128"))));
    let graph = tenant.get("/v1.0/me").await;
    assert_eq!(
        (graph.status.as_u16(), &graph.headers[header::RETRY_AFTER]),
        (429, &"2.128".parse().unwrap())
    );
    assert_eq!(graph.headers["x-extra"], "1");
    assert_eq!(graph.json()["error"]["code"], "TooManyRequests");
    assert!(graph.json()["error"]["innerError"]["request-id"].is_string());
    let crm = tenant.get("/api/data/v9.2/WhoAmI").await.json();
    assert_eq!(crm, json!({"error": {"code": "TooManyRequests", "message": "by order"}}));

    tenant.world.faults.clear();
    tenant.world.faults.add(Fault::new(status(503, "90033", None)));
    let entra = tenant.token(&[]).await;
    assert_eq!((entra.status.as_u16(), entra.error_code()), (503, 90_033));
    assert_eq!(entra.json()["error"], "temporarily_unavailable");
    assert!(!entra.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn the_first_may_pass_and_the_fault_wears_out() {
    let tenant = Tenant::new();
    tenant
        .world
        .faults
        .add(Fault::new(status(500, "x", None)).on(Service::Graph, "GET", "/v1.0/").after(1).times(2));
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(tenant.get("/v1.0/nothing").await.status == 500);
    }
    assert_eq!(seen, [false, true, true, false, false]);
    let armed = &tenant.world.faults.list()[0];
    assert_eq!((armed.seen, armed.hits), (5, 2));
}

#[tokio::test]
async fn a_fault_hits_what_it_names_and_nothing_else() {
    let tenant = Tenant::new();
    let matching = Matching {
        service: Some(Service::Graph),
        method: Some("PATCH".to_owned()),
        path_contains: Some("/messages/".to_owned()),
        place: Place::TopLevel,
        caller: Some("user ben".to_owned()),
        body_contains: Some("Tracked to".to_owned()),
    };
    tenant.world.faults.add(Fault::new(status(418, "hit", None)).matching(matching));
    let ask = |method: Method, path: &'static str, person, body: &'static str| {
        let token = tenant.mint(&Mint::graph(person, "Mail.ReadWrite"));
        let mut request = json_request(method, path, &json!({"categories": [body]}));
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        let tenant = &tenant;
        async move { tenant.send(request).await.status.as_u16() }
    };
    const MESSAGE: &str = "/v1.0/me/messages/AAA";
    assert_eq!(ask(Method::PATCH, MESSAGE, &BEN, "Tracked to Dynamics 365").await, 418);
    assert_ne!(ask(Method::POST, MESSAGE, &BEN, "Tracked to Dynamics 365").await, 418);
    assert_ne!(ask(Method::PATCH, "/v1.0/me/events/AAA", &BEN, "Tracked to Dynamics 365").await, 418);
    assert_ne!(ask(Method::PATCH, MESSAGE, &ADA, "Tracked to Dynamics 365").await, 418);
    assert_ne!(ask(Method::PATCH, MESSAGE, &BEN, "Family").await, 418);
    assert_ne!(ask(Method::PATCH, "/api/data/v9.2/messages/A", &BEN, "Tracked to Dynamics 365").await, 418);
}

#[tokio::test]
async fn a_value_in_the_answer_is_replaced_or_added() {
    let tenant = Tenant::new();
    let replaced = |pointer: &str, value: Value| Kind::BodyReplaced { pointer: pointer.to_owned(), value };
    let evil = json!("https://evil.example/v1.0/next");
    tenant.world.faults.add(Fault::new(replaced("/@odata.nextLink", evil.clone())));
    tenant.world.faults.add(Fault::new(replaced("/people/0/name", json!("Eve"))));
    let answer = tenant.get("/sandbox/tenant").await.json();
    assert_eq!((&answer["@odata.nextLink"], &answer["people"][0]["name"]), (&evil, &json!("Eve")));
    assert_eq!(answer["people"][1]["name"], BEN.name);
    tenant.world.faults.clear();
    tenant.world.faults.add(Fault::new(replaced("", json!([1]))));
    assert_eq!(tenant.get("/sandbox/tenant").await.json(), json!([1]));
}

#[tokio::test]
async fn latency_and_a_slow_body_take_their_time_and_change_nothing() {
    let tenant = Tenant::new();
    let quick = tenant.get("/sandbox/tenant").await.text;
    tenant.control(Method::POST, "/sandbox/latency", &json!({"control": 15, "graph": 0})).await;
    tenant.world.faults.add(Fault::new(Kind::Latency { ms: 10 }).times(1));
    tenant.world.faults.add(Fault::new(Kind::SlowBody { pieces: 5, pause_ms: 5 }).times(1));
    let begun = Instant::now();
    assert_eq!(tenant.get("/sandbox/tenant").await.text, quick);
    assert!(begun.elapsed() >= Duration::from_millis(50), "{:?}", begun.elapsed());
    assert_eq!(tenant.get("/sandbox/latency").await.json()["control"], 15);
}

#[tokio::test]
async fn faults_are_armed_listed_and_taken_away_over_http() {
    let tenant = Tenant::new();
    let fault = json!({
        "name": "f", "kind": "status", "status": 503, "code": "ServiceUnavailable", "retryAfter": "1",
        "matching": {"service": "graph", "pathContains": "/me", "place": "topLevel"}, "skip": 0, "times": 3,
    });
    let answer = tenant.control(Method::POST, "/sandbox/faults", &fault).await;
    assert_eq!((answer.status.as_u16(), answer.json()["name"].clone()), (201, json!("f")), "{}", answer.text);
    assert_eq!(tenant.get("/v1.0/me").await.status, 503);
    let listed = tenant.get("/sandbox/faults").await.json();
    assert_eq!((&listed[0]["name"], &listed[0]["hits"]), (&json!("f"), &json!(1)));
    let nothing = json!({});
    assert_eq!(tenant.control(Method::DELETE, "/sandbox/faults/f", &nothing).await.status, 204);
    assert_eq!(tenant.control(Method::DELETE, "/sandbox/faults/f", &nothing).await.status, 404);
    assert_ne!(tenant.get("/v1.0/me").await.status, 503);
    let misspelt = json!({"kind": "status", "status": 503, "code": "x", "matching": {"paths": "/me"}});
    let answer = tenant.control(Method::POST, "/sandbox/faults", &misspelt).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("paths"), "{}", answer.text);
}
