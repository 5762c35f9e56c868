//! A planner that is wrong is found out before anything is sent.

use super::*;
use shared::decision::{Decision, RuleId};
use shared::plan::check::{Flaw, MAX_ROUNDS, prove};
use shared::rules::deleting::{self, DeletePermit};
use std::cell::Cell;

fn reason() -> shared::decision::Reason {
    Decision::new((), RuleId::Cat22).reason()
}

fn plan_of(steps: impl IntoIterator<Item = Step>) -> Plan {
    Plan::Do(steps.into_iter().map(|step| (step, reason())).collect())
}

fn settle(outcome: Outcome) -> Plan {
    Plan::Settle(Settlement { outcome, link: None, reason: reason() })
}

fn set(categories: &[&str], change: CategoryChange) -> Step {
    let categories = categories.iter().map(|c| (*c).to_owned()).collect();
    Step::SetCategories { categories, if_match: "W/\"1\"".into(), change }
}

/// The first plan is this one, then the wish ends refused, which promises nothing.
fn once(s: &Situation, step: &Step) -> Result<(), Flaw> {
    begun(s, || plan_of([step.clone()]))
}

fn begun(s: &Situation, first: impl Fn() -> Plan) -> Result<(), Flaw> {
    let asked = Cell::new(false);
    prove(s, |_| Some(if asked.replace(true) { refused() } else { first() }))
}

fn refused() -> Plan {
    settle(Outcome::Refused(Problem::new(Code::Internal)))
}

fn permit() -> DeletePermit {
    let chosen = wishing(tracked(), untrack(RecordFate::Delete));
    deleting::permit(&chosen).answer.expect("the user chose so")
}

fn promotion() -> Step {
    let steps = steps(&wishing(untouched(&[]), track()));
    steps.into_iter().find(|s| matches!(s, Step::PromoteEmail(_))).expect("the email is created")
}

#[test]
fn a_deletion_that_nobody_chose_in_the_pane_is_prove() {
    let delete = Step::DeleteEmail(permit());
    assert_eq!(once(&wishing(tracked(), untrack(RecordFate::Delete)), &delete), Ok(()));
    for s in [
        wishing(tracked(), untrack(RecordFate::Keep)),
        wishing(tracked(), track()),
        wishing_by(Origin::Category, tracked(), untrack(RecordFate::Delete)),
        tracked(),
    ] {
        assert_eq!(once(&s, &delete), Err(Flaw::ForbiddenDeletion), "{s:#?}");
    }
}

#[test]
fn a_deletion_of_another_record_than_the_one_tracked_is_prove() {
    let mut other = wishing(tracked(), untrack(RecordFate::Delete));
    let id = CrmEmailId(Uuid::from_u128(0xf0));
    other.crm.emails.push(crm_email(id, Direction::Incoming));
    other.link = Some(Link { email: id, category: LinkCategory::Agreed });
    assert_eq!(once(&other, &Step::DeleteEmail(permit())), Err(Flaw::ForbiddenDeletion));
    let untracked = wishing(untouched(&[TRACKED]), untrack(RecordFate::Delete));
    assert_eq!(once(&untracked, &Step::DeleteEmail(permit())), Err(Flaw::ForbiddenDeletion));
}

#[test]
fn a_change_of_categories_must_do_what_it_is_for_and_nothing_else() {
    let (all, marked) = ([TRACKED, "Family"], [UNDELIVERABLE, "Family"]);
    let (bare, both) = (["Family"], [TRACKED, UNDELIVERABLE, "Family"]);
    let lists: [&[&str]; 4] = [&bare, &all, &marked, &both];
    for before in lists {
        for after in lists {
            for change in [
                CategoryChange::Assign,
                CategoryChange::Remove,
                CategoryChange::GiveUp,
                CategoryChange::TakeBack,
            ] {
                let has = |list: &[&str], name| list.contains(&name);
                let same = |name| has(before, name) == has(after, name);
                let fits = match change {
                    CategoryChange::Assign => has(after, TRACKED) && same(UNDELIVERABLE),
                    CategoryChange::Remove => !has(after, TRACKED) && same(UNDELIVERABLE),
                    CategoryChange::GiveUp => !has(after, TRACKED) && has(after, UNDELIVERABLE),
                    CategoryChange::TakeBack => !has(after, UNDELIVERABLE) && same(TRACKED),
                };
                let s = wishing(untouched(before), track());
                let expected = if fits { Ok(()) } else { Err(Flaw::ForeignCategories) };
                assert_eq!(once(&s, &set(after, change)), expected, "{before:?} {after:?} {change:?}");
            }
        }
    }
}

#[test]
fn a_change_of_foreign_categories_is_prove() {
    let s = wishing(untouched(&["Family", "Red"]), track());
    for categories in
        [&["Family", TRACKED][..], &["Red", "Family", TRACKED], &["Family", "Red", "Blue", TRACKED]]
    {
        assert_eq!(once(&s, &set(categories, CategoryChange::Assign)), Err(Flaw::ForeignCategories));
    }
    let mut gone = s;
    gone.exchange = ExchangeSeen::Gone;
    assert_eq!(once(&gone, &set(&[TRACKED], CategoryChange::Assign)), Err(Flaw::ForeignCategories));
}

