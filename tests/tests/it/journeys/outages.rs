//! Being asked to wait, and no answer at all: the wish waits, says so, and goes on by itself.

use super::{code, failed, pause_ms, refused, waiting};
use sandbox::company::ADA;
use sandbox::world::faults::{Fault, Kind, Place};
use sandbox::world::journal::Service;
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::{Mail, Pane, Stack};

/// Thirty seconds after the tests' clock starts.
const DATE: &str = "Fri, 20 Nov 2026 08:00:30 GMT";

/// Ada with an opened mail.
async fn ready() -> (Stack, Pane, Mail) {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    (stack, ada, mail)
}

/// Ada tracks while the fault is armed: waits as told, not a moment less, then is tracked by itself.
async fn waits_as_told(fault: Fault, expected: Code, wait_ms: i64) {
    let (stack, ada, mail) = ready().await;
    let about = format!("{fault:?}");
    stack.arm(fault.named("trouble").times(1));
    let state = ada.track(&mail).await;
    assert!(waiting(&state.status), "{about}: {:#?}", state.status);
    assert_eq!(code(&state.status), Some(expected), "{about}");
    assert_eq!(pause_ms(&state), wait_ms, "{about}");
    let mark = stack.mark();
    stack.clock.advance_ms(wait_ms - 1);
    assert!(waiting(&ada.open(&mail).await.status), "{about}");
    assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "{about}: too early");
    stack.clock.advance_ms(1);
    ada.until(&mail, |status| *status == Status::Tracked).await;
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "{about}");
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "{about}");
}

#[tokio::test]
async fn ret_06_graph_throttles_the_whole_batch_and_is_left_alone_as_long_as_it_asks() {
    for (retry_after, wait_ms) in
        [(Some("7"), 7_000), (Some("2.128"), 2_128), (Some(DATE), 30_000), (None, 2_000)]
    {
        let fault = refused(Service::Graph, "POST", "$batch", 429, retry_after);
        waits_as_told(fault, Code::ExchangeThrottled, wait_ms).await;
    }
}

#[tokio::test]
async fn ret_06_to_be_asked_for_no_wait_at_all_is_a_wait_of_a_second() {
    for retry_after in ["0", "Fri, 20 Nov 2026 07:59:00 GMT"] {
        let fault = refused(Service::Graph, "POST", "$batch", 429, Some(retry_after));
        waits_as_told(fault, Code::ExchangeThrottled, 1_000).await;
    }
}

#[tokio::test]
async fn ret_06_graph_throttles_one_part_of_the_batch() {
    for part in ["/messages/", "masterCategories"] {
        let mut fault = refused(Service::Graph, "GET", part, 429, Some("11"));
        fault.matching.place = Place::Part;
        waits_as_told(fault, Code::ExchangeThrottled, 11_000).await;
    }
}

#[tokio::test]
async fn ret_06_graph_throttles_the_write() {
    for (retry_after, wait_ms) in [(Some("5"), 5_000), (None, 2_000)] {
        let fault = refused(Service::Graph, "PATCH", "/messages/", 429, retry_after);
        waits_as_told(fault, Code::ExchangeThrottled, wait_ms).await;
    }
}

#[tokio::test]
async fn ret_06_dataverse_throttles_and_is_left_alone_as_long_as_it_asks() {
    for (retry_after, wait_ms) in
        [(Some("7"), 7_000), (Some("2.128"), 2_128), (Some(DATE), 30_000), (None, 2_000)]
    {
        let fault = refused(Service::Dataverse, "POST", "$batch", 429, retry_after);
        waits_as_told(fault, Code::CrmThrottled, wait_ms).await;
    }
}

#[tokio::test]
async fn ret_06_a_503_with_retry_after_is_waiting_too() {
    for (service, expected) in [(Service::Graph, Code::ExchangeDown), (Service::Dataverse, Code::CrmDown)] {
        waits_as_told(refused(service, "POST", "$batch", 503, Some("90")), expected, 90_000).await;
    }
}

#[tokio::test]
async fn ret_06_the_token_endpoint_throttles() {
    for (retry_after, wait_ms) in
        [(Some("3"), 3_000), (Some("0.5"), 1_000), (Some(DATE), 30_000), (None, 2_000)]
    {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        stack.arm(refused(Service::Entra, "POST", "/token", 429, retry_after).times(1));
        let ada = stack.pane(&ADA);
        let state = ada.track(&mail).await;
        assert_eq!(code(&state.status), Some(Code::EntraDown), "{:#?}", state.status);
        assert_eq!(pause_ms(&state), wait_ms);
        stack.clock.advance_ms(wait_ms);
        ada.until(&mail, |status| *status == Status::Tracked).await;
    }
}

