//! One record per mail.

use crate::decision::{Decision, RuleId};
use crate::email::{CrmEmail, CrmEmailId, Direction, InternetMessageId};
use crate::settings::{Settings, TwoActivities};
use uuid::Uuid;

/// Namespace of the ids of promoted emails; an arbitrary constant that must never change.
const PROMOTED: Uuid = Uuid::from_u128(0x7e7a_6d0c_9d0e_5f0a_9a55_5d2c_3c1e_8b41);

/// Whether a mail has its record already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promotion {
    /// This record is it.
    Existing(CrmEmailId),
    /// There is none: create it under this id.
    Create(CrmEmailId),
}

/// Which record a mail is, or is to become.
///
/// INC-06: one email record per internet message id and organization; with *two activities* on, one per
/// direction. The id of a new record is computed from just that, so that two mailboxes that promote the same
/// mail at the same moment name the same record and the CRM refuses the second.
pub fn promotion(
    organization: Uuid,
    message_id: &InternetMessageId,
    direction: Direction,
    existing: &[CrmEmail],
    settings: &Settings,
) -> Decision<Promotion> {
    let id = promoted_id(organization, message_id, direction, settings);
    let same = |e: &&CrmEmail| match settings.two_activities {
        TwoActivities::On => e.direction == direction,
        TwoActivities::Off => true,
    };
    let mut candidates: Vec<_> = existing.iter().filter(same).map(|e| e.id).collect();
    candidates.sort_unstable();
    let existing = candidates.iter().find(|e| **e == id).or(candidates.first());
    let answer = existing.map_or(Promotion::Create(id), |e| Promotion::Existing(*e));
    Decision::new(answer, RuleId::Inc06)
}

/// The id under which a mail's record is created.
pub fn promoted_id(
    organization: Uuid,
    message_id: &InternetMessageId,
    direction: Direction,
    settings: &Settings,
) -> CrmEmailId {
    let facts = promotion_key(organization, message_id, direction, settings);
    CrmEmailId(Uuid::new_v5(&PROMOTED, facts.as_bytes()))
}

/// The key under which the promotion stands in the ledger.
pub fn promotion_key(
    organization: Uuid,
    message_id: &InternetMessageId,
    direction: Direction,
    settings: &Settings,
) -> String {
    let direction = match (settings.two_activities, direction) {
        (TwoActivities::Off, _) => "any",
        (TwoActivities::On, Direction::Incoming) => "incoming",
        (TwoActivities::On, Direction::Outgoing) => "outgoing",
    };
    format!("promote:{organization}:{direction}:{}", message_id.0)
}
