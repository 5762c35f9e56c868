//! One pass over one mailbox: read what changed, note what it wishes, keep the category in the list.
//!
//! The cycle carries nothing out: what it notices becomes wishes, stored in one transaction with the token of the
//! page they were read on, and the worker that ran the cycle takes them up like any other. It writes only where
//! something is new; without the lease it writes nothing.

use super::Engine;
use super::bell::Hand;
use super::page::{self, Found, Place};
use super::sessions::in_place_of;
use super::subscriptions;
use crate::caller::Access;
use crate::exchange::{Asked, Delta, DeltaFrom, Distinguished, FolderListPage, MessagePage, Next};
use crate::outcome::{Failure, Outcome};
use crate::store::{
    FolderKind, FolderPage, FolderRecord, Lease, MailboxChange, MailboxRecord, ObservedPage, Round,
    StoreError, StoreResult,
};
use shared::UtcMs;
use shared::category::{CategoryLife, KnownCategory, MasterCategory, MasterList};
use shared::item::FolderId;
use shared::problem::{Code, Problem};
use shared::rules::mailboxes::{self, MailboxFate, Reading, Upkeep};
use shared::rules::tracking::{TrackingCategory, tracking_category};
use shared::settings::Settings;

/// Requests for further pages in one cycle, beside the first of each folder; what is left then is read in the next
/// cycle, which follows at once.
const MORE_READINGS: usize = 40;
/// Folders of a mailbox that are read, the most important ones first; hardly anybody has so many.
const MOST_FOLDERS: usize = 1_000;
/// Folders read in one request: a batch of Graph has 20 parts, and master list and owner take three.
const FOLDERS_AT_ONCE: usize = 17;
/// Cycles that fail in a row before a single folder or message that Exchange cannot give is passed over.
pub const PATIENCE: u32 = 3;

/// How much a cycle reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The master list; all folders too, unless notifications tell of their changes.
    Regular,
    /// A notification said that something changed: the known folders.
    Bell,
    /// Everything, the list of folders included.
    Full,
}

/// What a cycle came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Messages that were new or changed.
    pub changes: u32,
    /// Wishes noticed.
    pub noticed: u32,
    /// Every folder was read to its end.
    pub full: bool,
    /// There are more pages: the next cycle follows at once.
    pub more: bool,
    /// Another hand works at the mailbox.
    pub elsewhere: bool,
    /// The mailbox is not (or no more) to be synchronized.
    pub dropped: bool,
    /// Why it failed, if it did.
    pub problem: Option<Problem>,
    /// When it is to be tried again, where the failure says so.
    pub again: Option<UtcMs>,
}

impl Looked {
    pub fn elsewhere() -> Self {
        Self { elsewhere: true, ..Self::default() }
    }

    /// Our own store failed.
    pub fn failed(problem: Problem, now: UtcMs) -> Self {
        let again = match mailboxes::after_failure(&problem, 0, now).answer {
            MailboxFate::TryAgain { at, .. } => Some(at),
            MailboxFate::Stop => None,
        };
        Self { problem: Some(problem), again, ..Self::default() }
    }

    fn dropped() -> Self {
        Self { dropped: true, ..Self::default() }
    }
}

/// Why a cycle broke off.
enum Break {
    Store(StoreError),
    Upstream(Failure),
    /// Another hand holds the lease.
    Elsewhere,
}

impl From<StoreError> for Break {
    fn from(error: StoreError) -> Self {
        Break::Store(error)
    }
}

impl From<Failure> for Break {
    fn from(failure: Failure) -> Self {
        Break::Upstream(failure)
    }
}

type Step<T> = Result<T, Break>;

/// One cycle under way.
struct Cycle<'a> {
    engine: &'a Engine,
    hand: &'a Hand,
    access: Access,
    record: MailboxRecord,
    settings: Settings,
    category: TrackingCategory,
    looked: Looked,
    /// Folders that could be read, and why another one could not be.
    read: usize,
    unread: Option<Failure>,
    /// Junk Email and Deleted Items.
    unwanted: Vec<FolderId>,
}

