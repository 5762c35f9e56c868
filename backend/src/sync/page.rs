//! What the messages of a page wish.

use super::Engine;
use super::cycle::PATIENCE;
use super::known::KnownItem;
use crate::caller::Access;
use crate::crm::{Screened, Screening};
use crate::exchange::Find;
use crate::outcome::{Failure, Outcome};
use crate::store::{ExpectedCopy, FolderRecord, ItemFacts, ItemKey, ItemName, MailboxRecord, NewWish};
use shared::decision::Decision;
use shared::email::{ConversationIndex, CrmEmail, Direction, InternetMessageId, Message};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::mailbox::MailboxKind;
use shared::rules::accepting::{self, CrmSays, TrackedMail};
use shared::rules::noticing::{self, Arrival, Conversation, Noticed, Stored, Surroundings};
use shared::rules::tracking::TrackingCategory;
use shared::settings::{Settings, TwoActivities};
use shared::wish::{Origin, Wish};
use std::collections::HashMap;
use uuid::Uuid;

/// Mails that the CRM is asked about in one request.
const SCREENED_AT_ONCE: usize = 50;
/// Mail received so long before the newest that was seen may show after it.
const SURFACING_MS: i64 = 60_000;
/// Expected copies looked for in one cycle.
const COPIES_AT_ONCE: usize = 10;
/// Namespace of the ids of noticed wishes; an arbitrary constant that must never change.
const NOTICED: Uuid = Uuid::from_u128(0x3b1d_5f0e_41c7_5a2f_8d67_0c1b_9e42_77a4);

/// The mailbox that is being looked through.
pub struct Place<'a> {
    pub engine: &'a Engine,
    pub access: &'a Access,
    pub record: &'a MailboxRecord,
    pub settings: &'a Settings,
    pub category: &'a TrackingCategory,
    /// Junk Email and Deleted Items.
    pub unwanted: &'a [FolderId],
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub wishes: Vec<NewWish>,
    /// Expected copies that are here.
    pub copies: Vec<InternetMessageId>,
    /// Messages that were looked at.
    pub changes: u32,
}

