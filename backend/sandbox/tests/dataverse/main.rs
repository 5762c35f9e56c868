//! The CRM as its clients see it: the Web API of Dataverse over the whole sandbox, in process.

mod batches;
mod changes;
mod client;
mod queries;
mod rights;
mod searching;
mod service;
mod writes;
