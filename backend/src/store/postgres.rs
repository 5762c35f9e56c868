//! The shared store: one PostgreSQL database, any number of processes.
//!
//! Read committed, with the locks of [`super::sql`]. What one process rings for the others goes through
//! `NOTIFY`. A session that stands still within a transaction (its process was stopped, its machine is gone) is
//! ended by the server, so that what it had locked is free again; nothing it does afterwards counts.

use super::sql::session::{Session, Time, args, json};
use super::sql::{Database, SqlStore, migrations, not_migrated};
use super::{Ring, StoreError, StoreResult};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use shared::UtcMs;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, PgConnection, PgPool};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Connections of one process, besides the one that listens.
const CONNECTIONS: u32 = 16;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// A connection that was not used for so long is tried before it is used again.
const RESTED: Duration = Duration::from_secs(1);
/// Rings that are kept for an engine that is busy.
const RINGS: usize = 1024;
/// Bytes that PostgreSQL carries in one notification, and a few to spare.
const LONGEST: usize = 7_900;
/// Between two tries to hear others again.
const PAUSE: Duration = Duration::from_secs(1);
const CHANNEL: &str = "regarding";
const BEGIN: &str = "begin isolation level read committed read write";
const SNAPSHOT: &str = "begin isolation level repeatable read read only";
/// What the server is to end by itself, in milliseconds, and after how many seconds it finds out that nobody is at
/// the other end of a connection.
const GUARDS: [(&str, &str); 6] = [
    ("idle_in_transaction_session_timeout", "5000"),
    ("statement_timeout", "20000"),
    ("lock_timeout", "10000"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
];

pub type PostgresStore = SqlStore<PostgresDatabase>;

/// Which database, and how the way to it is protected.
#[derive(Clone)]
pub struct PostgresAt {
    /// `postgres://user:password@host:port/database`; a secret.
    pub url: SecretString,
    pub encryption: Encryption,
}

/// How the connection to the server is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// TLS, and the server's certificate must be one that is believed (by the file's authorities too, where one is
    /// given) and bear the server's name.
    Verified { ca: Option<PathBuf> },
    /// None: the server is on this machine, or the network is protected otherwise.
    None,
}

#[derive(Debug, Clone)]
pub struct PostgresDatabase {
    pool: PgPool,
    /// Tells what we rang ourselves from what others did.
    ringer: Uuid,
    clock: LeaseClock,
}

/// By which clock leases and signs of life are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseClock {
    /// The server's: of several machines whose clocks differ none takes over too early or too late.
    Servers,
    /// Of whoever asks: for trying out what time brings.
    Callers,
}

/// A ring on its way through the database.
#[derive(Debug, Serialize, Deserialize)]
struct Rung {
    by: Uuid,
    #[serde(flatten)]
    ring: Ring,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date. Several processes may do so at once.
    pub async fn open(at: &PostgresAt) -> StoreResult<Self> {
        Self::open_by(at, LeaseClock::Servers).await
    }

    /// The same by a clock of one's choice.
    pub async fn open_by(at: &PostgresAt, clock: LeaseClock) -> StoreResult<Self> {
        // Without the guards: a large table takes its time, and so does the other process that is at it already.
        let mut first = PgConnection::connect_with(&options(at)?).await?;
        migrations().run(&mut first).await.map_err(not_migrated)?;
        first.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for < RESTED {
                        return Ok(true);
                    }
                    Ok(connection.ping().await.is_ok())
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // A server that confirms what it has not written down yet would lose accepted wishes.
                    let durable = "select set_config('synchronous_commit', 'on', false)
                        where current_setting('synchronous_commit') = 'off' and current_setting('fsync') = 'on'";
                    sqlx::query(durable).execute(connection).await.map(|_| ())
                })
            })
            .connect_with(options(at)?.options(GUARDS))
            .await?;
        Self::on(PostgresDatabase { pool, ringer: Uuid::new_v4(), clock }).await
    }

    /// Ends all connections; they would end by themselves with the last clone of the store, a little later.
    pub async fn close(self) {
        self.database.pool.close().await;
    }
}

/// Whether the connection is gone: cut, or ended by the server (admin_shutdown, crash_shutdown).
fn is_dead(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(said) => matches!(said.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}

fn options(at: &PostgresAt) -> StoreResult<PgConnectOptions> {
    // The reason would repeat parts of the address, and its password.
    let unreadable = |_| StoreError::Down("the database's address cannot be read".into());
    let options = PgConnectOptions::from_str(at.url.expose_secret()).map_err(unreadable)?;
    let options = options.application_name("regarding");
    Ok(match &at.encryption {
        Encryption::None => options.ssl_mode(PgSslMode::Disable),
        Encryption::Verified { ca: None } => options.ssl_mode(PgSslMode::VerifyFull),
        Encryption::Verified { ca: Some(file) } => {
            options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(file)
        }
    })
}

#[async_trait::async_trait]
impl Database for PostgresDatabase {
    async fn connect(&self) -> StoreResult<Session> {
        Ok(Session::Postgres(self.pool.acquire().await?))
    }

    async fn snapshot(&self) -> StoreResult<Session> {
        Ok(Session::PostgresTransaction(self.pool.begin_with(SNAPSHOT).await?))
    }

    /// After the server was restarted, every connection that is left is dead. Whoever finds one takes the next:
    /// nothing was done on it yet.
    async fn begin(&self) -> StoreResult<Session> {
        let mut left = CONNECTIONS;
        loop {
            match self.pool.begin_with(BEGIN).await {
                Err(error) if left > 0 && is_dead(&error) => left -= 1,
                begun => return Ok(Session::PostgresTransaction(begun?)),
            }
        }
    }

    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        let (send, rings) = mpsc::channel(RINGS);
        let own = self.ringer;
        tokio::spawn(async move {
            loop {
                let heard = tokio::select! {
                    heard = listener.try_recv() => heard,
                    () = send.closed() => return,
                };
                let ring = match heard {
                    Ok(Some(notification)) => match serde_json::from_str::<Rung>(notification.payload()) {
                        Ok(rung) if rung.by != own => rung.ring,
                        // Our own, or of a newer program that rings for what we do not know.
                        Ok(_) | Err(_) => continue,
                    },
                    // The connection was lost, and rings with it: whoever looks at everything misses nothing.
                    Ok(None) => Ring::Assignment,
                    Err(error) => {
                        tracing::warn!(%error, "other processes cannot be heard; trying again");
                        if tokio::time::timeout(PAUSE, send.closed()).await.is_ok() {
                            return;
                        }
                        Ring::Assignment
                    }
                };
                if send.send(ring).await.is_err() {
                    return;
                }
            }
        });
        Ok(rings)
    }

    async fn ring_others(&self, ring: &Ring) -> StoreResult<()> {
        let mut rung = json(&Rung { by: self.ringer, ring: ring.clone() })?;
        if rung.len() > LONGEST {
            // Who looks at everything finds this too.
            rung = json(&Rung { by: self.ringer, ring: Ring::Assignment })?;
        }
        self.connect().await?.run("select pg_notify($1, $2)", args![CHANNEL, rung]).await?;
        Ok(())
    }

    fn time(&self, now: UtcMs) -> Time {
        match self.clock {
            LeaseClock::Servers => Time::OfDatabase,
            LeaseClock::Callers => Time::Told(now),
        }
    }
}
