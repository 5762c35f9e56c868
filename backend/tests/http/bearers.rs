//! Every bad token on every route that asks for one, made from the table of routes.

use crate::house::{self, House};
use axum::body::Body;
use backend::entra::Verifier;
use backend::http::routes::{ROUTES, Route, Who};
use http::{Request, StatusCode};
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, DAN, PUBLIC_CLIENT_ID, TENANT_ID};
use sandbox::entra::{ADMINISTER, Assignment, Flaw, Mint};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::{Seq, Service};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

fn routes_of(who: Who) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.who == who)
}

fn request(route: &Route, authorization: Option<&str>) -> Request<Body> {
    let path = house::path_of(route);
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
        // A wish for those who take one, nothing new for those who take notifications.
        Body::from(json!({"id": uuid::Uuid::new_v4(), "wish": wish, "value": []}).to_string())
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
    for (name, mint, code) in flawed_tokens() {
        bad.push((name, bearer(&mint.token(world).unwrap()), code));
    }
    for (name, claims) in spoilt_claims() {
        let claims = claims.as_object().unwrap().clone();
        let token = Mint { claims, ..Mint::good(&ADA) }.token(world).unwrap();
        bad.push((name.to_owned(), bearer(&token), "signed-out"));
    }
    let graph = Mint::graph(&ADA, "Mail.ReadWrite").token(world).unwrap();
    bad.push(("a token for Graph".to_owned(), bearer(&graph), "signed-out"));
    bad
}

/// One token for each flaw that keeps people out, administrators or not.
fn flawed_tokens() -> impl Iterator<Item = (String, Mint, &'static str)> {
    let of_people = Flaw::ALL.into_iter().filter(|flaw| *flaw != Flaw::WithoutRoles);
    of_people.map(|flaw| {
        let code = if flaw == Flaw::WrongTenant { "tenant-not-enrolled" } else { "signed-out" };
        (format!("{flaw:?}"), Mint::flawed(&ADA, flaw), code)
    })
}

/// Claims that no token of a person may have.
fn spoilt_claims() -> Vec<(&'static str, Value)> {
    vec![
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
        ("the issuer of version 1", json!({"iss": format!("https://sts.windows.net/{TENANT_ID}/")})),
        ("an audience by its address", json!({"aud": format!("api://{APP_CLIENT_ID}")})),
        ("an expiry as text", json!({"exp": "9999999999"})),
        ("roles as text", json!({"roles": ADMINISTER})),
        ("a role and neither scope nor kind", json!({"scp": null, "roles": [ADMINISTER]})),
    ]
}

/// Everything that keeps somebody from administering, with its name and the code of the answer.
fn bad_administrators(house: &House) -> Vec<(String, Option<String>, &'static str)> {
    let (dan, program) = (Mint::good(&DAN), Mint::program(APP_CLIENT_ID));
    let mut mints = vec![
        ("a person who is none".to_owned(), Mint::good(&ADA), "not-administrator"),
        ("a program that is none".to_owned(), Mint::program(PUBLIC_CLIENT_ID), "not-administrator"),
    ];
    for flaw in Flaw::ALL {
        let code = |wrong_client| match flaw {
            Flaw::WrongTenant => "tenant-not-enrolled",
            Flaw::WithoutRoles | Flaw::AppOnly => "not-administrator",
            Flaw::WrongClient => wrong_client,
            _ => "signed-out",
        };
        mints.push((format!("Dan, {flaw:?}"), Mint { flaw: Some(flaw), ..dan.clone() }, code("signed-out")));
        let flawed = Mint { flaw: Some(flaw), ..program.clone() };
        mints.push((format!("program, {flaw:?}"), flawed, code("not-administrator")));
    }
    for (name, claims, code) in [
        ("a role in other letters", json!({"roles": ["regarding.administer"]}), "not-administrator"),
        ("a longer role", json!({"roles": ["Regarding.Administer.All"]}), "not-administrator"),
        ("two roles in one", json!({"roles": ["User Regarding.Administer"]}), "not-administrator"),
        ("roles as text", json!({"roles": ADMINISTER}), "signed-out"),
        ("no person", json!({"oid": null}), "signed-out"),
        ("no tenant", json!({"tid": null}), "signed-out"),
        ("no client", json!({"azp": null}), "signed-out"),
        ("a permission as role", json!({"scp": ADMINISTER, "roles": ["access_as_user"]}), "signed-out"),
        ("another kind and no scope", json!({"idtyp": "user", "scp": null}), "signed-out"),
        ("no kind and no scope", json!({"idtyp": null, "scp": null}), "signed-out"),
    ] {
        for mint in [&dan, &program] {
            let claims = claims.as_object().unwrap().clone();
            mints.push((format!("{name}, {:?}", mint.holder), Mint { claims, ..mint.clone() }, code));
        }
    }
    let minted = mints.into_iter().map(|(name, mint, code)| {
        (name, Some(format!("Bearer {}", mint.token(&house.world).unwrap())), code)
    });
    minted.chain([("no token".to_owned(), None, "signed-out")]).collect()
}

