use crate::client::*;
use http::Method;
use sandbox::company::{ADA, APP_CLIENT_ID, TENANT_ID};
use sandbox::entra::{Mint, Resource};
use sandbox::world::faults::{Fault, Kind};
use serde_json::json;

#[tokio::test]
async fn the_tenant_tells_all_that_a_client_needs() {
    let tenant = Tenant::new();
    let about = tenant.get("/sandbox/tenant").await.json();
    assert_eq!(about["tenantId"], TENANT_ID);
    assert_eq!(about["people"].as_array().unwrap().len(), 4);
    let client = &about["clients"][1];
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client["clientId"].as_str().unwrap()),
        ("client_secret", client["clientSecret"].as_str().unwrap()),
        ("scope", GRAPH_DEFAULT),
    ];
    assert_eq!(tenant.token(&fields).await.status, 200);
}

#[tokio::test]
async fn reset_empties_journal_and_faults_and_gives_consent_back_but_keeps_the_keys() {
    let tenant = Tenant::new();
    let token = tenant.mint(&Mint::good(&ADA));
    tenant.world.faults.add(Fault::new(Kind::Latency { ms: 0 }));
    let change = json!({"clientId": APP_CLIENT_ID, "person": "*", "consent": "withdrawn"});
    tenant.control(Method::POST, "/sandbox/entra/consent", &change).await;
    assert_eq!(tenant.control(Method::POST, "/sandbox/reset", &json!({})).await.status, 204);
    assert!(tenant.world.faults.list().is_empty());
    assert!(tenant.check(&token, Resource::App).is_ok());
    let order = json!({"person": ADA.upn, "clientId": APP_CLIENT_ID, "scope": API_SCOPE});
    assert_eq!(tenant.control(Method::POST, "/sandbox/naa/token", &order).await.status, 200);
}

#[tokio::test]
async fn what_the_control_plane_does_not_know_it_says() {
    let tenant = Tenant::new();
    let answer = tenant.get("/sandbox/nothing").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("/sandbox/nothing"));
    assert_eq!(tenant.control(Method::POST, "/sandbox/release/none", &json!({})).await.status, 404);
    let answer = tenant.control(Method::POST, "/sandbox/keys/rotate", &json!({"grace": 1})).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids() {
    let (one, two) = (Tenant::new(), Tenant::new());
    assert_eq!(one.world.next_uuid(), two.world.next_uuid());
    let uti = |tenant: &Tenant| claims(&tenant.mint(&Mint::good(&ADA)))["uti"].clone();
    assert_eq!(uti(&one), uti(&two));
}
