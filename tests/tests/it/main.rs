//! All tests that need more than one crate, in one binary.

mod architecture;
mod browser;
mod contracts;
mod crash;
mod journeys;
mod manifest;
mod security;
mod simulation;
