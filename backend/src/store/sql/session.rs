//! A connection to whichever database it is, and the little that statements need of it.
//!
//! Every statement is written once: columns are `text` and `bigint`, parameters are `$1`, and what differs (row
//! locks, lists) is said here. Nothing outside this file and the two that open a database names the driver.

use crate::caller::{TenantId, UserId};
use crate::exchange::{DeltaLink, MailboxId};
use crate::store::{StoreError, StoreResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::UtcMs;
use shared::category::CategoryId;
use shared::email::{ConversationId, CrmEmailId, InternetMessageId};
use shared::item::{FolderId, ItemId, SmtpAddress};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, Transaction};
use uuid::Uuid;

/// A parameter of a statement.
#[derive(Debug, Clone)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
}

/// The time by which processes judge each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// By the clock of whoever asks: for a database that no other machine works on.
    Told(UtcMs),
    /// By the database's own clock when the statement begins: those of the machines may be minutes apart.
    OfDatabase,
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        match time {
            Time::Told(now) => Value::from(now),
            Time::OfDatabase => Value::Int(None),
        }
    }
}

/// A statement with the time in it, which a parameter gives as a [`Time`].
macro_rules! by_time {
    ($before:literal, $time:literal, $after:literal) => {
        $crate::store::sql::session::Dialects {
            sqlite: concat!($before, $time, $after),
            postgres: concat!(
                $before,
                "coalesce(",
                $time,
                ", (extract(epoch from statement_timestamp()) * 1000)::bigint)",
                $after
            ),
        }
    };
}
pub(crate) use by_time;

/// The parameters of a statement, `$1` first.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::session::Value::from($value)),*] };
}
pub(crate) use args;

macro_rules! values {
    ($($kind:ident: $($from:ty = |$value:ident| $into:expr),+;)+) => {$($(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Value::$kind(Some($into))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Value::$kind(value.map(|$value: $from| $into))
            }
        }
    )+)+};
}

values! {
    Text:
        &str = |v| v.to_owned(),
        &String = |v| v.clone(),
        String = |v| v,
        Uuid = |v| v.to_string(),
        TenantId = |v| v.to_string(),
        UserId = |v| v.to_string(),
        MailboxId = |v| v.0.to_string(),
        CrmEmailId = |v| v.0.to_string(),
        &SmtpAddress = |v| v.as_str().to_owned(),
        &ItemId = |v| v.0.clone(),
        &FolderId = |v| v.0.clone(),
        &CategoryId = |v| v.0.clone(),
        &ConversationId = |v| v.0.clone(),
        &InternetMessageId = |v| v.0.clone(),
        &DeltaLink = |v| v.0.clone();
    Int:
        i64 = |v| v,
        u32 = |v| i64::from(v),
        UtcMs = |v| v.0;
}

