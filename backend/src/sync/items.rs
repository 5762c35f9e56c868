//! What handlers may ask of the engine: look at an item, wish something of it, follow it, search.

use crate::caller::Access;
use shared::api::{ItemState, Me, Records, Suggestions, WishRequest};
use shared::item::{ItemId, SmtpAddress};
use shared::problem::Problem;
use shared::rules::Language;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// An item as its caller named it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemName {
    pub mailbox: SmtpAddress,
    pub item: ItemId,
}

/// Whether a wish was carried out before the answer had to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It ended: fulfilled or refused, as the state says.
    Out,
    /// It goes on; follow the item's events.
    On,
}

/// The engine's face towards the handlers.
#[derive(Debug, Clone)]
pub struct Items {}

impl Items {
    /// The item's state as both sides show it now.
    pub async fn state(
        &self,
        access: &Access,
        name: &ItemName,
        language: Language,
    ) -> Result<ItemState, Problem> {
        let _ = (access, name, language);
        Err(Problem::new(shared::problem::Code::Internal))
    }

    /// Stores the wish, rings the mailbox's bell and waits for the end, at most `patience`.
    /// The same wish id sent again is the same wish.
    pub async fn wish(
        &self,
        access: &Access,
        name: &ItemName,
        request: &WishRequest,
        patience: Duration,
        language: Language,
    ) -> Result<(ItemState, Carried), Problem> {
        let _ = (access, name, request, patience, language);
        Err(Problem::new(shared::problem::Code::Internal))
    }

    /// The item's states from now on, beginning with the present one.
    pub async fn follow(
        &self,
        access: &Access,
        name: &ItemName,
        language: Language,
    ) -> Result<ReceiverStream<ItemState>, Problem> {
        let _ = (access, name, language);
        Err(Problem::new(shared::problem::Code::Internal))
    }

    /// Records to offer for the item before anything was typed.
    pub async fn suggestions(&self, access: &Access, name: &ItemName) -> Result<Suggestions, Problem> {
        let _ = (access, name);
        Err(Problem::new(shared::problem::Code::Internal))
    }

    /// Records by a piece of their name.
    pub async fn search(&self, access: &Access, term: &str) -> Result<Records, Problem> {
        let _ = (access, term);
        Err(Problem::new(shared::problem::Code::Internal))
    }

    /// Who the caller is.
    pub async fn me(&self, access: &Access, name: &str) -> Result<Me, Problem> {
        let _ = (access, name);
        Err(Problem::new(shared::problem::Code::Internal))
    }
}
