//! The same wish twice is one wish; the same effect twice is one effect.

use super::{code, opportunity, pause_ms, waiting};
use http::StatusCode;
use sandbox::company::{ADA, OPPORTUNITIES};
use sandbox::world::faults::{Fault, Kind, Place};
use sandbox::world::journal::Service;
use shared::api::{ItemState, WishRequest};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::Stack;
use uuid::Uuid;

fn track() -> WishRequest {
    WishRequest { id: Uuid::new_v4(), wish: Wish::Track { regarding: RegardingWish::Keep } }
}

#[tokio::test]
async fn a_wish_that_is_sent_twice_is_one_wish() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let request = track();
    assert_eq!(ada.send(&mail, &request).await.json::<ItemState>().status, Status::Tracked);
    let mark = stack.mark();
    let again = ada.send(&mail, &request).await;
    assert_eq!((again.status, again.json::<ItemState>().status), (StatusCode::OK, Status::Tracked));
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_wish_that_was_undone_is_not_done_again_by_sending_it_again() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let request = track();
    ada.send(&mail, &request).await;
    ada.untrack(&mail, RecordFate::Delete).await;
    let state: ItemState = ada.send(&mail, &request).await.json();
    assert_eq!(state.status, Status::NotTracked);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn a_wish_that_is_sent_several_times_at_the_same_moment_is_one_wish() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let request = track();
    let mark = stack.mark();
    let (a, b, c) =
        tokio::join!(ada.send(&mail, &request), ada.send(&mail, &request), ada.send(&mail, &request));
    for answer in [a, b, c] {
        assert_eq!(answer.json::<ItemState>().status, Status::Tracked);
    }
    let mut changed = stack.changed_since(mark);
    changed.sort();
    assert_eq!(changed.iter().filter(|kind| *kind == "email.create").count(), 1, "{changed:?}");
    assert_eq!(changed.iter().filter(|kind| *kind == "message.categories").count(), 1, "{changed:?}");
}

#[tokio::test]
async fn several_clicks_at_the_same_moment_are_one_effect() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    let mark = stack.mark();
    tokio::join!(ada.track(&mail), ada.track(&mail), ada.track(&mail));
    ada.until(&mail, |status| *status == Status::Tracked).await;
    let changed = stack.changed_since(mark);
    assert_eq!(changed.iter().filter(|kind| *kind == "email.create").count(), 1, "{changed:?}");
    assert_eq!(changed.iter().filter(|kind| *kind == "message.categories").count(), 1, "{changed:?}");
}

/// Every write that tracking, setting a record and untracking send.
fn writes() -> Vec<(&'static str, Fault)> {
    let write = |service, method: &str, path: &str, place| {
        let mut fault = Fault::new(Kind::DropBefore).on(service, method, path).named("lost");
        fault.matching.place = place;
        fault.times(1)
    };
    vec![
        ("master category", write(Service::Graph, "POST", "/outlook/masterCategories", Place::TopLevel)),
        ("categories", write(Service::Graph, "PATCH", "/messages/", Place::TopLevel)),
        ("creation", write(Service::Dataverse, "POST", "/emails", Place::Part)),
        ("closing", write(Service::Dataverse, "PATCH", "/emails(", Place::Part)),
    ]
}

/// Tracks while one write's connection breaks, and expects one category and one email in the end.
async fn tracked_in_the_end(name: &str, fault: Fault) {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    let about = format!("{name}: {:?}", fault.kind);
    stack.arm(fault);
    let state = ada.track(&mail).await;
    assert!(waiting(&state.status), "{about}: {:#?}", state.status);
    assert!(matches!(code(&state.status), Some(Code::CrmDown | Code::ExchangeDown)), "{about}");
    assert_eq!(stack.world.faults.list()[0].hits, 1, "{about}: the fault hit");
    stack.clock.advance_ms(pause_ms(&state));
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "{about}");
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "{about}");
    let ones = stack.master_categories(ADA.upn).await.iter().filter(|c| *c == TRACKED).count();
    assert_eq!(ones, 1, "{about}");
    let mark = stack.mark();
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "{about}: nothing is left to do");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_looked_for_and_not_done_twice() {
    for (name, mut fault) in writes() {
        fault.kind = Kind::DropAfter;
        tracked_in_the_end(name, fault).await;
    }
}

