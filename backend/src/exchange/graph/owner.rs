//! Finds the user whose mailbox it is
//! (<https://learn.microsoft.com/graph/api/user-get>).

use super::batch;
use super::look::{owner, who};
use super::mailbox_line::MailboxLine;
use crate::caller::Access;
use crate::exchange::MailboxId;
use crate::outcome::Outcome;
use shared::item::SmtpAddress;

/// Two parts of a batch that reads no mailbox.
const LANES: u32 = 1;

/// The Entra object of the mailbox's user.
pub(super) async fn find(line: &MailboxLine, access: &Access, mailbox: &SmtpAddress) -> Outcome<MailboxId> {
    let mut answers = batch::read(line, access, mailbox, &who(access, mailbox), LANES).await?;
    let user = owner(line, mailbox, &answers.take(line, "mailbox")?, &answers.take(line, "caller")?)?;
    Ok(MailboxId(user.id))
}
