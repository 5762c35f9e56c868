//! The rules of the catalogue, one by one. Each test names its rule first.

mod situations;

use shared::UtcMs;
use shared::category::{self, CategoryId, MasterCategory, MasterList, TRACKED};
use shared::decision::RuleId;
use shared::email::{Direction, InternetMessageId};
use shared::party::{Correspondent, RecordState, Role};
use shared::plan::{self, CategoryChange, ExchangeSeen, LinkCategory, Outcome, Plan, Step, WishProgress};
use shared::problem::{Code, Problem};
use shared::regarding::{Activities, Table};
use shared::rules::failing::{Fate, fate};
use shared::rules::incoming::{Promotion, promotion};
use shared::rules::regarding::{TargetSeen, accept, wanted};
use shared::rules::timing::{Trigger, due};
use shared::rules::tracking::{Standing, status, tracking_category};
use shared::rules::untracking::{Consequence, choices, must_ask};
use shared::rules::{Language, deleting, explain, people, reasons, words};
use shared::settings::{Settings, SeveralSenders, TwoActivities};
use shared::status::{Goal, Status};
use shared::wish::{RecordFate, RegardingWish};
use situations::*;
use uuid::Uuid;

fn master(id: &str, name: &str) -> MasterCategory {
    MasterCategory { id: CategoryId(id.into()), name: name.into() }
}

fn steps(s: &plan::Situation) -> Vec<Step> {
    match plan::plan(s) {
        Some(Plan::Do(steps)) => steps.into_iter().map(|(step, _)| step).collect(),
        _ => Vec::new(),
    }
}

fn outcome(s: &plan::Situation) -> Option<Outcome> {
    match plan::plan(s) {
        Some(Plan::Settle(settlement)) => Some(settlement.outcome),
        _ => None,
    }
}

#[test]
fn cat_01_the_category_is_created_where_the_master_list_lacks_it() {
    let decision = tracking_category(&MasterList::Readable(vec![master("1", "Family")]), None);
    assert_eq!((decision.rule, decision.answer.standing), (RuleId::Cat01, Standing::Missing));
    let mut s = wishing(untouched(&[]), track());
    if let ExchangeSeen::Present { category, .. } = &mut s.exchange {
        category.standing = Standing::Missing;
    }
    assert!(steps(&s).contains(&Step::CreateMasterCategory { name: TRACKED.into() }));
}

#[test]
fn cat_01_a_category_made_by_hand_is_adopted_whatever_its_case() {
    let list = MasterList::Readable(vec![master("7", "tracked TO dynamics 365")]);
    let decision = tracking_category(&list, None);
    assert_eq!(decision.rule, RuleId::Cat01);
    assert_eq!(decision.answer.standing, Standing::InMasterList(CategoryId("7".into())));
    assert_eq!(decision.answer.name, "tracked TO dynamics 365");
}

#[test]
fn cat_13_where_the_list_cannot_be_read_the_last_known_name_counts_and_nothing_is_created() {
    let renamed = master("7", "CRM");
    for (known, rule, name) in [(None, RuleId::Cat01, TRACKED), (Some(&renamed), RuleId::Cat13, "CRM")] {
        let decision = tracking_category(&MasterList::Hidden, known);
        assert_eq!((decision.rule, decision.answer.name.as_str()), (rule, name));
        assert_eq!(decision.answer.standing, Standing::Unreadable);
        let mut s = wishing(untouched(&["Family"]), track());
        if let ExchangeSeen::Present { category, .. } = &mut s.exchange {
            *category = decision.answer;
        }
        let creates = |step: &Step| matches!(step, Step::CreateMasterCategory { .. });
        assert!(!steps(&s).iter().any(creates));
        let puts_on = |step: &Step| matches!(step, Step::SetCategories { categories, .. } if *categories == ["Family", name]);
        assert!(steps(&s).iter().any(puts_on));
    }
}

