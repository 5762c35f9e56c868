//! Who the people on a mail are in the CRM.

use crate::decision::{Decision, RuleId};
use crate::item::SmtpAddress;
use crate::party::{Candidate, Chosen, Correspondent, Party, RecordState, Role};
use crate::problem::{Code, Problem};
use crate::regarding::RecordRef;
use crate::settings::{Settings, SeveralSenders};
use uuid::Uuid;

/// More matches than this leave a sender unresolved.
pub const MAX_SENDER_MATCHES: usize = 100;

/// Tables of those whom mail is about.
pub const CUSTOMERS: [&str; 3] = ["lead", "contact", "account"];

/// Tables in the order in which a sender is searched.
const SENDER_ORDER: [&str; 7] =
    ["systemuser", "contact", "account", "lead", "equipment", "team", "businessunit"];

/// The one record a sender is.
///
/// PPL-01: searched in the order user, contact, account, lead, equipment, team, business unit; a record
/// owned by the tracking user wins over the order; more than 100 matches stay unresolved, and with
/// `UnresolveSenderInCaseOfMultipleMatch` so do several.
pub fn resolve_sender(
    address: &SmtpAddress,
    candidates: &[Candidate],
    tracking_user: Option<Uuid>,
    settings: &Settings,
) -> Decision<Option<RecordRef>> {
    let mut matches = active_matches(address, candidates);
    matches.retain(|c| rank(c) < SENDER_ORDER.len());
    let unresolved = matches.len() > MAX_SENDER_MATCHES
        || (matches.len() > 1 && settings.several_senders == SeveralSenders::Unresolve);
    let owned = |c: &Candidate| c.owner.is_some() && c.owner == tracking_user;
    let first = matches.iter().min_by_key(|c| (!owned(c), rank(c), c.record.key.id));
    let answer = first.filter(|_| !unresolved).map(|c| c.record.clone());
    Decision::new(answer, RuleId::Ppl01).because("address", address).because("matches", matches.len())
}

/// All the records a recipient is.
///
/// PPL-02: recipients resolve to all active matches.
pub fn resolve_recipient(address: &SmtpAddress, candidates: &[Candidate]) -> Decision<Vec<RecordRef>> {
    let mut matches = active_matches(address, candidates);
    matches.sort_by_key(|c| (rank(c), c.record.key.id));
    let count = matches.len();
    let answer = matches.into_iter().map(|c| c.record.clone()).collect();
    Decision::new(answer, RuleId::Ppl02).because("address", address).because("matches", count)
}

/// Every record that somebody may be, in the order in which they are searched.
pub fn matches(correspondent: &Correspondent, candidates: &[Candidate]) -> Vec<RecordRef> {
    let mut matches = active_matches(&correspondent.address, candidates);
    if correspondent.role == Role::From {
        matches.retain(|c| rank(c) < SENDER_ORDER.len());
    }
    matches.sort_by_key(|c| (rank(c), c.record.key.id));
    matches.into_iter().map(|c| c.record.clone()).collect()
}

/// Whether a user may choose this record for an address on the message.
///
/// PPL-03: one of the records that match it, when there are several.
pub fn accept_choice(
    choice: &Chosen,
    correspondents: &[Correspondent],
    candidates: &[Candidate],
) -> Decision<Result<(), Problem>> {
    let offered = |c: &Correspondent| {
        let matches = matches(c, candidates);
        c.address == choice.address && matches.len() > 1 && matches.iter().any(|m| m.key == choice.record)
    };
    let answer = if correspondents.iter().any(offered) {
        Ok(())
    } else {
        let reason = "that record is none of several that match the address; open the message anew";
        Err(Problem::new(Code::BadRequest).because("reason", reason))
    };
    Decision::new(answer, RuleId::Ppl03).because("address", &choice.address)
}

/// The records one correspondent resolves to, by its role.
///
/// PPL-03: of several matches the one that the user chose once, as long as it is one of them.
pub fn resolve(
    correspondent: &Correspondent,
    candidates: &[Candidate],
    tracking_user: Option<Uuid>,
    settings: &Settings,
    chosen: &[Chosen],
) -> Decision<Vec<RecordRef>> {
    let matches = matches(correspondent, candidates);
    let choice = chosen.iter().find(|chosen| chosen.address == correspondent.address);
    let found = choice.and_then(|chosen| matches.iter().find(|record| record.key == chosen.record));
    if let Some(record) = found.filter(|_| matches.len() > 1) {
        return Decision::new(vec![record.clone()], RuleId::Ppl03)
            .because("address", &correspondent.address)
            .because("matches", matches.len());
    }
    match correspondent.role {
        Role::From => resolve_sender(&correspondent.address, candidates, tracking_user, settings)
            .map(|record| record.into_iter().collect()),
        Role::To | Role::Cc | Role::Bcc => resolve_recipient(&correspondent.address, candidates),
    }
}

/// The activity parties of a mail: one per record that a correspondent resolves to, or one unresolved.
/// The same record stands only once in a role, as the CRM demands.
pub fn parties(
    correspondents: &[Correspondent],
    candidates: &[Candidate],
    tracking_user: Option<Uuid>,
    settings: &Settings,
    chosen: &[Chosen],
) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    for c in correspondents {
        let party = |record| Party { role: c.role, address: c.address.clone(), name: c.name.clone(), record };
        let records = resolve(c, candidates, tracking_user, settings, chosen).answer;
        let resolved: Vec<Party> = if records.is_empty() {
            vec![party(None)]
        } else {
            records.into_iter().map(|r| party(Some(r))).collect()
        };
        for new in resolved {
            let twin = |p: &Party| {
                p.role == new.role
                    && match (&p.record, &new.record) {
                        (Some(a), Some(b)) => a.key == b.key,
                        (None, None) => p.address == new.address,
                        _ => false,
                    }
            };
            if !parties.iter().any(twin) {
                parties.push(new);
            }
        }
    }
    parties
}

fn active_matches<'a>(address: &SmtpAddress, candidates: &'a [Candidate]) -> Vec<&'a Candidate> {
    candidates.iter().filter(|c| c.address == *address && c.activity == RecordState::Active).collect()
}

/// Place in the sender's order; tables outside of it (queues, say) come last and are never a sender.
fn rank(candidate: &Candidate) -> usize {
    let table = candidate.record.key.table.as_str();
    SENDER_ORDER.iter().position(|t| *t == table).unwrap_or(SENDER_ORDER.len())
}
