use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sandbox::company::{APP_CLIENT_ID, APP_CLIENT_SECRET, PUBLIC_CLIENT_ID, PUBLIC_CLIENT_SECRET, TENANT_ID};
use sandbox::entra::{Caller, Resource};
use serde_json::json;
use std::sync::OnceLock;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_secret_buys_an_application_token_for_graph() {
    let tenant = Tenant::new();
    let answer = tenant.token(&[GRANT, APP[0], APP[1], ("scope", GRAPH_DEFAULT)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store, no-cache");
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert!(body.get("refresh_token").is_none());
    let expires_in = body["expires_in"].as_i64().unwrap();
    assert!((3600..=5400).contains(&expires_in));
    let claims = answer.claims("access_token");
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(
        (&claims["ver"], &claims["idtyp"], &claims["azpacr"]),
        (&json!("2.0"), &json!("app"), &json!("1"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap(), start().as_second() + expires_in);
    let caller = tenant.check(body["access_token"].as_str().unwrap(), Resource::Graph).unwrap();
    let Caller::App { client_id, roles } = caller else { panic!("{caller:?}") };
    assert_eq!(client_id, APP_CLIENT_ID);
    assert!(roles.contains(&"Mail.ReadWrite".to_owned()));
}

#[tokio::test]
async fn the_token_for_the_organization_has_the_address_asked_for_as_its_audience() {
    let tenant = Tenant::new();
    for (scope, audience) in [
        ("https://localhost:4000/.default", "https://localhost:4000"),
        ("https://localhost:4000//.default", "https://localhost:4000/"),
        ("http://127.0.0.1:8080/.default", "http://127.0.0.1:8080"),
    ] {
        let answer = tenant.token(&[GRANT, APP[0], APP[1], ("scope", scope)]).await;
        assert_eq!(answer.claims("access_token")["aud"], audience);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert!(tenant.check(&token, Resource::Dataverse).is_ok());
        assert!(tenant.check(&token, Resource::Graph).is_err());
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_basic_authentication_is_taken() {
    let tenant = Tenant::new();
    let fields =
        [GRANT, ("scope", GRAPH_DEFAULT), ("x-client-SKU", "msal.js.node"), ("client_info", "1"), ("x", "")];
    let mut request = form(TOKEN, &fields);
    let credentials = STANDARD.encode(format!("{PUBLIC_CLIENT_ID}:{PUBLIC_CLIENT_SECRET}"));
    request.headers_mut().insert(header::AUTHORIZATION, format!("Basic {credentials}").parse().unwrap());
    let answer = tenant.send(request).await;
    assert_eq!(answer.claims("access_token")["azp"], PUBLIC_CLIENT_ID);
}

#[tokio::test]
async fn refusals_have_the_shape_and_the_numbers_of_entra() {
    let tenant = Tenant::new();
    let scope = ("scope", GRAPH_DEFAULT);
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Fields<'_>, u16, &str, u64); 9] = [
        (&[GRANT, APP[0], ("client_secret", "wrong"), scope], 401, "invalid_client", 7_000_215),
        (&[GRANT, APP[0], scope], 401, "invalid_client", 7_000_218),
        (
            &[GRANT, ("client_id", "nobody"), ("client_secret", "x"), scope],
            400,
            "unauthorized_client",
            700_016,
        ),
        (&[APP[0], APP[1], scope], 400, "invalid_request", 900_144),
        (&[("grant_type", "password"), APP[0], APP[1]], 400, "unsupported_grant_type", 70_003),
        (&[GRANT, APP[0], APP[1], ("scope", "User.Read")], 400, "invalid_scope", 1_002_012),
        (
            &[GRANT, APP[0], APP[1], ("scope", "https://evil.example/.default")],
            400,
            "invalid_resource",
            500_011,
        ),
        (&[GRANT, APP[0], APP[1]], 400, "invalid_request", 900_144),
        (
            &[
                GRANT,
                APP[0],
                APP[1],
                ("scope", "https://graph.microsoft.com/.default https://localhost:4000/.default"),
            ],
            400,
            "invalid_request",
            28_000,
        ),
    ];
    for (fields, status, error, code) in cases {
        let mut request = form(TOKEN, fields);
        request
            .headers_mut()
            .insert("client-request-id", "6f1d2c1e-0000-4000-8000-000000000001".parse().unwrap());
        let answer = tenant.send(request).await;
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), body["error"].as_str().unwrap()), (status, error), "{body}");
        assert_eq!(answer.error_code(), code);
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
        assert_eq!(body["timestamp"], "2026-11-20 08:00:00Z");
        assert_eq!(body["correlation_id"], "6f1d2c1e-0000-4000-8000-000000000001");
        assert!(body["trace_id"].is_string());
    }
    let answer = tenant.get(TOKEN).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (400, 900_561));
}

struct ClientCertificate {
    pem: String,
    thumbprint: String,
    key: EncodingKey,
}

fn certificate() -> &'static ClientCertificate {
    static MADE: OnceLock<ClientCertificate> = OnceLock::new();
    MADE.get_or_init(|| {
        let key =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate.der());
        ClientCertificate {
            pem: certificate.pem(),
            thumbprint: URL_SAFE_NO_PAD.encode(thumbprint),
            key: EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap(),
        }
    })
}

