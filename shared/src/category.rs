//! The Outlook category that means *tracked*.

use serde::{Deserialize, Serialize};

/// The category's name in a mailbox that nobody renamed it in.
pub const TRACKED: &str = "Tracked to Dynamics 365";
/// The category of mail whose tracking failed for good (RET-03).
pub const UNDELIVERABLE: &str = "Tracked to Dynamics 365 (Undeliverable)";
/// Colour of the category when we create it: green.
pub const TRACKED_COLOR: &str = "preset4";

/// Id of a category in a mailbox's master list. It stays when the user renames the category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryId(pub String);

/// An entry of a mailbox's master category list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterCategory {
    pub id: CategoryId,
    /// Items carry this name, not the id.
    pub name: String,
}

/// A mailbox's tracking category as it was last seen, and what became of it in the master list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCategory {
    pub category: MasterCategory,
    pub life: CategoryLife,
}

/// Whether the tracking category belongs into the master list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryLife {
    Kept,
    /// We took it out of the list when category tracking was turned off (CAT-19), or no cycle has kept it there yet.
    NotKept,
}

/// A mailbox's master category list, as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterList {
    Readable(Vec<MasterCategory>),
    /// The caller may read the mailbox's mail, but not its list: a delegate.
    Hidden,
}

/// Whether two category names are one: Outlook compares them without regard to case.
pub fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Whether `name` is among an item's categories.
pub fn contains(categories: &[String], name: &str) -> bool {
    categories.iter().any(|c| same_name(c, name))
}

/// The item's categories with `name` put on; unchanged when it stands there in any case.
pub fn with(categories: &[String], name: &str) -> Vec<String> {
    let mut all = categories.to_vec();
    if !contains(categories, name) {
        all.push(name.to_owned());
    }
    all
}

/// The item's categories without any of `names`.
pub fn without(categories: &[String], names: &[&str]) -> Vec<String> {
    categories.iter().filter(|c| !names.iter().any(|n| same_name(c, n))).cloned().collect()
}
