//! The names by which items and mailboxes are known.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Id of an item in Exchange, in Graph's REST form: base64url-like text, case-sensitive.
///
/// What the pane sends may be a mutable id (it changes when the item is moved); what the store keeps is
/// always the immutable id that Graph answers with. Graph accepts both in URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ItemId(pub String);

impl ItemId {
    /// The REST form of an id that Office.js gave: Outlook on the desktop and the web speak the EWS form
    /// (`/` and `+`), mobile speaks REST already, on which this changes nothing.
    pub fn from_office(id: &str) -> Self {
        Self(id.replace('/', "-").replace('+', "_"))
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of a mail folder in Exchange. It stays when the folder is renamed or moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct FolderId(pub String);

/// SMTP address of a mailbox or a correspondent, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "String", into = "String")]
pub struct SmtpAddress(String);

impl SmtpAddress {
    /// The address, trimmed and in lower case.
    pub fn new(address: &str) -> Self {
        Self(address.trim().to_lowercase())
    }

    /// The same by `lower`: a browser knows the lower case of every letter, so that the pane need not bring the
    /// tables of Unicode along.
    pub fn lowered_by(address: &str, lower: impl FnOnce(&str) -> String) -> Self {
        Self(lower(address.trim()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be a mailbox at all: one `@` with text on both sides, no blanks or control characters.
    pub fn is_plausible(&self) -> bool {
        let mut halves = self.0.split('@');
        let (local, domain, rest) = (halves.next(), halves.next(), halves.next());
        local.is_some_and(|l| !l.is_empty())
            && domain.is_some_and(|d| !d.is_empty())
            && rest.is_none()
            && self.0.len() <= 320
            && !self.0.chars().any(|c| c.is_whitespace() || c.is_control())
    }
}

impl From<String> for SmtpAddress {
    fn from(address: String) -> Self {
        Self::new(&address)
    }
}

impl From<SmtpAddress> for String {
    fn from(address: SmtpAddress) -> Self {
        address.0
    }
}

impl fmt::Display for SmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
