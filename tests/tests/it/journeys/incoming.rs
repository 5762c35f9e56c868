//! One record per mail.

use super::before_the_creation;
use sandbox::company::{ADA, BEN, INGRID};
use sandbox::world::faults::Kind;
use shared::category::TRACKED;
use shared::status::Status;
use tests::{Stack, id_of};

#[tokio::test]
async fn inc_06_a_mail_tracked_from_two_mailboxes_is_one_crm_email() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let tracked = ada.track(&first).await;
    let state = ben.open(&second).await;
    assert_eq!(state.status, Status::NotTracked, "a colleague's tracking is not Ben's");
    assert_eq!(state.tracked_elsewhere, tracked.record, "and it is shown");
    let state = ben.track(&second).await;
    assert_eq!((state.status, state.record), (Status::Tracked, tracked.record));
    assert_eq!(stack.emails(&first.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn inc_06_two_recipients_who_track_at_the_same_moment_make_one_crm_email() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    // Both creations are on their way before either arrives.
    for (name, caller) in [("ada", "user ada"), ("ben", "user ben")] {
        let mut create = before_the_creation(Kind::HangBefore).named(name);
        create.matching.caller = Some(caller.into());
        stack.arm(create);
    }
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let together = async {
        stack.until_held("ada").await;
        stack.until_held("ben").await;
        stack.world.faults.clear();
    };
    let (ones, others, ()) = tokio::join!(ada.track(&first), ben.track(&second), together);
    assert_eq!((&ones.status, &others.status), (&Status::Tracked, &Status::Tracked), "{ones:#?} {others:#?}");
    assert_eq!(ones.record, others.record);
    let email = stack.email(&first.internet_message_id).await;
    assert_eq!(Some(id_of(&email)), ones.record.map(|link| link.record.key.id));
    for mail in [&first, &second] {
        assert_eq!(stack.categories(mail), Some(vec![TRACKED.to_owned()]));
    }
}

#[tokio::test]
async fn inc_06_mail_between_colleagues_is_one_activity_per_direction() {
    let stack = Stack::start().await;
    let (sent, received) = stack.mail_of_ada_to_ben();
    stack.pane(&ADA).track(&sent).await;
    let state = stack.pane(&BEN).track(&received).await;
    assert_eq!(state.status, Status::Tracked);
    let emails = stack.emails(&sent.internet_message_id).await;
    let mut outgoing: Vec<_> = emails.iter().map(|e| e["directioncode"].as_bool().unwrap()).collect();
    outgoing.sort_unstable();
    assert_eq!(outgoing, [false, true]);
}

#[tokio::test]
async fn inc_06_with_two_activities_off_mail_between_colleagues_is_one_activity() {
    let stack = Stack::start().await;
    stack.track_between_users_as_one_activity().await;
    let (sent, received) = stack.mail_of_ada_to_ben();
    let ones = stack.pane(&ADA).track(&sent).await;
    let others = stack.pane(&BEN).track(&received).await;
    assert_eq!((&others.status, &others.record), (&Status::Tracked, &ones.record));
    assert_eq!(stack.email(&sent.internet_message_id).await["directioncode"], true);
}

#[tokio::test]
async fn inc_06_an_email_that_somebody_else_put_into_the_crm_is_adopted() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let row = serde_json::json!({
        "subject": "Offer for twelve ferries", "messageid": mail.internet_message_id, "directioncode": false,
    });
    stack.act(http::Method::POST, "dataverse/emails", &row).await;
    let before = stack.email(&mail.internet_message_id).await;
    let state = stack.pane(&ADA).track(&mail).await;
    assert_eq!(state.status, Status::Tracked);
    assert_eq!(state.record.map(|link| link.record.key.id), Some(id_of(&before)));
    assert_eq!(stack.email(&mail.internet_message_id).await, before);
}

#[tokio::test]
async fn inc_06_tracked_untracked_and_tracked_again_is_the_same_crm_email() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let first = ada.track(&mail).await;
    ada.untrack(&mail, shared::wish::RecordFate::Keep).await;
    let again = ada.track(&mail).await;
    assert_eq!((again.status, again.record), (Status::Tracked, first.record));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}
