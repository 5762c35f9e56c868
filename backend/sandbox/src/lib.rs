//! A Microsoft 365 tenant on loopback: Entra ID, Microsoft Graph, Dataverse and an Outlook-like page.
//!
//! It plays the other side of the wire for demonstrations and tests, as faithfully as public clients need
//! it. It speaks only public HTTP and must never know the crates `shared` and `backend`.
//!
//! Everything answers on one origin. [`server::router`] serves a [`World`] in process, [`server::serve`]
//! on a socket. What a person does in Outlook or in the CRM (move, delete, categorize), and what an
//! administrator or fate does (rotate keys, withdraw consent, drop a connection), happens under
//! `/sandbox`, the [`control`] plane, which no real tenant has.

pub mod company;
pub mod control;
pub mod dataverse;
pub mod entra;
pub mod exchange;
pub mod graph;
pub mod host;
pub mod server;
pub mod world;

pub use world::{Clock, Options, World};
