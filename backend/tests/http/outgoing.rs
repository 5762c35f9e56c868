//! Tokens that go out: obtained once, kept, renewed in time, and every refusal of Entra in our words.

use crate::house::{self, House};
use backend::caller::{Access, By, TenantId, UserId};
use backend::config::Credential;
use backend::entra::{EntraTokens, Resource, Tokens};
use backend::outcome::Failure;
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, Person, TENANT_ID};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::{Seq, Service};
use secrecy::ExposeSecret as _;
use shared::UtcMs;
use shared::problem::Problem;
use std::sync::Arc;

fn tokens(house: &House) -> EntraTokens {
    let config = house.app.config();
    EntraTokens::new(config, house::door(config, house.transport.clone()), house.clock.clone()).unwrap()
}

fn tenant() -> TenantId {
    TenantId(TENANT_ID.parse().unwrap())
}

fn user(house: &House, person: &Person) -> Access {
    let by = By::User { assertion: house.token(person).into(), expires: UtcMs(i64::MAX) };
    Access { tenant: tenant(), user: UserId(person.oid.parse().unwrap()), by }
}

fn engine(person: &Person) -> Access {
    Access { tenant: tenant(), user: UserId(person.oid.parse().unwrap()), by: By::Engine }
}

/// What stands in a token, unverified.
fn claims(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn refusal(error: &str, code: u32) -> Fault {
    let kind = Kind::TokenRefused {
        error: error.to_owned(),
        code,
        description: "AADSTS: User account ada.brandt@northlight.example".to_owned(),
        suberror: None,
        claims: None,
    };
    Fault::new(kind).on(Service::Entra, "POST", "/token")
}

async fn failure(house: &House) -> Failure {
    tokens(house).token(&user(house, &ADA), Resource::Graph).await.map(|_| ()).unwrap_err()
}

async fn refused(house: &House) -> Problem {
    match failure(house).await {
        Failure::Refused(problem) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn on_behalf_of_the_user_there_is_one_token_for_each_side() {
    let house = House::open().await;
    let tokens = tokens(&house);
    let ada = user(&house, &ADA);
    let graph = tokens.token(&ada, Resource::Graph).await.unwrap();
    let graph = claims(graph.expose_secret());
    assert_eq!((&graph["aud"], &graph["oid"]), (&"https://graph.microsoft.com".into(), &ADA.oid.into()));
    let crm = tokens.token(&ada, Resource::Dataverse).await.unwrap();
    let crm = claims(crm.expose_secret());
    assert_eq!((&crm["aud"], &crm["scp"]), (&"https://localhost:4000".into(), &"user_impersonation".into()));
}

#[tokio::test]
async fn the_engine_has_tokens_of_its_own_whoever_it_acts_for() {
    let house = House::open().await;
    let tokens = tokens(&house);
    let one = tokens.token(&engine(&ADA), Resource::Graph).await.unwrap();
    let two = tokens.token(&engine(&BEN), Resource::Graph).await.unwrap();
    assert_eq!(one.expose_secret(), two.expose_secret());
    assert_eq!(claims(one.expose_secret())["idtyp"], "app");
    assert_eq!(house.asked(Service::Entra, Seq(0)), 1);
}

#[tokio::test]
async fn our_own_token_for_our_own_api_opens_the_administrators_part_of_it() {
    let house = House::open().await;
    let token = tokens(&house).own(tenant()).await.unwrap();
    let said = claims(token.expose_secret());
    assert_eq!((&said["aud"], &said["idtyp"]), (&APP_CLIENT_ID.into(), &"app".into()));
    let answer = house.get_as(token.expose_secret(), "/api/admin/me").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["client"]), (200, &APP_CLIENT_ID.into()));
}

#[tokio::test]
async fn a_token_is_kept_until_five_minutes_before_its_end() {
    let house = House::open().await;
    let tokens = tokens(&house);
    let ada = user(&house, &ADA);
    let first = tokens.token(&ada, Resource::Graph).await.unwrap();
    let lifetime = claims(first.expose_secret());
    let secs = lifetime["exp"].as_i64().unwrap() - lifetime["iat"].as_i64().unwrap();
    house.clock.advance_secs(secs - 301);
    let kept = tokens.token(&ada, Resource::Graph).await.unwrap();
    assert_eq!(first.expose_secret(), kept.expose_secret());
    house.clock.advance_secs(2);
    let renewed = tokens.token(&user(&house, &ADA), Resource::Graph).await.unwrap();
    assert_ne!(first.expose_secret(), renewed.expose_secret());
    tokens.forget(&ada, Resource::Graph);
    let after = tokens.token(&user(&house, &ADA), Resource::Graph).await.unwrap();
    assert_ne!(renewed.expose_secret(), after.expose_secret());
    assert_eq!(house.asked(Service::Entra, Seq(0)), 3);
}

#[tokio::test]
async fn many_who_want_the_same_token_wait_for_one_request_and_nobody_gets_anothers() {
    let house = House::open().await;
    let tokens = Arc::new(tokens(&house));
    let mut wanting = Vec::new();
    for person in [ADA, BEN].iter().cycle().take(40) {
        let (tokens, access) = (tokens.clone(), user(&house, person));
        wanting.push(tokio::spawn(async move {
            (access.user, tokens.token(&access, Resource::Graph).await.unwrap())
        }));
    }
    for one in wanting {
        let (user, token) = one.await.unwrap();
        assert_eq!(claims(token.expose_secret())["oid"], user.to_string());
    }
    assert_eq!(house.asked(Service::Entra, Seq(0)), 2);
}

#[tokio::test]
async fn a_claims_challenge_is_handed_on_as_it_is() {
    let house = House::open().await;
    let challenge = r#"{"access_token":{"polids":{"essential":true,"values":["x"]}}}"#;
    let kind = Kind::TokenRefused {
        error: "interaction_required".to_owned(),
        code: 50_079,
        description: String::new(),
        suberror: None,
        claims: Some(challenge.to_owned()),
    };
    house.world.faults.add(Fault::new(kind).on(Service::Entra, "POST", "/token"));
    let problem = refused(&house).await;
    assert_eq!(problem.code.as_str(), "interaction-required");
    assert_eq!(problem.facts[0].value, challenge);
    let answer = house.get_as(&house.token(&ADA), "/api/me").await;
    assert_eq!((answer.problem().as_str(), answer.status.as_u16()), ("interaction-required", 401));
    assert_eq!(answer.json()["claims"], challenge);
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(challenge);
    let header = answer.header("www-authenticate");
    assert!(header.contains(&format!("error=\"insufficient_claims\", claims=\"{encoded}\"")), "{header}");
}

#[tokio::test]
async fn refusals_are_told_apart_and_name_nobody() {
    for (error, code, expected) in [
        ("interaction_required", 50_076, "interaction-required"),
        ("invalid_grant", 65_001, "consent-required"),
        ("invalid_grant", 500_133, "signed-out"),
        ("invalid_grant", 50_013, "signed-out"),
        ("unauthorized_client", 700_016, "consent-required"),
        ("invalid_client", 7_000_222, "internal"),
    ] {
        let house = House::open().await;
        house.world.faults.add(refusal(error, code));
        let problem = refused(&house).await;
        assert_eq!(problem.code.as_str(), expected, "{error} {code}");
        assert!(!format!("{problem:?}").contains("ada.brandt"));
        for language in shared::rules::Language::ALL {
            let words = shared::rules::words::words(&problem, language);
            assert!(!words.title.contains('{') && !words.remedy.contains('{'), "{words:?}");
        }
    }
}

#[tokio::test]
async fn withdrawn_consent_and_expired_assertions_are_refusals_of_the_real_entra_too() {
    let house = House::open().await;
    house.world.entra().set_consent(APP_CLIENT_ID, ADA.oid, sandbox::entra::Consent::Withdrawn).unwrap();
    assert_eq!(refused(&house).await.code.as_str(), "consent-required");
    let house = House::open().await;
    let ada = user(&house, &ADA);
    house.clock.advance_secs(3 * 3600);
    let failed = tokens(&house).token(&ada, Resource::Graph).await.map(|_| ()).unwrap_err();
    assert_eq!(failed.problem().code.as_str(), "signed-out");
}

#[tokio::test]
async fn an_entra_that_is_down_or_throttles_is_asked_again_later() {
    let status = |status, retry_after: Option<&str>| {
        let retry_after = retry_after.map(str::to_owned);
        let (code, message) = (String::new(), String::new());
        Kind::Status { status, code, message, retry_after, headers: Default::default() }
    };
    for (kind, retry_after_ms) in [
        (status(429, Some("17")), Some(17_000)),
        (status(503, Some("2.5")), Some(2_500)),
        (status(500, None), None),
        (Kind::DropBefore, None),
        (Kind::DropAfter, None),
        (Kind::BodyReplaced { pointer: String::new(), value: "no token".into() }, None),
    ] {
        let house = House::open().await;
        house.world.faults.add(Fault::new(kind.clone()).on(Service::Entra, "POST", "/token"));
        match failure(&house).await {
            Failure::NotDone(problem) => {
                assert_eq!(problem.code.as_str(), "entra-down", "{kind:?}");
                assert_eq!(problem.retry_after_ms, retry_after_ms, "{kind:?}");
            }
            other => panic!("{kind:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn one_lost_answer_is_not_noticed() {
    let house = House::open().await;
    let fault = Fault::new(Kind::DropAfter).on(Service::Entra, "POST", "/token").times(1);
    house.world.faults.add(fault);
    assert!(tokens(&house).token(&user(&house, &ADA), Resource::Graph).await.is_ok());
}

#[tokio::test]
async fn a_certificate_proves_who_we_are_without_a_secret() {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["regarding".to_owned()]).unwrap();
    let certificate_pem = certificate.self_signed(&key).unwrap().pem();
    let credential = Credential::Certificate {
        certificate_pem: certificate_pem.clone(),
        key_pem: key.serialize_pem().into(),
    };
    let house = House::with(|config| config.entra.credential = credential).await;
    let unknown = failure(&house).await;
    assert!(matches!(unknown, Failure::Refused(_)), "the certificate was not uploaded yet: {unknown:?}");
    house.world.entra().add_certificate(APP_CLIENT_ID, &certificate_pem).unwrap();
    let token = tokens(&house).token(&user(&house, &ADA), Resource::Graph).await.unwrap();
    assert_eq!(claims(token.expose_secret())["azpacr"], "2");
}

#[tokio::test]
async fn another_tenant_gets_no_token_for_the_crm_of_this_one() {
    let house = House::open().await;
    let stranger = Access { tenant: TenantId(uuid::Uuid::from_u128(7)), ..engine(&ADA) };
    let failed = tokens(&house).token(&stranger, Resource::Dataverse).await.map(|_| ()).unwrap_err();
    assert_eq!(failed.problem().code.as_str(), "tenant-not-enrolled");
    assert_eq!(house.asked(Service::Entra, Seq(0)), 0);
}
