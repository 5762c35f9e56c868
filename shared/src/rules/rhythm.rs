//! How often a mailbox is looked through.

use crate::decision::{Decision, RuleId};
use crate::time::UtcMs;

/// FRQ-01: a mailbox is normally synchronized every 5 minutes.
pub const NORMAL_MS: i64 = 300_000;
/// FRQ-02: with much mail, every 2 minutes.
pub const BUSY_MS: i64 = 120_000;
/// FRQ-03: at least every 12 minutes.
pub const QUIET_MS: i64 = 720_000;
/// So many changes within the last hour are much mail.
pub const MUCH: u32 = 30;
/// Changes are counted over an hour: a mailbox that had none in it begins to be quiet,
const QUIET_FROM_MS: i64 = 3_600_000;
/// and after one more hour it is as quiet as can be.
const QUIETEST_FROM_MS: i64 = 7_200_000;

/// What happened in a mailbox lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activity {
    /// Messages that were new or changed within the last hour.
    pub changes: u32,
    /// When the last of them was seen; `None`: none since the service knows the mailbox.
    pub last_change: Option<UtcMs>,
}

/// Time from one cycle of a mailbox to the next.
///
/// FRQ-02: from 5 minutes it falls to 2 as the changes of the last hour approach 30; FRQ-03: without any, it grows
/// to 12 as the last change lies between one and two hours back. FRQ-01: 5 minutes otherwise.
pub fn interval_ms(activity: Activity, now: UtcMs) -> Decision<i64> {
    let changes = i64::from(activity.changes.min(MUCH));
    if changes > 0 {
        let interval = NORMAL_MS - (NORMAL_MS - BUSY_MS) * changes / i64::from(MUCH);
        let rule = if activity.changes >= MUCH { RuleId::Frq02 } else { RuleId::Frq01 };
        return Decision::new(interval, rule).because("changes", activity.changes);
    }
    let since = activity.last_change.map_or(QUIETEST_FROM_MS, |at| now.since_ms(at));
    let quiet = since.clamp(QUIET_FROM_MS, QUIETEST_FROM_MS) - QUIET_FROM_MS;
    let interval = NORMAL_MS + (QUIET_MS - NORMAL_MS) * quiet / (QUIETEST_FROM_MS - QUIET_FROM_MS);
    Decision::new(interval, RuleId::Frq03)
}
