//! Change notifications: Exchange rings when something in a mailbox changes.

use secrecy::SecretString;
use shared::UtcMs;
use url::Url;

/// The longest that a subscription to messages may live
/// (<https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime>).
pub const LONGEST_SUBSCRIPTION_MS: i64 = 10_080 * 60_000;

/// A subscription to be made.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Where it rings.
    pub notify: Url,
    /// Where it says that it needs care; on the same host.
    pub lifecycle: Url,
    /// Comes back with every ring: proves that it is Graph who rings. At most 128 characters.
    pub client_state: SecretString,
    pub expires: UtcMs,
}

/// A subscription as Graph shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSeen {
    pub id: String,
    /// Graph may grant less than was asked for.
    pub expires: UtcMs,
}
