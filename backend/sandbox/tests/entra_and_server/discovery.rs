use crate::client::*;
use axum::body::Body;
use http::{Method, Request, header};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use sandbox::company::{ADA, APP_CLIENT_ID, TENANT_ID};
use sandbox::entra::{BearerError, Mint, Resource};
use serde_json::{Value, json};

fn path_of(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap().strip_prefix("https://localhost:4000").unwrap().to_owned()
}

/// Verifies a token with nothing but the published key set, by an independent library.
fn verify_as_an_api_does(token: &str, keys: &Value) -> Result<Value, String> {
    let keys: JwkSet = serde_json::from_value(keys.clone()).unwrap();
    let kid = decode_header(token).map_err(|reason| reason.to_string())?.kid.unwrap();
    let key = keys.find(&kid).ok_or("unknown kid")?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[APP_CLIENT_ID]);
    rules.set_issuer(&[format!("https://localhost:4000/{TENANT_ID}/v2.0")]);
    // The tenant's clock is not the machine's.
    rules.validate_exp = false;
    let key = DecodingKey::from_jwk(key).unwrap();
    decode::<Value>(token, &key, &rules).map(|data| data.claims).map_err(|reason| reason.to_string())
}

#[tokio::test]
async fn discovery_leads_to_keys_that_verify_a_token() {
    let tenant = Tenant::new();
    let document = tenant.get(&format!("/{TENANT_ID}/v2.0/.well-known/openid-configuration")).await.json();
    assert_eq!(document["issuer"], format!("https://localhost:4000/{TENANT_ID}/v2.0"));
    let keys = tenant.get(&path_of(&document, "jwks_uri")).await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    for key in keys["keys"].as_array().unwrap() {
        assert_eq!(key["issuer"], document["issuer"]);
        assert_eq!((&key["kty"], &key["use"], &key["e"]), (&json!("RSA"), &json!("sig"), &json!("AQAB")));
        assert_eq!(key["x5t"], key["kid"]);
        assert!(key["x5c"][0].is_string());
    }
    let claims = verify_as_an_api_does(&tenant.mint(&Mint::good(&ADA)), &keys).unwrap();
    assert_eq!(claims["oid"], ADA.oid);
}

#[tokio::test]
async fn the_tenant_answers_to_its_domain_and_to_common_but_to_no_other_name() {
    let tenant = Tenant::new();
    let configuration = |name: &str| format!("/{name}/v2.0/.well-known/openid-configuration");
    let by_domain = tenant.get(&configuration("northlight.example")).await.json();
    assert_eq!(by_domain["issuer"], format!("https://localhost:4000/{TENANT_ID}/v2.0"));
    let common = tenant.get(&configuration("common")).await.json();
    assert_eq!(common["issuer"], "https://localhost:4000/{tenantid}/v2.0");
    let other = tenant.get(&configuration("contoso.example")).await;
    assert_eq!((other.status.as_u16(), other.error_code()), (400, 90_002));
}

#[tokio::test]
async fn instance_discovery_names_the_sandbox_as_its_own_authority() {
    let tenant = Tenant::new();
    let asked = format!(
        "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://localhost:4000/{TENANT_ID}/oauth2/v2.0/authorize"
    );
    let answer = tenant.get(&asked).await.json();
    assert_eq!(answer["metadata"][0]["aliases"][0], "localhost:4000");
    let endpoint = path_of(&answer, "tenant_discovery_endpoint");
    assert_eq!(tenant.get(&endpoint).await.status, 200);
}

#[tokio::test]
async fn after_a_rotation_an_unknown_key_signs_and_the_old_one_goes_when_its_time_is_over() {
    let tenant = Tenant::new();
    let jwks = format!("/{TENANT_ID}/discovery/v2.0/keys");
    let keys_before = tenant.get(&jwks).await.json();
    let old = tenant.mint(&Mint::good(&ADA));

    let rotated =
        tenant.control(Method::POST, "/sandbox/keys/rotate", &json!({"graceSecs": 60})).await.json();
    let new = tenant.mint(&Mint::good(&ADA));
    assert_eq!(decode_header(&new).unwrap().kid.as_deref(), rotated["kid"].as_str());
    assert_eq!(verify_as_an_api_does(&new, &keys_before), Err("unknown kid".to_owned()));
    let keys_after = tenant.get(&jwks).await.json();
    assert!(verify_as_an_api_does(&new, &keys_after).is_ok());
    assert!(verify_as_an_api_does(&old, &keys_after).is_ok(), "the old key is published for its grace");
    assert!(tenant.check(&old, Resource::App).is_ok());

    tenant.clock.advance(jiff::SignedDuration::from_secs(61));
    let keys_later = tenant.get(&jwks).await.json();
    assert_eq!(verify_as_an_api_does(&old, &keys_later), Err("unknown kid".to_owned()));
    assert_eq!(tenant.check(&old, Resource::App), Err(BearerError::UnknownKey));
}

#[tokio::test]
async fn pages_of_other_origins_may_call_the_endpoints_that_need_no_cookie() {
    let tenant = Tenant::new();
    let preflight = Request::options(TOKEN)
        .header(header::ORIGIN, "https://localhost:3000")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "client-request-id")
        .body(Body::empty())
        .unwrap();
    let answer = tenant.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "client-request-id");
    let keys = tenant.get(&format!("/{TENANT_ID}/discovery/v2.0/keys")).await;
    assert_eq!(keys.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let page = tenant.get(&format!("/{TENANT_ID}/oauth2/v2.0/authorize")).await;
    assert!(!page.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
