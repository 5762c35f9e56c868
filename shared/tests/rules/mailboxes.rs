//! Which mailboxes synchronize, what stops one, and what its master list needs.

use crate::situations::*;
use shared::UtcMs;
use shared::category::{CategoryLife, KnownCategory, MasterCategory, MasterList, TRACKED};
use shared::decision::RuleId;
use shared::mailbox::{Approval, Operation, TestResult};
use shared::problem::{Code, Problem};
use shared::rules::mailboxes::{MailboxFate, Reading, Upkeep, after_failure, reading, synchronizes, upkeep};
use shared::settings::{Settings, Switch};

const FIVE_MINUTES: i64 = 5 * 60 * 1000;

#[test]
fn cfg_01_and_cfg_02_a_mailbox_synchronizes_only_when_approved_tested_and_enabled() {
    let broken = || Problem::new(Code::MailboxDenied);
    for approval in [Approval::Empty, Approval::Pending, Approval::Approved, Approval::Rejected] {
        for incoming in [TestResult::NotRun, TestResult::Success, TestResult::Failure(broken())] {
            for operation in [Operation::Off, Operation::On, Operation::Stopped(broken())] {
                let said = synchronizes(approval, &incoming, &operation);
                let approved = approval == Approval::Approved;
                let tested = incoming == TestResult::Success;
                let enabled = operation == Operation::On;
                assert_eq!(said.answer, approved && tested && enabled);
                assert_eq!(said.rule, if approved { RuleId::Cfg02 } else { RuleId::Cfg01 });
            }
        }
    }
}

/// What becomes of a mailbox after this problem: `None` where it stops, else when it is tried and whether that counts.
fn fate(problem: &Problem, failures: u32) -> (Option<(i64, bool)>, RuleId) {
    let said = after_failure(problem, failures, UtcMs(7));
    assert_eq!(said.facts[0].value, problem.code.as_str());
    match said.answer {
        MailboxFate::TryAgain { at, counts } => (Some((at.0 - 7, counts)), said.rule),
        MailboxFate::Stop => (None, said.rule),
    }
}

const PERMANENT: [Code; 7] = [
    Code::MailboxDenied,
    Code::MailboxGone,
    Code::ConsentRequired,
    Code::SignedOut,
    Code::InteractionRequired,
    Code::NotLicensed,
    Code::TenantNotEnrolled,
];

#[test]
fn mbx_03_a_permanent_error_stops_a_mailbox_at_once() {
    for code in PERMANENT {
        let problem = Problem::new(code);
        assert_eq!(fate(&problem, 0), (None, RuleId::Mbx03), "{code:?}");
        assert_eq!(fate(&problem.retry_after_ms(Some(9_000)), 0), (None, RuleId::Mbx03), "{code:?}");
    }
}

#[test]
fn mbx_03_a_passing_one_is_tried_ten_times_five_minutes_apart_and_then_stops_it() {
    let waits = [
        Code::CrmThrottled,
        Code::ExchangeThrottled,
        Code::TooManyRequests,
        Code::StoreDown,
        Code::StoreFull,
    ];
    for code in Code::ALL.iter().filter(|c| !PERMANENT.contains(c) && !waits.contains(c)) {
        let problem = Problem::new(*code);
        for failures in 0..10 {
            assert_eq!(fate(&problem, failures), (Some((FIVE_MINUTES, true)), RuleId::Mbx03), "{code:?}");
        }
        for failures in [10, 11, u32::MAX] {
            assert_eq!(fate(&problem, failures), (None, RuleId::Mbx03), "{code:?}");
        }
    }
}

#[test]
fn ret_06_being_asked_to_wait_is_no_failure_of_the_mailbox_and_is_obeyed() {
    for failures in [0, 10, 99] {
        for code in
            [Code::CrmThrottled, Code::ExchangeThrottled, Code::CrmDown, Code::ExchangeDown, Code::StoreDown]
        {
            let asked = |ms| fate(&Problem::new(code).retry_after_ms(Some(ms)), failures);
            assert_eq!(asked(42_000), (Some((42_000, false)), RuleId::Ret06), "{code:?}");
            assert_eq!(asked(0), (Some((1_000, false)), RuleId::Ret06), "{code:?}");
            assert_eq!(asked(1_800_000), (Some((1_800_000, false)), RuleId::Ret06), "{code:?}");
            assert_eq!(asked(u64::MAX), (Some((86_400_000, false)), RuleId::Ret06), "{code:?}");
        }
        for code in [Code::CrmThrottled, Code::ExchangeThrottled, Code::TooManyRequests] {
            assert_eq!(fate(&Problem::new(code), failures), (Some((FIVE_MINUTES, false)), RuleId::Ret06));
        }
    }
}

