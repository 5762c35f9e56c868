//! What handlers may ask of the engine: look at an item, wish something of it, follow it, search.

use super::bell::Bell;
use super::cycle::{Kind, Looked};
use super::look::look;
use super::nodes;
use super::snapshot::{Ended, Snapshot, Taken};
use super::telling::{status_of, viewers};
use super::watch::Viewer;
use super::{Engine, Organization, Parts};
use crate::caller::{Access, TenantId};
use crate::crm::Question;
use crate::exchange::Want;
use crate::outcome::Failure;
use crate::store::{Accepted, ItemName, NewWish, StoreResult, StoredWish, WishState};
use shared::UtcMs;
use shared::api::{ItemState, Me, Records, SuggestedBecause, Suggestion, Suggestions, WishRequest};
use shared::decision::Decision;
use shared::item::SmtpAddress;
use shared::party::Chosen;
use shared::plan::WishProgress;
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;
use shared::rules::timing::{Trigger, due};
use shared::rules::{Language, contacts, people};
use shared::status::Status;
use shared::wish::{RegardingWish, Wish};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

/// Recent records offered.
const RECENTS: u32 = 5;
/// States a slow follower may be behind; only the newest matter anyway.
const FOLLOWER_BUFFER: usize = 4;

/// Whether a wish was carried out before the answer had to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It ended: fulfilled or refused, as the state says.
    Out,
    /// It goes on; follow the item's events.
    On,
}

/// The engine's face towards the handlers.
#[derive(Debug, Clone)]
pub struct Items(pub(super) Arc<Engine>);

impl Items {
    /// Starts the engine: whatever an earlier run left is taken up at once.
    pub async fn start(parts: Parts) -> StoreResult<Self> {
        parts.store.take_over(&parts.holder, parts.store_sharing, parts.clock.now()).await?;
        let started = parts.clock.now();
        let engine = Arc::new(Engine {
            parts,
            known: Default::default(),
            sessions: Default::default(),
            watch: Default::default(),
            bell: Bell::default(),
            rota: Default::default(),
            settings: Default::default(),
            nodes: Default::default(),
            pauses: Default::default(),
            started,
            version: AtomicU64::new(0),
        });
        engine.wake_up().await?;
        nodes::begin(&engine).await?;
        Ok(Self(engine))
    }

    /// The item's state as both sides show it now.
    pub async fn state(
        &self,
        access: &Access,
        name: &ItemName,
        language: Language,
    ) -> Result<ItemState, Problem> {
        let organization = self.present(access)?;
        let snapshot = self.snapshot(access, name).await?;
        Ok(snapshot.in_words(language, organization))
    }

    /// Stores the wish, rings the mailbox's bell and waits for the end, at most `patience`.
    /// The same wish id sent again is the same wish.
    pub async fn wish(
        &self,
        access: &Access,
        name: &ItemName,
        request: &WishRequest,
        patience: Duration,
        language: Language,
    ) -> Result<(ItemState, Carried), Problem> {
        let organization = self.present(access)?;
        if let Wish::Track { regarding: RegardingWish::Create(contact) } = &request.wish {
            contacts::accept(contact).answer?;
        }
        let engine = &self.0;
        let mut follower = engine.watch.follow(&viewer(access, name));
        let new = NewWish {
            id: request.id,
            tenant: access.tenant,
            user: access.user,
            name: name.clone(),
            key: engine.known.get(access.tenant, name).map(|k| k.key),
            wish: request.wish.clone(),
            origin: shared::wish::Origin::Pane,
            folder: None,
            now: engine.parts.clock.now(),
        };
        let when = due(Trigger::Wish, new.now).answer;
        match engine.parts.store.accept_wish(&new).await.map_err(|e| e.problem())? {
            Accepted::New => self.tell_followers(&new),
            Accepted::Again(WishState::Running) => {}
            Accepted::Again(WishState::Waiting { .. }) => {
                engine.ring(access.tenant, &name.mailbox);
                let snapshot = self.snapshot(access, name).await?;
                return Ok((snapshot.in_words(language, organization), Carried::On));
            }
            Accepted::Again(_) => {
                let snapshot = self.snapshot(access, name).await?;
                return Ok((snapshot.in_words(language, organization), Carried::Out));
            }
            Accepted::Taken => {
                let reason = "this wish id was used for another wish";
                return Err(Problem::new(Code::BadRequest).because("reason", reason));
            }
        }
        engine.ring_at(when, access.tenant, &name.mailbox);
        let told = |s: &Option<Arc<Snapshot>>| s.as_ref().is_some_and(|s| tells_the_end_of(request.id, s));
        let ended = follower.wait_for(told);
        let snapshot = match tokio::time::timeout(patience, ended).await {
            Ok(Ok(snapshot)) => snapshot.clone(),
            Ok(Err(_)) | Err(_) => None,
        };
        match snapshot {
            Some(snapshot) => {
                sign_in_first(&snapshot)?;
                let carried = if snapshot.ended == Ended::Yes { Carried::Out } else { Carried::On };
                Ok((snapshot.in_words(language, organization), carried))
            }
            None => match engine.parts.store.wish_state(access.tenant, request.id).await {
                Ok(Some(WishState::Fulfilled | WishState::Refused { .. } | WishState::Superseded)) => {
                    let snapshot = self.snapshot(access, name).await?;
                    Ok((snapshot.in_words(language, organization), Carried::Out))
                }
                _ => Ok((self.pursued(&new).in_words(language, organization), Carried::On)),
            },
        }
    }

