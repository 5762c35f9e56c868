//! One mailbox: its folders, its messages, its master category list, and who may do what in it.
//!
//! Its methods are the only way to change it. Each moves the change number, which is what change keys,
//! etags and delta tokens are made of, and notes a happening that names no mail text.

use super::Refusal;
use super::category::MasterCategory;
use super::change::{FolderChange, Happening, ItemChange, ItemChangeKind, LOG_LENGTH};
use super::folder::{self, Folder, FolderKey};
use super::id::{self, IdForm, ItemKey, Named};
use super::message::Message;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailboxKind {
    User,
    Shared,
}

/// What a delegate may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Right {
    /// Reads.
    Reviewer,
    /// Reads, changes and deletes.
    Editor,
}

/// A right that the mailbox's owner gave to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Object id of the delegate.
    pub who: String,
    /// `None`: the whole mailbox.
    pub folder: Option<FolderKey>,
    pub right: Right,
}

/// Why category writes fail while a switch says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CategoryFault {
    QuotaExceeded,
    MessageSizeExceeded,
}

/// Troubles that the control plane can give a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Switches {
    /// Every request is refused with `ErrorAccessDenied`.
    pub forbidden: bool,
    /// The mailbox is not in Exchange Online: `MailboxNotEnabledForRESTAPI`.
    pub not_in_exchange_online: bool,
    /// Writing categories of messages fails in this way.
    pub category_writes: Option<CategoryFault>,
    /// The master category list takes no further entry.
    pub master_list_full: bool,
    /// Every delta page repeats the last item of the page before.
    pub repeat_delta_items: bool,
    /// The rows of a delta page come in any order.
    pub shuffle_delta_items: bool,
    /// A change shows in delta queries only after so many further ones were made at this mailbox.
    pub stale_delta_reads: u32,
    /// What befalls change notifications.
    pub notifications: super::notice::Troubles,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Mailbox {
    pub oid: String,
    pub upn: String,
    pub name: String,
    pub kind: MailboxKind,
    /// Windows name of its time zone.
    pub time_zone: String,
    pub guid: Uuid,
    pub(super) folders: BTreeMap<FolderKey, Folder>,
    pub(super) messages: BTreeMap<ItemKey, Message>,
    pub(super) categories: Vec<MasterCategory>,
    pub access: Vec<Access>,
    pub switches: Switches,
    pub(super) change: u64,
    next_item: u64,
    pub(super) next_folder: u64,
    pub(super) log: VecDeque<ItemChange>,
    pub(super) folder_log: VecDeque<FolderChange>,
    /// Changes up to this number are no longer in the logs.
    pub(super) forgotten: u64,
    /// Delta tokens of an older generation are expired.
    pub sync_generation: u32,
    /// How many delta queries were made here; counts only while the tenant runs.
    #[serde(skip)]
    pub(super) delta_reads: u64,
    #[serde(skip)]
    happenings: Vec<Happening>,
}

impl Mailbox {
    pub(super) fn new(oid: &str, upn: &str, name: &str, kind: MailboxKind, _now: Timestamp) -> Self {
        let folders = folder::DISTINGUISHED
            .iter()
            .map(|(key, parent, name, well_known, is_hidden)| {
                let folder = Folder {
                    key: *key,
                    parent: *parent,
                    name: (*name).to_owned(),
                    well_known: Some((*well_known).to_owned()),
                    is_hidden: *is_hidden,
                    change: 0,
                };
                (*key, folder)
            })
            .collect();
        Self {
            oid: oid.to_owned(),
            upn: upn.to_owned(),
            name: name.to_owned(),
            kind,
            time_zone: "W. Europe Standard Time".to_owned(),
            guid: id::mailbox_guid(oid),
            folders,
            messages: BTreeMap::new(),
            categories: Vec::new(),
            access: Vec::new(),
            switches: Switches::default(),
            change: 0,
            next_item: 1,
            next_folder: folder::FIRST_OWN,
            log: VecDeque::new(),
            folder_log: VecDeque::new(),
            forgotten: 0,
            sync_generation: 1,
            delta_reads: 0,
            happenings: Vec::new(),
        }
    }

    pub fn is_called(&self, who: &str) -> bool {
        self.oid.eq_ignore_ascii_case(who) || self.upn.eq_ignore_ascii_case(who)
    }

    /// The number of the newest change: a version of the whole mailbox.
    pub fn version(&self) -> u64 {
        self.change
    }

    pub(super) fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    /// Whether this user may do that in the folder, or, without one, in the whole mailbox.
    pub fn allows(&self, oid: &str, folder: Option<FolderKey>, right: Right) -> bool {
        self.oid.eq_ignore_ascii_case(oid)
            || self.access.iter().any(|access| {
                access.who.eq_ignore_ascii_case(oid)
                    && access.right >= right
                    && (access.folder.is_none() || access.folder == folder)
            })
    }

    // ---- reading

    pub fn folder(&self, key: FolderKey) -> Result<&Folder, Refusal> {
        self.folders.get(&key).ok_or(Refusal::FolderNotFound)
    }