#[test]
fn what_is_tracked_is_never_marked_as_undeliverable() {
    let s = wishing(tracked(), track());
    assert_eq!(once(&s, &set(&[UNDELIVERABLE], CategoryChange::GiveUp)), Err(Flaw::ForeignCategories));
}

#[test]
fn two_steps_that_touch_the_same_thing_are_prove() {
    let s = wishing(tracked(), untrack(RecordFate::Delete));
    let email = own_id(&s.settings, Direction::Incoming);
    let on_list = || Step::CreateMasterCategory { name: TRACKED.into() };
    let on_message = || set(&[], CategoryChange::Remove);
    let on_record = || Step::SetRegarding { email, regarding: None, previous: None };
    let both = |a: &Step, b: &Step| begun(&s, || plan_of([a.clone(), b.clone()]));
    let same = [
        (on_list(), on_list()),
        (on_message(), on_message()),
        (on_record(), on_record()),
        (on_record(), Step::DeleteEmail(permit())),
        (promotion(), on_record()),
    ];
    for (a, b) in same {
        assert_eq!(both(&a, &b), Err(Flaw::Collision), "{a:?} {b:?}");
    }
    for (a, b) in [(on_list(), on_message()), (on_message(), on_record()), (on_record(), on_list())] {
        assert_eq!(both(&a, &b), Ok(()), "{a:?} {b:?}");
    }
}

#[test]
fn a_plan_without_end_is_found_and_one_that_ends_in_time_is_not() {
    let s = wishing(untouched(&[]), track());
    let same = || set(&[TRACKED], CategoryChange::Assign);
    assert_eq!(prove(&s, |_| Some(plan_of([same()]))), Err(Flaw::Endless));
    let rounds = Cell::new(0);
    let last_moment = |_: &Situation| {
        rounds.set(rounds.get() + 1);
        Some(if rounds.get() == MAX_ROUNDS { refused() } else { plan_of([same()]) })
    };
    assert_eq!(prove(&s, last_moment), Ok(()));
}

#[test]
fn a_promise_that_is_not_kept_is_prove() {
    let fulfilled = |s: &Situation| prove(s, |_| Some(settle(Outcome::Fulfilled)));
    let mut in_the_crm = untouched(&[]);
    in_the_crm
        .crm
        .emails
        .push(crm_email(own_id(&in_the_crm.settings, Direction::Incoming), Direction::Incoming));
    let mut bare = tracked();
    amend(&mut bare, |message, _| message.categories.clear());
    let mut deleted = tracked();
    deleted.crm.emails.clear();
    let off = |mut s: Situation| {
        s.settings.track_categorized = Switch::Off;
        s
    };
    let gone = |mut s: Situation| {
        s.exchange = ExchangeSeen::Gone;
        s
    };
    let broken = [
        wishing(untouched(&[]), track()),
        wishing(untouched(&[TRACKED]), track()),
        wishing(in_the_crm.clone(), track()),
        wishing(bare.clone(), track()),
        wishing(deleted.clone(), track()),
        wishing(gone(tracked()), track()),
        wishing(off(untouched(&[TRACKED])), track()),
        wishing(tracked(), untrack(RecordFate::Keep)),
        wishing(deleted.clone(), untrack(RecordFate::Delete)),
        wishing(bare.clone(), untrack(RecordFate::Delete)),
    ];
    for s in broken {
        assert_eq!(fulfilled(&s), Err(Flaw::Incomplete), "{s:#?}");
        assert_eq!(prove(&s, |_| Some(refused())), Ok(()));
    }
    let mut gone_there = bare.clone();
    gone_there.crm.emails.clear();
    let kept = [
        tracked(),
        wishing(tracked(), track()),
        wishing(off(bare.clone()), track()),
        wishing(off(in_the_crm), track()),
        wishing(bare.clone(), untrack(RecordFate::Keep)),
        wishing(gone_there, untrack(RecordFate::Delete)),
        wishing(gone(deleted), untrack(RecordFate::Delete)),
        // Nobody was asked about the record there, so it stays.
        wishing_by(Origin::Folder, bare.clone(), untrack(RecordFate::Delete)),
        // Overtaken by what people did since.
        wishing_by(Origin::Category, bare, track()),
        wishing_by(Origin::Category, tracked(), untrack(RecordFate::Keep)),
    ];
    for s in kept {
        assert_eq!(fulfilled(&s), Ok(()), "{s:#?}");
    }
}

#[test]
fn every_flaw_says_what_it_is() {
    let all =
        [Flaw::ForbiddenDeletion, Flaw::Collision, Flaw::ForeignCategories, Flaw::Endless, Flaw::Incomplete];
    let said: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert!(said.len() == all.len() && said.iter().all(|s| s.len() > 20));
}
