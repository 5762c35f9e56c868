//! Change notifications: bells that make it quick, and nothing else.

use backend::clock::Clock as _;
use backend::config::Notifications;
use backend::sync::{Kind, Pace};
use http::Method;
use sandbox::company::ADA;
use sandbox::world::courier::InProcess;
use sandbox::world::journal::Service;
use serde_json::json;
use shared::category::TRACKED;
use shared::status::Status;
use std::sync::Arc;
use tests::{Mail, Stack};

const ADAS: &str = ADA.upn;
const MINUTE_MS: i64 = 60_000;

/// A service that Exchange can ring at.
async fn reachable(pace: Pace) -> Stack {
    let stack = Stack::start_with(|setup| {
        setup.pace = pace;
        setup.config.notifications = Notifications::On;
    })
    .await;
    stack.world.set_courier(Arc::new(InProcess(stack.api())));
    stack.synchronize(ADAS).await;
    stack
}

/// Waits until a cycle ended at this time or later.
async fn cycled(stack: &Stack) {
    let (now, limit) = (stack.clock.now(), tokio::time::Instant::now() + std::time::Duration::from_secs(20));
    while stack.administered(ADAS).await.cycles.last.is_none_or(|last| last < now) {
        assert!(tokio::time::Instant::now() < limit, "no cycle came");
        tokio::task::yield_now().await;
    }
}

/// A service that keeps its own pace, looked a mailbox through, and has a subscription for it.
async fn live() -> (Stack, Mail) {
    let stack = reachable(Pace::Live).await;
    let mail = stack.mail_to(&ADA).await;
    stack.clock.advance_ms(5 * MINUTE_MS);
    cycled(&stack).await;
    assert_eq!(stack.world.exchange().subscriptions().count(), 1);
    // What was delivered before the subscription rings for nothing.
    stack.world.deliver_notifications().await;
    stack.clock.advance_ms(2_000);
    (stack, mail)
}

/// Lets seconds pass, ten at most, until the pane shows what is wanted.
async fn within_seconds(stack: &Stack, mail: &Mail, wanted: Status) {
    let ada = stack.pane(&ADA);
    for _ in 0..10 {
        stack.clock.advance_ms(1_000);
        let shown = ada.until(mail, |status| *status == wanted);
        if tokio::time::timeout(std::time::Duration::from_millis(300), shown).await.is_ok() {
            return;
        }
    }
    panic!("{wanted:?} did not come: {:#?}", ada.open(mail).await);
}

#[tokio::test]
async fn now_01_a_category_put_on_or_taken_off_takes_effect_in_seconds() {
    let (stack, mail) = live().await;
    for (put, take, wanted) in
        [(&[TRACKED][..], &[][..], Status::Tracked), (&[][..], &[TRACKED][..], Status::NotTracked)]
    {
        stack.categorize(&mail, put, take).await;
        assert!(stack.world.deliver_notifications().await > 0, "Exchange rings");
        within_seconds(&stack, &mail, wanted).await;
    }
}

