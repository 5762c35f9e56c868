//! Reading again, out of order, late, or what we wrote ourselves: nothing is lost by it and nothing doubled.

use http::Method;
use sandbox::company::{ADA, INGRID};
use sandbox::dataverse::Filter;
use serde_json::{Value, json};
use shared::category::TRACKED;
use shared::status::Status;
use tests::{Mail, Stack};

const ADAS: &str = ADA.upn;

/// Ada's mailbox with some mail tracked by the category, some by its filter, some untracked and some let be; all
/// of it settled.
async fn settled() -> (Stack, Vec<Mail>) {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::Customers).await;
    let mut mails = Vec::new();
    for n in 0..4 {
        mails.push(stack.deliver("stranger@nowhere.example", &[ADAS], &format!("By hand {n}")).await);
        mails.push(stack.deliver(INGRID.email, &[ADAS], &format!("By itself {n}")).await);
    }
    for mail in mails.iter().step_by(4) {
        stack.categorize(mail, &[TRACKED], &[]).await;
    }
    stack.cycle(ADAS).await;
    stack.categorize(&mails[1], &[], &[TRACKED]).await;
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(60_000);
    stack.cycle(ADAS).await;
    (stack, mails)
}

/// All emails of the CRM.
async fn crm(stack: &Stack) -> Value {
    stack.act(Method::GET, "dataverse/emails", &Value::Null).await
}

/// A cycle notices nothing and changes nothing.
async fn nothing_comes_of_the_next_cycle(stack: &Stack) {
    let (before, mark) = (crm(stack).await, stack.mark());
    let looked = stack.cycle(ADAS).await;
    assert_eq!((looked.noticed, looked.problem), (0, None));
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(crm(stack).await, before);
}

#[tokio::test]
async fn an_expired_delta_token_reads_everything_again_and_creates_nothing_twice() {
    let (stack, _) = settled().await;
    for _ in 0..2 {
        stack.expire_delta_tokens(ADAS).await;
        nothing_comes_of_the_next_cycle(&stack).await;
        nothing_comes_of_the_next_cycle(&stack).await;
    }
}

#[tokio::test]
async fn what_happened_before_the_token_expired_is_noticed_by_the_reading_after_it() {
    let (stack, mails) = settled().await;
    let (on, off, new) = (&mails[2], &mails[0], stack.mail_to(&ADA).await);
    stack.categorize(on, &[TRACKED], &[]).await;
    stack.categorize(off, &[], &[TRACKED]).await;
    stack.expire_delta_tokens(ADAS).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 3);
    let ada = stack.pane(&ADA);
    for (mail, status) in [(on, Status::Tracked), (off, Status::NotTracked), (&new, Status::Tracked)] {
        assert_eq!(ada.open(mail).await.status, status);
    }
    nothing_comes_of_the_next_cycle(&stack).await;
}

#[tokio::test]
async fn our_own_writes_coming_back_cause_nothing() {
    let (stack, _) = settled().await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED], "the filter took it, and we wrote the category");
    nothing_comes_of_the_next_cycle(&stack).await;
    nothing_comes_of_the_next_cycle(&stack).await;
}

#[tokio::test]
async fn del_01_a_message_that_is_removed_is_no_deletion_in_the_crm() {
    let (stack, mails) = settled().await;
    stack.delete_message(&mails[0]).await;
    nothing_comes_of_the_next_cycle(&stack).await;
    assert_eq!(stack.emails(&mails[0].internet_message_id).await.len(), 1);
    // And one that goes to Deleted Items.
    let path = format!("exchange/mailboxes/{ADAS}/messages/{}", mails[4].item);
    stack.act(Method::DELETE, &path, &json!({})).await;
    nothing_comes_of_the_next_cycle(&stack).await;
    assert_eq!(stack.pane(&ADA).open(&mails[4]).await.status, Status::Tracked);
}

