//! What a category does that somebody puts on or takes off, in whatever client.

use sandbox::company::{ADA, BEN, INGRID};
use shared::category::{TRACKED, UNDELIVERABLE};
use tests::stack::Stack;

const ADAS: &str = ADA.upn;

#[tokio::test]
async fn cat_02_a_category_on_a_message_marks_it_for_tracking_and_the_next_cycle_promotes_it() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 0);
    stack.cycle(ADAS).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["subject"], "Offer for twelve ferries");
    assert_eq!(email["directioncode"], false);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    let mark = stack.mark();
    let looked = stack.cycle(ADAS).await;
    assert_eq!((looked.noticed, stack.changed_since(mark)), (0, Vec::<String>::new()));
}

#[tokio::test]
async fn cat_06_a_category_taken_off_untracks_and_the_record_stays() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    let mark = stack.mark();
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "untracking changes neither side");
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
}

#[tokio::test]
async fn cat_01_a_cycle_creates_the_category_where_it_is_missing() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    let list = stack.master_categories(ADAS).await;
    assert_eq!(list.iter().filter(|name| *name == TRACKED).count(), 1);
}

#[tokio::test]
async fn ret_03_after_the_fifth_failed_retry_the_mail_is_marked_undeliverable() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.deliver(INGRID.email, &[ADAS], "Refused by a plug-in").await;
    stack.maintain_crm(false).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.set_roles(&ADA, &[]).await;
    for _attempt in 0..6 {
        stack.cycle(ADAS).await;
        assert!(stack.categories(&mail).unwrap().contains(&TRACKED.to_owned()) || _attempt == 5);
        stack.clock.advance_ms(15 * 60_000);
    }
    assert_eq!(stack.categories(&mail).unwrap(), [UNDELIVERABLE]);
    let _ = BEN;
}
