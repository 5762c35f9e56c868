//! A machine that tries to make the engine lose, double or wrongly undo something.
//!
//! A history is drawn from a seed: what people do in Outlook, in the pane and in the CRM, how time passes, and what
//! goes wrong meanwhile. It is played on the real engine, the real SQL and the sandbox, all in this process, on one
//! thread and on a clock that moves only when told to; so a seed is a history, and a history is always the same. While
//! it is played the checkers of [`check`] look on (safety); then everything that was wrong is mended, and both sides
//! must agree with the reference model ([`crate::model`]) within two cycles, and a third one must write nothing
//! (liveness). A history that fails is shrunk to the few events that it takes ([`shrink`]).
//!
//! Nothing here may look at the wall clock, draw randomness but from the seed, or know how the engine decides.

pub mod act;
pub mod books;
pub mod check;
pub mod dice;
pub mod draw;
pub mod ground;
pub mod people;
pub mod play;
pub mod scene;
pub mod shrink;
pub mod time;
pub mod wire;

pub use act::{Event, History};
pub use ground::Ground;
pub use play::{Played, play};
