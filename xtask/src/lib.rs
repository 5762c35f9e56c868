//! The part of the build that tests want to call too: the check of `manifest.xml`.
//!
//! Everything else that `cargo xtask` does is in its binary.

pub mod manifest;
