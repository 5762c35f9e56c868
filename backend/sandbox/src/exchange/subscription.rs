//! Change-notification subscriptions as the mail service keeps them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest life of a subscription to messages, in minutes.
pub const LONGEST_LIFE_MIN: i64 = 10_080;
/// Anything shorter is raised to this, in minutes.
pub const SHORTEST_LIFE_MIN: i64 = 45;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    /// As the caller wrote it.
    pub resource: String,
    /// Object id of the mailbox it watches.
    pub mailbox: String,
    /// Id or well-known name of the folder; `None`: the whole mailbox.
    pub folder: Option<String>,
    /// `created`, `updated`, `deleted`.
    pub change_types: Vec<String>,
    pub notification_url: String,
    pub lifecycle_notification_url: Option<String>,
    pub client_state: Option<String>,
    pub expires: Timestamp,
    pub application_id: String,
    pub creator_id: String,
    pub latest_tls: String,
    /// Whether notifications carry immutable ids: decided by the header of the creating call.
    pub immutable_ids: bool,
}
