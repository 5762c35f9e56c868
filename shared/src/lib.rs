//! `shared` decides.
//!
//! The tracking rules, the plan that follows from them and the words of our HTTP API, as pure functions and
//! plain values. The same crate runs in the server and in the browser, so it must never use IO, a clock,
//! randomness, the environment or the order of a hash map: whatever it needs to know is an argument.

pub mod api;
pub mod category;
pub mod decision;
pub mod email;
pub mod item;
pub mod mailbox;
pub mod party;
pub mod plan;
pub mod problem;
pub mod regarding;
pub mod rules;
pub mod settings;
pub mod status;
pub mod time;
pub mod wish;

pub use decision::{Decision, Fact, RuleId};
pub use time::UtcMs;
