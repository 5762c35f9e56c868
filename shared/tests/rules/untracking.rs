//! Stop tracking, and what may be deleted.

use crate::situations::*;
use shared::category::TRACKED;
use shared::decision::RuleId;
use shared::email::{CrmEmailId, Direction};
use shared::plan::{self, ExchangeSeen, Outcome, Plan, Step};
use shared::problem::{Code, Problem};
use shared::rules::deleting;
use shared::rules::tracking::status;
use shared::rules::untracking::{Consequence, choices, must_ask};
use shared::status::Status;
use shared::wish::RecordFate;
use uuid::Uuid;

#[test]
fn app_06_the_user_is_asked_wherever_there_is_a_record() {
    let all = choices(&tracked(), None, 0);
    assert!(must_ask(&all).answer);
    assert_eq!(must_ask(&all).rule, RuleId::App06);
    let mut gone = tracked();
    gone.crm.emails.clear();
    assert!(!must_ask(&choices(&gone, None, 0)).answer);
    assert!(choices(&untouched(&[]), None, 0).is_empty());
}

#[test]
fn del_01_a_message_deleted_in_outlook_leaves_the_crm_email() {
    let mut s = tracked();
    s.exchange = ExchangeSeen::Gone;
    assert_eq!(deleting::permit(&s).answer, None);
    assert_eq!(deleting::permit(&s).rule, RuleId::Del01);
    assert_eq!(plan::plan(&s), None);
    let s = wishing(s, untrack(RecordFate::Keep));
    assert_eq!(outcome(&s), Some(Outcome::Fulfilled));
}

#[test]
fn del_01_tracking_a_message_that_is_gone_is_refused() {
    let mut s = wishing(untouched(&[]), track());
    s.exchange = ExchangeSeen::Gone;
    assert_eq!(outcome(&s), Some(Outcome::Refused(Problem::new(Code::MessageGone))));
}

#[test]
fn del_02_an_email_deleted_in_the_crm_leaves_the_message_and_says_so() {
    let mut s = tracked();
    s.crm.emails.clear();
    let decision = status(&s);
    assert_eq!((decision.answer, decision.rule), (Status::RecordGone, RuleId::Del02));
    assert_eq!(plan::plan(&s), None);
}

#[test]
fn del_02_a_deleted_record_can_be_tracked_again() {
    let mut s = wishing(tracked(), track());
    s.crm.emails.clear();
    assert!(matches!(&steps(&s)[..], [Step::PromoteEmail(_)]));
}

#[test]
fn unt_01_the_record_is_deleted_only_where_the_user_chose_so() {
    let [Step::DeleteEmail(permit)] = &steps(&wishing(tracked(), untrack(RecordFate::Delete)))[..] else {
        panic!("the record goes first, so that a refusal leaves everything as it was");
    };
    assert_eq!(permit.reason().rule, RuleId::Unt01);
    assert!(
        steps(&wishing(tracked(), untrack(RecordFate::Keep)))
            .iter()
            .all(|s| !matches!(s, Step::DeleteEmail(_)))
    );
    assert!(deleting::permit(&wishing(tracked(), track())).answer.is_none());
}

#[test]
fn unt_01_a_record_that_this_message_is_not_tracked_as_is_never_deleted() {
    let mut s = wishing(untouched(&[]), untrack(RecordFate::Delete));
    let own = own_id(&s.settings, Direction::Incoming);
    s.crm.emails.push(crm_email(own, Direction::Incoming));
    assert_eq!(outcome(&s), Some(Outcome::Fulfilled));
}

#[test]
fn unt_01_a_refused_delete_leaves_the_category_on() {
    let mut s = wishing(tracked(), untrack(RecordFate::Delete));
    s.refusals.crm = Some(Problem::new(Code::PrivilegeMissing));
    let Some(Plan::Settle(end)) = plan::plan(&s) else { panic!("nothing more is done") };
    assert_eq!(end.outcome, Outcome::Refused(Problem::new(Code::PrivilegeMissing)));
    assert_eq!(end.link, s.link);
}

#[test]
fn unt_01_only_the_pane_can_choose_a_deletion() {
    for origin in other_doors() {
        let s = wishing_by(origin, tracked(), untrack(RecordFate::Delete));
        let said = deleting::permit(&s);
        assert_eq!((said.answer, said.rule), (None, RuleId::Del01));
        let (after, _) = carried_out(&s);
        assert_eq!(after.crm.emails, s.crm.emails);
    }
}

#[test]
fn unt_01_the_permit_names_the_record_that_the_message_is_tracked_as() {
    let mut s = wishing(tracked(), untrack(RecordFate::Delete));
    let another = CrmEmailId(Uuid::from_u128(0xf0));
    s.crm.emails.insert(0, crm_email(another, Direction::Incoming));
    let said = deleting::permit(&s);
    assert_eq!(said.rule, RuleId::Unt01);
    let permit = said.answer.expect("the user chose so");
    assert_eq!(Some(permit.email()), s.link.map(|link| link.email));
    assert_eq!(permit.reason().facts[0].value, permit.email().0.to_string());
    s.crm.emails.retain(|e| e.id == another);
    let gone = deleting::permit(&s);
    assert_eq!((gone.answer, gone.rule), (None, RuleId::Unt01));
}

#[test]
fn why_02_what_is_foretold_depends_on_what_is_there() {
    let said = |s: &plan::Situation, others| -> Vec<Vec<Consequence>> {
        let all = choices(s, None, others);
        all.iter().map(|c| c.consequences.iter().map(|d| d.answer).collect()).collect()
    };
    let mut gone = tracked();
    gone.exchange = ExchangeSeen::Gone;
    assert_eq!(
        said(&gone, 1),
        [
            vec![Consequence::MessageAlreadyGone, Consequence::RecordStays],
            vec![Consequence::MessageAlreadyGone, Consequence::RecordDeleted, Consequence::OthersLoseRecord]
        ]
    );
    let mut deleted = tracked();
    deleted.crm.emails.clear();
    assert_eq!(said(&deleted, 1), [[Consequence::CategoryRemoved, Consequence::RecordAlreadyGone]]);
    let categorized = untouched(&[TRACKED]);
    assert_eq!(said(&categorized, 0), [[Consequence::CategoryRemoved, Consequence::RecordAlreadyGone]]);
    gone.link = None;
    assert!(said(&gone, 1).is_empty() && said(&untouched(&["Family"]), 0).is_empty());
    assert_eq!(said(&tracked(), 0)[1], [Consequence::CategoryRemoved, Consequence::RecordDeleted]);
    let fates: Vec<RecordFate> = choices(&tracked(), None, 0).iter().map(|c| c.record).collect();
    assert_eq!(fates, [RecordFate::Keep, RecordFate::Delete]);
}
