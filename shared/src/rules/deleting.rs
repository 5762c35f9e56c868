//! What may be deleted, and on what evidence.

use crate::decision::{Decision, Reason, RuleId};
use crate::email::CrmEmailId;
use crate::plan::{OpenWish, Situation};
use crate::wish::{Origin, RecordFate, Wish};

/// Permission to delete one CRM email. Only this chapter makes it, from a person's explicit choice and a
/// record seen in the CRM; never because something is absent.
///
/// ```compile_fail,E0451
/// # fn forged(email: shared::email::CrmEmailId, reason: shared::decision::Reason) {
/// shared::rules::deleting::DeletePermit { email, reason };
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePermit {
    email: CrmEmailId,
    reason: Reason,
}

impl DeletePermit {
    /// The record that may be deleted.
    pub fn email(&self) -> CrmEmailId {
        self.email
    }

    /// The rule and the facts that allow it.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// Whether the CRM email may be deleted now.
///
/// UNT-01: only where the user who stops tracking chose so when asked, which is in the pane, and the email is the
/// one this message is tracked as. DEL-01: a message deleted in Outlook is no such choice, and a category taken off
/// is none either (CAT-06): the CRM email stays.
pub fn permit(situation: &Situation) -> Decision<Option<DeletePermit>> {
    let chose = |w: &OpenWish| {
        w.origin == Origin::Pane && matches!(w.wish, Wish::Untrack { record: RecordFate::Delete })
    };
    if !situation.wish.as_ref().is_some_and(chose) {
        return Decision::new(None, RuleId::Del01);
    }
    let Some(email) = situation.tracked_email() else {
        return Decision::new(None, RuleId::Unt01);
    };
    let decision = Decision::new((), RuleId::Unt01).because("email", email.id.0);
    let permit = DeletePermit { email: email.id, reason: decision.reason() };
    decision.map(|()| Some(permit))
}
