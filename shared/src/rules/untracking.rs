//! Stop tracking: what is asked, and what will happen.

use crate::decision::{Decision, RuleId};
use crate::plan::{ExchangeSeen, Situation};
use crate::problem::Problem;
use crate::rules::tracking::says_tracked;
use crate::wish::RecordFate;

/// One thing that untracking does, or leaves alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Outlook: the category comes off, the message stays.
    CategoryRemoved,
    /// Outlook: the message is not there any more; nothing to do.
    MessageAlreadyGone,
    /// CRM: the email stays as it is.
    RecordStays,
    /// CRM: the email is deleted.
    RecordDeleted,
    /// CRM: the email is not there any more; nothing to do.
    RecordAlreadyGone,
    /// The other mailboxes that track the same record lose it.
    OthersLoseRecord,
}

/// An answer to the question what shall become of the CRM record, with all that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub record: RecordFate,
    pub consequences: Vec<Decision<Consequence>>,
    /// Why the CRM would refuse it, as far as is known beforehand.
    pub refused: Option<Problem>,
}

/// What the user can choose from when tracking stops; empty when there is nothing to untrack.
///
/// APP-06 and UNT-01: the user is asked whether the CRM email is to be deleted too, wherever there is one.
/// WHY-02: each choice says beforehand what happens on each side. FRQ-06: a delete that the user's roles do
/// not allow is shown as such.
pub fn choices(situation: &Situation, delete_refused: Option<&Problem>, others: u32) -> Vec<Choice> {
    let on_message = match &situation.exchange {
        ExchangeSeen::Present { message, category } => says_tracked(&message.categories, category),
        ExchangeSeen::Gone => false,
    };
    if !on_message && situation.link.is_none() {
        return Vec::new();
    }
    let record = situation.tracked_email();
    let outlook = match situation.exchange {
        ExchangeSeen::Present { .. } => Decision::new(Consequence::CategoryRemoved, RuleId::Cat23),
        ExchangeSeen::Gone => Decision::new(Consequence::MessageAlreadyGone, RuleId::Del01),
    };
    let Some(_) = record else {
        let crm = Decision::new(Consequence::RecordAlreadyGone, RuleId::Del02);
        return vec![Choice { record: RecordFate::Keep, consequences: vec![outlook, crm], refused: None }];
    };
    let keep = Choice {
        record: RecordFate::Keep,
        consequences: vec![outlook.clone(), Decision::new(Consequence::RecordStays, RuleId::Unt01)],
        refused: None,
    };
    let mut consequences = vec![outlook, Decision::new(Consequence::RecordDeleted, RuleId::Unt01)];
    if others > 0 {
        consequences
            .push(Decision::new(Consequence::OthersLoseRecord, RuleId::Why02).because("others", others));
    }
    let delete = Choice { record: RecordFate::Delete, consequences, refused: delete_refused.cloned() };
    vec![keep, delete]
}

/// Whether the user must be asked before tracking stops (APP-06, UNT-01): where there is a record that could
/// be deleted.
pub fn must_ask(choices: &[Choice]) -> Decision<bool> {
    Decision::new(choices.iter().any(|c| c.record == RecordFate::Delete), RuleId::App06)
}
