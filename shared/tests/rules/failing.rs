//! What becomes of wishes that could not be carried out.

use crate::situations::*;
use shared::UtcMs;
use shared::category::TRACKED;
use shared::decision::RuleId;
use shared::plan::{self, CategoryChange, Step};
use shared::problem::{Code, Problem};
use shared::rules::failing::{Fate, counts, counts_as_failed, fate, fate_of};
use shared::wish::Origin;

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
    assert!(!counts_as_failed(&throttled));
    assert!(counts_as_failed(&Problem::new(Code::CrmDown)));
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

/// What can mend a problem, as RET-04 and RET-06 have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mended {
    /// By waiting for as long as a side asks, or until our own disk is back.
    ByWaiting,
    /// By whoever mends the mailbox as a whole.
    ByAnAdministrator,
    /// By another attempt, perhaps.
    ByARetry,
    /// By a moment's patience: what was just written may not be shown yet.
    BySoonLookingAgain,
    ByNothing,
    /// The message is not there any more.
    Gone,
}

fn mended(code: Code) -> Mended {
    match code {
        Code::CrmThrottled
        | Code::ExchangeThrottled
        | Code::TooManyRequests
        | Code::StoreDown
        | Code::StoreFull => Mended::ByWaiting,
        Code::SignedOut
        | Code::InteractionRequired
        | Code::ConsentRequired
        | Code::TenantNotEnrolled
        | Code::MailboxDenied
        | Code::MailboxGone => Mended::ByAnAdministrator,
        Code::CrmDown
        | Code::ExchangeDown
        | Code::EntraDown
        | Code::CrmRefused
        | Code::ExchangeRefused
        | Code::PrivilegeMissing
        | Code::NotLicensed
        | Code::Internal => Mended::ByARetry,
        Code::RecordGone => Mended::BySoonLookingAgain,
        Code::MessageGone => Mended::Gone,
        _ => Mended::ByNothing,
    }
}

/// A side that is down, and may say for how long.
const OUTAGES: [Code; 5] =
    [Code::CrmDown, Code::ExchangeDown, Code::EntraDown, Code::StoreDown, Code::StoreFull];
const NOW: UtcMs = UtcMs(1_000_000);
const QUARTER_OF_AN_HOUR: UtcMs = UtcMs(1_000_000 + 15 * 60 * 1_000);

/// By what rule a wish from another door than the pane goes on after `failed` failed attempts and this one.
fn after(code: Code, failed: u32) -> (Fate, RuleId) {
    let mut said = other_doors().map(|origin| fate_of(origin, &Problem::new(code), failed, NOW));
    assert!(said.iter().all(|s| s.facts[0].value == code.as_str()));
    assert!(said.iter().all(|s| (&s.answer, s.rule) == (&said[0].answer, said[0].rule)));
    let [first, ..] = &mut said;
    (first.answer.clone(), first.rule)
}

#[test]
fn ret_01_and_ret_04_a_failed_automatic_tracking_is_tried_again_after_a_quarter_of_an_hour() {
    for code in Code::ALL.iter().filter(|c| mended(**c) == Mended::ByARetry) {
        // RET-04: nobody would think that time mends these.
        let rule = if OUTAGES.contains(code) { RuleId::Ret01 } else { RuleId::Ret04 };
        assert_eq!(after(*code, 0), (Fate::TryAgain(QUARTER_OF_AN_HOUR), rule), "{code:?}");
    }
}

#[test]
fn ret_02_and_ret_03_it_is_retried_five_times_and_then_given_up() {
    for code in Code::ALL.iter().filter(|c| mended(**c) == Mended::ByARetry) {
        for failed in 1..=4 {
            let again = (Fate::TryAgain(QUARTER_OF_AN_HOUR), RuleId::Ret02);
            assert_eq!(after(*code, failed), again, "{code:?} {failed}");
        }
        for failed in [5, 6, u32::MAX] {
            assert_eq!(after(*code, failed), (Fate::GiveUp, RuleId::Ret03), "{code:?} {failed}");
        }
    }
}

#[test]
fn ret_02_a_plug_in_that_always_fails_is_tried_six_times_in_all() {
    let problem = Problem::new(Code::CrmRefused);
    let mut failed = 0;
    let mut attempts = Vec::new();
    for _ in 0..10 {
        attempts.push(fate_of(Origin::Filter, &problem, failed, NOW).answer);
        failed += u32::from(counts(Origin::Filter, &problem));
    }
    assert_eq!(attempts.iter().position(|fate| *fate == Fate::GiveUp), Some(5));
}

#[test]
fn ret_04_only_what_another_attempt_may_mend_is_counted() {
    for code in Code::ALL {
        for origin in other_doors() {
            let counted = matches!(mended(*code), Mended::ByARetry | Mended::BySoonLookingAgain);
            assert_eq!(counts(origin, &Problem::new(*code)), counted, "{code:?}");
        }
    }
}

