//! What changed among a folder's messages
//! (<https://learn.microsoft.com/graph/api/message-delta>).

use super::batch::{Answers, Part};
use super::delta::{self, Presence};
use super::mailbox_line::{MailboxLine, folder_path};
use super::message;
use crate::exchange::{Delta, DeltaFrom, MessagePage};
use crate::outcome::Outcome;
use shared::item::{FolderId, ItemId, SmtpAddress};

/// Rows of all pages of one request together: they are in memory at the same time.
const MOST_ROWS_AT_ONCE: usize = 200;

/// Rows of a page when so many folders are read at once.
pub(super) fn rows_of_a_page(folders: usize) -> usize {
    (MOST_ROWS_AT_ONCE / folders.max(1)).clamp(10, 50)
}

/// The part of a batch that asks for a page.
pub(super) fn part(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    place: usize,
    (folder, from): &(FolderId, DeltaFrom),
    rows: usize,
) -> Outcome<Part> {
    let start = || {
        let folder = folder_path(mailbox, folder);
        format!("/{folder}/messages/delta?$select={},{}", message::COLUMNS, message::HEADERS)
    };
    let part = Part::new(name(place), delta::address(line, from, start)?);
    // The page's size and the form of ids are no part of the link.
    Ok(part.prefer(format!(r#"IdType="ImmutableId", odata.maxpagesize={rows}"#)))
}

fn name(place: usize) -> String {
    format!("messages-{place}")
}

/// Reads the page of a mailbox with these addresses.
pub(super) fn read(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    addresses: &[SmtpAddress],
    place: usize,
    answers: &mut Answers,
) -> Outcome<Delta<MessagePage>> {
    let rows = match delta::read(line, mailbox, answers.take(line, &name(place))?)? {
        Delta::Page(rows) => rows,
        Delta::Expired => return Ok(Delta::Expired),
        Delta::Gone => return Ok(Delta::Gone),
    };
    let mut page =
        MessagePage { changed: Vec::new(), removed: Vec::new(), unreadable: Vec::new(), next: rows.next };
    for row in rows.rows {
        let Some((id, presence)) = delta::id(&row) else {
            tracing::warn!("a row of a page of changes has no id");
            continue;
        };
        let id = ItemId(id.to_owned());
        match presence {
            Presence::Removed => page.removed.push(id),
            Presence::Here => match message::read(row, addresses) {
                Some((message, _)) => page.changed.push(message),
                None => page.unreadable.push(id),
            },
        }
    }
    Ok(Delta::Page(page))
}
