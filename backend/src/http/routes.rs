//! The one table of routes.

use super::handlers::admin::{failing, mailboxes, myself, nodes, settings};
use super::{Service, handlers};
use axum::routing::{MethodRouter, delete, get, post, put};
use http::Method;
use std::sync::Arc;

/// An address of the API.
#[derive(Debug)]
pub struct Route {
    pub method: Method,
    /// As axum and OpenAPI write it: `/api/items/{item}`.
    pub path: &'static str,
    pub who: Who,
    /// Largest body, in bytes; 0: none is taken.
    pub body_bytes: usize,
    pub(super) body_types: &'static [&'static str],
    pub(super) handler: fn() -> MethodRouter<Arc<Service>>,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Anybody.
    Public,
    /// A person with a verified token.
    User,
    /// A person with the app role of administrators, or a program that has it and is on the list.
    Administrator,
}

/// Largest body of the API.
const API_BODY_BYTES: usize = 64 * 1024;
/// Largest body that names several items: 100 wishes with their records, or 500 ids.
const MANY_BODY_BYTES: usize = 256 * 1024;
/// Largest report about the content security policy.
const REPORT_BYTES: usize = 16 * 1024;
/// Largest bundle of change notifications.
const NOTICE_BYTES: usize = 256 * 1024;
/// The handshake before a subscription is plain text.
const NOTICE: &[&str] = &["application/json", "text/plain"];
const JSON: &[&str] = &["application/json"];
const REPORT: &[&str] = &["application/csp-report", "application/reports+json", "application/json"];

const fn read(path: &'static str, who: Who, handler: fn() -> MethodRouter<Arc<Service>>) -> Route {
    Route { method: Method::GET, path, who, body_bytes: 0, body_types: &[], handler }
}

const fn order(method: Method, path: &'static str, handler: fn() -> MethodRouter<Arc<Service>>) -> Route {
    Route { method, path, who: Who::Administrator, body_bytes: 0, body_types: &[], handler }
}

const fn change(method: Method, path: &'static str, handler: fn() -> MethodRouter<Arc<Service>>) -> Route {
    let who = Who::Administrator;
    Route { method, path, who, body_bytes: API_BODY_BYTES, body_types: JSON, handler }
}

/// A route by which a person changes something, or asks with a body.
const fn write(
    method: Method,
    path: &'static str,
    body_bytes: usize,
    handler: fn() -> MethodRouter<Arc<Service>>,
) -> Route {
    Route { method, path, who: Who::User, body_bytes, body_types: JSON, handler }
}

const fn notice(path: &'static str, handler: fn() -> MethodRouter<Arc<Service>>) -> Route {
    let (body_bytes, body_types) = (NOTICE_BYTES, NOTICE);
    Route { method: Method::POST, path, who: Who::Public, body_bytes, body_types, handler }
}

/// Every route but the pane's files.
pub const ROUTES: &[Route] = &[
    read("/api/config", Who::Public, || get(handlers::pane::config)),
    read("/api/openapi.json", Who::Public, || get(handlers::pane::description)),
    read("/api/me", Who::User, || get(handlers::people::me)),
    read("/api/items/{item}", Who::User, || get(handlers::items::state)),
    Route {
        method: Method::POST,
        path: "/api/items/{item}/wishes",
        who: Who::User,
        body_bytes: API_BODY_BYTES,
        body_types: JSON,
        handler: || post(handlers::items::wish),
    },
    read("/api/items/{item}/events", Who::User, || get(handlers::items::events)),
    read("/api/items/{item}/suggestions", Who::User, || get(handlers::items::suggestions)),
    read("/api/items/{item}/surroundings", Who::User, || get(handlers::conversations::surroundings)),
    write(Method::POST, "/api/items/{item}/conversation", API_BODY_BYTES, || {
        post(handlers::conversations::track_conversation)
    }),
    write(Method::PUT, "/api/items/{item}/conversation", API_BODY_BYTES, || {
        put(handlers::conversations::follow_conversation)
    }),
    write(Method::PUT, "/api/items/{item}/choice", API_BODY_BYTES, || put(handlers::items::choose_person)),
    write(Method::POST, "/api/states", MANY_BODY_BYTES, || post(handlers::many::states)),
    write(Method::POST, "/api/states/events", MANY_BODY_BYTES, || post(handlers::many::events)),
    write(Method::POST, "/api/wishes", MANY_BODY_BYTES, || post(handlers::many::wishes)),
    read("/api/folders", Who::User, || get(handlers::folders::list)),
    write(Method::PUT, "/api/folders/{folder}/mapping", API_BODY_BYTES, || put(handlers::folders::map)),
    write(Method::DELETE, "/api/folders/{folder}/mapping", 0, || delete(handlers::folders::unmap)),
    read("/api/mailbox", Who::User, || get(handlers::own_mailbox::standing)),
    read("/api/records", Who::User, || get(handlers::records::search)),
    read("/api/admin/me", Who::Administrator, || get(myself::administrator)),
    read("/api/admin/mailboxes", Who::Administrator, || get(mailboxes::mailboxes)),
    change(Method::POST, "/api/admin/mailboxes", || post(mailboxes::enroll)),
    order(Method::POST, "/api/admin/mailboxes/discover", || post(mailboxes::discover)),
    read("/api/admin/mailboxes/{address}", Who::Administrator, || get(mailboxes::mailbox)),
    order(Method::POST, "/api/admin/mailboxes/{address}/{order}", || post(mailboxes::order)),
    change(Method::PUT, "/api/admin/mailboxes/{address}/node", || put(mailboxes::pin)),
    change(Method::PUT, "/api/admin/mailboxes/{address}/start-date", || put(mailboxes::set_start)),
    read("/api/admin/settings", Who::Administrator, || get(settings::settings)),
    change(Method::PUT, "/api/admin/settings/{name}", || put(settings::set_setting)),
    read("/api/admin/failing", Who::Administrator, || get(failing::failing)),
    read("/api/admin/failing/{wish}", Who::Administrator, || get(failing::history)),
    order(Method::POST, "/api/admin/failing/{wish}/retry", || post(failing::retry)),
    read("/api/admin/nodes", Who::Administrator, || get(nodes::nodes)),
    notice("/api/notifications/graph", || post(handlers::notifications::changed)),
    notice("/api/notifications/graph/lifecycle", || post(handlers::notifications::lifecycle)),
    read("/health", Who::Public, || get(handlers::health::health)),
    read("/ready", Who::Public, || get(handlers::health::ready)),
    Route {
        method: Method::POST,
        path: "/csp-report",
        who: Who::Public,
        body_bytes: REPORT_BYTES,
        body_types: REPORT,
        handler: || post(handlers::pane::policy_report),
    },
];
