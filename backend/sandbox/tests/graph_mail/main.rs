//! Exchange and Microsoft Graph as their clients see them, in process.

mod batch;
mod categories;
mod client;
mod control;
mod delta;
mod folders;
mod ids;
mod import;
mod limits;
mod lists;
mod messages;
mod permissions;
mod sending;
mod state;
