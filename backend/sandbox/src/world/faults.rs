//! The switchboard of faults: which requests are to be slowed, refused, cut off or falsified.
//!
//! A fault names the requests it is for by what is written on them, lets the first few pass, and wears out
//! after a number of hits; so a test can say "the second PATCH loses its answer, once". Parts of a `$batch`
//! are looked at like requests of their own. Only the server's layer performs faults: a service must never
//! ask the switchboard.

use super::journal::Service;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Where a request may stand for a fault to be for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    #[default]
    Anywhere,
    /// Only requests of their own.
    TopLevel,
    /// Only parts of a `$batch`.
    Part,
}

/// What is written on the requests that a fault is for; an absent condition holds for all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Matching {
    pub service: Option<Service>,
    /// E.g. `PATCH`.
    pub method: Option<String>,
    /// A piece of the path with query, as sent.
    pub path_contains: Option<String>,
    pub place: Place,
    /// A piece of the caller as the journal writes it, e.g. `user ben`.
    pub caller: Option<String>,
    /// A piece of the request's body.
    pub body_contains: Option<String>,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Kind {
    /// Refused with this status, before the service sees it; the body has the shape of the service's own
    /// errors.
    Status {
        status: u16,
        code: String,
        #[serde(default)]
        message: String,
        /// Sent as it stands: `120`, `2.128`, an HTTP date, nonsense.
        #[serde(default)]
        retry_after: Option<String>,
        /// Further headers, e.g. `WWW-Authenticate` of a claims challenge.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// The connection closes; nothing was applied.
    DropBefore,
    /// The effect is applied, then the connection closes without an answer. On a part: the whole `$batch`
    /// is applied, and its answer is lost.
    DropAfter,
    /// Held before anything is applied, until released by name or the client goes away.
    HangBefore,
    /// The effect is applied and the answer (of the whole `$batch`) held.
    HangAfter,
    /// Takes this much longer.
    Latency { ms: u64 },
    /// The answer's body arrives in this many pieces with pauses between them.
    SlowBody { pieces: u32, pause_ms: u64 },
    /// A value inside the answer's JSON is replaced, e.g. `/@odata.nextLink` by another host's address.
    /// The empty pointer replaces the whole body; a last segment that does not exist yet is added.
    BodyReplaced { pointer: String, value: Value },
    /// Entra's token endpoint refuses in its own shape, e.g. `interaction_required`, 50079, with claims.
    TokenRefused {
        error: String,
        code: u32,
        #[serde(default)]
        description: String,
        #[serde(default)]
        suberror: Option<String>,
        /// JSON text that goes into `claims`.
        #[serde(default)]
        claims: Option<String>,
    },
    /// Tokens issued by the matched request live this long (negative: expired at birth).
    TokenLifetime { secs: i64 },
}

/// One fault on the switchboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Names it for releasing and taking away; the switchboard makes one up where it is empty.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub matching: Matching,
    /// Lets this many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// Wears out after this many hits; `None`: never.
    #[serde(default)]
    pub times: Option<u32>,
    #[serde(flatten)]
    pub kind: Kind,
}

impl Fault {
    /// A fault for every request; narrow it with the other functions.
    pub fn new(kind: Kind) -> Self {
        Self { name: String::new(), matching: Matching::default(), skip: 0, times: None, kind }
    }

    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    #[must_use]
    pub fn on(mut self, service: Service, method: &str, path_contains: &str) -> Self {
        self.matching.service = Some(service);
        self.matching.method = Some(method.to_owned());
        self.matching.path_contains = Some(path_contains.to_owned());
        self
    }

    #[must_use]
    pub fn matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// What the switchboard looks at.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub service: Service,
    pub method: &'a str,
    pub path_and_query: &'a str,
    pub place: Place,
    pub caller: &'a str,
    /// `None`: the body was not read, see [`Faults::wants_bodies`].
    pub body: Option<&'a [u8]>,
}

impl Matching {
    fn holds(&self, seen: &Sighting<'_>) -> bool {
        let place = self.place == Place::Anywhere || self.place == seen.place;
        place
            && self.service.is_none_or(|service| service == seen.service)
            && self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(seen.method))
            && self.path_contains.as_deref().is_none_or(|piece| seen.path_and_query.contains(piece))
            && self.caller.as_deref().is_none_or(|piece| seen.caller.contains(piece))
            && self.body_contains.as_deref().is_none_or(|piece| {
                seen.body
                    .is_some_and(|body| body.windows(piece.len().max(1)).any(|at| at == piece.as_bytes()))
            })
    }
}

/// A fault that hit a request.
#[derive(Debug, Clone)]
pub struct Hit {
    pub name: String,
    pub kind: Kind,
}