#[tokio::test]
async fn a_write_that_never_arrived_is_done_once_the_line_is_back() {
    for (name, fault) in writes() {
        tracked_in_the_end(name, fault).await;
    }
}

#[tokio::test]
async fn a_write_that_is_answered_with_a_server_error_is_looked_for() {
    for (name, mut fault) in writes() {
        fault.kind = Kind::Status {
            status: 500,
            code: "UnknownError".into(),
            message: String::new(),
            retry_after: None,
            headers: Default::default(),
        };
        tracked_in_the_end(name, fault).await;
    }
}

#[tokio::test]
async fn setting_the_record_survives_a_lost_answer_and_a_lost_request() {
    for kind in [Kind::DropAfter, Kind::DropBefore] {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        ada.track(&mail).await;
        let fault = Fault::new(kind).on(Service::Dataverse, "PATCH", "/emails(");
        stack.arm(fault.times(1));
        let state = ada.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await;
        assert_eq!(code(&state.status), Some(Code::CrmDown), "{:#?}", state.status);
        let mut events = ada.follow(&mail).await;
        stack.clock.advance_ms(pause_ms(&state));
        let state = events.until(|state| state.status == Status::Tracked).await;
        assert_eq!(state.regarding.map(|link| link.record), Some(opportunity(&OPPORTUNITIES[0])));
    }
}

#[tokio::test]
async fn untracking_survives_lost_answers_and_lost_requests() {
    let delete = || Fault::new(Kind::DropAfter).on(Service::Dataverse, "DELETE", "/emails(");
    let categories = || Fault::new(Kind::DropAfter).on(Service::Graph, "PATCH", "/messages/");
    for mut fault in [delete(), categories()] {
        for kind in [Kind::DropAfter, Kind::DropBefore] {
            let stack = Stack::start().await;
            let mail = stack.mail_to(&ADA).await;
            let ada = stack.pane(&ADA);
            ada.track(&mail).await;
            fault.kind = kind;
            stack.arm(fault.clone().times(1));
            let state = ada.untrack(&mail, RecordFate::Delete).await;
            assert!(waiting(&state.status), "{fault:?}: {:#?}", state.status);
            stack.clock.advance_ms(pause_ms(&state));
            ada.until(&mail, |status| *status == Status::NotTracked).await;
            assert!(stack.emails(&mail.internet_message_id).await.is_empty(), "{fault:?}");
            assert_eq!(stack.categories(&mail), Some(vec![]), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn every_request_to_the_other_side_fails_once_and_everything_is_tracked_in_the_end() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    stack.arm(Fault::new(Kind::DropAfter).on(Service::Entra, "POST", "/token").times(2));
    stack.arm(Fault::new(Kind::DropAfter).on(Service::Graph, "POST", "/").times(2));
    stack.arm(Fault::new(Kind::DropAfter).on(Service::Graph, "PATCH", "/").times(1));
    stack.arm(Fault::new(Kind::DropAfter).on(Service::Dataverse, "POST", "/").times(3));
    let mut state = ada.track(&mail).await;
    let mut rounds = 0;
    while waiting(&state.status) {
        rounds += 1;
        assert!(rounds < 20, "{:#?}", state.status);
        let mut events = ada.follow(&mail).await;
        let before = events.next().await.unwrap().status;
        stack.clock.advance_ms(pause_ms(&state));
        let settled = |s: &ItemState| s.status != before && s.status != Status::Tracking;
        state = events.until(settled).await;
    }
    assert_eq!(state.status, Status::Tracked);
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}
