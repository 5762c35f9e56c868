//! Subscriptions to a mailbox's messages.

use crate::tenant::{Tenant, engine, id, problem, status};
use axum::Router;
use axum::extract::Query;
use axum::http::header::CONTENT_TYPE;
use backend::exchange::{Exchange, LONGEST_SUBSCRIPTION_MS, MailboxId, NewSubscription};
use backend::outcome::Failure;
use sandbox::company::{ADA, BEN};
use sandbox::world::courier::InProcess;
use sandbox::world::faults::{Kind, Place};
use sandbox::world::journal::Service;
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::problem::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOTIFY: &str = "https://localhost:3000/api/notifications/graph";
const LIFECYCLE: &str = "https://localhost:3000/api/notifications/graph/lifecycle";

/// A tenant whose notifications somebody is willing to take.
fn heard() -> Tenant {
    let tenant = Tenant::new();
    let hear = |Query(query): Query<BTreeMap<String, String>>| async move {
        ([(CONTENT_TYPE, "text/plain")], query.get("validationToken").cloned().unwrap_or_default())
    };
    tenant.world.set_courier(Arc::new(InProcess(Router::new().fallback(hear))));
    tenant
}

fn in_days(tenant: &Tenant, days: i64) -> UtcMs {
    UtcMs(tenant.world.now().as_millisecond() + days * 86_400_000)
}

fn new(tenant: &Tenant) -> NewSubscription {
    NewSubscription {
        notify: NOTIFY.parse().expect("an address"),
        lifecycle: LIFECYCLE.parse().expect("an address"),
        client_state: SecretString::from("open sesame"),
        expires: in_days(tenant, 6),
    }
}

fn ada() -> MailboxId {
    MailboxId(id(ADA.oid))
}

#[tokio::test]
async fn a_subscription_is_made_renewed_and_ended_by_the_engine() {
    let tenant = heard();
    let made = tenant.exchange.subscribe(&engine(&ADA), ada(), &new(&tenant)).await.unwrap();
    assert_eq!(made.expires, in_days(&tenant, 6));
    let all = tenant.control("GET", "/exchange/subscriptions", Value::Null).await;
    let stored = &all["value"][0];
    assert_eq!(
        (stored["id"].as_str(), stored["notificationUrl"].as_str()),
        (Some(made.id.as_str()), Some(NOTIFY))
    );
    assert_eq!(stored["lifecycleNotificationUrl"], LIFECYCLE);
    assert_eq!(stored["resource"], format!("/users/{}/messages", ADA.oid));

    let week = UtcMs(in_days(&tenant, 0).0 + LONGEST_SUBSCRIPTION_MS);
    let renewed = tenant.exchange.renew_subscription(&engine(&ADA), &made.id, week).await.unwrap();
    assert_eq!(renewed.map(|seen| (seen.id, seen.expires)), Some((made.id.clone(), week)));
    for _ in ["there", "gone already"] {
        assert_eq!(tenant.exchange.unsubscribe(&engine(&BEN), &made.id).await, Ok(()));
    }
    assert_eq!(tenant.exchange.renew_subscription(&engine(&ADA), &made.id, week).await, Ok(None));
    let hostile = "../users/x?$select=id";
    assert_eq!(tenant.exchange.renew_subscription(&engine(&ADA), hostile, week).await, Ok(None));
}

