//! What was seen of items lately, so that the next look at the CRM need not wait for the look at Exchange.
//!
//! Only a help: whatever it says is compared with what Exchange shows, and asked again where it differs.

use crate::caller::TenantId;
use crate::exchange::MailboxId;
use crate::store::{ExpectedCopy, ItemKey, ItemName};
use shared::email::{CrmEmailId, InternetMessageId, Message};
use shared::item::SmtpAddress;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Items remembered at most; when full, all are forgotten and learned again.
const CAPACITY: usize = 10_000;

/// What an item looked like when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItem {
    pub key: ItemKey,
    pub message_id: Option<InternetMessageId>,
    /// Addresses of everybody on the message, sorted, each once.
    pub addresses: Vec<SmtpAddress>,
    /// The CRM email that the message would be tracked as, where there is one already: asked about beforehand,
    /// so that what may be done with it is known as soon as it is tracked.
    pub email: Option<CrmEmailId>,
}

impl KnownItem {
    /// What a message that was just seen teaches.
    pub fn of(key: &ItemKey, message: &Message) -> Self {
        let all = message.correspondents.iter().map(|c| &c.address);
        let mut addresses: Vec<_> = all.filter(|a| a.is_plausible()).cloned().collect();
        addresses.sort();
        addresses.dedup();
        let message_id = message.internet_message_id.clone();
        Self { key: key.clone(), message_id, addresses, email: None }
    }
}

#[derive(Debug, Default)]
pub struct KnownItems {
    items: Mutex<HashMap<(TenantId, ItemName), KnownItem>>,
    /// Expected copies that were looked for already.
    looked_for: Mutex<HashSet<(MailboxId, InternetMessageId)>>,
}

impl KnownItems {
    pub fn get(&self, tenant: TenantId, name: &ItemName) -> Option<KnownItem> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.get(&(tenant, name.clone())).cloned()
    }

    /// Remembers an item under the name it was asked by and under its lasting id.
    pub fn learn(&self, tenant: TenantId, name: &ItemName, item: &KnownItem) {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if items.len() >= CAPACITY {
            items.clear();
        }
        let lasting = ItemName { mailbox: name.mailbox.clone(), item: item.key.item.clone() };
        items.insert((tenant, lasting), item.clone());
        items.insert((tenant, name.clone()), item.clone());
    }

    /// Whether an expected copy was looked for since the process started; once is enough, since whatever comes
    /// later comes on a page.
    pub fn was_looked_for(&self, mailbox: MailboxId, copy: &ExpectedCopy) -> bool {
        let looked_for = self.looked_for.lock().unwrap_or_else(PoisonError::into_inner);
        looked_for.contains(&(mailbox, copy.message_id.clone()))
    }

    pub fn looked_for(&self, mailbox: MailboxId, copy: &ExpectedCopy) {
        let mut looked_for = self.looked_for.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_for.len() >= CAPACITY {
            looked_for.clear();
        }
        looked_for.insert((mailbox, copy.message_id.clone()));
    }
}
