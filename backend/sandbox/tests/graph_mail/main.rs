//! Exchange and Microsoft Graph as their clients see them, in process.

mod attachments;
mod batch;
mod categories;
mod client;
mod control;
mod delta;
mod folders;
mod ids;
mod import;
mod limits;
mod listener;
mod lists;
mod messages;
mod notifications;
mod permissions;
mod sending;
mod state;
mod subscriptions;
mod threads;
mod tiny;
