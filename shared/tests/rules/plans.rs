//! The plan in every combination of what can be seen, wished, settled and refused, against a model of how each wish
//! ends ([`model`]) and the promises that hold for all of them.

use crate::situations::*;
use shared::category::{TRACKED, UNDELIVERABLE};
use shared::email::{CrmEmail, CrmEmailId, Direction, Draft};
use shared::plan::{
    self, CategoryChange, ExchangeSeen, Link, LinkCategory, OpenWish, Ours, Outcome, Plan, Refusals,
    Settlement, Situation, Step, WishProgress, check,
};
use shared::problem::{Code, Problem};
use shared::regarding::Activities;
use shared::rules::regarding::TargetSeen;
use shared::rules::tracking::{Standing, TrackingCategory};
use shared::settings::{Settings, Switch, TwoActivities};
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use uuid::Uuid;

mod flaws;
mod model;
mod sentences;

/// One in so many of the six million combinations is tried: a prime, so that each value meets each other one.
const ONE_IN: usize = 37;
/// Another number in the environment: 1 tries all of them, in a minute or two.
const OTHER: &str = "REGARDING_ONE_IN";

fn wishes() -> Vec<(Wish, Option<TargetSeen>)> {
    let present = |activities| Some(TargetSeen::Present { record: account(), activities });
    let set = || Wish::Track { regarding: RegardingWish::Set(account()) };
    vec![
        (track(), None),
        (Wish::Track { regarding: RegardingWish::Clear }, None),
        (set(), present(Activities::Allowed)),
        (set(), present(Activities::NotAllowed)),
        (set(), Some(TargetSeen::Gone)),
        (untrack(RecordFate::Keep), None),
        (untrack(RecordFate::Delete), None),
    ]
}

fn exchanges() -> Vec<ExchangeSeen> {
    let mut light = message(&["Family"]);
    light.correspondents.clear();
    let shown = |message: &shared::email::Message, category| ExchangeSeen::Present {
        message: Box::new(message.clone()),
        category,
    };
    let mut all = vec![ExchangeSeen::Gone];
    let categories: [&[&str]; 6] = [
        &["Family"],
        &["Family", TRACKED],
        &["crm", "Family", TRACKED],
        &[],
        &["Family", UNDELIVERABLE],
        &[UNDELIVERABLE, TRACKED, "Family"],
    ];
    for on in categories {
        light.categories = on.iter().map(|c| (*c).to_owned()).collect();
        for (name, standing) in [
            (TRACKED, in_list().standing),
            (TRACKED, Standing::Missing),
            ("CRM", Standing::Missing),
            ("CRM", Standing::Unreadable),
        ] {
            all.push(shown(&light, TrackingCategory { name: name.into(), standing }));
        }
    }
    let mut draft = light.clone();
    draft.draft = Draft::Draft;
    light.internet_message_id = None;
    all.extend([shown(&draft, in_list()), shown(&light, in_list())]);
    all
}

/// The CRM's emails and the link, in every relation to each other.
fn records(settings: &Settings) -> Vec<(Vec<CrmEmail>, Option<Link>)> {
    let own = own_id(settings, Direction::Incoming);
    let foreign = CrmEmailId(Uuid::from_u128(0xf0));
    let mut all = Vec::new();
    for emails in [
        vec![],
        vec![crm_email(own, Direction::Incoming)],
        vec![crm_email(foreign, Direction::Outgoing)],
        vec![crm_email(foreign, Direction::Incoming), crm_email(own, Direction::Incoming)],
    ] {
        let mut regarding = emails.clone();
        if let Some(first) = regarding.first_mut() {
            first.regarding = Some(account());
        }
        for emails in [emails, regarding] {
            all.push((emails.clone(), None));
            for email in [own, foreign] {
                for category in [LinkCategory::Agreed, LinkCategory::Refused, LinkCategory::Off] {
                    all.push((emails.clone(), Some(Link { email, category })));
                }
            }
        }
    }
    all.dedup();
    all
}

