//! Adding somebody on a mail as a contact.

use crate::situations::*;
use shared::category::TRACKED;
use shared::decision::RuleId;
use shared::party::{ContactName, NewContact, RecordState, Role};
use shared::plan::{ExchangeSeen, LinkCategory, Outcome, Plan, Situation, Step, check, plan};
use shared::problem::{Code, Problem};
use shared::regarding::Table;
use shared::rules::contacts::{Adding, LONGEST_NAME, accept, adding};
use shared::rules::several;
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use uuid::Uuid;

const SENDER: &str = "ingrid@fjordline.example";

fn contact() -> NewContact {
    NewContact { id: Uuid::from_u128(0xc0), address: address(SENDER), name: "Ingrid Solheim".into() }
}

fn add(contact: NewContact) -> Wish {
    Wish::Track { regarding: RegardingWish::Create(contact) }
}

fn kinds(steps: &[Step]) -> Vec<&str> {
    let kind = |step: &Step| match step {
        Step::CreateContact(_) => "contact",
        Step::SetCategories { .. } => "category",
        Step::PromoteEmail(_) => "promote",
        Step::SetRegarding { .. } => "regarding",
        Step::CreateMasterCategory { .. } | Step::DeleteEmail(_) => "other",
    };
    steps.iter().map(kind).collect()
}

fn advance(mut s: Situation) -> Situation {
    for step in steps(&s) {
        s = s.after(&step);
    }
    s
}

#[test]
fn ppl_04_an_unknown_sender_becomes_a_contact_and_the_email_is_tracked_regarding_it() {
    let mut s = wishing(untouched(&[]), add(contact()));
    assert_eq!(check::check(&s), Ok(()));
    assert_eq!(kinds(&steps(&s)), ["category", "contact"]);
    s = advance(s);
    let [Step::PromoteEmail(email)] = &steps(&s)[..] else { panic!("{:?}", steps(&s)) };
    assert_eq!(
        email.regarding.as_ref().map(|r| (r.key.table.as_str(), r.key.id)),
        Some(("contact", contact().id))
    );
    let sender = email.parties.iter().find(|party| party.role == Role::From).expect("a sender");
    assert_eq!(
        sender.record.as_ref().map(|record| record.key.id),
        Some(contact().id),
        "it is the sender, too"
    );
    let (after, end) = carried_out(&s);
    assert_eq!((end.outcome, end.reason.rule), (Outcome::Fulfilled, RuleId::Ppl04));
    assert_eq!(end.link.map(|link| link.category), Some(LinkCategory::Agreed));
    assert_eq!(categories(&after), [TRACKED]);
}

#[test]
fn ppl_04_a_tracked_email_only_gets_the_new_contact_as_its_regarding_record() {
    let s = wishing(tracked(), add(contact()));
    assert_eq!(check::check(&s), Ok(()));
    assert_eq!(kinds(&steps(&s)), ["contact"]);
    assert_eq!(kinds(&steps(&advance(s))), ["regarding"]);
}

#[test]
fn ppl_04_a_contact_that_is_there_by_now_is_taken_and_none_is_made() {
    let ours = candidate(Table::contact(), 0xc0, SENDER, None);
    let anothers = candidate(Table::contact(), 0xa, SENDER, None);
    for (there, taken) in
        [(vec![ours.clone()], 0xc0), (vec![anothers.clone()], 0xa), (vec![anothers, ours], 0xc0)]
    {
        let mut s = wishing(untouched(&[]), add(contact()));
        s.crm.candidates = there;
        assert_eq!(check::check(&s), Ok(()));
        let made = steps(&s);
        assert_eq!(kinds(&made), ["category", "promote"]);
        let Step::PromoteEmail(email) = &made[1] else { panic!("{made:?}") };
        assert_eq!(email.regarding.as_ref().map(|record| record.key.id), Some(Uuid::from_u128(taken)));
    }
    let message = untouched(&[]);
    let ExchangeSeen::Present { message, .. } = &message.exchange else { panic!("a message") };
    let mut gone = candidate(Table::contact(), 0xa, SENDER, None);
    gone.activity = RecordState::Inactive;
    let others = [
        gone,
        candidate(Table::account(), 1, SENDER, None),
        candidate(Table::contact(), 2, "x@y.example", None),
    ];
    let decision = adding(&contact(), &message.correspondents, &others);
    assert_eq!((decision.answer, decision.rule), (Adding::Create, RuleId::Ppl04));
}

