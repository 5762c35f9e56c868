//! The mailboxes of the company: folders, messages, master categories, and what has happened to them.
//!
//! Pure state and behaviour. Whoever calls says what time it is; ids come from a seeded mint; nothing in
//! here knows HTTP, tokens or the CRM. Every change goes through a method of [`Exchange`] or [`Mailbox`],
//! so that none can forget to move the change key, the delta log and the list of happenings.

pub mod category;
pub mod change;
pub mod delivery;
pub mod folder;
pub mod id;
pub mod import;
pub mod letters;
pub mod mailbox;
pub mod message;
pub mod mime;
pub mod notice;
pub mod post;
pub mod reading;
pub mod seed;
pub mod subscription;
pub mod traffic;

pub use category::MasterCategory;
pub use change::{Happening, ItemChangeKind};
pub use delivery::{Delivered, Delivery};
pub use folder::{Folder, FolderKey};
pub use id::{IdForm, ItemKey};
pub use import::{MailReport, Skipped};
pub use mailbox::{Access, Mailbox, MailboxKind, Right, Switches};
pub use message::{Attachment, Body, Importance, Message, Party};
pub use subscription::{ChangeType, LifecycleEvent, Subscription, Terms};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::watch;
use uuid::Uuid;

/// Why a mailbox did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Id is malformed.")]
    MalformedId,
    #[error("The specified object was not found in the store.")]
    ItemNotFound,
    #[error("The specified folder could not be found in the store.")]
    FolderNotFound,
    #[error("A folder with the specified name already exists.")]
    FolderExists,
    #[error("The folder is a distinguished folder and can't be changed that way.")]
    DistinguishedFolder,
    #[error(
        "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."
    )]
    ChangeKeyMismatch,
    #[error("The category name '{0}' is already in the master category list.")]
    CategoryExists(String),
    #[error("The master category list of this mailbox is full.")]
    CategoryListFull,
    #[error("The mailbox has exceeded its storage quota.")]
    QuotaExceeded,
    #[error("The message exceeds the maximum supported size.")]
    MessageSizeExceeded,
    #[error("The requested user '{0}' is invalid.")]
    UnknownMailbox(String),
    #[error("The object was not found.")]
    SubscriptionNotFound,
    #[error("Subscription Id {0} already exists for the requested combination")]
    SubscriptionExists(Uuid),
    #[error("The mailbox has reached the maximum number of active subscriptions.")]
    TooManySubscriptions,
    #[error("{0}")]
    Invalid(String),
}

/// All mailboxes of the tenant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// By Entra object id.
    mailboxes: BTreeMap<String, Mailbox>,
    /// Object ids by principal name in lower case; a shortcut, which may lack some.
    #[serde(skip)]
    names: HashMap<String, String>,
    mint: Mint,
    pub limits: traffic::Limits,
    #[serde(skip)]
    pub traffic: traffic::Traffic,
    #[serde(default)]
    subscriptions: subscription::Subscriptions,
    #[serde(skip)]
    outbox: notice::Outbox,
    /// The time of this visit; whoever opens the mailboxes sets it.
    #[serde(skip)]
    now: Timestamp,
    /// What happened and was not yet written to the journal.
    #[serde(skip)]
    happenings: Vec<Happening>,
    /// Grows with every happening; wakes whoever watches a mailbox.
    #[serde(skip, default = "new_bell")]
    bell: watch::Sender<u64>,
}

fn new_bell() -> watch::Sender<u64> {
    watch::Sender::new(0)
}

impl Exchange {
    /// A tenant without mailboxes.
    pub fn empty(seed: u64) -> Self {
        Self {
            mailboxes: BTreeMap::new(),
            names: HashMap::new(),
            mint: Mint { seed, drawn: 0 },
            limits: traffic::Limits::default(),
            traffic: traffic::Traffic::default(),
            subscriptions: subscription::Subscriptions::default(),
            outbox: notice::Outbox::default(),
            now: Timestamp::default(),
            happenings: Vec::new(),
            bell: new_bell(),
        }
    }

    /// Says what time it is: subscriptions end by it, notifications become due by it.
    pub fn set_time(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Adds an empty mailbox with its distinguished folders.
    pub fn add_mailbox(&mut self, oid: &str, upn: &str, name: &str, kind: MailboxKind, now: Timestamp) {
        self.names.insert(upn.to_ascii_lowercase(), oid.to_owned());
        self.mailboxes.insert(oid.to_owned(), Mailbox::new(oid, upn, name, kind, now));
    }

    /// The mailbox with this object id, user principal name or mail address (names ignore case).
    pub fn mailbox(&self, who: &str) -> Result<&Mailbox, Refusal> {
        let by_name = || self.mailboxes.get(self.names.get(&who.to_ascii_lowercase())?);
        self.mailboxes
            .get(who)
            .or_else(by_name)
            .or_else(|| self.mailboxes.values().find(|mailbox| mailbox.is_called(who)))
            .ok_or_else(|| Refusal::UnknownMailbox(who.to_owned()))
    }

    /// Every mailbox, in the order of their object ids.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values()
    }

    /// Lets `act` change one mailbox and collects what happened in it.
    pub fn change<T>(
        &mut self,
        who: &str,
        act: impl FnOnce(&mut Mailbox, &mut Mint) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let oid = self.mailbox(who)?.oid.clone();
        let mailbox = self.mailboxes.get_mut(&oid).ok_or_else(|| Refusal::UnknownMailbox(who.to_owned()))?;
        let since = mailbox.version();
        let answer = act(mailbox, &mut self.mint);
        let happened = mailbox.take_happenings();
        let subscribers = self.subscriptions.of_mailbox(&oid);
        notice::tell_changes(mailbox, since, subscribers, &mut self.outbox, &mut self.mint, self.now);
        if !happened.is_empty() {
            self.bell.send_modify(|version| *version += happened.len() as u64);
            self.happenings.extend(happened);
        }
        answer
    }

    /// Notes something that is not of one mailbox's own doing.
    fn happen(&mut self, happening: Happening) {
        self.happenings.push(happening);
        self.bell.send_modify(|version| *version += 1);
    }

    /// Hands over what happened since the last call, for the journal.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    /// Tells whoever listens that something happened in any mailbox.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// A new id, the next of the seeded sequence.
    pub fn mint_uuid(&mut self) -> Uuid {
        self.mint.uuid()
    }
}

/// Where new ids come from: the same seed gives the same ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mint {
    seed: u64,
    drawn: u64,
}

impl Mint {
    /// The next number of the sequence (SplitMix64).
    pub fn number(&mut self) -> u64 {
        self.drawn += 1;
        let mut word = self.seed.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Puts things into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for at in (1..things.len()).rev() {
            let other = (self.number() % (at as u64 + 1)) as usize;
            things.swap(at, other);
        }
    }

    /// The next id, in the shape of a random (version 4) uuid.
    pub fn uuid(&mut self) -> Uuid {
        let bits = u128::from(self.number()) << 64 | u128::from(self.number());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}
