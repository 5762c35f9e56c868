//! Folders that are mapped to tracking (FLD-01, APP-07): which there are, and what each is regarding.
//!
//! A mapping is only stored here. The mailbox's next cycle reads the folder and finds out what it means.

use super::Items;
use super::cycle::Kind;
use crate::caller::Access;
use crate::crm::Question;
use crate::exchange::{Asked, Delta, DeltaFrom, Distinguished, FolderSeen, MailboxId, Next};
use crate::store::{Actor, FolderRecord, MailboxRecord, Mapped, MappedFolder};
use shared::api::{Explanation, Folder, FolderMapping, Folders};
use shared::decision::{Decision, RuleId};
use shared::item::{FolderId, SmtpAddress};
use shared::mailbox::Operation;
use shared::problem::{Code, Problem};
use shared::regarding::RecordRef;
use shared::rules::folders::{self, MOST_MAPPED, Owner, Purpose};
use shared::rules::{Language, explain, regarding};
use std::collections::HashMap;

/// Pages of the folder list that are read at most: thousands of folders.
const MOST_PAGES: usize = 20;

impl Items {
    /// The folders that mail can be filed into, each after the one it lies in, with their mappings.
    pub async fn mail_folders(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        language: Language,
    ) -> Result<Folders, Problem> {
        let (owner, record) = self.own_mailbox(access, mailbox).await?;
        let (seen, stored) = (self.filing_folders(access, mailbox).await?, self.stored(access, owner).await?);
        let folders = seen.into_iter().map(|(folder, depth)| {
            let mapping =
                stored.iter().find(|known| known.folder == folder.id).and_then(|known| known.mapping.clone());
            Folder { id: folder.id, name: folder.name, depth, mapping }
        });
        let folders = folders.collect();
        // CFG-02: until then nothing is read in it.
        let is_on = record.is_some_and(|record| record.operation == Operation::On);
        let idle = Decision::new((), RuleId::Cfg02).reason();
        let idle = (!is_on).then(|| Explanation { rule: idle.rule, text: explain(&idle, language) });
        Ok(Folders { folders, most: MOST_MAPPED, idle })
    }

    /// Maps a folder, or takes its mapping away (`None`); links that were made stay (FLD-03).
    pub async fn set_mapping(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        id: &FolderId,
        mapping: Option<FolderMapping>,
    ) -> Result<Folder, Problem> {
        let (owner, record) = self.own_mailbox(access, mailbox).await?;
        let seen = self.filing_folders(access, mailbox).await?;
        let (folder, depth) = seen.into_iter().find(|(folder, _)| folder.id == *id).ok_or_else(|| {
            let reason = "there is no such folder to file mail into; perhaps it was deleted";
            Problem::new(Code::BadRequest).because("reason", reason)
        })?;
        let mapping = match mapping {
            Some(FolderMapping { regarding: Some(record) }) => {
                Some(FolderMapping { regarding: Some(self.accepted(access, record).await?) })
            }
            other => other,
        };
        let (store, now, by) = (&self.0.parts.store, self.0.parts.clock.now(), Actor::User(access.user));
        let to_map = MappedFolder { folder: id.clone(), name: folder.name.clone(), mapping: mapping.clone() };
        let mapped = store.map_folder(access.tenant, owner, &to_map, &by, now).await;
        match mapped.map_err(|e| e.problem())? {
            Mapped::Done => {
                if let Some(record) = record {
                    let rung = self.rung(access.tenant, &record.address, Kind::Bell).await;
                    rung.map_err(|e| e.problem())?;
                }
                Ok(Folder { id: folder.id, name: folder.name, depth, mapping })
            }
            Mapped::TooMany => Err(folders::too_many()),
        }
    }

    /// The mailbox, where the caller may map its folders, and what is known of it.
    async fn own_mailbox(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
    ) -> Result<(MailboxId, Option<MailboxRecord>), Problem> {
        self.present(access)?;
        let owner = self.0.parts.exchange.owner(access, mailbox).await.map_err(|f| f.problem())?;
        let record = self.0.parts.store.mailbox(access.tenant, owner).await.map_err(|e| e.problem())?;
        let whose = if owner.0 == access.user.0 { Owner::Oneself } else { Owner::SomebodyElse };
        folders::accept_mailbox(whose, record.as_ref().map(|record| record.kind)).answer?;
        Ok((owner, record))
    }

    async fn stored(&self, access: &Access, owner: MailboxId) -> Result<Vec<FolderRecord>, Problem> {
        self.0.parts.store.folders(access.tenant, owner).await.map_err(|e| e.problem())
    }

    /// The regarding record, if the caller may use it as one.
    async fn accepted(&self, access: &Access, record: RecordRef) -> Result<RecordRef, Problem> {
        let crm = &self.0.organization(access.tenant)?.crm;
        let question = Question { target: Some(record.clone()), ..Question::default() };
        let target = crm.look(access, &question).await.map_err(|f| f.problem())?.target;
        let target = target.unwrap_or(regarding::TargetSeen::Gone);
        regarding::accept(&record, &target).answer
    }

