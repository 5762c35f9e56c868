//! What a cycle costs: requests and bytes upstream, and rows written. No machine changes these figures.

use super::scale::Scale;
use backend::config::Notifications;
use backend::sync::{Kind, Pace};
use sandbox::company::ADA;
use sandbox::world::courier::InProcess;
use shared::category::TRACKED;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Mail, Stack};

/// Messages that change, or are tracked, between two cycles.
const MANY: usize = 50;

/// A service with warm tokens that has looked Ada's mailbox through and has a subscription for it.
struct Bench {
    stack: Stack,
    bytes: Arc<AtomicUsize>,
}

/// Prints the chapter.
pub async fn tell() {
    println!(
        "{:>9}  {:>9}  {:>9}  upstream and in the database, by the sandbox's journal and triggers on every table",
        "requests", "bytes", "rows"
    );
    let bench = Bench::set_up().await;
    bench.measure("idle cycle, notifications alive", Kind::Regular, 1).await;
    bench.measure("idle full check (every 60 minutes)", Kind::Full, 1).await;
    bench.measure("cycle that a bell rang for, nothing new", Kind::Bell, 1).await;

    let mail = bench.stack.mail_to(&ADA).await;
    bench.look(Kind::Bell).await;
    bench.stack.read(&mail).await;
    bench.measure("cycle with one changed message", Kind::Bell, 1).await;
    let many = bench.mails().await;
    bench.look(Kind::Bell).await;
    for mail in &many {
        bench.stack.read(mail).await;
    }
    bench.measure(&format!("per changed message, {MANY} in one cycle"), Kind::Bell, MANY).await;

    bench.stack.categorize(&mail, &[TRACKED], &[]).await;
    bench.measure("one message tracked by its category, its cycle included", Kind::Bell, 1).await;
    bench.measure("the cycle after it, in which our own writes come back", Kind::Bell, 1).await;
    for mail in &many {
        bench.stack.categorize(mail, &[TRACKED], &[]).await;
    }
    bench
        .measure(&format!("per message tracked by its category, {MANY} in one cycle"), Kind::Bell, MANY)
        .await;
    bench.look(Kind::Bell).await;
    bench.stack.categorize(&mail, &[], &[TRACKED]).await;
    bench.measure("one message untracked by its category, its cycle included", Kind::Bell, 1).await;
    println!();
}

impl Bench {
    async fn set_up() -> Self {
        let bytes = Arc::<AtomicUsize>::default();
        let counted = bytes.clone();
        let stack = Stack::start_with(|setup| {
            setup.pace = Pace::ByHand;
            setup.config.notifications = Notifications::On;
            setup.transport = Arc::new(Scale { beyond: setup.transport.clone(), bytes: counted });
        })
        .await;
        stack.world.set_courier(Arc::new(InProcess(stack.api())));
        stack.synchronize(ADA.upn).await;
        let bench = Self { stack, bytes };
        // Everything is read once, a first message is tracked, and what came of it is seen.
        bench.look(Kind::Full).await;
        let mail = bench.stack.mail_to(&ADA).await;
        bench.stack.categorize(&mail, &[TRACKED], &[]).await;
        for kind in [Kind::Bell, Kind::Bell, Kind::Full] {
            bench.look(kind).await;
        }
        bench.count_writes().await;
        bench
    }

    async fn mails(&self) -> Vec<Mail> {
        let mut mails = Vec::new();
        for _ in 0..MANY {
            mails.push(self.stack.mail_to(&ADA).await);
        }
        mails
    }

    async fn look(&self, kind: Kind) {
        while self.stack.cycle_of(ADA.upn, kind).await.more {}
    }

    async fn open(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.stack.database());
        SqliteConnection::connect_with(&options).await.expect("a database")
    }

    /// Puts triggers on every table that count what is written.
    async fn count_writes(&self) {
        let mut connection = self.open().await;
        let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
        let tables: Vec<String> =
            sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
        let mut script = "create table writes (count integer); insert into writes values (0);".to_owned();
        for table in tables {
            for act in ["insert", "update", "delete"] {
                let counted = format!("create trigger count_{act}_{table} after {act} on {table}");
                script.push_str(&counted);
                script.push_str(" begin update writes set count = count + 1; end;");
            }
        }
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.expect("triggers");
    }

    async fn writes(&self) -> i64 {
        let mut connection = self.open().await;
        let count = sqlx::query_scalar("select count from writes").fetch_one(&mut connection);
        count.await.expect("a count")
    }

    /// Looks the mailbox through, carries out what is noticed, and prints what that cost, a message of `shared_by`.
    async fn measure(&self, what: &str, kind: Kind, shared_by: usize) {
        let (mark, before) = (self.stack.mark(), self.writes().await);
        self.bytes.store(0, Ordering::Relaxed);
        self.look(kind).await;
        let requests = self.stack.requests_since(mark).len();
        let bytes = self.bytes.load(Ordering::Relaxed);
        let rows = self.writes().await - before;
        let each = |figure: f64| {
            let figure = figure / shared_by as f64;
            if shared_by == 1 { format!("{figure:.0}") } else { format!("{figure:.1}") }
        };
        println!("{:>9}  {:>9}  {:>9}  {what}", each(requests as f64), each(bytes as f64), each(rows as f64));
    }
}