/// Looks a mailbox through.
pub async fn cycle(engine: &Engine, hand: &Hand, kind: Kind) -> StoreResult<Looked> {
    let (tenant, address) = &hand.door;
    let now = engine.parts.clock.now();
    let Some(record) = engine.parts.store.mailbox_at(*tenant, address).await? else {
        return Ok(Looked::dropped());
    };
    if !mailboxes::synchronizes(record.approval, &record.incoming, &record.operation).answer {
        return Ok(Looked::dropped());
    }
    if let Some(retry_at) = record.retry_at.filter(|at| *at > now) {
        return Ok(Looked { again: Some(retry_at), ..Looked::default() });
    }
    let failures = record.transient_failures;
    let whose = record.mailbox.0;
    tracing::debug!(%whose, ?kind, "cycle begins");
    let looked = look_through(engine, hand, record.clone(), kind).await;
    tracing::debug!(%whose, ended = ?looked.as_ref().ok(), "cycle");
    match looked {
        Ok(looked) => {
            if failures > 0 {
                amend(engine, &record, &MailboxChange::Recovered).await?;
            }
            Ok(looked)
        }
        Err(Break::Elsewhere) => Ok(Looked::elsewhere()),
        Err(Break::Store(error)) => Err(error),
        Err(Break::Upstream(failure)) => after_failure(engine, &record, &failure).await,
    }
}

/// MBX-03: what becomes of the mailbox.
async fn after_failure(engine: &Engine, record: &MailboxRecord, failure: &Failure) -> StoreResult<Looked> {
    let problem = failure.problem();
    let now = engine.parts.clock.now();
    let fate = mailboxes::after_failure(&problem, record.transient_failures, now);
    let whose = record.mailbox.0;
    tracing::warn!(%whose, code = problem.code.as_str(), rule = %fate.rule, "a cycle failed");
    match fate.answer {
        MailboxFate::Stop => {
            amend(engine, record, &MailboxChange::Stop(problem.clone())).await?;
            Ok(Looked { problem: Some(problem), dropped: true, ..Looked::default() })
        }
        MailboxFate::TryAgain { at, counts } => {
            if counts {
                let failures = record.transient_failures + 1;
                let change = MailboxChange::Failed { problem: problem.clone(), failures, retry_at: at };
                amend(engine, record, &change).await?;
            }
            Ok(Looked { problem: Some(problem), again: Some(at), ..Looked::default() })
        }
    }
}

async fn amend(engine: &Engine, record: &MailboxRecord, change: &MailboxChange) -> StoreResult<()> {
    let now = engine.parts.clock.now();
    let by = crate::store::Actor::Engine;
    engine.parts.store.amend_mailbox(record.tenant, record.mailbox, change, &by, now).await.map(|_| ())
}

/// With whose rights the engine acts in a mailbox: its user's, or its queue owner's.
pub fn access_of(record: &MailboxRecord) -> Outcome<Access> {
    let user = record.acts_as.ok_or_else(|| {
        Failure::Refused(Problem::new(Code::NotLicensed).because("organization", record.address.as_str()))
    })?;
    Ok(in_place_of(record.tenant, user))
}

async fn look_through(engine: &Engine, hand: &Hand, record: MailboxRecord, kind: Kind) -> Step<Looked> {
    let access = access_of(&record)?;
    let settings = engine.settings(record.tenant).await?;
    let now = engine.parts.clock.now();
    let notified = subscriptions::is_alive(&record, now) && engine.parts.notifications.is_some();
    let full = kind == Kind::Full || !notified || engine.rota.full_check_is_due(&hand.door, now);
    let category =
        tracking_category(&MasterList::Hidden, record.category.as_ref().map(|k| &k.category)).answer;
    let looked = Looked { full, ..Looked::default() };
    let (read, unread, unwanted) = (0, None, Vec::new());
    let mut cycle =
        Cycle { engine, hand, access, record, settings, category, looked, read, unread, unwanted };
    let mut folders = if full || kind == Kind::Bell { cycle.store_folders().await? } else { Vec::new() };
    let mut first = true;
    let mut list = full.then(|| match &cycle.record.folders_link {
        Some(link) => DeltaFrom::Link(link.clone()),
        None => DeltaFrom::Start,
    });
    let mut waiting: Vec<(FolderId, DeltaFrom)> = folders.iter().map(to_read).collect();
    let mut whole_list = Vec::new();
    let mut known_ones = None;
    let mut readings = 0;
    while readings < MORE_READINGS + folders.len().div_ceil(FOLDERS_AT_ONCE) {
        readings += 1;
        if !first && list.is_none() && waiting.is_empty() {
            break;
        }
        let now_read = waiting.split_off(waiting.len().saturating_sub(FOLDERS_AT_ONCE));
        let list_from_start = list == Some(DeltaFrom::Start);
        let asked = Asked {
            categories: first,
            folders: list.take(),
            distinguished: list_from_start,
            messages: now_read,
        };
        let (exchange, address) = (&engine.parts.exchange, &cycle.record.address);
        let answered = exchange.read(&cycle.access, address, &asked).await?;
        first = false;
        let mut messages = answered.messages;
        if let Some(categories) = answered.categories
            && cycle.keep_category(&categories?).await? == Reading::FromStart
        {
            folders = cycle.store_folders().await?;
            waiting = folders.iter().map(to_read).collect();
            messages.clear();
        }
        let distinguished = answered.distinguished.transpose()?;
        if distinguished.is_some() {
            known_ones = distinguished;
        }
        if let Some(page) = answered.folders {
            if list_from_start {
                whole_list.clear();
            }
            let from_start = list_from_start || !whole_list.is_empty();
            list = cycle.keep_folders(page?, known_ones.as_ref(), from_start, &mut whole_list).await?;
            if list.is_none() {
                let known = std::mem::replace(&mut folders, cycle.store_folders().await?);
                let is_new = |f: &&FolderRecord| !known.iter().any(|k| k.folder == f.folder);
                waiting.extend(folders.iter().filter(is_new).map(to_read));
            }
        }
        for (folder, page) in messages {
            let Some(record) = folders.iter_mut().find(|f| f.folder == folder) else { continue };
            let page = match page {
                Ok(page) => page,
                // One folder that Exchange keeps to itself, or cannot give, must not keep the others from being read.
                Err(failure) => {
                    tracing::warn!(code = failure.problem().code.as_str(), "a folder could not be read");
                    cycle.unread.get_or_insert(failure);
                    continue;
                }
            };
            if let Some(next) = cycle.keep_messages(record, page).await? {
                waiting.push((folder, next));
            }
        }
    }
    cycle.fail_where_it_matters()?;
    cycle.looked.more |= list.is_some() || !waiting.is_empty();
    cycle.looked.full &= !cycle.looked.more;
    if full {
        cycle.look_for_copies(&folders).await?;
    } else if kind == Kind::Bell {
        let folders = cycle.store_folders().await?;
        cycle.look_for_copies(&folders).await?;
    }
    cycle.care_for_subscription(kind).await?;
    Ok(cycle.looked)
}

