//! A store to be tried, on either database, and the ways past it.

use backend::caller::TenantId;
use backend::store::audit::{Entry, first_break};
use backend::store::postgres::PostgresStore;
use backend::store::sqlite::SqliteStore;
use backend::store::{AuditRow, Store};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::ops::Deref;
use std::sync::Arc;
use tests::Database;

/// A new store.
#[derive(Debug)]
pub enum Bed {
    Sqlite { store: SqliteStore, folder: tempfile::TempDir },
    Postgres { store: PostgresStore, database: Database },
}

impl Deref for Bed {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Sqlite { store, .. } => store,
            Self::Postgres { store, .. } => store,
        }
    }
}

impl Bed {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("regarding.db")).await.expect("a new store");
        Self::Sqlite { store, folder }
    }

    pub async fn postgres() -> Self {
        let database = Database::new().await;
        Self::Postgres { store: database.open().await, database }
    }

    /// The store as another task has it: on PostgreSQL one with connections of its own, as another process has.
    pub async fn another(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite { store, .. } => Arc::new(store.clone()),
            Self::Postgres { database, .. } => Arc::new(database.open().await),
        }
    }

    /// The store opened anew, as after a restart.
    pub async fn reopen(self) -> Self {
        match self {
            Self::Sqlite { store, folder } => {
                drop(store);
                let store = SqliteStore::open(&folder.path().join("regarding.db")).await.expect("a store");
                Self::Sqlite { store, folder }
            }
            Self::Postgres { store, database } => {
                store.close().await;
                Self::Postgres { store: database.open().await, database }
            }
        }
    }

    pub async fn wipe(&self) {
        match self {
            Self::Sqlite { store, .. } => store.wipe().await,
            Self::Postgres { store, .. } => store.wipe().await,
        }
        .expect("the store can be emptied");
    }

    /// The audit trail; fails where its chain is broken.
    pub async fn trail(&self, tenant: TenantId) -> Vec<AuditRow> {
        let rows = match self {
            Self::Sqlite { store, .. } => store.audit_trail(tenant).await,
            Self::Postgres { store, .. } => store.audit_trail(tenant).await,
        }
        .expect("the trail can be read");
        let entries = rows.iter().map(|row| (row.seq, entry(row), row.hash.as_str()));
        assert_eq!(first_break(entries), None, "the chain of hashes");
        rows
    }

    /// The names of what happened, in order.
    pub async fn events(&self, tenant: TenantId) -> Vec<String> {
        self.trail(tenant).await.into_iter().map(|row| row.event).collect()
    }

    /// Runs statements past the store.
    pub async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite { folder, .. } => {
                let mut file = connect(folder.path()).await;
                let ran = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut file).await;
                ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
                file.close().await.expect("a connection can be closed");
            }
            Self::Postgres { database, .. } => database.run(sql).await,
        }
    }

    /// Lets every such write (`insert on wishes`, `update on folders`) fail, as if the process had been killed
    /// before it: the transaction comes to nothing.
    pub async fn break_off(&self, write: &str) {
        match self {
            Self::Sqlite { .. } => {
                self.run(&format!(
                    "create trigger broken before {write} begin select raise(abort, 'broken off'); end"
                ))
                .await;
            }
            Self::Postgres { .. } => self.raise(write, "P0001").await,
        }
    }

    /// PostgreSQL only: lets every such write fail with this SQLSTATE.
    pub async fn raise(&self, write: &str, state: &str) {
        self.run(&format!(
            "create or replace function broken() returns trigger language plpgsql as
               $$ begin raise exception 'broken off' using errcode = '{state}'; end $$;
             create trigger broken before {write} for each row execute function broken()"
        ))
        .await;
    }

    pub async fn mend(&self, table: &str) {
        match self {
            Self::Sqlite { .. } => self.run("drop trigger broken").await,
            Self::Postgres { .. } => self.run(&format!("drop trigger broken on {table}")).await,
        }
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in self.tables().await {
            let rows = match self {
                Self::Sqlite { .. } => {
                    let columns = self
                        .texts(&format!(
                            "select group_concat('quote(\"' || name || '\")', ' || '','' || ')
                             from pragma_table_info('{table}')"
                        ))
                        .await;
                    self.texts(&format!("select {} from \"{table}\" order by 1", columns[0])).await
                }
                Self::Postgres { .. } => {
                    self.texts(&format!("select t::text from {table} t order by 1")).await
                }
            };
            all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
        }
        all
    }

    async fn tables(&self) -> Vec<String> {
        self.texts(match self {
            Self::Sqlite { .. } => {
                "select name from sqlite_master where type = 'table'
                   and name not in ('_sqlx_migrations', 'compatibility') order by name"
            }
            Self::Postgres { .. } => {
                "select table_name::text from information_schema.tables where table_schema = 'public'
                   and table_name not in ('_sqlx_migrations', 'compatibility') order by table_name"
            }
        })
        .await
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite { folder, .. } => {
                let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
                query.fetch_all(&mut connect(folder.path()).await).await
            }
            Self::Postgres { database, .. } => {
                let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
                query.fetch_all(&mut database.connect().await).await
            }
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

async fn connect(folder: &std::path::Path) -> SqliteConnection {
    let file = format!("sqlite:{}", folder.join("regarding.db").display());
    SqliteConnection::connect(&file).await.expect("the file")
}

fn entry(row: &AuditRow) -> Entry<'_> {
    Entry { at: row.at, user: row.user, wish: row.wish, event: &row.event, detail: &row.detail }
}
