//! Takes a category off a mailbox's master list
//! (<https://learn.microsoft.com/graph/api/outlookcategory-delete>). The items keep its name.

use super::create_master_category::refused_category;
use super::mailbox_line::{Call, MailboxLine, mailbox_path, segment};
use crate::caller::Access;
use crate::outcome::Outcome;
use http::{Method, StatusCode};
use shared::item::SmtpAddress;
use shared::rules::mailboxes::RemovalPermit;

/// Deletes the category. One that is not there (any more) is as good as deleted.
pub(super) async fn delete(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    permit: &RemovalPermit,
) -> Outcome<()> {
    let path =
        format!("{}/outlook/masterCategories/{}", mailbox_path(mailbox), segment(&permit.category().0));
    let answer = line.send(access, mailbox, Call::write(Method::DELETE, line.url(&path)?, None)).await?;
    let is_gone = answer.status == StatusCode::NOT_FOUND && answer.mailbox_trouble().is_none();
    if answer.status.is_success() || is_gone {
        return Ok(());
    }
    Err(refused_category(line, mailbox, &answer))
}