async fn ids(tenant: &Tenant) -> Vec<String> {
    let all = tenant.control("GET", "/exchange/subscriptions", Value::Null).await;
    let all = all["value"].as_array().expect("a list");
    all.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_subscription_that_nobody_remembers_is_replaced_and_no_other() {
    let tenant = heard();
    let new = new(&tenant);
    let ben = tenant.exchange.subscribe(&engine(&BEN), MailboxId(id(BEN.oid)), &new).await.unwrap();
    tenant.exchange.subscribe(&engine(&ADA), ada(), &new).await.unwrap();
    let made = tenant.exchange.subscribe(&engine(&ADA), ada(), &new).await.unwrap();
    let (mut left, mut expected) = (ids(&tenant).await, vec![made.id, ben.id]);
    left.sort();
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_subscription_that_rings_elsewhere_is_somebodys() {
    let tenant = heard();
    let elsewhere = NewSubscription {
        notify: "https://localhost:3000/another/deployment".parse().expect("an address"),
        ..new(&tenant)
    };
    let theirs = tenant.exchange.subscribe(&engine(&ADA), ada(), &elsewhere).await.unwrap();
    let ours = tenant.exchange.subscribe(&engine(&ADA), ada(), &new(&tenant)).await;
    assert_eq!(ours, Err(Failure::Conflict));
    assert_eq!(ids(&tenant).await, [theirs.id]);
}

#[tokio::test]
async fn refusals_of_a_subscription_say_what_is_wrong() {
    let unheard = Tenant::new();
    let (kind, deaf) = problem(unheard.exchange.subscribe(&engine(&ADA), ada(), &new(&unheard)).await);
    assert_eq!((kind, deaf.code), ("refused", Code::ExchangeRefused));
    assert_eq!(deaf.facts[0].value, "ValidationError", "nobody answered at our own address");

    let tenant = heard();
    let too_long = NewSubscription { expires: in_days(&tenant, 8), ..new(&tenant) };
    let (kind, problem_) = problem(tenant.exchange.subscribe(&engine(&ADA), ada(), &too_long).await);
    assert_eq!((kind, problem_.code), ("refused", Code::ExchangeRefused));
    let nobody = MailboxId(id("5a9db0c5-0000-4000-8000-0000000000ff"));
    let gone = tenant.exchange.subscribe(&engine(&ADA), nobody, &new(&tenant)).await;
    assert_eq!(problem(gone).1.code, Code::MailboxGone);
    let switches = format!("/exchange/mailboxes/{}/switches", ADA.oid);
    tenant.control("PUT", &switches, json!({"forbidden": true})).await;
    let closed = tenant.exchange.subscribe(&engine(&ADA), ada(), &new(&tenant)).await;
    assert_eq!(problem(closed).1.code, Code::MailboxDenied);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_subscription_in_doubt_and_asking_again_mends_it() {
    let tenant = heard();
    tenant.fault(Service::Graph, Place::TopLevel, "/subscriptions", Kind::DropAfter);
    let new = new(&tenant);
    let lost = tenant.exchange.subscribe(&engine(&ADA), ada(), &new).await;
    assert_eq!(problem(lost).0, "unknown");
    assert_eq!(ids(&tenant).await.len(), 1, "it was made all the same");
    let made = tenant.exchange.subscribe(&engine(&ADA), ada(), &new).await.unwrap();
    assert_eq!(ids(&tenant).await, std::slice::from_ref(&made.id));
    tenant.fault(Service::Graph, Place::TopLevel, "/subscriptions", Kind::DropBefore);
    let in_doubt = tenant.exchange.unsubscribe(&engine(&ADA), &made.id).await;
    assert_eq!(problem(in_doubt).0, "unknown", "a broken connection does not tell");
}

#[tokio::test]
async fn throttled_subscriptions_leave_the_mailboxes_alone() {
    let tenant = heard();
    let slow = status(429, "TooManyRequests", Some("9"));
    tenant.fault(Service::Graph, Place::TopLevel, "/subscriptions", slow);
    for _ in ["told to wait", "waiting"] {
        let (kind, waiting) = problem(tenant.exchange.unsubscribe(&engine(&ADA), "x").await);
        assert_eq!((kind, waiting.code), ("not done", Code::ExchangeThrottled));
        assert_eq!(waiting.retry_after_ms, Some(9_000));
    }
    let address = SmtpAddress::new(ADA.upn);
    assert!(tenant.exchange.owner(&engine(&ADA), &address).await.is_ok());
}