fn assertion(algorithm: Algorithm, audience: &str, lives_secs: i64) -> String {
    let mut header = Header::new(algorithm);
    header.x5t_s256 = Some(certificate().thumbprint.clone());
    let now = start().as_second();
    let claims = json!({
        "aud": audience, "iss": APP_CLIENT_ID, "sub": APP_CLIENT_ID, "jti": "1",
        "nbf": now - 600, "iat": now - 600, "exp": now + lives_secs,
    });
    encode(&header, &claims, &certificate().key).unwrap()
}

async fn ask_with(tenant: &Tenant, assertion: &str) -> Answer {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let proof = [("client_assertion_type", kind), ("client_assertion", assertion)];
    tenant.token(&[GRANT, APP[0], proof[0], proof[1], ("scope", GRAPH_DEFAULT)]).await
}

#[tokio::test]
async fn a_registered_certificate_signs_assertions_with_ps256_and_rs256() {
    let tenant = Tenant::new();
    let endpoint = format!("https://localhost:4000/{TENANT_ID}/oauth2/v2.0/token");
    let good = assertion(Algorithm::PS256, &endpoint, 300);
    assert_eq!(ask_with(&tenant, &good).await.error_code(), 700_027, "not registered yet");

    let order = json!({"clientId": APP_CLIENT_ID, "certificate": certificate().pem});
    let added = tenant.control(Method::POST, "/sandbox/entra/certificates", &order).await;
    assert_eq!(added.json()["x5t#S256"], certificate().thumbprint);

    let answer = ask_with(&tenant, &good).await;
    assert_eq!(answer.claims("access_token")["azpacr"], "2");
    assert_eq!(ask_with(&tenant, &assertion(Algorithm::RS256, &endpoint, 300)).await.status, 200);
    assert_eq!(ask_with(&tenant, &assertion(Algorithm::PS256, &endpoint, -301)).await.error_code(), 700_024);
    let elsewhere = assertion(Algorithm::PS256, "https://evil.example/token", 300);
    assert_eq!(ask_with(&tenant, &elsewhere).await.error_code(), 700_023);
    let mut forged = good.clone();
    forged.replace_range(good.len() - 6.., "AAAAAA");
    assert_eq!(ask_with(&tenant, &forged).await.error_code(), 700_027);
    assert_eq!(ask_with(&tenant, "no.jwt").await.error_code(), 50_027);
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused_with_advice() {
    let tenant = Tenant::new();
    let order = json!({"clientId": APP_CLIENT_ID, "certificate": "hello"});
    let answer = tenant.control(Method::POST, "/sandbox/entra/certificates", &order).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains(".pem"), "{}", answer.text);
    assert!(!answer.text.contains(APP_CLIENT_SECRET));
}
