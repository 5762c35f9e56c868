//! The parts of the build that tests want to call too: the check of `manifest.xml`, and a PostgreSQL to try things
//! on.
//!
//! Everything else that `cargo xtask` does is in its binary.

pub mod manifest;
pub mod postgres;
