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
use crate::outcome::{Failure, Outcome};
use shared::UtcMs;
use shared::category::CategoryId;
use shared::email::Message;
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use std::sync::Arc;
use url::Url;

mod answer;
mod batch;
mod create_master_category;
mod look;
mod mailbox_line;
mod message;
mod owner;
mod set_categories;
#[cfg(test)]
mod tests;

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

    async fn read(&self, _: &Access, _: &SmtpAddress, _: &Asked) -> Outcome<Answered> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn messages(&self, _: &Access, _: &SmtpAddress, _: &[ItemId]) -> Outcome<Vec<MessageById>> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn find(&self, _: &Access, _: &SmtpAddress, _: &Find, _: u32) -> Outcome<Vec<Message>> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn attachments(&self, _: &Access, _: &SmtpAddress, _: &ItemId, _: u64) -> Outcome<Vec<Attachment>> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn delete_master_category(&self, _: &Access, _: &SmtpAddress, _: &CategoryId) -> Outcome<()> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn subscribe(&self, _: &Access, _: MailboxId, _: &NewSubscription) -> Outcome<SubscriptionSeen> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn renew_subscription(&self, _: &Access, _: &str, _: UtcMs) -> Outcome<Option<SubscriptionSeen>> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }

    async fn unsubscribe(&self, _: &Access, _: &str) -> Outcome<()> {
        Err(Failure::NotDone(Problem::new(Code::Internal)))
    }
}
