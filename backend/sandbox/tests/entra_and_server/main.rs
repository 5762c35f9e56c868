//! Entra ID and the frame of the sandbox, tried as a client would: through the router, and once over TLS.
//!
//! One binary, so that all tests share the few RSA keys that a process makes.

#![expect(clippy::unwrap_used, reason = "all of this binary is test code, its functions outside tests too")]

mod client;

mod bad_tokens;
mod client_credentials;
mod control_plane;
mod discovery;
mod faults;
mod journal;
mod on_behalf_of;
mod roles;
mod sign_in;
mod socket;
mod state_folder;
