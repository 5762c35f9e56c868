//! Which mailboxes synchronize, and what stops one.

use crate::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory, MasterList};
use crate::decision::{Decision, RuleId};
use crate::mailbox::{Approval, Operation, TestResult};
use crate::problem::{Code, Problem};
use crate::rules::failing;
use crate::rules::tracking::{Standing, tracking_category};
use crate::settings::{Settings, Switch};
use crate::time::UtcMs;

/// How often a passing error is tried again before it stops the mailbox (MBX-03).
pub const MOST_FAILURES: u32 = 10;
/// Pause between these attempts (MBX-03): 5 minutes.
pub const FAILURE_PAUSE_MS: i64 = 300_000;

/// Whether a mailbox is synchronized. For mail the same holds as CFG-01 and CFG-02 say for other items.
///
/// CFG-01: its address is approved; CFG-02: it was tested, with success, and enabled.
pub fn synchronizes(approval: Approval, incoming: &TestResult, operation: &Operation) -> Decision<bool> {
    if approval != Approval::Approved {
        return Decision::new(false, RuleId::Cfg01);
    }
    let enabled = *incoming == TestResult::Success && *operation == Operation::On;
    Decision::new(enabled, RuleId::Cfg02)
}

/// What becomes of a mailbox whose cycle failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxFate {
    /// Tried again at this time; whether that was one of the ten.
    TryAgain { at: UtcMs, counts: bool },
    /// Stopped, until somebody starts it again.
    Stop,
}

/// What becomes of a mailbox whose cycle failed for the `failures`th time in a row, counted before this one.
///
/// MBX-03: a permanent error stops it at once with the reason; a passing one is tried 10 times, 5 minutes apart, and
/// then stops it. RET-06: being asked to wait is neither, and is obeyed however long it is.
pub fn after_failure(problem: &Problem, failures: u32, now: UtcMs) -> Decision<MailboxFate> {
    let decided = |answer, rule| Decision::new(answer, rule).because("code", problem.code.as_str());
    if matches!(problem.code, Code::StoreDown | Code::StoreFull) || !failing::counts_as_failed(problem) {
        let at = now.plus_ms(failing::asked_ms(problem).unwrap_or(FAILURE_PAUSE_MS));
        return decided(MailboxFate::TryAgain { at, counts: false }, RuleId::Ret06);
    }
    let permanent = matches!(
        problem.code,
        Code::MailboxDenied
            | Code::MailboxGone
            | Code::ConsentRequired
            | Code::SignedOut
            | Code::InteractionRequired
            | Code::NotLicensed
            | Code::TenantNotEnrolled
    );
    if permanent || failures >= MOST_FAILURES {
        return decided(MailboxFate::Stop, RuleId::Mbx03);
    }
    let at = now.plus_ms(FAILURE_PAUSE_MS);
    decided(MailboxFate::TryAgain { at, counts: true }, RuleId::Mbx03)
}

/// What the master list needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    Nothing,
    /// The category is there; known under a new name or id from now on.
    Learn(KnownCategory),
    Create {
        name: String,
    },
    /// Category tracking is off: the category leaves the list. What stands on items stays.
    Remove(RemovalPermit),
}

/// Where a mailbox is read on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From where it was read to last.
    On,
    /// From the beginning: all that lies there.
    FromStart,
}

/// Whether a mailbox is read from its beginning, now that its category is known to be this.
///
/// CAT-18: from when category tracking is on, the category counts, also on what bore it before: cycles that ran while
/// it was off passed over that, and Exchange tells of no change twice.
pub fn reading(before: Option<&KnownCategory>, now: &KnownCategory) -> Decision<Reading> {
    let kept = |known: &KnownCategory| known.life == CategoryLife::Kept;
    let begins = kept(now) && !before.is_some_and(kept);
    Decision::new(if begins { Reading::FromStart } else { Reading::On }, RuleId::Cat18)
}

/// Permission to take the tracking category off one mailbox's master list. Only [`upkeep`] makes it, from the
/// organization's setting and a category that is in the list and ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalPermit {
    category: CategoryId,
}

impl RemovalPermit {
    /// The category that may be removed.
    pub fn category(&self) -> &CategoryId {
        &self.category
    }
}

/// What a mailbox's master category list needs.
///
/// CAT-01: the category is created where it is missing, and one made by hand under its name is adopted; CAT-14: also
/// when somebody deleted it; CAT-13: renamed, it is known by its id. CAT-18: `TrackCategorizedItems` turns it on and
/// off; CAT-19: turned off, it leaves the list, once; CAT-20: and stays out of it.
pub fn upkeep(master: &MasterList, known: Option<&KnownCategory>, settings: &Settings) -> Decision<Upkeep> {
    let found = tracking_category(master, known.map(|k| &k.category));
    let decided = |answer, rule| Decision::new(answer, rule).because("category", &found.answer.name);
    let seen = match &found.answer.standing {
        Standing::Unreadable => return decided(Upkeep::Nothing, found.rule),
        Standing::Missing => None,
        Standing::InMasterList(id) => {
            Some(MasterCategory { id: id.clone(), name: found.answer.name.clone() })
        }
    };
    match (settings.track_categorized, seen) {
        (Switch::On, None) => {
            let deleted = known.is_some_and(|known| known.life == CategoryLife::Kept);
            let rule = if deleted { RuleId::Cat14 } else { RuleId::Cat01 };
            decided(Upkeep::Create { name: found.answer.name.clone() }, rule)
        }
        (Switch::On, Some(category)) => {
            let now = KnownCategory { category, life: CategoryLife::Kept };
            let answer = if known == Some(&now) { Upkeep::Nothing } else { Upkeep::Learn(now) };
            decided(answer, found.rule)
        }
        (Switch::Off, seen) => {
            let kept = known.filter(|known| known.life == CategoryLife::Kept);
            match (kept, seen) {
                (Some(kept), Some(category)) if kept.category.id == category.id => {
                    let permit = RemovalPermit { category: category.id };
                    decided(Upkeep::Remove(permit), RuleId::Cat19)
                }
                // Ours is gone already. One of the same name was made by hand: it is the user's own.
                (Some(kept), _) => {
                    let life = CategoryLife::NotKept;
                    let gone = KnownCategory { category: kept.category.clone(), life };
                    decided(Upkeep::Learn(gone), RuleId::Cat20)
                }
                // Made by hand after ours left the list, or before we ever kept it.
                (None, Some(_)) => decided(Upkeep::Nothing, RuleId::Cat18),
                (None, None) => decided(Upkeep::Nothing, RuleId::Cat20),
            }
        }
    }
}
