//! What becomes of a wish that could not be carried out.

use crate::decision::{Decision, Fact, RuleId};
use crate::problem::{Code, Problem};
use crate::time::UtcMs;
use crate::wish::Origin;

/// What is done about a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Tried again by itself at this time.
    TryAgain(UtcMs),
    /// Not tried again, and the message is marked as undeliverable (RET-03).
    GiveUp,
    /// Not tried again: the user is told.
    Refuse,
}

/// Longest pause between two attempts: 5 minutes.
pub const LONGEST_PAUSE_MS: i64 = 300_000;
const FIRST_PAUSE_MS: i64 = 2_000;
/// Shortest wait that is taken at its word: `Retry-After` counts in seconds, and one of 0 (or a date that has
/// passed) would have us ask without end.
const SHORTEST_ASKED_MS: i64 = 1_000;
/// A `Retry-After` beyond a day is cut to a day: nobody waits for the year 2100.
const LONGEST_ASKED_MS: i64 = 86_400_000;

/// How long the other side asks us to wait, if it does: a second at least, a day at most.
pub fn asked_ms(problem: &Problem) -> Option<i64> {
    let asked = |ms| i64::try_from(ms).unwrap_or(i64::MAX).clamp(SHORTEST_ASKED_MS, LONGEST_ASKED_MS);
    problem.retry_after_ms.map(asked)
}

/// Whether a wish is tried again, and when.
///
/// RET-06: being throttled is waiting, as long as the other side asks for (1 s at least), and no failed
/// attempt; what no retry can mend is refused at once, with its reason. FRQ-06: a missing privilege or licence
/// is such a refusal: the user's own rights decide. Outages are tried again after 2 s, 4 s, 8 s … 5 minutes.
pub fn fate(problem: &Problem, failed_attempts: u32, now: UtcMs) -> Decision<Fate> {
    let rule = rule(problem.code);
    let answer = match kind(problem.code) {
        Kind::Permanent => Fate::Refuse,
        Kind::Throttled | Kind::Outage => {
            let growing = || growing_ms(failed_attempts);
            Fate::TryAgain(now.plus_ms(asked_ms(problem).unwrap_or_else(growing)))
        }
    };
    Decision::new(answer, rule).because("code", problem.code.as_str())
}

/// 2 s, 4 s, 8 s … 5 minutes.
fn growing_ms(failed_attempts: u32) -> i64 {
    (FIRST_PAUSE_MS << failed_attempts.min(20)).min(LONGEST_PAUSE_MS)
}

/// Pause before tracking that was not asked for in the pane is tried again (RET-01): 15 minutes.
pub const RETRY_PAUSE_MS: i64 = 900_000;
/// How often it is tried again (RET-02).
pub const MOST_RETRIES: u32 = 5;

/// Whether a wish that came in by this door is tried again, and when. `failed_attempts`: how many had failed
/// before this one.
///
/// What a person clicked is waited for by somebody: [`fate`]. Whatever else is tracked follows RET: RET-01: tried
/// again after 15 minutes, RET-02: up to 5 times, RET-04: where a plug-in or a time-out of either side failed, the
/// sender was rejected, or a role is missing; RET-03: then given up. RET-06: waiting for a side that throttles, or
/// for an administrator to mend the mailbox, is no failed attempt; what no retry can mend is given up at once.
/// CAT-15: the record that a copy follows is looked for again within a minute, for it may not be shown yet.
pub fn fate_of(origin: Origin, problem: &Problem, failed_attempts: u32, now: UtcMs) -> Decision<Fate> {
    if origin == Origin::Pane {
        return fate(problem, failed_attempts, now);
    }
    let decided = |answer, rule| Decision::new(answer, rule).because("code", problem.code.as_str());
    let later = now.plus_ms(RETRY_PAUSE_MS);
    match mending(problem) {
        Mending::Waiting => fate(problem, failed_attempts, now),
        Mending::Mailbox => decided(Fate::TryAgain(later), RuleId::Mbx03),
        Mending::Retry | Mending::Lag if failed_attempts >= MOST_RETRIES => {
            decided(Fate::GiveUp, RuleId::Ret03)
        }
        Mending::Lag => decided(Fate::TryAgain(now.plus_ms(growing_ms(failed_attempts))), RuleId::Del02),
        Mending::Retry => {
            let rule = match (failed_attempts, kind(problem.code)) {
                (0, Kind::Permanent) => RuleId::Ret04,
                (0, _) => RuleId::Ret01,
                _ => RuleId::Ret02,
            };
            decided(Fate::TryAgain(later), rule)
        }
        Mending::Nothing => decided(Fate::GiveUp, RuleId::Ret06),
        Mending::Gone => decided(Fate::Refuse, RuleId::Del01),
    }
}

