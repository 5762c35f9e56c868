//! What every implementation of a trait must hold.

mod store;
