//! The backend's edges, in and out, with the sandbox as the other side: who gets in, what is refused and how,
//! which headers an answer has, how tokens are obtained.

#![allow(clippy::unwrap_used, reason = "what surprises a test is to fail it")]

mod administering;
mod bearers;
mod command;
mod files;
mod headers;
mod house;
mod notifications;
mod outgoing;
mod requests;
mod socket;
mod stream;