#[test]
fn cat_13_a_renamed_category_is_known_by_its_id() {
    let list = MasterList::Readable(vec![master("7", "CRM"), master("8", TRACKED)]);
    let decision = tracking_category(&list, Some(&master("7", "as it was called before")));
    assert_eq!((decision.rule, decision.answer.name.as_str()), (RuleId::Cat13, "CRM"));
    let mut s = wishing(untouched(&["Family"]), track());
    if let ExchangeSeen::Present { category, .. } = &mut s.exchange {
        *category = decision.answer;
    }
    let put_on = steps(&s).into_iter().find_map(|step| match step {
        Step::SetCategories { categories, .. } => Some(categories),
        _ => None,
    });
    assert_eq!(put_on, Some(vec!["Family".to_owned(), "CRM".to_owned()]));
}

#[test]
fn cat_13_items_that_still_carry_the_old_name_are_tracked_and_lose_both_names() {
    let mut s = wishing(tracked(), untrack(RecordFate::Keep));
    if let ExchangeSeen::Present { message, category } = &mut s.exchange {
        category.name = "CRM".into();
        message.categories = vec![TRACKED.into(), "Family".into(), "crm".into()];
    }
    let [Step::SetCategories { categories, change: CategoryChange::Remove, .. }] = &steps(&s)[..] else {
        panic!("one change of categories, not {:?}", steps(&s));
    };
    assert_eq!(categories, &["Family"]);
}

#[test]
fn cat_22_tracking_puts_the_category_on_and_the_email_into_the_crm_at_the_same_time() {
    let planned = steps(&wishing(untouched(&["Family"]), track()));
    assert_eq!(planned.len(), 2);
    assert!(planned.iter().any(|s| matches!(s, Step::PromoteEmail(_))));
    let expected = Step::SetCategories {
        categories: vec!["Family".into(), TRACKED.into()],
        if_match: "W/\"1\"".into(),
        change: CategoryChange::Assign,
    };
    assert!(planned.contains(&expected));
}

#[test]
fn cat_22_a_second_wish_to_track_changes_nothing() {
    assert_eq!(outcome(&wishing(tracked(), track())), Some(Outcome::Fulfilled));
}

#[test]
fn cat_22_a_draft_is_refused_with_the_reason() {
    let mut s = wishing(untouched(&[]), track());
    if let ExchangeSeen::Present { message, .. } = &mut s.exchange {
        message.draft = shared::email::Draft::Draft;
    }
    assert_eq!(outcome(&s), Some(Outcome::Refused(Problem::new(Code::MessageIsDraft))));
}

#[test]
fn cat_23_untracking_takes_only_our_category_off() {
    let mut s = wishing(tracked(), untrack(RecordFate::Keep));
    if let ExchangeSeen::Present { message, .. } = &mut s.exchange {
        message.categories = vec!["Family".into(), "TRACKED TO DYNAMICS 365".into(), "Red".into()];
    }
    let [Step::SetCategories { categories, .. }] = &steps(&s)[..] else { panic!("{:?}", steps(&s)) };
    assert_eq!(categories, &["Family", "Red"]);
}

#[test]
fn cat_24_a_category_put_on_elsewhere_shows_as_pending() {
    assert_eq!(status(&untouched(&[TRACKED])).answer, Status::TrackingPending);
    assert_eq!(status(&untouched(&[TRACKED])).rule, RuleId::Cat24);
}

#[test]
fn cat_24_a_category_taken_off_elsewhere_shows_as_pending() {
    let mut s = tracked();
    if let ExchangeSeen::Present { message, .. } = &mut s.exchange {
        message.categories.clear();
    }
    assert_eq!(status(&s).answer, Status::UntrackingPending);
}

#[test]
fn cat_24_tracked_is_said_only_when_both_sides_show_it() {
    assert_eq!(status(&tracked()).answer, Status::Tracked);
    assert_eq!(status(&untouched(&[])).answer, Status::NotTracked);
    assert_eq!(status(&wishing(untouched(&[]), track())).answer, Status::Tracking);
    assert_eq!(status(&wishing(tracked(), untrack(RecordFate::Keep))).answer, Status::Untracking);
}

