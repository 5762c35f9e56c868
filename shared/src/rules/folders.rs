//! Which folders can be mapped to tracking, and by whom.

use crate::decision::{Decision, RuleId};
use crate::mailbox::MailboxKind;
use crate::problem::{Code, Problem};

/// Folders that one mailbox may map.
pub const MOST_MAPPED: u32 = 25;

/// Whose mailbox it is, to whoever wants to map its folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Oneself,
    SomebodyElse,
}

/// What Exchange made a folder for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The user's own: mail is moved there.
    Filing,
    /// Inbox, sent items, drafts and the like, which fill by themselves.
    System,
}

/// Whether somebody may map folders of a mailbox.
///
/// FLD-01: a user maps folders of their own mailbox; not for queues.
pub fn accept_mailbox(owner: Owner, kind: Option<MailboxKind>) -> Decision<Result<(), Problem>> {
    let reason = match (owner, kind) {
        (_, Some(MailboxKind::Queue)) => Some("folders of a queue's mailbox cannot be mapped"),
        (Owner::SomebodyElse, _) => Some("folders are mapped by the mailbox's own user"),
        (Owner::Oneself, Some(MailboxKind::User) | None) => None,
    };
    let answer =
        reason.map_or(Ok(()), |reason| Err(Problem::new(Code::BadRequest).because("reason", reason)));
    Decision::new(answer, RuleId::Fld01)
}

/// Whether a folder can be mapped.
///
/// FLD-01: a folder that mail is moved to; one that fills by itself would track everything.
pub fn accept_folder(purpose: Purpose) -> Decision<Result<(), Problem>> {
    let answer = match purpose {
        Purpose::Filing => Ok(()),
        Purpose::System => Err(Problem::new(Code::BadRequest)
            .because("reason", "only folders that you file mail into can be mapped")),
    };
    Decision::new(answer, RuleId::Fld01)
}

/// What is said when all places are taken (FLD-01).
pub fn too_many() -> Problem {
    let reason = format!("at most {MOST_MAPPED} folders can be mapped; stop tracking another one first");
    Problem::new(Code::BadRequest).because("reason", reason)
}
