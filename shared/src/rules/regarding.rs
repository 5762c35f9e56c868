//! The record that an email is regarding.

use crate::decision::{Decision, RuleId};
use crate::problem::{Code, Problem};
use crate::regarding::{Activities, RecordRef};
use crate::wish::RegardingWish;
use serde::{Deserialize, Serialize};

/// The record that was chosen, as the CRM shows it to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetSeen {
    Present {
        record: RecordRef,
        activities: Activities,
    },
    /// Deleted, or not for this user's eyes.
    Gone,
}

/// Whether an email may be regarding the chosen record.
///
/// APP-04: any existing record whose table has activities. A record that the user cannot read counts as gone
/// (FRQ-06), so that nobody learns of it.
pub fn accept(chosen: &RecordRef, seen: &TargetSeen) -> Decision<Result<RecordRef, Problem>> {
    match seen {
        TargetSeen::Present { record, activities: Activities::Allowed } => {
            Decision::new(Ok(record.clone()), RuleId::App04).because("record", &record.name)
        }
        TargetSeen::Present { record, activities: Activities::NotAllowed } => {
            let problem = Problem::new(Code::WithoutActivities)
                .because("table", &record.key.table)
                .because("record", &record.name);
            Decision::new(Err(problem), RuleId::App04).because("record", &record.name)
        }
        TargetSeen::Gone => {
            let problem = Problem::new(Code::RegardingGone).because("record", &chosen.name);
            Decision::new(Err(problem), RuleId::Frq06).because("record", &chosen.name)
        }
    }
}

/// What the regarding record shall be after tracking, given what it is.
///
/// APP-05: tracking needs no regarding record, and setting one tracks the item.
pub fn wanted(wish: &RegardingWish, present: Option<&RecordRef>) -> Decision<Option<RecordRef>> {
    let answer = match wish {
        // A contact that is to be made is the regarding record once it is there.
        RegardingWish::Keep | RegardingWish::Create(_) => present.cloned(),
        RegardingWish::Clear => None,
        RegardingWish::Set(record) => Some(record.clone()),
    };
    let name = answer.as_ref().map_or_else(|| "-".to_owned(), |r| r.name.clone());
    Decision::new(answer, RuleId::App05).because("record", name)
}
