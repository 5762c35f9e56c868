//! The crash matrix: `kill -9` at every cut point of every journey, and what comes of it after the restart.
//!
//! The real program runs as a process of its own, with the sandbox of this process on a real socket as its
//! other side. The matrix is generated: each journey is made once undisturbed; what the ledger then says was
//! done, and what the sandbox's journal says was written, are the steps; [`cut::cuts`] makes the cut points
//! from them. Nothing in the product knows of it: a process is held where it is to die by holding its
//! requests in the sandbox, or by a trigger in its database that never comes to an end.
//!
//! `cargo test -p tests crash -- --nocapture` prints the matrix.

mod course;
mod cut;
mod database;
mod doubled;
mod journey;
mod lane;
mod matrix;
