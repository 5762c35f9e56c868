//! The record that an email is regarding.

use crate::situations::*;
use shared::decision::RuleId;
use shared::plan::{Outcome, Step};
use shared::problem::Code;
use shared::regarding::{Activities, Table};
use shared::rules::regarding::{TargetSeen, accept, wanted};
use shared::wish::RegardingWish;

#[test]
fn frq_06_a_regarding_record_that_the_user_cannot_read_counts_as_gone() {
    let decision = accept(&account(), &TargetSeen::Gone);
    assert_eq!(decision.rule, RuleId::Frq06);
    assert_eq!(decision.answer.map_err(|p| p.code), Err(Code::RegardingGone));
}

#[test]
fn app_04_any_existing_record_with_activities_can_be_regarding() {
    for table in [Table::account(), Table::opportunity(), Table::incident()] {
        let chosen = record(table, 1, "x");
        let seen = TargetSeen::Present { record: chosen.clone(), activities: Activities::Allowed };
        assert_eq!(accept(&chosen, &seen).answer, Ok(chosen));
    }
    let seen = TargetSeen::Present { record: account(), activities: Activities::NotAllowed };
    let decision = accept(&account(), &seen);
    assert_eq!(
        (decision.rule, decision.answer.map_err(|p| p.code)),
        (RuleId::App04, Err(Code::WithoutActivities))
    );
}

#[test]
fn app_05_tracking_needs_no_regarding_record() {
    assert_eq!(wanted(&RegardingWish::Keep, None).answer, None);
    let planned = steps(&wishing(untouched(&[]), track()));
    assert!(planned.iter().any(|s| matches!(s, Step::PromoteEmail(new) if new.regarding.is_none())));
}

#[test]
fn app_05_setting_a_regarding_record_tracks_the_email() {
    let mut s =
        wishing(untouched(&[]), shared::wish::Wish::Track { regarding: RegardingWish::Set(account()) });
    s.crm.target = Some(TargetSeen::Present { record: account(), activities: Activities::Allowed });
    let planned = steps(&s);
    assert!(planned.iter().any(|s| matches!(s, Step::PromoteEmail(new) if new.regarding == Some(account()))));
    assert!(planned.iter().any(|s| matches!(s, Step::SetCategories { .. })));
}

#[test]
fn app_05_the_regarding_record_of_a_tracked_email_can_be_changed_and_cleared() {
    let mut s = tracked();
    s.crm.emails[0].regarding = Some(account());
    let other = record(Table::contact(), 9, "Ingrid");
    let set = shared::wish::Wish::Track { regarding: RegardingWish::Set(other.clone()) };
    let [Step::SetRegarding { regarding, previous, .. }] = &steps(&wishing(s.clone(), set))[..] else {
        panic!("only the regarding record changes");
    };
    assert_eq!((regarding, previous), (&Some(other), &Some(account())));
    let clear = shared::wish::Wish::Track { regarding: RegardingWish::Clear };
    let [Step::SetRegarding { regarding: None, .. }] = &steps(&wishing(s.clone(), clear))[..] else {
        panic!("only the regarding record is cleared");
    };
    assert_eq!(outcome(&wishing(s, track())), Some(Outcome::Fulfilled));
}
