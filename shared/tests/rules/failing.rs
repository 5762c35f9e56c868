//! What becomes of wishes that could not be carried out.

use crate::situations::*;
use shared::UtcMs;
use shared::category::TRACKED;
use shared::decision::RuleId;
use shared::plan::{self, CategoryChange, Step};
use shared::problem::{Code, Problem};
use shared::rules::failing::{Fate, fate};

#[test]
fn frq_06_what_the_users_roles_forbid_is_refused_at_once() {
    for code in [Code::PrivilegeMissing, Code::NotLicensed, Code::MailboxDenied] {
        let decision = fate(&Problem::new(code), 0, UtcMs(0));
        assert_eq!((decision.answer, decision.rule), (Fate::Refuse, RuleId::Frq06));
    }
}

#[test]
fn ret_06_being_throttled_is_waiting_as_long_as_was_asked() {
    let throttled = Problem::new(Code::ExchangeThrottled).retry_after_ms(Some(2_128));
    let decision = fate(&throttled, 99, UtcMs(1_000));
    assert_eq!((decision.answer, decision.rule), (Fate::TryAgain(UtcMs(3_128)), RuleId::Ret06));
    assert!(!shared::rules::failing::counts_as_failed(&throttled));
    assert!(shared::rules::failing::counts_as_failed(&Problem::new(Code::CrmDown)));
}

#[test]
fn ret_06_to_be_asked_for_no_wait_at_all_is_a_wait_of_a_second() {
    for (asked, pause) in [(0, 1_000), (1, 1_000), (999, 1_000), (1_000, 1_000), (1_001, 1_001)] {
        for code in [Code::CrmThrottled, Code::ExchangeDown] {
            let problem = Problem::new(code).retry_after_ms(Some(asked));
            assert_eq!(fate(&problem, 0, UtcMs(5)).answer, Fate::TryAgain(UtcMs(5 + pause)), "{asked}");
        }
    }
}

#[test]
fn ret_06_an_absurd_wait_is_cut_to_a_day() {
    let far = Problem::new(Code::CrmThrottled).retry_after_ms(Some(u64::MAX));
    assert_eq!(fate(&far, 0, UtcMs(0)).answer, Fate::TryAgain(UtcMs(86_400_000)));
}

#[test]
fn ret_06_outages_are_tried_again_at_growing_pauses_of_five_minutes_at_most() {
    let pauses: Vec<i64> = (0..12)
        .map(|failed| match fate(&Problem::new(Code::CrmDown), failed, UtcMs(0)).answer {
            Fate::TryAgain(next) => next.0,
            Fate::GiveUp | Fate::Refuse => panic!("an outage is never refused"),
        })
        .collect();
    assert_eq!(pauses[..3], [2_000, 4_000, 8_000]);
    assert!(pauses.is_sorted());
    assert_eq!(pauses[11], 300_000);
}

#[test]
fn ret_06_what_no_retry_can_mend_is_refused_at_once() {
    for code in [Code::MessageGone, Code::WithoutActivities, Code::CategoryRefused, Code::CrmRefused] {
        assert_eq!(fate(&Problem::new(code), 0, UtcMs(0)).answer, Fate::Refuse, "{code:?}");
    }
}

#[test]
fn ret_06_a_refused_tracking_takes_its_own_category_off_again_and_no_one_elses() {
    let mut s = wishing(untouched(&[TRACKED]), track());
    s.refusals.crm = Some(Problem::new(Code::PrivilegeMissing));
    assert_eq!(steps(&s), Vec::new(), "the category was there before the wish");
    if let Some(wish) = &mut s.wish {
        wish.category_is_ours = plan::Ours::Yes;
    }
    assert!(matches!(&steps(&s)[..], [Step::SetCategories { change: CategoryChange::Remove, .. }]));
}
