//! The organization's rows, roles and settings.
//!
//! Rows are shared between copies of an [`Organization`], in persistent trees, so that a copy costs little however
//! many there are: every write works on a draft and replaces the whole organization only when it succeeded. A
//! refused request or changeset therefore leaves nothing behind, and nobody sees half of one.

use super::limits::{Limits, Traffic};
use super::metadata::{Ownership, Table, schema, table};
use super::obstacles::Obstacles;
use super::rights::Role;
use crate::world::journal::{Effect, Seq, Service};
use jiff::{SignedDuration, Timestamp};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync, VectorSync};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const PARTY: &str = "activityparty";
/// Columns that say who a user is outside Dataverse.
const IDENTITIES: [&str; 2] = ["azureactivedirectoryobjectid", "applicationid"];

/// A value of a column; null is an absent cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cell {
    Text(String),
    Int(i64),
    Decimal(f64),
    Bool(bool),
    Time(Timestamp),
    Date(jiff::civil::Date),
    Id(Uuid),
    Lookup(Link),
}

/// Where a lookup leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    pub table: String,
    pub id: Uuid,
}

impl Link {
    pub fn new(table: &str, id: Uuid) -> Self {
        Link { table: table.to_owned(), id }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The row version, which is also the number inside its etag.
    pub version: u64,
    pub cells: BTreeMap<String, Cell>,
}

impl Row {
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    pub fn text(&self, column: &str) -> Option<&str> {
        match self.cells.get(column) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self, column: &str) -> Option<i64> {
        match self.cells.get(column) {
            Some(Cell::Int(value)) => Some(*value),
            _ => None,
        }
    }

    pub fn flag(&self, column: &str) -> bool {
        matches!(self.cells.get(column), Some(Cell::Bool(true)))
    }

    pub fn link(&self, column: &str) -> Option<&Link> {
        match self.cells.get(column) {
            Some(Cell::Lookup(link)) => Some(link),
            _ => None,
        }
    }

    pub fn id(&self, column: &str) -> Option<Uuid> {
        match self.cells.get(column) {
            Some(Cell::Id(id)) => Some(*id),
            _ => None,
        }
    }

    pub fn set(&mut self, column: &str, cell: Cell) {
        self.cells.insert(column.to_owned(), cell);
    }

    /// Sets a column unless it has a value.
    pub fn default_to(&mut self, column: &str, cell: Cell) {
        self.cells.entry(column.to_owned()).or_insert(cell);
    }
}

/// A row that is gone, for change tracking.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deleted {
    pub table: String,
    pub id: Uuid,
    pub version: u64,
}

/// What an administrator switches.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Switches {
    /// The version of the organization, e.g. `9.2.26111.00170`.
    pub version: String,
    pub search_enabled: bool,
    /// Down for maintenance: everything answers 503.
    pub maintenance: bool,
    pub limits: Limits,
    /// Delta tokens with a lower version have expired.
    pub oldest_delta: u64,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            version: "9.2.26111.00170".to_owned(),
            search_enabled: true,
            maintenance: false,
            limits: Limits::default(),
            oldest_delta: 0,
        }
    }
}

/// The rows of one table in the order of their keys.
type Rows = RedBlackTreeMapSync<Uuid, Arc<Row>>;

/// The CRM's organization: everything Dataverse knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    tables: Arc<BTreeMap<String, Rows>>,
    /// Activity and party of every party row: most of what is asked about parties is "whose are they".
    parties: RedBlackTreeSetSync<(Uuid, Uuid)>,
    /// Users by Entra object id or client id: every request asks who its caller is.
    #[serde(default)]
    users: RedBlackTreeMapSync<Uuid, Uuid>,
    /// Rows that are gone from tables that track changes.
    pub(super) deleted: VectorSync<Deleted>,
    pub(super) roles: Arc<BTreeMap<Uuid, Arc<Role>>>,
    /// Roles of each user and team.
    pub(super) assignments: Arc<BTreeMap<Uuid, BTreeSet<Uuid>>>,
    pub(super) switches: Switches,
    version: u64,
    /// Ids are made from this name space and a counter: the same in every run with the same seed.
    ids: Uuid,
    made: u64,
    /// What the draft changed so far; told to the journal when it becomes the organization.
    #[serde(skip)]
    pub(super) effects: Vec<(Seq, Effect)>,
    #[serde(skip)]
    pub(super) traffic: Arc<Mutex<Traffic>>,
    #[serde(skip)]
    pub(super) obstacles: Arc<Mutex<Obstacles>>,
    /// Held by whoever writes, through a whole changeset.
    #[serde(skip)]
    pub(super) writers: Arc<tokio::sync::Mutex<()>>,
}

impl Organization {
    /// An organization without rows.
    pub(super) fn empty(ids: Uuid) -> Self {
        Organization {
            tables: Arc::default(),
            parties: RedBlackTreeSetSync::default(),
            users: RedBlackTreeMapSync::default(),
            deleted: VectorSync::default(),
            roles: Arc::default(),
            assignments: Arc::default(),
            switches: Switches::default(),
            version: 1_000_000,
            ids,
            made: 0,
            effects: Vec::new(),
            traffic: Arc::default(),
            obstacles: Arc::default(),
            writers: Arc::default(),
        }
    }

    /// The same rows, shared until one side writes, in an organization of its own.
    pub(super) fn again(&self, ids: Uuid) -> Self {
        Organization {
            ids,
            made: 0,
            traffic: Arc::default(),
            obstacles: Arc::default(),
            writers: Arc::default(),
            ..self.clone()
        }
    }

