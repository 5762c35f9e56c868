//! Exchange through Microsoft Graph v1.0, one file for each remote operation.
//!
//! Limits are counted by mailbox, so each mailbox has its own lanes and its own pauses. Programs go by the
//! codes of Graph's errors, never by their messages. It must never change anything that it was not asked to:
//! categories are replaced only under the entity tag that the caller saw.

use super::{
    Answered, Asked, Attachment, Exchange, Find, MailboxId, MailboxSeen, MessageById, NewSubscription,
    Recategorized, SubscriptionSeen, Want,
};
use crate::caller::Access;
use crate::clock::Clock;
use crate::entra::Tokens;
use crate::net::Door;
use crate::outcome::Outcome;
use shared::UtcMs;
use shared::category::CategoryId;
use shared::email::Message;
use shared::item::{ItemId, SmtpAddress};
use shared::rules::mailboxes::RemovalPermit;
use std::sync::Arc;
use url::Url;

mod answer;
mod attachments;
mod batch;
mod create_master_category;
mod delete_master_category;
mod delta;
mod distinguished_folders;
mod find_messages;
mod folder_delta;
mod look;
mod mailbox_line;
mod master_categories;
mod message;
mod message_delta;
mod messages;
mod owner;
mod read;
mod renew_subscription;
mod set_categories;
mod subscribe;
#[cfg(test)]
mod tests;
mod unsubscribe;

use mailbox_line::MailboxLine;

/// The mailboxes of a tenant, over Graph.
#[derive(Debug)]
pub struct GraphExchange {
    line: MailboxLine,
}

impl GraphExchange {
    /// `base` is the versioned root, e.g. `https://graph.microsoft.com/v1.0`.
    pub fn new(door: Arc<Door>, tokens: Arc<dyn Tokens>, base: Url, clock: Arc<dyn Clock>) -> Self {
        Self { line: MailboxLine::new(door, tokens, base, clock) }
    }
}

#[async_trait::async_trait]
impl Exchange for GraphExchange {
    async fn look(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        want: Want,
    ) -> Outcome<MailboxSeen> {
        look::look(&self.line, access, mailbox, item, want).await
    }

    async fn owner(&self, access: &Access, mailbox: &SmtpAddress) -> Outcome<MailboxId> {
        owner::find(&self.line, access, mailbox).await
    }

    async fn create_master_category(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        name: &str,
    ) -> Outcome<CategoryId> {
        create_master_category::create(&self.line, access, mailbox, name).await
    }

    async fn set_categories(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        categories: &[String],
        if_match: &str,
    ) -> Outcome<Recategorized> {
        set_categories::set(&self.line, access, mailbox, item, categories, if_match).await
    }

    async fn read(&self, access: &Access, mailbox: &SmtpAddress, asked: &Asked) -> Outcome<Answered> {
        read::read(&self.line, access, mailbox, asked).await
    }

    async fn messages(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        items: &[ItemId],
    ) -> Outcome<Vec<MessageById>> {
        messages::read(&self.line, access, mailbox, items).await
    }

    async fn find(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        by: &Find,
        most: u32,
    ) -> Outcome<Vec<Message>> {
        find_messages::find(&self.line, access, mailbox, by, most).await
    }

    async fn attachments(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        item: &ItemId,
        most_bytes: u64,
    ) -> Outcome<Vec<Attachment>> {
        attachments::fetch(&self.line, access, mailbox, item, most_bytes).await
    }

    async fn delete_master_category(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        permit: &RemovalPermit,
    ) -> Outcome<()> {
        delete_master_category::delete(&self.line, access, mailbox, permit).await
    }

    async fn subscribe(
        &self,
        access: &Access,
        mailbox: MailboxId,
        new: &NewSubscription,
    ) -> Outcome<SubscriptionSeen> {
        subscribe::subscribe(&self.line, access, mailbox, new).await
    }

    async fn renew_subscription(
        &self,
        access: &Access,
        id: &str,
        expires: UtcMs,
    ) -> Outcome<Option<SubscriptionSeen>> {
        renew_subscription::renew(&self.line, access, id, expires).await
    }

    async fn unsubscribe(&self, access: &Access, id: &str) -> Outcome<()> {
        unsubscribe::delete(&self.line, access, id).await
    }
}
