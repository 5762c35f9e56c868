//! What administrators ask and order, by the console or the command line.
//!
//! These handlers decide nothing either: the guard has let in an [`Administrator`](crate::entra::Administrator),
//! the engine does the rest, for that administrator's tenant.

pub(in crate::http) mod myself;
