//! `backend` does.
//!
//! A click, a webhook and a timer are doorbells without orders: each wakes the one reconciler (`sync`),
//! which looks at what is, compares it with what is wished, asks `shared::plan` for the next step and takes
//! it. Handlers (`http`) only wish, read state and search. Connectors (`exchange`, `crm`) speak the field's
//! words and neither decide nor remember. `app` is the only place that names every concrete type.

pub mod admin;
pub mod app;
pub mod body;
pub mod caller;
pub mod clock;
pub mod config;
pub mod crm;
pub mod entra;
pub mod exchange;
pub mod http;
pub mod lifecycle;
pub mod line;
pub mod net;
pub mod outcome;
pub mod rate;
pub mod store;
pub mod sync;
pub mod telemetry;
