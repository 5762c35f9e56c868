use crate::client::*;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request, header};
use sandbox::company::{ADA, APP_CLIENT_ID, BEN, PUBLIC_CLIENT_ID, PUBLIC_CLIENT_SECRET, TENANT_ID};
use sandbox::entra::{Caller, Resource};
use serde_json::json;

const PANE: &str = "https://localhost:3000";
const REDIRECT: &str = "https://localhost:3000/signed-in.html";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

fn challenge() -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

fn authorize(more: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let scope = format!("{API_SCOPE} openid profile offline_access");
    let mut fields = vec![
        ("client_id", APP_CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", &scope),
        ("state", "s/1&2"),
        ("nonce", "n1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("/{TENANT_ID}/oauth2/v2.0/authorize?{query}")
}

async fn sign_in(tenant: &Tenant, path: &str, oid: &str) -> Answer {
    tenant.send(form(path, &[("person", oid)])).await
}

async fn redeem(tenant: &Tenant, code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", APP_CLIENT_ID),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
        ("client_info", "1"),
    ];
    tenant.token_from_page(PANE, &fields).await
}

fn with_cookie(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

fn cookie_of(answer: &Answer) -> String {
    answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_signs_in_and_the_page_gets_tokens_for_the_api() {
    let tenant = Tenant::new();
    let page = tenant.get(&authorize(&[])).await;
    assert_eq!(page.status, 200);
    for text in ["Ada Brandt", "Ben Okafor", "Chiara Rossi", "Dan Whitfield"] {
        assert!(page.text.contains(text), "{}", page.text);
    }
    assert!(!page.text.contains("state=s/1&2"), "the address is escaped in the page");

    let redirected = sign_in(&tenant, &authorize(&[]), BEN.oid).await;
    assert_eq!(redirected.status, 302);
    assert!(redirected.location().as_str().starts_with(REDIRECT));
    assert_eq!(redirected.location_value("state").unwrap(), "s/1&2");
    let code = redirected.location_value("code").unwrap();

    let tokens = redeem(&tenant, &code, VERIFIER).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let Ok(Caller::User { oid, scopes, .. }) = tenant.check(&token, Resource::App) else { panic!() };
    assert_eq!((oid.as_str(), scopes.as_slice()), (BEN.oid, ["access_as_user".to_owned()].as_slice()));
    let claims = tokens.claims("access_token");
    assert_eq!(claims["aud"], APP_CLIENT_ID);
    assert_eq!((&claims["azpacr"], &claims["name"]), (&json!("0"), &json!("Ben Okafor")));
    assert_eq!(tokens.claims("id_token")["nonce"], "n1");
    assert!(tokens.json()["scope"].as_str().unwrap().contains(API_SCOPE));

    let again = redeem(&tenant, &code, VERIFIER).await;
    assert_eq!((again.json()["error"].as_str().unwrap(), again.error_code()), ("invalid_grant", 54_005));
}

#[tokio::test]
async fn the_verifier_has_to_be_the_challenges() {
    let tenant = Tenant::new();
    let code = sign_in(&tenant, &authorize(&[]), ADA.oid).await.location_value("code").unwrap();
    assert_eq!(redeem(&tenant, &code, "something-else").await.error_code(), 501_481);
    assert_eq!(redeem(&tenant, &code, "").await.error_code(), 50_148);
    assert_eq!(redeem(&tenant, &code, VERIFIER).await.status, 200);

    let without = authorize(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let refused = tenant.get(&without.replace("&code_challenge=&code_challenge_method=", "")).await;
    assert!(refused.location_value("error_description").unwrap().starts_with("AADSTS9002325"));
    let plain = tenant.get(&authorize(&[("code_challenge_method", "plain")])).await;
    assert_eq!(plain.location_value("error").unwrap(), "invalid_request");
}

#[tokio::test]
async fn a_code_grows_old() {
    let tenant = Tenant::new();
    let code = sign_in(&tenant, &authorize(&[]), ADA.oid).await.location_value("code").unwrap();
    tenant.clock.advance(jiff::SignedDuration::from_mins(11));
    assert_eq!(redeem(&tenant, &code, VERIFIER).await.error_code(), 70_008);
}

#[tokio::test]
async fn a_pages_code_is_redeemed_from_a_page_only() {
    let tenant = Tenant::new();
    let code = sign_in(&tenant, &authorize(&[]), ADA.oid).await.location_value("code").unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", APP_CLIENT_ID),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(tenant.token(&fields).await.error_code(), 9_002_327);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_registered() {
    let tenant = Tenant::new();
    for address in
        ["https://evil.example/", "https://localhost:3000.evil.example/", "https://localhost:3000/other"]
    {
        let answer = tenant.get(&authorize(&[("redirect_uri", address)])).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.headers.contains_key(header::LOCATION));
        assert!(answer.text.contains("AADSTS50011"));
    }
    let hostile = tenant.get(&authorize(&[("client_id", "<script>alert(1)</script>")])).await;
    assert_eq!(hostile.status, 400);
    assert!(!hostile.text.contains("<script>"), "{}", hostile.text);

    let address = "https://localhost:3000/other";
    let order = json!({"clientId": APP_CLIENT_ID, "uri": address, "platform": "spa"});
    assert_eq!(tenant.control(Method::POST, "/sandbox/entra/redirects", &order).await.status, 204);
    assert_eq!(tenant.get(&authorize(&[("redirect_uri", address)])).await.status, 200);
}

#[tokio::test]
async fn a_native_client_may_listen_on_any_port() {
    let tenant = Tenant::new();
    let redirect = "http://localhost:51234/";
    let path =
        authorize(&[("client_id", PUBLIC_CLIENT_ID), ("redirect_uri", redirect), ("scope", "User.Read")]);
    let code = sign_in(&tenant, &path, ADA.oid).await.location_value("code").unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", PUBLIC_CLIENT_ID),
        ("client_secret", PUBLIC_CLIENT_SECRET),
        ("code", &code),
        ("redirect_uri", redirect),
        ("code_verifier", VERIFIER),
    ];
    let answer = tenant.token(&fields).await;
    assert_eq!(answer.claims("access_token")["aud"], "https://graph.microsoft.com");
    assert_eq!(answer.claims("access_token")["scp"], "User.Read");
}

#[tokio::test]
async fn the_answer_stands_in_the_fragment_when_asked_for() {
    let tenant = Tenant::new();
    let answer = sign_in(&tenant, &authorize(&[("response_mode", "fragment")]), ADA.oid).await;
    let location = answer.location();
    assert!(location.query().is_none());
    assert!(location.fragment().unwrap().starts_with("code="));
}

#[tokio::test]
async fn the_answer_is_posted_by_the_browser_when_asked_for() {
    let tenant = Tenant::new();
    let state = "\"><script>alert(1)</script>";
    let asked = authorize(&[("response_mode", "form_post"), ("state", state)]);
    let answer = sign_in(&tenant, &asked, ADA.oid).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key(header::LOCATION));
    assert!(answer.text.contains(&format!(r#"<form method="post" action="{REDIRECT}">"#)), "{}", answer.text);
    assert!(answer.text.contains(r#"name="state" value="&quot;&gt;&lt;script&gt;"#), "{}", answer.text);
    let code = answer.text.split(r#"name="code" value=""#).nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(redeem(&tenant, code, VERIFIER).await.status, 200);
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
}

#[tokio::test]
async fn a_session_signs_in_silently_until_signed_out() {
    let tenant = Tenant::new();
    let silent = authorize(&[("prompt", "none")]);
    assert_eq!(tenant.get(&silent).await.location_value("error").unwrap(), "login_required");

    let cookie = cookie_of(&sign_in(&tenant, &authorize(&[]), ADA.oid).await);
    assert!(tenant.send(with_cookie(&silent, &cookie)).await.location_value("code").is_some());
    let other = authorize(&[("prompt", "none"), ("login_hint", BEN.upn)]);
    let answer = tenant.send(with_cookie(&other, &cookie)).await;
    assert_eq!(answer.location_value("error").unwrap(), "login_required");
    let choosing = tenant.send(with_cookie(&authorize(&[("prompt", "select_account")]), &cookie)).await;
    assert_eq!(choosing.status, 200);

    let out = format!(
        "/{TENANT_ID}/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Flocalhost%3A3000%2F&state=bye"
    );
    let answer = tenant.send(with_cookie(&out, &cookie)).await;
    assert_eq!(answer.location().as_str(), "https://localhost:3000/?state=bye");
    let answer = tenant.send(with_cookie(&silent, &cookie)).await;
    assert_eq!(answer.location_value("error").unwrap(), "login_required");
    let elsewhere = out.replace("localhost%3A3000", "evil.example");
    assert_eq!(tenant.get(&elsewhere).await.status, 200, "no redirect to strangers");
}

#[tokio::test]
async fn a_hint_leaves_one_person_on_the_page_and_cancelling_is_an_answer() {
    let tenant = Tenant::new();
    let page = tenant.get(&authorize(&[("login_hint", BEN.upn)])).await;
    assert!(page.text.contains("Ben Okafor") && !page.text.contains("Ada Brandt"));
    let cancelled = sign_in(&tenant, &authorize(&[]), "").await;
    assert_eq!(cancelled.location_value("error").unwrap(), "access_denied");
}

#[tokio::test]
async fn a_refresh_token_gives_tokens_for_other_apis_too_and_expires() {
    let tenant = Tenant::new();
    let code = sign_in(&tenant, &authorize(&[]), ADA.oid).await.location_value("code").unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", APP_CLIENT_ID),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("scope", &format!("{API_SCOPE} offline_access")),
    ];
    let first =
        tenant.token_from_page(PANE, &fields).await.json()["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |token: String, scope: &'static str| {
        let tenant = &tenant;
        async move {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", APP_CLIENT_ID),
                ("refresh_token", token.as_str()),
                ("scope", scope),
            ];
            tenant.token_from_page(PANE, &fields).await
        }
    };
    let graph = refresh(first.clone(), "Mail.ReadWrite").await;
    assert_eq!(graph.claims("access_token")["aud"], "https://graph.microsoft.com");
    assert_ne!(graph.json()["refresh_token"], first);
    assert_eq!(refresh(first.clone(), API_SCOPE).await.status, 200, "the first stays good");
    tenant.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(refresh(first, API_SCOPE).await.error_code(), 700_082);
    assert_eq!(refresh("made up".to_owned(), API_SCOPE).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn the_nested_app_bridge_gets_the_same_tokens_for_registered_clients_only() {
    let tenant = Tenant::new();
    let order =
        |client: &str| json!({"person": ADA.upn, "clientId": client, "scope": API_SCOPE, "nonce": "n2"});
    let answer = tenant.control(Method::POST, "/sandbox/naa/token", &order(APP_CLIENT_ID)).await;
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    assert!(tenant.check(token, Resource::App).is_ok());
    assert_eq!(answer.claims("id_token")["nonce"], "n2");
    assert_eq!(body["account"]["homeAccountId"], format!("{}.{TENANT_ID}", ADA.oid));
    assert_eq!(
        (&body["account"]["username"], &body["account"]["environment"]),
        (&json!(ADA.upn), &json!("localhost:4000"))
    );
    assert!(body["expires_in"].as_i64().unwrap() >= 3600);

    let answer = tenant.control(Method::POST, "/sandbox/naa/token", &order("someone-else")).await;
    assert_eq!(answer.error_code(), 700_016);
}
