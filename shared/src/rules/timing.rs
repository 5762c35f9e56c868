//! How often, and how soon.

use crate::decision::{Decision, RuleId};
use crate::time::UtcMs;

/// What can make an item due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A person tracked, untracked or set the regarding record of the item.
    Wish,
    /// A message said by its category, its folder or its arrival that it is to be tracked or untracked.
    Noticed,
    /// The service started and found work that was left.
    Restart,
    /// The time set for another attempt has come.
    Retry { due: UtcMs },
}

/// When the item is to be synchronized.
///
/// FRQ-04: what a person wished is done at once. FRQ-05: there is no trigger by which a person could ask for
/// a synchronization as such; a wish is the only thing people can send. NOW-01: what a category says takes effect
/// as soon as it is noticed.
pub fn due(trigger: Trigger, now: UtcMs) -> Decision<UtcMs> {
    match trigger {
        Trigger::Wish => Decision::new(now, RuleId::Frq04),
        Trigger::Noticed => Decision::new(now, RuleId::Now01),
        Trigger::Restart => Decision::new(now, RuleId::Frq05),
        Trigger::Retry { due } => Decision::new(due.max(now), RuleId::Why03),
    }
}
