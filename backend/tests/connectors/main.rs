//! The connectors against the sandbox tenant, in process: what they say and what the tenant does must agree.

mod crm;
mod exchange;
mod subscriptions;
mod tenant;