fn to_read(folder: &FolderRecord) -> (FolderId, DeltaFrom) {
    let from = folder.link.clone().map_or(DeltaFrom::Start, DeltaFrom::Link);
    (folder.folder.clone(), from)
}

impl Cycle<'_> {
    async fn lease(&self) -> Step<Lease> {
        self.hand.lease(self.engine).await?.ok_or(Break::Elsewhere)
    }

    fn now(&self) -> UtcMs {
        self.engine.parts.clock.now()
    }

    /// The most important folders first.
    async fn store_folders(&mut self) -> StoreResult<Vec<FolderRecord>> {
        let mut folders = self.engine.parts.store.folders(self.record.tenant, self.record.mailbox).await?;
        let unwanted = folders.iter().filter(|folder| folder.kind == FolderKind::Unwanted);
        self.unwanted = unwanted.map(|folder| folder.folder.clone()).collect();
        if folders.len() > MOST_FOLDERS {
            let whose = self.record.mailbox.0;
            tracing::warn!(%whose, folders = folders.len(), "only the first {MOST_FOLDERS} folders are read");
            folders.sort_by_key(|folder| (folder.mapping.is_none(), folder.kind));
            folders.truncate(MOST_FOLDERS);
        }
        Ok(folders)
    }

    /// Folders that could not be read: none at all is the mailbox's failure. Single ones are tried again as if it were,
    /// for a while; what Exchange refuses for one folder alone it goes on refusing.
    fn fail_where_it_matters(&mut self) -> Step<()> {
        let Some(failure) = self.unread.take() else { return Ok(()) };
        let refused = matches!(failure, Failure::Refused(_));
        if self.read > 0 && (refused || self.record.transient_failures >= PATIENCE) {
            return Ok(());
        }
        Err(failure.into())
    }

    /// Does what the master list needs, and knows the category from then on.
    async fn keep_category(&mut self, list: &MasterList) -> Step<Reading> {
        let known = self.record.category.clone();
        let upkeep = mailboxes::upkeep(list, known.as_ref(), &self.settings);
        let (exchange, store) = (&self.engine.parts.exchange, &self.engine.parts.store);
        let address = &self.record.address;
        let learned = match upkeep.answer {
            Upkeep::Nothing => None,
            Upkeep::Learn(category) => Some(category),
            // Neither doubles anything when it is sent again: names are unique in the list, and an id is gone once.
            Upkeep::Create { name } => {
                self.lease().await?;
                match exchange.create_master_category(&self.access, address, &name).await {
                    Ok(id) => {
                        let category = MasterCategory { id, name };
                        Some(KnownCategory { category, life: CategoryLife::Kept })
                    }
                    // Somebody was faster; the next cycle sees theirs.
                    Err(Failure::Conflict) => None,
                    // A full list is told where a message is tracked; it stops no mailbox.
                    Err(Failure::Refused(problem)) if problem.code == Code::ExchangeRefused => None,
                    Err(failure) => return Err(failure.into()),
                }
            }
            Upkeep::Remove(permit) => {
                self.lease().await?;
                exchange.delete_master_category(&self.access, address, &permit).await?;
                known.map(|known| KnownCategory { life: CategoryLife::NotKept, ..known })
            }
        };
        let mut reading = Reading::On;
        if let Some(category) = learned {
            reading = mailboxes::reading(self.record.category.as_ref(), &category).answer;
            let lease = self.lease().await?;
            store.save_category(&lease, self.record.mailbox, &category, reading).await?;
            let whose = self.record.mailbox.0;
            tracing::info!(%whose, rule = %upkeep.rule, "master category");
            self.record.category = Some(category);
        }
        let known = self.record.category.as_ref().map(|k| &k.category);
        self.category = match tracking_category(list, known).answer {
            seen if known.is_none_or(|k| k.name == seen.name) => seen,
            // Made a moment ago: the list was read before.
            _ => tracking_category(&MasterList::Hidden, known).answer,
        };
        Ok(reading)
    }

    /// Keeps a page of the folder list; answers where its next page is.
    async fn keep_folders(
        &mut self,
        page: Delta<FolderListPage>,
        distinguished: Option<&Distinguished>,
        from_start: bool,
        whole: &mut Vec<(FolderId, String, FolderKind)>,
    ) -> Step<Option<DeltaFrom>> {
        let Delta::Page(page) = page else { return Ok(Some(DeltaFrom::Start)) };
        let known = self.store_folders().await?;
        let kind = |id: &FolderId| match distinguished {
            Some(d) if d.inbox.as_ref() == Some(id) => FolderKind::Inbox,
            Some(d) if d.sent.as_ref() == Some(id) => FolderKind::Sent,
            Some(d) if [&d.junk, &d.deleted].iter().any(|f| f.as_ref() == Some(id)) => FolderKind::Unwanted,
            _ => known.iter().find(|k| k.folder == *id).map_or(FolderKind::Other, |k| k.kind),
        };
        let unwatched = |id: &FolderId| {
            distinguished.is_some_and(|d| [&d.drafts, &d.outbox].iter().any(|f| f.as_ref() == Some(id)))
        };
        let seen = page.changed.iter().filter(|f| !f.hidden && !unwatched(&f.id));
        let changed: Vec<_> = seen.map(|f| (f.id.clone(), f.name.clone(), kind(&f.id))).collect();
        let (link, ends) = match &page.next {
            Next::Page(link) => (link.clone(), false),
            Next::Round(link) => (link.clone(), true),
        };
        let nothing_new = changed.is_empty() && page.removed.is_empty() && self.record.folders_link.is_some();
        if from_start {
            // Kept once it is whole: half a list would make the other half look gone.
            whole.extend(changed);
            if !ends {
                return Ok(Some(DeltaFrom::Link(link)));
            }
        } else if nothing_new && ends {
            return Ok(None);
        } else {
            *whole = changed;
        }
        let lease = self.lease().await?;
        let page = FolderPage {
            changed: std::mem::take(whole),
            removed: page.removed,
            all: from_start,
            link: link.clone(),
        };
        self.engine.parts.store.save_folders(&lease, self.record.mailbox, &page).await?;
        self.record.folders_link = Some(link.clone());
        Ok((!ends).then_some(DeltaFrom::Link(link)))
    }

    /// Keeps a page of messages with all that it wishes; answers where its next page is.
    async fn keep_messages(
        &mut self,
        folder: &mut FolderRecord,
        page: Delta<MessagePage>,
    ) -> Step<Option<DeltaFrom>> {
        let store = &self.engine.parts.store;
        let page = match page {
            Delta::Page(page) => page,
            // The folder list will say so too.
            Delta::Gone => return Ok(None),
            Delta::Expired if folder.link.is_none() => {
                // There was no token that could expire.
                let problem =
                    Problem::new(Code::ExchangeDown).because("reason", "a first page is refused as expired");
                self.unread.get_or_insert(Failure::NotDone(problem));
                return Ok(None);
            }
            Delta::Expired => {
                let lease = self.lease().await?;
                store.reset_folder(&lease, self.record.mailbox, &folder.folder, None).await?;
                folder.link = None;
                folder.round = Round::Full;
                folder.generation += 1;
                return Ok(Some(DeltaFrom::Start));
            }
        };
        self.read += 1;
        let ends_round = matches!(page.next, Next::Round(_));
        let link = page.next.link().clone();
        let next = (!ends_round).then(|| DeltaFrom::Link(link.clone()));
        let quiet = page.changed.is_empty() && page.removed.is_empty() && page.unreadable.is_empty();
        if quiet && folder.round == Round::Incremental && folder.link.is_some() && ends_round {
            // Nothing happened: the older token serves as well, and no row is written.
            return Ok(None);
        }
        // Mail that says that it comes from the future must not make all that comes until then look old.
        let high = page.changed.iter().map(|m| m.received).max().unwrap_or(UtcMs(0)).min(self.now());
        let incremental = folder.round == Round::Incremental && folder.link.is_some();
        // First the lease: where another hand works, the CRM need not be asked about mail that is theirs to note.
        let lease = self.lease().await?;
        let found = self.notice(folder, page, incremental).await?;
        self.looked.changes += found.changes;
        let observed = ObservedPage {
            folder: folder.folder.clone(),
            generation: folder.generation,
            link: link.clone(),
            ends_round,
            high,
            wishes: found.wishes,
            copies_found: found.copies,
        };
        match store.save_page(&lease, self.record.mailbox, &observed, self.now()).await {
            Ok(noticed) => self.looked.noticed += noticed,
            Err(StoreError::Outdated) => {
                // Mapped by its user meanwhile: what the page means is another matter now.
                self.looked.more = true;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        folder.link = Some(link);
        folder.round_high = folder.round_high.max(high);
        if ends_round {
            folder.round = Round::Incremental;
            folder.watermark = folder.watermark.max(folder.round_high);
        }
        Ok(next)
    }

    async fn notice(&self, folder: &FolderRecord, page: MessagePage, incremental: bool) -> Step<Found> {
        let place = Place {
            engine: self.engine,
            access: &self.access,
            record: &self.record,
            settings: &self.settings,
            category: &self.category,
            unwanted: &self.unwanted,
        };
        // A delta may tell of a message that moved only as removed from where it was, and of a mere mark only the
        // id: whether it was deleted, moved or changed, the message itself must say. On a first reading nothing
        // that is gone was ever known.
        let mut ask_again = page.unreadable;
        if incremental {
            ask_again.extend(page.removed);
        }
        let mut messages = page.changed;
        messages.extend(page::by_id(&place, &ask_again).await?);
        Ok(page::notice(&place, folder, messages).await?)
    }

    /// CAT-15: copies that another recipient's tracking told of are looked for once; those that come later are found
    /// as they come.
    async fn look_for_copies(&mut self, folders: &[FolderRecord]) -> Step<()> {
        let place = Place {
            engine: self.engine,
            access: &self.access,
            record: &self.record,
            settings: &self.settings,
            category: &self.category,
            unwanted: &self.unwanted,
        };
        let (found, looked_for) = page::find_copies(&place, folders).await?;
        if !found.wishes.is_empty() || !found.copies.is_empty() {
            let lease = self.lease().await?;
            let store = &self.engine.parts.store;
            let mailbox = self.record.mailbox;
            self.looked.noticed +=
                store.accept_noticed(&lease, mailbox, &found.wishes, &found.copies, self.now()).await?;
        }
        // From here on nothing of it can get lost.
        for copy in &looked_for {
            self.engine.known.looked_for(self.record.mailbox, copy);
        }
        Ok(())
    }

    /// Renews the subscription in time; at once where everything is looked at because Exchange says that something
    /// became of it.
    async fn care_for_subscription(&mut self, kind: Kind) -> Step<()> {
        let Some(notifications) = &self.engine.parts.notifications else { return Ok(()) };
        let now = self.now();
        let needed = subscriptions::needs_care(&self.record, now)
            && self.engine.pauses.is_over(self.record.mailbox, now);
        if kind != Kind::Full && !needed {
            return Ok(());
        }
        let lease = self.lease().await?;
        let exchange = &self.engine.parts.exchange;
        // Without notifications the mailbox is synchronized all the same, by its rhythm: no failure of the cycle.
        match subscriptions::care(exchange.as_ref(), &self.access, &self.record, notifications, now).await {
            Ok(subscription) => {
                let store = &self.engine.parts.store;
                store.save_subscription(&lease, self.record.mailbox, subscription.as_ref()).await?;
                self.record.subscription = subscription;
            }
            Err(failure) => {
                self.engine.pauses.begin(self.record.mailbox, now);
                let code = failure.problem().code;
                let whose = self.record.mailbox.0;
                tracing::warn!(%whose, code = code.as_str(), "no notifications");
            }
        }
        Ok(())
    }
}
