//! The rules of the catalogue, one file per chapter. Each test names its rule first.
//!
//! Where a rule is a table, every combination is tried against a reference that is written here from the rule's
//! sentence and calls nothing of what it judges.

mod accepting;
mod category;
mod contacts;
mod copies;
mod delegates;
mod failing;
mod incoming;
mod legacy;
mod mailboxes;
mod names;
mod noticing;
mod people;
mod plans;
mod regarding;
mod rhythm;
mod several;
mod situations;
mod standing;
mod timing;
mod untracking;
mod why;
mod words;
