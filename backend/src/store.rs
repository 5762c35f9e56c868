//! What must not be forgotten: wishes, effects, links, leases.
