//! What changed among a mailbox's folders, at every depth
//! (<https://learn.microsoft.com/graph/api/mailfolder-delta>).

use super::batch::{Answers, Part};
use super::delta::{self, Presence};
use super::mailbox_line::{IMMUTABLE_IDS, MailboxLine, mailbox_path};
use crate::exchange::{Delta, DeltaFrom, FolderListPage, FolderSeen};
use crate::outcome::Outcome;
use serde::Deserialize;
use serde_json::Value;
use shared::item::{FolderId, SmtpAddress};

const PART: &str = "folders";
const COLUMNS: &str = "id,displayName,parentFolderId,isHidden";

/// The part of a batch that asks for a page.
pub(super) fn part(line: &MailboxLine, mailbox: &SmtpAddress, from: &DeltaFrom) -> Outcome<Part> {
    let start = || format!("/{}/mailFolders/delta?$select={COLUMNS}", mailbox_path(mailbox));
    let prefer = format!("{IMMUTABLE_IDS}, odata.maxpagesize=200");
    Ok(Part::new(PART, delta::address(line, from, start)?).prefer(prefer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    display_name: String,
    parent_folder_id: Option<String>,
    is_hidden: Option<bool>,
}

/// Reads the page. A row without a name is left out: it is about the folder's counts.
pub(super) fn read(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    answers: &mut Answers,
) -> Outcome<Delta<FolderListPage>> {
    let rows = match delta::read(line, mailbox, answers.take(line, PART)?)? {
        Delta::Page(rows) => rows,
        Delta::Expired => return Ok(Delta::Expired),
        Delta::Gone => return Ok(Delta::Gone),
    };
    let mut page = FolderListPage { changed: Vec::new(), removed: Vec::new(), next: rows.next };
    for row in rows.rows {
        match delta::id(&row) {
            Some((id, Presence::Removed)) => page.removed.push(FolderId(id.to_owned())),
            Some((_, Presence::Here)) => page.changed.extend(folder(row)),
            None => tracing::warn!("a row of a list of folders has no id"),
        }
    }
    Ok(Delta::Page(page))
}

fn folder(row: Value) -> Option<FolderSeen> {
    let wire: Wire = serde_json::from_value(row).ok()?;
    Some(FolderSeen {
        id: FolderId(wire.id),
        name: wire.display_name,
        parent: wire.parent_folder_id.map(FolderId),
        hidden: wire.is_hidden == Some(true),
    })
}
