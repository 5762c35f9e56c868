//! The administrators' API over HTTP, and the command line that uses it.

use crate::house::{Answer, House};
use axum::body::Body;
use backend::admin::{self, Arguments, Destination, End, Form, Grounds};
use backend::net::in_process::InProcess;
use backend::net::over_reqwest::Roots;
use backend::net::{Request as Outgoing, Response, Transport, TransportError};
use clap::Parser;
use http::{Method, Request, StatusCode};
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, DAN, TENANT_ID};
use sandbox::entra::{ADMINISTER, Assignment, Mint};
use sandbox::world::journal::{Seq, Service};
use serde_json::{Value, json};
use std::sync::Arc;

impl House {
    async fn order(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token(&DAN)));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.call(request.body(body.map_or_else(Body::empty, |b| Body::from(b.to_string()))).unwrap()).await
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anybody_is_asked() {
    let house = House::open().await;
    let many: Vec<String> = (0..501).map(|n| format!("a{n}@x.example")).collect();
    let at = |rest: &str| format!("/api/admin/mailboxes/{}{rest}", ADA.upn);
    let cases: [(Method, String, Option<Value>, &str); 16] = [
        (Method::GET, "/api/admin/mailboxes?state=broken".into(), None, "bad-request"),
        (Method::GET, "/api/admin/mailboxes/nobody".into(), None, "bad-request"),
        (Method::GET, "/api/admin/mailboxes/a%2Fb@x".into(), None, "bad-request"),
        (Method::GET, "/api/admin/mailboxes/%FF@x".into(), None, "not-found"),
        (Method::POST, "/api/admin/mailboxes".into(), Some(json!({})), "bad-request"),
        (Method::POST, "/api/admin/mailboxes".into(), Some(json!({"addresses": ["nobody"]})), "bad-request"),
        (Method::POST, "/api/admin/mailboxes".into(), Some(json!({"addresses": many})), "bad-request"),
        (Method::POST, at("/explode"), None, "not-found"),
        (Method::PUT, at("/node"), Some(json!({"nod": "x"})), "bad-request"),
        (Method::PUT, at("/start-date"), Some(json!({"start": "yesterday"})), "bad-request"),
        (Method::PUT, "/api/admin/settings/trackingprefix".into(), Some(json!({"value": 7})), "bad-request"),
        (Method::PUT, "/api/admin/settings/nothing".into(), Some(json!({"value": "7"})), "not-found"),
        (Method::GET, "/api/admin/failing?mailbox=nobody".into(), None, "bad-request"),
        (Method::GET, "/api/admin/failing/17".into(), None, "not-found"),
        (Method::POST, "/api/admin/failing/17/retry".into(), None, "not-found"),
        (Method::DELETE, "/api/admin/mailboxes".into(), None, "method-not-allowed"),
    ];
    for (method, path, body, code) in &cases {
        let answer = house.order(method.clone(), path, body.as_ref()).await;
        assert_eq!(answer.problem(), *code, "{method} {path}");
    }
    for service in [Service::Graph, Service::Dataverse] {
        assert_eq!(house.asked(service, Seq(0)), 0, "{service:?}");
    }
    assert_eq!(house.audited().await, 0);
    let allowed = house.order(Method::DELETE, "/api/admin/mailboxes", None).await;
    let mut allowed: Vec<_> = allowed.header("allow").split(',').map(str::to_owned).collect();
    allowed.sort();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn a_mailbox_that_is_not_known_is_none_whatever_is_asked_of_it() {
    let house = House::open().await;
    let at = |rest: &str| format!("/api/admin/mailboxes/{}{rest}", ADA.upn);
    for (method, path, body) in [
        (Method::GET, at(""), None),
        (Method::POST, at("/approve"), None),
        (Method::POST, at("/test"), None),
        (Method::POST, at("/start"), None),
        (Method::PUT, at("/node"), Some(json!({"node": "node-1"}))),
        (Method::PUT, at("/start-date"), Some(json!({"start": 0}))),
        (Method::GET, format!("/api/admin/failing?mailbox={}", ADA.upn), None),
    ] {
        assert_eq!(house.order(method, &path, body.as_ref()).await.problem(), "not-found", "{path}");
    }
}

/// Reaches the service and its other side, each at its origin.
#[derive(Debug)]
struct Both {
    service: InProcess,
    other_side: Arc<dyn Transport>,
}

#[async_trait::async_trait]
impl Transport for Both {
    async fn send(&self, request: Outgoing) -> Result<Response, TransportError> {
        match request.url.port() {
            Some(3000) => self.service.send(request).await,
            Some(4000) => self.other_side.send(request).await,
            other => Err(TransportError::NotSent(format!("nobody listens on {other:?}"))),
        }
    }
}

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Carries out a line of commands, with the service's own registration.
async fn say(house: &House, line: &str) -> (String, End) {
    let config = house.app.config().clone();
    let tenant = config.tenants[0].id;
    say_on(house, line, Grounds::Registration { config: Box::new(config), tenant }).await.unwrap()
}

async fn say_on(house: &House, line: &str, grounds: Grounds) -> anyhow::Result<(String, End)> {
    let words = std::iter::once("admin").chain(line.split(' '));
    let arguments = Line::try_parse_from(words).unwrap().arguments;
    let destination =
        Destination { service: house.app.config().public_origin.clone(), grounds, roots: Roots::System };
    let transport =
        Both { service: InProcess::new(house.router.clone()), other_side: house.transport.clone() };
    let form = arguments.form();
    let told =
        admin::run(&arguments.command, form, destination, Arc::new(transport), house.clock.clone()).await?;
    if form == Form::Json && !told.text.is_empty() {
        serde_json::from_str::<Value>(&told.text).unwrap_or_else(|_| panic!("{}", told.text));
    }
    Ok((told.text, told.end))
}

#[tokio::test]
async fn the_command_line_brings_a_mailbox_from_unknown_to_synchronized_and_back() {
    let house = House::open().await;
    let (text, end) = say(&house, "whoami").await;
    assert!(text.contains(APP_CLIENT_ID) && text.contains(TENANT_ID) && end == End::Done, "{text}");
    let (text, _) = say(&house, "mailboxes list").await;
    assert!(text.contains("discover"), "{text}");
    let (text, end) = say(&house, &format!("mailboxes add {} nobody@northlight.example", ADA.upn)).await;
    assert!(text.contains("waits for approval") && text.contains("refused"), "{text}");
    assert_eq!(end, End::Refused);
    let (text, end) = say(&house, &format!("mailboxes test {}", ADA.upn)).await;
    assert!(text.contains("refused") && text.contains("approve"), "{text}");
    assert_eq!(end, End::Refused);
    let (text, end) = say(&house, &format!("mailboxes approve {}", ADA.upn)).await;
    assert_eq!((text, end), (format!("{}: off\n", ADA.upn), End::Done));
    let (text, end) = say(&house, &format!("mailboxes test {}", ADA.upn)).await;
    assert_eq!((text, end), (format!("{}: on\n", ADA.upn), End::Done));
    let (text, _) = say(&house, &format!("mailboxes show {}", ADA.upn)).await;
    for said in [ADA.name, "approved", "passed the test", "2026-11-20 08:00:00 UTC", "0 done, 0 failed"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let (text, _) = say(&house, "mailboxes list --state on --json").await;
    let listed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(listed["mailboxes"].as_array().unwrap().len(), 1);
    let (text, end) = say(&house, &format!("mailboxes stop {} {}", ADA.upn, BEN.upn)).await;
    assert!(text.starts_with(&format!("{}: off\n{}: refused\n", ADA.upn, BEN.upn)), "{text}");
    assert_eq!(end, End::Refused, "one of them is not known");
    let (text, _) = say(&house, "mailboxes list --state on").await;
    assert!(!text.contains(ADA.upn), "{text}");
}

#[tokio::test]
async fn the_command_line_changes_settings_and_shows_nodes_and_what_fails() {
    let house = House::open().await;
    let (text, _) = say(&house, "settings show").await;
    assert!(text.contains("trackingprefix") && text.contains("CRM:") && text.contains("9."), "{text}");
    let (text, end) = say(&house, "settings set trackingprefix NL:").await;
    assert!(text.contains("NL:") && text.contains("Dynamics 365") && end == End::Done, "{text}");
    let (text, _) = say(&house, "settings show TRACKINGPREFIX --json").await;
    let setting: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&setting["value"], &setting["source"]), (&json!("NL:"), &json!("organization")));
    let (text, end) = say(&house, "settings set SSSForceFilteringMethodForUserMailboxes 9").await;
    assert!(text.contains("from -1 to 4") && end == End::Refused, "{text}");
    let (text, end) = say(&house, "settings set SSSForceFilteringMethodForUserMailboxes -1").await;
    assert!(end == End::Done, "{text}");
    let (text, _) = say(&house, "nodes list").await;
    assert!(text.contains("test") && text.contains("answers you"), "{text}");
    let (text, _) = say(&house, "failing list").await;
    assert_eq!(text, "Nothing fails.\n");
    let (text, end) = say(&house, "failing retry 0e1c2d3b-1111-4222-8333-444455556666").await;
    assert!(text.contains("not-found") && end == End::Refused, "{text}");
}

