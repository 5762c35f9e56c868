//! The tracking category: which one counts, and what an email's status is.

use crate::situations::*;
use shared::category::{self, CategoryId, MasterList, TRACKED};
use shared::decision::RuleId;
use shared::plan::{CategoryChange, ExchangeSeen, LinkCategory, Outcome, Step};
use shared::problem::{Code, Problem};
use shared::rules::tracking::{Standing, status, tracking_category};
use shared::settings::Switch;
use shared::status::Status;
use shared::wish::RecordFate;

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
fn categories_are_compared_without_regard_to_case() {
    let on = vec!["TRACKED to Dynamics 365 ".to_owned()];
    assert!(category::contains(&on, TRACKED));
    assert_eq!(category::with(&on, TRACKED), on);
    assert!(category::without(&on, &[TRACKED]).is_empty());
}

#[test]
fn cat_14_a_renamed_category_that_went_missing_keeps_the_name_that_the_items_carry() {
    let renamed = master("7", "CRM");
    let gone = tracking_category(&MasterList::Readable(vec![master("1", "Family")]), Some(&renamed));
    assert_eq!((gone.answer.name.as_str(), gone.answer.standing), ("CRM", Standing::Missing));
    for list in [vec![master("8", TRACKED), master("9", "crm")], vec![master("9", "crm")]] {
        let adopted = tracking_category(&MasterList::Readable(list), Some(&renamed)).answer;
        assert_eq!(adopted.standing, Standing::InMasterList(CategoryId("9".into())));
        assert_eq!(adopted.name, "crm");
    }
    let by_hand = tracking_category(&MasterList::Readable(vec![master("8", TRACKED)]), Some(&renamed)).answer;
    assert_eq!(by_hand.standing, Standing::InMasterList(CategoryId("8".into())));
}

/// What the pane shows of a message that is linked like this, bears the category or not, and whose record exists or
/// not, while category tracking is on or off.
fn shown(link: Option<LinkCategory>, on: bool, exists: bool, tracking: Switch) -> (Status, RuleId) {
    let mut s = tracked();
    s.settings.track_categorized = tracking;
    match (link, &mut s.link) {
        (Some(category), Some(link)) => link.category = category,
        (_, link) => *link = None,
    }
    if !on {
        amend(&mut s, |message, _| message.categories.clear());
    }
    if !exists {
        s.crm.emails.clear();
    }
    let said = status(&s);
    (said.answer, said.rule)
}

#[test]
fn cat_24_the_status_is_what_both_sides_show() {
    let links = [None, Some(LinkCategory::Agreed), Some(LinkCategory::Refused), Some(LinkCategory::Off)];
    for link in links {
        for on in [true, false] {
            for exists in [true, false] {
                let expected = match (link, on, exists) {
                    (None, true, _) => (Status::TrackingPending, RuleId::Cat24),
                    (None, false, _) => (Status::NotTracked, RuleId::Cat24),
                    (Some(_), _, false) => (Status::RecordGone, RuleId::Del02),
                    (Some(LinkCategory::Agreed), false, true) => (Status::UntrackingPending, RuleId::Cat24),
                    (Some(_), _, true) => (Status::Tracked, RuleId::Cat24),
                };
                assert_eq!(shown(link, on, exists, Switch::On), expected, "{link:?} {on} {exists}");
                let expected = match (link, on, exists) {
                    // CAT-21: nobody acts on it, so nothing is pending.
                    (None, true, _) => (Status::NotTracked, RuleId::Cat21),
                    (Some(LinkCategory::Agreed), false, true) => (Status::Tracked, RuleId::Cat21),
                    _ => expected,
                };
                assert_eq!(shown(link, on, exists, Switch::Off), expected, "{link:?} {on} {exists}");
            }
        }
    }
}

#[test]
fn cat_24_a_renamed_category_counts_under_both_names() {
    for name in ["CRM", TRACKED] {
        let mut s = untouched(&[name]);
        amend(&mut s, |_, category| category.name = "CRM".into());
        let said = status(&s);
        assert_eq!(said.answer, Status::TrackingPending);
        assert_eq!(said.facts[0].value, "CRM");
    }
}

#[test]
fn del_01_a_message_that_is_gone_is_not_tracked() {
    let mut s = tracked();
    s.exchange = ExchangeSeen::Gone;
    assert_eq!((status(&s).answer, status(&s).rule), (Status::NotTracked, RuleId::Del01));
}
