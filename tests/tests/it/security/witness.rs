//! Somebody who stands at the way out and notes where every request goes, and with which token.

use backend::net::{Request, Response, Transport, TransportError};
use std::sync::{Arc, Mutex};
use tests::stack::Setup;

/// A request that left the house.
#[derive(Debug, Clone)]
pub struct Departure {
    pub origin: String,
    pub path: String,
    /// The token, without its scheme.
    pub bearer: Option<String>,
}

/// What a test says in the other side's place; `None`: the other side speaks for itself.
pub type Impostor = Box<dyn Fn(&Departure) -> Option<Response> + Send + Sync>;

pub struct Witness {
    inner: Arc<dyn Transport>,
    impostor: Impostor,
    seen: Mutex<Vec<Departure>>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness")
    }
}

impl Witness {
    /// Stands in the way of everything that the service sends.
    pub fn place(setup: &mut Setup) -> Arc<Self> {
        Self::place_with(setup, Box::new(|_| None))
    }

    /// The same, speaking for parts of the other side.
    pub fn place_with(setup: &mut Setup, impostor: Impostor) -> Arc<Self> {
        let witness = Arc::new(Self { inner: setup.transport.clone(), impostor, seen: Mutex::default() });
        setup.transport = witness.clone();
        witness
    }

    pub fn departures(&self) -> Vec<Departure> {
        self.seen.lock().expect("nobody panics while noting").clone()
    }

    /// Every origin that was spoken to, once.
    pub fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.departures().into_iter().map(|one| one.origin).collect();
        origins.sort();
        origins.dedup();
        origins
    }
}

#[async_trait::async_trait]
impl Transport for Witness {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let bearer = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let departure = Departure {
            origin: request.url.origin().ascii_serialization(),
            path: request.url.path().to_owned(),
            bearer: bearer.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
        };
        self.seen.lock().expect("nobody panics while noting").push(departure.clone());
        match (self.impostor)(&departure) {
            Some(response) => Ok(response),
            None => self.inner.send(request).await,
        }
    }
}