/// Every door with a wish that is being tried, and every door but the pane's with one that was given up.
fn doors() -> Vec<(Origin, Option<Problem>)> {
    let given_up = other_doors().map(|origin| (origin, Some(Problem::new(Code::CrmRefused))));
    let tried = other_doors().map(|origin| (origin, None));
    std::iter::once((Origin::Pane, None)).chain(tried).chain(given_up).collect()
}

fn refusals() -> Vec<Refusals> {
    let refused = |bits: u8, bit: u8, code| (bits & bit != 0).then(|| Problem::new(code));
    let of = |bits| Refusals {
        categories: refused(bits, 1, Code::CategoryRefused),
        master_category: refused(bits, 2, Code::ExchangeRefused),
        crm: refused(bits, 4, Code::PrivilegeMissing),
        answered: None,
    };
    (0..8).map(of).collect()
}

/// Every combination under these settings, as `f` is to see it.
fn every_situation(settings: &Settings, mut f: impl FnMut(&Situation)) {
    let asked = std::env::var(OTHER).ok();
    let one_in = asked.map_or(ONE_IN, |n| n.parse().expect("a number, such as 1"));
    let (doors, refusals, records) = (doors(), refusals(), records(settings));
    let mut n = 0;
    let mut s = untouched(&[]);
    s.settings.clone_from(settings);
    for exchange in exchanges() {
        s.exchange = exchange;
        for (emails, link) in &records {
            s.crm.emails.clone_from(emails);
            s.link = *link;
            for (wish, target) in wishes() {
                s.crm.target = target;
                for (origin, given_up) in &doors {
                    for category_is_ours in [Ours::Yes, Ours::No, Ours::TakenOff] {
                        for refused in &refusals {
                            n += 1;
                            if n % one_in != 0 {
                                continue;
                            }
                            let (wish, progress) = (wish.clone(), WishProgress::Running);
                            let (origin, given_up) = (*origin, given_up.clone());
                            s.wish = Some(OpenWish { wish, origin, progress, category_is_ours, given_up });
                            s.refusals.clone_from(refused);
                            f(&s);
                        }
                    }
                }
            }
        }
    }
    assert!(n > 1_000_000, "{n}");
}

/// All that must hold of one situation.
fn judge(s: &Situation) {
    assert_eq!(check::check(s), Ok(()), "{s:#?}");
    let (after, end) = carried_out(s);
    let expected = model::end(s);
    assert_eq!(model::seen(&after, &end), expected, "{s:#?}");
    nothing_is_lost(s, &after);
    nothing_is_doubled(s, &after);
    no_foreign_category_is_touched(s, &after);
    what_people_did_since_counts(s, &after, &end);
    nobody_waits_for_the_category(s);
    once_is_enough(after, end);
}

fn open(s: &Situation) -> &OpenWish {
    s.wish.as_ref().expect("there is a wish")
}

/// No plan deletes a record but the one tracked, on its user's choice in the pane.
fn nothing_is_lost(s: &Situation, after: &Situation) {
    let lost: Vec<_> =
        s.crm.emails.iter().filter(|e| !after.crm.emails.iter().any(|a| a.id == e.id)).collect();
    let chosen = open(s).wish == untrack(RecordFate::Delete) && open(s).origin == Origin::Pane;
    let tracked = |e: &&&CrmEmail| s.link.is_some_and(|link| link.email == e.id);
    assert_eq!(lost.iter().filter(tracked).count(), lost.len(), "{s:#?}");
    assert!(lost.is_empty() || (chosen && s.refusals.crm.is_none()), "{s:#?}");
}