#[tokio::test]
async fn now_01_losing_all_notifications_costs_only_time() {
    let (stack, mail) = live().await;
    stack.trouble(ADAS, json!({ "notifications": { "loseAll": true } })).await;
    let mark = stack.mark();
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(stack.world.deliver_notifications().await, 0);
    for _ in 0..6 {
        stack.clock.advance_ms(12 * MINUTE_MS);
        cycled(&stack).await;
    }
    stack.until_changed(mark, "email.create").await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn now_01_notifications_that_come_doubled_do_nothing_twice() {
    let (stack, mail) = live().await;
    stack.trouble(ADAS, json!({ "notifications": { "repeats": 5, "shuffle": true } })).await;
    let mark = stack.mark();
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.world.deliver_notifications().await;
    for _ in 0..5 {
        stack.clock.advance_ms(2_000);
    }
    stack.until_changed(mark, "email.create").await;
    stack.clock.advance_ms(12 * MINUTE_MS);
    cycled(&stack).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

/// Exchange says something about the mailbox's subscription.
async fn announce(stack: &Stack, event: &str) {
    let id = stack.world.exchange().subscriptions().map(|one| one.id).next().expect("a subscription");
    let path = format!("exchange/subscriptions/{id}/lifecycle");
    stack.act(Method::POST, &path, &json!({ "event": event })).await;
    assert!(stack.world.deliver_notifications().await > 0, "it is heard");
}

#[tokio::test]
async fn now_01_changes_that_exchange_says_it_missed_to_tell_are_looked_for_at_once() {
    let (stack, mail) = live().await;
    stack.trouble(ADAS, json!({ "notifications": { "loseAll": true } })).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    announce(&stack, "missed").await;
    within_seconds(&stack, &mail, Status::Tracked).await;
}

#[tokio::test]
async fn now_01_a_subscription_that_was_removed_or_must_be_confirmed_rings_again_after_it_was_mended() {
    for event in ["subscriptionRemoved", "reauthorizationRequired"] {
        let (stack, mail) = live().await;
        announce(&stack, event).await;
        stack.clock.advance_ms(2_000);
        cycled(&stack).await;
        assert_eq!(stack.world.exchange().subscriptions().count(), 1, "{event}");
        stack.clock.advance_ms(2_000);
        stack.categorize(&mail, &[TRACKED], &[]).await;
        assert!(stack.world.deliver_notifications().await > 0, "{event}: Exchange rings again");
        within_seconds(&stack, &mail, Status::Tracked).await;
    }
}

#[tokio::test]
async fn an_idle_cycle_with_notifications_is_one_request_for_the_master_list() {
    let stack = reachable(Pace::ByHand).await;
    for _ in 0..2 {
        stack.cycle(ADAS).await;
    }
    let before = stack.rows().await;
    for _ in 0..4 {
        stack.clock.advance_ms(12 * MINUTE_MS);
        let mark = stack.mark();
        stack.cycle_of(ADAS, Kind::Regular).await;
        let asked = stack.since(mark).into_iter().filter(|entry| entry.service == Service::Graph);
        let asked: Vec<String> = asked.map(|entry| entry.path).collect();
        assert!(asked.len() == 1 && asked[0].ends_with("/masterCategories"), "{asked:#?}");
    }
    assert_eq!(stack.rows().await, before);
}

#[tokio::test]
async fn a_full_check_comes_every_hour_though_no_bell_rang() {
    let stack = reachable(Pace::ByHand).await;
    stack.cycle(ADAS).await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.clock.advance_ms(59 * MINUTE_MS);
    assert!(!stack.cycle_of(ADAS, Kind::Regular).await.full);
    stack.clock.advance_ms(MINUTE_MS);
    assert!(stack.cycle_of(ADAS, Kind::Regular).await.full);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn a_subscription_is_renewed_before_it_ends_and_made_anew_where_it_is_gone() {
    let stack = reachable(Pace::ByHand).await;
    stack.cycle(ADAS).await;
    let expiry = || {
        let exchange = stack.world.exchange();
        let all: Vec<_> = exchange.subscriptions().map(|one| (one.id, one.terms.expires)).collect();
        assert_eq!(all.len(), 1, "one subscription");
        all[0]
    };
    let (first, expires) = expiry();
    // Nothing is renewed without need.
    stack.clock.advance_ms(12 * MINUTE_MS);
    stack.cycle_of(ADAS, Kind::Regular).await;
    assert_eq!(expiry(), (first, expires));
    stack.clock.advance_ms(5 * 24 * 60 * MINUTE_MS + 12 * 60 * MINUTE_MS);
    stack.cycle_of(ADAS, Kind::Regular).await;
    let (same, later) = expiry();
    assert_eq!(same, first);
    assert!(later > expires);
}

#[tokio::test]
async fn without_a_subscription_every_cycle_reads_everything() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert!(stack.cycle_of(ADAS, Kind::Regular).await.full);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}
