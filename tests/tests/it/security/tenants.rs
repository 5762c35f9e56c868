//! The wall between tenants: another tenant's caller, properly signed in, with the very same object id, asking
//! for the very same ids.

use super::witness::{Departure, Witness};
use backend::caller::{TenantId, UserId};
use backend::exchange::MailboxId;
use backend::net::Response;
use backend::store::{ItemKey, ItemName, Store as _};
use http::{HeaderMap, Method, StatusCode};
use sandbox::Options;
use sandbox::company::{ADA, FJORDLINE, TENANT_ID};
use sandbox::entra::Mint;
use sandbox::world::World;
use serde_json::{Value, json};
use shared::api::WishRequest;
use shared::problem::Code;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::wish::{RegardingWish, Wish};
use std::sync::Arc;
use tests::{Pane, Stack, Tenant, TestClock};
use uuid::Uuid;

/// The other tenant. Its keys are its own, its organization is at another address.
const OTHER: &str = "7e4a47b0-0000-4000-8000-00000000b000";
const OTHER_CRM: &str = "https://localhost:4001";
/// The token that Entra gives for the other tenant's people.
const OTHERS_TOKEN: &str = "token-of-the-other-tenant";

struct Street {
    stack: Stack,
    witness: Arc<Witness>,
    /// Who signs for the other tenant.
    other: Arc<World>,
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers =
        HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/json".parse().expect("a value"))]);
    Response { status, headers, body: body.to_string().into() }
}

/// Two enrolled tenants of one service.
async fn street() -> Street {
    let other = World::new(Options::in_memory(TestClock::new())).expect("a tenant in memory");
    // Worlds of one process begin with the same key, to save time.
    other.rotate_keys(0);
    let keys = Tenant::of(other.clone());
    let request = http::Request::get(format!("https://localhost:4000/{TENANT_ID}/discovery/v2.0/keys"));
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let response = sandbox::server::call(&keys.upstream, request).await.expect("keys");
    let bytes = http_body_util::BodyExt::collect(response.into_body()).await.expect("a body").to_bytes();
    let keys = String::from_utf8_lossy(&bytes).replace(TENANT_ID, OTHER);
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    let speak = move |departure: &Departure| {
        if departure.origin == OTHER_CRM {
            return Some(answer(
                StatusCode::NOT_FOUND,
                &json!({"error": {"code": "", "message": "nothing here"}}),
            ));
        }
        match departure.path.strip_prefix(&format!("/{OTHER}/"))? {
            "discovery/v2.0/keys" => Some(answer(StatusCode::OK, &keys)),
            "oauth2/v2.0/token" => {
                let granted =
                    json!({"access_token": OTHERS_TOKEN, "expires_in": 3600, "token_type": "Bearer"});
                Some(answer(StatusCode::OK, &granted))
            }
            _ => None,
        }
    };
    let mut witness = None;
    let stack = Stack::start_with(|setup| {
        let id = TenantId(OTHER.parse().expect("a GUID"));
        let dataverse = OTHER_CRM.parse().expect("an address");
        setup.config.tenants.push(backend::config::Tenant {
            id,
            dataverse,
            mailboxes: backend::config::Enrollment::ByHand,
        });
        witness = Some(Witness::place_with(setup, Box::new(speak)));
    })
    .await;
    Street { stack, witness: witness.expect("placed"), other }
}

/// A token for Ada's object id with these claims, signed by a tenant's keys.
fn token(world: &World, claims: Value) -> String {
    let claims = claims.as_object().expect("claims").clone();
    Mint { claims, ..Mint::good(&ADA) }.token(world).expect("a token")
}

fn issuer(tenant: &str) -> String {
    format!("https://localhost:4000/{tenant}/v2.0")
}

impl Street {
    fn others_token(&self) -> String {
        token(&self.other, json!({"tid": OTHER, "iss": issuer(OTHER)}))
    }

    fn stranger(&self) -> Pane {
        Pane::with_token(self.stack.api(), self.others_token())
    }
}

#[tokio::test]
async fn a_tenants_tokens_count_only_under_its_own_keys_and_issuer() {
    let street = street().await;
    let (ours, theirs) = (&street.stack.world, &street.other);
    for (name, token) in [
        ("theirs under our key", token(ours, json!({"tid": OTHER, "iss": issuer(OTHER)}))),
        ("ours under their key", token(theirs, json!({}))),
        (
            "their tenant, our issuer, their key",
            token(theirs, json!({"tid": OTHER, "iss": issuer(TENANT_ID)})),
        ),
        ("our tenant, their issuer, their key", token(theirs, json!({"iss": issuer(OTHER)}))),
        ("our tenant, their issuer, our key", token(ours, json!({"iss": issuer(OTHER)}))),
    ] {
        let answer = Pane::with_token(street.stack.api(), token).call(Method::GET, "/api/me", None).await;
        assert_eq!(answer.problem().code, Code::SignedOut, "{name}");
    }
    let nobody = json!({"tid": Uuid::from_u128(9), "iss": issuer(&Uuid::from_u128(9).to_string())});
    let answer =
        Pane::with_token(street.stack.api(), token(theirs, nobody)).call(Method::GET, "/api/me", None).await;
    assert_eq!(answer.problem().code, Code::TenantNotEnrolled);
    let before = street.witness.departures().len();
    street.stranger().call(Method::GET, "/api/records?search=Fjord", None).await;
    let asked = street.witness.departures().split_off(before);
    assert!(asked.iter().any(|one| one.origin == OTHER_CRM), "their own token is good: {asked:?}");
}

