//! One wish overtakes another, and the pane is closed or looks elsewhere meanwhile.

use super::{before_the_creation, opportunity};
use http::StatusCode;
use sandbox::company::{ADA, BEN, INGRID, OPPORTUNITIES, QUEUE_ADDRESS};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use shared::api::{ItemState, WishRequest};
use shared::category::TRACKED;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::{Mail, Pane, Stack};
use uuid::Uuid;

/// Sends a wish and does not wait for what comes of it.
async fn begin(pane: &Pane, mail: &Mail, wish: Wish) {
    let answer = pane.send(mail, &WishRequest { id: Uuid::new_v4(), wish }).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
}

const TRACK: Wish = Wish::Track { regarding: RegardingWish::Keep };

#[tokio::test]
async fn untracking_at_once_overtakes_a_tracking_under_way() {
    for fate in [RecordFate::Keep, RecordFate::Delete] {
        let stack = Stack::start_impatient().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        ada.open(&mail).await;
        stack.arm(before_the_creation(Kind::HangBefore).named("held"));
        begin(&ada, &mail, TRACK).await;
        stack.until_held("held").await;
        begin(&ada, &mail, Wish::Untrack { record: fate }).await;
        assert_eq!(ada.open(&mail).await.status, Status::Untracking);
        stack.world.faults.clear();
        ada.until(&mail, |status| *status == Status::NotTracked).await;
        assert_eq!(stack.categories(&mail), Some(vec![]));
        let left = stack.emails(&mail.internet_message_id).await.len();
        assert_eq!(left, usize::from(fate == RecordFate::Keep), "{fate:?}");
    }
}

#[tokio::test]
async fn tracking_again_overtakes_an_untracking_under_way() {
    let stack = Stack::start_impatient().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    begin(&ada, &mail, TRACK).await;
    ada.until(&mail, |status| *status == Status::Tracked).await;
    stack.arm(Fault::new(Kind::HangBefore).on(Service::Dataverse, "DELETE", "/emails(").named("held"));
    begin(&ada, &mail, Wish::Untrack { record: RecordFate::Delete }).await;
    stack.until_held("held").await;
    begin(&ada, &mail, TRACK).await;
    stack.world.faults.clear();
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn the_last_of_several_records_that_were_chosen_is_the_one() {
    let stack = Stack::start_impatient().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    let set = |n: usize| Wish::Track { regarding: RegardingWish::Set(opportunity(&OPPORTUNITIES[n])) };
    begin(&ada, &mail, set(0)).await;
    stack.until_held("held").await;
    begin(&ada, &mail, set(1)).await;
    begin(&ada, &mail, set(2)).await;
    stack.world.faults.clear();
    let wanted = opportunity(&OPPORTUNITIES[2]);
    let mut events = ada.follow(&mail).await;
    let done = |s: &ItemState| {
        s.status == Status::Tracked && s.regarding.as_ref().is_some_and(|link| link.record == wanted)
    };
    events.until(done).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["regardingobjectid"]["id"], OPPORTUNITIES[2].id);
}

#[tokio::test]
async fn a_wish_that_waits_is_overtaken_at_once() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.maintain_crm(true).await;
    ada.track(&mail).await;
    stack.maintain_crm(false).await;
    assert_eq!(ada.untrack(&mail, RecordFate::Keep).await.status, Status::NotTracked);
    stack.clock.advance_ms(3_600_000);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked, "the older wish is over");
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn a_wish_goes_on_when_the_pane_is_closed() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    {
        let sent = ada.track(&mail);
        tokio::pin!(sent);
        tokio::select! {
            _ = &mut sent => panic!("the creation is held"),
            () = stack.until_held("held") => {}
        }
        // The request is dropped here, as when the pane is closed.
    }
    stack.world.faults.clear();
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn whoever_follows_an_item_hears_how_its_wish_ends() {
    let stack = Stack::start_impatient().await;
    let (first, second) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    let ada = stack.pane(&ADA);
    let mut events = ada.follow(&first).await;
    events.next().await.unwrap();
    begin(&ada, &first, TRACK).await;
    // The pane looks at another item meanwhile.
    assert_eq!(ada.open(&second).await.status, Status::NotTracked);
    let state = events.until(|state| state.status == Status::Tracked).await;
    assert_eq!(state.item, first.item);
    let mut versions = vec![state.version];
    begin(&ada, &first, Wish::Untrack { record: RecordFate::Keep }).await;
    versions.push(events.until(|state| state.status == Status::NotTracked).await.version);
    assert!(versions[0] < versions[1], "versions grow: {versions:?}");
}