#[tokio::test]
async fn a_token_that_was_handed_over_counts_as_its_owners() {
    let house = House::open().await;
    let token = |person| Grounds::Token(Mint::good(person).token(&house.world).unwrap().into());
    let (text, end) = say_on(&house, "whoami", token(&DAN)).await.unwrap();
    assert!(text.contains(DAN.name) && end == End::Done, "{text}");
    let (text, end) = say_on(&house, "mailboxes list", token(&ADA)).await.unwrap();
    assert!(text.contains("not-administrator") && text.contains(ADMINISTER), "{text}");
    assert_eq!(end, End::Refused);
    let (text, _) = say_on(&house, "mailboxes list --json", token(&ADA)).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["code"], "not-administrator");
}

#[tokio::test]
async fn a_registration_without_the_role_or_without_entra_is_told_plainly() {
    let house = House::open().await;
    let oid = "5a9db0c5-0000-4000-8000-00000000c0f0";
    house.world.entra().assign_role(ADMINISTER, oid, Assignment::Withdrawn).unwrap();
    let (text, end) = say(&house, "whoami").await;
    assert!(text.contains("app role") && end == End::Refused, "{text}");
    let mut config = house.app.config().clone();
    let tenant = config.tenants[0].id;
    config.entra.credential = backend::config::Credential::Secret("another-secret-than-entras".into());
    let grounds = Grounds::Registration { config: Box::new(config), tenant };
    let told = format!("{:#}", say_on(&house, "whoami", grounds).await.unwrap_err());
    assert!(told.contains("gives no token") && !told.contains("another-secret"), "{told}");
}

#[tokio::test]
async fn what_a_person_orders_stands_in_the_audit_trail_under_their_name() {
    let house = House::open().await;
    let addresses = json!({"addresses": [ADA.upn]});
    let enrolled = house.order(Method::POST, "/api/admin/mailboxes", Some(&addresses)).await;
    assert_eq!((enrolled.status, &enrolled.json()["mailboxes"][0]["is"]), (StatusCode::OK, &json!("new")));
    let before = house.audited().await;
    let approve = format!("/api/admin/mailboxes/{}/approve", ADA.upn);
    let approved = house.order(Method::POST, &approve, None).await;
    assert_eq!(approved.json()["approval"], "approved", "{}", approved.text());
    assert_eq!(house.audited().await, before + 1);
    assert_eq!(house.last_audited().await.unwrap().to_string(), DAN.oid);
}
