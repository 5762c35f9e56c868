//! The killed program's database, looked into and tampered with from outside.

use backend::store::audit::{Entry, first_break};
use shared::UtcMs;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

const WISHES: &str =
    "select * from wishes where case when $1 is null then origin is not null else id = $1 end";

/// The file in a data folder.
#[derive(Debug, Clone)]
pub struct Database(PathBuf);

/// Which wish a process is to die over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wished {
    /// In the pane, under this id.
    InPane(Uuid),
    /// Noticed in the mailbox: the one of its trial that did not come from the pane.
    Noticed,
}

impl Wished {
    /// Whether a new row of `wishes` is it, in SQL.
    pub fn is_wish(self) -> String {
        match self {
            Self::InPane(id) => format!("new.id = '{id}'"),
            Self::Noticed => "new.origin is not null".to_owned(),
        }
    }

    /// Whether a new row of `effects` is for it, in SQL.
    pub fn is_of_effect(self) -> String {
        match self {
            Self::InPane(id) => format!("new.wish = '{id}'"),
            Self::Noticed => "new.wish in (select id from wishes where origin is not null)".to_owned(),
        }
    }
}

/// An effect in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    /// Effects of one plan were begun at the same time.
    pub began: i64,
}

/// How often leases were given away, of all mailboxes together, and whether one is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub epoch: i64,
    pub held: bool,
}

impl Database {
    pub fn of(folder: &Path) -> Self {
        Self(folder.join("regarding.db"))
    }

    async fn open(&self, patience: Duration) -> sqlx::Result<SqliteConnection> {
        let options = SqliteConnectOptions::new().filename(&self.0).busy_timeout(patience);
        SqliteConnection::connect_with(&options).await
    }

    async fn rows(&self, query: &'static str, wish: Option<Wished>) -> Vec<SqliteRow> {
        let mut connection = self.open(Duration::from_secs(5)).await.expect("a database");
        let query = sqlx::query(query);
        let query = match wish {
            Some(Wished::InPane(id)) => query.bind(Some(id.to_string())),
            Some(Wished::Noticed) => query.bind(None::<String>),
            None => query,
        };
        let rows = query.fetch_all(&mut connection).await.expect("a readable database");
        connection.close().await.expect("a connection can be closed");
        rows
    }

    /// The wish's effects, in the order in which they were written down first.
    pub async fn effects(&self, wish: Wished) -> Vec<Effect> {
        const EFFECTS: &str = "select effects.* from effects join wishes on wishes.id = effects.wish
             where case when $1 is null then wishes.origin is not null else wishes.id = $1 end
             order by effects.rowid";
        let rows = self.rows(EFFECTS, Some(wish)).await;
        rows.iter()
            .map(|row| Effect {
                kind: row.get("kind"),
                state: row.get("state"),
                attempts: row.get("attempts"),
                began: row.get("began"),
            })
            .collect()
    }

    /// `None`: the wish was never accepted.
    pub async fn state_of(&self, wish: Wished) -> Option<String> {
        let rows = self.rows(WISHES, Some(wish)).await;
        assert!(rows.len() < 2, "nothing is noticed twice");
        rows.first().map(|row| row.get("state"))
    }

    pub async fn lease(&self) -> Lease {
        let rows = self.rows("select sum(epoch) as epoch, max(expires) > 0 as held from leases", None).await;
        let row = rows.first().expect("an aggregate has a row");
        let epoch: Option<i64> = row.get("epoch");
        Lease { epoch: epoch.unwrap_or_default(), held: row.get::<Option<bool>, _>("held") == Some(true) }
    }

    /// Effects of any wish whose end nobody has written down.
    pub async fn unfinished(&self) -> Vec<String> {
        let rows = self.rows("select key from effects where state in ('started', 'unknown')", None).await;
        rows.iter().map(|row| row.get("key")).collect()
    }

    /// What the audit trail tells of the wish; fails where its chain of hashes is broken.
    pub async fn audit(&self, wish: Wished) -> Result<Vec<String>, String> {
        let wishes = self.rows(WISHES, Some(wish)).await;
        let wish = wishes.first().and_then(|row| row.get::<String, _>("id").parse::<Uuid>().ok());
        let rows = self.rows("select * from audit order by seq", None).await;
        let uuid = |row: &SqliteRow, column| row.get::<String, _>(column).parse::<Uuid>().expect("an id");
        let entries = rows.iter().map(|row| {
            let entry = Entry {
                at: UtcMs(row.get("at")),
                user: uuid(row, "user_id"),
                wish: uuid(row, "wish"),
                event: row.get("event"),
                detail: row.get("detail"),
            };
            (row.get("seq"), entry, row.get("hash"))
        });
        if let Some(place) = first_break(entries) {
            return Err(format!("the audit trail is broken at {place}"));
        }
        Ok(rows.iter().filter(|row| Some(uuid(row, "wish")) == wish).map(|row| row.get("event")).collect())
    }

    /// Lets the next write to a table that fits the condition go on for ever, inside its transaction.
    pub async fn bar(&self, write: &str, condition: &str) {
        let trigger = format!(
            "create view endless as
               with recursive count(n) as (select 1 union all select n + 1 from count where n < 1e15)
               select count(*) as n from count;
             create trigger bar before {write} when {condition} begin select n from endless; end;"
        );
        let mut connection = self.open(Duration::from_secs(5)).await.expect("a database");
        sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&mut connection).await.expect("a trigger");
        connection.close().await.expect("a connection can be closed");
    }

    /// Takes the bar away, as the next process must find the database as it was made.
    pub async fn unbar(&self) {
        let mut connection = self.open(Duration::from_secs(5)).await.expect("a database");
        let both = "drop trigger if exists bar; drop view if exists endless;";
        sqlx::raw_sql(both).execute(&mut connection).await.expect("the trigger goes");
        connection.close().await.expect("a connection can be closed");
    }

    /// Whether somebody writes without an end.
    pub async fn is_being_written(&self) -> bool {
        self.is_locked().await && {
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.is_locked().await
        }
    }

    async fn is_locked(&self) -> bool {
        let mut connection = self.open(Duration::ZERO).await.expect("a database");
        let begun = sqlx::raw_sql("begin immediate; rollback").execute(&mut connection).await;
        connection.close().await.expect("a connection can be closed");
        begun.is_err()
    }
}
