//! At once, and by nobody's hand.

use super::opportunity;
use backend::http::routes::{ROUTES, Who};
use http::{Method, StatusCode};
use sandbox::company::{ADA, OPPORTUNITIES};
use shared::RuleId;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::Stack;

#[tokio::test]
async fn frq_04_tracking_and_setting_the_regarding_record_synchronize_the_item_immediately() {
    let stack = Stack::start().await;
    let (first, second) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    let ada = stack.pane(&ADA);
    // The clock stands still: whatever happens, happens without waiting for anything.
    assert_eq!(ada.track(&first).await.status, Status::Tracked);
    assert_eq!(ada.set_regarding(&second, opportunity(&OPPORTUNITIES[0])).await.status, Status::Tracked);
    assert_eq!(ada.untrack(&first, RecordFate::Keep).await.status, Status::NotTracked);
}

#[tokio::test]
async fn frq_04_whoever_follows_the_item_sees_at_once_that_it_is_being_tracked() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let mut events = ada.follow(&mail).await;
    assert_eq!(events.next().await.map(|state| state.status), Some(Status::NotTracked));
    let (_, seen) = tokio::join!(ada.track(&mail), events.until(|state| state.status == Status::Tracking));
    assert!(seen.why.iter().any(|why| why.rule == RuleId::Frq04), "{:?}", seen.why);
    assert_eq!(events.until(|state| state.status != Status::Tracking).await.status, Status::Tracked);
}

#[tokio::test]
async fn frq_05_there_is_no_manual_synchronize_now_for_users() {
    // What users can send at all are wishes for items, and what shall hold for a conversation or a folder.
    let sends: Vec<_> =
        ROUTES.iter().filter(|r| r.who == Who::User && r.method != Method::GET).map(|r| r.path).collect();
    let about = ["/wishes", "/conversation", "/states", "/mapping", "/contact", "/choice"];
    for path in &sends {
        assert!(about.iter().any(|what| path.contains(what)), "{path}");
    }
    assert!(sends.contains(&"/api/items/{item}/wishes"));
    let stack = Stack::start().await;
    let described = stack.pane(&ADA).call(Method::GET, "/api/openapi.json", None).await;
    let described: serde_json::Value = described.json();
    for path in described["paths"].as_object().unwrap().keys() {
        assert!(!path.contains("sync") && !path.contains("refresh"), "{path}");
    }
    let kinds = &described["components"]["schemas"]["Wish"]["oneOf"];
    let kinds: Vec<_> = kinds
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|kind| kind["properties"]["kind"]["enum"].as_array().unwrap().clone())
        .collect();
    assert_eq!(kinds, ["track", "untrack"]);
}

#[tokio::test]
async fn frq_05_no_invented_address_synchronizes() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mark = stack.mark();
    for path in ["/api/sync", "/api/synchronize", "/api/mailboxes/ada/sync", "/api/items/x/sync"] {
        let answer = ada.call(Method::POST, path, Some("{}".into())).await;
        assert!(matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED), "{path}");
    }
    assert!(stack.since(mark).is_empty());
}
