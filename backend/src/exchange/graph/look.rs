//! One look at a message: the mailbox, its master category list and the message, in one round trip
//! (<https://learn.microsoft.com/graph/api/message-get>).

use super::batch::{self, Part};
use super::mailbox_line::{MailboxLine, message_path};
use super::{master_categories, message, owner};
use crate::caller::Access;
use crate::exchange::{MailboxId, MailboxSeen, MessageSeen, Want};
use crate::line::Effect;
use crate::outcome::Outcome;
use shared::item::{ItemId, SmtpAddress};

const PREFER: &str = r#"IdType="ImmutableId", outlook.body-content-type="html""#;

/// Looks at one message.
pub(super) async fn look(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    item: &ItemId,
    want: Want,
) -> Outcome<MailboxSeen> {
    let mut answers = batch::read(line, access, mailbox, &parts(access, mailbox, item, want)).await?;
    let message = answers.take(line, "message")?;
    let message = match (message.status.is_success(), message.says_item_is_gone()) {
        (true, _) => Some(message),
        (false, true) => None,
        (false, false) => return Err(line.failure(mailbox, Effect::Read, &message)),
    };
    let user = owner::owner(line, mailbox, &mut answers)?;
    let master_categories = master_categories::read(line, access, mailbox, &mut answers).await?;
    let addresses = user.addresses(mailbox);
    let message = match message {
        None => None,
        Some(answer) => Some(
            message::read(answer.body, &addresses)
                .ok_or_else(|| line.astray(Effect::Read, "what should be a message is none"))?,
        ),
    };
    let message = message
        .map(|(message, body)| MessageSeen { message, body: body.filter(|_| want == Want::HeadersAndBody) });
    Ok(MailboxSeen { mailbox: MailboxId(user.id), addresses, master_categories, message })
}

fn parts(access: &Access, mailbox: &SmtpAddress, item: &ItemId, want: Want) -> [Part; 4] {
    let body = match want {
        Want::Headers => "",
        Want::HeadersAndBody => ",body",
    };
    let columns = format!("$select={}{body}&$expand={}", message::COLUMNS, message::IN_REPLY_TO);
    let message = format!("/{}?{columns}", message_path(mailbox, item));
    let [asked, caller] = owner::who(access, mailbox);
    [asked, caller, master_categories::part(mailbox), Part::new("message", message).prefer(PREFER)]
}