#[test]
fn mbx_03_what_our_own_store_cannot_do_stops_no_mailbox() {
    for code in [Code::StoreDown, Code::StoreFull] {
        assert_eq!(fate(&Problem::new(code), 99), (Some((FIVE_MINUTES, false)), RuleId::Ret06));
    }
}

fn known(id: &str, name: &str, life: CategoryLife) -> KnownCategory {
    KnownCategory { category: master(id, name), life }
}

fn kept(id: &str, name: &str) -> KnownCategory {
    known(id, name, CategoryLife::Kept)
}

fn soft_deleted(id: &str, name: &str) -> KnownCategory {
    known(id, name, CategoryLife::NotKept)
}

fn list(of: &[(&str, &str)]) -> MasterList {
    let others = master("1", "Family");
    MasterList::Readable(of.iter().map(|(id, name)| master(id, name)).chain([others]).collect())
}

fn needs(list: &MasterList, known: Option<&KnownCategory>, tracking: Switch) -> (Upkeep, RuleId) {
    let settings = Settings { track_categorized: tracking, ..Settings::default() };
    let said = upkeep(list, known, &settings);
    (said.answer, said.rule)
}

fn create(name: &str) -> Upkeep {
    Upkeep::Create { name: name.into() }
}

#[test]
fn cat_01_where_it_is_missing_the_category_is_created() {
    assert_eq!(needs(&list(&[]), None, Switch::On), (create(TRACKED), RuleId::Cat01));
}

#[test]
fn cat_01_one_made_by_hand_is_adopted_whatever_its_case_and_then_left_alone() {
    let by_hand = list(&[("7", "tracked TO dynamics 365")]);
    let adopted = kept("7", "tracked TO dynamics 365");
    assert_eq!(needs(&by_hand, None, Switch::On), (Upkeep::Learn(adopted.clone()), RuleId::Cat01));
    assert_eq!(needs(&by_hand, Some(&adopted), Switch::On), (Upkeep::Nothing, RuleId::Cat13));
}

#[test]
fn cat_13_its_new_name_is_learned_when_it_was_renamed() {
    let renamed = list(&[("8", TRACKED), ("7", "CRM")]);
    let said = needs(&renamed, Some(&kept("7", TRACKED)), Switch::On);
    assert_eq!(said, (Upkeep::Learn(kept("7", "CRM")), RuleId::Cat13));
}

#[test]
fn cat_13_for_whoever_may_not_read_the_list_nothing_is_done() {
    for tracking in [Switch::On, Switch::Off] {
        assert_eq!(needs(&MasterList::Hidden, None, tracking), (Upkeep::Nothing, RuleId::Cat01));
        let known = kept("7", "CRM");
        assert_eq!(needs(&MasterList::Hidden, Some(&known), tracking), (Upkeep::Nothing, RuleId::Cat13));
    }
}

#[test]
fn cat_14_deleted_while_category_tracking_is_on_it_is_created_again() {
    assert_eq!(needs(&list(&[]), Some(&kept("7", TRACKED)), Switch::On), (create(TRACKED), RuleId::Cat14));
}

#[test]
fn cat_14_created_again_it_bears_the_name_that_the_items_carry() {
    assert_eq!(needs(&list(&[]), Some(&kept("7", "CRM")), Switch::On), (create("CRM"), RuleId::Cat14));
    let made_again = needs(&list(&[("8", TRACKED), ("9", "crm")]), Some(&kept("7", "CRM")), Switch::On);
    assert_eq!(made_again, (Upkeep::Learn(kept("9", "crm")), RuleId::Cat01));
}

#[test]
fn cat_18_turned_on_again_the_category_is_created_again() {
    let before = soft_deleted("7", TRACKED);
    assert_eq!(needs(&list(&[]), Some(&before), Switch::On), (create(TRACKED), RuleId::Cat01));
    let by_hand = needs(&list(&[("9", TRACKED)]), Some(&before), Switch::On);
    assert_eq!(by_hand, (Upkeep::Learn(kept("9", TRACKED)), RuleId::Cat01));
}