/// INC-06: no wish ever makes a second record.
fn nothing_is_doubled(s: &Situation, after: &Situation) {
    let made: Vec<_> =
        after.crm.emails.iter().filter(|a| !s.crm.emails.iter().any(|e| e.id == a.id)).collect();
    let is_it =
        |e: &CrmEmail| s.settings.two_activities == TwoActivities::Off || e.direction == Direction::Incoming;
    assert!(made.len() <= 1 && after.crm.emails.len() <= s.crm.emails.len() + made.len(), "{s:#?}");
    assert!(made.is_empty() || !s.crm.emails.iter().any(is_it), "{s:#?}");
}

fn no_foreign_category_is_touched(s: &Situation, after: &Situation) {
    let ExchangeSeen::Present { category, .. } = &s.exchange else { return };
    let ours = [category.name.to_lowercase(), TRACKED.to_lowercase(), UNDELIVERABLE.to_lowercase()];
    let foreign = |s| -> Vec<String> {
        categories(s).into_iter().filter(|c| !ours.contains(&c.to_lowercase())).collect()
    };
    assert_eq!(foreign(s), foreign(after), "{s:#?}");
}

/// CAT-10, CAT-21: a wish of the category that says otherwise by now, or does not count any more, changes nothing.
fn what_people_did_since_counts(s: &Situation, after: &Situation, end: &Settlement) {
    let ExchangeSeen::Present { message, category } = &s.exchange else { return };
    if open(s).origin != Origin::Category {
        return;
    }
    let on = message
        .categories
        .iter()
        .any(|c| [&category.name, TRACKED].iter().any(|name| c.to_lowercase() == name.to_lowercase()));
    // Put on again before anything was done for its being off, it wishes to be tracked.
    let wanted = matches!(open(s).wish, Wish::Track { .. }) || (on && s.link.is_none());
    // Given up and marked, it was not people who took it off.
    let taken_off = open(s).given_up.is_some() || open(s).category_is_ours == Ours::TakenOff;
    let by_us = taken_off && message.categories.iter().any(|c| c == UNDELIVERABLE);
    let says_otherwise = on != wanted && !(wanted && by_us);
    if says_otherwise || s.settings.track_categorized == Switch::Off {
        assert_eq!(after, s);
        assert_eq!((end.link, &end.outcome), (s.link, &Outcome::Fulfilled));
    }
}

/// CAT-22: whoever clicks sees the category at once. What nobody clicked bears it once the email is in the CRM, so
/// that a refusal has nothing to take back.
fn nobody_waits_for_the_category(s: &Situation) {
    let steps = steps(s);
    let promotes = steps.iter().any(|step| matches!(step, Step::PromoteEmail(_)));
    let assigns = |step: &Step| matches!(step, Step::SetCategories { change: CategoryChange::Assign, .. });
    if promotes && open(s).origin != Origin::Pane {
        assert!(!steps.iter().any(assigns), "{s:#?}");
    }
}

/// A wish that was fulfilled, wished again, is fulfilled as it is. One that was given up before is not wished again.
fn once_is_enough(mut after: Situation, end: Settlement) {
    if end.outcome == Outcome::Fulfilled && open(&after).given_up.is_none() {
        after.link = end.link;
        match plan::plan(&after) {
            Some(Plan::Settle(again)) => assert_eq!(again.outcome, Outcome::Fulfilled, "{after:#?}"),
            other => panic!("{other:#?} {after:#?}"),
        }
    }
}

#[test]
fn every_wish_ends_as_the_catalogue_says() {
    every_situation(&Settings::default(), judge);
}

#[test]
fn every_wish_ends_as_the_catalogue_says_where_mail_between_users_is_one_activity() {
    every_situation(&Settings { two_activities: TwoActivities::Off, ..Settings::default() }, judge);
}

#[test]
fn every_wish_ends_as_the_catalogue_says_while_category_tracking_is_off() {
    every_situation(&Settings { track_categorized: Switch::Off, ..Settings::default() }, judge);
}

#[test]
fn without_a_wish_there_is_no_plan() {
    assert_eq!(plan::plan(&tracked()), None);
    assert_eq!(check::check(&tracked()), Ok(()));
}
