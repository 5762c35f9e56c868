//! App roles: what an API calls the powers that Entra hands out, and who holds them.
//!
//! <https://learn.microsoft.com/entra/identity-platform/howto-add-app-roles-in-apps>. A role is assigned to people
//! and to service principals alike, by object id; whoever holds it has it in the claim `roles` of every access
//! token for that API.

use super::Directory;
use super::registration::APP_PRINCIPAL_OID;
use crate::company::DAN;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The role of those who administer the program under trial.
pub const ADMINISTER: &str = "Regarding.Administer";

/// A role of the API of the program under trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AppRole {
    /// As it stands in tokens.
    pub value: String,
    /// Object ids of people and service principals.
    holders: BTreeSet<String>,
}

/// Whether somebody has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Assignment {
    Given,
    Withdrawn,
}

/// Dan administers, who has no licence in the CRM, and so does the app itself.
pub(super) fn seed() -> Vec<AppRole> {
    let holders = [DAN.oid, APP_PRINCIPAL_OID].map(str::to_owned);
    vec![AppRole { value: ADMINISTER.to_owned(), holders: holders.into() }]
}

impl Directory {
    /// The roles of a person or a service principal, by object id.
    pub(super) fn roles_of(&self, oid: &str) -> Vec<String> {
        let held = self.app_roles.iter().filter(|role| role.holders.contains(oid));
        held.map(|role| role.value.clone()).collect()
    }

    /// Gives somebody a role, or takes it away; tokens that were issued stay as they are. `Err`: there is no such
    /// role.
    pub fn assign_role(&mut self, value: &str, oid: &str, assignment: Assignment) -> Result<(), String> {
        let known: Vec<&str> = self.app_roles.iter().map(|role| role.value.as_str()).collect();
        let unknown = format!("there is no app role {value}; there are: {}", known.join(", "));
        let role = self.app_roles.iter_mut().find(|role| role.value == value).ok_or(unknown)?;
        match assignment {
            Assignment::Given => _ = role.holders.insert(oid.to_owned()),
            Assignment::Withdrawn => _ = role.holders.remove(oid),
        }
        Ok(())
    }
}
