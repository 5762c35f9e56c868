//! Effects are written down before they are sent; one that may have been sent before is looked for first.

use super::look::Seen;
use crate::outcome::Failure;
use crate::store::ItemKey;
use crate::store::{BegunEffect, Clearance, EffectEnd, NewEffect};
use shared::plan::{CategoryChange, Step};
use uuid::Uuid;

/// Evidence that both sides were looked at by the present holder of the lease. Only a [`Seen`] gives it, and it
/// lasts as long as that look is worked on: an effect of unknown end ends both.
#[derive(Debug)]
pub struct Probe(());

impl Probe {
    /// What was just seen is the probe: the plan asks for an effect only where it is not there.
    pub fn by(_: &Seen) -> Self {
        Self(())
    }
}

/// The right to send one effect.
#[derive(Debug)]
pub struct Permission {
    id: Uuid,
}

impl Permission {
    /// For an effect that is written down. One that may have been sent before needs the probe.
    pub fn of(begun: &BegunEffect, probe: &Probe) -> Self {
        match begun.clearance {
            Clearance::Clear => {}
            Clearance::ProbeFirst => {
                let Probe(()) = *probe;
            }
        }
        Self { id: begun.id }
    }

    /// How the effect ended, for the ledger.
    pub fn ended<T>(self, result: &Result<T, Failure>) -> (Uuid, EffectEnd) {
        let end = match result {
            Ok(_) => EffectEnd::Confirmed,
            Err(Failure::Refused(_) | Failure::NotDone(_) | Failure::Conflict) => EffectEnd::Refused,
            Err(Failure::Unknown(_)) => EffectEnd::Unknown,
        };
        (self.id, end)
    }
}

/// A step as the ledger knows it.
pub fn effect(step: &Step, key: &ItemKey) -> NewEffect {
    let mailbox = key.mailbox.0;
    match step {
        Step::CreateMasterCategory { name } => {
            NewEffect { key: format!("master:{mailbox}:{name}"), kind: "master.create" }
        }
        Step::SetCategories { change, .. } => {
            let kind = category_kind(*change);
            NewEffect { key: format!("{kind}:{mailbox}:{}", key.item), kind }
        }
        Step::CreateContact(new) => NewEffect { key: format!("contact:{}", new.id), kind: "contact.create" },
        Step::PromoteEmail(new) => NewEffect { key: new.key.clone(), kind: "email.promote" },
        Step::SetRegarding { email, regarding, .. } => {
            let target = regarding.as_ref().map_or_else(|| "-".to_owned(), |r| r.key.id.to_string());
            NewEffect { key: format!("regarding:{}:{target}", email.0), kind: "email.regarding" }
        }
        Step::DeleteEmail(permit) => {
            NewEffect { key: format!("delete:{}", permit.email().0), kind: "email.delete" }
        }
    }
}

fn category_kind(change: CategoryChange) -> &'static str {
    match change {
        CategoryChange::Assign => crate::store::CATEGORY_ASSIGN,
        CategoryChange::Remove => "category.remove",
        CategoryChange::GiveUp => crate::store::CATEGORY_GIVE_UP,
        CategoryChange::TakeBack => "category.take-back",
    }
}
