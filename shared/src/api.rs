//! The words of our own HTTP API. Times are [`UtcMs`]; names and subjects are hostile text.
//!
//! | route | body | answer |
//! | --- | --- | --- |
//! | `GET /api/config` (public) | | [`Config`] |
//! | `GET /api/me` | | [`Me`] |
//! | `GET /api/items/{item}?mailbox=` | | [`ItemState`] |
//! | `POST /api/items/{item}/wishes?mailbox=` | [`WishRequest`] | [`ItemState`]; 202 while it is carried out |
//! | `GET /api/items/{item}/events?mailbox=` | | server-sent events `state`, each an [`ItemState`] |
//! | `GET /api/items/{item}/suggestions?mailbox=` | | [`Suggestions`] |
//! | `PUT /api/items/{item}/choice?mailbox=` | [`Chosen`](crate::party::Chosen) | [`ItemState`] |
//! | `GET /api/records?search=` | | [`Records`] |
//! | `POST /api/states?mailbox=` | [`StatesRequest`] | [`States`] |
//! | `POST /api/states/events?mailbox=` | [`StatesRequest`] | server-sent events `state`, each an [`ItemBrief`] |
//! | `POST /api/wishes?mailbox=` | [`WishesRequest`] | [`WishesAnswer`] |
//! | `GET /api/items/{item}/surroundings?mailbox=` | | [`Surroundings`] |
//! | `POST /api/items/{item}/conversation?mailbox=` | [`ConversationRequest`] | [`ConversationTracked`] |
//! | `PUT /api/items/{item}/conversation?mailbox=` | [`ConversationStanding`] | [`ConversationStanding`] |
//! | `GET /api/folders?mailbox=` | | [`Folders`] |
//! | `PUT /api/folders/{folder}/mapping?mailbox=` | [`FolderMapping`] | [`Folder`] |
//! | `DELETE /api/folders/{folder}/mapping?mailbox=` | | [`Folder`] |
//! | `GET /api/mailbox?mailbox=` | | [`OwnMailbox`] |
//!
//! What is asked of several items at once, and of folders, stands in [`several`] and [`folders`].
//! What administrators say and hear under `/api/admin` stands in [`admin`].
//!
//! Every error is `application/problem+json`: [`ProblemDetails`]. Send `Accept-Language: de` for German words.

pub mod admin;
pub mod folders;
pub mod mailbox;
pub mod several;

pub use crate::mailbox::FolderMapping;
pub use folders::{Folder, Folders};
pub use mailbox::{FailingEmail, Line, OwnMailbox};
pub use several::{
    ConversationRequest, ConversationStanding, ConversationTracked, Following, ItemBrief, ItemWish, MANY_MAX,
    Reception, States, StatesRequest, Surroundings, THREAD_MAX, WishAnswer, WishesAnswer, WishesRequest,
};

use crate::decision::RuleId;
use crate::item::{ItemId, SmtpAddress};
use crate::party::Role;
use crate::problem::Code;
use crate::regarding::RecordRef;
use crate::status::Status;
use crate::time::UtcMs;
use crate::wish::{RecordFate, Wish};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the pane needs before anybody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Config {
    /// Application (client) id of our app registration.
    pub client_id: String,
    /// Authority for signing in, e.g. `https://login.microsoftonline.com/organizations`.
    pub authority: String,
    /// The one scope to ask for: our own API's `access_as_user`.
    pub scope: String,
    /// `true` when the other side is the embedded sandbox; the pane then says so.
    pub sandbox: bool,
    /// Version of the service.
    pub version: String,
}

/// Who the caller is on both sides; for finding out what is wrong with a sign-in or a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub name: String,
    /// The CRM's start page.
    pub crm_url: String,
}

/// A person's wish for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WishRequest {
    /// Made by the client, once per click: sent twice, it is one wish.
    pub id: Uuid,
    pub wish: Wish,
}

/// Everything the pane shows of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemState {
    /// Immutable id of the item.
    pub item: ItemId,
    pub mailbox: SmtpAddress,
    pub status: Status,
    /// The words of the problem in `status`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Words>,
    /// The wish that is carried out, waits or was refused; who tries again repeats it under a new id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Wish>,
    /// The email in the CRM, if there is one that this message is tracked as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordLink>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regarding: Option<RecordLink>,
    /// A colleague's mailbox tracked the same mail already; tracking it here adds no second record (INC-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked_elsewhere: Option<RecordLink>,
    pub people: Vec<Person>,
    /// What untracking would do, one entry per choice; empty when there is nothing to untrack (UNT-01, WHY-02).
    pub untrack: Vec<UntrackChoice>,
    /// Why the status is what it is, the deciding rule first (WHY-01).
    pub why: Vec<Explanation>,
    /// Grows with every state of the item that this service sent; an older one is to be ignored.
    pub version: u64,
    pub at: UtcMs,
}

/// A record, and where to look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordLink {
    #[serde(flatten)]
    pub record: RecordRef,
    /// Address of the record's form in the CRM.
    pub url: String,
}

/// A correspondent, with the records it resolves to (PPL-01, PPL-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    pub role: Role,
    pub name: String,
    pub address: SmtpAddress,
    pub records: Vec<RecordLink>,
    /// Every record that they may be, where there are several; the caller may choose one (PPL-03).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<RecordLink>,
    pub why: Explanation,
}

/// One of the answers to *what shall become of the CRM record?*
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UntrackChoice {
    pub record: RecordFate,
    /// What will happen on each side, in words.
    pub consequences: Vec<Explanation>,
    /// Why this choice cannot be taken, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Words>,
}

/// A decision in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    pub rule: RuleId,
    pub text: String,
}

/// A problem in plain words: what happened and why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Words {
    pub title: String,
    pub remedy: String,
}

/// Records offered before anything was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestions {
    pub suggestions: Vec<Suggestion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestion {
    pub record: RecordRef,
    pub because: SuggestedBecause,
    /// A second line, e.g. the account of an opportunity.
    pub detail: String,
}

/// Why a record is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuggestedBecause {
    /// The record of somebody on the mail, or of their account.
    Correspondent,
    /// An open opportunity of theirs.
    OpenOpportunity,
    /// An open case of theirs.
    OpenCase,
    /// The caller lately set it as regarding.
    Recent,
}

/// Answer to a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Records {
    pub records: Vec<FoundRecord>,
    /// Whether there are more than are listed: type more letters.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundRecord {
    pub record: RecordRef,
    /// A second line that tells records of one name apart.
    pub detail: String,
}

/// Shortest search term, in characters.
pub const SEARCH_MIN_CHARS: usize = 2;
/// Longest search term, in characters.
pub const SEARCH_MAX_CHARS: usize = 100;

/// RFC 9457 problem details, with our code, the request's id and a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemDetails {
    /// `urn:regarding:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    /// HTTP status.
    pub status: u16,
    pub code: Code,
    /// What to do.
    pub remedy: String,
    /// Give it to the administrator: the log has the details under it.
    pub request_id: String,
    /// Claims challenge of Entra ID, to be handed to MSAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}