#[test]
fn ppl_04_only_somebody_on_the_message_is_added_and_only_under_a_name() {
    let stranger = NewContact { address: address("nobody@nowhere.example"), ..contact() };
    let nameless = NewContact { name: " , ".into(), ..contact() };
    for wrong in [stranger, nameless] {
        let s = wishing(untouched(&[]), add(wrong));
        let Some(Plan::Settle(end)) = plan(&s) else { panic!("nothing is sent") };
        assert!(matches!(end.outcome, Outcome::Refused(Problem { code: Code::BadRequest, .. })));
    }
}

#[test]
fn ppl_04_a_refused_contact_leaves_the_message_as_it_was() {
    let mut s = advance(wishing(untouched(&[]), add(contact())));
    s.crm.candidates.clear();
    s.refusals.crm = Some(Problem::new(Code::PrivilegeMissing).because("privilege", "prvCreateContact"));
    if let Some(wish) = &mut s.wish {
        wish.category_is_ours = shared::plan::Ours::Yes;
    }
    let (after, end) = carried_out(&s);
    assert_eq!(categories(&after), Vec::<String>::new());
    assert!(matches!(end.outcome, Outcome::Refused(Problem { code: Code::PrivilegeMissing, .. })));
}

#[test]
fn ppl_04_a_planner_that_adds_whom_nobody_asked_for_is_found_out() {
    let first = |s: &Situation, new: NewContact| {
        let step = (Step::CreateContact(new), shared::Decision::new((), RuleId::Ppl04).reason());
        check::prove(s, |_| Some(Plan::Do(vec![step.clone()])))
    };
    let wished = wishing(untouched(&[]), add(contact()));
    let other = NewContact { id: Uuid::from_u128(1), ..contact() };
    let mut known = wished.clone();
    known.crm.candidates.push(candidate(Table::contact(), 0xc0, SENDER, None));
    for (s, new) in [
        (wishing(untouched(&[]), track()), contact()),
        (wished.clone(), other),
        (wishing_by(Origin::Category, untouched(&[]), add(contact())), contact()),
        (known, contact()),
    ] {
        assert_eq!(first(&s, new), Err(check::Flaw::UnwishedContact), "{s:#?}");
    }
    let reason = shared::Decision::new((), RuleId::Ppl04).reason();
    let promised = shared::plan::Settlement { outcome: Outcome::Fulfilled, link: None, reason };
    let mut tracked = tracked();
    tracked.wish = wished.wish;
    let ends = check::prove(&tracked, |_| Some(Plan::Settle(promised.clone())));
    assert_eq!(ends, Err(check::Flaw::Incomplete), "fulfilled, and there is no contact");
}

#[test]
fn ppl_04_a_name_is_read_either_way_round() {
    for (name, first, last) in [
        ("Ingrid Solheim", "Ingrid", "Solheim"),
        ("Solheim, Ingrid", "Ingrid", "Solheim"),
        ("  Anna  Maria   von Berg ", "Anna Maria von", "Berg"),
        ("Solheim,", "", "Solheim"),
        (", Ingrid", "", "Ingrid"),
        ("Cher", "", "Cher"),
        ("山田 太郎", "山田", "太郎"),
        ("", "", ""),
        (" , ", "", ""),
    ] {
        let read = ContactName::of(name);
        let full = if first.is_empty() { last.to_owned() } else { format!("{first} {last}") };
        assert_eq!(read.full(), full);
        assert_eq!((read.first.as_str(), read.last.as_str()), (first, last), "{name:?}");
    }
}

#[test]
fn ppl_04_names_and_addresses_that_the_crm_would_not_take_are_refused_beforehand() {
    let code = |change: fn(&mut NewContact)| {
        let mut contact = contact();
        change(&mut contact);
        let decision = accept(&contact);
        assert_eq!(decision.rule, RuleId::Ppl04);
        decision.answer.err().map(|problem| problem.code)
    };
    assert_eq!(code(|_| {}), None);
    assert_eq!(code(|c| c.name = format!("{0} {0}", "ü".repeat(LONGEST_NAME))), None);
    for wrong in [
        (|c| c.name.clear()) as fn(&mut NewContact),
        |c| c.name = "ü".repeat(LONGEST_NAME + 1),
        |c| c.name = format!("{} Li", "x".repeat(LONGEST_NAME + 1)),
        |c| c.name = "Ing\0rid Solheim".into(),
        |c| c.address = address("/o=exchangelabs/cn=ingrid"),
    ] {
        assert_eq!(code(wrong), Some(Code::BadRequest));
    }
}

#[test]
fn ppl_04_a_contact_is_added_from_one_message_and_not_from_several() {
    let decision = several::accept(&add(contact()));
    assert_eq!(decision.rule, RuleId::Ppl04);
    assert!(decision.answer.is_err());
    assert!(several::accept(&untrack(RecordFate::Keep)).answer.is_ok());
}
