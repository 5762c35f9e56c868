//! The pane's mind: what it knows ([`state`]), what can happen ([`event`]) and what follows ([`update`]).
//!
//! Nothing in here knows a browser, so all of it is tested natively. [`perform`] is the one exception: it does
//! what [`update`] asks for.

pub mod event;
mod folders;
pub mod perform;
mod picking;
mod several;
pub mod state;
mod thread;
pub mod update;
