//! Who may come in from a socket: programs and pages of this machine, not pages of the web.
//!
//! Nobody signs in to the control plane, and a mailbox may hold the user's own mail. A page on the web could
//! reach loopback through a name of its own (DNS rebinding) or by posting blindly; both are turned away
//! here, before any service.

use crate::World;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};

/// Turns away what comes from the web; `None`: welcome.
pub(super) fn turn_away(world: &World, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let named = uri.host().or_else(|| host_of(headers.get(header::HOST)?.to_str().ok()?));
    if !named.is_some_and(|name| is_own_name(world, name)) {
        let text = "The sandbox answers to localhost, 127.0.0.1, [::1] and the host of its --origin only.";
        return Some((StatusCode::MISDIRECTED_REQUEST, text).into_response());
    }
    let from_elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if from_elsewhere && uri.path().starts_with("/sandbox") {
        let text = "Pages of other sites may not use the control plane.";
        return Some((StatusCode::FORBIDDEN, text).into_response());
    }
    None
}

/// The host of `host:port`.
fn host_of(authority: &str) -> Option<&str> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    authority.get(..end)
}

fn is_own_name(world: &World, name: &str) -> bool {
    let origin = &world.options.origin;
    let own = origin.split_once("://").and_then(|(_, authority)| host_of(authority));
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") || own == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::world::SetClock;

    fn verdict(uri: &str, headers: &[(&'static str, &str)]) -> Option<u16> {
        let clock = SetClock::new("2026-11-20T08:00:00Z".parse().unwrap());
        let options =
            Options { origin: "https://tenant.localhost:4000".to_owned(), ..Options::in_memory(clock) };
        let world = World::new(options).unwrap();
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers = headers.collect::<HeaderMap>();
        turn_away(&world, &uri.parse().unwrap(), &headers).map(|answer| answer.status().as_u16())
    }

    #[test]
    fn own_names_are_welcome_by_either_version_of_http() {
        for host in
            ["localhost", "localhost:4000", "127.0.0.1:4000", "[::1]:4000", "[::1]", "tenant.localhost:4000"]
        {
            assert_eq!(verdict("/v1.0/me", &[("host", host)]), None, "{host}");
        }
        assert_eq!(verdict("https://localhost:4000/v1.0/me", &[]), None);
    }

    #[test]
    fn other_names_for_loopback_are_turned_away() {
        for host in ["evil.example", "localhost.evil.example:4000", "10.0.0.1", ""] {
            assert_eq!(verdict("/v1.0/me", &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(verdict("https://evil.example/v1.0/me", &[("host", "localhost")]), Some(421));
        assert_eq!(verdict("/v1.0/me", &[]), Some(421));
    }

    #[test]
    fn pages_of_the_web_may_not_act_on_the_control_plane() {
        let host = ("host", "localhost:4000");
        assert_eq!(verdict("/sandbox/reset", &[host, ("sec-fetch-site", "cross-site")]), Some(403));
        for site in ["same-origin", "same-site", "none"] {
            assert_eq!(verdict("/sandbox/reset", &[host, ("sec-fetch-site", site)]), None, "{site}");
        }
    }
}
