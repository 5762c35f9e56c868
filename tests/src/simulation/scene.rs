//! One history's stage: who is there, what was done so far, what is still to go wrong, and the nodes at work.

use super::act::{Act, History, MailNo, Moment, Place, Who, Wire};
use super::dice::Dice;
use super::draw::wire;
use super::ground::Ground;
use super::time::NodeClock;
use crate::model::Fact;
use backend::app::App;
use backend::caller::{Access, By, UserId};
use backend::exchange::MailboxId;
use backend::store::{ItemName, Lease};
use backend::sync::Items;
use sandbox::company::{ADA, BEN, CHIARA, Person};
use sandbox::exchange::id::IdForm;
use sandbox::exchange::{FolderKey, ItemKey, folder};
use sandbox::world::journal::Seq;
use shared::item::{ItemId, SmtpAddress};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use uuid::Uuid;

pub const PEOPLE: [Person; 3] = [ADA, BEN, CHIARA];

/// A process with its clock.
#[derive(Debug)]
pub struct Node {
    pub name: String,
    pub clock: Arc<NodeClock>,
    dead: AtomicBool,
    died: Notify,
}

impl Node {
    pub fn new(name: String, clock: Arc<NodeClock>) -> Arc<Self> {
        Arc::new(Self { name, clock, dead: AtomicBool::new(false), died: Notify::new() })
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }

    /// Here it ends: nothing after this is ever done.
    pub async fn die(&self) {
        self.kill();
        std::future::pending::<()>().await;
    }

    pub async fn stop_if_dead(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    pub async fn death(&self) {
        self.died.notified().await;
    }
}

/// A node and what runs on it.
#[derive(Debug)]
pub struct Process {
    pub node: Arc<Node>,
    pub app: App,
}

/// What is still to go wrong, and what has been seen on the way.
#[derive(Debug, Default)]
pub struct Stage {
    pub kills: Vec<(Moment, u16)>,
    pub wires: Vec<(u16, u8, Wire)>,
    pub stores: Vec<(u16, u8, bool)>,
    pub meanwhiles: Vec<(u16, Act)>,
    pub sleeps: Vec<(u16, Who)>,
    /// Until when, in true time, a third of all answers go wrong.
    pub storm: Option<(i64, Dice)>,
    /// Requests that went wrong by our doing.
    pub troubled: u32,
    pub deaths: u32,
    pub requests: u64,
    hash: DefaultHasher,
    /// Kept only where somebody wants to read it.
    pub told: Option<Vec<String>>,
}

impl Stage {
    /// Whether a kill is due at this moment.
    pub fn dies_at(&mut self, moment: Moment) -> bool {
        let mut due = false;
        self.kills.retain_mut(|(at, after)| {
            if *at != moment || due {
                return true;
            }
            due = *after == 0;
            *after = after.saturating_sub(1);
            !due
        });
        self.deaths += u32::from(due);
        due
    }

    /// What befalls the next request.
    pub fn next_fault(&mut self, now_ms: i64) -> Option<Wire> {
        self.requests += 1;
        let mut found = None;
        self.wires.retain_mut(|(after, times, how)| {
            if *after > 0 {
                *after -= 1;
                return true;
            }
            if found.is_none() {
                found = Some(*how);
                *times -= 1;
            }
            *times > 0
        });
        if let Some((until_ms, dice)) = &mut self.storm
            && now_ms < *until_ms
            && dice.one_in(3)
        {
            found = found.or_else(|| Some(wire(dice)));
        }
        self.troubled += u32::from(found.is_some());
        found
    }

    /// What befalls the next commit: whether the disk is full, or does not answer.
    pub fn next_store_fault(&mut self) -> Option<bool> {
        let mut found = None;
        self.stores.retain_mut(|(after, times, full)| {
            if *after > 0 {
                *after -= 1;
                return true;
            }
            if found.is_none() {
                found = Some(*full);
                *times -= 1;
            }
            *times > 0
        });
        self.troubled += u32::from(found.is_some());
        found
    }

    /// Takes what is to happen before the next request.
    pub fn next_meanwhile(&mut self) -> (Vec<Act>, Vec<Who>) {
        fn due<T: Clone>(all: &mut Vec<(u16, T)>) -> Vec<T> {
            let mut found = Vec::new();
            all.retain_mut(|(after, what)| {
                if *after == 0 {
                    found.push(what.clone());
                    return false;
                }
                *after -= 1;
                true
            });
            found
        }
        (due(&mut self.meanwhiles), due(&mut self.sleeps))
    }

    pub fn calm(&mut self) {
        self.kills.clear();
        self.wires.clear();
        self.stores.clear();
        self.meanwhiles.clear();
        self.sleeps.clear();
        self.storm = None;
    }