/// A fault and how often it was met.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Armed {
    #[serde(flatten)]
    pub fault: Fault,
    /// Matching requests so far, those that passed included.
    pub seen: u32,
    pub hits: u32,
}

/// The switchboard.
#[derive(Debug, Default)]
pub struct Faults {
    board: Mutex<Board>,
}

#[derive(Debug, Default)]
struct Board {
    faults: Vec<Armed>,
    made: u32,
    gates: BTreeMap<String, Arc<Gate>>,
    latency_ms: BTreeMap<Service, u64>,
}

/// Where held requests wait.
#[derive(Debug, Default)]
pub struct Gate {
    open: std::sync::atomic::AtomicBool,
    opened: Notify,
    waiting: std::sync::atomic::AtomicU32,
}

impl Gate {
    /// Waits until the gate is opened.
    pub async fn pass(&self) {
        use std::sync::atomic::Ordering::SeqCst;
        struct Place<'a>(&'a Gate);
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                self.0.waiting.fetch_sub(1, SeqCst);
            }
        }
        let opened = self.opened.notified();
        tokio::pin!(opened);
        opened.as_mut().enable();
        self.waiting.fetch_add(1, SeqCst);
        let _place = Place(self);
        if !self.open.load(SeqCst) {
            opened.await;
        }
    }

    fn open(&self) {
        self.open.store(true, std::sync::atomic::Ordering::SeqCst);
        self.opened.notify_waiters();
    }
}

impl Faults {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault and gives its name. A fault of the same name is replaced.
    pub fn add(&self, mut fault: Fault) -> String {
        let mut board = self.board();
        board.made += 1;
        if fault.name.is_empty() {
            fault.name = format!("fault-{}", board.made);
        }
        let name = fault.name.clone();
        board.faults.retain(|armed| armed.fault.name != name);
        board.gates.insert(name.clone(), Arc::default());
        board.faults.push(Armed { fault, seen: 0, hits: 0 });
        name
    }

    pub fn list(&self) -> Vec<Armed> {
        self.board().faults.clone()
    }

    /// Takes one fault away and lets go what it holds; `false`: there is none of that name.
    pub fn remove(&self, name: &str) -> bool {
        let mut board = self.board();
        let before = board.faults.len();
        board.faults.retain(|armed| armed.fault.name != name);
        if let Some(gate) = board.gates.remove(name) {
            gate.open();
        }
        board.faults.len() < before
    }

    /// Takes all faults and latencies away and lets go everything that is held.
    pub fn clear(&self) {
        let mut board = self.board();
        board.faults.clear();
        board.latency_ms.clear();
        for gate in std::mem::take(&mut board.gates).into_values() {
            gate.open();
        }
    }

    /// Lets go the requests held under a name, now and later; the number that were waiting, or `None` where
    /// there is no such fault.
    pub fn release(&self, name: &str) -> Option<u32> {
        let gate = self.board().gates.get(name).cloned()?;
        let waiting = gate.waiting.load(std::sync::atomic::Ordering::SeqCst);
        gate.open();
        Some(waiting)
    }

    /// How many requests are held under a name.
    pub fn held(&self, name: &str) -> u32 {
        self.board().gates.get(name).map_or(0, |gate| gate.waiting.load(std::sync::atomic::Ordering::SeqCst))
    }

    /// Every request to the service takes this much longer; 0: as fast as it can.
    pub fn set_latency(&self, service: Service, ms: u64) {
        self.board().latency_ms.insert(service, ms);
    }

    pub fn latency_ms(&self, service: Service) -> u64 {
        self.board().latency_ms.get(&service).copied().unwrap_or(0)
    }

    /// Whether a fault looks into bodies, so that they must be read first.
    pub fn wants_bodies(&self) -> bool {
        self.board().faults.iter().any(|armed| armed.fault.matching.body_contains.is_some())
    }

    /// The faults that hit this request, in the order in which they were armed.
    pub fn strike(&self, seen: &Sighting<'_>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for armed in &mut self.board().faults {
            if !armed.fault.matching.holds(seen) {
                continue;
            }
            armed.seen += 1;
            let worn_out = armed.fault.times.is_some_and(|times| armed.hits >= times);
            if armed.seen <= armed.fault.skip || worn_out {
                continue;
            }
            armed.hits += 1;
            hits.push(Hit { name: armed.fault.name.clone(), kind: armed.fault.kind.clone() });
        }
        hits
    }

    /// The gate at which requests hit by the named fault wait; `None`: the fault was taken away.
    pub fn gate(&self, name: &str) -> Option<Arc<Gate>> {
        self.board().gates.get(name).cloned()
    }
}
