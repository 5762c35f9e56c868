//! The other recipients' copies of a mail that somebody tracks.

use http::Method;
use sandbox::company::{ADA, BEN, CHIARA, INGRID, QUEUE_ADDRESS};
use serde_json::json;
use shared::category::{self, TRACKED};
use shared::status::Status;
use tests::{Mail, Stack, letter};

/// A mail from a customer to Ada and Ben; the copies of both.
async fn to_both(stack: &Stack) -> (Mail, Mail) {
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    (first, second)
}

/// A new mail from Ada to Ben and Chiara: her copy, and theirs.
async fn from_ada(stack: &Stack) -> (Mail, [Mail; 2]) {
    let mut sent = letter(ADA.upn, &[BEN.upn, CHIARA.upn], "Among us");
    sent["sentCopy"] = json!("keep");
    sent["internetMessageId"] = json!("<among-us@tests.example>");
    stack.act(Method::POST, "exchange/deliver", &sent).await;
    let copy = |who| stack.copy_in(who, "<among-us@tests.example>");
    (copy(ADA.upn), [copy(BEN.upn), copy(CHIARA.upn)])
}

#[tokio::test]
async fn cat_15_tracked_by_one_recipient_the_mail_is_categorized_in_every_further_ones_mailbox() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    let (adas, bens) = to_both(&stack).await;
    for mailbox in [ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    stack.categorize(&adas, &[TRACKED], &[]).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(stack.categories(&bens), Some(vec![]), "not before his own cycle");
    stack.cycle(BEN.upn).await;
    assert_eq!(stack.categories(&bens).unwrap(), [TRACKED]);
    assert_eq!(stack.pane(&BEN).open(&bens).await.status, Status::Tracked);
    assert_eq!(stack.emails(&adas.internet_message_id).await.len(), 1, "one email for both");
}

#[tokio::test]
async fn cat_15_a_copy_that_comes_after_the_mail_was_tracked_is_categorized_as_it_comes() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    for mailbox in [ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    let (adas, bens) = to_both(&stack).await;
    stack.categorize(&adas, &[TRACKED], &[]).await;
    stack.cycle(ADA.upn).await;
    // Ben's mailbox sees the mail for the first time now.
    stack.cycle(BEN.upn).await;
    assert_eq!(stack.categories(&bens).unwrap(), [TRACKED]);
    assert_eq!(stack.emails(&adas.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_15_what_a_queue_received_and_tracked_is_categorized_in_the_users_mailbox_too() {
    let stack = Stack::synchronizing(&[ADA.upn, QUEUE_ADDRESS]).await;
    for mailbox in [ADA.upn, QUEUE_ADDRESS] {
        stack.cycle(mailbox).await;
    }
    let queues = stack.deliver(INGRID.email, &[QUEUE_ADDRESS, ADA.upn], "To the team and to you").await;
    let adas = stack.copy_in(ADA.upn, &queues.internet_message_id);
    // The queue's filter takes all mail.
    stack.cycle(QUEUE_ADDRESS).await;
    assert_eq!(stack.emails(&queues.internet_message_id).await.len(), 1);
    stack.cycle(ADA.upn).await;
    assert_eq!(stack.categories(&adas).unwrap(), [TRACKED]);
    assert_eq!(stack.emails(&queues.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_15_whoever_is_not_synchronized_keeps_their_copy_as_it_is() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let (adas, bens) = to_both(&stack).await;
    stack.categorize(&adas, &[TRACKED], &[]).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(stack.emails(&adas.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&bens), Some(vec![]));
}

#[tokio::test]
async fn cat_15_a_recipient_who_took_their_copy_out_is_not_overruled() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    let (adas, bens) = to_both(&stack).await;
    stack.categorize(&adas, &[TRACKED], &[]).await;
    stack.cycle(ADA.upn).await;
    stack.cycle(BEN.upn).await;
    assert_eq!(stack.categories(&bens).unwrap(), [TRACKED]);
    stack.categorize(&bens, &[], &[TRACKED]).await;
    stack.cycle(BEN.upn).await;
    stack.read(&bens).await;
    for mailbox in [ADA.upn, BEN.upn, ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    assert_eq!(stack.categories(&bens), Some(vec![]));
    assert_eq!(stack.pane(&BEN).open(&bens).await.status, Status::NotTracked);
    assert_eq!(stack.pane(&ADA).open(&adas).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_16_with_two_activities_the_tracked_sent_copy_does_not_categorize_the_received_one() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    for mailbox in [ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    let (sent, [bens, _]) = from_ada(&stack).await;
    stack.categorize(&sent, &[TRACKED], &[]).await;
    for mailbox in [ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    assert_eq!(stack.email(&sent.internet_message_id).await["directioncode"], true);
    assert_eq!(stack.categories(&bens), Some(vec![]));
}

#[tokio::test]
async fn cat_16_with_two_activities_a_received_copy_categorizes_another_received_one() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    // Her own role would not show her what Ben owns.
    stack.set_roles(&CHIARA, &["Sales Manager"]).await;
    stack.synchronize(CHIARA.upn).await;
    let (sent, [bens, chiaras]) = from_ada(&stack).await;
    stack.categorize(&bens, &[TRACKED], &[]).await;
    for mailbox in [BEN.upn, CHIARA.upn, ADA.upn] {
        stack.cycle(mailbox).await;
    }
    assert_eq!(stack.email(&sent.internet_message_id).await["directioncode"], false);
    // She has one of nearly that name, which is adopted as she spells it.
    assert!(category::contains(&stack.categories(&chiaras).unwrap(), TRACKED));
    assert_eq!(stack.categories(&sent), Some(vec![]), "the sent copy is the other activity");
}

#[tokio::test]
async fn cat_16_with_two_activities_off_the_sent_copy_categorizes_the_received_ones() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    stack.track_between_users_as_one_activity().await;
    stack.clock.advance_ms(300_000);
    let (sent, [bens, _]) = from_ada(&stack).await;
    stack.categorize(&sent, &[TRACKED], &[]).await;
    for mailbox in [ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    assert_eq!(stack.categories(&bens).unwrap(), [TRACKED]);
    assert_eq!(stack.emails(&sent.internet_message_id).await.len(), 1, "one activity for all of them");
}

#[tokio::test]
async fn inc_06_with_two_activities_each_direction_is_an_email_of_its_own_and_none_is_doubled() {
    let stack = Stack::synchronizing(&[ADA.upn, BEN.upn]).await;
    let (sent, [bens, _]) = from_ada(&stack).await;
    for mail in [&sent, &bens] {
        stack.categorize(mail, &[TRACKED], &[]).await;
    }
    for mailbox in [ADA.upn, BEN.upn, ADA.upn, BEN.upn] {
        stack.cycle(mailbox).await;
    }
    let emails = stack.emails(&sent.internet_message_id).await;
    let mut outgoing: Vec<_> = emails.iter().map(|e| e["directioncode"].as_bool().unwrap()).collect();
    outgoing.sort_unstable();
    assert_eq!(outgoing, [false, true]);
}
