//! Tracking that fails although nobody waits for it: tried again, given up, begun afresh.

use super::refused;
use sandbox::company::ADA;
use sandbox::dataverse::Trouble;
use sandbox::world::faults::{Fault, Place};
use sandbox::world::journal::Service;
use shared::RuleId;
use shared::api::admin::FailingState;
use shared::category::{TRACKED, UNDELIVERABLE};
use shared::problem::Code;
use shared::status::Status;
use tests::{Mail, Stack};

const ADAS: &str = ADA.upn;
const QUARTER_MS: i64 = 900_000;

/// Ada's mailbox, looked through, with a mail that somebody has just categorized.
async fn categorized() -> (Stack, Mail) {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    (stack, mail)
}

fn plug_in() -> Trouble {
    Trouble::PlugIn { message: "Emails of this customer are handled by the embassy.".into() }
}

/// What RET-04 says is retried, and what it looks like to administrators.
fn troubles() -> [(Trouble, Code); 4] {
    [
        (plug_in(), Code::CrmRefused),
        (Trouble::Timeout, Code::CrmDown),
        (Trouble::InvalidSender, Code::CrmRefused),
        (Trouble::Unknown, Code::CrmDown),
    ]
}

/// A quarter of an hour passes, and the next cycle comes.
async fn a_quarter_later(stack: &Stack) {
    stack.clock.advance_ms(QUARTER_MS);
    stack.cycle(ADAS).await;
}

#[tokio::test]
async fn ret_01_and_ret_04_a_failed_tracking_is_tried_again_about_every_15_minutes() {
    for (trouble, expected) in troubles() {
        let about = format!("{trouble:?}");
        let (stack, mail) = categorized().await;
        stack.hinder(trouble);
        stack.cycle(ADAS).await;
        assert_eq!(stack.hindered(), 1, "{about}");
        let failing = stack.failing(ADAS).await;
        assert_eq!(failing.len(), 1, "{about}");
        let rule = if expected == Code::CrmRefused { RuleId::Ret04 } else { RuleId::Ret01 };
        assert_eq!((failing[0].problem.problem.code, failing[0].rule), (expected, rule), "{about}");
        let next = backend::clock::Clock::now(&*stack.clock).plus_ms(QUARTER_MS);
        assert_eq!(failing[0].state, FailingState::Waiting { next_attempt: next }, "{about}");
        assert_eq!(stack.categories(&mail).unwrap(), [TRACKED], "{about}: it stays on meanwhile");
        stack.clock.advance_ms(QUARTER_MS - 1);
        stack.cycle(ADAS).await;
        assert_eq!(stack.hindered(), 1, "{about}: not before");
        stack.clock.advance_ms(1);
        stack.cycle(ADAS).await;
        assert_eq!(stack.hindered(), 2, "{about}");
        stack.unhinder();
        a_quarter_later(&stack).await;
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "{about}");
        assert_eq!(stack.categories(&mail).unwrap(), [TRACKED], "{about}");
        assert_eq!(stack.failing(ADAS).await.len(), 0, "{about}");
    }
}

