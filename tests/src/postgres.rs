//! PostgreSQL for tests: one server a run, and for every test a database of its own.
//!
//! `cargo xtask test` starts the server and names it in `REGARDING_POSTGRES`; where nobody did, the first test
//! that needs one does, and it ends with the process. A database is a copy of one that was brought up to date
//! once, which costs less than to do it again.

use backend::store::postgres::{Encryption, LeaseClock, PostgresAt, PostgresStore};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;
use xtask::postgres::Server;

/// Names the server's database `postgres`.
const VARIABLE: &str = "REGARDING_POSTGRES";
/// Key of the lock under which a template is made.
const TEMPLATES: i64 = 0x5265_6761_7264;

/// A database that nobody else uses.
#[derive(Debug, Clone)]
pub struct Database {
    url: String,
}

impl Database {
    /// One with all tables, and nothing in them.
    pub async fn new() -> Self {
        let template = template().await;
        Self::made(&format!("template {template}")).await
    }

    /// One without any tables.
    pub async fn empty() -> Self {
        Self::made("template template0").await
    }

    async fn made(how: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let mut server = connect(&server()).await;
        run(&mut server, &format!("create database {name} {how}")).await;
        Self { url: named(&name) }
    }

    /// Its address, as the configuration wants it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn at(&self) -> PostgresAt {
        PostgresAt { url: self.url.clone().into(), encryption: Encryption::None }
    }

    /// The store on it, as one more process would open it; time is what the test says.
    pub async fn open(&self) -> PostgresStore {
        let opened = PostgresStore::open_by(&self.at(), LeaseClock::Callers).await;
        opened.expect("a database that can be opened")
    }

    /// Looks into it, or tampers with it, past the store.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url).await
    }

    /// Runs statements in it, past the store.
    pub async fn run(&self, sql: &str) {
        run(&mut self.connect().await, sql).await;
    }
}

/// Address of the server's first database.
fn server() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        let server = SERVER.get_or_init(|| Server::start().unwrap_or_else(|error| panic!("{error:#}")));
        server.url("postgres")
    })
}

/// The same with another database.
fn named(database: &str) -> String {
    let server = server();
    let (before, after) = server.split_once("/postgres").map_or((server.as_str(), ""), |halves| halves);
    format!("{before}/{database}{after}")
}

async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE.get_or_init(make_template).await
}

/// Made once a server, also where every test is a process of its own; anew when the migrations have changed.
async fn make_template() -> String {
    let name = format!("template_{}", PostgresStore::fingerprint());
    let mut server = connect(&server()).await;
    run(&mut server, &format!("select pg_advisory_lock({TEMPLATES})")).await;
    let there = sqlx::query("select 1 from pg_database where datname = $1").bind(&name);
    if there.fetch_optional(&mut server).await.expect("an answer").is_none() {
        let draft = format!("{name}_draft");
        run(&mut server, &format!("drop database if exists {draft}")).await;
        run(&mut server, &format!("create database {draft}")).await;
        let database = Database { url: named(&draft) };
        database.open().await.close().await;
        run(&mut server, &format!("alter database {draft} rename to {name}")).await;
    }
    run(&mut server, &format!("select pg_advisory_unlock({TEMPLATES})")).await;
    name
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let ran = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
