//! The handlers: they read a request's words, ask the engine, and pass on what it says.

use super::answer::Refusal;
use shared::problem::{Code, Problem};

pub(super) mod admin;
pub(super) mod conversations;
pub(super) mod folders;
pub(super) mod health;
pub(super) mod items;
pub(super) mod many;
pub(super) mod notifications;
pub(super) mod own_mailbox;
pub(super) mod pane;
pub(super) mod people;
pub(super) mod records;
pub(super) mod site;

pub(super) async fn not_allowed() -> Refusal {
    Problem::new(Code::MethodNotAllowed).into()
}
