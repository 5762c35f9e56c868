//! What a request says about itself: its language, the item it is about. Bad words are refused with a reason
//! before anything is asked of anybody.

use super::answer::Refusal;
use crate::sync::ItemName;
use axum::extract::{FromRequestParts, Path, Query};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use shared::rules::Language;

/// Graph's ids have 152 characters, EWS ids of old mailboxes some more.
const ITEM_ID_MAX_CHARS: usize = 512;

/// A request that cannot be understood.
pub(super) fn bad_request(reason: impl std::fmt::Display) -> Refusal {
    Problem::new(Code::BadRequest).because("reason", reason).into()
}

/// A body of JSON; `what` it should be is told where it is not.
pub(super) fn json_of<T: DeserializeOwned>(body: &Bytes, what: &str) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| bad_request(format!("the body is no {what} ({})", place_of(&error))))
}

/// Where the JSON goes wrong; the error's own words might repeat what was sent.
fn place_of(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a field is missing, unknown or of another kind",
        _ => "it is not well-formed JSON",
    };
    format!("{kind}, line {}, column {}", error.line(), error.column())
}

/// The language of the answer's words.
pub(super) fn language_of(headers: &HeaderMap) -> Language {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::from_accept_language(header.unwrap_or_default())
}

/// The language, as an extractor.
pub(super) struct Tongue(pub Language);

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(language_of(&parts.headers)))
    }
}

/// The item of `/api/items/{item}…?mailbox=…`.
pub(super) struct Item(pub ItemName);

#[derive(Deserialize)]
struct InMailbox {
    mailbox: Option<String>,
}

/// The mailbox of `…?mailbox=…`.
pub(super) struct Mailbox(pub SmtpAddress);

impl<S: Send + Sync> FromRequestParts<S> for Mailbox {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<InMailbox>::from_request_parts(parts, state).await;
        let Query(InMailbox { mailbox }) = query.map_err(|_| bad_request("the query cannot be read"))?;
        let mailbox = mailbox.ok_or_else(|| bad_request("the query lacks `mailbox`"))?;
        mailbox_of(&mailbox).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Item {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let item = Path::<String>::from_request_parts(parts, state).await;
        let Path(item) = item.map_err(|_| bad_request("the item's id is no text"))?;
        let Mailbox(mailbox) = Mailbox::from_request_parts(parts, state).await?;
        Ok(Self(ItemName { mailbox, item: item_of(&item)? }))
    }
}

pub(super) fn item_of(text: &str) -> Result<ItemId, Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=');
    if text.is_empty() || text.len() > ITEM_ID_MAX_CHARS || !text.chars().all(fits) {
        return Err(bad_request("the item's id is none of Exchange's; send it in its REST form"));
    }
    Ok(ItemId(text.to_owned()))
}

/// A mailbox's address.
pub(super) fn mailbox_of(text: &str) -> Result<SmtpAddress, Refusal> {
    let address = SmtpAddress::new(text);
    // What stands in a URL or a filter elsewhere is taken for no address here.
    let is_hostile =
        |c: char| matches!(c, '/' | '\\' | '?' | '#' | '%' | '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':');
    if !address.is_plausible() || address.as_str().contains(is_hostile) {
        return Err(bad_request("the mailbox's address is no mail address"));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn item_ids_are_base64url_of_a_sensible_length() {
        for good in ["AAMkAGI1AAAt9AHjAAA=", "a", &"x".repeat(512), "AQMk-_"] {
            assert!(item_of(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "../x", "a?b", "a%2Fb", "ä", "a'b", "a\nb", &"x".repeat(513)] {
            assert!(item_of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mailboxes_are_addresses() {
        for good in ["ada@contoso.example", "O'Hara+x@contoso.example", "Ä@contoso.example", " ADA@x "] {
            assert!(mailbox_of(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@x",
            "ada@",
            "a@b@c",
            "a b@c",
            "ada@x/../me",
            "ada@x?$select=y",
            "a@x#",
            "<a@x>",
            "a@x,b",
        ] {
            assert!(mailbox_of(bad).is_err(), "{bad}");
        }
    }
}
