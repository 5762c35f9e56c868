//! A Microsoft 365 tenant on loopback: Entra ID, Microsoft Graph, Dataverse and an Outlook-like page.
//!
//! It plays the other side of the wire for demonstrations and tests, as faithfully as public clients need
//! it. It speaks only public HTTP and must never know the crates `shared` and `backend`.

pub mod company;
pub mod dataverse;
pub mod entra;
pub mod exchange;
pub mod graph;
pub mod host;
pub mod world;

pub use world::{Clock, Options, World};
