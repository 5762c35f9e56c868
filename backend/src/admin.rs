//! `regarding admin`: administering the service from a command line.
//!
//! A client of the HTTP API under `/api/admin` and of nothing else: what may be done, and what it does, the
//! service decides. It asks with a token that was handed to it, or with one of the service's own app registration.
//! It must never open the database or speak to Exchange or the CRM, and it shows no more than the API answers.

use crate::clock::Clock;
use crate::net::Transport;
use std::sync::Arc;

mod arguments;
mod client;
mod commands;
mod destination;
mod tables;

pub use arguments::{Arguments, Command, Form};
pub use destination::{Destination, Grounds};

/// What is to be printed, and whether everything that was asked for was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    pub end: End,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    /// Something of it was refused; the text says what and why.
    Refused,
}

/// Carries a command out. The error is about the way to the service; what the service refuses is told.
pub async fn run(
    command: &Command,
    form: Form,
    destination: Destination,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Told> {
    let client = client::Client::open(destination, transport, clock).await?;
    commands::perform(&client, command, form).await
}
