//! The rules of the catalogue, one file per chapter. Each test names its rule first.
//!
//! Where a rule is a table, every combination is tried against a reference that is written here from the rule's
//! sentence and calls nothing of what it judges.

mod category;
mod failing;
mod incoming;
mod noticing;
mod people;
mod plans;
mod regarding;
mod situations;
mod timing;
mod untracking;
mod words;
