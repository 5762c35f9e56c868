//! Several items at once: what is selected in Outlook (CAT-09), and the messages of a conversation (CAT-11).
//!
//! All items of a request lie in one mailbox, as Outlook selects them. Each is answered for itself.

use super::{Explanation, Words};
use crate::item::ItemId;
use crate::problem::Code;
use crate::status::Status;
use crate::wish::{RegardingWish, Wish};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Items that one request may be about: Outlook lets no more be selected.
pub const MANY_MAX: usize = 100;
/// Messages of a conversation that are tracked at once.
pub const THREAD_MAX: usize = 500;

/// Items whose states are wanted, at most [`MANY_MAX`]; to follow, at most [`THREAD_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatesRequest {
    pub items: Vec<ItemId>,
}

/// What is known of each item, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct States {
    pub states: Vec<ItemBrief>,
}

/// What the pane shows of one item among several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemBrief {
    /// As the caller named it.
    pub item: ItemId,
    pub status: Status,
    /// The words of what is in the way, if anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Words>,
    /// Grows with every state of the item that this service sent; an older one is to be ignored.
    pub version: u64,
}

/// Wishes for several items, at most [`MANY_MAX`]. None of them deletes: that is asked about one by one (UNT-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WishesRequest {
    pub wishes: Vec<ItemWish>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemWish {
    /// Made by the client, once per click and item: sent twice, it is one wish.
    pub id: Uuid,
    pub item: ItemId,
    pub wish: Wish,
}

/// What became of each wish, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WishesAnswer {
    pub answers: Vec<WishAnswer>,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WishAnswer {
    pub id: Uuid,
    pub item: ItemId,
    #[serde(flatten)]
    pub reception: Reception,
}

/// How a wish among several was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reception {
    /// It is stored, and not forgotten from here on; the item's events tell how it goes.
    Accepted,
    /// The id was used for another wish.
    Taken,
    /// It was not stored.
    Refused { code: Code, problem: Words },
}

/// What is worth knowing around an item, beside its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Surroundings {
    /// Of the conversation that the message belongs to; none where Exchange names no conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Following>,
    /// In somebody else's mailbox: that the tracking category has another name there, and both names (CAT-26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names_differ: Option<Explanation>,
}

/// Whether mail of a conversation is tracked by itself (INC-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Following {
    /// As the mailbox's settings say.
    Followed,
    /// No more.
    Stopped,
}

/// *Stop tracking this conversation*, or follow it again (INC-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationStanding {
    pub following: Following,
}

/// Track every message of the conversation that lies in the mailbox (CAT-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationRequest {
    /// Made by the client, once per click: sent twice, it is one wish for each message.
    pub id: Uuid,
    pub regarding: RegardingWish,
}

/// The messages of a conversation, and how each stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationTracked {
    pub states: Vec<ItemBrief>,
    /// Whether the conversation has more messages than the [`THREAD_MAX`] that are tracked at once.
    pub more: bool,
}