#[test]
fn ret_06_what_no_retry_can_mend_is_given_up_at_once_and_a_message_that_is_gone_is_only_refused() {
    for code in Code::ALL {
        for failed in [0, 3, 9] {
            let expected = match mended(*code) {
                Mended::ByNothing => (Fate::GiveUp, RuleId::Ret06),
                Mended::Gone => (Fate::Refuse, RuleId::Del01),
                Mended::ByAnAdministrator => (Fate::TryAgain(QUARTER_OF_AN_HOUR), RuleId::Mbx03),
                Mended::ByWaiting | Mended::ByARetry | Mended::BySoonLookingAgain => continue,
            };
            assert_eq!(after(*code, failed), expected, "{code:?}");
        }
    }
}

#[test]
fn cat_15_a_record_that_is_not_shown_yet_is_looked_for_again_soon_and_not_for_ever() {
    for (failed, pause_s) in [(0, 2), (1, 4), (2, 8), (3, 16), (4, 32)] {
        let soon = Fate::TryAgain(NOW.plus_ms(pause_s * 1_000));
        assert_eq!(after(Code::RecordGone, failed), (soon, RuleId::Del02));
    }
    assert_eq!(after(Code::RecordGone, 5), (Fate::GiveUp, RuleId::Ret03));
}

#[test]
fn ret_06_what_does_not_fit_the_crms_tables_is_given_up_at_once() {
    for (kind, expected) in [("malformed", Fate::GiveUp), ("plug-in", Fate::TryAgain(QUARTER_OF_AN_HOUR))] {
        let problem = Problem::new(Code::CrmRefused).because("reason", "no").because("kind", kind);
        assert_eq!(fate_of(Origin::Filter, &problem, 0, NOW).answer, expected);
        assert_eq!(counts(Origin::Filter, &problem), kind == "plug-in");
    }
}

#[test]
fn ret_06_waiting_is_no_failed_attempt_however_long_it_takes() {
    for code in Code::ALL.iter().filter(|c| mended(**c) == Mended::ByWaiting || OUTAGES.contains(c)) {
        let asked = Problem::new(*code).retry_after_ms(Some(42_000));
        for origin in other_doors().into_iter().chain([Origin::Pane]) {
            let said = fate_of(origin, &asked, 99, NOW);
            assert_eq!(said.answer, Fate::TryAgain(NOW.plus_ms(42_000)), "{code:?}");
            assert!(!counts(origin, &asked), "{code:?}");
        }
    }
    for code in Code::ALL.iter().filter(|c| mended(**c) == Mended::ByWaiting) {
        let problem = Problem::new(*code);
        for origin in other_doors() {
            let said = fate_of(origin, &problem, 0, NOW);
            assert_eq!(said.answer, Fate::TryAgain(NOW.plus_ms(2_000)), "{code:?}");
        }
    }
}

#[test]
fn ret_06_what_waiting_cannot_mend_is_not_waited_for_whatever_was_asked() {
    for code in Code::ALL.iter().filter(|c| mended(**c) != Mended::ByWaiting && !OUTAGES.contains(c)) {
        let asked = Problem::new(*code).retry_after_ms(Some(42_000));
        for origin in other_doors() {
            let plain = fate_of(origin, &Problem::new(*code), 2, NOW);
            assert_eq!(fate_of(origin, &asked, 2, NOW), plain, "{code:?}");
        }
        assert!(counts_as_failed(&asked), "{code:?}");
        assert_eq!(fate(&asked, 0, NOW).answer, Fate::Refuse, "{code:?}");
    }
}

#[test]
fn ret_06_what_was_clicked_is_refused_or_waits_as_somebody_is_waiting_for_it() {
    for code in Code::ALL {
        for failed in 0..9 {
            let problem = Problem::new(*code);
            let said = fate_of(Origin::Pane, &problem, failed, NOW);
            let waits = mended(*code) == Mended::ByWaiting || OUTAGES.contains(code);
            let pause = 2_000_i64.saturating_mul(1 << failed).min(300_000);
            let expected = if waits { Fate::TryAgain(NOW.plus_ms(pause)) } else { Fate::Refuse };
            assert_eq!(said.answer, expected, "{code:?}");
            assert_eq!(said, fate(&problem, failed, NOW));
            let throttled = [Code::CrmThrottled, Code::ExchangeThrottled, Code::TooManyRequests];
            assert_eq!(counts(Origin::Pane, &problem), !throttled.contains(code), "{code:?}");
        }
    }
}

#[test]
fn frq_06_and_app_04_a_refusal_names_the_rule_that_refuses() {
    for code in Code::ALL {
        let rule = match code {
            Code::PrivilegeMissing
            | Code::RecordHidden
            | Code::NotLicensed
            | Code::MailboxDenied
            | Code::RegardingGone => RuleId::Frq06,
            Code::WithoutActivities => RuleId::App04,
            _ => RuleId::Ret06,
        };
        assert_eq!(fate(&Problem::new(*code), 0, NOW).rule, rule, "{code:?}");
    }
}
