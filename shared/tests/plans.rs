//! The plan in every combination of what can be seen, wished and refused.

mod situations;

use shared::category::TRACKED;
use shared::email::{CrmEmailId, Direction, Draft};
use shared::plan::{
    self, ExchangeSeen, Link, LinkCategory, OpenWish, Ours, Outcome, Plan, Settlement, Situation,
    WishProgress, check,
};
use shared::problem::{Code, Problem};
use shared::regarding::Activities;
use shared::rules::regarding::TargetSeen;
use shared::rules::tracking::{Standing, TrackingCategory};
use shared::settings::{Settings, TwoActivities};
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use situations::*;
use uuid::Uuid;

/// Every combination, as `f` is to see it.
fn every_situation(mut f: impl FnMut(&Situation)) {
    let wishes = [
        track(),
        Wish::Track { regarding: RegardingWish::Clear },
        Wish::Track { regarding: RegardingWish::Set(account()) },
        untrack(RecordFate::Keep),
        untrack(RecordFate::Delete),
    ];
    for wish in &wishes {
        for two_activities in [TwoActivities::On, TwoActivities::Off] {
            for exchange in exchanges() {
                for (emails, link) in records(two_activities) {
                    for target in targets(wish) {
                        for refused in 0..8_u8 {
                            for ours in [Ours::Yes, Ours::No] {
                                let mut s = untouched(&[]);
                                s.settings = Settings { two_activities, ..Settings::default() };
                                s.exchange = exchange.clone();
                                s.crm.emails.clone_from(&emails);
                                s.crm.target.clone_from(&target);
                                s.link = link;
                                let progress = WishProgress::Running;
                                s.wish = Some(OpenWish {
                                    wish: wish.clone(),
                                    origin: Origin::Pane,
                                    progress,
                                    category_is_ours: ours,
                                    given_up: None,
                                });
                                let problem =
                                    |bit: u8, code| (refused & bit != 0).then(|| Problem::new(code));
                                s.refusals.categories = problem(1, Code::CategoryRefused);
                                s.refusals.master_category = problem(2, Code::ExchangeRefused);
                                s.refusals.crm = problem(4, Code::PrivilegeMissing);
                                f(&s);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn exchanges() -> Vec<ExchangeSeen> {
    let mut all = vec![ExchangeSeen::Gone];
    for categories in [&["Family"][..], &["Family", TRACKED], &["crm", "Family", TRACKED], &[]] {
        for name in [TRACKED, "CRM"] {
            for standing in [in_list().standing, Standing::Missing, Standing::Unreadable] {
                let category = TrackingCategory { name: name.into(), standing: standing.clone() };
                all.push(ExchangeSeen::Present { message: Box::new(message(categories)), category });
            }
        }
    }
    let mut draft = message(&["Family"]);
    draft.draft = Draft::Draft;
    all.push(ExchangeSeen::Present { message: Box::new(draft), category: in_list() });
    all
}

fn records(two: TwoActivities) -> Vec<(Vec<shared::email::CrmEmail>, Option<Link>)> {
    let settings = Settings { two_activities: two, ..Settings::default() };
    let own = own_id(&settings, Direction::Incoming);
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
                for category in [LinkCategory::Agreed, LinkCategory::Refused] {
                    all.push((emails.clone(), Some(Link { email, category })));
                }
            }
        }
    }
    all
}

fn targets(wish: &Wish) -> Vec<Option<TargetSeen>> {
    if !matches!(wish, Wish::Track { regarding: RegardingWish::Set(_) }) {
        return vec![None];
    }
    let present = |activities| TargetSeen::Present { record: account(), activities };
    vec![Some(present(Activities::Allowed)), Some(present(Activities::NotAllowed)), Some(TargetSeen::Gone)]
}

/// Carries the plan out to its end, as if everything succeeded.
fn carried_out(s: &Situation) -> (Situation, Settlement) {
    let mut now = s.clone();
    loop {
        match plan::plan(&now) {
            Some(Plan::Do(steps)) => now = steps.iter().fold(now, |s, (step, _)| s.after(step)),
            Some(Plan::Settle(end)) => return (now, end),
            None => panic!("a wish has a plan"),
        }
    }
}

fn categories(s: &Situation) -> Vec<String> {
    match &s.exchange {
        ExchangeSeen::Present { message, .. } => message.categories.clone(),
        ExchangeSeen::Gone => Vec::new(),
    }
}

/// The categories that are not ours, under any name that ours has in the situation.
fn foreign(s: &Situation) -> Vec<String> {
    let ours = match &s.exchange {
        ExchangeSeen::Present { category, .. } => category.name.to_lowercase(),
        ExchangeSeen::Gone => String::new(),
    };
    let is_ours = |c: &String| c.to_lowercase() == TRACKED.to_lowercase() || c.to_lowercase() == ours;
    categories(s).into_iter().filter(|c| !is_ours(c)).collect()
}

fn says_tracked(s: &Situation) -> bool {
    categories(s).len() > foreign(s).len()
}

#[test]
fn every_plan_passes_its_check() {
    every_situation(|s| assert_eq!(check::check(s), Ok(()), "{s:#?}"));
}

#[test]
fn nothing_is_deleted_unless_the_user_chose_so_and_then_only_one_record() {
    every_situation(|s| {
        let (after, _) = carried_out(s);
        let lost = s.crm.emails.iter().filter(|e| !after.crm.emails.iter().any(|a| a.id == e.id)).count();
        let chosen = s.wish.as_ref().is_some_and(|w| w.wish == untrack(RecordFate::Delete));
        let evidence = s.link.is_some();
        assert!(lost == 0 || (chosen && evidence && lost == 1 && s.refusals.crm.is_none()), "{s:#?}");
    });
}

#[test]
fn inc_06_no_wish_ever_makes_a_second_record() {
    every_situation(|s| {
        let (after, _) = carried_out(s);
        let mut ids: Vec<_> = after.crm.emails.iter().map(|e| e.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), after.crm.emails.len(), "{s:#?}");
        let made = after.crm.emails.len().saturating_sub(s.crm.emails.len());
        assert!(made <= 1);
        let fits = |e: &&shared::email::CrmEmail| {
            s.settings.two_activities == TwoActivities::Off || e.direction == Direction::Incoming
        };
        assert!(made == 0 || s.crm.emails.iter().filter(fits).count() == 0, "{s:#?}");
    });
}

#[test]
fn other_categories_are_never_touched() {
    every_situation(|s| assert_eq!(foreign(s), foreign(&carried_out(s).0), "{s:#?}"));
}

#[test]
fn a_fulfilled_wish_is_as_wished_on_both_sides() {
    every_situation(|s| {
        let (after, end) = carried_out(s);
        if end.outcome != Outcome::Fulfilled {
            return;
        }
        match s.wish.as_ref().map(|w| &w.wish) {
            Some(Wish::Track { regarding }) => {
                assert!(says_tracked(&after), "{s:#?}");
                let link = end.link.expect("a tracked message is linked");
                let email =
                    after.crm.emails.iter().find(|e| e.id == link.email).expect("the linked record exists");
                match regarding {
                    RegardingWish::Set(record) => assert_eq!(email.regarding.as_ref(), Some(record)),
                    RegardingWish::Clear => assert_eq!(email.regarding, None),
                    RegardingWish::Keep => {
                        let before = s.crm.emails.iter().find(|e| e.id == email.id);
                        assert_eq!(email.regarding, before.and_then(|e| e.regarding.clone()));
                    }
                }
            }
            Some(Wish::Untrack { .. }) => {
                assert!(!says_tracked(&after), "{s:#?}");
                assert_eq!(end.link, None);
            }
            None => panic!("there is a wish"),
        }
    });
}

#[test]
fn a_refused_wish_leaves_no_category_of_its_own_behind() {
    every_situation(|s| {
        let (after, end) = carried_out(s);
        let refused_by_crm = matches!(&end.outcome, Outcome::Refused(p) if p.code == Code::PrivilegeMissing);
        let tracking = matches!(s.wish.as_ref().map(|w| &w.wish), Some(Wish::Track { .. }));
        let ours = s.wish.as_ref().is_some_and(|w| w.category_is_ours == Ours::Yes);
        if refused_by_crm && tracking && ours && s.link.is_none() && s.refusals.categories.is_none() {
            assert!(!says_tracked(&after), "{s:#?}");
        }
        if refused_by_crm && tracking && !ours {
            assert_eq!(says_tracked(s), says_tracked(&after), "{s:#?}");
        }
    });
}

#[test]
fn a_fulfilled_wish_wished_again_does_nothing() {
    every_situation(|s| {
        let (mut after, end) = carried_out(s);
        if end.outcome == Outcome::Fulfilled {
            after.link = end.link;
            assert!(
                matches!(plan::plan(&after), Some(Plan::Settle(again)) if again.outcome == Outcome::Fulfilled),
                "{s:#?}"
            );
        }
    });
}
