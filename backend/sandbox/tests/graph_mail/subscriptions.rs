use crate::client::*;
use crate::listener::*;
use jiff::SignedDuration;
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, QUEUE_OID};
use serde_json::{Value, json};

const ROLES: [&str; 1] = ["Mail.ReadWrite"];

fn of(person: &sandbox::company::Person) -> String {
    format!("/users/{}/messages", person.oid)
}

/// A wish that differs in one property.
fn with(name: &str, value: Value) -> Value {
    let mut wish = wish(&of(&ADA));
    wish[name] = value;
    wish
}

#[tokio::test]
async fn a_subscription_is_made_after_both_addresses_gave_the_token_back() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let mark = tenant.mark();
    let made = app.post("/subscriptions", wish(&of(&ADA))).await.expect(201).json();
    assert_eq!(tenant.effects_after(mark), ["subscription.create"]);
    assert!(text(&made, "@odata.context").ends_with("/v1.0/$metadata#subscriptions/$entity"));
    assert_eq!(made["changeType"], "created,updated,deleted");
    assert_eq!(made["resource"], of(&ADA));
    assert_eq!(made["applicationId"], APP_CLIENT_ID);
    assert_eq!(made["clientState"], "open sesame");
    assert_eq!(made["expirationDateTime"], "2026-11-26T10:00:00Z");
    assert_eq!(made["latestSupportedTlsVersion"], "v1_2");
    assert_eq!(made["lifecycleNotificationUrl"], LIFECYCLE);
    assert!(!text(&made, "creatorId").is_empty());
    let handshakes = listener.heard().handshakes.clone();
    let paths: Vec<&str> = handshakes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/graph/notify", "/graph/lifecycle"]);
    assert!(handshakes[0].1.starts_with("Validation: Testing client application reachability"));
    let path = format!("/subscriptions/{}", text(&made, "id"));
    let again = app.get(&path).await.expect(200).json();
    assert_eq!(again["id"], made["id"]);
    assert_eq!(app.get("/subscriptions").await.expect(200).items().len(), 1);
}

#[tokio::test]
async fn an_address_that_does_not_shake_hands_is_refused() {
    let tenant = Tenant::new();
    let app = tenant.app(&ROLES);
    let nobody = app.post("/subscriptions", wish(&of(&ADA))).await.expect(400);
    assert_eq!(nobody.code(), "ValidationError");
    let listener = Listener::of(&tenant);
    for manner in [Manner::Down, Manner::Deaf, Manner::Html, Manner::Accepts] {
        listener.behave(manner);
        let answer = app.post("/subscriptions", wish(&of(&ADA))).await.expect(400);
        assert_eq!(answer.code(), "ValidationError", "{manner:?}");
        assert!(answer.text().contains("Subscription validation request failed"), "{}", answer.text());
    }
    assert!(app.get("/subscriptions").await.expect(200).items().is_empty());
}

#[tokio::test]
async fn wishes_that_cannot_be_granted_are_refused_by_name() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    for (name, value, said) in [
        ("changeType", json!("created,moved"), "changeType"),
        ("changeType", Value::Null, "changeType"),
        ("notificationUrl", json!("http://localhost:3000/graph/notify"), "https"),
        ("notificationUrl", json!("/graph/notify"), "https"),
        ("lifecycleNotificationUrl", json!("https://localhost:3001/graph/lifecycle"), "same host"),
        ("resource", json!("/users/5a9db0c5-0000-4000-8000-0000000000a1/events"), "not supported"),
        ("resource", json!("me/messages"), "not supported"),
        ("resource", json!(format!("{}?$filter=isRead eq true", of(&ADA))), "options"),
        ("expirationDateTime", json!("2026-11-27T10:00:01Z"), "10080 minutes"),
        ("expirationDateTime", json!("2026-11-20T09:59:59Z"), "future"),
        ("expirationDateTime", json!("soon"), "expirationDateTime"),
        ("clientState", json!("x".repeat(129)), "128"),
        ("includeResourceData", json!(true), "includeResourceData"),
        ("latestSupportedTlsVersion", json!("v9"), "latestSupportedTlsVersion"),
        ("colour", json!("red"), "colour"),
    ] {
        let answer = app.post("/subscriptions", with(name, value.clone())).await.expect(400);
        assert!(answer.text().contains(said), "{name} {value}: {}", answer.text());
    }
    assert!(listener.heard().handshakes.is_empty(), "nobody was asked in vain");
    app.post("/subscriptions", with("clientState", json!("x".repeat(128)))).await.expect(201);
}

