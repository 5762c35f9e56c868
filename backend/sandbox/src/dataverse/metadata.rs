//! What a table is: its columns, lookups, states and relationships, as the Web API's metadata tells them.
//!
//! Only the shape lives here; the tables themselves stand in `schema`. Column names are the logical names of
//! the public table reference. Nothing in here knows a row.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Who can own a row, and so how far a privilege reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// A user or a team owns each row.
    User,
    /// Rows belong to the organization: a privilege is held globally or not at all.
    Organization,
    /// The row has the rights of the row that `Table::parent` leads to: a party and an attachment those of
    /// their activity, a queue item those of its queue.
    Parent,
}

/// Who may set a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Write,
    /// Set once, with the row.
    Create,
    /// The platform sets it. What a client sends is ignored without a word, as in Dataverse.
    Read,
}

/// What happens to the row when the record it points to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    Cascade,
    RemoveLink,
}

/// One table a lookup may point to.
#[derive(Debug, Clone)]
pub struct Target {
    pub table: &'static str,
    /// Navigation properties, the one told in annotations first. All are accepted.
    pub navigation: Vec<String>,
}

/// The type of a column. Lengths are counted in UTF-16 units, as SQL Server does.
#[derive(Debug, Clone)]
pub enum Kind {
    Text { max: usize },
    Int { min: i64, max: i64 },
    Decimal,
    Bool { no: &'static str, yes: &'static str },
    Choice(&'static [(i64, &'static str)]),
    Time,
    Date,
    Id,
    Lookup { targets: Vec<Target>, on_delete: OnDelete },
}

impl Kind {
    /// The name of the type in error messages.
    pub fn edm(&self) -> &'static str {
        match self {
            Kind::Text { .. } => "Edm.String",
            Kind::Int { .. } | Kind::Choice(_) => "Edm.Int32",
            Kind::Decimal => "Edm.Decimal",
            Kind::Bool { .. } => "Edm.Boolean",
            Kind::Time => "Edm.DateTimeOffset",
            Kind::Date => "Edm.Date",
            Kind::Id | Kind::Lookup { .. } => "Edm.Guid",
        }
    }

    /// `AttributeType` in `EntityDefinitions`.
    pub fn attribute_type(&self) -> &'static str {
        match self {
            Kind::Text { max } if *max > 4000 => "Memo",
            Kind::Text { .. } => "String",
            Kind::Int { .. } => "Integer",
            Kind::Decimal => "Money",
            Kind::Bool { .. } => "Boolean",
            Kind::Choice(_) => "Picklist",
            Kind::Time | Kind::Date => "DateTime",
            Kind::Id => "Uniqueidentifier",
            Kind::Lookup { .. } => "Lookup",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub access: Access,
}

/// A status of a row: which state it belongs to, and its label. The first of a state is its default.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    pub state: i64,
    pub value: i64,
    pub label: &'static str,
}

/// The other side of a lookup: the rows of `table` whose `column` points here.
#[derive(Debug, Clone)]
pub struct Collection {
    pub name: &'static str,
    pub table: &'static str,
    pub column: &'static str,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub logical: &'static str,
    pub set: &'static str,
    pub display: &'static str,
    /// The noun in the privileges' names: all activities share `Activity`.
    pub noun: &'static str,
    /// The table and object type code that errors about rights name.
    pub secured_as: (&'static str, i64),
    pub type_code: i64,
    pub id: &'static str,
    /// Primary name column.
    pub name: &'static str,
    pub ownership: Ownership,
    /// The lookup to the row whose rights count, where `ownership` is [`Ownership::Parent`].
    pub parent: &'static str,
    pub is_activity: bool,
    /// May be the regarding record of an activity.
    pub has_activities: bool,
    /// May be a party of an activity.
    pub is_party: bool,
    pub tracks_changes: bool,
    /// Name of the state choice in error messages, e.g. `EmailState`.
    pub state_name: &'static str,
    pub states: &'static [(i64, &'static str)],
    pub statuses: &'static [Status],
    pub columns: Vec<Column>,
    pub collections: Vec<Collection>,
    /// Columns besides the primary key that identify a row.
    pub keys: &'static [&'static str],
    /// Columns that search looks through.
    pub searched: &'static [&'static str],
    /// Names of the privileges, in the order of `Verb`; the schema fills them in.
    pub privileges: [String; 8],
}

/// A navigation property that leads to one row.
#[derive(Debug, Clone, Copy)]
pub struct Navigation<'a> {
    pub column: &'a Column,
    /// The tables it may lead to: one, or for `ownerid` any of the owners.
    pub tables: &'a [Target],
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn collection(&self, name: &str) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.name == name)
    }

    /// The column that `$select` and `$filter` call `name`: `subject`, `activityid`, `_ownerid_value`.
    pub fn property(&self, name: &str) -> Option<&Column> {
        if let Some(inner) = name.strip_prefix('_').and_then(|rest| rest.strip_suffix("_value")) {
            return self.column(inner).filter(|column| matches!(column.kind, Kind::Lookup { .. }));
        }
        self.column(name).filter(|column| !matches!(column.kind, Kind::Lookup { .. }))
    }

    pub fn navigation(&self, name: &str) -> Option<Navigation<'_>> {
        self.columns.iter().find_map(|column| {
            let Kind::Lookup { targets, .. } = &column.kind else { return None };
            let leads = |target: &Target| target.navigation.iter().any(|known| known == name);
            if targets.iter().all(leads) {
                return Some(Navigation { column, tables: targets });
            }
            let at = targets.iter().position(leads)?;
            Some(Navigation { column, tables: &targets[at..=at] })
        })
    }

    /// The status a row gets with a state, when none is named.
    pub fn default_status(&self, state: i64) -> Option<i64> {
        self.statuses.iter().find(|status| status.state == state).map(|status| status.value)
    }

    pub fn state_label(&self, state: i64) -> &'static str {
        self.states.iter().find(|(value, _)| *value == state).map_or("", |(_, label)| label)
    }
}

/// All tables of the organization.
#[derive(Debug)]
pub struct Schema {
    tables: Vec<Table>,
    by_set: BTreeMap<&'static str, usize>,
    by_name: BTreeMap<&'static str, usize>,
}

impl Schema {
    fn new(tables: Vec<Table>) -> Self {
        let by_set = tables.iter().enumerate().map(|(at, table)| (table.set, at)).collect();
        let by_name = tables.iter().enumerate().map(|(at, table)| (table.logical, at)).collect();
        Schema { tables, by_set, by_name }
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub fn by_set(&self, set: &str) -> Option<&Table> {
        self.by_set.get(set).map(|&at| &self.tables[at])
    }

    pub fn by_name(&self, logical: &str) -> Option<&Table> {
        self.by_name.get(logical).map(|&at| &self.tables[at])
    }

    /// The activity tables, in the order of their type codes.
    pub fn activities(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.is_activity && table.logical != "activitypointer")
    }
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(super::schema::tables()));

/// The tables of the sandbox's organization.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

/// The table with this logical name, which the caller knows to exist.
pub fn table(logical: &str) -> &'static Table {
    schema().by_name(logical).expect("a table named in code is in the schema")
}
