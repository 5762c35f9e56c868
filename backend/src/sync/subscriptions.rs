//! Change notifications: bells that Exchange rings. Losing all of them costs only time.

use crate::caller::Access;
use crate::exchange::{Exchange, LONGEST_SUBSCRIPTION_MS, MailboxId, NewSubscription};
use crate::outcome::Outcome;
use crate::store::{MailboxRecord, StoredSubscription};
use secrecy::SecretString;
use shared::UtcMs;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use url::Url;
use uuid::Uuid;

/// A subscription that ends within this time is renewed: a day and a half, so that a weekend's outage of ours ends
/// before it does.
const RENEW_BEFORE_MS: i64 = 36 * 3_600_000;
/// Graph counts in whole minutes and by its own clock: a little less than the longest it grants.
const LIFE_MS: i64 = LONGEST_SUBSCRIPTION_MS - 600_000;

/// How long a mailbox whose subscription was refused or failed is left without another attempt: an hour.
const PAUSE_MS: i64 = 3_600_000;

/// Mailboxes that get no notifications for now. In memory only: a start tries them all again.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<HashMap<MailboxId, UtcMs>>);

impl Pauses {
    pub fn begin(&self, mailbox: MailboxId, now: UtcMs) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mailbox, now.plus_ms(PAUSE_MS));
    }

    pub fn is_over(&self, mailbox: MailboxId, now: UtcMs) -> bool {
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.retain(|_, until| *until > now);
        !pauses.contains_key(&mailbox)
    }
}

/// Where Exchange is to ring.
#[derive(Debug, Clone)]
pub struct Notifications {
    pub notify: Url,
    pub lifecycle: Url,
}

/// Whether notifications of the mailbox can be relied on now.
pub fn is_alive(record: &MailboxRecord, now: UtcMs) -> bool {
    record.subscription.as_ref().is_some_and(|s| s.expires > now)
}

/// Whether there is none, or one that ends soon.
pub fn needs_care(record: &MailboxRecord, now: UtcMs) -> bool {
    record.subscription.as_ref().is_none_or(|s| s.expires.since_ms(now) < RENEW_BEFORE_MS)
}

/// Renews the mailbox's subscription, or makes a new one where it is gone.
pub async fn care(
    exchange: &dyn Exchange,
    access: &Access,
    record: &MailboxRecord,
    to: &Notifications,
    now: UtcMs,
) -> Outcome<Option<StoredSubscription>> {
    let expires = now.plus_ms(LIFE_MS);
    if let Some(known) = &record.subscription
        && let Some(renewed) = exchange.renew_subscription(access, &known.id, expires).await?
    {
        return Ok(Some(StoredSubscription { expires: renewed.expires, ..known.clone() }));
    }
    // Two random ids: nobody else can know what Graph will say with every ring.
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let new = NewSubscription {
        notify: to.notify.clone(),
        lifecycle: to.lifecycle.clone(),
        client_state: SecretString::from(secret.clone()),
        expires,
    };
    let made = exchange.subscribe(access, record.mailbox, &new).await?;
    Ok(Some(StoredSubscription { id: made.id, client_state: secret, expires: made.expires }))
}
