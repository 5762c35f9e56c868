//! The service and the sandbox in one process, and the people who use them, for the tests.

pub mod clock;
pub mod mailbox;
pub mod pane;
pub mod stack;

pub use clock::TestClock;
pub use mailbox::Mail;
pub use pane::{Answer, Pane};
pub use stack::Stack;