    pub fn trace(&mut self, line: &str) {
        line.hash(&mut self.hash);
        if let Some(told) = &mut self.told {
            told.push(line.to_owned());
        }
    }

    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

/// A mail of the history.
#[derive(Debug, Clone)]
pub struct Letter {
    pub message_id: String,
    pub subject: String,
    pub copies: BTreeMap<Who, Copy>,
    /// The first mail of its thread.
    pub thread: MailNo,
}

/// A copy of a mail in somebody's mailbox.
#[derive(Debug, Clone)]
pub struct Copy {
    pub key: ItemKey,
    pub item: ItemId,
    pub outgoing: bool,
    pub place: Option<Place>,
    pub gone: bool,
    /// Categories that people put on, apart from the tracking category.
    pub own: Vec<String>,
}

/// What the history has come to so far.
#[derive(Debug, Default)]
pub struct Past {
    pub letters: BTreeMap<MailNo, Letter>,
    pub facts: Vec<Fact>,
    /// Name of the tracking category in each mailbox, as its user knows it.
    pub category: BTreeMap<Who, String>,
    pub renamed: BTreeMap<Who, String>,
    /// Wishes of the pane that were accepted.
    pub wishes: Vec<(Uuid, MailNo, Who)>,
    pub started: u32,
    pub clicks: u32,
    pub checked: Option<Seq>,
    pub processes: u32,
    pub skew_ms: i64,
    pub accepted: HashSet<Uuid>,
    pub ended: Vec<Uuid>,
    /// By message id and direction: records that the engine made, and that it deleted.
    pub made: HashMap<String, u32>,
    /// Times that a record was deleted, by whomever.
    pub gone: HashMap<String, u32>,
    /// Which mail a record is of.
    pub records: HashMap<String, MailNo>,
    epochs: HashMap<SmtpAddress, i64>,
}

#[derive(Debug)]
pub struct Scene {
    pub ground: Arc<Ground>,
    pub history: History,
    pub processes: Mutex<Vec<Process>>,
    stage: Mutex<Stage>,
    past: Mutex<Past>,
    flaws: Mutex<Vec<String>>,
    watching: AtomicBool,
    turn: tokio::sync::Mutex<()>,
}

impl Scene {
    pub fn new(ground: &Arc<Ground>, history: &History) -> Arc<Self> {
        Arc::new(Self {
            ground: Arc::clone(ground),
            history: history.clone(),
            processes: Mutex::default(),
            stage: Mutex::default(),
            past: Mutex::default(),
            flaws: Mutex::default(),
            watching: AtomicBool::new(false),
            turn: tokio::sync::Mutex::default(),
        })
    }

    pub fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, fact: Fact) {
        self.past().facts.push(fact);
    }

    /// While it is on, requests are a checker's own: nothing befalls them.
    pub fn watch(&self, on: bool) {
        self.watching.store(on, Ordering::SeqCst);
    }

    pub fn watches(&self) -> bool {
        self.watching.load(Ordering::SeqCst)
    }

    /// The store works on a thread of its own, so that nobody knows how soon it answers. While it is asked, nobody else
    /// gets further than to their next question or request: each history goes one way.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub fn flaw(&self, flaw: String) {
        self.flaws.lock().unwrap_or_else(PoisonError::into_inner).push(flaw);
    }

    pub fn flaws(&self) -> Vec<String> {
        self.flaws.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn is_flawed(&self) -> bool {
        !self.flaws.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub fn people(&self) -> std::ops::Range<Who> {
        0..self.history.setting.people.clamp(1, 3)
    }

    /// The engine's face on the node that was started last and lives.
    pub fn items(&self) -> Option<Items> {
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.iter().rev().find(|p| !p.node.is_dead()).map(|p| p.app.items().clone())
    }

    pub fn mailbox(who: Who) -> (MailboxId, SmtpAddress) {
        let person = &PEOPLE[usize::from(who) % PEOPLE.len()];
        let id = person.oid.parse().expect("the company's ids are GUIDs");
        (MailboxId(id), SmtpAddress::new(person.upn))
    }

    /// The engine in the place of a person who clicked.
    pub fn access(&self, who: Who) -> Access {
        Access { tenant: self.ground.tenant(), user: UserId(Self::mailbox(who).0.0), by: By::Engine }
    }

    pub fn upn(who: Who) -> &'static str {
        PEOPLE[usize::from(who) % PEOPLE.len()].upn
    }

    /// A copy by its lasting name.
    pub fn name_of(&self, mail: MailNo, who: Who) -> Option<ItemName> {
        let past = self.past();
        let copy = past.letters.get(&mail)?.copies.get(&who)?;
        Some(ItemName { mailbox: Self::mailbox(who).1, item: copy.item.clone() })
    }

    pub fn item_of(&self, who: Who, key: ItemKey) -> ItemId {
        let exchange = self.ground.world.exchange();
        let owner = exchange.mailbox(Self::upn(who)).expect("a mailbox of the company");
        let message = owner.message(key).expect("the message is there");
        ItemId(owner.item_id(message, IdForm::Immutable))
    }

    /// Categories on a copy; `None`: it is gone.
    pub fn categories(&self, mail: MailNo, who: Who) -> Option<Vec<String>> {
        let key = self.past().letters.get(&mail)?.copies.get(&who)?.key;
        let exchange = self.ground.world.exchange();
        let owner = exchange.mailbox(Self::upn(who)).ok()?;
        owner.message(key).ok().map(|message| message.categories.clone())
    }

    pub fn lease_taken(&self, lease: &Lease) {
        let mut past = self.past();
        let known = past.epochs.entry(lease.mailbox.clone()).or_default();
        let before = std::mem::replace(known, lease.epoch);
        drop(past);
        if lease.epoch <= before {
            self.flaw(format!("lease: epoch {} of {} follows {before}", lease.epoch, lease.mailbox));
        }
    }

    /// Somebody wrote with this lease.
    pub fn check_lease(&self, lease: &Lease, what: &str) {
        let newest = self.past().epochs.get(&lease.mailbox).copied().unwrap_or_default();
        if lease.epoch < newest {
            self.flaw(format!(
                "lease: {what} with epoch {} of {}, which is {newest}",
                lease.epoch, lease.mailbox
            ));
        }
    }
}

pub fn folder_key(place: Place) -> FolderKey {
    match place {
        Place::Inbox => folder::INBOX,
        Place::Archive => folder::ARCHIVE,
        Place::Junk => folder::JUNK,
    }
}