    /// The item's states from now on, beginning with the present one. Ends when the service stops.
    pub async fn follow(
        &self,
        access: &Access,
        name: &ItemName,
        language: Language,
    ) -> Result<ReceiverStream<ItemState>, Problem> {
        let organization = self.present(access)?.clone();
        let mut follower = self.0.watch.follow(&viewer(access, name));
        let first = self.snapshot(access, name).await?;
        // What is noticed in the mailbox is told under the item's lasting id, whatever Outlook calls it.
        let lasting = ItemName { item: first.item.clone(), ..name.clone() };
        let mut noticed = self.0.watch.follow(&viewer(access, &lasting));
        let (send, receive) = tokio::sync::mpsc::channel(FOLLOWER_BUFFER);
        let mut stop = self.0.parts.stop.clone();
        tokio::spawn(async move {
            let mut version = first.version;
            let mut next = Some(Arc::new(first));
            loop {
                if let Some(snapshot) = next.take()
                    && send.send(snapshot.in_words(language, &organization)).await.is_err()
                {
                    return;
                }
                tokio::select! {
                    changed = follower.changed() => if changed.is_err() { return },
                    changed = noticed.changed() => if changed.is_err() { return },
                    () = send.closed() => return,
                    _ = stop.wait_for(|stop| *stop) => return,
                }
                let told = [newer(&follower, version), newer(&noticed, version)];
                next = told.into_iter().flatten().max_by_key(|snapshot| snapshot.version);
                if let Some(snapshot) = &next {
                    version = snapshot.version;
                }
            }
        });
        Ok(ReceiverStream::new(receive))
    }

    /// Records to offer for the item before anything was typed: of the people on it, their open
    /// opportunities and cases, and what the caller lately used.
    pub async fn suggestions(&self, access: &Access, name: &ItemName) -> Result<Suggestions, Problem> {
        let organization = self.present(access)?;
        let seen = self.look(access, name).await?;
        let crm = &seen.situation.crm;
        let people = match &seen.situation.exchange {
            shared::plan::ExchangeSeen::Gone => Vec::new(),
            shared::plan::ExchangeSeen::Present { message, .. } => {
                let all = message.correspondents.iter();
                let (own, chosen) = (&seen.situation.settings, &seen.situation.chosen);
                all.flat_map(|c| people::resolve(c, &crm.candidates, crm.user, own, chosen).answer).collect()
            }
        };
        let people = customers(people);
        let recents = self.0.parts.store.recent_records(access.tenant, access.user, RECENTS);
        let (suggested, recents) = tokio::join!(organization.crm.suggest(access, &people), recents);
        let mut suggestions = suggested.map_err(|f| f.problem())?;
        for record in recents.map_err(|e| e.problem())? {
            if !suggestions.iter().any(|s| s.record.key == record.key) {
                let because = SuggestedBecause::Recent;
                suggestions.push(Suggestion { record, because, detail: String::new() });
            }
        }
        Ok(Suggestions { suggestions })
    }

