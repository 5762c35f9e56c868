//! Every bad token on every route that asks for one, made from the table of routes.

use crate::house::{self, House, SOME_ITEM};
use axum::body::Body;
use backend::entra::Verifier;
use backend::http::routes::{ROUTES, Route, Who};
use http::{Request, StatusCode};
use sandbox::company::{ADA, BEN};
use sandbox::entra::{Flaw, Mint};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::{Seq, Service};
use secrecy::ExposeSecret as _;
use serde_json::json;

fn user_routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.who == Who::User)
}

fn request(route: &Route, authorization: Option<&str>) -> Request<Body> {
    let path = route.path.replace("{item}", SOME_ITEM);
    let uri = format!("{path}?mailbox={}&search=Fjord", ADA.upn);
    let mut request = Request::builder().method(route.method.clone()).uri(uri);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let body = if route.body_bytes == 0 {
        Body::empty()
    } else {
        request = request.header("content-type", "application/json");
        let wish = json!({"kind": "track", "regarding": {"kind": "keep"}});
        Body::from(json!({"id": uuid::Uuid::new_v4(), "wish": wish}).to_string())
    };
    request.body(body).unwrap()
}

/// Everything that must not get in, with its name and the code of the answer.
fn bad_tokens(house: &House) -> Vec<(String, Option<String>, &'static str)> {
    let world = &house.world;
    let good = house.token(&ADA);
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let mut bad = vec![
        ("no token".to_owned(), None, "signed-out"),
        ("an empty token".to_owned(), bearer(""), "signed-out"),
        ("no scheme".to_owned(), Some(good.clone()), "signed-out"),
        ("another scheme".to_owned(), Some(format!("Basic {good}")), "signed-out"),
        ("garbage".to_owned(), bearer("garbage"), "signed-out"),
        ("three dots".to_owned(), bearer("..."), "signed-out"),
        ("half a token".to_owned(), bearer(&good[..good.len() / 2]), "signed-out"),
        ("no signature".to_owned(), bearer(&good[..=good.rfind('.').unwrap()]), "signed-out"),
        ("a long token".to_owned(), bearer(&good.repeat(40)), "signed-out"),
    ];
    for flaw in Flaw::ALL {
        let token = Mint::flawed(&ADA, flaw).token(world).unwrap();
        let code = if flaw == Flaw::WrongTenant { "tenant-not-enrolled" } else { "signed-out" };
        bad.push((format!("{flaw:?}"), bearer(&token), code));
    }
    let spoilt = [
        ("version 1", json!({"ver": "1.0"})),
        ("no version", json!({"ver": null})),
        ("no tenant", json!({"tid": null})),
        ("no person", json!({"oid": null})),
        ("no expiry", json!({"exp": null})),
        ("no beginning", json!({"nbf": null})),
        ("no client", json!({"azp": null})),
        ("no scope", json!({"scp": null})),
        ("roles and a scope of an application", json!({"idtyp": "app", "roles": ["access_as_user"]})),
        ("a scope that only begins so", json!({"scp": "access_as_user_too"})),
        ("a scope in other letters", json!({"scp": "ACCESS_AS_USER"})),
        ("the sovereign issuer", json!({"iss": "https://login.microsoftonline.us/x/v2.0"})),
        (
            "the issuer of version 1",
            json!({"iss": format!("https://sts.windows.net/{}/", sandbox::company::TENANT_ID)}),
        ),
        ("an audience by its address", json!({"aud": format!("api://{}", sandbox::company::APP_CLIENT_ID)})),
        ("an expiry as text", json!({"exp": "9999999999"})),
    ];
    for (name, claims) in spoilt {
        let claims = claims.as_object().unwrap().clone();
        let token = Mint { claims, ..Mint::good(&ADA) }.token(world).unwrap();
        bad.push((name.to_owned(), bearer(&token), "signed-out"));
    }
    let graph = Mint::graph(&ADA, "Mail.ReadWrite").token(world).unwrap();
    bad.push(("a token for Graph".to_owned(), bearer(&graph), "signed-out"));
    bad
}

#[tokio::test]
async fn every_bad_token_is_refused_on_every_route_and_nothing_is_asked_of_anybody() {
    let house = House::open().await;
    let bad = bad_tokens(&house);
    assert!(user_routes().count() >= 6 && bad.len() >= 35);
    for route in user_routes() {
        for (name, authorization, code) in &bad {
            let answer = house.call(request(route, authorization.as_deref())).await;
            let place = format!("{name} on {} {}", route.method, route.path);
            assert_eq!(answer.problem(), *code, "{place}");
            let is_refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert!(is_refused, "{place}: {}", answer.status);
            let challenged = answer.header("www-authenticate").starts_with("Bearer ");
            assert_eq!(challenged, answer.status == StatusCode::UNAUTHORIZED, "{place}");
        }
    }
    for service in [Service::Graph, Service::Dataverse, Service::Entra] {
        assert_eq!(house.asked(service, Seq(0)), 0, "{service:?}");
    }
}

