//! Category tracking: which category counts, and what an email's status is.

use crate::category::{self, CategoryId, MasterCategory, MasterList};
use crate::decision::{Decision, RuleId};
use crate::plan::{ExchangeSeen, LinkCategory, Situation, WishProgress};
use crate::settings::Switch;
use crate::status::{Goal, Status};
use crate::wish::Wish;

/// The tracking category of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingCategory {
    /// The name that items carry in this mailbox.
    pub name: String,
    pub standing: Standing,
}

/// Whether the category is in the master list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    InMasterList(CategoryId),
    Missing,
    /// The caller may not read the list, and so may neither add to it nor tell anything about it.
    Unreadable,
}

/// Finds the tracking category in the master list.
///
/// CAT-13: it is known by its id, so that it goes on under a new name when it was renamed. CAT-01: where it
/// is missing it is to be created; one that the user made by hand under the same name is adopted. A renamed one that
/// went missing (CAT-14) keeps its last name, for that is what the items carry: under another name they would all
/// count as untracked. For whoever may not read the list, it has that name too.
pub fn tracking_category(master: &MasterList, known: Option<&MasterCategory>) -> Decision<TrackingCategory> {
    let MasterList::Readable(master) = master else {
        let (name, rule) = known.map_or((category::TRACKED, RuleId::Cat01), |c| (&c.name, RuleId::Cat13));
        let answer = TrackingCategory { name: name.to_owned(), standing: Standing::Unreadable };
        return Decision::new(answer, rule).because("category", name);
    };
    let found = |c: &MasterCategory, rule| {
        let answer =
            TrackingCategory { name: c.name.clone(), standing: Standing::InMasterList(c.id.clone()) };
        Decision::new(answer, rule).because("category", &c.name)
    };
    if let Some(by_id) = known.and_then(|known| master.iter().find(|c| c.id == known.id)) {
        return found(by_id, RuleId::Cat13);
    }
    let last_name = known.map_or(category::TRACKED, |known| &known.name);
    let named = |name: &str| master.iter().find(|c| category::same_name(&c.name, name));
    if let Some(by_name) = named(last_name).or_else(|| named(category::TRACKED)) {
        return found(by_name, RuleId::Cat01);
    }
    let answer = TrackingCategory { name: last_name.to_owned(), standing: Standing::Missing };
    Decision::new(answer, RuleId::Cat01).because("category", last_name)
}

/// Whether a message's categories say *tracked*: by the category's present name, or by its original one,
/// which stays on items for a while after a renaming (CAT-13).
pub fn says_tracked(categories: &[String], category: &TrackingCategory) -> bool {
    names(category).iter().any(|name| category::contains(categories, name))
}

/// Every name under which the category may stand on an item.
pub fn names(category: &TrackingCategory) -> [&str; 2] {
    [&category.name, category::TRACKED]
}

/// The status of an email.
///
/// CAT-24: it is read off both sides as they are now, so that a category put on or taken off in another
/// client shows at once. CAT-21: not while category tracking is off, for then it changes nothing. DEL-01 and DEL-02:
/// a deletion on one side shows, and undoes nothing on the other.
/// WHY-03: a wish that waits or was refused says why, and when it is tried again.
pub fn status(situation: &Situation) -> Decision<Status> {
    if let Some(open) = &situation.wish {
        let goal = goal(&open.wish);
        match &open.progress {
            WishProgress::Running => {
                let (answer, rule) = match goal {
                    Goal::Track => (Status::Tracking, RuleId::Cat22),
                    Goal::Untrack => (Status::Untracking, RuleId::Cat23),
                };
                return Decision::new(answer, rule);
            }
            WishProgress::Waiting { problem, next_attempt } => {
                let answer = Status::Waiting { goal, problem: problem.clone(), next_attempt: *next_attempt };
                return Decision::new(answer, RuleId::Why03).because("code", problem.code.as_str());
            }
            WishProgress::Refused { problem } => {
                let answer = Status::Failed { goal, problem: problem.clone() };
                return Decision::new(answer, RuleId::Why03).because("code", problem.code.as_str());
            }
        }
    }
    let ExchangeSeen::Present { message, category } = &situation.exchange else {
        return Decision::new(Status::NotTracked, RuleId::Del01);
    };
    let on = says_tracked(&message.categories, category);
    let exists = situation.tracked_email().is_some();
    let counts = situation.settings.track_categorized == Switch::On;
    let agreed = situation.link.is_some_and(|link| link.category == LinkCategory::Agreed);
    let (answer, rule) = match (&situation.link, on, exists) {
        (Some(_), _, false) => (Status::RecordGone, RuleId::Del02),
        (Some(_), false, true) if agreed && counts => (Status::UntrackingPending, RuleId::Cat24),
        (Some(_), false, true) if agreed => (Status::Tracked, RuleId::Cat21),
        // Where the category could never be put on, the email is tracked in the CRM all the same.
        (Some(_), _, true) => (Status::Tracked, RuleId::Cat24),
        (None, true, _) if counts => (Status::TrackingPending, RuleId::Cat24),
        (None, true, _) => (Status::NotTracked, RuleId::Cat21),
        (None, false, _) => (Status::NotTracked, RuleId::Cat24),
    };
    Decision::new(answer, rule).because("category", &category.name)
}

/// What a wish aims at.
pub fn goal(wish: &Wish) -> Goal {
    match wish {
        Wish::Track { .. } => Goal::Track,
        Wish::Untrack { .. } => Goal::Untrack,
    }
}