/// The messages of these ids, as far as they are still in the mailbox.
pub async fn by_id(place: &Place<'_>, items: &[ItemId]) -> Outcome<Vec<Message>> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let exchange = &place.engine.parts.exchange;
    let asked = exchange.messages(place.access, &place.record.address, items).await?;
    let mut found = Vec::new();
    for (_, answer) in asked {
        match answer {
            Ok(message) => found.extend(message),
            // One that Exchange will not show must not keep the others from being seen.
            Err(Failure::Refused(problem)) => {
                tracing::warn!(code = problem.code.as_str(), "a message could not be read");
            }
            Err(failure) if place.record.transient_failures >= PATIENCE => {
                let code = failure.problem().code;
                tracing::warn!(code = code.as_str(), "a message could not be read, again and again");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

/// What these messages of a folder wish.
pub async fn notice(place: &Place<'_>, folder: &FolderRecord, messages: Vec<Message>) -> Outcome<Found> {
    let mut found = Found::default();
    if messages.is_empty() {
        return Ok(found);
    }
    let known = Known::of(place, &messages).await?;
    let mut to_screen = Vec::new();
    // A page may tell of the same message twice: the last word counts.
    let mut seen: HashMap<ItemId, Message> = HashMap::new();
    let mut order = Vec::new();
    for message in messages {
        let id = message.id.clone();
        if seen.insert(id.clone(), message).is_none() {
            order.push(id);
        }
    }
    for message in order.into_iter().filter_map(|id| seen.remove(&id)) {
        found.changes += 1;
        let stored = known.of_item(place, &message);
        let arrival = arrival(place, folder, &message);
        let around = known.surroundings(place, folder, &message, arrival);
        let noticed = noticing::notice(&message, &stored, around);
        match noticed.answer {
            Noticed::Nothing => {}
            Noticed::Screen => to_screen.push(message),
            Noticed::Wish(ref wish, origin) => {
                if origin == Origin::Copy {
                    found.copies.extend(message.internet_message_id.clone());
                }
                found.wishes.push(wished(place, folder, &message, wish, origin));
                tell(place, &noticed);
            }
        }
    }
    for mails in to_screen.chunks(SCREENED_AT_ONCE) {
        screen(place, folder, mails, &mut found).await?;
    }
    Ok(found)
}

/// Looks for expected copies that no page has shown yet.
///
/// The second answer: which were looked for, and need not be again once what was found is stored.
pub async fn find_copies(place: &Place<'_>, folders: &[FolderRecord]) -> Outcome<(Found, Vec<ExpectedCopy>)> {
    let (mut found, mut looked_for) = (Found::default(), Vec::new());
    let (engine, record) = (place.engine, place.record);
    let stored = engine.parts.store.expected_copies(record.tenant, record.mailbox).await;
    let expected = stored.map_err(|e| Failure::NotDone(e.problem()))?;
    for copy in
        expected.iter().filter(|c| !engine.known.was_looked_for(record.mailbox, c)).take(COPIES_AT_ONCE)
    {
        let by = Find::MessageId(copy.message_id.clone());
        let messages = match engine.parts.exchange.find(place.access, &record.address, &by, 10).await {
            Ok(messages) => messages,
            // A message id as only strangers write them: it is found as it comes, if it does.
            Err(Failure::Refused(problem)) => {
                tracing::warn!(code = problem.code.as_str(), "a copy could not be looked for");
                Vec::new()
            }
            Err(failure) => return Err(failure),
        };
        for message in messages {
            let Some(folder) = folders.iter().find(|f| Some(&f.folder) == message.folder.as_ref()) else {
                continue;
            };
            let here = notice(place, folder, vec![message]).await?;
            found.wishes.extend(here.wishes);
            found.copies.extend(here.copies);
        }
        looked_for.push(copy.clone());
    }
    Ok((found, looked_for))
}

/// What is stored about the messages of a page.
struct Known {
    items: HashMap<ItemId, ItemFacts>,
    expected: Vec<ExpectedCopy>,
    stopped: Vec<shared::email::ConversationId>,
}

impl Known {
    async fn of(place: &Place<'_>, messages: &[Message]) -> Outcome<Self> {
        let (store, record) = (&place.engine.parts.store, place.record);
        let ids: Vec<ItemId> = messages.iter().map(|m| m.id.clone()).collect();
        let failed = |e: crate::store::StoreError| Failure::NotDone(e.problem());
        Ok(Self {
            items: store.item_facts(record.tenant, record.mailbox, &ids).await.map_err(failed)?,
            expected: store.expected_copies(record.tenant, record.mailbox).await.map_err(failed)?,
            stopped: store.stopped_conversations(record.tenant, record.mailbox).await.map_err(failed)?,
        })
    }

    fn of_item(&self, place: &Place<'_>, message: &Message) -> Stored {
        let facts = self.items.get(&message.id).cloned().unwrap_or_default();
        let is_it = |copy: &&ExpectedCopy| {
            let same = message.internet_message_id.as_ref() == Some(&copy.message_id);
            // CAT-16: with two activities, only a copy of the same direction belongs to it.
            same && match place.settings.two_activities {
                TwoActivities::On => copy.direction == message.direction,
                TwoActivities::Off => true,
            }
        };
        Stored {
            link: facts.link,
            untracked: facts.untracked,
            folder: facts.folder,
            open: facts.open,
            expected: self.expected.iter().any(|copy| is_it(&copy)),
        }
    }

    fn surroundings<'a>(
        &self,
        place: &Place<'a>,
        folder: &'a FolderRecord,
        message: &Message,
        arrival: Arrival,
    ) -> Surroundings<'a> {
        let is_stopped = message.conversation.as_ref().is_some_and(|c| self.stopped.contains(c));
        // A message that was asked for by its id may lie elsewhere by now; the page of its folder tells of it.
        let lies_here = message.folder.as_ref().is_none_or(|f| *f == folder.folder);
        let for_users = place.record.kind == MailboxKind::User;
        Surroundings {
            settings: place.settings,
            category: place.category,
            mapping: folder.mapping.as_ref().filter(|_| lies_here && for_users),
            arrival,
            conversation: if is_stopped { Conversation::Stopped } else { Conversation::Followed },
        }
    }
}

/// MBX-02: mail is new when it came after the folder was last read to its end, and after the mailbox's start date.
/// Exchange shows mail not quite in the order in which it was received. INC-01: the filters are for mail that people
/// get; what lies in Junk Email or Deleted Items is not.
fn arrival(place: &Place<'_>, folder: &FolderRecord, message: &Message) -> Arrival {
    let unwanted = place.unwanted.contains(message.folder.as_ref().unwrap_or(&folder.folder));
    let newest_seen = folder.watermark.plus_ms(-SURFACING_MS);
    if !unwanted && message.received >= newest_seen && message.received >= place.record.start {
        Arrival::New
    } else {
        Arrival::Old
    }
}

/// Asks the CRM about mail that has just come.
async fn screen(
    place: &Place<'_>,
    folder: &FolderRecord,
    mails: &[Message],
    found: &mut Found,
) -> Outcome<()> {
    let organization = place.engine.organization(place.access.tenant).map_err(Failure::Refused)?;
    let screened = organization.crm.screen(place.access, &question(place, mails)).await?;
    let tracked = tracked_mails(&screened);
    let says = CrmSays {
        organization: screened.organization,
        mails: &tracked,
        candidates: &screened.candidates,
        filter: screened.filter,
    };
    for message in mails {
        let decided = accepting::accept(message, says, place.record.kind, place.settings);
        if let Noticed::Wish(wish, origin) = &decided.answer {
            found.wishes.push(wished(place, folder, message, wish, *origin));
            tell(place, &decided);
        }
    }
    Ok(())
}

fn question(place: &Place<'_>, mails: &[Message]) -> Screening {
    let distinct = |mut all: Vec<String>| {
        all.sort();
        all.dedup();
        all
    };
    let mut threads: Vec<_> = mails
        .iter()
        .filter_map(|m| m.conversation_index.as_ref())
        .filter_map(ConversationIndex::thread)
        .collect();
    threads.sort();
    threads.dedup();
    let ids = |of: &dyn Fn(&Message) -> Option<InternetMessageId>| {
        distinct(mails.iter().filter_map(|m| of(m).map(|id| id.0)).collect())
            .into_iter()
            .map(InternetMessageId)
    };
    let tokens = mails.iter().filter_map(|m| {
        accepting::tracking_token(&m.subject, &place.settings.tracking_prefix).map(str::to_owned)
    });
    // Of a sent mail those count whom it went to.
    let counts =
        |m: &Message, role| (m.direction == Direction::Incoming) == (role == shared::party::Role::From);
    let mut addresses: Vec<SmtpAddress> = mails
        .iter()
        .flat_map(|m| m.correspondents.iter().filter(|c| counts(m, c.role)).map(|c| c.address.clone()))
        .filter(SmtpAddress::is_plausible)
        .collect();
    addresses.sort();
    addresses.dedup();
    Screening {
        known: ids(&|m| m.internet_message_id.clone()).collect(),
        replies_to: ids(&|m| m.in_reply_to.clone()).collect(),
        tokens: distinct(tokens.collect()),
        threads,
        addresses,
        user_filter: place.record.kind == MailboxKind::User,
        queue: place.record.queue,
    }
}

fn tracked_mails(screened: &Screened) -> Vec<TrackedMail> {
    let of = |email: &crate::crm::ScreenedEmail| TrackedMail {
        email: CrmEmail {
            id: email.id,
            direction: email.direction,
            regarding: email.regarding.clone(),
            owner: String::new(),
        },
        message_id: email.message_id.clone(),
        token: email.token.clone(),
        thread: email.thread,
    };
    screened.emails.iter().map(of).collect()
}

/// The wish, under an id made of what it rests on: the same message that says the same is the same wish, however
/// often and on whichever node it is read.
fn wished(
    place: &Place<'_>,
    folder: &FolderRecord,
    message: &Message,
    wish: &Wish,
    origin: Origin,
) -> NewWish {
    let record = place.record;
    let aim = match wish {
        Wish::Track { .. } => "track",
        Wish::Untrack { .. } => "untrack",
    };
    let evidence = match origin {
        Origin::Pane | Origin::Category | Origin::Folder | Origin::Administrator => {
            // Read from the beginning, the same may be wished anew: what came of it before is another matter.
            format!("{aim}:{}:{}", message.etag, folder.generation)
        }
        // Once tracked by itself, once in a lifetime.
        Origin::Reply { .. } | Origin::Filter => "by itself".to_owned(),
        Origin::Copy => format!("copy:{}", folder.generation),
    };
    let facts = format!("{}:{}:{}:{evidence}", record.tenant, record.mailbox.0, message.id);
    let key = ItemKey { mailbox: record.mailbox, item: message.id.clone() };
    let name = ItemName { mailbox: record.address.clone(), item: message.id.clone() };
    let known = KnownItem::of(&key, message);
    place.engine.known.learn(record.tenant, &name, &known);
    NewWish {
        id: Uuid::new_v5(&NOTICED, facts.as_bytes()),
        tenant: record.tenant,
        user: place.access.user,
        name,
        key: Some(key),
        wish: wish.clone(),
        origin,
        folder: message.folder.clone(),
        now: place.engine.parts.clock.now(),
    }
}

fn tell(place: &Place<'_>, noticed: &Decision<Noticed>) {
    let whose = place.record.mailbox.0;
    tracing::info!(%whose, rule = %noticed.rule, "noticed");
}
