//! Several items of one mailbox at once: what is selected in Outlook (CAT-09), or the messages of a conversation.
//!
//! There is no wish for several items: each has its own, in a transaction of its own, and is carried out for
//! itself. Only looking is done together, in as few requests as possible.

use super::Items;
use super::items::{progress, viewer};
use super::snapshot::Snapshot;
use crate::caller::Access;
use crate::crm::{Crm, Screening};
use crate::exchange::{Asked, MailboxId};
use crate::outcome::Outcome;
use crate::store::{Accepted, ItemKey, ItemName, Knowledge, NewWish, StoredWish, WishState};
use futures_util::{Stream, StreamExt as _, stream};
use shared::api::{ItemBrief, ItemWish, Reception, States, WishAnswer, WishesAnswer};
use shared::category::{MasterCategory, MasterList};
use shared::email::{CrmEmail, InternetMessageId, Message};
use shared::item::{ItemId, SmtpAddress};
use shared::plan::{CrmSeen, ExchangeSeen, OpenWish, Ours, Refusals, Situation};
use shared::problem::{Code, Problem};
use shared::rules::timing::{Trigger, due};
use shared::rules::tracking::{self, tracking_category};
use shared::rules::words::words;
use shared::rules::{Language, several};
use shared::settings::Settings;
use shared::status::{Goal, Status};
use shared::wish::{Origin, Wish};
use std::collections::HashMap;
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

/// Items that are looked at one by one at the same time, where looking at all together does not tell enough.
const SINGLE_LOOKS: usize = 4;

impl Items {
    /// How each of these items stands, as both sides show it now.
    pub async fn states(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        items: &[ItemId],
        language: Language,
    ) -> Result<States, Problem> {
        self.present(access)?;
        several::accept_count(items.len()).answer?;
        let engine = &self.0;
        let version = engine.next_version();
        let exchange = &engine.parts.exchange;
        let (owner, master, messages, settings) = tokio::join!(
            self.owner(access, mailbox, items),
            self.master_list(access, mailbox),
            exchange.messages(access, mailbox, items),
            engine.settings(access.tenant),
        );
        let looked = Looked {
            owner: owner?,
            master: master.map_err(|f| f.problem())?,
            settings: settings.map_err(|f| f.problem())?,
        };
        let mut rows = Vec::new();
        for (item, message) in messages.map_err(|f| f.problem())? {
            rows.push(self.row(access, mailbox, &looked, item, message).await?);
        }
        let emails = self.emails_of(access, &rows).await?;
        let briefs = stream::iter(rows)
            .map(|row| self.brief(access, mailbox, &looked, &emails, row, version, language));
        Ok(States { states: briefs.buffered(SINGLE_LOOKS).collect().await })
    }

    /// Accepts the wishes, each for itself, and rings the mailbox's bell once (CAT-09).
    pub async fn wishes(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        wishes: &[ItemWish],
        language: Language,
    ) -> Result<WishesAnswer, Problem> {
        self.present(access)?;
        several::accept_count(wishes.len()).answer?;
        let mut answers = Vec::with_capacity(wishes.len());
        for one in wishes {
            let ItemWish { id, item, wish } = one.clone();
            let name = ItemName { mailbox: mailbox.clone(), item: item.clone() };
            let accepted = match several::accept(&wish).answer {
                Ok(()) => self.accept(access, &name, id, wish).await,
                Err(problem) => Err(problem),
            };
            let reception = match accepted {
                Ok(Accepted::New | Accepted::Again(_)) => Reception::Accepted,
                Ok(Accepted::Taken) => Reception::Taken,
                Err(problem) => Reception::Refused { code: problem.code, problem: words(&problem, language) },
            };
            answers.push(WishAnswer { id, item, reception });
        }
        if answers.iter().any(|answer| answer.reception == Reception::Accepted) {
            self.ring_for_wishes(access, mailbox);
        }
        Ok(WishesAnswer { answers })
    }