#[tokio::test]
async fn nothing_of_a_tenant_is_reached_with_anothers_caller_whatever_ids_they_guess() {
    let street = street().await;
    let stack = &street.stack;
    let mail = stack.mail_to(&ADA).await;
    let key = RecordKey { table: Table::account(), id: FJORDLINE.id.parse().expect("a GUID") };
    let record = RecordRef { key, name: FJORDLINE.name.to_owned() };
    let wish = Wish::Track { regarding: RegardingWish::Set(record) };
    let request = WishRequest { id: Uuid::new_v4(), wish };
    assert!(stack.pane(&ADA).send(&mail, &request).await.status.is_success());
    let (emails, mark) = (stack.emails(&mail.internet_message_id).await, stack.mark());
    let before = street.witness.departures().len();
    let stranger = street.stranger();
    let answers = [
        stranger.look(&mail).await,
        stranger.send(&mail, &request).await,
        stranger.send(&mail, &WishRequest { id: Uuid::new_v4(), ..request.clone() }).await,
        stranger
            .call(
                Method::GET,
                &format!("/api/items/{}/suggestions?mailbox={}", mail.item, mail.mailbox),
                None,
            )
            .await,
        stranger
            .call(Method::GET, &format!("/api/items/{}/events?mailbox={}", mail.item, mail.mailbox), None)
            .await,
        stranger.look_for("Fjord").await,
        stranger.call(Method::GET, "/api/me", None).await,
    ];
    for (at, answer) in answers.iter().enumerate() {
        let told = String::from_utf8_lossy(&answer.body);
        let theirs = [FJORDLINE.name, FJORDLINE.id, "Solheim", "\"is\":\"tracked"];
        assert!(theirs.iter().all(|piece| !told.contains(piece)), "{at}: {told}");
    }
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(stack.emails(&mail.internet_message_id).await, emails);
    for one in street.witness.departures().split_off(before) {
        let is_theirs = one.bearer.as_deref() == Some(OTHERS_TOKEN);
        let to_our_crm = one.origin != OTHER_CRM && one.path.starts_with("/api/data");
        assert!(!(is_theirs && to_our_crm), "their token went to our CRM: {one:?}");
        assert!(is_theirs || one.origin != OTHER_CRM, "our token went to their CRM: {one:?}");
        assert!(one.bearer.is_none() || is_theirs, "somebody else's token was used: {one:?}");
    }
    // And beneath HTTP: the same user id, the same wish, the same names.
    let (other, ada) = (TenantId(OTHER.parse().expect("a GUID")), UserId(ADA.oid.parse().expect("a GUID")));
    let ours = TenantId(TENANT_ID.parse().expect("a GUID"));
    let name = ItemName { mailbox: mail.mailbox.clone(), item: mail.item.clone() };
    let key = ItemKey { mailbox: MailboxId(ada.0), item: mail.item.clone() };
    let store = &stack.store;
    assert!(!store.recent_records(ours, ada, 9).await.expect("records").is_empty());
    assert!(store.recent_records(other, ada, 9).await.expect("records").is_empty());
    assert!(store.wish_state(ours, request.id).await.expect("a state").is_some());
    assert!(store.knowledge(ours, &name, Some(&key)).await.expect("knowledge").link.is_some());
    assert!(store.knowledge(other, &name, Some(&key)).await.expect("knowledge").link.is_none());
}

#[tokio::test]
async fn an_administrator_of_another_tenant_sees_and_orders_nothing_here() {
    let street = street().await;
    let tracked = street.stack.synchronize(ADA.upn).await;
    let claims = json!({"tid": OTHER, "iss": issuer(OTHER), "roles": [sandbox::entra::ADMINISTER]});
    let stranger = Pane::with_token(street.stack.api(), token(&street.other, claims));
    let ask = async |path: &str| stranger.call(Method::GET, &format!("/api/admin/{path}"), None).await;
    assert_eq!(ask("me").await.json::<Value>()["tenant"], OTHER, "an administrator, elsewhere");
    assert_eq!(ask("mailboxes").await.json::<Value>(), json!({"mailboxes": []}));
    assert_eq!(ask("failing").await.json::<Value>(), json!({"items": []}));
    assert_eq!(ask("nodes").await.json::<Value>()["nodes"][0]["mailboxes"], 0);
    for path in [format!("mailboxes/{}", ADA.upn), format!("failing?mailbox={}", ADA.upn)] {
        assert_eq!(ask(&path).await.problem().code, Code::NotFound, "{path}");
    }
    for order in ["approve", "reject", "test", "start", "stop"] {
        let path = format!("/api/admin/mailboxes/{}/{order}", ADA.upn);
        assert_eq!(stranger.call(Method::POST, &path, None).await.problem().code, Code::NotFound, "{order}");
    }
    let before = street.witness.departures().len();
    let change = json!({"value": "true"}).to_string();
    stranger.call(Method::PUT, "/api/admin/settings/DoNotAutoTrackEmail", Some(change)).await;
    stranger.call(Method::POST, "/api/admin/mailboxes/discover", None).await;
    let asked = street.witness.departures().split_off(before);
    let ours = format!("/{TENANT_ID}/");
    assert!(asked.iter().any(|one| one.origin == OTHER_CRM), "{asked:?}");
    for one in asked {
        let entra = one.path.contains("/oauth2/") && !one.path.starts_with(&ours);
        assert!(one.origin == OTHER_CRM || entra, "{one:?}");
    }
    assert_eq!(street.stack.administered(ADA.upn).await.line.state, tracked.line.state);
}