#[tokio::test]
async fn every_bad_token_is_refused_on_every_route_and_nothing_is_asked_of_anybody() {
    let house = House::open().await;
    let (bad, bad_administrators) = (bad_tokens(&house), bad_administrators(&house));
    assert!(routes_of(Who::User).count() >= 6 && bad.len() >= 35);
    assert!(routes_of(Who::Administrator).count() >= 1 && bad_administrators.len() >= 50);
    let of_people = routes_of(Who::User).map(|route| (route, [bad.as_slice(), &[]]));
    let of_administrators =
        routes_of(Who::Administrator).map(|route| (route, [bad.as_slice(), &bad_administrators]));
    for (route, callers) in of_people.chain(of_administrators) {
        for (name, authorization, code) in callers.into_iter().flatten() {
            let answer = house.call(request(route, authorization.as_deref())).await;
            let place = format!("{name} on {} {}", route.method, route.path);
            // Ada, whose token lacks nothing but the role, is told so where that is all that is asked.
            let is_known = name == "AppOnly" && route.who == Who::Administrator;
            let code = if is_known { "not-administrator" } else { *code };
            assert_eq!(answer.problem(), code, "{place}");
            let is_refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert!(is_refused, "{place}: {}", answer.status);
            let challenged = answer.header("www-authenticate").starts_with("Bearer ");
            assert_eq!(challenged, answer.status == StatusCode::UNAUTHORIZED, "{place}");
        }
    }
    assert_eq!(house.audited().await, 0);
    for service in [Service::Graph, Service::Dataverse, Service::Entra] {
        assert_eq!(house.asked(service, Seq(0)), 0, "{service:?}");
    }
}

#[tokio::test]
async fn a_good_token_is_let_in_on_every_route_and_public_routes_ask_for_none() {
    let house = House::open().await;
    let bearer = format!("Bearer {}", house.token(&ADA));
    let program = format!("Bearer {}", Mint::program(APP_CLIENT_ID).token(&house.world).unwrap());
    let dan = format!("Bearer {}", house.token(&DAN));
    let admitted = [(Who::User, &bearer), (Who::Administrator, &dan), (Who::Administrator, &program)];
    for (who, bearer) in admitted {
        for route in routes_of(who) {
            let answer = house.router_status(request(route, Some(bearer))).await;
            assert!(
                answer != StatusCode::UNAUTHORIZED && answer != StatusCode::FORBIDDEN,
                "{}: {answer}",
                route.path
            );
        }
    }
    for route in routes_of(Who::Public) {
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
async fn an_administrator_is_told_who_they_are_whether_a_person_or_a_program() {
    let house = House::open().await;
    let me = async |mint: Mint| {
        let answer = house.get_as(&mint.token(&house.world).unwrap(), "/api/admin/me").await;
        (answer.status, answer.json())
    };
    let (status, dan) = me(Mint::good(&DAN)).await;
    let person = json!({"kind": "person", "user": DAN.oid, "name": DAN.name, "tenant": TENANT_ID});
    assert_eq!((status, dan), (StatusCode::OK, person));
    let (status, program) = me(Mint::program(APP_CLIENT_ID)).await;
    let client = json!({"kind": "program", "client": APP_CLIENT_ID, "tenant": TENANT_ID});
    assert_eq!((status, program), (StatusCode::OK, client));
}

#[tokio::test]
async fn who_gets_the_role_administers_with_their_next_token_and_is_told_what_was_missing_before() {
    let house = House::open().await;
    let before = house.get_as(&house.token(&ADA), "/api/admin/me").await;
    assert_eq!((before.problem().as_str(), before.status), ("not-administrator", StatusCode::FORBIDDEN));
    let problem = before.json();
    assert!(problem["title"].as_str().unwrap().contains("app role"), "{problem}");
    assert!(problem["remedy"].as_str().unwrap().contains(ADMINISTER), "{problem}");
    house.world.entra().assign_role(ADMINISTER, ADA.oid, Assignment::Given).unwrap();
    assert_eq!(house.get_as(&house.token(&ADA), "/api/admin/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_configuration_lists_the_programs_that_administer_and_people_are_not_asked_for_it() {
    let visitor = PUBLIC_CLIENT_ID.parse().unwrap();
    let house = House::with(|config| config.entra.administrators = vec![visitor]).await;
    let status =
        async |mint: Mint| house.get_as(&mint.token(&house.world).unwrap(), "/api/admin/me").await.status;
    let roles = json!({"roles": [ADMINISTER]}).as_object().unwrap().clone();
    let with_role = Mint { claims: roles, ..Mint::program(PUBLIC_CLIENT_ID) };
    assert_eq!(status(with_role).await, StatusCode::OK);
    assert_eq!(status(Mint::program(PUBLIC_CLIENT_ID)).await, StatusCode::FORBIDDEN, "without the role");
    assert_eq!(status(Mint::program(APP_CLIENT_ID)).await, StatusCode::FORBIDDEN, "not on the list");
    assert_eq!(status(Mint::good(&DAN)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_program_is_nobody_on_the_routes_of_people() {
    let house = House::open().await;
    let program = Mint::program(APP_CLIENT_ID).token(&house.world).unwrap();
    assert_eq!(house.get_as(&program, "/api/me").await.problem(), "signed-out");
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
    assert_eq!(caller.tenant().to_string(), TENANT_ID);
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