#[tokio::test]
async fn ret_06_being_asked_to_wait_is_no_failed_attempt() {
    for service in [Service::Graph, Service::Dataverse] {
        for status in [429, 503] {
            let (stack, ada, mail) = ready().await;
            stack.arm(refused(service, "POST", "$batch", status, Some("60")).times(3));
            assert_eq!(pause_ms(&ada.track(&mail).await), 60_000);
            for _ in 0..2 {
                let mut events = ada.follow(&mail).await;
                let before = events.next().await.unwrap();
                stack.clock.advance_ms(60_000);
                let state = events.until(|s| waiting(&s.status) && s.status != before.status).await;
                assert_eq!(pause_ms(&state), 60_000);
            }
            stack.world.faults.clear();
            // Now an outage, without a word how long: the first of its kind, so the shortest pause.
            stack.arm(Fault::new(Kind::DropBefore).on(service, "POST", "$batch"));
            let mut events = ada.follow(&mail).await;
            let before = events.next().await.unwrap();
            stack.clock.advance_ms(60_000);
            let state = events.until(|s| waiting(&s.status) && s.status != before.status).await;
            assert_eq!(pause_ms(&state), 2_000, "{service:?} {status}");
        }
    }
}

#[tokio::test]
async fn ret_06_what_no_retry_can_mend_is_refused_at_once_with_its_reason() {
    for (service, method, path, status, expected) in [
        (Service::Graph, "PATCH", "/messages/", 400, Code::CategoryRefused),
        (Service::Dataverse, "POST", "/emails", 400, Code::CrmRefused),
        (Service::Dataverse, "POST", "/emails", 403, Code::PrivilegeMissing),
    ] {
        let (stack, ada, mail) = ready().await;
        stack.arm(refused(service, method, path, status, None));
        let state = ada.track(&mail).await;
        assert!(failed(&state.status), "{service:?} {status}: {:#?}", state.status);
        assert_eq!(code(&state.status), Some(expected));
        assert!(state.problem.is_some());
        let mark = stack.mark();
        stack.clock.advance_ms(3_600_000);
        assert!(failed(&ada.open(&mail).await.status), "an hour later nothing was tried");
        assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    }
}

#[tokio::test]
async fn outages_are_tried_again_at_growing_distances_of_five_minutes_at_most() {
    let (stack, ada, mail) = ready().await;
    stack.maintain_crm(true).await;
    let mut pauses = vec![pause_ms(&ada.track(&mail).await)];
    for _ in 0..9 {
        let mut events = ada.follow(&mail).await;
        let before = events.next().await.unwrap();
        stack.clock.advance_ms(*pauses.last().unwrap());
        let state = events.until(|s| waiting(&s.status) && s.status != before.status).await;
        pauses.push(pause_ms(&state));
    }
    let seconds: Vec<_> = pauses.iter().map(|ms| ms / 1_000).collect();
    assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
}

#[tokio::test]
async fn the_crm_in_maintenance_loses_nothing_and_goes_on_when_it_is_back() {
    let (stack, ada, mail) = ready().await;
    stack.maintain_crm(true).await;
    let state = ada.track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::CrmDown));
    stack.maintain_crm(false).await;
    stack.clock.advance_ms(pause_ms(&state));
    ada.until(&mail, |status| *status == Status::Tracked).await;
    stack.maintain_crm(true).await;
    let state = ada.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(code(&state.status), Some(Code::CrmDown));
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "the record goes first");
    stack.maintain_crm(false).await;
    stack.clock.advance_ms(pause_ms(&state));
    ada.until(&mail, |status| *status == Status::NotTracked).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn exchange_that_does_not_answer_loses_nothing_either() {
    for kind in [Kind::DropBefore, Kind::DropAfter] {
        let (stack, ada, mail) = ready().await;
        stack.arm(Fault::new(kind).on(Service::Graph, "POST", "$batch").named("down"));
        let state = ada.track(&mail).await;
        assert_eq!(code(&state.status), Some(Code::ExchangeDown));
        stack.world.faults.remove("down");
        stack.clock.advance_ms(pause_ms(&state));
        ada.until(&mail, |status| *status == Status::Tracked).await;
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_looked_at_is_a_problem_with_a_remedy() {
    let (stack, ada, mail) = ready().await;
    stack.maintain_crm(true).await;
    let problem = ada.look(&mail).await.problem();
    assert_eq!((problem.code, problem.status), (Code::CrmDown, 503));
    assert!(!problem.request_id.is_empty() && !problem.remedy.is_empty());
    assert_eq!(ada.look_for("Fjord").await.problem().code, Code::CrmDown);
}
