//! How a call to the other side can fail, as far as the caller must tell it apart.

use shared::problem::Problem;

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Answered, and the answer is no: nothing was changed, and asking again will not help.
    Refused(Problem),
    /// Nothing was changed (throttled, not connected, answered 5xx to a read): ask again later.
    NotDone(Problem),
    /// Perhaps it was done: the answer was lost, or says nothing about it. Look before asking again.
    Unknown(Problem),
    /// What was to be changed is not what it was when we looked: look again at once.
    Conflict,
}

impl Failure {
    /// The problem to tell people about.
    pub fn problem(&self) -> Problem {
        match self {
            Failure::Refused(p) | Failure::NotDone(p) | Failure::Unknown(p) => p.clone(),
            Failure::Conflict => Problem::new(shared::problem::Code::ExchangeRefused)
                .because("reason", "the item kept changing while it was being written"),
        }
    }
}

pub type Outcome<T> = Result<T, Failure>;
