//! What a mailbox tells about its changes since a point in time: the rows of delta queries, and counts.
//!
//! It keeps a trap of the real service: with immutable ids, an item that left a folder and came back between
//! two rounds is only reported as removed, until it changes again.

use super::change::{ItemChange, ItemChangeKind};
use super::folder::{self, FolderKey};
use super::id::{self, IdForm, ItemKey};
use super::mailbox::Mailbox;
use std::collections::BTreeMap;

/// One row of a delta answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaRow {
    /// Number of the change that the row reports; rows come in this order.
    pub number: u64,
    pub what: DeltaWhat,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeltaWhat {
    Item { key: ItemKey, created: bool },
    RemovedItem { id: String },
    Folder { key: FolderKey, created: bool },
    RemovedFolder { id: String },
}

/// The change log no longer reaches back that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten;

/// How many messages a folder holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub total: usize,
    pub unread: usize,
}

impl Mailbox {
    pub fn count(&self, folder: FolderKey) -> Count {
        self.messages_in(folder).fold(Count::default(), |count, message| Count {
            total: count.total + 1,
            unread: count.unread + usize::from(!message.is_read),
        })
    }

    /// Whether the folder belongs to what `/messages` and `/mailFolders/delta` cover.
    pub fn is_visible(&self, folder: FolderKey) -> bool {
        self.lies_below(folder, folder::ROOT)
    }

    /// Counts a delta query, and gives the number of the newest change that it may see.
    pub fn read_delta(&mut self) -> u64 {
        let (made, stale) = (self.delta_reads, u64::from(self.switches.stale_delta_reads));
        self.delta_reads += 1;
        let is_seen = |reads: u64| made.saturating_sub(reads) >= stale;
        let item = self.log.partition_point(|change| is_seen(change.reads));
        let folder = self.folder_log.partition_point(|change| is_seen(change.reads));
        let unseen = [
            self.log.get(item).map(|change| change.number),
            self.folder_log.get(folder).map(|change| change.number),
        ];
        unseen.into_iter().flatten().min().map_or(self.version(), |first| first - 1)
    }

    /// What changed in a folder after change number `since`.
    pub fn changes_in(
        &self,
        folder: FolderKey,
        since: u64,
        form: IdForm,
    ) -> Result<Vec<DeltaRow>, Forgotten> {
        if since < self.forgotten {
            return Err(Forgotten);
        }
        let mut by_item: BTreeMap<ItemKey, Vec<&ItemChange>> = BTreeMap::new();
        let start = self.log.partition_point(|change| change.number <= since);
        for change in self.log.range(start..).filter(|change| change.folder == folder) {
            by_item.entry(change.item).or_default().push(change);
        }
        let mut rows: Vec<DeltaRow> =
            by_item.into_iter().flat_map(|(item, story)| self.tell(item, &story, form)).collect();
        rows.sort_by_key(|row| row.number);
        Ok(rows)
    }

    /// The rows for one item, from all its changes in one folder.
    fn tell(&self, item: ItemKey, story: &[&ItemChange], form: IdForm) -> Vec<DeltaRow> {
        let last_leave = story.iter().rposition(|change| matches!(change.kind, ItemChangeKind::Left { .. }));
        let after_leave = &story[last_leave.map_or(0, |at| at + 1)..];
        let mut rows = Vec::new();
        match form {
            IdForm::Mutable => rows.extend(story.iter().filter_map(|change| self.removal(change, form))),
            IdForm::Immutable => rows.extend(last_leave.and_then(|at| self.removal(story[at], form))),
        }
        let swallowed = form == IdForm::Immutable
            && last_leave.is_some()
            && after_leave.iter().all(|change| change.kind != ItemChangeKind::Updated);
        if let Some(last) = after_leave.last()
            && !swallowed
        {
            let created = story.iter().any(|change| change.kind == ItemChangeKind::Arrived);
            rows.push(DeltaRow { number: last.number, what: DeltaWhat::Item { key: item, created } });
        }
        rows
    }

    fn removal(&self, change: &ItemChange, form: IdForm) -> Option<DeltaRow> {
        let ItemChangeKind::Left { place } = change.kind else { return None };
        let id = id::spell_item(self.guid, change.item, place, form);
        Some(DeltaRow { number: change.number, what: DeltaWhat::RemovedItem { id } })
    }

    /// What became of the folders after change number `since`.
    pub fn folder_changes(&self, since: u64) -> Result<Vec<DeltaRow>, Forgotten> {
        if since < self.forgotten {
            return Err(Forgotten);
        }
        let mut last: BTreeMap<FolderKey, (u64, bool)> = BTreeMap::new();
        for change in self.folder_log.iter().filter(|change| change.number > since) {
            let entry = last.entry(change.folder).or_default();
            *entry = (change.number, entry.1 || change.created);
        }
        let mut rows: Vec<DeltaRow> = last
            .into_iter()
            .map(|(key, (number, created))| {
                let what = if self.folder(key).is_ok() {
                    DeltaWhat::Folder { key, created }
                } else {
                    DeltaWhat::RemovedFolder { id: self.folder_id(key) }
                };
                DeltaRow { number, what }
            })
            .collect();
        rows.sort_by_key(|row| row.number);
        Ok(rows)
    }
}