    /// The folders that can be mapped, each with how many of them it lies in.
    async fn filing_folders(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
    ) -> Result<Vec<(FolderSeen, u32)>, Problem> {
        let (all, distinguished) = self.all_folders(access, mailbox).await?;
        let Distinguished { inbox, sent, drafts, outbox, deleted, junk } = distinguished;
        // What lies below these is thrown away, or not mail that came.
        let closed: Vec<FolderId> = [drafts, outbox, deleted, junk].into_iter().flatten().collect();
        let open: Vec<FolderId> = [inbox, sent].into_iter().flatten().collect();
        let purpose = |folder: &FolderSeen| {
            let is_closed = |one: &FolderSeen| one.hidden || closed.contains(&one.id);
            if open.contains(&folder.id) || with_those_above(&all, folder).any(is_closed) {
                Purpose::System
            } else {
                Purpose::Filing
            }
        };
        let filing = all.iter().filter(|folder| folders::accept_folder(purpose(folder)).answer.is_ok());
        Ok(in_order(filing.cloned().collect()))
    }

    async fn all_folders(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
    ) -> Result<(Vec<FolderSeen>, Distinguished), Problem> {
        let mut all: Vec<FolderSeen> = Vec::new();
        let mut distinguished = None;
        let mut from = DeltaFrom::Start;
        for _ in 0..MOST_PAGES {
            let asked =
                Asked { folders: Some(from), distinguished: distinguished.is_none(), ..Asked::default() };
            let answered =
                self.0.parts.exchange.read(access, mailbox, &asked).await.map_err(|f| f.problem())?;
            if let Some(found) = answered.distinguished {
                distinguished = Some(found.map_err(|f| f.problem())?);
            }
            let page = match answered.folders.transpose().map_err(|f| f.problem())? {
                Some(Delta::Page(page)) => page,
                Some(Delta::Expired | Delta::Gone) | None => break,
            };
            // A page may tell of the same folder again: the last word counts.
            all.retain(|known| {
                !page.changed.iter().any(|new| new.id == known.id) && !page.removed.contains(&known.id)
            });
            all.extend(page.changed);
            match page.next {
                Next::Page(link) => from = DeltaFrom::Link(link),
                Next::Round(_) => break,
            }
        }
        Ok((all, distinguished.unwrap_or_default()))
    }
}

/// A folder, the one it lies in, and so on; however they lie in each other.
fn with_those_above<'a>(
    all: &'a [FolderSeen],
    folder: &'a FolderSeen,
) -> impl Iterator<Item = &'a FolderSeen> {
    let above = |one: &&'a FolderSeen| {
        let parent = one.parent.as_ref()?;
        all.iter().find(|other| other.id == *parent)
    };
    std::iter::successors(Some(folder), above).take(all.len())
}

/// Each folder after the one it lies in, siblings by name.
fn in_order(all: Vec<FolderSeen>) -> Vec<(FolderSeen, u32)> {
    let is_known = |id: &FolderId| all.iter().any(|folder| folder.id == *id);
    let mut below: HashMap<Option<FolderId>, Vec<FolderSeen>> = HashMap::new();
    for folder in &all {
        // What lies in a folder that is not shown stands at the top.
        let parent = folder.parent.clone().filter(is_known);
        below.entry(parent).or_default().push(folder.clone());
    }
    for siblings in below.values_mut() {
        siblings.sort_by_key(|folder| std::cmp::Reverse((folder.name.to_lowercase(), folder.id.clone())));
    }
    let mut open: Vec<(FolderSeen, u32)> = Vec::new();
    let mut ordered = Vec::with_capacity(all.len());
    open.extend(below.remove(&None).unwrap_or_default().into_iter().map(|folder| (folder, 0)));
    while let Some((folder, depth)) = open.pop() {
        let children = below.remove(&Some(folder.id.clone())).unwrap_or_default();
        open.extend(children.into_iter().map(|child| (child, depth + 1)));
        ordered.push((folder, depth));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: &str, parent: Option<&str>) -> FolderSeen {
        let parent = parent.map(|id| FolderId(id.to_owned()));
        FolderSeen { id: FolderId(id.to_owned()), name: id.to_uppercase(), parent, hidden: false }
    }

    #[test]
    fn folders_stand_after_the_ones_they_lie_in_by_name() {
        let all = vec![
            folder("b", None),
            folder("a2", Some("a")),
            folder("a", Some("root")),
            folder("deep", Some("a1")),
            folder("a1", Some("a")),
        ];
        let ordered: Vec<(String, u32)> =
            in_order(all).into_iter().map(|(f, depth)| (f.id.0, depth)).collect();
        let wanted = [("a", 0), ("a1", 1), ("deep", 2), ("a2", 1), ("b", 0)];
        assert_eq!(ordered, wanted.map(|(id, depth)| (id.to_owned(), depth)));
    }

    #[test]
    fn folders_that_lie_in_each_other_end_nothing() {
        assert!(in_order(vec![folder("a", Some("b")), folder("b", Some("a"))]).is_empty());
    }
}
