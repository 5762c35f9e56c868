//! A request after the door: who asks, for what, and what they would like.

use super::errors::{Answer, Fault};
use super::filter::Surroundings;
use super::metadata::{Table, schema};
use super::request::{Options, Preferences};
use super::rights::Principal;
use super::shape::View;
use super::store::Organization;
use crate::world::journal::Seq;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use std::ops::Deref;
use uuid::Uuid;

/// Whose hand changes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Client,
    /// The platform's own, which also sets what a client may only read.
    Platform,
}

#[derive(Debug, Clone)]
pub struct Ask {
    pub who: Principal,
    pub hand: Hand,
    pub now: Timestamp,
    /// Root of the Web API, e.g. `https://localhost:4000/api/data/v9.2`.
    pub base: String,
    pub options: Options,
    pub preferences: Preferences,
    pub headers: HeaderMap,
    /// The journal's number of the request.
    pub seq: Option<Seq>,
}

impl Ask {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }
}

/// A question to the organization as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub org: &'a Organization,
    pub ask: &'a Ask,
}

impl Deref for Asking<'_> {
    type Target = Ask;

    fn deref(&self) -> &Ask {
        self.ask
    }
}

impl<'a> Asking<'a> {
    pub fn view(&self) -> View<'a> {
        View {
            org: self.org,
            who: &self.ask.who,
            annotations: &self.ask.preferences.annotations,
            surroundings: Surroundings {
                now: self.ask.now,
                user: self.ask.who.effective.user,
                aliases: &self.ask.options.aliases,
            },
        }
    }
}

/// The row that a key means: a GUID, the primary key by name, or an alternate key. For a new row of an upsert
/// the GUID need not exist.
pub fn key(org: &Organization, of: &'static Table, text: &str) -> Answer<Uuid> {
    let bare = text.trim().trim_matches('\'').trim_matches(['{', '}']);
    if let Ok(id) = bare.parse::<Uuid>() {
        return Ok(id);
    }
    let malformed =
        || Fault::new(StatusCode::BAD_REQUEST, "0x80060888", "Bad Request - Error in query syntax.");
    let (name, value) = text.split_once('=').ok_or_else(malformed)?;
    let (name, value) = (name.trim(), value.trim());
    let value =
        value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value).replace("''", "'");
    if name == of.id {
        return value.parse().map_err(|_| malformed());
    }
    if !of.keys.contains(&name) {
        return Err(Fault::bad_query(format!(
            "The specified key properties '{name}' are not a key of the entity '{}'.",
            of.logical
        )));
    }
    let found = org.rows(of).find(|(_, _, row)| match row.cells.get(name) {
        Some(super::store::Cell::Id(id)) => id.to_string().eq_ignore_ascii_case(&value),
        Some(super::store::Cell::Text(text)) => text.eq_ignore_ascii_case(&value),
        _ => false,
    });
    found.map(|(_, id, _)| id).ok_or_else(|| {
        let message =
            format!("A record with the specified key values does not exist in {} entity", of.logical);
        Fault::new(StatusCode::NOT_FOUND, "0x80060891", message)
    })
}

/// The record that a reference means: `/accounts(…)`, `accounts(…)` or the whole address.
pub fn reference(org: &Organization, of: &Table, text: &str) -> Answer<(&'static Table, Uuid)> {
    let path =
        text.rsplit_once("/api/data/").map_or(text, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    let segments = super::request::segments(path);
    match segments.as_slice() {
        [super::request::Segment { name, key: Some(at) }] => {
            let target = schema().by_set(name).ok_or_else(|| Fault::unknown_segment(name))?;
            Ok((target, key(org, target, at)?))
        }
        _ => Err(Fault::bad_payload(of, format!("The value '{text}' is not a valid entity reference."))),
    }
}
