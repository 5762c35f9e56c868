//! What people do in Outlook, from Rust: with its entry in the journal, as if the control plane had been asked.

use super::World;
use super::journal::{Asked, Effect, Service};
use crate::exchange::{Exchange, Happening, Refusal};
use jiff::Timestamp;
use serde_json::json;

impl World {
    /// Lets people act on the mailboxes. `deed` names the act in the journal, e.g. `ada categorizes`; what it
    /// changed stands there as the entry's effects. Do not call it with a lock of [`World::exchange`] in hand.
    pub fn act<T>(
        &self,
        deed: &str,
        act: impl FnOnce(&mut Exchange, Timestamp) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let now = self.now();
        let seq = self.journal.begin(Asked {
            parent: None,
            service: Service::Control,
            method: "ACT".to_owned(),
            path: deed.to_owned(),
            query: None,
            caller: "-".to_owned(),
            client_request_id: None,
            at: now,
        });
        let mut exchange = self.exchange();
        let answer = act(&mut exchange, now);
        let happened = exchange.take_happenings();
        drop(exchange);
        for happening in happened {
            self.journal.effect(seq, effect(happening));
        }
        self.journal.end(seq, Some(if answer.is_ok() { 200 } else { 400 }));
        self.touch();
        answer
    }
}

/// A happening as the journal tells it.
pub(crate) fn effect(happening: Happening) -> Effect {
    let detail = json!({ "mailbox": happening.upn, "before": happening.before, "after": happening.after });
    Effect { service: Service::Graph, kind: happening.kind.to_owned(), target: happening.target, detail }
}
