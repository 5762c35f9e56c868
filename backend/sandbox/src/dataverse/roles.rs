//! The security roles of the organization, and who has which.
//!
//! Salespeople read what their business unit owns and change what is their own. The trainee's role reads
//! everything and may create no activity, so that the CRM refuses; whoever has it and owns a queue keeps that
//! queue's mail from becoming emails.

use super::metadata::table;
use super::rights::{ACT_FOR_OTHERS, Depth, EVERYTHING, Privileges, Role, Verb};
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

/// The id of a role: the same in every organization.
pub fn role_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// Every security role.
pub static ROLES: LazyLock<Vec<(Uuid, Arc<Role>)>> = LazyLock::new(|| {
    let role = |(name, privileges): (&str, Privileges)| {
        (role_id(name), Arc::new(Role { name: name.to_owned(), privileges: Arc::new(privileges) }))
    };
    all().into_iter().map(role).collect()
});

fn all() -> Vec<(&'static str, Privileges)> {
    const RECORDS: [&str; 6] = ["account", "contact", "lead", "opportunity", "incident", "nl_site"];
    const SETTINGS: [&str; 8] =
        ["systemuser", "usersettings", "team", "businessunit", "queue", "mailbox", "role", "organization"];
    let grant = |of: &[&str], verbs: &[Verb], depth: Depth| -> Vec<(String, Depth)> {
        let one = |name: &&str| verbs.iter().map(|verb| (privilege(*verb, name), depth)).collect::<Vec<_>>();
        of.iter().flat_map(one).collect()
    };
    let email = ["email"];
    // Everybody sees the settings and chooses the own personal options.
    let mut look = grant(&SETTINGS, &[Verb::Read], Depth::Global);
    look.extend(grant(&["usersettings"], &[Verb::Write], Depth::Basic));
    let join = [Verb::Append, Verb::AppendTo];
    let sum = |parts: Vec<Vec<(String, Depth)>>| parts.into_iter().flatten().collect::<Privileges>();
    vec![
        (
            "Sales Manager",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &Verb::ALL, Depth::Global),
                grant(&email, &Verb::ALL, Depth::Global),
                grant(&SETTINGS, &join, Depth::Global),
            ]),
        ),
        (
            "Salesperson",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Local),
                grant(&RECORDS, &[Verb::Create, Verb::Write, Verb::Delete, Verb::Assign], Depth::Basic),
                grant(&email, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Local),
                grant(&email, &[Verb::Create, Verb::Write, Verb::Delete, Verb::Assign], Depth::Basic),
                grant(&SETTINGS, &[Verb::AppendTo], Depth::Global),
            ]),
        ),
        (
            "Sales Trainee",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &[Verb::Read], Depth::Global),
                grant(&email, &[Verb::Read], Depth::Global),
                grant(&RECORDS, &[Verb::Write], Depth::Basic),
            ]),
        ),
        (
            "Regarding Engine",
            sum(vec![
                look,
                grant(&RECORDS, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Global),
                // It goes on adding a contact for a user who has left.
                grant(&["contact"], &[Verb::Create], Depth::Global),
                grant(&email, &Verb::ALL, Depth::Global),
                grant(&SETTINGS, &[Verb::AppendTo], Depth::Global),
                // It writes organization settings for administrators of its own.
                grant(&["organization"], &[Verb::Write], Depth::Global),
                vec![(ACT_FOR_OTHERS.to_owned(), Depth::Global)],
            ]),
        ),
        (
            "System Customizer",
            sum(vec![
                grant(&SETTINGS, &[Verb::Read], Depth::Global),
                grant(&["organization", "usersettings"], &[Verb::Write], Depth::Global),
            ]),
        ),
        ("System Administrator", administrator()),
    ]
}

fn privilege(verb: Verb, of: &str) -> String {
    verb.privilege(table(of)).to_owned()
}

fn administrator() -> Privileges {
    let mut privileges = Privileges::clone(&EVERYTHING);
    privileges.insert(ACT_FOR_OTHERS.to_owned(), Depth::Global);
    privileges
}
