//! The whole tenant: what every part of the sandbox shares.
//!
//! Given the same seed and the same clock, the same requests get the same answers (signatures of tokens
//! apart), so that a simulated history can be replayed. Nothing here may read the wall clock or draw
//! randomness on its own.

use crate::{company, dataverse, entra, exchange};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub mod acts;
pub mod courier;
pub mod faults;
pub mod journal;
pub mod state;

pub use state::StateError;

/// Where the sandbox takes the time from; tests hand in their own.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> jiff::Timestamp;
}

/// The time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct SetClock(Mutex<jiff::Timestamp>);

impl SetClock {
    pub fn new(now: jiff::Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(now)))
    }

    pub fn set(&self, now: jiff::Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(jiff::Timestamp::MAX);
    }
}

impl Clock for SetClock {
    fn now(&self) -> jiff::Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which mail the mailboxes of a new tenant hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mail {
    /// A salesperson's week, in every mailbox.
    #[default]
    Company,
    /// None: mailboxes, categories and rights only. Such a tenant is made in a fraction of a millisecond, for
    /// simulations that make thousands.
    None,
}

/// How a sandbox is to be set up.
#[derive(Debug, Clone)]
pub struct Options {
    pub clock: Arc<dyn Clock>,
    /// Seed of everything random (ids, tokens' `uti`, jitter). Signing keys are always born at start.
    pub seed: u64,
    /// The origin under which clients reach the sandbox, e.g. `https://localhost:4000`: issuer of the
    /// tokens, base of every `nextLink`.
    pub origin: String,
    /// Where the pane and its API live, e.g. `https://localhost:3000`; the host page frames it.
    pub pane_origin: String,
    /// Folder with `office-js` and `msal-browser` from the npm registry; `None`: no host page.
    pub npm_dir: Option<PathBuf>,
    /// Keep the state in this folder instead of only in memory.
    pub state_dir: Option<PathBuf>,
    /// The mail of a new tenant.
    pub seed_mail: Mail,
    /// Fill Ada's mailbox from these folders of `.eml` and `.mbox` files.
    pub mail_dirs: Vec<PathBuf>,
    /// Further certificate authorities (PEM) that change notifications may be sent to when the tenant listens
    /// on sockets; its own authority is always among them.
    pub trusted_ca_pem: Vec<String>,
}

impl Options {
    /// A tenant in memory on the usual addresses.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            seed: 1,
            origin: "https://localhost:4000".to_owned(),
            pane_origin: "https://localhost:3000".to_owned(),
            npm_dir: None,
            state_dir: None,
            seed_mail: Mail::Company,
            mail_dirs: Vec::new(),
            trusted_ca_pem: Vec::new(),
        }
    }
}

/// The tenant. Locks are held for one handler's work and never across an await; who needs both sides takes
/// `exchange` before `dataverse`.
#[derive(Debug)]
pub struct World {
    pub options: Options,
    pub entra: Mutex<entra::Directory>,
    pub exchange: Mutex<exchange::Exchange>,
    pub dataverse: Mutex<dataverse::Organization>,
    pub journal: journal::Journal,
    pub faults: faults::Faults,
    /// What came of `mail_dirs`; `None` where the tenant was read back from its state folder, in which that
    /// mail is already.
    pub imported: Option<exchange::MailReport>,
    pub(crate) good_signatures: entra::GoodSignatures,
    rng: Mutex<StdRng>,
    pub(crate) state: state::StateFile,
    pub(crate) authority: Mutex<Option<Arc<crate::server::Authority>>>,
    /// `None`: nobody handed one in yet.
    courier: Mutex<Option<Arc<dyn courier::Courier>>>,
    /// Held while notifications are carried out, so that they stay in order.
    round: tokio::sync::Mutex<()>,
}

impl World {
    /// Seeds the company, or loads it from the state folder where there is one with a saved state.
    pub fn new(options: Options) -> Result<Arc<Self>, StateError> {
        let state = state::StateFile::new(options.state_dir.as_deref())?;
        let now = options.clock.now();
        let mut rng = StdRng::seed_from_u64(options.seed);
        let saved = state.load()?;
        let fresh = saved.is_none();
        let (exchange, organization, entra, imported) = if let Some(saved) = saved {
            (saved.exchange, saved.dataverse, saved.entra, None)
        } else {
            let (exchange, imported) = seed_mail(&options, now, &mut rng);
            let organization = dataverse::Organization::seed(now, &mut rng);
            (exchange, organization, entra::Directory::seed(&options.pane_origin), Some(imported))
        };
        let world = Self {
            options,
            entra: Mutex::new(entra),
            exchange: Mutex::new(exchange),
            dataverse: Mutex::new(organization),
            journal: journal::Journal::default(),
            faults: faults::Faults::default(),
            imported,
            good_signatures: entra::GoodSignatures::default(),
            rng: Mutex::new(rng),
            state,
            authority: Mutex::default(),
            courier: Mutex::default(),
            round: tokio::sync::Mutex::default(),
        };
        if fresh {
            world.state.touch();
        }
        Ok(Arc::new(world))
    }

    /// Seeds the company anew; faults and journal are emptied too. Signing keys stay.
    pub fn reset(&self) {
        let now = self.now();
        let mut rng = StdRng::seed_from_u64(self.options.seed);
        let (exchange, _) = seed_mail(&self.options, now, &mut rng);
        let organization = dataverse::Organization::seed(now, &mut rng);
        *self.exchange() = exchange;
        *self.dataverse() = organization;
        *self.rng.lock().unwrap_or_else(PoisonError::into_inner) = rng;
        self.entra().forget_sessions(&self.options.pane_origin);
        self.faults.clear();
        self.journal.clear();
        self.state.touch();
    }

    pub fn now(&self) -> jiff::Timestamp {
        self.options.clock.now()
    }

    pub fn entra(&self) -> MutexGuard<'_, entra::Directory> {
        self.entra.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mailboxes, told what time it is. A poisoned lock means a bug in a handler: state is used on, the bug
    /// was logged.
    pub fn exchange(&self) -> MutexGuard<'_, exchange::Exchange> {
        let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        exchange.set_time(self.now());
        exchange
    }

    pub fn dataverse(&self) -> MutexGuard<'_, dataverse::Organization> {
        self.dataverse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant's one source of randomness.
    pub fn rng(&self) -> MutexGuard<'_, StdRng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new id (version 4), the same in every run with the same seed.
    pub fn next_uuid(&self) -> uuid::Uuid {
        use rand::Rng;
        let mut bytes = [0; 16];
        self.rng().fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Says that the state changed and is to be written. The server says it by itself after every request
    /// that is not a GET, and after every effect in the journal.
    pub fn touch(&self) {
        self.state.touch();
    }

    /// Somebody who can sign in, by object id.
    pub fn person(oid: &str) -> Option<&'static company::Person> {
        company::PEOPLE.iter().find(|person| person.oid == oid)
    }
}

/// The company's mailboxes with the mail that the options name.
fn seed_mail(
    options: &Options,
    now: jiff::Timestamp,
    rng: &mut StdRng,
) -> (exchange::Exchange, exchange::MailReport) {
    let mut exchange = exchange::Exchange::seed(now, options.seed_mail, rng);
    let report = exchange.load_mail(company::ADA.oid, &options.mail_dirs, now);
    (exchange, report)
}
