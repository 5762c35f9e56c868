//! What becomes of a wish that could not be carried out.

use crate::decision::{Decision, RuleId};
use crate::problem::{Code, Problem};
use crate::time::UtcMs;

/// What is done about a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Tried again by itself at this time.
    TryAgain(UtcMs),
    /// Not tried again: the user is told.
    Refuse,
}

/// Longest pause between two attempts: 5 minutes.
pub const LONGEST_PAUSE_MS: i64 = 300_000;
const FIRST_PAUSE_MS: i64 = 2_000;
/// Shortest wait that is taken at its word: `Retry-After` counts in seconds, and one of 0 (or a date that has
/// passed) would have us ask without end.
const SHORTEST_ASKED_MS: u64 = 1_000;
/// A `Retry-After` beyond a day is cut to a day: nobody waits for the year 2100.
const LONGEST_ASKED_MS: u64 = 86_400_000;

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
            let pause_ms = problem.retry_after_ms.map_or_else(
                || FIRST_PAUSE_MS.saturating_mul(1 << failed_attempts.min(20)).min(LONGEST_PAUSE_MS),
                |asked| {
                    i64::try_from(asked.clamp(SHORTEST_ASKED_MS, LONGEST_ASKED_MS))
                        .unwrap_or(LONGEST_PAUSE_MS)
                },
            );
            Fate::TryAgain(now.plus_ms(pause_ms))
        }
    };
    Decision::new(answer, rule).because("code", problem.code.as_str())
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
/// as unavailable for a while.
pub fn counts_as_failed(problem: &Problem) -> bool {
    kind(problem.code) != Kind::Throttled && problem.retry_after_ms.is_none()
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
