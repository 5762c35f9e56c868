//! The category in the master list: made, renamed, deleted, taken out and put back.

use sandbox::company::{ADA, BEN, CHIARA};
use shared::category::TRACKED;
use shared::rules::mailboxes;
use shared::status::Status;
use tests::{Mail, Stack};

const ADAS: &str = ADA.upn;

/// How often the tracking category stands in the list, by any of its names.
async fn listed(stack: &Stack, mailbox: &str, name: &str) -> usize {
    let list = stack.master_categories(mailbox).await;
    list.iter().filter(|entry| entry.eq_ignore_ascii_case(name)).count()
}

/// A mail that is tracked by the category.
async fn tracked(stack: &Stack) -> Mail {
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    mail
}

#[tokio::test]
async fn cat_01_a_cycle_creates_the_category_where_it_is_missing() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 0);
    stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 1);
    let mark = stack.mark();
    stack.cycle(ADAS).await;
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn cat_01_a_mailbox_that_is_not_synchronized_is_left_alone() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let others = [BEN.upn, CHIARA.upn];
    let mut before = Vec::new();
    for mailbox in others {
        before.push(stack.master_categories(mailbox).await);
    }
    stack.cycle(ADAS).await;
    for (mailbox, before) in others.into_iter().zip(before) {
        assert_eq!(stack.master_categories(mailbox).await, before);
    }
}

#[tokio::test]
async fn cat_01_one_that_the_user_made_by_hand_is_adopted_however_it_is_spelled() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.create_category(ADAS, "tracked TO Dynamics 365").await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &["tracked TO Dynamics 365"], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 1, "no second one");
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_13_renamed_it_goes_on_tracking_and_untracking_under_its_new_name() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let before = tracked(&stack).await;
    stack.rename_category(ADAS, TRACKED, "In the CRM").await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &["In the CRM"], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&before).await.status, Status::Tracked, "mail that bears the old name stays tracked");
    stack.categorize(&mail, &[], &["In the CRM"]).await;
    stack.cycle(ADAS).await;
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 0, "the old name does not come back");
}

#[tokio::test]
async fn cat_14_deleted_from_the_list_it_is_created_again_by_the_next_cycle() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = tracked(&stack).await;
    stack.delete_category(ADAS, TRACKED).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 0);
    let mark = stack.mark();
    let looked = stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 1);
    assert_eq!(looked.noticed, 0, "nothing is untracked for it");
    assert_eq!(stack.changed_since(mark), ["masterCategory.create"]);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_14_a_renamed_one_that_was_deleted_comes_back_under_its_last_name() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.rename_category(ADAS, TRACKED, "In the CRM").await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &["In the CRM"], &[]).await;
    stack.cycle(ADAS).await;
    stack.delete_category(ADAS, "In the CRM").await;
    stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, "In the CRM").await, 1);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_17_turned_on_it_does_not_go_back_to_categorize_what_was_tracked_before() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.work(ADAS).await;
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    assert_eq!(stack.categories(&mail), Some(vec![]), "tracked without it");
    stack.set_and_wait("TrackCategorizedItems", "true").await;
    stack.cycle(ADAS).await;
    stack.read(&mail).await;
    let mark = stack.mark();
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert_eq!(ada.open(&mail).await.status, Status::Tracked, "and it is not untracked either");
}

#[tokio::test]
async fn cat_18_it_is_on_by_default_from_version_9_1_0_4039_and_off_below() {
    for (version, said, counts) in [
        ("9.1.0.4039", None, true),
        ("9.1.0.4038", None, false),
        ("9.2.26111.170", None, true),
        ("8.2.1.9999", None, false),
        ("9.1.0.4038", Some("true"), true),
        ("9.1.0.4039", Some("false"), false),
    ] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.world.crm().set_version(version).await.unwrap();
        stack.world.crm().set_org_setting("TrackCategorizedItems", said).await.unwrap();
        stack.clock.advance_ms(300_000);
        let mail = stack.mail_to(&ADA).await;
        stack.categorize(&mail, &[TRACKED], &[]).await;
        stack.cycle(ADAS).await;
        let emails = stack.emails(&mail.internet_message_id).await.len();
        assert_eq!(emails, usize::from(counts), "{version}, {said:?}");
        assert_eq!(listed(&stack, ADAS, TRACKED).await, usize::from(counts), "{version}, {said:?}");
    }
}

#[tokio::test]
async fn cat_19_turned_off_it_leaves_the_list_of_every_mailbox_and_stays_on_the_items() {
    let stack = Stack::synchronizing(&[ADAS, BEN.upn]).await;
    let mail = tracked(&stack).await;
    stack.cycle(BEN.upn).await;
    // Until a cycle hears of it 5 minutes may pass, and 12 until the next cycle: about 15 minutes.
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    for mailbox in [ADAS, BEN.upn] {
        stack.cycle(mailbox).await;
        assert_eq!(listed(&stack, mailbox, TRACKED).await, 0);
    }
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_19_turned_on_again_it_comes_back_and_counts_again() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = tracked(&stack).await;
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    stack.cycle(ADAS).await;
    stack.set_and_wait("TrackCategorizedItems", "true").await;
    stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 1);
    stack.categorize(&mail, &[], &[TRACKED]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
}

#[tokio::test]
async fn cat_18_turned_on_again_what_people_did_with_the_category_meanwhile_counts() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let (taken_off, put_on) = (tracked(&stack).await, stack.mail_to(&ADA).await);
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    stack.cycle(ADAS).await;
    stack.categorize(&put_on, &[TRACKED], &[]).await;
    stack.categorize(&taken_off, &[], &[TRACKED]).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    stack.set_and_wait("TrackCategorizedItems", "true").await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&put_on).await.status, Status::TrackingPending);
    // Tracked in the pane before any cycle: the category is in the list again, and that is not all there is to do.
    ada.track(&stack.mail_to(&ADA).await).await;
    stack.work(ADAS).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 2);
    assert_eq!(ada.open(&put_on).await.status, Status::Tracked, "pending was no empty word");
    assert_eq!(ada.open(&taken_off).await.status, Status::NotTracked);
    assert_eq!(stack.emails(&taken_off.internet_message_id).await.len(), 1, "the record stays");
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
}

#[tokio::test]
async fn cat_20_turned_off_and_deleted_by_the_user_it_stays_deleted() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.set_organization_setting("TrackCategorizedItems", "false").await;
    // Before any cycle could take it out.
    stack.delete_category(ADAS, TRACKED).await;
    stack.clock.advance_ms(300_000);
    for _ in 0..3 {
        stack.cycle(ADAS).await;
        assert_eq!(listed(&stack, ADAS, TRACKED).await, 0);
        stack.clock.advance_ms(mailboxes::FAILURE_PAUSE_MS);
    }
}

#[tokio::test]
async fn cat_20_made_anew_by_the_user_while_it_is_off_it_is_the_users_own() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    stack.cycle(ADAS).await;
    stack.create_category(ADAS, TRACKED).await;
    stack.cycle(ADAS).await;
    assert_eq!(listed(&stack, ADAS, TRACKED).await, 1, "nobody takes it away from them");
}
