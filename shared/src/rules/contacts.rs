//! Adding somebody on a mail to the CRM as a contact.

use crate::decision::{Decision, RuleId};
use crate::party::{Candidate, ContactName, Correspondent, NewContact, RecordState};
use crate::problem::{Code, Problem};
use crate::regarding::{RecordRef, Table};

/// Longest first or last name, in characters; Dataverse `contact.firstname` and `lastname`.
pub const LONGEST_NAME: usize = 50;

/// Whether somebody of this name and address can become a contact.
///
/// PPL-04: with an address that can be one, and a last name; neither first nor last name longer than the CRM takes.
pub fn accept(contact: &NewContact) -> Decision<Result<(), Problem>> {
    let ContactName { first, last } = ContactName::of(&contact.name);
    let too_long = |name: &str| name.chars().count() > LONGEST_NAME;
    let reason = if last.is_empty() {
        Some("a contact needs a name")
    } else if too_long(&first) || too_long(&last) {
        Some("first and last name have at most 50 characters each")
    } else if contact.name.chars().any(char::is_control) {
        Some("a name has no control characters")
    } else if !contact.address.is_plausible() {
        Some("a contact needs an SMTP address")
    } else {
        None
    };
    let answer =
        reason.map_or(Ok(()), |reason| Err(Problem::new(Code::BadRequest).because("reason", reason)));
    Decision::new(answer, RuleId::Ppl04).because("address", &contact.address)
}

/// What is to be done so that somebody is a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adding {
    /// There is a contact with the address: ours from before, or somebody else was faster.
    Known(RecordRef),
    Create,
    /// Nobody on the message has the address.
    Stranger,
}

/// Whether a contact has to be made.
///
/// PPL-04: an unknown correspondent is added once: where a contact bears the address by now, that one is taken.
pub fn adding(
    contact: &NewContact,
    correspondents: &[Correspondent],
    candidates: &[Candidate],
) -> Decision<Adding> {
    let is_contact = |c: &&Candidate| {
        c.address == contact.address
            && c.activity == RecordState::Active
            && c.record.key.table == Table::contact()
    };
    let known = candidates.iter().filter(is_contact);
    let answer = match known.min_by_key(|c| (c.record.key.id != contact.id, c.record.key.id)) {
        _ if !correspondents.iter().any(|c| c.address == contact.address) => Adding::Stranger,
        Some(known) => Adding::Known(known.record.clone()),
        None => Adding::Create,
    };
    Decision::new(answer, RuleId::Ppl04).because("address", &contact.address)
}