    /// Remembers which of several matching records somebody on the item is (PPL-03), for this caller.
    pub async fn choose_person(
        &self,
        access: &Access,
        name: &ItemName,
        choice: &Chosen,
        language: Language,
    ) -> Result<ItemState, Problem> {
        let organization = self.present(access)?;
        let taken = Taken { version: self.0.next_version(), at: self.0.parts.clock.now() };
        let mut seen = self.look(access, name).await?;
        let correspondents = match &seen.situation.exchange {
            shared::plan::ExchangeSeen::Present { message, .. } => message.correspondents.as_slice(),
            shared::plan::ExchangeSeen::Gone => return Err(Problem::new(Code::MessageGone)),
        };
        people::accept_choice(choice, correspondents, &seen.situation.crm.candidates).answer?;
        let stored = self.0.parts.store.choose_record(access.tenant, access.user, choice, taken.at).await;
        stored.map_err(|e| e.problem())?;
        seen.situation.chosen.retain(|chosen| chosen.address != choice.address);
        seen.situation.chosen.push(choice.clone());
        let snapshot = Snapshot::of(name, &seen, &seen.situation, None, taken);
        let own = seen.wished_by.is_none_or(|user| user == access.user);
        let snapshot = if own { snapshot } else { snapshot.without_wish() };
        Ok(snapshot.in_words(language, organization))
    }

    /// Records by a piece of their name, as far as the caller may read them.
    pub async fn search(&self, access: &Access, term: &str) -> Result<Records, Problem> {
        let organization = self.present(access)?;
        let (records, more) = organization.crm.search(access, term).await.map_err(|f| f.problem())?;
        Ok(Records { records, more })
    }

    /// Who the caller is; fails with `not-licensed` where they have no user in the CRM.
    pub async fn me(&self, access: &Access, name: &str) -> Result<Me, Problem> {
        let organization = self.present(access)?;
        organization.crm.look(access, &Question::default()).await.map_err(|f| f.problem())?;
        Ok(Me { name: name.to_owned(), crm_url: organization.url.clone() })
    }

    /// The caller is here: their tenant's CRM, and their token for what goes on after the request.
    pub(super) fn present(&self, access: &Access) -> Result<&Organization, Problem> {
        self.0.sessions.seen(access);
        self.0.organization(access.tenant)
    }

    async fn look(&self, access: &Access, name: &ItemName) -> Result<super::look::Seen, Problem> {
        look(&self.0, access, name, None, Want::Headers).await.map_err(|f| match f {
            Failure::Refused(p) | Failure::NotDone(p) | Failure::Unknown(p) => p,
            Failure::Conflict => Failure::Conflict.problem(),
        })
    }

    /// Looks; where one side does not answer, tells at least what is stored of an open wish.
    pub(super) async fn snapshot(&self, access: &Access, name: &ItemName) -> Result<Snapshot, Problem> {
        // A look is as old as its beginning: what is published while it lasts is newer.
        let taken = Taken { version: self.0.next_version(), at: self.0.parts.clock.now() };
        match self.look(access, name).await {
            Ok(seen) => {
                let snapshot = Snapshot::of(name, &seen, &seen.situation, None, taken);
                let own = seen.wished_by.is_none_or(|user| user == access.user);
                Ok(if own { snapshot } else { snapshot.without_wish() })
            }
            Err(problem) => {
                let key = self.0.known.get(access.tenant, name).map(|k| k.key);
                let stored = self.0.parts.store.knowledge(access.tenant, name, key.as_ref()).await;
                let wish = stored.map_err(|e| e.problem())?.wish.filter(|w| w.user == access.user);
                let told = wish.and_then(|w| status_of(&w, &progress(&w)).map(|status| (w, status)));
                match told {
                    Some((wish, status)) if problem.code.http_status() >= 500 => {
                        Ok(Snapshot::unseen(name, &wish.wish, status, taken))
                    }
                    _ => Err(problem),
                }
            }
        }
    }

    /// Whoever follows the item sees at once that something was wished.
    pub(super) fn tell_followers(&self, new: &NewWish) {
        let snapshot = Arc::new(self.pursued(new));
        self.0.watch.publish(&viewers(&stored(new), new.key.as_ref()), &snapshot);
    }

