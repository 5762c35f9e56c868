//! What may be wished of several messages at once.

use crate::api::{MANY_MAX, THREAD_MAX};
use crate::decision::{Decision, RuleId};
use crate::email::{Draft, Message};
use crate::problem::{Code, Problem};
use crate::wish::{RecordFate, RegardingWish, Wish};

/// Whether so many items can be worked on at once.
///
/// CAT-09: several selected items are tracked, each for itself; Outlook lets 100 be selected.
pub fn accept_count(count: usize) -> Decision<Result<(), Problem>> {
    let answer = match count {
        0 => Err(Problem::new(Code::BadRequest).because("reason", "no item is named")),
        1..=MANY_MAX => Ok(()),
        _ => {
            let reason = format!("at most {MANY_MAX} items can be worked on at once, these are {count}");
            Err(Problem::new(Code::BadRequest).because("reason", reason))
        }
    };
    Decision::new(answer, RuleId::Cat09).because("count", count)
}

/// Whether a wish may be one of several.
///
/// UNT-01: a record is deleted only by a choice made for it; whoever untracks several keeps all records. PPL-04: a
/// contact is somebody on one message.
pub fn accept(wish: &Wish) -> Decision<Result<(), Problem>> {
    let answer = match wish {
        Wish::Untrack { record: RecordFate::Delete } => Err(Problem::new(Code::BadRequest).because(
            "reason",
            "of several emails none is deleted in the CRM; open the message alone to delete its email",
        )),
        Wish::Track { regarding: RegardingWish::Create(_) } => {
            let reason = "a contact is added from one message; open it alone";
            let refused = Err(Problem::new(Code::BadRequest).because("reason", reason));
            return Decision::new(refused, RuleId::Ppl04);
        }
        Wish::Untrack { record: RecordFate::Keep } | Wish::Track { .. } => Ok(()),
    };
    Decision::new(answer, RuleId::Unt01)
}

/// The messages of a conversation that are tracked with it, and whether some are left out.
///
/// CAT-11: every email of the thread, as far as it was sent; of very long threads the newest.
pub fn of_thread(mut found: Vec<Message>) -> Decision<(Vec<Message>, Whole)> {
    found.retain(|message| message.draft == Draft::Sent);
    found.sort_by(|a, b| (b.received, &a.id).cmp(&(a.received, &b.id)));
    let whole = if found.len() > THREAD_MAX { Whole::No } else { Whole::Yes };
    found.truncate(THREAD_MAX);
    let count = found.len();
    Decision::new((found, whole), RuleId::Cat11).because("count", count)
}

/// Whether a thread is tracked as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    Yes,
    /// It has more messages than are tracked at once.
    No,
}

/// Whether a message of a thread has anything left to be wished.
///
/// CAT-11: what is tracked stays as it is, unless it shall be regarding another record.
pub fn is_to_be_tracked(stands: Stands, regarding: &RegardingWish) -> Decision<bool> {
    Decision::new(stands == Stands::Otherwise || *regarding != RegardingWish::Keep, RuleId::Cat11)
}

/// How a message of a thread stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Tracked, and nothing else is wished.
    Tracked,
    Otherwise,
}
