//! What must not happen, whoever tries.
//!
//! The backend's own tests try its edges: every bad token on every route, the headers of every answer, bodies,
//! limits (`backend/tests/http`), and which configurations may not start (`backend/src/config/start_check.rs`).
//! Here is what needs the whole product: walls between people and tenants, what leaves the house and where it
//! goes, and what stays behind in logs and in the database.

mod canaries;
mod delegates;
mod filters;
mod links;
mod reading;
mod requests;
mod tenants;
mod witness;
