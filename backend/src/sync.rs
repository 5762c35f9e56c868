//! The one reconciler, and what handlers may ask of it.

pub mod items;

pub use items::Items;