#[test]
fn cat_24_a_category_that_exchange_refused_is_not_taken_for_one_taken_off() {
    let mut s = tracked();
    if let ExchangeSeen::Present { message, .. } = &mut s.exchange {
        message.categories.clear();
    }
    if let Some(link) = &mut s.link {
        link.category = LinkCategory::Refused;
    }
    assert_eq!(status(&s).answer, Status::Tracked);
}

#[test]
fn frq_04_a_wish_is_due_at_once() {
    let decision = due(Trigger::Wish, UtcMs(5));
    assert_eq!((decision.answer, decision.rule), (UtcMs(5), RuleId::Frq04));
}

#[test]
fn frq_05_no_trigger_lets_a_person_ask_for_a_synchronization_as_such() {
    // People can only wish; restart and retry are the service's own.
    assert_eq!(due(Trigger::Restart, UtcMs(5)).rule, RuleId::Frq05);
    assert_eq!(due(Trigger::Retry { due: UtcMs(3) }, UtcMs(5)).answer, UtcMs(5));
    assert_eq!(due(Trigger::Retry { due: UtcMs(9) }, UtcMs(5)).answer, UtcMs(9));
}

#[test]
fn frq_06_what_the_users_roles_forbid_is_refused_at_once() {
    for code in [Code::PrivilegeMissing, Code::NotLicensed, Code::MailboxDenied] {
        let decision = fate(&Problem::new(code), 0, UtcMs(0));
        assert_eq!((decision.answer, decision.rule), (Fate::Refuse, RuleId::Frq06));
    }
}

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
fn inc_06_one_record_for_one_message_id() {
    let id = InternetMessageId("<m@x>".into());
    let settings = Settings::default();
    let first = promotion(ORGANIZATION, &id, Direction::Incoming, &[], &settings);
    assert_eq!(first.rule, RuleId::Inc06);
    let Promotion::Create(a) = first.answer else { panic!("nothing is there yet") };
    let again =
        promotion(ORGANIZATION, &id, Direction::Incoming, &[crm_email(a, Direction::Incoming)], &settings);
    assert_eq!(again.answer, Promotion::Existing(a));
    let other = promotion(Uuid::from_u128(1), &id, Direction::Incoming, &[], &settings);
    assert_ne!(other.answer, Promotion::Create(a));
}

#[test]
fn inc_06_a_record_that_somebody_else_made_is_taken_over() {
    let id = InternetMessageId("<m@x>".into());
    let foreign = crm_email(shared::email::CrmEmailId(Uuid::from_u128(77)), Direction::Incoming);
    let decision = promotion(
        ORGANIZATION,
        &id,
        Direction::Incoming,
        std::slice::from_ref(&foreign),
        &Settings::default(),
    );
    assert_eq!(decision.answer, Promotion::Existing(foreign.id));
}

#[test]
fn inc_06_with_two_activities_each_direction_has_its_own() {
    let id = InternetMessageId("<m@x>".into());
    let on = Settings::default();
    let off = Settings { two_activities: TwoActivities::Off, ..on.clone() };
    let sent = crm_email(shared::email::CrmEmailId(Uuid::from_u128(77)), Direction::Outgoing);
    let received = |settings| {
        promotion(ORGANIZATION, &id, Direction::Incoming, std::slice::from_ref(&sent), settings).answer
    };
    assert!(matches!(received(&on), Promotion::Create(_)));
    assert_eq!(received(&off), Promotion::Existing(sent.id));
}

#[test]
fn ppl_01_a_sender_is_the_first_match_in_the_published_order() {
    let at = "max@x.example";
    let order = [
        Table::systemuser(),
        Table::contact(),
        Table::account(),
        Table::lead(),
        Table::equipment(),
        Table::team(),
        Table::businessunit(),
    ];
    let mut all: Vec<_> =
        order.iter().zip(1..).map(|(t, i)| candidate(t.clone(), 100 - i, at, None)).collect();
    all.reverse();
    for table in &order {
        let decision = people::resolve_sender(&address(at), &all, None, &Settings::default());
        assert_eq!(decision.rule, RuleId::Ppl01);
        assert_eq!(decision.answer.map(|r| r.key.table), Some(table.clone()));
        all.retain(|c| c.record.key.table != *table);
    }
    assert_eq!(people::resolve_sender(&address(at), &all, None, &Settings::default()).answer, None);
}