#[tokio::test]
async fn what_ends_while_a_follower_still_looks_is_not_lost() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(Fault::new(Kind::HangBefore).on(Service::Dataverse, "POST", "$batch").named("look").times(1));
    let meanwhile = async {
        stack.until_held("look").await;
        assert_eq!(ada.track(&mail).await.status, Status::Tracked);
        stack.world.faults.clear();
    };
    let (mut events, ()) = tokio::join!(ada.follow(&mail), meanwhile);
    assert_eq!(
        events.next().await.map(|state| state.status),
        Some(Status::NotTracked),
        "as it began to look"
    );
    events.until(|state| state.status == Status::Tracked).await;
}

#[tokio::test]
async fn a_wish_under_way_shows_in_a_pane_that_is_opened_later() {
    let stack = Stack::start_impatient().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    begin(&ada, &mail, TRACK).await;
    stack.until_held("held").await;
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracking);
    stack.world.faults.clear();
    ada.until(&mail, |status| *status == Status::Tracked).await;
}

#[tokio::test]
async fn two_who_work_in_a_shared_mailbox_at_the_same_moment_track_once() {
    let stack = Stack::start().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let mark = stack.mark();
    tokio::join!(ada.track(&mail), ben.track(&mail));
    for pane in [&ada, &ben] {
        pane.until(&mail, |status| *status == Status::Tracked).await;
    }
    let changed = stack.changed_since(mark);
    assert_eq!(changed.iter().filter(|kind| *kind == "email.create").count(), 1, "{changed:?}");
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn whoever_was_overtaken_by_a_colleague_is_told_to_look_again() {
    let stack = Stack::start_impatient().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let mut events = ada.follow(&mail).await;
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    begin(&ada, &mail, TRACK).await;
    stack.until_held("held").await;
    begin(&ben, &mail, Wish::Untrack { record: RecordFate::Keep }).await;
    stack.world.faults.clear();
    let end = async { while events.next().await.is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), end).await.expect("her stream ends");
    ada.until(&mail, |status| *status == Status::NotTracked).await;
}

#[tokio::test]
async fn a_step_that_outlasts_the_lease_ends_in_one_email_and_one_category() {
    for kind in [Kind::HangBefore, Kind::HangAfter] {
        let stack = Stack::start_impatient().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        ada.open(&mail).await;
        stack.arm(before_the_creation(kind).named("held"));
        begin(&ada, &mail, TRACK).await;
        stack.until_held("held").await;
        // As when the machine slept.
        stack.clock.advance_ms(600_000);
        stack.world.faults.clear();
        ada.until(&mail, |status| *status == Status::Tracked).await;
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
        assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    }
}

#[tokio::test]
async fn many_messages_of_one_mailbox_are_tracked_side_by_side() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mut mails = Vec::new();
    for _ in 0..12 {
        mails.push(stack.mail_to(&ADA).await);
    }
    let all = mails.iter().map(|mail| ada.track(mail));
    for state in futures_util::future::join_all(all).await {
        assert_eq!(state.status, Status::Tracked, "{state:#?}");
    }
    for mail in &mails {
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
    let own = stack.master_categories(ADA.upn).await;
    assert_eq!(own.iter().filter(|name| *name == TRACKED).count(), 1, "{own:?}");
}
