//! The CRM as its clients see it: the Web API of Dataverse over the whole sandbox, in process.

#![expect(clippy::unwrap_used, reason = "all of this binary is test code, its functions outside tests too")]

mod attachments;
mod batches;
mod changes;
mod client;
mod correlation;
mod deeds;
mod obstacles;
mod organization;
mod people;
mod queries;
mod queues;
mod rights;
mod searching;
mod service;
mod writes;
