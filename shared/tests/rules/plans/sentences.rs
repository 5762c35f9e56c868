//! Sentences of the catalogue about wishes that did not come from the pane, and about giving up.

use super::*;
use shared::decision::RuleId;
use shared::email::{ConversationIndex, Correlation, Importance, InternetMessageId, Message};
use shared::party::Role;

/// The message's categories after the plan was carried out, and how it ended.
fn ending(s: &Situation) -> (Vec<String>, Settlement) {
    let (after, end) = carried_out(s);
    (categories(&after), end)
}

fn given_up(mut s: Situation) -> Situation {
    if let Some(open) = &mut s.wish {
        open.given_up = Some(Problem::new(Code::CrmRefused).because("reason", "a plug-in said no"));
    }
    s
}

fn promoted(s: &Situation) -> Box<plan::NewEmail> {
    let new = |step| if let Step::PromoteEmail(new) = step { Some(new) } else { None };
    steps(s).into_iter().find_map(new).expect("the email is created")
}

#[test]
fn cat_02_a_message_with_the_category_is_promoted_and_nothing_on_it_changes() {
    let s = wishing_by(Origin::Category, untouched(&["Family", TRACKED]), track());
    assert!(matches!(&steps(&s)[..], [Step::PromoteEmail(_)]));
    let (on, end) = ending(&s);
    assert_eq!((on, end.reason.rule), (vec!["Family".to_owned(), TRACKED.to_owned()], RuleId::Cat02));
    assert_eq!(end.link.map(|link| link.category), Some(LinkCategory::Agreed));
}

#[test]
fn cat_02_a_folders_record_that_is_gone_keeps_no_mail_from_being_tracked() {
    let set = Wish::Track { regarding: RegardingWish::Set(account()) };
    for origin in other_doors() {
        let mut s = wishing_by(origin, untouched(&[TRACKED]), set.clone());
        s.crm.target = Some(TargetSeen::Gone);
        if origin != Origin::Copy {
            assert_eq!(promoted(&s).regarding, None);
            assert_eq!(ending(&s).1.outcome, Outcome::Fulfilled);
        }
        s.wish = wishing(s.clone(), set.clone()).wish;
        assert_eq!(
            ending(&s).1.outcome,
            Outcome::Refused(Problem::new(Code::RegardingGone).because("record", "Fjordline Marine AS"))
        );
    }
}

#[test]
fn cat_06_a_category_taken_off_untracks_the_email_and_the_record_stays() {
    let mut s = wishing_by(Origin::Category, tracked(), untrack(RecordFate::Keep));
    amend(&mut s, |message, _| message.categories.clear());
    let end = settled(&s).expect("nothing is left to do on either side");
    assert_eq!((end.outcome, end.link, end.reason.rule), (Outcome::Fulfilled, None, RuleId::Cat06));
}

#[test]
fn cat_10_put_on_and_taken_off_again_before_anything_was_done_it_changes_nothing() {
    let s = wishing_by(Origin::Category, untouched(&["Family"]), track());
    let end = settled(&s).expect("nothing is done");
    assert_eq!((end.outcome, end.link, end.reason.rule), (Outcome::Fulfilled, None, RuleId::Cat10));
    let back_on = wishing_by(Origin::Category, tracked(), untrack(RecordFate::Keep));
    let end = settled(&back_on).expect("nothing is done");
    assert_eq!((end.link, end.reason.rule), (back_on.link, RuleId::Cat10));
}

#[test]
fn cat_10_an_untracking_whose_category_is_back_changes_nothing_even_marked_and_given_up() {
    let mut s = given_up(wishing_by(Origin::Category, tracked(), untrack(RecordFate::Keep)));
    amend(&mut s, |message, _| message.categories.push(UNDELIVERABLE.into()));
    let end = settled(&s).expect("nothing is done");
    assert_eq!((end.link, end.reason.rule), (s.link, RuleId::Cat10));
}

#[test]
fn cat_15_a_copy_gets_the_category_and_no_record_of_its_own() {
    let mut s = wishing_by(Origin::Copy, untouched(&["Family"]), track());
    let id = own_id(&s.settings, Direction::Incoming);
    s.crm.emails.push(crm_email(id, Direction::Incoming));
    assert!(matches!(&steps(&s)[..], [Step::SetCategories { change: CategoryChange::Assign, .. }]));
    let (on, end) = ending(&s);
    assert_eq!((on, end.reason.rule), (vec!["Family".to_owned(), TRACKED.to_owned()], RuleId::Cat15));
    assert_eq!(end.link, Some(Link { email: id, category: LinkCategory::Agreed }));
}

