//! Mail folders: the distinguished ones that every mailbox has, and those that people make.

use super::Refusal;
use super::change::{FolderChange, LOG_LENGTH};
use super::mailbox::Mailbox;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A folder within its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FolderKey(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub key: FolderKey,
    /// The folder above; a root is its own parent.
    pub parent: FolderKey,
    pub name: String,
    /// The name by which Graph knows a distinguished folder in every language, e.g. `inbox`.
    pub well_known: Option<String>,
    pub is_hidden: bool,
    /// Change number of the last change of the folder itself.
    pub change: u64,
}

pub const ROOT: FolderKey = FolderKey(1);
pub const INBOX: FolderKey = FolderKey(2);
pub const DRAFTS: FolderKey = FolderKey(3);
pub const SENT: FolderKey = FolderKey(4);
pub const DELETED: FolderKey = FolderKey(5);
pub const JUNK: FolderKey = FolderKey(6);
pub const ARCHIVE: FolderKey = FolderKey(7);
pub const OUTBOX: FolderKey = FolderKey(8);
pub const HISTORY: FolderKey = FolderKey(9);
pub const RECOVERABLE_ROOT: FolderKey = FolderKey(10);
pub const RECOVERABLE: FolderKey = FolderKey(11);

/// The folders a new mailbox has: key, parent, name, well-known name, hidden.
pub const DISTINGUISHED: [(FolderKey, FolderKey, &str, &str, bool); 11] = [
    (ROOT, ROOT, "Top of Information Store", "msgfolderroot", false),
    (INBOX, ROOT, "Inbox", "inbox", false),
    (DRAFTS, ROOT, "Drafts", "drafts", false),
    (SENT, ROOT, "Sent Items", "sentitems", false),
    (DELETED, ROOT, "Deleted Items", "deleteditems", false),
    (JUNK, ROOT, "Junk Email", "junkemail", false),
    (ARCHIVE, ROOT, "Archive", "archive", false),
    (OUTBOX, ROOT, "Outbox", "outbox", false),
    (HISTORY, ROOT, "Conversation History", "conversationhistory", true),
    (RECOVERABLE_ROOT, RECOVERABLE_ROOT, "Recoverable Items", "recoverableitemsroot", true),
    (RECOVERABLE, RECOVERABLE_ROOT, "Deletions", "recoverableitemsdeletions", true),
];

/// The first key for folders that people make.
pub const FIRST_OWN: u64 = 100;

impl Mailbox {
    fn log_folder(&mut self, folder: FolderKey, created: bool) {
        let reads = self.delta_reads;
        self.folder_log.push_back(FolderChange { number: self.change, folder, created, reads });
        if self.folder_log.len() > LOG_LENGTH
            && let Some(oldest) = self.folder_log.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest.number);
        }
    }

    fn check_folder_name(
        &self,
        parent: FolderKey,
        name: &str,
        but: Option<FolderKey>,
    ) -> Result<(), Refusal> {
        if name.trim().is_empty() {
            return Err(Refusal::Invalid("The property 'DisplayName' is required.".to_owned()));
        }
        let taken = self
            .children(parent)
            .any(|folder| Some(folder.key) != but && folder.name.to_lowercase() == name.to_lowercase());
        if taken { Err(Refusal::FolderExists) } else { Ok(()) }
    }

    pub fn create_folder(
        &mut self,
        parent: FolderKey,
        name: &str,
        is_hidden: bool,
    ) -> Result<FolderKey, Refusal> {
        self.folder(parent)?;
        self.check_folder_name(parent, name, None)?;
        self.change += 1;
        let key = FolderKey(self.next_folder);
        self.next_folder += 1;
        let change = self.change;
        self.folders
            .insert(key, Folder { key, parent, name: name.to_owned(), well_known: None, is_hidden, change });
        self.log_folder(key, true);
        self.happen("folder.create", None, self.folder_id(key), Value::Null, json!(self.folder_id(parent)));
        Ok(key)
    }

    pub fn rename_folder(&mut self, key: FolderKey, name: &str) -> Result<(), Refusal> {
        let folder = self.folder(key)?;
        if folder.well_known.is_some() {
            return Err(Refusal::DistinguishedFolder);
        }
        let (parent, before) = (folder.parent, folder.name.clone());
        self.check_folder_name(parent, name, Some(key))?;
        self.touch_folder(key, |folder| name.clone_into(&mut folder.name));
        self.happen("folder.rename", None, self.folder_id(key), json!(before), json!(name));
        Ok(())
    }

    pub fn move_folder(&mut self, key: FolderKey, to: FolderKey) -> Result<(), Refusal> {
        let folder = self.folder(key)?.clone();
        self.folder(to)?;
        if folder.well_known.is_some() {
            return Err(Refusal::DistinguishedFolder);
        }
        if self.lies_below(to, key) {
            return Err(Refusal::Invalid("A folder can't be moved into itself.".to_owned()));
        }
        self.check_folder_name(to, &folder.name, Some(key))?;
        self.touch_folder(key, |folder| folder.parent = to);
        let (before, after) = (json!(self.folder_id(folder.parent)), json!(self.folder_id(to)));
        self.happen("folder.move", None, self.folder_id(key), before, after);
        Ok(())
    }

    fn touch_folder(&mut self, key: FolderKey, act: impl FnOnce(&mut Folder)) {
        self.change += 1;
        if let Some(folder) = self.folders.get_mut(&key) {
            act(folder);
            folder.change = self.change;
        }
        self.log_folder(key, false);
    }

    /// Whether `folder` is `above` or lies somewhere below it.
    pub fn lies_below(&self, folder: FolderKey, above: FolderKey) -> bool {
        let mut at = folder;
        loop {
            if at == above {
                return true;
            }
            match self.folders.get(&at) {
                Some(next) if next.parent != at => at = next.parent,
                _ => return false,
            }
        }
    }

    /// Deletes a folder: first into *Deleted Items*, from there for good with all that is in it.
    pub fn delete_folder(&mut self, key: FolderKey) -> Result<(), Refusal> {
        let folder = self.folder(key)?.clone();
        if folder.well_known.is_some() {
            return Err(Refusal::DistinguishedFolder);
        }
        if !self.lies_below(key, DELETED) {
            self.touch_folder(key, |folder| folder.parent = DELETED);
            let before = json!(self.folder_id(folder.parent));
            self.happen("folder.move", None, self.folder_id(key), before, json!("deleteditems"));
            return Ok(());
        }
        for child in self.children(key).map(|child| child.key).collect::<Vec<_>>() {
            self.delete_folder(child)?;
        }
        for item in self.messages_in(key).map(|message| message.key).collect::<Vec<_>>() {
            self.purge_message(item)?;
        }
        self.change += 1;
        self.folders.remove(&key);
        self.log_folder(key, false);
        self.happen(
            "folder.delete",
            None,
            self.folder_id(key),
            json!(self.folder_id(folder.parent)),
            Value::Null,
        );
        Ok(())
    }
}