#[tokio::test]
async fn a_good_token_is_let_in_on_every_route_and_public_routes_ask_for_none() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.token(&ADA));
    for route in user_routes() {
        let answer = house.router_status(request(route, Some(&bearer))).await;
        assert!(
            answer != StatusCode::UNAUTHORIZED && answer != StatusCode::FORBIDDEN,
            "{}: {answer}",
            route.path
        );
    }
    for route in ROUTES.iter().filter(|route| route.who == Who::Public) {
        let answer = house.call(request(route, None)).await;
        assert!(answer.status.is_success(), "{}: {}", route.path, answer.text());
    }
}

impl House {
    /// The status alone, without waiting for the body's end: event streams have none.
    async fn router_status(&self, request: Request<Body>) -> StatusCode {
        use tower::ServiceExt as _;
        let Ok(response) = self.router.clone().oneshot(request).await;
        response.status()
    }
}

#[tokio::test]
async fn two_tokens_in_one_request_are_none() {
    let house = House::open().await;
    let token = format!("Bearer {}", house.token(&ADA));
    let request = Request::get("/api/me").header("authorization", &token).header("authorization", &token);
    let answer = house.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), "bad-request");
}

fn verifier(house: &House) -> Verifier {
    let config = house.app.config();
    Verifier::new(config, house::door(config, house.transport.clone()), house.clock.clone())
}

#[tokio::test]
async fn the_caller_is_tenant_and_object_id_and_acts_with_the_very_token() {
    let house = House::open().await;
    let token = house.token(&BEN);
    let caller = verifier(&house).verify(&token).await.unwrap();
    assert_eq!(caller.user().to_string(), BEN.oid);
    assert_eq!(caller.tenant().to_string(), sandbox::company::TENANT_ID);
    assert_eq!(caller.name(), BEN.name);
    let access = caller.access();
    match &access.by {
        backend::caller::By::User { assertion, expires } => {
            assert_eq!(assertion.expose_secret(), token);
            let leeway_ms = caller.expires().since_ms(*expires);
            assert_eq!(leeway_ms, 300_000, "the token's own end, not ours");
        }
        backend::caller::By::Engine | backend::caller::By::Service => panic!("the user is here"),
    }
    let printed = format!("{caller:?} {access:?}");
    assert!(!printed.contains(&token[..20]) && !printed.contains(BEN.upn), "{printed}");
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes_and_no_more() {
    let house = House::open().await;
    let verifier = verifier(&house);
    let now = sandbox::Clock::now(&*house.clock).as_second();
    for (claims, is_good) in [
        (json!({"exp": now - 299}), true),
        (json!({"exp": now - 300}), false),
        (json!({"nbf": now + 300}), true),
        (json!({"nbf": now + 301}), false),
    ] {
        let mint = Mint { claims: claims.as_object().unwrap().clone(), ..Mint::good(&ADA) };
        let verified = verifier.verify(&mint.token(&house.world).unwrap()).await;
        assert_eq!(verified.is_ok(), is_good, "{claims}");
    }
}

fn key_requests(house: &House) -> usize {
    let entries = house.world.journal.entries_after(Seq(0));
    entries.iter().filter(|entry| entry.path.ends_with("/discovery/v2.0/keys")).count()
}

#[tokio::test]
async fn keys_are_asked_for_once_a_day_and_at_once_after_a_rotation() {
    let house = House::open().await;
    let verifier = verifier(&house);
    for _ in 0..5 {
        verifier.verify(&house.token(&ADA)).await.unwrap();
    }
    assert_eq!(key_requests(&house), 1);
    house.world.rotate_keys(3600);
    verifier.verify(&house.token(&ADA)).await.unwrap();
    let after_rotation = key_requests(&house);
    assert!(after_rotation <= 2, "{after_rotation}");
    house.clock.advance_secs(24 * 3600);
    verifier.verify(&house.token(&ADA)).await.unwrap();
    assert_eq!(key_requests(&house), after_rotation + 1);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_does_not_become_a_flood_on_entra() {
    let house = House::open().await;
    let verifier = verifier(&house);
    let stranger = Mint::flawed(&ADA, Flaw::UnknownKey).token(&house.world).unwrap();
    for _ in 0..100 {
        let refused = verifier.verify(&stranger).await.unwrap_err();
        assert_eq!(refused.code.as_str(), "signed-out");
    }
    assert!(key_requests(&house) <= 4, "{}", key_requests(&house));
    verifier.verify(&house.token(&ADA)).await.expect("known keys serve on");
}

#[tokio::test]
async fn known_keys_serve_on_while_entra_is_down_and_unknown_ones_are_nobodys_fault() {
    let house = House::open().await;
    let verifier = verifier(&house);
    let good = house.token(&ADA);
    house.world.faults.add(Fault::new(Kind::DropBefore).on(Service::Entra, "GET", "/keys"));
    let unknown = verifier.verify(&good).await.unwrap_err();
    assert_eq!(unknown.code.as_str(), "entra-down");
    house.world.faults.clear();
    verifier.verify(&good).await.unwrap();
    house.world.faults.add(Fault::new(Kind::DropBefore).on(Service::Entra, "GET", "/keys"));
    house.clock.advance_secs(25 * 3600);
    verifier.verify(&house.token(&ADA)).await.expect("yesterday's keys");
}
