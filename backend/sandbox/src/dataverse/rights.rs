//! Who may do what: security roles with privileges by table and depth, and rows that are owned.
//!
//! As in Dataverse a check has two halves: the *privilege* (does any role grant the verb on this table at
//! all) and the *access* (does its depth reach this row). All activities share the privileges of `Activity`,
//! so what a refusal of an email names is `prvCreateActivity`. Acting for somebody else takes the rights that
//! both have.

use super::errors::{Answer, Fault};
use super::metadata::{Ownership, Table, schema};
use super::store::{Link, Organization, Row};
use crate::company;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Depth {
    /// Own rows.
    Basic,
    /// Rows of the business unit.
    Local,
    /// Rows of the business unit and of those below it.
    Deep,
    Global,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Read,
    Write,
    Append,
    AppendTo,
    Create,
    Delete,
    Share,
    Assign,
}

impl Verb {
    /// In the order of the variants, which is that of `RetrievePrincipalAccess`.
    pub const ALL: [Verb; 8] = [
        Verb::Read,
        Verb::Write,
        Verb::Append,
        Verb::AppendTo,
        Verb::Create,
        Verb::Delete,
        Verb::Share,
        Verb::Assign,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Verb::Create => "Create",
            Verb::Read => "Read",
            Verb::Write => "Write",
            Verb::Delete => "Delete",
            Verb::Append => "Append",
            Verb::AppendTo => "AppendTo",
            Verb::Assign => "Assign",
            Verb::Share => "Share",
        }
    }

    /// Name of the privilege, e.g. `prvCreateActivity`.
    pub fn privilege(self, table: &Table) -> &str {
        &table.privileges[self as usize]
    }
}

/// Lets somebody act for another user.
pub const ACT_FOR_OTHERS: &str = "prvActOnBehalfOfAnotherUser";

/// What the platform itself may do.
pub static EVERYTHING: LazyLock<Arc<Privileges>> = LazyLock::new(|| {
    let tables = schema().tables().iter();
    let all = |table: &'static Table| Verb::ALL.map(|verb| (verb.privilege(table).to_owned(), Depth::Global));
    Arc::new(tables.flat_map(all).collect())
});

/// The rights of several roles together: of each privilege the greatest depth.
fn sum(roles: &[&Arc<Role>]) -> Privileges {
    let mut sum = Privileges::new();
    for (name, depth) in roles.iter().flat_map(|role| role.privileges.iter()) {
        let held = sum.entry(name.clone()).or_insert(*depth);
        *held = (*held).max(*depth);
    }
    sum
}

fn root_unit() -> Uuid {
    company::BUSINESS_UNIT_ID.parse().unwrap_or_default()
}

/// The id of a privilege: the same in every organization.
pub fn privilege_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// How far each privilege reaches, by its name.
pub type Privileges = BTreeMap<String, Depth>;

/// A security role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    pub name: String,
    pub privileges: Arc<Privileges>,
}

/// Somebody with rights: the sum of their roles.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: Uuid,
    pub business_unit: Uuid,
    pub privileges: Arc<Privileges>,
    pub role_count: usize,
    pub access_mode: i64,
}

/// For whom a request runs.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Whose rights count, and who becomes owner.
    pub effective: Caller,
    /// Who sent the request, where it is somebody else: its rights limit those of `effective`.
    pub sender: Option<Caller>,
}

impl Principal {
    /// Everybody whose rights have to suffice, the sender last.
    fn all(&self) -> impl Iterator<Item = &Caller> {
        std::iter::once(&self.effective).chain(&self.sender)
    }

    /// Who sent the request.
    pub fn sender(&self) -> &Caller {
        self.sender.as_ref().unwrap_or(&self.effective)
    }
}

impl Organization {
    /// The rights of a user who exists and is enabled.
    pub(super) fn caller(&self, user: Uuid) -> Answer<Caller> {
        let row = self.row("systemuser", user).ok_or_else(Fault::not_a_member)?;
        if row.flag("isdisabled") {
            let message =
                format!("The specified user(Id = {user}) is disabled. Consider enabling this user.");
            return Err(Fault::new(http::StatusCode::FORBIDDEN, "0x80040225", message));
        }
        Ok(self.rights_of(user, row))
    }