#[test]
fn cat_16_with_two_activities_a_sent_record_categorizes_no_received_copy() {
    let mut s = wishing_by(Origin::Copy, untouched(&[]), track());
    s.crm.emails.push(crm_email(CrmEmailId(Uuid::from_u128(7)), Direction::Outgoing));
    assert_eq!(ending(&s).0, Vec::<String>::new());
    s.settings.two_activities = TwoActivities::Off;
    assert_eq!(ending(&s).0, [TRACKED]);
}

#[test]
fn cat_21_turned_off_a_wish_of_the_category_that_waits_changes_nothing() {
    for mut s in [
        wishing_by(Origin::Category, untouched(&[TRACKED]), track()),
        wishing_by(Origin::Category, tracked(), untrack(RecordFate::Keep)),
    ] {
        s.settings.track_categorized = Switch::Off;
        let end = settled(&s).expect("nothing is done");
        assert_eq!((end.outcome, end.link, end.reason.rule), (Outcome::Fulfilled, s.link, RuleId::Cat21));
    }
}

#[test]
fn cat_21_turned_off_tracking_in_the_pane_puts_no_category_on() {
    let mut s = wishing(untouched(&["Family"]), track());
    s.settings.track_categorized = Switch::Off;
    amend(&mut s, |_, category| category.standing = Standing::Missing);
    assert!(matches!(&steps(&s)[..], [Step::PromoteEmail(_)]));
    assert_eq!(ending(&s).1.link.map(|link| link.category), Some(LinkCategory::Off));
}

#[test]
fn del_02_a_copy_does_not_bring_a_record_back_that_was_deleted_since() {
    let s = wishing_by(Origin::Copy, untouched(&[]), track());
    let end = settled(&s).expect("nothing is done");
    // Perhaps it is not shown yet, so it is looked for again,
    assert_eq!(end.outcome, Outcome::Refused(Problem::new(Code::RecordGone)));
    assert_eq!((end.link, end.reason.rule), (None, RuleId::Del02));
    // and in the end there is nothing to follow, which leaves no mark on the message.
    let end = settled(&given_up(s)).expect("nothing is done");
    assert_eq!((end.outcome, end.link, end.reason.rule), (Outcome::Fulfilled, None, RuleId::Del02));
}

#[test]
fn fld_01_inc_01_and_ret_05_the_reason_is_the_door() {
    let mut rules = Vec::new();
    for origin in other_doors() {
        let mut s = wishing_by(origin, tracked(), track());
        s.link = None;
        rules.push(ending(&s).1.reason.rule);
    }
    let [category, folder, reply, filter] = [RuleId::Cat02, RuleId::Fld01, RuleId::Inc03, RuleId::Inc01];
    assert_eq!(rules, [category, folder, reply, filter, RuleId::Cat15, RuleId::Ret05]);
}

#[test]
fn inc_03_how_a_reply_was_found_to_be_one_is_recorded() {
    let email = CrmEmailId(Uuid::from_u128(0x7e));
    for correlation in [Correlation::InReplyTo, Correlation::TrackingToken, Correlation::ConversationIndex] {
        let s = wishing_by(Origin::Reply { correlation, email }, untouched(&[]), track());
        assert_eq!(promoted(&s).correlated, Some((correlation, email)));
        let told = ending(&s).1.reason.facts.into_iter().find(|f| f.name == "method").map(|f| f.value);
        assert_eq!(told, Some(correlation.code().to_string()));
    }
    assert_eq!(promoted(&wishing_by(Origin::Filter, untouched(&[]), track())).correlated, None);
}

#[test]
fn inc_03_a_reply_is_tracked_though_the_email_that_it_answers_was_deleted_since() {
    let email = CrmEmailId(Uuid::from_u128(0x7e));
    let origin = Origin::Reply { correlation: Correlation::InReplyTo, email };
    let mut s = wishing_by(origin, untouched(&[]), track());
    s.refusals.answered = Some(Problem::new(Code::RecordGone));
    assert_eq!(promoted(&s).correlated, None);
    assert!(matches!(ending(&s).1.outcome, Outcome::Fulfilled));
}

