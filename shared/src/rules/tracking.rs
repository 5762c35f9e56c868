//! Category tracking: which category counts, and what an email's status is.

use crate::category::{self, CategoryId, MasterCategory, MasterList};
use crate::decision::{Decision, RuleId};
use crate::plan::{ExchangeSeen, Link, LinkCategory, Situation, WishProgress};
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
/// is missing it is to be created; one that the user made by hand under the same name is adopted. For whoever
/// may not read the list, it has the name under which it was last seen there.
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
    if let Some(by_name) = master.iter().find(|c| category::same_name(&c.name, category::TRACKED)) {
        return found(by_name, RuleId::Cat01);
    }
    let answer = TrackingCategory { name: category::TRACKED.to_owned(), standing: Standing::Missing };
    Decision::new(answer, RuleId::Cat01).because("category", category::TRACKED)
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
/// client shows at once. DEL-01 and DEL-02: a deletion on one side shows, and undoes nothing on the other.
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
    let answer = match (&situation.link, on, exists) {
        // Where the category could never be put on, the email is tracked in the CRM all the same.
        (Some(_), true, true)
        | (Some(Link { category: LinkCategory::Refused | LinkCategory::Off, .. }), false, true) => {
            Status::Tracked
        }
        (Some(_), _, false) => {
            return Decision::new(Status::RecordGone, RuleId::Del02);
        }
        (Some(Link { category: LinkCategory::Agreed, .. }), false, true) => Status::UntrackingPending,
        (None, true, _) => Status::TrackingPending,
        (None, false, _) => Status::NotTracked,
    };
    Decision::new(answer, RuleId::Cat24).because("category", &category.name)
}

/// What a wish aims at.
pub fn goal(wish: &Wish) -> Goal {
    match wish {
        Wish::Track { .. } => Goal::Track,
        Wish::Untrack { .. } => Goal::Untrack,
    }
}