#[test]
fn ppl_01_the_tracking_users_own_record_wins_over_the_order() {
    let at = "maeve@x.example";
    let all = [candidate(Table::contact(), 1, at, None), candidate(Table::lead(), 2, at, Some(ADA))];
    let resolved = |user| people::resolve_sender(&address(at), &all, user, &Settings::default()).answer;
    assert_eq!(resolved(Some(ADA)).map(|r| r.key.id), Some(Uuid::from_u128(2)));
    assert_eq!(resolved(None).map(|r| r.key.id), Some(Uuid::from_u128(1)));
}

#[test]
fn ppl_01_more_than_a_hundred_matches_stay_unresolved() {
    let at = "info@x.example";
    let mut all: Vec<_> = (1..=100).map(|i| candidate(Table::contact(), i, at, None)).collect();
    let resolved = |all: &[_]| people::resolve_sender(&address(at), all, None, &Settings::default()).answer;
    assert!(resolved(&all).is_some());
    all.push(candidate(Table::contact(), 101, at, None));
    assert!(resolved(&all).is_none());
}

#[test]
fn ppl_01_several_matches_stay_unresolved_where_the_organization_says_so() {
    let at = "info@x.example";
    let settings = Settings { several_senders: SeveralSenders::Unresolve, ..Settings::default() };
    let all = [candidate(Table::contact(), 1, at, None), candidate(Table::contact(), 2, at, Some(ADA))];
    assert!(people::resolve_sender(&address(at), &all, Some(ADA), &settings).answer.is_none());
    assert!(people::resolve_sender(&address(at), &all[..1], Some(ADA), &settings).answer.is_some());
}

#[test]
fn ppl_01_and_ppl_02_inactive_records_and_other_addresses_do_not_count() {
    let mut inactive = candidate(Table::contact(), 1, "a@x.example", None);
    inactive.activity = RecordState::Inactive;
    let all = [inactive, candidate(Table::contact(), 2, "b@x.example", None)];
    assert!(
        people::resolve_sender(&address("A@x.example"), &all, None, &Settings::default()).answer.is_none()
    );
    assert!(people::resolve_recipient(&address("a@x.example"), &all).answer.is_empty());
}

#[test]
fn ppl_02_a_recipient_is_every_active_match() {
    let at = "info@x.example";
    let all = [candidate(Table::queue(), 3, at, None), candidate(Table::contact(), 1, at, None)];
    let decision = people::resolve_recipient(&address(" INFO@x.example "), &all);
    assert_eq!(decision.rule, RuleId::Ppl02);
    let tables: Vec<_> = decision.answer.iter().map(|r| r.key.table.as_str()).collect();
    assert_eq!(tables, ["contact", "queue"]);
}

#[test]
fn ppl_02_the_same_record_stands_once_in_a_role_and_the_unresolved_keep_their_address() {
    let on_it: Vec<Correspondent> =
        ["info@x.example", "second@x.example", "nobody@x.example", "nobody@x.example"]
            .iter()
            .map(|at| correspondent(Role::To, at))
            .collect();
    let all = [
        candidate(Table::contact(), 1, "info@x.example", None),
        candidate(Table::contact(), 1, "second@x.example", None),
    ];
    let parties = people::parties(&on_it, &all, None, &Settings::default());
    assert_eq!(parties.len(), 2);
    assert!(parties[0].record.is_some());
    assert_eq!((parties[1].record.clone(), parties[1].address.as_str()), (None, "nobody@x.example"));
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
        while let Some(Plan::Do(steps)) = plan::plan(&s) {
            for (step, _) in steps {
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

#[test]
fn categories_are_compared_without_regard_to_case() {
    let on = vec!["TRACKED to Dynamics 365 ".to_owned()];
    assert!(category::contains(&on, TRACKED));
    assert_eq!(category::with(&on, TRACKED), on);
    assert!(category::without(&on, &[TRACKED]).is_empty());
}
