//! How often a mailbox is looked through, and what that costs.

use backend::clock::Clock as _;
use backend::sync::Kind;
use sandbox::company::{ADA, BEN, INGRID};
use sandbox::world::journal::{Entry, Seq, Service};
use shared::RuleId;
use shared::category::TRACKED;
use shared::status::Status;
use std::time::Duration;
use tests::Stack;

const ADAS: &str = ADA.upn;
const MINUTE_MS: i64 = 60_000;

/// Interval and its rule, as administrators see them after a cycle.
async fn interval(stack: &Stack) -> (i64, RuleId) {
    stack.cycle(ADAS).await;
    let cycles = stack.administered(ADAS).await.cycles;
    let (interval, why) = (cycles.interval_ms.expect("an interval"), cycles.why.expect("and why"));
    assert_eq!(cycles.last, Some(stack.clock.now()));
    assert_eq!(cycles.next, Some(stack.clock.now().plus_ms(interval)));
    assert!(!why.text.is_empty());
    (interval, why.rule)
}

/// A mailbox in which nothing has happened for three hours.
async fn quiet() -> Stack {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(180 * MINUTE_MS);
    stack
}

async fn receive(stack: &Stack, mails: u32) {
    for n in 0..mails {
        stack.deliver(INGRID.email, &[ADAS], &format!("Mail {n}")).await;
    }
}

#[tokio::test]
async fn frq_01_a_mailbox_is_normally_synchronized_every_5_minutes() {
    let stack = quiet().await;
    receive(&stack, 1).await;
    let (interval, rule) = interval(&stack).await;
    assert_eq!(rule, RuleId::Frq01);
    assert!((290_000..=300_000).contains(&interval), "{interval}");
}

#[tokio::test]
async fn frq_02_with_much_mail_the_interval_falls_dynamically_to_2_minutes() {
    let stack = quiet().await;
    let mut last = interval(&stack).await.0;
    for _ in 0..3 {
        receive(&stack, 10).await;
        let (now, _) = interval(&stack).await;
        assert!(now < last, "{now} after {last}");
        last = now;
    }
    assert_eq!(interval(&stack).await, (2 * MINUTE_MS, RuleId::Frq02));
    receive(&stack, 50).await;
    assert_eq!(interval(&stack).await, (2 * MINUTE_MS, RuleId::Frq02), "never less");
}

#[tokio::test]
async fn frq_03_with_little_activity_it_grows_to_12_minutes_at_most() {
    let stack = quiet().await;
    receive(&stack, 1).await;
    let mut last = interval(&stack).await.0;
    // The hour in which the mail counts.
    stack.clock.advance_ms(70 * MINUTE_MS);
    for _ in 0..5 {
        let (now, rule) = interval(&stack).await;
        assert_eq!(rule, RuleId::Frq03);
        assert!(now >= last && now <= 12 * MINUTE_MS, "{now} after {last}");
        last = now;
        stack.clock.advance_ms(10 * MINUTE_MS);
    }
    stack.clock.advance_ms(600 * MINUTE_MS);
    assert_eq!(interval(&stack).await, (12 * MINUTE_MS, RuleId::Frq03));
}

/// A service that keeps its own pace, with a mailbox that it has looked through.
async fn by_itself() -> Stack {
    let stack = Stack::start().await;
    stack.synchronize(ADAS).await;
    stack.clock.advance_ms(5 * MINUTE_MS);
    cycled(&stack).await;
    stack
}

/// Waits until a cycle ended at this time.
async fn cycled(stack: &Stack) {
    let limit = tokio::time::Instant::now() + Duration::from_secs(20);
    while stack.administered(ADAS).await.cycles.last != Some(stack.clock.now()) {
        assert!(tokio::time::Instant::now() < limit, "no cycle came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn frq_03_every_mailbox_is_synchronized_at_least_once_every_12_minutes() {
    let stack = by_itself().await;
    for _ in 0..20 {
        stack.clock.advance_ms(12 * MINUTE_MS);
        cycled(&stack).await;
    }
}

#[tokio::test]
async fn cat_02_a_category_is_noticed_at_most_15_minutes_later_by_itself() {
    let stack = by_itself().await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    let mark = stack.mark();
    stack.clock.advance_ms(15 * MINUTE_MS);
    stack.until_changed(mark, "email.create").await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_14_a_deleted_category_is_back_at_most_15_minutes_later_by_itself() {
    let stack = by_itself().await;
    stack.delete_category(ADAS, TRACKED).await;
    let mark = stack.mark();
    stack.clock.advance_ms(15 * MINUTE_MS);
    stack.until_changed(mark, "masterCategory.create").await;
}

#[tokio::test]
async fn cat_19_turned_off_the_category_leaves_the_list_in_about_15_minutes_by_itself() {
    let stack = by_itself().await;
    stack.set_organization_setting("TrackCategorizedItems", "false").await;
    let mark = stack.mark();
    stack.clock.advance_ms(15 * MINUTE_MS);
    stack.until_changed(mark, "masterCategory.delete").await;
}

#[tokio::test]
async fn ret_01_what_failed_is_tried_again_15_minutes_later_by_itself() {
    let stack = by_itself().await;
    let mail = stack.mail_to(&ADA).await;
    stack.hinder(sandbox::dataverse::Trouble::PlugIn { message: "Not today.".into() });
    stack.categorize(&mail, &[TRACKED], &[]).await;
    let mark = stack.mark();
    stack.clock.advance_ms(12 * MINUTE_MS);
    stack.until_changed(mark, "email.failed").await;
    stack.until_put_off().await;
    stack.unhinder();
    stack.clock.advance_ms(15 * MINUTE_MS);
    stack.until_changed(mark, "email.create").await;
}

/// What was asked of Graph.
fn of_graph(stack: &Stack, mark: Seq) -> Vec<Entry> {
    let whole = stack.since(mark).into_iter();
    whole.filter(|entry| entry.parent.is_none() && entry.service == Service::Graph).collect()
}

#[tokio::test]
async fn an_idle_cycle_is_one_request_and_writes_no_rows() {
    let stack = quiet().await;
    for _ in 0..2 {
        stack.cycle(ADAS).await;
    }
    let before = stack.rows().await;
    for _ in 0..10 {
        let mark = stack.mark();
        let looked = stack.cycle_of(ADAS, Kind::Regular).await;
        assert_eq!((looked.changes, looked.noticed), (0, 0));
        assert_eq!(of_graph(&stack, mark).len(), 1, "{:#?}", stack.requests_since(mark));
        assert_eq!(stack.changed_since(mark), Vec::<String>::new());
        stack.clock.advance_ms(12 * MINUTE_MS);
    }
    assert_eq!(stack.rows().await, before);
}

#[tokio::test]
async fn a_tracked_message_costs_4_requests_in_all() {
    let stack = quiet().await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    let mark = stack.mark();
    stack.cycle(ADAS).await;
    let requests = stack.requests_since(mark);
    assert!(requests.len() <= 4, "{requests:#?}");
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn a_busy_mailbox_delays_no_other() {
    let stack = by_itself().await;
    stack.synchronize(BEN.upn).await;
    for n in 0..100 {
        let mail = stack.deliver(INGRID.email, &[BEN.upn], &format!("Mail {n} of many")).await;
        stack.categorize(&mail, &[TRACKED], &[]).await;
    }
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.clock.advance_ms(12 * MINUTE_MS);
    stack.pane(&ADA).until(&mail, |status| *status == Status::Tracked).await;
}
