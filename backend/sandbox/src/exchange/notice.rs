//! Change notifications, from the change in a mailbox to the parcel for an address.
//!
//! They are made when something changes, whoever changed it, and wait in the outbox until they are fetched.
//! The outbox is not part of the saved state: a tenant that stops loses what waits, as a notification may
//! always be lost.

use super::change::{ItemChange, ItemChangeKind};
use super::id;
use super::mailbox::Mailbox;
use super::subscription::{ChangeType, LifecycleEvent, Subscription};
use super::{Exchange, Mint};
use crate::company::TENANT_ID;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A refused notification is tried again for so long.
const RETRIED_FOR: SignedDuration = SignedDuration::from_hours(4);
/// Before the first repetition; doubled before each further one.
const FIRST_PAUSE_SECS: i64 = 10;
const LONGEST_PAUSE_SECS: i64 = 30 * 60;
/// So many notifications travel together at most.
const PARCEL_SIZE: usize = 100;

/// What may go wrong with the notifications of a mailbox. Words about the subscription itself always arrive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Troubles {
    /// So many of the next are never sent.
    pub lose_next: u32,
    pub lose_all: bool,
    /// Each is sent so many times more than once.
    pub repeats: u32,
    /// Each is sent so much later.
    pub delay_secs: u32,
    /// Those that are due together are sent in any order.
    pub shuffle: bool,
}

impl Troubles {
    /// Whether the next one is lost.
    fn swallow(&mut self) -> bool {
        if self.lose_next > 0 {
            self.lose_next -= 1;
            return true;
        }
        self.lose_all
    }
}

/// One notification on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    subscription: Uuid,
    url: String,
    text: Value,
    made: Timestamp,
    due: Timestamp,
    /// How often it was refused.
    refused: u32,
    is_shuffled: bool,
}

/// What waits to be sent, oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Vec<Notice>,
}

impl Outbox {
    pub(super) fn put(&mut self, notice: Notice) {
        self.waiting.push(notice);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// Notifications that travel to one address together.
#[derive(Debug)]
pub struct Parcel {
    pub url: String,
    notices: Vec<Notice>,
}

impl Parcel {
    pub fn body(&self) -> String {
        let value: Vec<&Value> = self.notices.iter().map(|notice| &notice.text).collect();
        json!({ "value": value }).to_string()
    }

    pub fn len(&self) -> usize {
        self.notices.len()
    }

    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }
}

/// What the address made of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    /// It answered otherwise, or not at all.
    Refused,
}

/// Tells the subscribers of one mailbox what changed in it after change number `since`.
pub(super) fn tell_changes(
    mailbox: &mut Mailbox,
    since: u64,
    subscribers: &mut [Subscription],
    outbox: &mut Outbox,
    mint: &mut Mint,
    now: Timestamp,
) {
    if !subscribers.iter().any(|one| one.is_live(now)) {
        return;
    }
    for change in mailbox.item_changes_after(since) {
        for one in subscribers.iter_mut().filter(|one| one.is_live(now)) {
            let Some(text) = tell(mailbox, &change, one, mint) else { continue };
            let troubles = &mut mailbox.switches.notifications;
            if one.awaits_authorization || troubles.swallow() {
                one.tally.lost += 1;
                continue;
            }
            let notice = Notice {
                subscription: one.id,
                url: one.terms.notification_url.clone(),
                text,
                made: now,
                due: later(now, i64::from(troubles.delay_secs)),
                refused: 0,
                is_shuffled: troubles.shuffle,
            };
            for _ in 0..=troubles.repeats {
                one.tally.made += 1;
                outbox.put(notice.clone());
            }
        }
    }
}