    /// The states of these items from now on; those that are known already first. Ends when the service stops, and
    /// when a colleague changed one of them: each then has to look with their own rights.
    pub fn follow_many(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        items: &[ItemId],
        language: Language,
    ) -> Result<impl Stream<Item = ItemBrief> + Send + use<>, Problem> {
        self.present(access)?;
        let follow = |item: &ItemId, told_as: &ItemId| {
            let item = item.clone();
            let name = ItemName { mailbox: mailbox.clone(), item: told_as.clone() };
            let snapshots = WatchStream::new(self.0.watch.follow(&viewer(access, &name)));
            let briefs = snapshots.map(move |snapshot| {
                Told::Of(snapshot.map(|snapshot| brief_of(item.clone(), &snapshot, language)))
            });
            briefs.chain(stream::iter([Told::NoMore])).boxed()
        };
        // What is noticed in the mailbox is told under an item's lasting id, whatever Outlook calls it.
        let lasting = |item: &ItemId| {
            let name = ItemName { mailbox: mailbox.clone(), item: item.clone() };
            let known = self.0.known.get(access.tenant, &name);
            known.map(|known| known.key.item).filter(|lasting| lasting != item)
        };
        let one = |item: &ItemId| {
            let names = std::iter::once(item.clone()).chain(lasting(item));
            names.map(|name| follow(item, &name)).collect::<Vec<_>>()
        };
        let all = stream::select_all(items.iter().flat_map(one));
        let going_on = all.take_while(|told| std::future::ready(!matches!(told, Told::NoMore)));
        Ok(going_on.filter_map(|told| {
            std::future::ready(match told {
                Told::Of(brief) => brief,
                Told::NoMore => None,
            })
        }))
    }

    /// Stores one wish; whoever follows its item sees at once that something was wished.
    pub(super) async fn accept(
        &self,
        access: &Access,
        name: &ItemName,
        id: Uuid,
        wish: Wish,
    ) -> Result<Accepted, Problem> {
        let engine = &self.0;
        let new = NewWish {
            id,
            tenant: access.tenant,
            user: access.user,
            name: name.clone(),
            key: engine.known.get(access.tenant, name).map(|known| known.key),
            wish,
            origin: Origin::Pane,
            folder: None,
            now: engine.parts.clock.now(),
        };
        let accepted = engine.parts.store.accept_wish(&new).await.map_err(|e| e.problem())?;
        if accepted == Accepted::New {
            self.tell_followers(&new);
        }
        Ok(accepted)
    }

    pub(super) fn ring_for_wishes(&self, access: &Access, mailbox: &SmtpAddress) {
        let when = due(Trigger::Wish, self.0.parts.clock.now()).answer;
        self.0.ring_at(when, access.tenant, mailbox);
    }

    /// Whose mailbox it is; not asked again where one of its items is known.
    pub(super) async fn owner(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        items: &[ItemId],
    ) -> Result<MailboxId, Problem> {
        let name = |item: &ItemId| ItemName { mailbox: mailbox.clone(), item: item.clone() };
        let known = items.iter().find_map(|item| self.0.known.get(access.tenant, &name(item)));
        match known {
            Some(known) => Ok(known.key.mailbox),
            None => self.0.parts.exchange.owner(access, mailbox).await.map_err(|f| f.problem()),
        }
    }

    /// A mailbox's master category list, as the caller sees it.
    pub(super) async fn master_list(&self, access: &Access, mailbox: &SmtpAddress) -> Outcome<MasterList> {
        let asked = Asked { categories: true, ..Asked::default() };
        let answered = self.0.parts.exchange.read(access, mailbox, &asked).await?;
        answered.categories.unwrap_or(Ok(MasterList::Hidden))
    }

