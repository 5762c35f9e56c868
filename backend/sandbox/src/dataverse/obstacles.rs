//! What goes wrong inside the CRM when an email is created: a failing plug-in, a database that takes too long,
//! a sender or a mail that is refused.
//!
//! The switchboard of faults (`world::faults`) breaks requests; an obstacle breaks the work behind them. It is
//! met only by a request that would have succeeded, it undoes what the request (or its changeset) did, and the
//! journal tells each time that it was met. The platform's own writes on the control plane meet none.

use super::errors::Fault;
use super::metadata::Table;
use super::store::Row;
use crate::world::journal::{Effect, Seq, Service};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How a create fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Trouble {
    /// A synchronous plug-in throws: 400 `0x80040265` with the message that it gives.
    PlugIn { message: String },
    /// The database gives up: 500 `0x80044151`.
    Timeout,
    /// The sender is refused: 400 `0x80040203`, in the words of the service's reason *InvalidSender*.
    InvalidSender,
    /// Refused without a reason: 500 `0x80040216`.
    Unknown,
    /// Anything else.
    Other { status: u16, code: String, message: String },
}

impl Trouble {
    /// The name in the journal.
    fn name(&self) -> &'static str {
        match self {
            Trouble::PlugIn { .. } => "plugIn",
            Trouble::Timeout => "timeout",
            Trouble::InvalidSender => "invalidSender",
            Trouble::Unknown => "unknown",
            Trouble::Other { .. } => "other",
        }
    }

    fn fault(&self) -> Fault {
        let (status, code, message) = match self {
            Trouble::PlugIn { message } => (StatusCode::BAD_REQUEST, "0x80040265", message.as_str()),
            Trouble::Timeout => (StatusCode::INTERNAL_SERVER_ERROR, "0x80044151", "SQL timeout expired."),
            Trouble::InvalidSender => (
                StatusCode::BAD_REQUEST,
                "0x80040203",
                "The sender email address could not be found or is invalid.",
            ),
            Trouble::Unknown => {
                (StatusCode::INTERNAL_SERVER_ERROR, "0x80040216", "An unexpected error occurred.")
            }
            Trouble::Other { status, code, message } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Fault::new(status, code.clone(), message);
            }
        };
        Fault::new(status, code, message)
    }
}

/// Something in the way of emails that are being created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    /// Names it for taking it away; made up where it is empty.
    #[serde(default)]
    pub name: String,
    /// Only emails whose subject contains this, in any case.
    #[serde(default)]
    pub subject: Option<String>,
    /// Only emails with this message id.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Gone after it was met so often; `None`: it stays.
    #[serde(default)]
    pub times: Option<u32>,
    #[serde(flatten)]
    pub trouble: Trouble,
}

impl Obstacle {
    /// In the way of every email, for good; narrow it with the other functions.
    pub fn new(trouble: Trouble) -> Self {
        Self { name: String::new(), subject: None, message_id: None, times: None, trouble }
    }

    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    #[must_use]
    pub fn on_subject(mut self, piece: &str) -> Self {
        self.subject = Some(piece.to_owned());
        self
    }

    #[must_use]
    pub fn on_message(mut self, message_id: &str) -> Self {
        self.message_id = Some(message_id.to_owned());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn is_met_by(&self, email: &Row) -> bool {
        let text = |column: &str| email.text(column).unwrap_or_default().to_lowercase();
        self.subject.as_ref().is_none_or(|piece| text("subject").contains(&piece.to_lowercase()))
            && self.message_id.as_ref().is_none_or(|id| text("messageid") == id.to_lowercase())
    }
}

/// An obstacle and how often it was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    #[serde(flatten)]
    pub obstacle: Obstacle,
    pub met: u32,
}

/// All obstacles. They outlive the draft of the request that met them, since that one is thrown away.
#[derive(Debug, Default)]
pub struct Obstacles {
    placed: Vec<Placed>,
    made: u32,
    told: Vec<(Seq, Effect)>,
}

impl Obstacles {
    /// Places an obstacle and gives its name. One of the same name is replaced.
    pub fn place(&mut self, mut obstacle: Obstacle) -> String {
        self.made += 1;
        if obstacle.name.is_empty() {
            obstacle.name = format!("obstacle-{}", self.made);
        }
        let name = obstacle.name.clone();
        self.placed.retain(|known| known.obstacle.name != name);
        self.placed.push(Placed { obstacle, met: 0 });
        name
    }

    pub fn list(&self) -> Vec<Placed> {
        self.placed.clone()
    }

    /// Takes one away; `false`: there is none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.placed.len();
        self.placed.retain(|known| known.obstacle.name != name);
        self.placed.len() < before
    }

    pub fn clear(&mut self) {
        self.placed.clear();
    }

    /// Fails if something is in the way of this new row.
    pub(super) fn meet(&mut self, seq: Option<Seq>, of: &Table, row: &Row) -> Result<(), Fault> {
        if of.logical != "email" {
            return Ok(());
        }
        let worn_out = |known: &Placed| known.obstacle.times.is_some_and(|times| known.met >= times);
        let found = self.placed.iter_mut().find(|known| !worn_out(known) && known.obstacle.is_met_by(row));
        let Some(found) = found else { return Ok(()) };
        found.met += 1;
        let trouble = &found.obstacle.trouble;
        if let Some(seq) = seq {
            let effect = Effect {
                service: Service::Dataverse,
                kind: "email.failed".to_owned(),
                target: found.obstacle.name.clone(),
                detail: json!({"trouble": trouble.name(), "met": found.met}),
            };
            self.told.push((seq, effect));
        }
        Err(trouble.fault())
    }

    /// What the journal has not been told yet.
    pub(super) fn take_told(&mut self) -> Vec<(Seq, Effect)> {
        std::mem::take(&mut self.told)
    }
}