#[tokio::test]
async fn the_shortest_life_is_45_minutes_and_the_longest_a_week() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let soon = with("expirationDateTime", json!("2026-11-20T10:01:00Z"));
    let made = app.post("/subscriptions", soon).await.expect(201).json();
    assert_eq!(made["expirationDateTime"], "2026-11-20T10:45:00Z");
    let path = format!("/subscriptions/{}", text(&made, "id"));
    let week = app.patch(&path, json!({ "expirationDateTime": "2026-11-27T10:00:00Z" })).await.expect(200);
    assert_eq!(week.json()["expirationDateTime"], "2026-11-27T10:00:00Z");
    app.patch(&path, json!({ "expirationDateTime": "2026-11-27T10:00:01Z" })).await.expect(400);
    app.patch(&path, json!({ "lifecycleNotificationUrl": LIFECYCLE })).await.expect(400);
}

#[tokio::test]
async fn a_subscription_ends_by_the_clock_and_by_deletion() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let make = async || {
        let end = tenant.world.now() + SignedDuration::from_mins(45);
        let made = app.post("/subscriptions", with("expirationDateTime", json!(end.to_string()))).await;
        format!("/subscriptions/{}", text(&made.expect(201).json(), "id"))
    };
    let path = make().await;
    tenant.clock.advance(SignedDuration::from_mins(44));
    app.get(&path).await.expect(200);
    tenant.clock.advance(SignedDuration::from_mins(1));
    for gone in [
        app.get(&path).await,
        app.patch(&path, json!({ "expirationDateTime": "2026-11-26T10:00:00Z" })).await,
        app.post(&format!("{path}/reauthorize"), json!({})).await,
        app.delete(&path).await,
    ] {
        assert_eq!(gone.expect(404).code(), "ResourceNotFound");
    }
    let path = make().await;
    app.post(&format!("{path}/reauthorize"), json!({})).await.expect(204);
    app.delete(&path).await.expect(204);
    app.delete(&path).await.expect(404);
}

#[tokio::test]
async fn the_same_wish_twice_is_a_conflict_and_another_one_is_not() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let first = app.post("/subscriptions", wish(&of(&ADA))).await.expect(201).json();
    let other_order = with("changeType", json!("deleted,updated,created"));
    let answer = app.post("/subscriptions", other_order).await.expect(409);
    assert!(answer.text().contains(text(&first, "id")), "{}", answer.text());
    let by_name = app.post("/subscriptions", wish(&format!("users/{}/messages", ADA.upn))).await;
    assert_eq!(by_name.expect(409).code(), "Conflict");
    assert_eq!(listener.heard().handshakes.len(), 2, "those of the first alone");
    app.post("/subscriptions", wish(&of(&BEN))).await.expect(201);
    app.post("/subscriptions", with("changeType", json!("created"))).await.expect(201);
    let folder = format!("/users/{}/mailFolders('Inbox')/messages", ADA.oid);
    app.post("/subscriptions", wish(&folder)).await.expect(201);
    let stranger = sandbox::exchange::Terms {
        application: "another".to_owned(),
        ..tenant.world.exchange().subscriptions().next().expect("the first").terms.clone()
    };
    tenant.world.exchange().subscribe(stranger).expect("another application may wish the same");
}

