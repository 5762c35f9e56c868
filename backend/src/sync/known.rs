//! What was seen of items lately, so that the next look at the CRM need not wait for the look at Exchange.
//!
//! Only a help: whatever it says is compared with what Exchange shows, and asked again where it differs.

use crate::caller::TenantId;
use crate::store::{ItemKey, ItemName};
use shared::email::{CrmEmailId, InternetMessageId};
use shared::item::SmtpAddress;
use std::collections::HashMap;
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

#[derive(Debug, Default)]
pub struct KnownItems(Mutex<HashMap<(TenantId, ItemName), KnownItem>>);

impl KnownItems {
    pub fn get(&self, tenant: TenantId, name: &ItemName) -> Option<KnownItem> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.get(&(tenant, name.clone())).cloned()
    }

    /// Remembers an item under the name it was asked by and under its lasting id.
    pub fn learn(&self, tenant: TenantId, name: &ItemName, item: &KnownItem) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if items.len() >= CAPACITY {
            items.clear();
        }
        let lasting = ItemName { mailbox: name.mailbox.clone(), item: item.key.item.clone() };
        items.insert((tenant, lasting), item.clone());
        items.insert((tenant, name.clone()), item.clone());
    }
}