    /// The rights of a user or a team, whether or not they could sign in.
    pub(super) fn rights_of(&self, principal: Uuid, row: &Row) -> Caller {
        let ids = self.assignments.get(&principal).into_iter().flatten();
        let roles: Vec<&Arc<Role>> = ids.filter_map(|id| self.roles.get(id)).collect();
        let privileges = match roles.as_slice() {
            [role] => role.privileges.clone(),
            roles => Arc::new(sum(roles)),
        };
        Caller {
            user: principal,
            business_unit: row.link("businessunitid").map_or_else(root_unit, |link| link.id),
            privileges,
            role_count: roles.len(),
            access_mode: row.int("accessmode").unwrap_or(0),
        }
    }

    /// A caller who may do everything: for the control plane.
    pub(super) fn system() -> Principal {
        let user = super::seed::system_user();
        let privileges = EVERYTHING.clone();
        let effective =
            Caller { user, business_unit: root_unit(), privileges, role_count: 1, access_mode: 0 };
        Principal { effective, sender: None }
    }

    fn is_below(&self, unit: Uuid, above: Uuid) -> bool {
        let mut at = Some(unit);
        // The tree is shallow; the bound keeps a circle from hanging us.
        for _ in 0..32 {
            match at {
                Some(unit) if unit == above => return true,
                Some(unit) => {
                    at = self
                        .row("businessunit", unit)
                        .and_then(|row| row.link("parentbusinessunitid"))
                        .map(|l| l.id);
                }
                None => return false,
            }
        }
        false
    }

    /// Whether a depth reaches a row with this owner and business unit.
    fn reaches(&self, caller: &Caller, depth: Depth, owner: Option<&Link>, unit: Option<Uuid>) -> bool {
        let own = owner.is_some_and(|link| link.id == caller.user);
        match depth {
            Depth::Global => true,
            Depth::Basic => own,
            Depth::Local => own || unit == Some(caller.business_unit),
            Depth::Deep => own || unit.is_some_and(|unit| self.is_below(unit, caller.business_unit)),
        }
    }

    /// Whether the caller may do this with the row.
    fn holds(&self, caller: &Caller, verb: Verb, table: &'static Table, id: Uuid, row: &Row) -> bool {
        if let Some((parent_table, parent_id, parent)) = self.parent_of(table, row) {
            // A party or an attachment is a piece of its activity, a queue item of its queue.
            let verb = if verb == Verb::Read { Verb::Read } else { Verb::Write };
            return self.holds(caller, verb, parent_table, parent_id, parent);
        }
        let Some(&depth) = caller.privileges.get(verb.privilege(table)) else { return false };
        match table.ownership {
            Ownership::Organization => {
                let own = matches!(table.logical, "systemuser" | "usersettings") && id == caller.user;
                own || depth == Depth::Global
            }
            Ownership::Parent => true,
            Ownership::User => {
                let unit = row.link("owningbusinessunit").map(|link| link.id);
                self.reaches(caller, depth, row.link("ownerid"), unit)
            }
        }
    }

    pub fn may(&self, who: &Principal, verb: Verb, table: &'static Table, id: Uuid, row: &Row) -> bool {
        who.all().all(|caller| self.holds(caller, verb, table, id, row))
    }

    /// The privilege half of the check.
    pub fn require_privilege(&self, who: &Principal, verb: Verb, table: &Table) -> Answer<()> {
        let privilege = verb.privilege(table);
        match who.all().find(|caller| !caller.privileges.contains_key(privilege)) {
            None => Ok(()),
            Some(caller) => Err(Fault::missing_privilege(caller, privilege, Some(table))),
        }
    }

    /// Both halves of the check for a row that exists.
    pub fn require(
        &self,
        who: &Principal,
        verb: Verb,
        table: &'static Table,
        id: Uuid,
        row: &Row,
    ) -> Answer<()> {
        self.require_privilege(who, verb, table)?;
        match who.all().find(|caller| !self.holds(caller, verb, table, id, row)) {
            None => Ok(()),
            Some(caller) => Err(Fault::no_access(caller, verb, table, id)),
        }
    }

    /// The rights a user has on a row, in the order and words of `RetrievePrincipalAccess`.
    pub fn access_rights(&self, caller: &Caller, table: &'static Table, id: Uuid, row: &Row) -> String {
        let granted: Vec<String> = Verb::ALL
            .into_iter()
            .filter(|&verb| self.holds(caller, verb, table, id, row))
            .map(|verb| format!("{}Access", verb.name()))
            .collect();
        if granted.is_empty() { "None".to_owned() } else { granted.join(", ") }
    }
}