#[test]
fn cat_19_turned_off_it_leaves_the_list_under_whatever_name_and_once() {
    for name in [TRACKED, "CRM"] {
        let there = list(&[("7", name)]);
        let (said, rule) = needs(&there, Some(&kept("7", TRACKED)), Switch::Off);
        let Upkeep::Remove(permit) = said else { panic!("it leaves the list: {said:?}") };
        assert_eq!((permit.category(), rule), (&master("7", "").id, RuleId::Cat19));
        let gone = needs(&list(&[]), Some(&soft_deleted("7", name)), Switch::Off);
        assert_eq!(gone, (Upkeep::Nothing, RuleId::Cat20));
    }
}

#[test]
fn cat_20_turned_off_what_the_user_deleted_stays_deleted() {
    let said = needs(&list(&[]), Some(&kept("7", TRACKED)), Switch::Off);
    assert_eq!(said, (Upkeep::Learn(soft_deleted("7", TRACKED)), RuleId::Cat20));
    assert_eq!(needs(&list(&[]), None, Switch::Off), (Upkeep::Nothing, RuleId::Cat20));
}

#[test]
fn cat_19_a_category_that_the_user_made_by_hand_is_not_taken_out_of_the_list() {
    let by_hand = list(&[("9", TRACKED)]);
    assert_eq!(needs(&by_hand, None, Switch::Off), (Upkeep::Nothing, RuleId::Cat18));
    let after = soft_deleted("7", TRACKED);
    assert_eq!(needs(&by_hand, Some(&after), Switch::Off), (Upkeep::Nothing, RuleId::Cat18));
    // Ours was deleted and another made between two cycles.
    let between = needs(&by_hand, Some(&kept("7", TRACKED)), Switch::Off);
    assert_eq!(between, (Upkeep::Learn(soft_deleted("7", TRACKED)), RuleId::Cat20));
}

#[test]
fn cat_18_a_mailbox_is_read_from_its_beginning_when_the_category_begins_to_count() {
    let from = |before: Option<KnownCategory>, now| {
        let decided = reading(before.as_ref(), &now);
        assert_eq!(decided.rule, RuleId::Cat18);
        decided.answer
    };
    let (on, off) = (kept("7", TRACKED), soft_deleted("7", TRACKED));
    assert_eq!(from(None, on.clone()), Reading::FromStart);
    assert_eq!(from(Some(off.clone()), on.clone()), Reading::FromStart);
    assert_eq!(from(Some(on.clone()), kept("8", "CRM")), Reading::On);
    assert_eq!(from(Some(on), off.clone()), Reading::On);
    assert_eq!(from(Some(off.clone()), off), Reading::On);
}

#[test]
fn cat_01_and_cat_19_after_two_cycles_the_list_is_as_it_shall_be_and_needs_nothing_more() {
    for of in
        [&[][..], &[("7", TRACKED)], &[("7", "CRM")], &[("9", TRACKED)], &[("9", "CRM"), ("8", TRACKED)]]
    {
        for before in [
            None,
            Some(kept("7", TRACKED)),
            Some(kept("7", "CRM")),
            Some(soft_deleted("7", TRACKED)),
            Some(soft_deleted("7", "CRM")),
        ] {
            for tracking in [Switch::On, Switch::Off] {
                let end = cycles(of, before.clone(), tracking);
                let ours = |c: &MasterCategory| end.1.as_ref().is_some_and(|known| known.category == *c);
                match tracking {
                    Switch::On => assert!(end.0.iter().any(ours), "{of:?} {before:?}"),
                    // Ours is gone; what else is there is the user's own.
                    Switch::Off => assert!(end.1.is_none_or(|k| k.life == CategoryLife::NotKept)),
                }
            }
        }
    }
}

/// Three cycles of a mailbox, the third of which does nothing.
fn cycles(
    of: &[(&str, &str)],
    mut known: Option<KnownCategory>,
    tracking: Switch,
) -> (Vec<MasterCategory>, Option<KnownCategory>) {
    let MasterList::Readable(mut now) = list(of) else { panic!("it can be read") };
    for cycle in 0..3 {
        match needs(&MasterList::Readable(now.clone()), known.as_ref(), tracking).0 {
            Upkeep::Nothing => {}
            other if cycle == 2 => panic!("{other:?} {of:?} {known:?}"),
            Upkeep::Learn(category) => known = Some(category),
            Upkeep::Create { name } => now.push(master("new", &name)),
            Upkeep::Remove(permit) => now.retain(|c| c.id != *permit.category()),
        }
    }
    (now, known)
}