    fn pursued(&self, new: &NewWish) -> Snapshot {
        let taken = Taken { version: self.0.next_version(), at: self.0.parts.clock.now() };
        let follower =
            self.0.watch.follow(&Viewer { tenant: new.tenant, user: new.user, name: new.name.clone() });
        let last = follower.borrow().clone();
        match last {
            Some(snapshot) => snapshot.pursuing(&new.wish, new.id, taken),
            None => {
                let nothing = Decision::new(Status::NotTracked, shared::RuleId::Frq04);
                Snapshot::unseen(&new.name, &new.wish, nothing, taken).pursuing(&new.wish, new.id, taken)
            }
        }
    }
}

pub(super) fn viewer(access: &Access, name: &ItemName) -> Viewer {
    Viewer { tenant: access.tenant, user: access.user, name: name.clone() }
}

fn newer(follower: &watch::Receiver<Option<Arc<Snapshot>>>, than: u64) -> Option<Arc<Snapshot>> {
    follower.borrow().clone().filter(|s| s.version > than)
}

/// Whether a snapshot says how far the wish got: it ended, or waits.
fn tells_the_end_of(wish: Uuid, snapshot: &Snapshot) -> bool {
    let waits = matches!(snapshot.status.answer, Status::Waiting { .. });
    snapshot.about == Some(wish) && (snapshot.ended == Ended::Yes || waits)
}

/// A wish that failed because the user must sign in is answered as such, so that the pane can ask for it.
fn sign_in_first(snapshot: &Snapshot) -> Result<(), Problem> {
    match &snapshot.status.answer {
        Status::Failed { problem, .. } if problem.code.asks_to_sign_in() => Err(problem.clone()),
        _ => Ok(()),
    }
}

/// Colleagues are on many mails and are no one's customer.
fn customers(people: Vec<RecordRef>) -> Vec<RecordRef> {
    let mut customers: Vec<RecordRef> = Vec::new();
    for record in people {
        let customer = matches!(record.key.table.as_str(), "contact" | "account" | "lead");
        if customer && !customers.iter().any(|c| c.key == record.key) {
            customers.push(record);
        }
    }
    customers
}

pub(super) fn progress(wish: &StoredWish) -> WishProgress {
    match &wish.state {
        WishState::Waiting { problem, next_attempt } => {
            WishProgress::Waiting { problem: problem.clone(), next_attempt: *next_attempt }
        }
        WishState::Refused { problem } => WishProgress::Refused { problem: problem.clone() },
        WishState::Running | WishState::Fulfilled | WishState::Superseded => WishProgress::Running,
    }
}

fn stored(new: &NewWish) -> StoredWish {
    StoredWish {
        id: new.id,
        tenant: new.tenant,
        user: new.user,
        name: new.name.clone(),
        key: new.key.clone(),
        wish: new.wish.clone(),
        origin: new.origin,
        folder: new.folder.clone(),
        state: WishState::Running,
        failed_attempts: 0,
        problem: None,
    }
}

/// For whoever keeps the pace by hand ([`super::Pace::ByHand`]): one thing after the other, nothing by itself.
impl Items {
    /// Carries out what is due in a mailbox.
    pub async fn work(&self, tenant: TenantId, mailbox: &SmtpAddress) -> StoreResult<()> {
        self.0.work_by_hand(&(tenant, mailbox.clone()), None).await.map(|_| ())
    }

    /// Looks a mailbox through and carries out what is due then. `None`: it did not come to a cycle.
    pub async fn cycle(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        kind: Kind,
    ) -> StoreResult<Option<Looked>> {
        self.0.work_by_hand(&(tenant, mailbox.clone()), Some(kind)).await
    }

    /// The mailboxes that this process synchronizes, the one due first first.
    pub fn rota(&self) -> Vec<(UtcMs, TenantId, SmtpAddress)> {
        self.0.rota.doors().into_iter().map(|(due, (tenant, mailbox))| (due, tenant, mailbox)).collect()
    }
}

impl Items {
    /// A notification came for a mailbox: its cycle is due. Says nothing about what it is to do.
    pub async fn rung(&self, tenant: TenantId, mailbox: &SmtpAddress, kind: Kind) -> StoreResult<()> {
        let door = (tenant, mailbox.clone());
        self.0.rota.rung(&door, kind, self.0.parts.clock.now());
        if self.0.rota.standing(&door).is_none() {
            self.0.tell_mailbox(&door).await?;
        }
        Ok(())
    }
}