    /// The folder with this id or well-known name (any case).
    pub fn folder_named(&self, text: &str) -> Result<&Folder, Refusal> {
        if let Some(folder) = self
            .folders
            .values()
            .find(|folder| folder.well_known.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(text)))
        {
            return Ok(folder);
        }
        match id::read(self.guid, text)? {
            Named::Folder(key) => self.folder(FolderKey(key)),
            Named::Item { .. } => Err(Refusal::MalformedId),
        }
    }

    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.values()
    }

    /// The folders directly below.
    pub fn children(&self, parent: FolderKey) -> impl Iterator<Item = &Folder> {
        self.folders.values().filter(move |folder| folder.parent == parent && folder.key != parent)
    }

    /// The message with this key.
    pub fn message(&self, key: ItemKey) -> Result<&Message, Refusal> {
        self.messages.get(&key).ok_or(Refusal::ItemNotFound)
    }

    /// The message with this REST id, of either form. A mutable id from before a move is not found.
    pub fn message_named(&self, text: &str) -> Result<&Message, Refusal> {
        let Named::Item { key, place } = id::read(self.guid, text)? else {
            return Err(Refusal::MalformedId);
        };
        let message = self.message(key)?;
        if place.is_some_and(|place| place != message.place) {
            return Err(Refusal::ItemNotFound);
        }
        Ok(message)
    }

    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Messages of one folder.
    pub fn messages_in(&self, folder: FolderKey) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(move |message| message.folder == folder)
    }

    pub fn item_id(&self, message: &Message, form: IdForm) -> String {
        id::spell_item(self.guid, message.key, message.place, form)
    }

    pub fn folder_id(&self, key: FolderKey) -> String {
        id::spell_folder(self.guid, key.0)
    }

    pub fn change_key(&self, change: u64) -> String {
        id::spell_change_key(self.guid, change)
    }

    pub fn categories(&self) -> &[MasterCategory] {
        &self.categories
    }

    pub fn category(&self, id: Uuid) -> Result<&MasterCategory, Refusal> {
        self.categories.iter().find(|category| category.id == id).ok_or(Refusal::ItemNotFound)
    }

    // ---- messages

    /// What happened to messages after change number `since`, oldest first.
    pub(super) fn item_changes_after(&self, since: u64) -> Vec<ItemChange> {
        let start = self.log.partition_point(|change| change.number <= since);
        self.log.range(start..).copied().collect()
    }

    fn log_item(&mut self, item: ItemKey, folder: FolderKey, kind: ItemChangeKind) {
        let reads = self.delta_reads;
        self.log.push_back(ItemChange { number: self.change, folder, item, kind, reads });
        if self.log.len() > LOG_LENGTH
            && let Some(oldest) = self.log.pop_front()
        {
            self.forgotten = oldest.number;
        }
    }

    pub(super) fn happen(
        &mut self,
        kind: &'static str,
        item: Option<ItemKey>,
        target: String,
        before: Value,
        after: Value,
    ) {
        let item = item.and_then(|key| self.messages.get(&key)).map(|message| (message.key, message.folder));
        let (mailbox, upn) = (self.oid.clone(), self.upn.clone());
        self.happenings.push(Happening { mailbox, upn, kind, item, target, before, after });
    }

    fn lasting_id(&self, key: ItemKey) -> String {
        id::spell_item(self.guid, key, 0, IdForm::Immutable)
    }

    /// Takes a message in.
    pub fn insert(
        &mut self,
        mut message: Message,
        into: FolderKey,
        now: Timestamp,
    ) -> Result<ItemKey, Refusal> {
        self.folder(into)?;
        self.change += 1;
        let key = ItemKey(self.next_item);
        self.next_item += 1;
        message.key = key;
        message.folder = into;
        message.place = 0;
        message.change = self.change;
        message.modified = now;
        let facts =
            json!({ "internetMessageId": message.internet_message_id, "folder": self.folder_name(into) });
        self.messages.insert(key, message);
        self.log_item(key, into, ItemChangeKind::Arrived);
        self.happen("message.create", Some(key), self.lasting_id(key), Value::Null, facts);
        Ok(key)
    }

    /// Name of a folder for the journal: a folder's own name may be private, so only well-known ones show.
    fn folder_name(&self, key: FolderKey) -> String {
        self.folders
            .get(&key)
            .and_then(|folder| folder.well_known.clone())
            .unwrap_or_else(|| self.folder_id(key))
    }

    /// Changes a message; `if_match` is the change key that the caller last saw, where it named one.
    pub fn edit(
        &mut self,
        key: ItemKey,
        if_match: Option<&str>,
        now: Timestamp,
        act: impl FnOnce(&mut Message),
    ) -> Result<(), Refusal> {
        self.check_change_key(key, if_match)?;
        let before = self.message(key)?.clone();
        let mut after = before.clone();
        act(&mut after);
        if before.categories != after.categories {
            self.check_category_write()?;
        }
        self.change += 1;
        after.change = self.change;
        after.modified = now;
        let (folder, target) = (after.folder, self.lasting_id(key));
        self.messages.insert(key, after.clone());
        self.log_item(key, folder, ItemChangeKind::Updated);
        if before.categories != after.categories {
            self.happen(
                "message.categories",
                Some(key),
                target.clone(),
                json!(before.categories),
                json!(after.categories),
            );
        }
        let changed = changed_properties(&before, &after);
        if !changed.is_empty() {
            self.happen("message.update", Some(key), target, Value::Null, json!({ "changed": changed }));
        }
        Ok(())
    }

    /// Changes the open extensions. As in the real service, that does not show in delta queries.
    pub fn edit_extensions(
        &mut self,
        key: ItemKey,
        now: Timestamp,
        act: impl FnOnce(&mut BTreeMap<String, Value>),
    ) -> Result<(), Refusal> {
        let change = self.change + 1;
        let message = self.messages.get_mut(&key).ok_or(Refusal::ItemNotFound)?;
        act(&mut message.extensions);
        message.change = change;
        message.modified = now;
        self.change = change;
        let facts = json!({ "changed": ["extensions"] });
        self.happen("message.update", Some(key), self.lasting_id(key), Value::Null, facts);
        Ok(())
    }

    /// Refuses when the caller saw an older state of the message.
    pub fn check_change_key(&self, key: ItemKey, if_match: Option<&str>) -> Result<(), Refusal> {
        let message = self.message(key)?;
        match if_match {
            Some(seen) if seen != self.change_key(message.change) => Err(Refusal::ChangeKeyMismatch),
            _ => Ok(()),
        }
    }

    fn check_category_write(&self) -> Result<(), Refusal> {
        match self.switches.category_writes {
            None => Ok(()),
            Some(CategoryFault::QuotaExceeded) => Err(Refusal::QuotaExceeded),
            Some(CategoryFault::MessageSizeExceeded) => Err(Refusal::MessageSizeExceeded),
        }
    }

    /// Moves a message: its mutable id dies, its immutable id stays.
    pub fn move_message(&mut self, key: ItemKey, to: FolderKey, now: Timestamp) -> Result<(), Refusal> {
        self.folder(to)?;
        let (from, place) = self.message(key).map(|message| (message.folder, message.place))?;
        self.change += 1;
        self.log_item(key, from, ItemChangeKind::Left { place });
        self.log_item(key, to, ItemChangeKind::Arrived);
        if let Some(message) = self.messages.get_mut(&key) {
            message.folder = to;
            message.place += 1;
            message.change = self.change;
            message.modified = now;
        }
        let (before, after) = (json!(self.folder_name(from)), json!(self.folder_name(to)));
        self.happen("message.move", Some(key), self.lasting_id(key), before, after);
        Ok(())
    }

    /// Makes a second message with the same content, extended properties included.
    pub fn copy_message(&mut self, key: ItemKey, to: FolderKey, now: Timestamp) -> Result<ItemKey, Refusal> {
        let mut copy = self.message(key)?.clone();
        copy.created = now;
        self.insert(copy, to, now)
    }

    /// Deletes as Outlook does: first into *Deleted Items*, from there into the recoverable items, from
    /// there for good.
    pub fn delete_message(&mut self, key: ItemKey, now: Timestamp) -> Result<(), Refusal> {
        match self.message(key)?.folder {
            folder::DELETED => self.move_message(key, folder::RECOVERABLE, now),
            folder::RECOVERABLE => self.purge_message(key),
            _ => self.move_message(key, folder::DELETED, now),
        }
    }

    /// Deletes for good.
    pub fn purge_message(&mut self, key: ItemKey) -> Result<(), Refusal> {
        let (from, place) = self.message(key).map(|message| (message.folder, message.place))?;
        self.change += 1;
        self.log_item(key, from, ItemChangeKind::Left { place });
        self.happen(
            "message.delete",
            Some(key),
            self.lasting_id(key),
            json!(self.folder_name(from)),
            Value::Null,
        );
        self.messages.remove(&key);
        Ok(())
    }

    /// Makes every delta token given out so far expire.
    pub fn expire_delta_tokens(&mut self) {
        self.sync_generation += 1;
    }
}

/// Names of the properties other than categories that differ; never their content.
fn changed_properties(before: &Message, after: &Message) -> Vec<&'static str> {
    let differs = [
        ("isRead", before.is_read != after.is_read),
        ("flag", before.flag != after.flag),
        ("importance", before.importance != after.importance),
        ("inferenceClassification", before.inference != after.inference),
        ("subject", before.subject != after.subject),
        ("body", before.body != after.body),
        ("recipients", !before.recipients().eq(after.recipients())),
        ("isDraft", before.is_draft != after.is_draft),
        ("attachments", before.attachments != after.attachments),
        ("singleValueExtendedProperties", before.properties != after.properties),
        ("extensions", before.extensions != after.extensions),
    ];
    differs.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
}