/// What a subscriber is told of a change; `None`: it is none of its business.
fn tell(mailbox: &Mailbox, change: &ItemChange, to: &Subscription, mint: &mut Mint) -> Option<Value> {
    let terms = &to.terms;
    let is_inside =
        terms.folder.map_or_else(|| mailbox.is_visible(change.folder), |folder| folder == change.folder);
    let (kind, item) = match change.kind {
        ItemChangeKind::Left { place } => {
            (ChangeType::Deleted, (id::spell_item(mailbox.guid, change.item, place, terms.ids), None))
        }
        ItemChangeKind::Arrived | ItemChangeKind::Updated => {
            let message = mailbox.message(change.item).ok()?;
            let kind = match change.kind {
                ItemChangeKind::Arrived => ChangeType::Created,
                _ => ChangeType::Updated,
            };
            (kind, (mailbox.item_id(message, terms.ids), Some(mailbox.change_key(message.change))))
        }
    };
    if !is_inside || !terms.change_types.contains(&kind) {
        return None;
    }
    let (id, change_key) = item;
    let path = format!("Users/{}/Messages/{id}", mailbox.oid);
    let mut data = json!({ "@odata.type": "#Microsoft.Graph.Message", "@odata.id": path, "id": id });
    if let Some(key) = change_key {
        data["@odata.etag"] = json!(format!("W/\"{key}\""));
    }
    let mut text = heading(to);
    text["id"] = json!(mint.uuid());
    text["changeType"] = json!(kind.name());
    text["resource"] = json!(path);
    text["resourceData"] = data;
    Some(text)
}

/// What the service says about a subscription itself.
pub(super) fn lifecycle(one: &Subscription, url: String, event: LifecycleEvent, now: Timestamp) -> Notice {
    let mut text = heading(one);
    text["lifecycleEvent"] = json!(event);
    Notice { subscription: one.id, url, text, made: now, due: now, refused: 0, is_shuffled: false }
}

/// What every notification names.
fn heading(one: &Subscription) -> Value {
    let until = one.terms.expires.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string();
    json!({
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": until,
        "clientState": one.terms.client_state,
        "tenantId": TENANT_ID,
    })
}

fn later(at: Timestamp, secs: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(Timestamp::MAX)
}

/// How long to wait after the refusal with this number.
fn pause_secs(refused: u32) -> i64 {
    FIRST_PAUSE_SECS.saturating_mul(1 << refused.saturating_sub(1).min(16)).min(LONGEST_PAUSE_SECS)
}

impl Exchange {
    /// How many notifications wait, due or not.
    pub fn notices_waiting(&self) -> usize {
        self.outbox.len()
    }

    pub fn next_notice_due(&self) -> Option<Timestamp> {
        self.outbox.waiting.iter().map(|notice| notice.due).min()
    }

    /// Takes what is due out of the outbox, packed by address in the order of the first notice for each.
    pub(crate) fn take_parcels(&mut self) -> Vec<Parcel> {
        let now = self.now;
        let waiting = std::mem::take(&mut self.outbox.waiting);
        let (mut due, kept): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|notice| notice.due <= now);
        self.outbox.waiting = kept;
        due.sort_by_key(|notice| notice.due);
        let places: Vec<usize> = (0..due.len()).filter(|at| due[*at].is_shuffled).collect();
        let mut order = places.clone();
        self.mint.shuffle(&mut order);
        let shuffled: Vec<Notice> = order.into_iter().map(|at| due[at].clone()).collect();
        for (at, notice) in places.into_iter().zip(shuffled) {
            due[at] = notice;
        }
        let mut parcels: Vec<Parcel> = Vec::new();
        for notice in due {
            let open = parcels.iter_mut().find(|one| one.url == notice.url && one.len() < PARCEL_SIZE);
            match open {
                Some(parcel) => parcel.notices.push(notice),
                None => parcels.push(Parcel { url: notice.url.clone(), notices: vec![notice] }),
            }
        }
        parcels
    }

    /// Notes what became of a parcel: what was refused waits for its next turn, or is given up.
    pub(crate) fn settle(&mut self, parcel: Parcel, outcome: Outcome) {
        let now = self.now;
        for mut notice in parcel.notices {
            notice.refused += u32::from(outcome == Outcome::Refused);
            notice.due = later(now, pause_secs(notice.refused));
            let is_hopeless = notice.due.duration_since(notice.made) > RETRIED_FOR;
            // A subscription that is gone has no tally any more; its last notifications travel nevertheless.
            if let Some(one) = self.subscriptions.get_mut(notice.subscription) {
                match outcome {
                    Outcome::Accepted => one.tally.accepted += 1,
                    Outcome::Refused => one.tally.given_up += u64::from(is_hopeless),
                }
            }
            if outcome == Outcome::Refused && !is_hopeless {
                self.outbox.put(notice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_half_an_hour() {
        assert_eq!([1, 2, 3, 8, 9, 40].map(pause_secs), [10, 20, 40, 1280, 1800, 1800]);
    }
}
