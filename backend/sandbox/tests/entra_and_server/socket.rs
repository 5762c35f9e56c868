//! The sandbox on real sockets.

use crate::client::*;
use sandbox::company::TENANT_ID;
use sandbox::server::{Listen, Running, ServeError, serve};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::{Seq, Service};
use sandbox::{Options, World};
use serde_json::{Value, json};
use std::net::SocketAddr;

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn client(ca_pem: &str) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap()
}

async fn both(tenant: &Tenant) -> (Running, reqwest::Client) {
    let listen = Listen { https: Some(loopback()), http: Some(loopback()) };
    let running = serve(tenant.world.clone(), listen).await.unwrap();
    let client = client(&running.ca_pem);
    (running, client)
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_reaches_the_tenant_over_https_and_http() {
    let tenant = Tenant::new();
    let (running, client) = both(&tenant).await;
    let https = running.https.unwrap();
    for base in [
        format!("https://localhost:{}", https.port()),
        format!("https://{https}"),
        format!("http://{}", running.http.unwrap()),
    ] {
        let answer = client.get(format!("{base}/sandbox/tenant")).send().await.unwrap();
        let about: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(about["tenantId"], TENANT_ID);
    }
    let distrusting = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(distrusting.get(format!("https://{https}/sandbox/tenant")).send().await.is_err());
    let ca =
        client.get(format!("https://{https}/sandbox/ca.pem")).send().await.unwrap().text().await.unwrap();
    assert_eq!(ca, running.ca_pem);
    running.stop().await.unwrap();
    assert!(client.get(format!("https://{https}/sandbox/tenant")).send().await.is_err());
}

#[tokio::test]
async fn a_dropped_connection_closes_without_an_answer_and_the_effect_is_there() {
    let tenant = Tenant::new();
    let (running, client) = both(&tenant).await;
    for base in [format!("https://{}", running.https.unwrap()), format!("http://{}", running.http.unwrap())] {
        for (kind, is_applied) in [(Kind::DropBefore, false), (Kind::DropAfter, true)] {
            tenant.world.faults.clear();
            tenant
                .world
                .faults
                .add(Fault::new(kind).on(Service::Control, "POST", "/sandbox/latency").times(1));
            let asked = client
                .post(format!("{base}/sandbox/latency"))
                .header("content-type", "application/json")
                .body(json!({"host": 7}).to_string())
                .send()
                .await;
            assert!(asked.unwrap_err().status().is_none(), "no answer at all");
            assert_eq!(tenant.world.faults.latency_ms(Service::Host) == 7, is_applied);
        }
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_gives_up_on_a_held_request_is_noticed() {
    let tenant = Tenant::new();
    let (running, client) = both(&tenant).await;
    tenant.world.faults.add(Fault::new(Kind::HangBefore).named("held").on(Service::Graph, "GET", "/v1.0/me"));
    let asking = tokio::spawn(client.get(format!("https://{}/v1.0/me", running.https.unwrap())).send());
    while tenant.world.faults.held("held") == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    while tenant.world.faults.held("held") == 1 {
        tokio::task::yield_now().await;
    }
    assert!(tenant.world.journal.entries_after(Seq(0))[0].ended.is_some());
    running.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_lets_go_what_is_held_and_saves_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::in_memory(sandbox::world::SetClock::new(start()));
    let world = World::new(Options { state_dir: Some(folder.path().to_owned()), ..options }).unwrap();
    let running = serve(world.clone(), Listen { https: None, http: Some(loopback()) }).await.unwrap();
    world.faults.add(Fault::new(Kind::HangBefore).named("held"));
    let address = format!("http://{}/sandbox/tenant", running.http.unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asking = tokio::spawn(client.get(address).send());
    while world.faults.held("held") == 0 {
        tokio::task::yield_now().await;
    }
    running.stop().await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
    assert!(folder.path().join("tenant.json").exists());
}

#[tokio::test]
async fn the_authority_signs_for_another_server_too() {
    let tenant = Tenant::new();
    let authority = tenant.world.authority().unwrap();
    let certificate = authority.issue(jiff::Timestamp::now());
    assert!(certificate.chain_pem.ends_with(authority.ca_pem()));
    assert!(certificate.key_pem.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn addresses_that_others_reach_and_addresses_in_use_are_refused() {
    let tenant = Tenant::new();
    let listen = |https: &str| Listen { https: Some(https.parse().unwrap()), http: None };
    let open = serve(tenant.world.clone(), listen("0.0.0.0:0")).await.unwrap_err();
    assert!(matches!(open, ServeError::NotLoopback(_)) && open.to_string().contains("127.0.0.1"), "{open}");
    let running = serve(tenant.world.clone(), listen("127.0.0.1:0")).await.unwrap();
    let taken = running.https.unwrap();
    let error = serve(tenant.world.clone(), listen(&taken.to_string())).await.unwrap_err();
    assert!(
        matches!(error, ServeError::Bind { .. }) && error.to_string().contains(&taken.to_string()),
        "{error}"
    );
    let nowhere = serve(tenant.world.clone(), Listen::default()).await.unwrap_err();
    assert!(matches!(nowhere, ServeError::NoAddress));
}

/// A program with a certificate from the tenant's authority: it shakes hands and passes on what it is sent.
async fn listening(world: &World) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<Value>) {
    use axum::extract::{Query, State};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let certificate = world.authority().unwrap().issue(jiff::Timestamp::now());
    let chain =
        CertificateDer::pem_slice_iter(certificate.chain_pem.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (pass_on, heard) = tokio::sync::mpsc::unbounded_channel();
    type Asked = Query<std::collections::BTreeMap<String, String>>;
    let hear = async |State(pass_on): State<tokio::sync::mpsc::UnboundedSender<Value>>,
                      Query(query): Asked,
                      body: String| {
        if let Some(token) = query.get("validationToken") {
            return token.clone();
        }
        pass_on.send(serde_json::from_str(&body).unwrap()).unwrap();
        String::new()
    };
    let router = axum::Router::new().route("/notify", axum::routing::post(hear)).with_state(pass_on);
    let listener = std::net::TcpListener::bind(loopback()).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let tls = axum_server::tls_rustls::RustlsConfig::from_config(std::sync::Arc::new(tls));
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap().serve(router.into_make_service());
    tokio::spawn(server);
    (address, heard)
}

#[tokio::test]
async fn a_change_rings_over_https_at_a_program_that_the_authority_signed_for() {
    use sandbox::company::ADA;
    let tenant = Tenant::new();
    let (running, client) = both(&tenant).await;
    let (address, mut heard) = listening(&tenant.world).await;
    let base = format!("https://localhost:{}", running.https.unwrap().port());
    let token = tenant.mint(&sandbox::entra::Mint::graph(&ADA, "Mail.ReadWrite"));
    let wish = json!({
        "changeType": "updated", "resource": "me/messages", "expirationDateTime": "2026-11-21T08:00:00Z",
        "notificationUrl": format!("https://localhost:{}/notify", address.port()), "clientState": "s",
    });
    let post = |path: &str, body: &Value| {
        let request = client.post(format!("{base}{path}")).bearer_auth(&token);
        request.header("content-type", "application/json").body(body.to_string()).send()
    };
    let made = post("/v1.0/subscriptions", &wish).await.unwrap();
    assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
    let id = {
        let exchange = tenant.world.exchange();
        let mailbox = exchange.mailbox(ADA.oid).unwrap();
        let message = mailbox.messages().next().unwrap();
        mailbox.item_id(message, sandbox::exchange::IdForm::Mutable)
    };
    let path = format!("/sandbox/exchange/mailboxes/{}/messages/{id}/categories", ADA.upn);
    assert_eq!(post(&path, &json!({"put": ["Rung"]})).await.unwrap().status(), 200);
    let body = heard.recv().await.unwrap();
    assert_eq!(body["value"][0]["changeType"], "updated");
    assert_eq!(body["value"][0]["resourceData"]["id"], id);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_somebody_else_signed_for_is_not_trusted_with_notifications() {
    use sandbox::server::PostRider;
    use sandbox::world::courier::Courier;
    let (tenant, stranger) = (Tenant::new(), Tenant::new());
    let (address, _heard) = listening(&stranger.world).await;
    let authority = |tenant: &Tenant| tenant.world.authority().unwrap().ca_pem().to_owned();
    let (own, strangers) = (authority(&tenant), authority(&stranger));
    let url = format!("https://localhost:{}/notify?validationToken=x", address.port());
    let send = async |believed: &[&str]| {
        PostRider::new(believed).unwrap().send(&url, "text/plain", bytes::Bytes::new()).await
    };
    send(&[&own]).await.unwrap_err();
    assert_eq!(send(&[&own, &strangers]).await.unwrap().body, "x");
    assert!(PostRider::new(&["-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"]).is_err());
}