    /// What is stored about a message that Exchange showed this caller; of others nothing is told.
    async fn row(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        looked: &Looked,
        item: ItemId,
        message: Outcome<Option<Message>>,
    ) -> Result<Row, Problem> {
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Row::Refused { item, problem: Problem::new(Code::MessageGone) }),
            Err(failure) => return Ok(Row::Refused { item, problem: failure.problem() }),
        };
        let name = ItemName { mailbox: mailbox.clone(), item: item.clone() };
        let key = ItemKey { mailbox: looked.owner, item: message.id.clone() };
        let stored = self.0.parts.store.knowledge(access.tenant, &name, Some(&key)).await;
        let stored = Box::new(stored.map_err(|e| e.problem())?);
        Ok(Row::Seen { item, message: Box::new(message), stored })
    }

    /// The CRM's emails of all linked messages, in one request. What is not linked has no say in the CRM.
    async fn emails_of(&self, access: &Access, rows: &[Row]) -> Result<Emails, Problem> {
        let linked = rows.iter().filter_map(|row| match row {
            Row::Seen { message, stored, .. } if stored.link.is_some() => message.internet_message_id.clone(),
            _ => None,
        });
        let known: Vec<InternetMessageId> = linked.collect();
        if known.is_empty() {
            return Ok(Emails::new());
        }
        let crm: &dyn Crm = &*self.0.organization(access.tenant)?.crm;
        let question = Screening { known, ..Screening::default() };
        let screened = crm.screen(access, &question).await.map_err(|f| f.problem())?;
        let mut emails = Emails::new();
        for email in screened.emails {
            let Some(id) = email.message_id else { continue };
            emails.entry(id).or_default().push(CrmEmail {
                id: email.id,
                direction: email.direction,
                regarding: email.regarding,
                owner: String::new(),
            });
        }
        Ok(emails)
    }

    #[expect(clippy::too_many_arguments, reason = "all that was looked at, and for whom")]
    async fn brief(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        looked: &Looked,
        emails: &Emails,
        row: Row,
        version: u64,
        language: Language,
    ) -> ItemBrief {
        let (item, message, stored) = match row {
            Row::Seen { item, message, stored } => (item, message, stored),
            Row::Refused { item, problem } => return refused(item, &problem, version, language),
        };
        let of_message = message.internet_message_id.as_ref().and_then(|id| emails.get(id));
        let situation = looked.situation(access, *message, *stored, of_message.cloned().unwrap_or_default());
        let status = tracking::status(&situation).answer;
        if status == Status::RecordGone {
            // Deleted, or only not for this user's eyes: a look at this one alone tells them apart.
            let name = ItemName { mailbox: mailbox.clone(), item: item.clone() };
            return match self.snapshot(access, &name).await {
                Ok(snapshot) => ItemBrief { version, ..brief_of(item, &snapshot, language) },
                Err(problem) => refused(item, &problem, version, language),
            };
        }
        told(item, status, version, language)
    }
}

/// What a stream of one among several items says.
enum Told {
    Of(Option<ItemBrief>),
    NoMore,
}

/// What was looked at for all items together.
struct Looked {
    owner: MailboxId,
    master: MasterList,
    settings: Settings,
}

type Emails = HashMap<InternetMessageId, Vec<CrmEmail>>;

/// One item, before the CRM was asked.
enum Row {
    Seen { item: ItemId, message: Box<Message>, stored: Box<Knowledge> },
    Refused { item: ItemId, problem: Problem },
}

impl Looked {
    fn situation(
        &self,
        access: &Access,
        message: Message,
        stored: Knowledge,
        emails: Vec<CrmEmail>,
    ) -> Situation {
        let known: Option<&MasterCategory> = stored.category.as_ref().map(|known| &known.category);
        let category = tracking_category(&self.master, known).answer;
        let wish = stored.wish.filter(|wish| is_told_to(access, wish)).map(|stored_wish| OpenWish {
            progress: progress(&stored_wish),
            wish: stored_wish.wish,
            origin: stored_wish.origin,
            category_is_ours: Ours::No,
            given_up: None,
        });
        Situation {
            organization: Uuid::nil(),
            settings: self.settings.clone(),
            exchange: ExchangeSeen::Present { message: Box::new(message), category },
            crm: CrmSeen { emails, ..CrmSeen::default() },
            link: stored.link,
            wish,
            refusals: Refusals::default(),
            queue: None,
            chosen: Vec::new(),
        }
    }
}

/// A colleague's wish under way is everybody's business; what they were refused is theirs.
fn is_told_to(access: &Access, wish: &StoredWish) -> bool {
    wish.user == access.user || !matches!(wish.state, WishState::Refused { .. })
}

fn brief_of(item: ItemId, snapshot: &Snapshot, language: Language) -> ItemBrief {
    told(item, snapshot.status.answer.clone(), snapshot.version, language)
}

pub(super) fn told(item: ItemId, status: Status, version: u64, language: Language) -> ItemBrief {
    let problem = match &status {
        Status::Waiting { problem, .. } | Status::Failed { problem, .. } => Some(words(problem, language)),
        Status::RecordGone => Some(words(&Problem::new(Code::RecordGone), language)),
        _ => None,
    };
    ItemBrief { item, status, problem, version }
}

/// An item that could not be looked at.
fn refused(item: ItemId, problem: &Problem, version: u64, language: Language) -> ItemBrief {
    told(item, Status::Failed { goal: Goal::Track, problem: problem.clone() }, version, language)
}
