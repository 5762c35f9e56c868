//! Every decision and every problem has its words.

use crate::situations::*;
use shared::UtcMs;
use shared::decision::RuleId;
use shared::plan::{CategoryChange, Step, WishProgress, check};
use shared::problem::{Code, Problem};
use shared::regarding::{Activities, Table};
use shared::rules::regarding::{TargetSeen, accept};
use shared::rules::tracking::status;
use shared::rules::untracking::{Consequence, choices};
use shared::rules::{Language, explain, reasons, words};
use shared::status::{Goal, Status};

#[test]
fn why_01_every_rule_has_its_sentence_in_both_languages() {
    for rule in RuleId::ALL {
        let sentences =
            Language::ALL.map(|l| explain(&shared::decision::Reason { rule: *rule, facts: vec![] }, l));
        assert!(sentences.iter().all(|s| s.len() > 20), "{rule}");
        assert_ne!(sentences[0], sentences[1], "{rule}");
    }
}

#[test]
fn why_01_a_fact_is_never_read_as_a_placeholder() {
    let decision = accept(
        &account(),
        &TargetSeen::Present {
            record: record(Table::account(), 1, "{record}{category}"),
            activities: Activities::Allowed,
        },
    );
    assert!(explain(&decision.reason(), Language::English).contains("{record}{category}"));
}

#[test]
fn a_reason_that_ends_in_a_full_stop_gets_no_second_one() {
    let told = |reason: &str| {
        let problem = Problem::new(Code::CrmRefused).because("reason", reason);
        words::words(&problem, Language::English).title
    };
    assert_eq!(told("No mail on Fridays."), "The CRM refused: No mail on Fridays.");
    assert_eq!(told("no mail on Fridays"), "The CRM refused: no mail on Fridays.");
}

#[test]
fn why_02_each_choice_says_what_happens_on_each_side() {
    let all = choices(&tracked(), None, 2);
    let said: Vec<Vec<Consequence>> =
        all.iter().map(|c| c.consequences.iter().map(|d| d.answer).collect()).collect();
    assert_eq!(said[0], [Consequence::CategoryRemoved, Consequence::RecordStays]);
    assert_eq!(
        said[1],
        [Consequence::CategoryRemoved, Consequence::RecordDeleted, Consequence::OthersLoseRecord]
    );
    let sentence = reasons::consequence(&all[1].consequences[2], Language::English);
    assert!(sentence.contains("2 more"), "{sentence}");
    let refused = Problem::new(Code::PrivilegeMissing);
    assert_eq!(choices(&tracked(), Some(&refused), 0)[1].refused, Some(refused));
}

#[test]
fn why_02_what_is_foretold_is_what_is_done() {
    for choice in choices(&tracked(), None, 0) {
        let mut s = wishing(tracked(), untrack(choice.record));
        let mut done = Vec::new();
        for _ in 0..check::MAX_ROUNDS {
            for step in steps(&s) {
                s = s.after(&step);
                done.push(step);
            }
        }
        let foretold: Vec<_> = choice.consequences.iter().map(|c| c.answer).collect();
        let deleted = done.iter().any(|s| matches!(s, Step::DeleteEmail(_)));
        assert_eq!(foretold.contains(&Consequence::RecordDeleted), deleted);
        let removed =
            done.iter().any(|s| matches!(s, Step::SetCategories { change: CategoryChange::Remove, .. }));
        assert_eq!(foretold.contains(&Consequence::CategoryRemoved), removed);
    }
}

#[test]
fn why_03_waiting_and_failing_say_why_and_when() {
    let mut s = wishing(untouched(&[]), track());
    let problem = Problem::new(Code::CrmDown);
    let progress = WishProgress::Waiting { problem: problem.clone(), next_attempt: UtcMs(7) };
    if let Some(wish) = &mut s.wish {
        wish.progress = progress;
    }
    let waiting = Status::Waiting { goal: Goal::Track, problem: problem.clone(), next_attempt: UtcMs(7) };
    assert_eq!((status(&s).answer, status(&s).rule), (waiting, RuleId::Why03));
    if let Some(wish) = &mut s.wish {
        wish.progress = WishProgress::Refused { problem: problem.clone() };
    }
    assert_eq!(status(&s).answer, Status::Failed { goal: Goal::Track, problem });
}

#[test]
fn why_03_every_problem_says_what_happened_and_what_to_do_in_both_languages() {
    for code in Code::ALL {
        let told = Language::ALL.map(|l| words::words(&Problem::new(*code), l));
        assert!(told.iter().all(|w| w.title.len() > 15 && w.remedy.len() > 10), "{code:?}");
        assert_ne!(told[0], told[1], "{code:?}");
    }
}