#[tokio::test]
async fn a_mailbox_takes_a_thousand_subscriptions() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    app.post("/subscriptions", wish(&of(&ADA))).await.expect(201);
    {
        let mut exchange = tenant.world.exchange();
        let one = exchange.subscriptions().next().expect("the one just made").terms.clone();
        for number in 1..1_000 {
            exchange
                .subscribe(sandbox::exchange::Terms { creator: number.to_string(), ..one.clone() })
                .unwrap();
        }
    }
    let answer = app.post("/subscriptions", with("changeType", json!("created"))).await.expect(403);
    assert_eq!(answer.code(), "ExtensionError");
    app.post("/subscriptions", wish(&of(&BEN))).await.expect(201);
}

#[tokio::test]
async fn who_may_not_read_the_mailbox_may_not_subscribe_and_a_user_only_at_home() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    tenant.app(&["User.Read.All"]).post("/subscriptions", wish(&of(&ADA))).await.expect(403);
    let ada = tenant.ada();
    ada.post("/subscriptions", wish("me/messages")).await.expect(201);
    for other in [format!("/users/{QUEUE_OID}/messages"), of(&BEN)] {
        let answer = ada.post("/subscriptions", wish(&other)).await.expect(403);
        assert_eq!(answer.code(), "ErrorAccessDenied");
    }
    tenant.app(&ROLES).post("/subscriptions", wish("/users/eve@x.example/messages")).await.expect(404);
    assert!(tenant.app(&ROLES).get("/subscriptions").await.items().is_empty(), "Ada's are not the app's");
    let forbidden = json!({ "forbidden": true });
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", BEN.upn);
    tenant.people().send(http::Method::PUT, &switches, Some(forbidden)).await.expect(200);
    tenant.app(&ROLES).post("/subscriptions", wish(&of(&BEN))).await.expect(403);
}

#[tokio::test]
async fn a_renewal_may_change_the_address_after_another_handshake() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let made = app.post("/subscriptions", wish(&of(&ADA))).await.expect(201).json();
    let path = format!("/subscriptions/{}", text(&made, "id"));
    let elsewhere = json!({ "notificationUrl": "https://localhost:3000/elsewhere" });
    assert_eq!(
        app.patch(&path, elsewhere.clone()).await.expect(200).json()["notificationUrl"],
        elsewhere["notificationUrl"]
    );
    assert_eq!(listener.heard().handshakes.last().expect("a third one").0, "/elsewhere");
    listener.behave(Manner::Deaf);
    app.patch(&path, json!({ "notificationUrl": NOTIFY })).await.expect(400);
    assert_eq!(app.get(&path).await.json()["notificationUrl"], elsewhere["notificationUrl"]);
}

#[tokio::test]
async fn subscriptions_survive_being_saved_and_loaded() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    let made = app.post("/subscriptions", wish(&of(&ADA))).await.expect(201).json();
    let saved = serde_json::to_string(&*tenant.world.exchange()).unwrap();
    *tenant.world.exchange() = serde_json::from_str(&saved).unwrap();
    app.get(&format!("/subscriptions/{}", text(&made, "id"))).await.expect(200);
}

#[tokio::test]
async fn many_subscriptions_are_listed_by_pages_of_a_hundred() {
    let tenant = Tenant::new();
    Listener::of(&tenant);
    let app = tenant.app(&ROLES);
    app.post("/subscriptions", wish(&of(&ADA))).await.expect(201);
    {
        let mut exchange = tenant.world.exchange();
        let one = exchange.subscriptions().next().expect("the one just made").terms.clone();
        for number in 1..250 {
            let oid = format!("many-{number}");
            let kind = sandbox::exchange::MailboxKind::User;
            exchange.add_mailbox(&oid, &format!("{oid}@x.example"), "One of many", kind, tenant.world.now());
            exchange.subscribe(sandbox::exchange::Terms { mailbox: oid, ..one.clone() }).unwrap();
        }
    }
    let (mut url, mut sizes) = ("/subscriptions".to_owned(), Vec::new());
    loop {
        let page = app.get(&url).await.expect(200).json();
        sizes.push(page["value"].as_array().expect("a list").len());
        match page["@odata.nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
}
