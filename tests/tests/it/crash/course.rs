//! The course of a journey: what is written where, as the undisturbed run showed it.

use super::database::Effect;
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use sandbox::world::journal::{Entry, Seq, Service};
use tests::Tenant;

/// Everything that a journey does, in order.
#[derive(Debug, Clone)]
pub struct Course {
    pub steps: Vec<Step>,
    /// What changed on the other side: kinds and targets, sorted.
    pub changes: Vec<String>,
}

/// One effect: a row in the ledger and a request.
#[derive(Debug, Clone)]
pub struct Step {
    /// Kind of the effect in the ledger.
    pub kind: String,
    /// Steps of one plan are sent at the same time.
    pub round: usize,
    /// How the ledger says that it ended: `confirmed`, or `refused`.
    pub end: String,
    request: Matching,
}

/// How far a step's request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    Never,
    /// It changed nothing.
    InVain,
    Applied,
}

impl Course {
    /// Reads it from the ledger and the journal. What is sent at the same time may arrive in any order, so
    /// that requests are told apart by what they are for.
    pub fn of(effects: &[Effect], journal: &[Entry], changes: Vec<String>) -> Self {
        let mut begun: Vec<i64> = effects.iter().map(|effect| effect.began).collect();
        begun.dedup();
        let round_of =
            |effect: &Effect| begun.iter().position(|at| *at == effect.began).expect("is among them");
        let requests: Vec<Matching> = journal.iter().filter_map(|entry| write(entry, journal)).collect();
        assert_eq!(requests.len(), effects.len(), "each effect is one request: {effects:#?} {requests:#?}");
        let mut left = requests;
        let steps = effects.iter().map(|effect| {
            let place = left.iter().position(|request| belongs(&effect.kind, request));
            let request =
                left.remove(place.unwrap_or_else(|| panic!("no request of {effect:?} in {left:#?}")));
            Step { kind: effect.kind.clone(), round: round_of(effect), end: effect.state.clone(), request }
        });
        let steps: Vec<Step> = steps.collect();
        let mut kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), steps.len(), "the steps of a journey are told apart by their kind");
        Self { steps, changes }
    }

    /// Steps of the same plan.
    pub fn round(&self, round: usize) -> impl Iterator<Item = usize> {
        self.steps.iter().enumerate().filter(move |(_, step)| step.round == round).map(|(place, _)| place)
    }

    pub fn rounds(&self) -> usize {
        self.steps.last().map_or(0, |step| step.round + 1)
    }
}

impl Step {
    /// Something that befalls the step's request, once.
    pub fn fault(&self, kind: Kind) -> Fault {
        Fault::new(kind).matching(self.request.clone()).named(&self.kind).times(1)
    }

    /// How far its request came, as the journal tells.
    pub fn sent(&self, journal: &[Entry]) -> Sent {
        let requests = journal.iter().filter(|entry| self.is_sent_by(entry));
        let furthest =
            requests.map(|entry| if entry.effects.is_empty() { Sent::InVain } else { Sent::Applied });
        furthest.max().unwrap_or(Sent::Never)
    }

    /// The step's request among others.
    pub fn is_sent_by(&self, entry: &Entry) -> bool {
        Some(entry.service) == self.request.service
            && Some(&entry.method) == self.request.method.as_ref()
            && Some(&entry.path) == self.request.path_contains.as_ref()
    }
}

/// What Graph and Dataverse changed since the mark: kinds and targets, sorted.
pub fn changes_since(tenant: &Tenant, mark: Seq) -> Vec<String> {
    let entries = tenant.world.journal.entries_after(mark);
    let upstream = entries.into_iter().filter(|entry| entry.service.is_upstream());
    // What fails changes nothing, and may be tried again.
    let effects = upstream.flat_map(|entry| entry.effects).filter(|effect| effect.kind != "email.failed");
    let mut changes: Vec<_> = effects.map(|effect| format!("{} {}", effect.kind, effect.target)).collect();
    changes.sort();
    changes
}

/// A request that writes: one of its own, or the first write in a `$batch`, which stands for the whole. To ask
/// Exchange for notifications is part of no wish.
fn write(entry: &Entry, journal: &[Entry]) -> Option<Matching> {
    let for_a_wish =
        |entry: &Entry| !["$batch", "/subscriptions"].iter().any(|end| entry.path.ends_with(end));
    let writes = |entry: &Entry| entry.method != "GET" && for_a_wish(entry);
    let (first, place) =
        if entry.parent.is_some() || !matches!(entry.service, Service::Graph | Service::Dataverse) {
            return None;
        } else if entry.path.ends_with("$batch") {
            let parts = journal.iter().filter(|part| part.parent == Some(entry.seq));
            (parts.clone().find(|part| writes(part))?, Place::Part)
        } else {
            (Some(entry).filter(|entry| writes(entry))?, Place::TopLevel)
        };
    Some(Matching {
        service: Some(first.service),
        method: Some(first.method.clone()),
        path_contains: Some(first.path.clone()),
        place,
        ..Matching::default()
    })
}

/// Whether a request can be the one of an effect.
fn belongs(kind: &str, request: &Matching) -> bool {
    let path = request.path_contains.as_deref().unwrap_or_default();
    match kind.split_once('.').map_or(kind, |(side, _)| side) {
        "master" => path.ends_with("/masterCategories"),
        "category" => path.contains("/messages/"),
        "contact" => path.ends_with("/contacts"),
        "email" => request.service == Some(Service::Dataverse) && !path.ends_with("/contacts"),
        _ => false,
    }
}
