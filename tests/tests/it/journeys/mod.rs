//! What people do and what comes of it, on the real service, the real database and the sandbox.

mod tracking;