/// Whether an attempt that ended so is one of the five (RET-02), for a wish that came in by this door.
pub fn counts(origin: Origin, problem: &Problem) -> bool {
    match origin {
        Origin::Pane => counts_as_failed(problem),
        _ => matches!(mending(problem), Mending::Retry | Mending::Lag),
    }
}

/// What can mend a problem.
#[derive(PartialEq, Eq)]
enum Mending {
    /// Time, and the other side (or our own disk) says how much of it.
    Waiting,
    /// Somebody who mends the mailbox as a whole.
    Mailbox,
    /// Another attempt, perhaps (RET-04).
    Retry,
    /// A moment, perhaps: reads lag behind writes, and a record that was just made may not be shown yet.
    Lag,
    Nothing,
    /// There is nothing to track any more.
    Gone,
}

fn mending(problem: &Problem) -> Mending {
    if !counts_as_failed(problem) {
        return Mending::Waiting;
    }
    match problem.code {
        // What was sent does not fit the CRM's tables, and will not the next time.
        Code::CrmRefused if problem.facts.contains(&Fact::new("kind", "malformed")) => Mending::Nothing,
        Code::StoreDown | Code::StoreFull => Mending::Waiting,
        Code::SignedOut
        | Code::InteractionRequired
        | Code::ConsentRequired
        | Code::TenantNotEnrolled
        | Code::MailboxDenied
        | Code::MailboxGone => Mending::Mailbox,
        Code::CrmDown
        | Code::ExchangeDown
        | Code::EntraDown
        | Code::CrmRefused
        | Code::ExchangeRefused
        | Code::PrivilegeMissing
        | Code::NotLicensed
        | Code::Internal => Mending::Retry,
        Code::RecordGone => Mending::Lag,
        Code::MessageGone => Mending::Gone,
        _ => Mending::Nothing,
    }
}

/// The rule by which a problem ends or holds up a wish.
pub fn rule(code: Code) -> RuleId {
    match code {
        Code::PrivilegeMissing
        | Code::RecordHidden
        | Code::NotLicensed
        | Code::MailboxDenied
        | Code::RegardingGone => RuleId::Frq06,
        Code::WithoutActivities => RuleId::App04,
        _ => RuleId::Ret06,
    }
}

/// Whether an attempt that ended so counts as failed. RET-06: being asked to wait does not, be it as throttled or
/// as unavailable for a while. What waiting cannot mend does count, whatever was asked.
pub fn counts_as_failed(problem: &Problem) -> bool {
    match kind(problem.code) {
        Kind::Throttled => false,
        Kind::Outage => problem.retry_after_ms.is_none(),
        Kind::Permanent => true,
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Permanent,
    Throttled,
    Outage,
}

fn kind(code: Code) -> Kind {
    match code {
        Code::CrmThrottled | Code::ExchangeThrottled | Code::TooManyRequests => Kind::Throttled,
        Code::CrmDown | Code::ExchangeDown | Code::EntraDown | Code::StoreDown | Code::StoreFull => {
            Kind::Outage
        }
        Code::BadRequest
        | Code::SignedOut
        | Code::InteractionRequired
        | Code::ConsentRequired
        | Code::TenantNotEnrolled
        | Code::NotAdministrator
        | Code::NotLicensed
        | Code::MailboxDenied
        | Code::MailboxGone
        | Code::MessageGone
        | Code::MessageIsDraft
        | Code::CategoryRefused
        | Code::RegardingGone
        | Code::WithoutActivities
        | Code::RecordGone
        | Code::RecordHidden
        | Code::PrivilegeMissing
        | Code::CrmRefused
        | Code::ExchangeRefused
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::PayloadTooLarge
        | Code::Internal => Kind::Permanent,
    }
}
