//! Links and redirects of the other side are data: no token follows them to another place.

use super::witness::Witness;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use sandbox::company::ADA;
use sandbox::entra::Mint;
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::problem::Code;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::status::Status;
use std::sync::Arc;
use tests::Stack;

const HOME: &str = "https://localhost:4000";

async fn watched() -> (Stack, Arc<Witness>) {
    let mut witness = None;
    let stack = Stack::start_with(|setup| witness = Some(Witness::place(setup))).await;
    (stack, witness.expect("placed"))
}

fn next_link(link: &str) -> Fault {
    let kind = Kind::BodyReplaced { pointer: "/@odata.nextLink".to_owned(), value: link.into() };
    Fault::new(kind).on(Service::Graph, "GET", "masterCategories")
}

#[tokio::test]
async fn a_next_link_to_another_place_gets_no_token_and_the_wish_is_refused() {
    for link in [
        "https://evil.example/v1.0/me/outlook/masterCategories",
        "//evil.example/v1.0/x",
        "https://localhost:4000.evil.example/v1.0/x",
        "https://localhost:4000@evil.example/v1.0/x",
        "https://localhost:4001/v1.0/x",
        "http://localhost:4000/v1.0/x",
        "file:///etc/passwd",
        // The same host, but no longer Graph: Dataverse and the control plane are not the mail's business.
        "/api/data/v9.2/WhoAmI",
        "/v1.0/../sandbox/journal",
    ] {
        let (stack, witness) = watched().await;
        let mail = stack.mail_to(&ADA).await;
        stack.arm(next_link(link));
        let refused = stack.pane(&ADA).look(&mail).await.problem();
        assert_eq!(refused.code, Code::ExchangeRefused, "{link}");
        assert_eq!(witness.origins(), [HOME], "{link}");
        let strayed: Vec<_> = witness
            .departures()
            .into_iter()
            .filter(|one| !matches!(one.path.as_str(), "/v1.0/$batch" | "/api/data/v9.2/$batch"))
            .filter(|one| one.bearer.is_some())
            .collect();
        assert!(strayed.is_empty(), "{link}: {strayed:?}");
    }
}

#[tokio::test]
async fn a_next_link_that_stays_is_followed() {
    let (stack, witness) = watched().await;
    let mail = stack.mail_to(&ADA).await;
    let link = format!("{HOME}/v1.0/users/{}/outlook/masterCategories?$top=1", ADA.upn);
    stack.arm(next_link(&link).times(1));
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
    let followed = witness.departures().into_iter().filter(|one| one.path.ends_with("/masterCategories"));
    assert!(followed.count() >= 1, "else the test above shows nothing");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_never_a_journey() {
    for (service, method, path) in [
        (Service::Entra, "GET", "/keys"),
        (Service::Entra, "POST", "/token"),
        (Service::Graph, "POST", "/$batch"),
        (Service::Dataverse, "POST", "/$batch"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let (stack, witness) = watched().await;
            let mail = stack.mail_to(&ADA).await;
            let location = [("location".to_owned(), "https://evil.example/take".to_owned())];
            let kind = Kind::Status {
                status,
                code: "Moved".into(),
                message: String::new(),
                retry_after: None,
                headers: location.into_iter().collect(),
            };
            stack.arm(Fault::new(kind).on(service, method, path));
            let answer = stack.pane(&ADA).look(&mail).await;
            assert!(!answer.status.is_redirection(), "{service:?} {status}: {}", answer.status);
            assert!(!answer.headers.contains_key("location"), "{service:?} {status}");
            assert_eq!(witness.origins(), [HOME], "{service:?} {status}");
        }
    }
}

#[tokio::test]
async fn what_a_token_says_about_its_keys_is_not_asked_for() {
    let (stack, witness) = watched().await;
    let good = Mint::good(&ADA).token(&stack.world).expect("a token");
    let mut pieces = good.split('.');
    let (header, payload, signature) = (
        pieces.next().expect("a header"),
        pieces.next().expect("claims"),
        pieces.next().expect("a signature"),
    );
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})),
        ("kid", json!("../../evil")),
        ("kid", json!("https://evil.example/keys")),
    ] {
        let mut header = header.clone();
        header[name] = value;
        let token = format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let answer = tests::Pane::with_token(stack.api(), token).call(Method::GET, "/api/me", None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
    }
    let asked: Vec<_> =
        witness.departures().into_iter().map(|one| format!("{}{}", one.origin, one.path)).collect();
    let keys = format!("{HOME}/{}/discovery/v2.0/keys", sandbox::company::TENANT_ID);
    assert!(asked.iter().all(|address| *address == keys), "{asked:?}");
}

#[tokio::test]
async fn a_table_named_by_the_caller_leads_nowhere_else() {
    let (stack, witness) = watched().await;
    let mail = stack.mail_to(&ADA).await;
    let id = sandbox::company::FJORDLINE.id;
    let mark = stack.mark();
    for table in [
        "../../sandbox/journal",
        "account)?$expand=x",
        "accounts(1)/x",
        "Account",
        "a\r\nHost: evil.example",
        "%2e%2e",
    ] {
        let target = json!({"table": table, "id": id, "name": "x"});
        let wish = json!({"kind": "track", "regarding": {"kind": "set", "record": target}});
        let body = json!({"id": uuid::Uuid::new_v4(), "wish": wish}).to_string();
        let path = format!("/api/items/{}/wishes?mailbox={}", mail.item, mail.mailbox);
        let answer = stack.pane(&ADA).call(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{table}");
    }
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert!(witness.departures().iter().all(|one| one.path.ends_with("/keys")), "nobody was asked");
    // The form of the body is right: with a table's real name it is taken.
    let table = Table::account();
    let record =
        RecordRef { key: RecordKey { table, id: id.parse().expect("a GUID") }, name: "x".to_owned() };
    assert_eq!(
        stack.pane(&ADA).set_regarding(&mail, record).await.status.clone(),
        stack.pane(&ADA).open(&mail).await.status
    );
}
