//! The service and the sandbox in one process, and the people who use them, for the tests.

pub mod browser;
pub mod clock;
pub mod fleet;
pub mod mailbox;
pub mod model;
pub mod online;
pub mod pane;
pub mod postgres;
pub mod process;
pub mod simulation;
pub mod stack;
pub mod tenant;

pub use browser::{Browser, View};
pub use clock::TestClock;
pub use fleet::Fleet;
pub use mailbox::{Mail, id_of, letter, parties};
pub use online::Online;
pub use pane::{Answer, Follower, Pane};
pub use postgres::Database;
pub use process::Program;
pub use stack::Stack;
pub use tenant::Tenant;
