//! What is answered to *why?*.

use crate::situations::*;
use shared::decision::{Decision, Reason, RuleId};
use shared::plan::Situation;
use shared::rules::tracking::status;
use shared::rules::untracking::choices;
use shared::rules::why::{Grounds, why};
use shared::rules::{Language, explain};
use shared::wish::Origin;

fn asked(s: &Situation, ended: Option<(&Reason, Origin)>) -> Decision<Vec<Reason>> {
    let status = status(s);
    let choices = choices(s, None, 0);
    let category = Decision::new((), RuleId::Cat01).because("category", "Tracked to Dynamics 365").reason();
    let email = s.tracked_email().map(|email| email.id);
    why(Grounds { status: &status, ended, category: Some(&category), email, choices: &choices })
}

fn rules(reasons: &[Reason]) -> Vec<RuleId> {
    reasons.iter().map(|reason| reason.rule).collect()
}

#[test]
fn why_01_the_deciding_rule_comes_first_then_all_that_the_state_rests_on() {
    let decision = asked(&tracked(), None);
    assert_eq!(decision.rule, RuleId::Why01);
    assert_eq!(rules(&decision.answer), [RuleId::Cat24, RuleId::Cat01, RuleId::Inc06, RuleId::App06]);
    let told = explain(&decision.reason(), Language::English);
    assert!(told.contains('4'), "how many there are is a fact of the answer: {told}");
    assert_eq!(rules(&asked(&untouched(&[]), None).answer), [RuleId::Cat24, RuleId::Cat01]);
}

#[test]
fn why_01_no_reason_is_told_twice() {
    let status = status(&tracked()).reason();
    let decision = asked(&tracked(), Some((&status, Origin::Filter)));
    assert_eq!(rules(&decision.answer), [RuleId::Cat24, RuleId::Cat01, RuleId::Inc06, RuleId::App06]);
}

#[test]
fn inc_02_whoever_tracked_by_hand_is_told_that_the_filter_had_no_say_in_it() {
    let ended = Decision::new((), RuleId::Cat02).reason();
    for by_hand in [Origin::Pane, Origin::Category, Origin::Folder, Origin::Administrator] {
        let told = rules(&asked(&tracked(), Some((&ended, by_hand))).answer);
        assert_eq!(told[..3], [RuleId::Cat24, RuleId::Cat02, RuleId::Inc02], "{by_hand:?}");
    }
    for by_itself in [Origin::Filter, Origin::Copy] {
        let told = rules(&asked(&tracked(), Some((&ended, by_itself))).answer);
        assert!(!told.contains(&RuleId::Inc02), "{by_itself:?}");
    }
    let untracked = rules(&asked(&untouched(&[]), Some((&ended, Origin::Pane))).answer);
    assert!(!untracked.contains(&RuleId::Inc02), "the filter has nothing to do with untracking");
}
