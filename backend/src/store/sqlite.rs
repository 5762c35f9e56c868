//! The embedded store: one SQLite file, one process.
//!
//! Write-ahead log with `synchronous = FULL`: an accepted wish survives the loss of power, not only of the
//! process. One connection writes; readers do not wait for it.

use super::sql::session::{Session, Time, args};
use super::sql::{Database, SqlStore, migrations, not_migrated};
use super::{Ring, StoreError, StoreResult};
use shared::UtcMs;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

pub use super::AuditRow;

/// How long a writer waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const BEGIN: &str = "begin immediate";

pub type SqliteStore = SqlStore<SqliteDatabase>;

#[derive(Debug, Clone)]
pub struct SqliteDatabase {
    writer: SqlitePool,
    /// The same as the writer where the database lives in memory: there is but one connection to it.
    reader: SqlitePool,
    /// Whether the file may not grow; SQLite keeps such a limit with the connection.
    may_not_grow: Arc<AtomicBool>,
}

impl SqliteStore {
    /// Opens the file, creating it where it is missing, and brings its tables up to date.
    pub async fn open(file: &Path) -> StoreResult<Self> {
        keep_private(file)?;
        let options = options()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let may_not_grow = Arc::new(AtomicBool::new(false));
        let limit = Arc::clone(&may_not_grow);
        let writer = pool(1)
            .after_connect(move |connection, _| {
                let limit = page_limit(limit.load(Ordering::SeqCst));
                Box::pin(async move { sqlx::query(limit).execute(connection).await.map(|_| ()) })
            })
            .connect_with(options.clone())
            .await?;
        migrations().run(&writer).await.map_err(not_migrated)?;
        let reader = pool(4).connect_with(options.read_only(true)).await?;
        Self::on(SqliteDatabase { writer, reader, may_not_grow }).await
    }

    /// A store that is gone with this value and its clones; for trying things out at great speed.
    pub async fn in_memory() -> StoreResult<Self> {
        // A connection that the pool let go of would take the database with it.
        let only = pool(1).idle_timeout(None).max_lifetime(None);
        let only = only.connect_with(options().in_memory(true)).await?;
        migrations().run(&only).await.map_err(not_migrated)?;
        let may_not_grow = Arc::default();
        Self::on(SqliteDatabase { writer: only.clone(), reader: only, may_not_grow }).await
    }

    /// Rows inserted, changed and deleted by the writing connection so far, as SQLite counts them; for telling that
    /// nothing was written.
    pub async fn rows_written(&self) -> StoreResult<i64> {
        let mut session = Session::Sqlite(self.database.writer.acquire().await?);
        let row = session.row("select total_changes() as rows", args![]).await?;
        row.map_or(Ok(0), |row| row.int("rows"))
    }

    /// Lets the file grow no further, as on a full disk; for trying what happens then.
    pub async fn limit_pages_to_present(&self) -> StoreResult<()> {
        self.limit_pages(true).await
    }

    /// Lifts that limit again.
    pub async fn unlimit_pages(&self) -> StoreResult<()> {
        self.limit_pages(false).await
    }

    async fn limit_pages(&self, may_not_grow: bool) -> StoreResult<()> {
        self.database.may_not_grow.store(may_not_grow, Ordering::SeqCst);
        let mut session = Session::Sqlite(self.database.writer.acquire().await?);
        session.run(page_limit(may_not_grow), args![]).await?;
        Ok(())
    }
}

#[async_trait::async_trait]
impl Database for SqliteDatabase {
    async fn connect(&self) -> StoreResult<Session> {
        Ok(Session::Sqlite(self.reader.acquire().await?))
    }

    async fn snapshot(&self) -> StoreResult<Session> {
        Ok(Session::SqliteTransaction(self.reader.begin().await?))
    }

    async fn begin(&self) -> StoreResult<Session> {
        let begun = match self.writer.begin_with(BEGIN).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                // When the disk is full, SQLite rolls back by itself, and the roll-back that sqlx then asks for
                // fails: this connection counts on a transaction that is no more. A new one does not.
                self.writer.acquire().await?.close().await?;
                self.writer.begin_with(BEGIN).await?
            }
            begun => begun?,
        };
        Ok(Session::SqliteTransaction(begun))
    }

    /// Nobody else works on the file: silence, for as long as the store lives.
    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>> {
        let (silent, rings) = mpsc::channel(1);
        let store = self.writer.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = store.close_event() => {}
                () = silent.closed() => {}
            }
        });
        Ok(rings)
    }

    async fn ring_others(&self, _: &Ring) -> StoreResult<()> {
        Ok(())
    }

    fn time(&self, now: UtcMs) -> Time {
        Time::Told(now)
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).busy_timeout(BUSY_TIMEOUT)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // A file does not go away like a network: no need to ask before each use.
    SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
}

fn page_limit(may_not_grow: bool) -> &'static str {
    // SQLite never cuts below the present size: one page is less than any database has.
    if may_not_grow { "pragma max_page_count = 1" } else { "pragma max_page_count = 4294967294" }
}

/// Makes the file for its owner's eyes only, before SQLite would make it for everybody's; its journals take
/// over the permissions.
fn keep_private(file: &Path) -> StoreResult<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(|_| ()).map_err(|e| StoreError::Down(format!("{}: {e}", file.display())))
}
