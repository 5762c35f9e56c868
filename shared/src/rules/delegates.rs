//! Working in somebody else's mailbox.

use crate::category::{MasterCategory, MasterList, same_name};
use crate::decision::{Decision, RuleId};
use crate::rules::tracking::{Standing, tracking_category};

/// What is known of one mailbox's tracking category.
#[derive(Debug, Clone, Copy)]
pub struct CategoryOf<'a> {
    /// The list, as the delegate sees it.
    pub list: &'a MasterList,
    /// The category as it was last seen there.
    pub known: Option<&'a MasterCategory>,
}

/// Whether two mailboxes call the tracking category by the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Same,
    Differ,
}

/// Compares the delegate's name for the tracking category with the owner's.
///
/// CAT-26: the category must bear the same name for both; where the names differ, the App warns and names both. A
/// list that has no such category, or that nobody ever saw, names nothing that could differ.
pub fn names_differ(yours: CategoryOf<'_>, owners: CategoryOf<'_>) -> Decision<Names> {
    let (Some(yours), Some(owners)) = (name(yours), name(owners)) else {
        return Decision::new(Names::Same, RuleId::Cat26);
    };
    let names = if same_name(&yours, &owners) { Names::Same } else { Names::Differ };
    Decision::new(names, RuleId::Cat26).because("yours", yours).because("owners", owners)
}

fn name(of: CategoryOf<'_>) -> Option<String> {
    let category = tracking_category(of.list, of.known).answer;
    match category.standing {
        Standing::InMasterList(_) => Some(category.name),
        Standing::Unreadable => of.known.map(|known| known.name.clone()),
        Standing::Missing => None,
    }
}
