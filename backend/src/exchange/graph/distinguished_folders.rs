//! The folders that every mailbox has, by their well-known names
//! (<https://learn.microsoft.com/graph/api/mailfolder-get>,
//! <https://learn.microsoft.com/graph/api/resources/mailfolder#well-known-folder-names>).

use super::batch::{Answers, Part};
use super::mailbox_line::{MailboxLine, mailbox_path};
use crate::exchange::Distinguished;
use crate::line::Effect;
use crate::outcome::Outcome;
use serde_json::Value;
use shared::item::{FolderId, SmtpAddress};

const NAMES: [&str; 6] = ["inbox", "sentitems", "drafts", "outbox", "deleteditems", "junkemail"];

/// The parts of a batch that ask for them.
pub(super) fn parts(mailbox: &SmtpAddress) -> impl Iterator<Item = Part> {
    let mailbox = mailbox_path(mailbox);
    NAMES.into_iter().map(move |name| Part::new(name, format!("/{mailbox}/mailFolders/{name}?$select=id")))
}

/// Reads their ids. Shared mailboxes and archives may lack some.
pub(super) fn read(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    answers: &mut Answers,
) -> Outcome<Distinguished> {
    let mut folder = |name: &str| -> Outcome<Option<FolderId>> {
        let answer = answers.take(line, name)?;
        if answer.says_folder_is_gone() {
            return Ok(None);
        }
        if !answer.status.is_success() {
            return Err(line.failure(mailbox, Effect::Read, &answer));
        }
        let id = answer.body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| line.astray(Effect::Read, "what should be a folder is none"))?;
        Ok(Some(FolderId(id.to_owned())))
    };
    let [inbox, sent, drafts, outbox, deleted, junk] = NAMES;
    Ok(Distinguished {
        inbox: folder(inbox)?,
        sent: folder(sent)?,
        drafts: folder(drafts)?,
        outbox: folder(outbox)?,
        deleted: folder(deleted)?,
        junk: folder(junk)?,
    })
}
