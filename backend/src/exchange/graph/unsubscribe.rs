//! Ends a subscription (<https://learn.microsoft.com/graph/api/subscription-delete>).

use super::mailbox_line::{Call, MailboxLine, Spot, segment};
use super::subscribe::failure;
use crate::caller::Access;
use crate::outcome::Outcome;
use http::{Method, StatusCode};

/// Deletes the subscription. One that is not there (any more) is as good as deleted.
pub(super) async fn delete(line: &MailboxLine, access: &Access, id: &str) -> Outcome<()> {
    let url = line.url(&format!("subscriptions/{}", segment(id)))?;
    let answer = line.send_to(access, Spot::Subscriptions, Call::write(Method::DELETE, url, None)).await?;
    if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
        return Ok(());
    }
    Err(failure(line, None, &answer))
}
