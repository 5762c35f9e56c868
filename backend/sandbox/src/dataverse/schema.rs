//! The tables of the sandbox's organization: what the public table reference says of the tables that tracking
//! needs, and one custom table (`nl_site`) that takes no activities.

use super::metadata::{Access, Collection, Column, Kind, OnDelete, Ownership, Status, Table, Target};
use super::rights::Verb;

mod activities;
mod organization;
mod people;
mod queues;
mod records;

const ACTIVE: &[(i64, &str)] = &[(0, "Active"), (1, "Inactive")];
const ACTIVE_STATUSES: &[Status] = &[status(0, 1, "Active"), status(1, 2, "Inactive")];
/// Which incoming mail becomes an email, for a user or a queue.
const FILTERING: &[(i64, &str)] = &[
    (0, "All email messages"),
    (1, "Email messages in response to Dynamics 365 email"),
    (2, "Email messages from Dynamics 365 Leads, Contacts and Accounts"),
    (3, "Email messages from Dynamics 365 records that are email enabled"),
    (4, "No email messages"),
];
const APPROVAL: &[(i64, &str)] = &[(0, "Empty"), (1, "Approved"), (2, "Pending Approval"), (3, "Rejected")];
const PARTIES: [&str; 6] = ["account", "contact", "lead", "systemuser", "queue", "team"];

const fn status(state: i64, value: i64, label: &'static str) -> Status {
    Status { state, value, label }
}

fn column(name: &'static str, kind: Kind, access: Access) -> Column {
    Column { name, kind, access }
}
fn text(name: &'static str, max: usize) -> Column {
    column(name, Kind::Text { max }, Access::Write)
}
fn int(name: &'static str) -> Column {
    column(name, Kind::Int { min: i64::from(i32::MIN), max: i64::from(i32::MAX) }, Access::Write)
}
fn number(name: &'static str, min: i64, max: i64) -> Column {
    column(name, Kind::Int { min, max }, Access::Write)
}
fn guid(name: &'static str) -> Column {
    column(name, Kind::Id, Access::Write)
}
fn time(name: &'static str) -> Column {
    column(name, Kind::Time, Access::Write)
}
fn flag(name: &'static str) -> Column {
    column(name, Kind::Bool { no: "No", yes: "Yes" }, Access::Write)
}
fn choice(name: &'static str, options: &'static [(i64, &'static str)]) -> Column {
    column(name, Kind::Choice(options), Access::Write)
}
fn read_only(mut column: Column) -> Column {
    column.access = Access::Read;
    column
}
fn on_create(mut column: Column) -> Column {
    column.access = Access::Create;
    column
}

/// A lookup to several tables whose navigation properties end in the table's name.
fn lookup(name: &'static str, tables: &[&'static str], on_delete: OnDelete) -> Column {
    let targets =
        tables.iter().map(|table| Target { table, navigation: vec![format!("{name}_{table}")] }).collect();
    column(name, Kind::Lookup { targets, on_delete }, Access::Write)
}

/// A lookup to one table, whose navigation property has the column's own name.
fn link(name: &'static str, table: &'static str) -> Column {
    link_by(name, table, name)
}

/// A lookup to one table by a navigation property of another name, which may have capital letters.
fn link_by(name: &'static str, table: &'static str, navigation: &str) -> Column {
    let targets = vec![Target { table, navigation: vec![navigation.to_owned()] }];
    column(name, Kind::Lookup { targets, on_delete: OnDelete::RemoveLink }, Access::Write)
}

fn owner(table: &str) -> Vec<Column> {
    let target = |owner: &'static str| Target {
        table: owner,
        navigation: vec!["ownerid".to_owned(), format!("ownerid_{table}")],
    };
    let targets = vec![target("systemuser"), target("team")];
    vec![
        column("ownerid", Kind::Lookup { targets, on_delete: OnDelete::RemoveLink }, Access::Write),
        read_only(link("owninguser", "systemuser")),
        read_only(link("owningteam", "team")),
        read_only(link("owningbusinessunit", "businessunit")),
    ]
}

fn stamps() -> Vec<Column> {
    vec![
        read_only(time("createdon")),
        read_only(time("modifiedon")),
        read_only(link("createdby", "systemuser")),
        read_only(link("modifiedby", "systemuser")),
        read_only(link("createdonbehalfby", "systemuser")),
        read_only(link("modifiedonbehalfby", "systemuser")),
        read_only(column("versionnumber", Kind::Int { min: 0, max: i64::MAX }, Access::Read)),
    ]
}

fn states(
    states: &'static [(i64, &'static str)],
    status_options: &'static [(i64, &'static str)],
) -> Vec<Column> {
    vec![choice("statecode", states), choice("statuscode", status_options)]
}

/// Starting point of every table.
fn base(logical: &'static str, set: &'static str, display: &'static str, type_code: i64) -> Table {
    Table {
        logical,
        set,
        display,
        noun: display,
        secured_as: (logical, type_code),
        type_code,
        id: "",
        name: "name",
        ownership: Ownership::User,
        parent: "",
        is_activity: false,
        has_activities: false,
        is_party: PARTIES.contains(&logical),
        tracks_changes: false,
        state_name: "",
        states: &[],
        statuses: &[],
        columns: Vec::new(),
        collections: Vec::new(),
        keys: &[],
        searched: &[],
        privileges: Default::default(),
    }
}

fn with(mut table: Table, id: &'static str, columns: Vec<Vec<Column>>) -> Table {
    table.id = id;
    table.columns = vec![column(id, Kind::Id, Access::Create)];
    table.columns.extend(columns.into_iter().flatten());
    table.columns.extend(stamps());
    if table.ownership == Ownership::User {
        table.columns.extend(owner(table.logical));
    }
    table
}

fn collection(name: &'static str, table: &'static str, column: &'static str) -> Collection {
    Collection { name, table, column }
}

/// Every table of the organization.
pub fn tables() -> Vec<Table> {
    let mut tables = vec![
        records::account(),
        records::contact(),
        records::lead(),
        records::opportunity(),
        records::incident(),
        activities::appointment(),
        activities::email(),
        activities::task(),
        activities::activitypointer(),
        activities::activityparty(),
        activities::activitymimeattachment(),
        records::nl_site(),
    ];
    tables.extend(people::tables());
    tables.extend(queues::tables());
    tables.push(organization::organization());
    for table in &mut tables {
        if table.noun.contains(' ') {
            table.noun = match table.logical {
                "businessunit" => "BusinessUnit",
                _ => table.logical,
            };
        }
        table.privileges = Verb::ALL.map(|verb| format!("prv{}{}", verb.name(), table.noun));
    }
    tables
}
