//! The whole product in one process: the real service on a real database, the sandbox as the other side.

use crate::clock::TestClock;
use crate::pane::Pane;
use crate::tenant::Tenant;
use axum::Router;
use backend::app::{self, App, Parts, embedded};
use backend::config::{Config, Enrollment, Notifications, Tls};
use backend::net::Transport;
use backend::net::in_process::InProcess;
use backend::store::Actor;
use backend::store::Store;
use backend::store::sqlite::SqliteStore;
use backend::sync::{Administration, Kind, Looked, Pace, StoreSharing};
use sandbox::company::Person;
use sandbox::server::Severed;
use sandbox::world::faults::Fault;
use sandbox::world::journal::{Entry, Seq};
use sandbox::{Options, World};
use shared::api::admin::{self, EnrollmentEnd, Order};
use shared::item::SmtpAddress;
use shared::problem::Problem;
use shared::rules::Language;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Longest real time that anything is waited for in a test: a guard, not a pace.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Both sides, and the time.
#[derive(Debug)]
pub struct Stack {
    pub clock: Arc<TestClock>,
    /// The other side, as the service reaches it.
    pub tenant: Tenant,
    pub store: SqliteStore,
    pub config: Config,
    app: Option<App>,
    transport: Arc<dyn Transport>,
    pace: Pace,
    folder: tempfile::TempDir,
}

/// What a test changes before the service starts.
#[derive(Debug)]
pub struct Setup {
    pub config: Config,
    pub transport: Arc<dyn Transport>,
    pub pace: Pace,
}

/// What people do past the service, they do to its other side.
impl Deref for Stack {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.tenant
    }
}

impl Stack {
    /// The company as it is seeded, and a service that has never seen it.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with a service that answers a wish at once and goes on with it by itself.
    pub async fn start_impatient() -> Self {
        Self::start_with(|setup| setup.config.limits.wish_patience_ms = 0).await
    }

    /// The same, with something changed first.
    pub async fn start_with(change: impl FnOnce(&mut Setup)) -> Self {
        let clock = TestClock::new();
        let world = World::new(Options::in_memory(clock.clone())).expect("a tenant in memory");
        let tenant = Tenant::of(world);
        let severed = |extensions: &http::Extensions| extensions.get::<Severed>().is_some();
        let transport = InProcess::new(tenant.upstream.clone()).severed_where(severed);
        let side = embedded::side(&tenant.world.options.origin, "").expect("the sandbox's own side");
        let listen = "127.0.0.1:3000".parse().expect("a loopback address");
        let public = Url::parse(&tenant.world.options.pane_origin).expect("the pane's origin");
        let mut config = Config::for_sandbox(&side, listen, public, Tls::BehindProxy);
        // A test says itself which mailboxes are synchronized, and whether Exchange may ring.
        config.tenants[0].mailboxes = Enrollment::ByHand;
        config.notifications = Notifications::Off;
        let mut setup = Setup { config, transport: Arc::new(transport), pace: Pace::Live };
        change(&mut setup);
        let folder = tempfile::tempdir().expect("a folder for the database");
        let store = SqliteStore::open(&folder.path().join("regarding.db")).await.expect("a new database");
        let Setup { config, transport, pace } = setup;
        let mut stack = Self { clock, tenant, store, config, app: None, transport, pace, folder };
        stack.assemble().await;
        stack
    }

    async fn assemble(&mut self) {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let parts = Parts {
            config: self.config.clone(),
            clock: self.clock.clone(),
            transport: self.transport.clone(),
            store,
            store_sharing: StoreSharing::Exclusive,
            holder: "test".into(),
            lock: None,
            pace: self.pace,
        };
        self.app = Some(app::assemble(parts).await.expect("the service starts"));
    }

    /// Stops the service in an orderly way and starts it anew, on the same database and tenant.
    pub async fn restart(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
        self.assemble().await;
    }