#[tokio::test]
async fn a_moved_message_stays_tracked_and_is_still_heard_of() {
    let (stack, mails) = settled().await;
    let folder = stack.create_folder(ADAS, "Filed").await;
    stack.move_message(&mails[0], &folder).await;
    nothing_comes_of_the_next_cycle(&stack).await;
    stack.categorize(&mails[0], &[], &[TRACKED]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&mails[0]).await.status, Status::NotTracked);
}

#[tokio::test]
async fn a_message_that_was_moved_away_and_back_is_noticed() {
    for cycles in ["between", "only after"] {
        let (stack, mails) = settled().await;
        let (on, off) = (&mails[2], &mails[0]);
        for mail in [on, off] {
            stack.move_message(mail, "archive").await;
        }
        if cycles == "between" {
            stack.cycle(ADAS).await;
        }
        stack.categorize(on, &[TRACKED], &[]).await;
        stack.categorize(off, &[], &[TRACKED]).await;
        for mail in [on, off] {
            stack.move_message(mail, "inbox").await;
        }
        stack.cycle(ADAS).await;
        let ada = stack.pane(&ADA);
        assert_eq!(ada.open(on).await.status, Status::Tracked, "{cycles}");
        assert_eq!(ada.open(off).await.status, Status::NotTracked, "{cycles}");
    }
}

#[tokio::test]
async fn a_folder_that_is_deleted_takes_no_record_along() {
    let (stack, mails) = settled().await;
    let folder = stack.create_folder(ADAS, "Filed").await;
    stack.move_message(&mails[0], &folder).await;
    stack.cycle(ADAS).await;
    for _ in 0..2 {
        // Into Deleted Items, then for good, with the mail in it.
        let path = format!("exchange/mailboxes/{ADAS}/folders/{folder}");
        stack.act(Method::DELETE, &path, &json!({})).await;
        nothing_comes_of_the_next_cycle(&stack).await;
    }
    assert_eq!(stack.emails(&mails[0].internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn pages_that_repeat_and_shuffle_their_rows_are_read_all_the_same() {
    let (stack, mails) = settled().await;
    stack.trouble(ADAS, json!({ "repeatDeltaItems": true, "shuffleDeltaItems": true })).await;
    stack.expire_delta_tokens(ADAS).await;
    nothing_comes_of_the_next_cycle(&stack).await;
    stack.categorize(&mails[2], &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mails[2].internet_message_id).await.len(), 1);
    nothing_comes_of_the_next_cycle(&stack).await;
}

#[tokio::test]
async fn what_exchange_shows_late_is_noticed_once_it_shows_it() {
    let (stack, mails) = settled().await;
    stack.trouble(ADAS, json!({ "staleDeltaReads": 2 })).await;
    stack.categorize(&mails[2], &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert!(stack.emails(&mails[2].internet_message_id).await.is_empty(), "it is not shown yet");
    stack.trouble(ADAS, json!({})).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mails[2].internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn a_restart_between_two_cycles_loses_and_doubles_nothing() {
    let (mut stack, mails) = settled().await;
    stack.categorize(&mails[2], &[TRACKED], &[]).await;
    stack.restart().await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    assert_eq!(stack.emails(&mails[2].internet_message_id).await.len(), 1);
    stack.restart().await;
    nothing_comes_of_the_next_cycle(&stack).await;
}

#[tokio::test]
async fn a_mailbox_with_thousands_of_mails_is_read_to_its_end() {
    let (stack, _) = settled().await;
    let mut mails = Vec::new();
    for n in 0..1_200 {
        mails.push(stack.deliver("stranger@nowhere.example", &[ADAS], &format!("Old {n}")).await);
    }
    let last = mails.first().expect("some mail");
    stack.categorize(last, &[TRACKED], &[]).await;
    stack.expire_delta_tokens(ADAS).await;
    let mut rounds = 0;
    while stack.cycle(ADAS).await.more {
        rounds += 1;
        assert!(rounds < 20, "a reading comes to its end");
    }
    assert_eq!(stack.emails(&last.internet_message_id).await.len(), 1);
    nothing_comes_of_the_next_cycle(&stack).await;
}
