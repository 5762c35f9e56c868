//! What is believed of a notification from outside: for which mailbox it rings, and nothing else.
//!
//! Anybody can send one. Only who knows the secret of the subscription rings a bell; what changed, if anything, the
//! next cycle looks for itself.

use super::cycle::Kind;
use super::items::Items;
use crate::store::StoreResult;

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A cycle of its mailbox is due.
    Rung,
    /// Nobody here subscribed so (any more).
    Unknown,
    /// It does not know the subscription's secret.
    Forged,
}

impl Items {
    /// A notification came for a subscription. `client_state` is the secret that it bears.
    pub async fn heard(&self, subscription: &str, client_state: &str, kind: Kind) -> StoreResult<Heard> {
        let known = self.0.parts.store.subscription(subscription).await?;
        let Some((tenant, _, mailbox, secret)) = known else { return Ok(Heard::Unknown) };
        // How much of the secret was right must not be told by the time this takes.
        let same =
            aws_lc_rs::constant_time::verify_slices_are_equal(secret.as_bytes(), client_state.as_bytes());
        if same.is_err() {
            return Ok(Heard::Forged);
        }
        self.rung(tenant, &mailbox, kind).await?;
        Ok(Heard::Rung)
    }
}
