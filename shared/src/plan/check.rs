//! Proves a plan complete and permitted before any of it is sent.

use super::{
    CategoryChange, ExchangeSeen, OpenWish, Outcome, Plan, Situation, Step, overtaken, plan, wished,
};
use crate::category::{UNDELIVERABLE, same_name};
use crate::email::Message;
use crate::party::{Candidate, NewContact, RecordState};
use crate::regarding::Table;
use crate::rules::tracking::says_tracked;
use crate::settings::Switch;
use crate::wish::{Origin, RecordFate, RegardingWish, Wish};
use std::fmt;

/// More rounds than any wish can need: each round ends at least one difference.
pub const MAX_ROUNDS: usize = 8;

/// What is wrong with a plan. A flaw is a bug of the planner: the plan is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A deletion without the user's choice, or of another record than the one tracked.
    ForbiddenDeletion,
    /// A contact that nobody asked for, or that there is already.
    UnwishedContact,
    /// Two steps of one plan touch the same thing.
    Collision,
    /// Categories other than the tracking one would be lost or added.
    ForeignCategories,
    /// Carried out in full, the plan would not end.
    Endless,
    /// The wish would be called fulfilled while something is missing.
    Incomplete,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flaw::ForbiddenDeletion => "the plan deletes what it may not delete",
            Flaw::UnwishedContact => "the plan adds a contact that it may not add",
            Flaw::Collision => "two steps of the plan touch the same thing",
            Flaw::ForeignCategories => "the plan changes categories that are not ours",
            Flaw::Endless => "the plan does not end",
            Flaw::Incomplete => "the plan ends with something missing",
        })
    }
}

impl std::error::Error for Flaw {}

/// Proves the plan for a situation: every step is permitted, no two collide, and carrying all of them out
/// leads, in a bounded number of rounds, to an end that keeps its promise.
pub fn check(situation: &Situation) -> Result<(), Flaw> {
    prove(situation, plan)
}

/// Proves the plans that `planner` makes, from this situation to the end.
pub fn prove(situation: &Situation, planner: impl Fn(&Situation) -> Option<Plan>) -> Result<(), Flaw> {
    let mut now = situation.clone();
    for _ in 0..MAX_ROUNDS {
        match planner(&now) {
            None => return Ok(()),
            Some(Plan::Settle(settlement)) => {
                let kept = settlement.outcome != Outcome::Fulfilled || promise_kept(&now);
                return if kept { Ok(()) } else { Err(Flaw::Incomplete) };
            }
            Some(Plan::Do(steps)) => {
                for (step, _) in &steps {
                    permitted(&now, step)?;
                }
                no_collision(steps.iter().map(|(s, _)| s))?;
                now = steps.iter().fold(now, |s, (step, _)| s.after(step));
            }
        }
    }
    Err(Flaw::Endless)
}

fn permitted(s: &Situation, step: &Step) -> Result<(), Flaw> {
    match step {
        Step::DeleteEmail(permit) => {
            let chosen = s.wish.as_ref().is_some_and(chose_deletion);
            let tracked = s.tracked_email().is_some_and(|e| e.id == permit.email());
            if chosen && tracked { Ok(()) } else { Err(Flaw::ForbiddenDeletion) }
        }
        Step::SetCategories { categories, change, .. } => {
            let ExchangeSeen::Present { message, category } = &s.exchange else {
                return Err(Flaw::ForeignCategories);
            };
            let marks = |c: &str| same_name(c, UNDELIVERABLE);
            let foreign = |all: &[String]| -> Vec<String> {
                let ours = |c: &String| says_tracked(std::slice::from_ref(c), category) || marks(c);
                all.iter().filter(|c| !ours(c)).cloned().collect()
            };
            let marked = |all: &[String]| all.iter().any(|c| marks(c));
            let tracked = says_tracked(categories, category);
            let as_before = marked(categories) == marked(&message.categories);
            let kept = match change {
                CategoryChange::Assign => tracked && as_before,
                CategoryChange::Remove => !tracked && as_before,
                CategoryChange::GiveUp => !tracked && marked(categories) && s.link.is_none(),
                CategoryChange::TakeBack => {
                    !marked(categories) && tracked == says_tracked(&message.categories, category)
                }
            };
            if foreign(categories) == foreign(&message.categories) && kept {
                Ok(())
            } else {
                Err(Flaw::ForeignCategories)
            }
        }
        Step::CreateContact(new) => {
            let wished = s.wish.as_ref().and_then(contact_of);
            let on_it = |message: &Message| message.correspondents.iter().any(|c| c.address == new.address);
            let on_message = matches!(&s.exchange, ExchangeSeen::Present { message, .. } if on_it(message));
            if wished == Some(new) && on_message && !has_contact(s, new) {
                Ok(())
            } else {
                Err(Flaw::UnwishedContact)
            }
        }
        Step::CreateMasterCategory { .. } | Step::PromoteEmail(_) | Step::SetRegarding { .. } => Ok(()),
    }
}

fn no_collision<'a>(steps: impl Iterator<Item = &'a Step>) -> Result<(), Flaw> {
    let mut touched: Vec<&str> = Vec::new();
    for step in steps {
        let what = match step {
            Step::CreateMasterCategory { .. } => "master list",
            Step::SetCategories { .. } => "message",
            Step::CreateContact(_) => "contact",
            Step::PromoteEmail(_) | Step::SetRegarding { .. } | Step::DeleteEmail(_) => "record",
        };
        if touched.contains(&what) {
            return Err(Flaw::Collision);
        }
        touched.push(what);
    }
    Ok(())
}

fn promise_kept(s: &Situation) -> bool {
    let on = match &s.exchange {
        ExchangeSeen::Present { message, category } => says_tracked(&message.categories, category),
        ExchangeSeen::Gone => false,
    };
    let Some(open) = &s.wish else { return true };
    if overtaken(s, open).is_some() {
        return true;
    }
    let promised = on || s.settings.track_categorized == Switch::Off;
    match &wished(s, open) {
        Wish::Track { regarding: RegardingWish::Create(contact) } if !has_contact(s, contact) => false,
        Wish::Track { .. } => promised && (s.tracked_email().is_some() || s.existing_email().is_some()),
        Wish::Untrack { .. } => !on && (!chose_deletion(open) || s.tracked_email().is_none()),
    }
}

/// The contact that a person asked for, which happens in the pane alone.
fn contact_of(open: &OpenWish) -> Option<&NewContact> {
    match &open.wish {
        Wish::Track { regarding: RegardingWish::Create(contact) } if open.origin == Origin::Pane => {
            Some(contact)
        }
        _ => None,
    }
}

fn has_contact(s: &Situation, contact: &NewContact) -> bool {
    let is_it = |c: &Candidate| c.address == contact.address && c.record.key.table == Table::contact();
    s.crm.candidates.iter().any(|c| is_it(c) && c.activity == RecordState::Active)
}

/// Whether a person was asked about the record, which happens in the pane alone, and chose to delete it.
fn chose_deletion(open: &OpenWish) -> bool {
    open.origin == Origin::Pane && matches!(open.wish, Wish::Untrack { record: RecordFate::Delete })
}