    /// File of the database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("regarding.db")
    }

    /// The service's whole API, in process.
    pub fn api(&self) -> Router {
        self.app.as_ref().expect("the service runs").router()
    }

    /// The company as it is seeded, with these mailboxes synchronized; nothing happens by itself: a test looks a
    /// mailbox through when it wants to.
    pub async fn synchronizing(mailboxes: &[&str]) -> Self {
        let stack = Self::start_with(|setup| {
            setup.pace = Pace::ByHand;
            // Nobody carries out what is wished in the pane before the test says so.
            setup.config.limits.wish_patience_ms = 0;
        })
        .await;
        for mailbox in mailboxes {
            stack.synchronize(mailbox).await;
        }
        stack
    }

    /// An administrator enrolls, approves, tests and enables a mailbox.
    pub async fn synchronize(&self, mailbox: &str) -> admin::Mailbox {
        let address = SmtpAddress::new(mailbox);
        let (by, tenant) = (Actor::Program("tests".into()), self.config.tenants[0].id);
        let administration = self.administration();
        let enrolled = administration
            .enroll(tenant, std::slice::from_ref(&address), &by, Language::English)
            .await
            .expect("the CRM's directory");
        assert!(
            !matches!(enrolled.mailboxes[0].end, EnrollmentEnd::Refused(_)),
            "{mailbox} can be synchronized: {enrolled:?}"
        );
        let mut last = None;
        for order in [Order::Approve, Order::Test] {
            let done = administration.order(tenant, &address, order, &by, Language::English).await;
            last = Some(done.expect("the order is carried out"));
        }
        last.expect("two orders")
    }

    /// An administrator makes a mailbox known and approves it; it is not synchronized yet.
    pub async fn approve(&self, mailbox: &str) {
        let address = [SmtpAddress::new(mailbox)];
        let (by, tenant) = (Actor::Program("tests".into()), self.config.tenants[0].id);
        let enrolled = self.administration().enroll(tenant, &address, &by, Language::English).await;
        enrolled.expect("the CRM's directory");
        self.order(mailbox, Order::Approve).await.expect("the address is approved");
    }

    /// An administrator orders something for a mailbox.
    pub async fn order(&self, mailbox: &str, order: Order) -> Result<admin::Mailbox, Problem> {
        let (by, tenant) = (Actor::Program("tests".into()), self.config.tenants[0].id);
        let address = SmtpAddress::new(mailbox);
        self.administration().order(tenant, &address, order, &by, Language::English).await
    }

    /// What an administrator sees of a mailbox.
    pub async fn administered(&self, mailbox: &str) -> admin::Mailbox {
        let (address, tenant) = (SmtpAddress::new(mailbox), self.config.tenants[0].id);
        let seen = self.administration().mailbox(tenant, &address, Language::English).await;
        seen.expect("an enrolled mailbox")
    }

    /// The items of a mailbox that fail, as an administrator sees them.
    pub async fn failing(&self, mailbox: &str) -> Vec<admin::FailingItem> {
        let (address, tenant) = (SmtpAddress::new(mailbox), self.config.tenants[0].id);
        let seen = self.administration().failing(tenant, Some(&address), Language::English).await;
        seen.expect("the store works").items
    }

    /// Changes one of the organization's settings, and waits until the service has to have heard of it.
    pub async fn set_and_wait(&self, name: &str, value: &str) {
        self.set_organization_setting(name, value).await;
        self.clock.advance_ms(300_000);
    }

    /// Every row of the database, by table.
    pub async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let options = SqliteConnectOptions::new().filename(self.database()).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
        let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
        let tables: Vec<String> =
            sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
        let mut all = BTreeMap::new();
        for table in tables {
            let columns = format!("select 'quote(' || name || ')' from pragma_table_info('{table}')");
            let columns: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(&mut connection).await.expect("columns");
            let rows = format!("select {} from {table} order by 1", columns.join(" || ' ' || "));
            let rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut connection).await.expect("rows");
            all.insert(table, rows);
        }
        connection.close().await.expect("a connection can be closed");
        all
    }

    /// The engine's face towards administrators.
    pub fn administration(&self) -> Administration {
        self.app.as_ref().expect("the service runs").items().administration()
    }

    /// Looks a mailbox through in full, and carries out what is noticed.
    pub async fn cycle(&self, mailbox: &str) -> Looked {
        self.cycle_of(mailbox, Kind::Full).await
    }

    /// The same, as much of it as a cycle of this kind reads.
    pub async fn cycle_of(&self, mailbox: &str, kind: Kind) -> Looked {
        let items = self.app.as_ref().expect("the service runs").items();
        let looked = items.cycle(self.config.tenants[0].id, &SmtpAddress::new(mailbox), kind).await;
        looked.expect("the store works").expect("a cycle")
    }

    /// Carries out what is due in a mailbox, without looking it through.
    pub async fn work(&self, mailbox: &str) {
        let items = self.app.as_ref().expect("the service runs").items();
        items.work(self.config.tenants[0].id, &SmtpAddress::new(mailbox)).await.expect("the store works");
    }

    /// Arms a fault on the other side.
    pub fn arm(&self, fault: Fault) {
        self.world.faults.add(fault);
    }

    /// Returns once the named fault holds a request.
    pub async fn until_held(&self, fault: &str) {
        let limit = tokio::time::Instant::now() + PATIENCE;
        while self.world.faults.held(fault) == 0 {
            assert!(tokio::time::Instant::now() < limit, "nothing came to be held by {fault}");
            tokio::task::yield_now().await;
        }
    }

    /// Returns once something of this kind was changed through Graph or Dataverse since the mark.
    pub async fn until_changed(&self, mark: Seq, kind: &str) {
        let limit = tokio::time::Instant::now() + PATIENCE;
        while !self.changed_since(mark).iter().any(|changed| changed == kind) {
            assert!(tokio::time::Instant::now() < limit, "{kind} was never done");
            tokio::task::yield_now().await;
        }
    }

    /// Returns once every wish that was due has been tried, and there is one that is put off.
    pub async fn until_put_off(&self) {
        let limit = tokio::time::Instant::now() + PATIENCE;
        loop {
            let left = self.store.due_mailboxes().await.expect("the store can be read");
            if !left.is_empty() && left.iter().all(|left| left.due > backend::clock::Clock::now(&*self.clock))
            {
                return;
            }
            assert!(tokio::time::Instant::now() < limit, "no wish was put off: {left:?}");
            tokio::task::yield_now().await;
        }
    }

    /// A mark in the other side's journal.
    pub fn mark(&self) -> Seq {
        self.world.journal.last()
    }

    /// What was asked of Entra, Graph and Dataverse since the mark.
    pub fn since(&self, mark: Seq) -> Vec<Entry> {
        let all = self.world.journal.entries_after(mark);
        all.into_iter().filter(|entry| entry.service.is_upstream()).collect()
    }

    /// Requests to Entra, Graph and Dataverse since the mark: method and path; a batch is one.
    pub fn requests_since(&self, mark: Seq) -> Vec<String> {
        let whole = self.since(mark).into_iter().filter(|entry| entry.parent.is_none());
        whole.map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }

    /// What was changed through Graph and Dataverse since the mark: kinds of effects, in order.
    pub fn changed_since(&self, mark: Seq) -> Vec<String> {
        self.since(mark).into_iter().flat_map(|entry| entry.effects).map(|effect| effect.kind).collect()
    }

    /// Somebody of the company with the pane open, signed in.
    pub fn pane(&self, person: &Person) -> Pane {
        Pane::signed_in(self.api(), &self.tenant, person)
    }
}
