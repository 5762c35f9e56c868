//! What is answered to *why?*: every rule behind what is shown, with its facts.
//!
//! One place, so that the pane's first answer and its last tell the same. It never hides a reason because it is not
//! nice to hear.

use super::accepting::{self, Filtering};
use super::untracking::{self, Choice};
use crate::decision::{Decision, Reason, RuleId};
use crate::email::CrmEmailId;
use crate::status::Status;
use crate::wish::Origin;

/// What an item's state rests on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    pub status: &'a Decision<Status>,
    /// How a wish for it has just ended, and by which door it had come in.
    pub ended: Option<(&'a Reason, Origin)>,
    /// Which category counts in the mailbox, where it was seen.
    pub category: Option<&'a Reason>,
    /// The email in the CRM that is this mail, whoever tracked it.
    pub email: Option<CrmEmailId>,
    /// What is asked when tracking stops.
    pub choices: &'a [Choice],
}

/// Why an item is as it is shown.
///
/// WHY-01: every decision that it rests on, each with its rule and facts: the status' own first, then how the wish
/// ended (INC-02: that the filter had no say in it, where a person asked by hand), the category, the one record
/// (INC-06), and the question that untracking asks (APP-06). None is told twice.
pub fn why(grounds: Grounds<'_>) -> Decision<Vec<Reason>> {
    let mut reasons = vec![grounds.status.reason()];
    let mut tell = |reason: Reason| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    if let Some((ended, origin)) = grounds.ended {
        tell(ended.clone());
        let filtered = accepting::filtering(origin);
        if filtered.answer == Filtering::Ignored && grounds.status.answer == Status::Tracked {
            tell(filtered.reason());
        }
    }
    grounds.category.cloned().map(&mut tell);
    if grounds.email.is_some() {
        tell(Decision::new((), RuleId::Inc06).reason());
    }
    let asked = untracking::must_ask(grounds.choices);
    if asked.answer {
        tell(asked.reason());
    }
    let told = reasons.len();
    Decision::new(reasons, RuleId::Why01).because("reasons", told)
}
