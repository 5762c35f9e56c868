//! Subscriptions: who wants to be told of changes in a mailbox, where, and until when.
//!
//! They end by the tenant's clock, without a word, as in the real service.

use super::folder::FolderKey;
use super::id::IdForm;
use super::notice;
use super::{Exchange, Happening, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A mailbox takes no more.
pub const MOST_PER_MAILBOX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeType {
    Created,
    Updated,
    Deleted,
}

impl ChangeType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(text.trim()))
    }
}

/// What the service says about a subscription, rather than about the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LifecycleEvent {
    /// Nothing more is told until the subscription is authorized anew or renewed.
    ReauthorizationRequired,
    /// The subscription is no more.
    SubscriptionRemoved,
    /// Some notifications were lost.
    Missed,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Client id of the application.
    pub application: String,
    /// Object id of the person or service principal.
    pub creator: String,
    /// As the application spelled it.
    pub resource: String,
    /// Object id of the mailbox.
    pub mailbox: String,
    /// `None`: all visible folders.
    pub folder: Option<FolderKey>,
    /// In the order asked.
    pub change_types: Vec<ChangeType>,
    pub notification_url: String,
    pub lifecycle_url: Option<String>,
    pub client_state: Option<String>,
    pub tls_version: String,
    pub expires: Timestamp,
    /// How notifications spell the ids of messages.
    pub ids: IdForm,
}

impl Terms {
    /// Whether a second subscription would tell the same application the same thing.
    fn repeats(&self, other: &Self) -> bool {
        let sorted = |terms: &Self| {
            let mut kinds = terms.change_types.clone();
            kinds.sort_unstable();
            kinds
        };
        self.application == other.application
            && self.creator == other.creator
            && self.folder == other.folder
            && sorted(self) == sorted(other)
    }
}

/// What became of a subscription's notifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Put into the outbox, copies counted.
    pub made: u64,
    /// Swallowed by a switch or while authorization was wanting.
    pub lost: u64,
    pub accepted: u64,
    /// Refused for four hours.
    pub given_up: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: Uuid,
    pub terms: Terms,
    pub awaits_authorization: bool,
    pub tally: Tally,
}

impl Subscription {
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.terms.expires
    }
}

/// All subscriptions, by object id of the mailbox, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Subscriptions(BTreeMap<String, Vec<Subscription>>);

impl Subscriptions {
    pub(super) fn of_mailbox(&mut self, oid: &str) -> &mut [Subscription] {
        self.0.get_mut(oid).map_or(&mut [], Vec::as_mut_slice)
    }

    fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.0.values().flatten()
    }

    pub(super) fn get_mut(&mut self, id: Uuid) -> Option<&mut Subscription> {
        self.0.values_mut().flatten().find(|one| one.id == id)
    }
}

impl Exchange {
    /// The subscriptions that hold now.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(|one| one.is_live(self.now))
    }

    pub fn subscription(&self, id: Uuid) -> Result<&Subscription, Refusal> {
        self.subscriptions().find(|one| one.id == id).ok_or(Refusal::SubscriptionNotFound)
    }

    /// Refuses what [`Exchange::subscribe`] would refuse.
    pub fn check_subscription(&self, terms: &Terms) -> Result<(), Refusal> {
        let mut in_mailbox = 0;
        let of_mailbox = self.subscriptions.0.get(&terms.mailbox).into_iter().flatten();
        for one in of_mailbox.filter(|one| one.is_live(self.now)) {
            if terms.repeats(&one.terms) {
                return Err(Refusal::SubscriptionExists(one.id));
            }
            in_mailbox += 1;
        }
        if in_mailbox >= MOST_PER_MAILBOX { Err(Refusal::TooManySubscriptions) } else { Ok(()) }
    }

    /// Takes a subscription in. Whether its addresses answer was found out before.
    pub fn subscribe(&mut self, terms: Terms) -> Result<Subscription, Refusal> {
        self.mailbox(&terms.mailbox)?;
        self.check_subscription(&terms)?;
        let id = self.mint.uuid();
        let made = Subscription { id, terms, awaits_authorization: false, tally: Tally::default() };
        let now = self.now;
        let of_mailbox = self.subscriptions.0.entry(made.terms.mailbox.clone()).or_default();
        of_mailbox.retain(|one| one.is_live(now));
        of_mailbox.push(made.clone());
        let facts = json!({ "resource": made.terms.resource, "until": made.terms.expires.to_string() });
        self.happen_to("subscription.create", &made, Value::Null, facts);
        Ok(made)
    }

    fn change_subscription(
        &mut self,
        id: Uuid,
        act: impl FnOnce(&mut Subscription),
    ) -> Result<Subscription, Refusal> {
        self.subscription(id)?;
        let one = self.subscriptions.get_mut(id).ok_or(Refusal::SubscriptionNotFound)?;
        act(one);
        Ok(one.clone())
    }

    /// Lets it hold until then, and authorizes it anew.
    pub fn renew_subscription(&mut self, id: Uuid, expires: Timestamp) -> Result<Subscription, Refusal> {
        let before = self.subscription(id)?.terms.expires.to_string();
        let renewed = self.change_subscription(id, |one| {
            one.terms.expires = expires;
            one.awaits_authorization = false;
        })?;
        self.happen_to("subscription.renew", &renewed, json!(before), json!(expires.to_string()));
        Ok(renewed)
    }

    /// Sends its notifications elsewhere from now on.
    pub fn redirect_subscription(&mut self, id: Uuid, url: &str) -> Result<Subscription, Refusal> {
        let moved = self.change_subscription(id, |one| url.clone_into(&mut one.terms.notification_url))?;
        self.happen_to("subscription.redirect", &moved, Value::Null, Value::Null);
        Ok(moved)
    }

    pub fn reauthorize_subscription(&mut self, id: Uuid) -> Result<(), Refusal> {
        let one = self.change_subscription(id, |one| one.awaits_authorization = false)?;
        self.happen_to("subscription.reauthorize", &one, Value::Null, Value::Null);
        Ok(())
    }

    pub fn unsubscribe(&mut self, id: Uuid) -> Result<(), Refusal> {
        let gone = self.subscription(id)?.clone();
        for of_mailbox in self.subscriptions.0.values_mut() {
            of_mailbox.retain(|one| one.id != id);
        }
        self.happen_to("subscription.delete", &gone, Value::Null, Value::Null);
        Ok(())
    }

    /// Lets the service say something about a subscription, and does what it says.
    pub fn announce(&mut self, id: Uuid, event: LifecycleEvent) -> Result<(), Refusal> {
        let one = self.subscription(id)?.clone();
        match event {
            LifecycleEvent::ReauthorizationRequired => {
                self.change_subscription(id, |one| one.awaits_authorization = true)?;
            }
            LifecycleEvent::SubscriptionRemoved => self.unsubscribe(id)?,
            LifecycleEvent::Missed => {}
        }
        self.happen_to("subscription.lifecycle", &one, Value::Null, json!(event));
        if let Some(url) = one.terms.lifecycle_url.clone() {
            self.outbox.put(notice::lifecycle(&one, url, event, self.now));
        }
        Ok(())
    }

    fn happen_to(&mut self, kind: &'static str, one: &Subscription, before: Value, after: Value) {
        let mailbox = one.terms.mailbox.clone();
        let upn = self.mailbox(&mailbox).map(|mailbox| mailbox.upn.clone()).unwrap_or_default();
        let target = one.id.to_string();
        self.happen(Happening { mailbox, upn, kind, item: None, target, before, after });
    }
}
