//! What the tenant was asked and what it changed, request by request.
//!
//! Tests read it to prove how many round trips a click took and that a repeated effect changed nothing; a
//! person reads it to see what the program under trial really sent. It must never hold a body, a token or a
//! secret: only method, path, query, status and the named effects.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of a request, rising from 1. In a handler: `Extension(seq): Extension<Seq>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// A reading of the journal's logical clock, which ticks whenever a request begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u64);

/// The part of the tenant that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Entra,
    Graph,
    Dataverse,
    Host,
    Control,
}

impl Service {
    /// Whether a program under trial waits for this service: the page and the control plane are props.
    pub fn is_upstream(self) -> bool {
        matches!(self, Self::Entra | Self::Graph | Self::Dataverse)
    }
}

/// Something that a request changed, e.g. kind `message.categories` or `email.create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    pub service: Service,
    pub kind: String,
    /// The id of what was changed.
    pub target: String,
    /// Facts about the change; no mail text.
    pub detail: serde_json::Value,
}

/// One request, or one part of a `$batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub seq: Seq,
    /// The `$batch` request that this is a part of.
    pub parent: Option<Seq>,
    pub service: Service,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// `user <upn>`, `app <client id>` or `-`, as the token claims it, whether or not the token is good.
    pub caller: String,
    pub client_request_id: Option<String>,
    pub began: Tick,
    /// `None`: still running.
    pub ended: Option<Tick>,
    /// `None`: running, or no answer was given (a fault, or the client went away).
    pub status: Option<u16>,
    pub at: jiff::Timestamp,
    pub effects: Vec<Effect>,
}

/// What is known of a request when it begins.
#[derive(Debug, Clone)]
pub struct Asked {
    pub parent: Option<Seq>,
    pub service: Service,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub caller: String,
    pub client_request_id: Option<String>,
    pub at: jiff::Timestamp,
}

/// The oldest entries go when there are more than this many, so that an idle demonstration stays small.
pub const KEPT: usize = 20_000;

/// The record of all requests since the start or the last [`Journal::clear`].
#[derive(Debug, Default)]
pub struct Journal {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    entries: BTreeMap<Seq, Entry>,
    last_seq: u64,
    tick: u64,
}

impl Pages {
    fn tick(&mut self) -> Tick {
        self.tick += 1;
        Tick(self.tick)
    }
}

impl Journal {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens an entry.
    pub fn begin(&self, asked: Asked) -> Seq {
        let mut pages = self.pages();
        pages.last_seq += 1;
        let seq = Seq(pages.last_seq);
        let began = pages.tick();
        let Asked { parent, service, method, path, query, caller, client_request_id, at } = asked;
        let entry = Entry {
            seq,
            parent,
            service,
            method,
            path,
            query,
            caller,
            client_request_id,
            began,
            ended: None,
            status: None,
            at,
            effects: Vec::new(),
        };
        pages.entries.insert(seq, entry);
        if pages.entries.len() > KEPT {
            pages.entries.pop_first();
        }
        seq
    }

    /// Closes an entry; `None`: no answer was given.
    pub fn end(&self, seq: Seq, status: Option<u16>) {
        let mut pages = self.pages();
        let tick = pages.tick();
        if let Some(entry) = pages.entries.get_mut(&seq) {
            entry.ended = Some(tick);
            entry.status = status;
        }
    }

    /// Notes what a request changed.
    pub fn effect(&self, seq: Seq, effect: Effect) {
        if let Some(entry) = self.pages().entries.get_mut(&seq) {
            entry.effects.push(effect);
        }
    }

    /// Everything after `seq`; `Seq(0)` for everything.
    pub fn entries_after(&self, seq: Seq) -> Vec<Entry> {
        self.pages().entries.range(Seq(seq.0 + 1)..).map(|(_, entry)| entry.clone()).collect()
    }

    /// The number of the newest request; a mark for a later [`Journal::entries_after`].
    pub fn last(&self) -> Seq {
        Seq(self.pages().last_seq)
    }

    /// Forgets the entries. Numbers go on rising, so that a mark taken before stays valid.
    pub fn clear(&self) {
        self.pages().entries.clear();
    }

    /// How many upstream round trips happened one after the other: the longest chain of top-level requests
    /// to Entra, Graph and Dataverse of which each began after the one before had ended. Parts of a `$batch`
    /// travel together and count once.
    pub fn depth(entries: &[Entry]) -> usize {
        let mut chain: Vec<(&Entry, usize)> = Vec::new();
        let mut requests: Vec<&Entry> =
            entries.iter().filter(|entry| entry.parent.is_none() && entry.service.is_upstream()).collect();
        requests.sort_by_key(|entry| entry.began);
        for entry in requests {
            let before = chain
                .iter()
                .filter(|(earlier, _)| earlier.ended.is_some_and(|ended| ended < entry.began))
                .map(|(_, depth)| *depth)
                .max()
                .unwrap_or(0);
            chain.push((entry, before + 1));
        }
        chain.into_iter().map(|(_, depth)| depth).max().unwrap_or(0)
    }
}
