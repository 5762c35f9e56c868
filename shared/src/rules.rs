//! The tracking rules, one file per chapter. Each answer is a [`crate::Decision`].

pub mod accepting;
pub mod contacts;
pub mod copies;
pub mod delegates;
pub mod deleting;
pub mod failing;
pub mod folders;
pub mod incoming;
pub mod language;
pub mod legacy;
pub mod mailboxes;
pub mod noticing;
pub mod people;
pub mod reasons;
pub mod regarding;
pub mod rhythm;
pub mod several;
pub mod standing;
pub mod timing;
pub mod tracking;
pub mod untracking;
pub mod why;
pub mod words;

pub use language::Language;
pub use reasons::explain;