/// A connection, perhaps within a transaction. Dropped before it is committed, a transaction is rolled back.
#[derive(Debug)]
pub enum Session {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(Transaction<'static, Postgres>),
}

/// The two dialects, where one statement will not do.
#[derive(Debug, Clone, Copy)]
pub struct Dialects {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Session {
    /// Runs a statement; how many rows it changed.
    pub async fn run(&mut self, sql: &'static str, args: Vec<Value>) -> StoreResult<u64> {
        Ok(match self {
            Self::Sqlite(connection) => {
                on_sqlite(sql, args).execute(&mut **connection).await?.rows_affected()
            }
            Self::SqliteTransaction(tx) => on_sqlite(sql, args).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(connection) => {
                on_postgres(sql, args).execute(&mut **connection).await?.rows_affected()
            }
            Self::PostgresTransaction(tx) => on_postgres(sql, args).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// All rows of a query.
    pub async fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> StoreResult<Vec<Row>> {
        self.fetch(sql.into_sql_str(), args).await
    }

    /// The first row of a query, if it has any.
    pub async fn row(&mut self, sql: &'static str, args: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// All rows of a query that is written differently for each database.
    pub async fn rows_by(&mut self, sql: Dialects, args: Vec<Value>) -> StoreResult<Vec<Row>> {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => self.rows(sql.sqlite, args).await,
            Self::Postgres(_) | Self::PostgresTransaction(_) => self.rows(sql.postgres, args).await,
        }
    }

    /// The first of [`Session::rows_by`].
    pub async fn row_by(&mut self, sql: Dialects, args: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.rows_by(sql, args).await?.into_iter().next())
    }

    /// Rows of a query, which nobody else changes until this transaction ends. (SQLite has one writer anyway.)
    pub async fn locked_rows(&mut self, sql: &'static str, args: Vec<Value>) -> StoreResult<Vec<Row>> {
        match self {
            Self::Sqlite(_) | Self::SqliteTransaction(_) => self.rows(sql, args).await,
            Self::Postgres(_) | Self::PostgresTransaction(_) => {
                self.fetch(AssertSqlSafe(format!("{sql} for update")).into_sql_str(), args).await
            }
        }
    }

    /// The first of [`Session::locked_rows`].
    pub async fn locked_row(&mut self, sql: &'static str, args: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.locked_rows(sql, args).await?.into_iter().next())
    }

    /// Waits until no other transaction has its turn in the tenant, and keeps the turn until this one ends. Who
    /// adds to the tenant's audit trail, or decides which of an item's wishes is the newest, takes it first.
    pub async fn take_turn(&mut self, tenant: TenantId) -> StoreResult<()> {
        if let Self::Postgres(_) | Self::PostgresTransaction(_) = self {
            self.run("select pg_advisory_xact_lock(hashtextextended($1, 0))", args![tenant]).await?;
        }
        Ok(())
    }

    pub async fn commit(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => {}
            Self::SqliteTransaction(tx) => tx.commit().await?,
            Self::PostgresTransaction(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub async fn roll_back(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => {}
            Self::SqliteTransaction(tx) => tx.rollback().await?,
            Self::PostgresTransaction(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    async fn fetch(&mut self, sql: SqlStr, args: Vec<Value>) -> StoreResult<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(connection) => {
                rows(on_sqlite(sql, args).fetch_all(&mut **connection).await?, Row::Sqlite)
            }
            Self::SqliteTransaction(tx) => {
                rows(on_sqlite(sql, args).fetch_all(&mut **tx).await?, Row::Sqlite)
            }
            Self::Postgres(connection) => {
                rows(on_postgres(sql, args).fetch_all(&mut **connection).await?, Row::Postgres)
            }
            Self::PostgresTransaction(tx) => {
                rows(on_postgres(sql, args).fetch_all(&mut **tx).await?, Row::Postgres)
            }
        })
    }
}

fn rows<R>(all: Vec<R>, wrap: fn(R) -> Row) -> Vec<Row> {
    all.into_iter().map(wrap).collect()
}

type Query<DB> = sqlx::query::Query<'static, DB, <DB as sqlx::Database>::Arguments>;

fn on_sqlite(sql: impl SqlSafeStr, args: Vec<Value>) -> Query<Sqlite> {
    args.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
    })
}

fn on_postgres(sql: impl SqlSafeStr, args: Vec<Value>) -> Query<Postgres> {
    args.into_iter().fold(sqlx::query(sql), |query, value| match value {
        // PostgreSQL keeps no NUL in a text; nobody's name or id has one, whatever a caller sends.
        Value::Text(Some(text)) if text.contains('\0') => query.bind(Some(text.replace('\0', "\u{fffd}"))),
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
    })
}

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub fn text(&self, column: &str) -> StoreResult<String> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub fn opt_text(&self, column: &str) -> StoreResult<Option<String>> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub fn int(&self, column: &str) -> StoreResult<i64> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub fn opt_int(&self, column: &str) -> StoreResult<Option<i64>> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub fn ms(&self, column: &str) -> StoreResult<UtcMs> {
        Ok(UtcMs(self.int(column)?))
    }

    pub fn opt_ms(&self, column: &str) -> StoreResult<Option<UtcMs>> {
        Ok(self.opt_int(column)?.map(UtcMs))
    }

    /// A count that is never negative.
    pub fn count(&self, column: &str) -> StoreResult<u32> {
        Ok(u32::try_from(self.int(column)?.max(0)).unwrap_or(u32::MAX))
    }

    pub fn uuid(&self, column: &str) -> StoreResult<Uuid> {
        uuid(column, &self.text(column)?)
    }

    pub fn opt_uuid(&self, column: &str) -> StoreResult<Option<Uuid>> {
        self.opt_text(column)?.map(|text| uuid(column, &text)).transpose()
    }

    pub fn json<T: DeserializeOwned>(&self, column: &str) -> StoreResult<T> {
        parsed(&self.text(column)?)
    }

    pub fn opt_json<T: DeserializeOwned>(&self, column: &str) -> StoreResult<Option<T>> {
        self.opt_text(column)?.map(|text| parsed(&text)).transpose()
    }
}

fn uuid(column: &str, text: &str) -> StoreResult<Uuid> {
    text.parse().map_err(|_| StoreError::Damaged(format!("{column} is no id: {text}")))
}

fn parsed<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(e.to_string()))
}

/// The value as it is stored.
pub fn json<T: Serialize>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}