#[tokio::test]
async fn ret_04_a_time_out_of_exchange_is_retried() {
    let (stack, mail) = categorized().await;
    let item: String = mail.item.0.chars().take(60).collect();
    let mut late = refused(Service::Graph, "GET", &item, 504, None);
    late.matching.place = Place::Part;
    stack.arm(late);
    stack.cycle(ADAS).await;
    let failing = stack.failing(ADAS).await;
    assert_eq!((failing[0].problem.problem.code, failing[0].failed_attempts), (Code::ExchangeDown, 1));
    stack.world.faults.clear();
    a_quarter_later(&stack).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn ret_02_and_ret_03_it_is_retried_5_times_and_then_undeliverable_and_left_alone() {
    for (trouble, _) in troubles() {
        let about = format!("{trouble:?}");
        let (stack, mail) = categorized().await;
        stack.categorize(&mail, &["Red category"], &[]).await;
        stack.hinder(trouble);
        stack.cycle(ADAS).await;
        for retry in 1..=5 {
            assert_eq!(stack.categories(&mail).unwrap(), [TRACKED, "Red category"], "{about}, retry {retry}");
            assert_eq!(stack.hindered(), retry, "{about}");
            a_quarter_later(&stack).await;
        }
        assert_eq!(stack.hindered(), 6, "{about}: once, and 5 retries");
        assert_eq!(stack.categories(&mail).unwrap(), ["Red category", UNDELIVERABLE], "{about}");
        let failing = stack.failing(ADAS).await;
        assert_eq!(failing[0].state, FailingState::Failed, "{about}");
        assert_eq!(failing[0].rule, RuleId::Ret03, "{about}");
        for _ in 0..3 {
            stack.read(&mail).await;
            a_quarter_later(&stack).await;
        }
        assert_eq!(stack.hindered(), 6, "{about}: it is not retried");
        let state = stack.pane(&ADA).open(&mail).await;
        assert!(matches!(state.status, Status::Failed { .. }), "{about}: {:#?}", state.status);
    }
}

#[tokio::test]
async fn ret_05_the_category_put_on_again_is_a_fresh_attempt_and_success_takes_the_mark_off() {
    let (stack, mail) = categorized().await;
    stack.hinder(plug_in());
    stack.cycle(ADAS).await;
    for _ in 0..5 {
        a_quarter_later(&stack).await;
    }
    assert_eq!(stack.categories(&mail).unwrap(), [UNDELIVERABLE]);
    stack.unhinder();
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
    assert_eq!(stack.failing(ADAS).await.len(), 0);
}

#[tokio::test]
async fn ret_05_a_fresh_attempt_has_a_fresh_count() {
    let (stack, mail) = categorized().await;
    stack.hinder(plug_in());
    stack.cycle(ADAS).await;
    for _ in 0..5 {
        a_quarter_later(&stack).await;
    }
    for round in 2..=3 {
        stack.categorize(&mail, &[TRACKED], &[]).await;
        stack.cycle(ADAS).await;
        for _ in 0..5 {
            assert!(stack.categories(&mail).unwrap().contains(&TRACKED.to_owned()), "round {round}");
            a_quarter_later(&stack).await;
        }
        assert_eq!(stack.hindered(), 6 * round);
        assert_eq!(stack.categories(&mail).unwrap(), [UNDELIVERABLE]);
    }
}

#[tokio::test]
async fn ret_05_tracking_in_the_pane_is_a_fresh_attempt_too_and_takes_the_mark_off() {
    let (stack, mail) = categorized().await;
    stack.hinder(plug_in());
    stack.cycle(ADAS).await;
    for _ in 0..5 {
        a_quarter_later(&stack).await;
    }
    stack.unhinder();
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.work(ADAS).await;
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
}

#[tokio::test]
async fn ret_05_an_administrators_retry_is_a_fresh_attempt_and_takes_the_mark_off() {
    let (stack, mail) = categorized().await;
    stack.hinder(plug_in());
    stack.cycle(ADAS).await;
    for _ in 0..5 {
        a_quarter_later(&stack).await;
    }
    stack.unhinder();
    let (tenant, by) = (stack.config.tenants[0].id, backend::store::Actor::Program("tests".into()));
    let failing = stack.failing(ADAS).await;
    stack.administration().retry(tenant, failing[0].wish, &by).await.unwrap();
    stack.work(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.failing(ADAS).await.len(), 0);
}

#[tokio::test]
async fn ret_03_a_person_who_takes_the_category_off_meanwhile_ends_the_attempts() {
    let (stack, mail) = categorized().await;
    stack.hinder(plug_in());
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    for _ in 0..7 {
        a_quarter_later(&stack).await;
    }
    assert_eq!(stack.hindered(), 1);
    assert_eq!(stack.categories(&mail), Some(vec![]), "and nothing marks the mail");
    assert_eq!(stack.failing(ADAS).await.len(), 0);
}

#[tokio::test]
async fn ret_06_being_throttled_is_waiting_however_often_and_no_failed_attempt() {
    for (service, status) in [(Service::Dataverse, 429), (Service::Dataverse, 503), (Service::Graph, 429)] {
        let (stack, mail) = categorized().await;
        let throttled = match service {
            // The promotion, not the question before it.
            Service::Dataverse => {
                let mut fault = refused(service, "POST", "/emails", status, Some("60"));
                fault.matching.place = Place::Part;
                fault
            }
            _ => {
                let item: String = mail.item.0.chars().take(60).collect();
                let mut fault: Fault = refused(service, "GET", &item, status, Some("60"));
                fault.matching.place = Place::Part;
                fault
            }
        };
        stack.arm(throttled);
        stack.cycle(ADAS).await;
        for _ in 0..12 {
            let failing = stack.failing(ADAS).await;
            assert_eq!((failing[0].failed_attempts, failing[0].rule), (0, RuleId::Ret06), "{service:?}");
            stack.clock.advance_ms(60_000);
            stack.work(ADAS).await;
        }
        assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
        stack.world.faults.clear();
        stack.clock.advance_ms(60_000);
        stack.work(ADAS).await;
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "{service:?} {status}");
    }
}

#[tokio::test]
async fn ret_06_a_malformed_item_is_undeliverable_at_once_with_its_reason() {
    let (stack, mail) = categorized().await;
    stack.hinder(Trouble::Other {
        status: 400,
        code: "0x80048d19".into(),
        message: "Error identified in Payload provided by the user for Entity :'emails'.".into(),
    });
    stack.cycle(ADAS).await;
    assert_eq!(stack.hindered(), 1);
    assert_eq!(stack.categories(&mail).unwrap(), [UNDELIVERABLE]);
    let failing = stack.failing(ADAS).await;
    assert_eq!((failing[0].state, failing[0].rule), (FailingState::Failed, RuleId::Ret06));
    assert!(failing[0].problem.title.contains("Error identified in Payload"), "{failing:#?}");
    a_quarter_later(&stack).await;
    assert_eq!(stack.hindered(), 1, "and it is not retried");
}

#[tokio::test]
async fn ret_03_what_the_filter_took_is_given_up_in_the_same_way() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, sandbox::dataverse::Filter::All).await;
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(60_000);
    stack.hinder(plug_in());
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    for _ in 0..5 {
        assert_eq!(stack.categories(&mail), Some(vec![]), "no category before the email is there");
        a_quarter_later(&stack).await;
    }
    assert_eq!((stack.hindered(), stack.categories(&mail)), (6, Some(vec![UNDELIVERABLE.to_owned()])));
    stack.unhinder();
    stack.read(&mail).await;
    a_quarter_later(&stack).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty(), "only a person begins afresh");
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
}

#[tokio::test]
async fn ret_01_one_bad_item_does_not_hold_up_its_mailbox() {
    let (stack, mail) = categorized().await;
    let other = stack.deliver(sandbox::company::INGRID.email, &[ADAS], "A good one").await;
    stack.categorize(&other, &[TRACKED], &[]).await;
    let obstacle = sandbox::dataverse::Obstacle::new(plug_in()).on_message(&mail.internet_message_id);
    stack.world.crm().place_obstacle(obstacle);
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&other.internet_message_id).await.len(), 1);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}