    /// The same organization at another time.
    pub(super) fn moved(mut self, by: SignedDuration) -> Self {
        let moved = |row: &Arc<Row>| {
            let mut row = Row::clone(row);
            for cell in row.cells.values_mut() {
                if let Cell::Time(time) = cell {
                    *time = time.saturating_add(by).unwrap_or(*time);
                }
            }
            Arc::new(row)
        };
        for rows in Arc::make_mut(&mut self.tables).values_mut() {
            *rows = rows.iter().map(|(id, row)| (*id, moved(row))).collect();
        }
        self
    }

    pub(super) fn next_id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::new_v5(&self.ids, &self.made.to_be_bytes())
    }

    pub(super) fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The row, and the table it is really in: `activitypointer` finds emails, appointments and tasks.
    pub fn find(&self, of: &str, id: Uuid) -> Option<(&'static Table, &Row)> {
        if of == "activitypointer" {
            return schema()
                .activities()
                .find_map(|table| self.row(table.logical, id).map(|row| (table, row)));
        }
        let table = schema().by_name(of)?;
        self.row(table.logical, id).map(|row| (table, row))
    }

    pub fn row(&self, table: &str, id: Uuid) -> Option<&Row> {
        self.tables.get(table)?.get(&id).map(Arc::as_ref)
    }

    /// The rows of a table in the order of their keys.
    pub fn rows<'a>(
        &'a self,
        of: &'a Table,
    ) -> Box<dyn Iterator<Item = (&'static Table, Uuid, &'a Row)> + 'a> {
        if of.logical == "activitypointer" {
            return Box::new(schema().activities().flat_map(|table| self.rows(table)));
        }
        let stored = table(of.logical);
        Box::new(
            self.tables
                .get(of.logical)
                .into_iter()
                .flat_map(move |rows| rows.iter().map(move |(id, row)| (stored, *id, row.as_ref()))),
        )
    }

    /// Puts a row with a new version.
    pub(super) fn put(&mut self, table: &str, id: Uuid, mut row: Row) {
        row.version = self.next_version();
        row.set("versionnumber", Cell::Int(row.version as i64));
        if let (PARTY, Some(link)) = (table, row.link("activityid")) {
            self.parties.insert_mut((link.id, id));
        }
        if table == "systemuser" {
            for outside in IDENTITIES.into_iter().filter_map(|column| row.id(column)) {
                self.users.insert_mut(outside, id);
            }
        }
        let tables = Arc::make_mut(&mut self.tables);
        if let Some(rows) = tables.get_mut(table) {
            rows.insert_mut(id, Arc::new(row));
        } else {
            tables.insert(table.to_owned(), Rows::default().insert(id, Arc::new(row)));
        }
    }

    pub(super) fn take(&mut self, table: &str, id: Uuid) -> Option<Arc<Row>> {
        let row = self.tables.get(table)?.get(&id)?.clone();
        Arc::make_mut(&mut self.tables).get_mut(table)?.remove_mut(&id);
        if let (PARTY, Some(link)) = (table, row.link("activityid")) {
            self.parties.remove_mut(&(link.id, id));
        }
        let version = self.next_version();
        if schema().by_name(table).is_some_and(|table| table.tracks_changes) {
            self.deleted.push_back_mut(Deleted { table: table.to_owned(), id, version });
        }
        Some(row)
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, Rows::size)
    }

    /// The user with this Entra object id, or the application user with this client id.
    pub(super) fn user_by(&self, column: &str, outside: Uuid) -> Option<Uuid> {
        let is = |row: &Row| row.id(column) == Some(outside);
        let known = self.users.get(&outside).copied();
        // What is written there may be out of date: the row itself decides.
        known
            .filter(|user| self.row("systemuser", *user).is_some_and(is))
            .or_else(|| self.rows(table("systemuser")).find(|(_, _, row)| is(row)).map(|(_, user, _)| user))
    }

    /// What a person calls a record: its primary name.
    pub fn name_of(&self, link: &Link) -> Option<&str> {
        let (table, row) = self.find(&link.table, link.id)?;
        row.text(table.name)
    }

    /// The row that a dependent row belongs to.
    pub(super) fn parent_of<'a>(
        &'a self,
        table: &Table,
        row: &Row,
    ) -> Option<(&'static Table, Uuid, &'a Row)> {
        if table.ownership != Ownership::Parent {
            return None;
        }
        let link = row.link(table.parent)?;
        let (table, parent) = self.find(&link.table, link.id)?;
        Some((table, link.id, parent))
    }

    /// The rows of a table whose lookup leads to this record.
    pub fn referring<'a>(
        &'a self,
        of: &'static Table,
        column: &'a str,
        to: Uuid,
    ) -> Box<dyn Iterator<Item = (&'static Table, Uuid, &'a Row)> + 'a> {
        if (of.logical, column) == (PARTY, "activityid") {
            let own = self.parties.range((to, Uuid::nil())..=(to, Uuid::max()));
            return Box::new(own.filter_map(move |(_, id)| self.row(PARTY, *id).map(|row| (of, *id, row))));
        }
        Box::new(self.rows(of).filter(move |(_, _, row)| row.link(column).is_some_and(|link| link.id == to)))
    }

    /// Parties of an activity, in the order of their creation.
    pub fn parties(&self, activity: Uuid) -> Vec<(Uuid, &Row)> {
        let own = self.referring(table(PARTY), "activityid", activity);
        let mut parties: Vec<_> = own.map(|(_, id, row)| (id, row)).collect();
        parties.sort_by_key(|(_, row)| row.version);
        parties
    }

    /// Notes a change for the journal.
    pub(super) fn note(&mut self, seq: Option<Seq>, kind: String, target: Uuid, detail: serde_json::Value) {
        if let Some(seq) = seq {
            let effect = Effect { service: Service::Dataverse, kind, target: target.to_string(), detail };
            self.effects.push((seq, effect));
        }
    }
}
