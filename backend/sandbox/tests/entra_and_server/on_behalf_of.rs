use crate::client::*;
use http::Method;
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, PUBLIC_CLIENT_ID};
use sandbox::entra::{Caller, Flaw, Mint, Resource};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use serde_json::json;

const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
const USE: (&str, &str) = ("requested_token_use", "on_behalf_of");

async fn ask(tenant: &Tenant, assertion: &str, scope: &str) -> Answer {
    tenant.token(&[GRANT, USE, APP[0], APP[1], ("assertion", assertion), ("scope", scope)]).await
}

#[tokio::test]
async fn a_persons_token_is_exchanged_for_graph_and_for_the_organization() {
    let tenant = Tenant::new();
    let assertion = tenant.mint(&Mint::good(&BEN));
    let graph = ask(&tenant, &assertion, GRAPH_DEFAULT).await;
    assert_eq!(graph.status, 200, "{}", graph.text);
    assert!(graph.json().get("refresh_token").is_none());
    let token = graph.json()["access_token"].as_str().unwrap().to_owned();
    let Ok(Caller::User { oid, client_id, scopes }) = tenant.check(&token, Resource::Graph) else { panic!() };
    assert_eq!((oid.as_str(), client_id.as_str()), (BEN.oid, APP_CLIENT_ID));
    assert!(scopes.contains(&"Mail.ReadWrite.Shared".to_owned()));

    let crm = ask(&tenant, &assertion, "https://localhost:4000/user_impersonation offline_access").await;
    let token = crm.json()["access_token"].as_str().unwrap().to_owned();
    let Ok(Caller::User { scopes, .. }) = tenant.check(&token, Resource::Dataverse) else { panic!() };
    assert_eq!(scopes, ["user_impersonation"]);
    assert!(crm.json()["refresh_token"].is_string());
}

#[tokio::test]
async fn what_msal_adds_to_the_scope_is_answered_in_full() {
    let tenant = Tenant::new();
    let assertion = tenant.mint(&Mint::good(&ADA));
    let scope = format!("{GRAPH_DEFAULT} openid profile offline_access");
    let fields =
        [GRANT, USE, APP[0], APP[1], ("assertion", &assertion), ("scope", &scope), ("client_info", "1")];
    let answer = tenant.token(&fields).await;
    let granted = answer.json()["scope"].as_str().unwrap().to_owned();
    assert!(granted.split(' ').any(|scope| scope == "https://graph.microsoft.com/.default"), "{granted}");
    assert!(granted.split(' ').any(|scope| scope == "https://graph.microsoft.com/Mail.ReadWrite"));
    assert_eq!(answer.claims("id_token")["oid"], ADA.oid);
    assert!(answer.json()["client_info"].is_string());
}

#[tokio::test]
async fn bad_assertions_are_refused_with_entras_numbers() {
    let tenant = Tenant::new();
    let cases = [
        (Flaw::Expired, 500_133),
        (Flaw::NotYetValid, 500_133),
        (Flaw::WrongAudience, 500_131),
        (Flaw::WrongTenant, 50_013),
        (Flaw::WrongIssuer, 50_013),
        (Flaw::AlgorithmNone, 50_013),
        (Flaw::PublicKeyAsSecret, 50_013),
        (Flaw::UnknownKey, 50_013),
        (Flaw::ForgedSignature, 50_013),
        (Flaw::Tampered, 50_013),
        (Flaw::IdToken, 240_002),
        (Flaw::AppOnly, 240_002),
    ];
    for (flaw, code) in cases {
        let answer = ask(&tenant, &tenant.mint(&Mint::flawed(&ADA, flaw)), GRAPH_DEFAULT).await;
        assert_eq!((answer.status.as_u16(), answer.error_code()), (400, code), "{flaw:?} {}", answer.text);
        assert_eq!(answer.json()["error"], "invalid_grant");
    }
    let nonsense = ask(&tenant, "not a token", GRAPH_DEFAULT).await;
    assert_eq!(nonsense.error_code(), 50_027);
}

#[tokio::test]
async fn the_other_apps_secret_does_not_redeem_a_token_for_this_app() {
    let tenant = Tenant::new();
    let assertion = tenant.mint(&Mint::good(&ADA));
    let visitor = [("client_id", PUBLIC_CLIENT_ID), ("client_secret", "sandbox-visitor-secret")];
    let fields =
        [GRANT, USE, visitor[0], visitor[1], ("assertion", assertion.as_str()), ("scope", GRAPH_DEFAULT)];
    assert_eq!(tenant.token(&fields).await.error_code(), 500_131);
    let fields = [GRANT, USE, APP[0], ("assertion", assertion.as_str()), ("scope", GRAPH_DEFAULT)];
    assert_eq!(tenant.token(&fields).await.error_code(), 7_000_218);
}

#[tokio::test]
async fn withdrawn_consent_is_told_until_it_is_given_back() {
    let tenant = Tenant::new();
    let assertion = tenant.mint(&Mint::good(&ADA));
    let change = |consent: &str| json!({"clientId": APP_CLIENT_ID, "person": ADA.oid, "consent": consent});
    tenant.control(Method::POST, "/sandbox/entra/consent", &change("withdrawn")).await;
    let answer = ask(&tenant, &assertion, GRAPH_DEFAULT).await;
    assert_eq!(answer.error_code(), 65_001);
    assert_eq!(answer.json()["suberror"], "consent_required");
    let bens = tenant.mint(&Mint::good(&BEN));
    assert_eq!(ask(&tenant, &bens, GRAPH_DEFAULT).await.status, 200, "only Ada's was withdrawn");
    tenant.control(Method::POST, "/sandbox/entra/consent", &change("given")).await;
    assert_eq!(ask(&tenant, &assertion, GRAPH_DEFAULT).await.status, 200);
}

#[tokio::test]
async fn interaction_can_be_required_with_claims() {
    let tenant = Tenant::new();
    let claims = r#"{"access_token":{"polids":{"essential":true,"values":["p1"]}}}"#;
    let kind = Kind::TokenRefused {
        error: "interaction_required".to_owned(),
        code: 50_079,
        description: "The user is required to use multi-factor authentication.".to_owned(),
        suberror: None,
        claims: Some(claims.to_owned()),
    };
    tenant.world.faults.add(Fault::new(kind).on(Service::Entra, "POST", "/token").times(1));
    let assertion = tenant.mint(&Mint::good(&ADA));
    let answer = ask(&tenant, &assertion, GRAPH_DEFAULT).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["error"]), (400, &json!("interaction_required")));
    assert_eq!(body["claims"], claims);
    assert!(body["error_description"].as_str().unwrap().starts_with("AADSTS50079: The user is required"));
    assert_eq!(ask(&tenant, &assertion, GRAPH_DEFAULT).await.status, 200);
}

#[tokio::test]
async fn tokens_can_be_made_to_live_shortly() {
    let tenant = Tenant::new();
    let short = Fault::new(Kind::TokenLifetime { secs: 60 }).on(Service::Entra, "POST", "/token").times(1);
    tenant.world.faults.add(short);
    let answer = ask(&tenant, &tenant.mint(&Mint::good(&ADA)), GRAPH_DEFAULT).await;
    assert_eq!(answer.json()["expires_in"], 60);
    let claims = answer.claims("access_token");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn a_permission_that_was_not_granted_needs_consent() {
    let tenant = Tenant::new();
    let scope = "https://graph.microsoft.com/Files.ReadWrite.All";
    let answer = ask(&tenant, &tenant.mint(&Mint::good(&ADA)), scope).await;
    assert_eq!(answer.error_code(), 65_001);
}
