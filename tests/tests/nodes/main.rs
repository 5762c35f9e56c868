//! Several nodes on one database, killed at random while mail comes in and is categorized all the time.
//!
//! Real processes and real time: here a machine's own disorder is what is tried. `cargo xtask nodes --kills 1000`
//! goes on for as long as one lets it; `REGARDING_KILLS` and `REGARDING_SEED` say the same to the test alone.

mod dice;
mod killing;
mod load;