#[test]
fn inc_06_the_record_is_made_of_the_message_and_nothing_else() {
    let mut s = wishing(untouched(&[]), track());
    s.queue = Some(Uuid::from_u128(0x90));
    amend(&mut s, |message, _| {
        message.in_reply_to = Some(InternetMessageId("<0@fjordline.example>".into()));
        message.conversation_index = Some(ConversationIndex("AdTOfd==".into()));
        message.importance = Importance::High;
    });
    let ExchangeSeen::Present { message, .. } = &s.exchange else { panic!("it is there") };
    let new = promoted(&s);
    let Message { subject, direction, received, importance, in_reply_to, conversation_index, .. } =
        &**message;
    assert_eq!((&new.subject, new.direction, new.received), (subject, *direction, *received));
    assert_eq!((new.importance, &new.in_reply_to), (*importance, in_reply_to));
    assert_eq!((&new.conversation_index, new.queue), (conversation_index, s.queue));
    assert_eq!(Some(&new.internet_message_id), message.internet_message_id.as_ref());
    assert_eq!(new.id, own_id(&s.settings, Direction::Incoming));
    let roles: Vec<Role> = new.parties.iter().map(|p| p.role).collect();
    assert_eq!(roles, [Role::From, Role::To]);
}

#[test]
fn cat_02_a_copy_that_somebody_categorized_is_tracked_though_there_is_no_record_to_follow() {
    let mut s = wishing_by(Origin::Copy, untouched(&[TRACKED]), track());
    let (on, end) = ending(&s);
    assert_eq!((on, end.outcome), (vec![TRACKED.to_owned()], Outcome::Fulfilled));
    assert!(end.link.is_some());
    // Put on by us for a record that was deleted since, it brings none back (DEL-02).
    s.wish.as_mut().expect("the copy's wish").category_is_ours = Ours::Yes;
    assert_eq!(ending(&s).1.link, None);
}

#[test]
fn ret_03_given_up_the_tracking_category_gives_way_to_undeliverable() {
    for origin in other_doors() {
        let mut s = given_up(wishing_by(origin, untouched(&["Family", TRACKED]), track()));
        // A copy that has nothing to follow is no failure.
        let there = (origin == Origin::Copy).then(|| own_id(&s.settings, Direction::Incoming));
        s.crm.emails.extend(there.map(|id| crm_email(id, Direction::Incoming)));
        let (on, end) = ending(&s);
        assert_eq!(on, ["Family", UNDELIVERABLE]);
        assert_eq!((end.link, end.reason.rule), (None, RuleId::Ret03));
        let Outcome::Refused(problem) = end.outcome else { panic!("it failed, and says so: {origin:?}") };
        assert_eq!(problem.code, Code::CrmRefused);
        assert!(end.reason.facts.iter().any(|f| f.value == "a plug-in said no"), "{:?}", end.reason);
    }
}

#[test]
fn ret_03_given_up_what_is_tracked_keeps_its_category() {
    let s = given_up(wishing_by(Origin::Folder, tracked(), track()));
    let (on, end) = ending(&s);
    assert_eq!((on, end.link), (vec![TRACKED.to_owned()], s.link));
    assert!(matches!(end.outcome, Outcome::Refused(_)));
}

#[test]
fn ret_05_when_a_fresh_attempt_succeeds_undeliverable_comes_off() {
    for origin in [Origin::Pane, Origin::Category] {
        let s = wishing_by(origin, untouched(&[UNDELIVERABLE, TRACKED, "Family"]), track());
        let takes_off = |step: &Step| matches!(step, Step::SetCategories { .. });
        assert!(!steps(&s).iter().any(takes_off), "not before the email is in the CRM");
        let (on, end) = ending(&s);
        assert_eq!((on, end.outcome), (vec![TRACKED.to_owned(), "Family".to_owned()], Outcome::Fulfilled));
    }
}

#[test]
fn ret_05_what_an_administrator_has_tried_again_is_not_overtaken_by_the_category_that_we_took_off() {
    let mut s = wishing_by(Origin::Category, untouched(&[UNDELIVERABLE]), track());
    assert_eq!(settled(&s).map(|end| end.reason.rule), Some(RuleId::Cat10), "a person took it off");
    if let Some(open) = &mut s.wish {
        open.category_is_ours = Ours::TakenOff;
    }
    let (on, end) = ending(&s);
    assert_eq!((on, end.outcome), (vec![TRACKED.to_owned()], Outcome::Fulfilled));
    // Where the mark was taken off as well, a person decided since.
    amend(&mut s, |message, _| message.categories.clear());
    assert_eq!(settled(&s).map(|end| end.reason.rule), Some(RuleId::Cat10));
}

#[test]
fn ret_05_a_fresh_attempt_that_fails_leaves_undeliverable_on() {
    let s = given_up(wishing_by(Origin::Category, untouched(&[UNDELIVERABLE, TRACKED]), track()));
    assert_eq!(ending(&s).0, [UNDELIVERABLE]);
}
