//! What Entra's refusals mean to us.
//!
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>. A description may name people,
//! so only the number (`AADSTS…`) leaves this file.

use crate::net::{Response, TransportError, retry_after_ms};
use crate::outcome::Failure;
use serde::Deserialize;
use shared::UtcMs;
use shared::problem::{Code, Problem};

/// Nobody has consented, consent was withdrawn, or the application is not known in the tenant.
const WITHOUT_CONSENT: [u32; 6] = [65_001, 65_004, 90_094, 500_011, 650_057, 700_016];

/// An OAuth error in Entra's shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OauthError {
    error: String,
    suberror: Option<String>,
    error_codes: Vec<u32>,
    claims: Option<String>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// The failure behind an answer that holds no token. Asking for a token changes nothing, so it is never
/// *unknown* whether it was done.
pub(super) fn read(response: &Response, now: UtcMs) -> Failure {
    let retry_after = retry_after_ms(&response.headers, now);
    let down = || Failure::NotDone(Problem::new(Code::EntraDown).retry_after_ms(retry_after));
    if response.status == 429 || response.status.is_server_error() {
        tracing::warn!(status = response.status.as_u16(), "Entra ID gives no tokens now");
        return down();
    }
    let Ok(error) = serde_json::from_slice::<OauthError>(&response.body) else {
        tracing::warn!(status = response.status.as_u16(), "Entra ID answered in an unknown form");
        return down();
    };
    tracing::warn!(
        status = response.status.as_u16(),
        error = error.error,
        suberror = error.suberror,
        codes = ?error.error_codes,
        trace_id = error.trace_id,
        correlation_id = error.correlation_id,
        "Entra ID refused a token"
    );
    judge(&error, response.status.is_client_error()).unwrap_or_else(down)
}

fn judge(error: &OauthError, is_refusal: bool) -> Option<Failure> {
    if !is_refusal {
        return None;
    }
    let reason = match error.error_codes.first() {
        Some(code) => format!("Entra ID says AADSTS{code}"),
        None => "Entra ID refused".to_owned(),
    };
    let suberror = error.suberror.as_deref().unwrap_or_default();
    let lacks_consent = error.error_codes.iter().any(|code| WITHOUT_CONSENT.contains(code))
        || suberror == "consent_required"
        || error.error == "consent_required";
    let claims = error.claims.as_deref().filter(|claims| !claims.is_empty());
    let problem = match error.error.as_str() {
        _ if lacks_consent => Problem::new(Code::ConsentRequired).because("reason", reason),
        _ if claims.is_some() => {
            Problem::new(Code::InteractionRequired).because("claims", claims.unwrap_or_default())
        }
        "interaction_required" | "login_required" => Problem::new(Code::InteractionRequired),
        "invalid_grant" => Problem::new(Code::SignedOut).because("reason", reason),
        "temporarily_unavailable" | "server_error" | "" => return None,
        // invalid_client and the like: our own credential or registration is wrong.
        _ => {
            tracing::error!(
                remedy = "check the app registration's secret or certificate, and the [entra] section",
                "Entra ID does not accept this service"
            );
            Problem::new(Code::Internal).because("reason", reason)
        }
    };
    Some(Failure::Refused(problem))
}

/// The failure behind no answer at all.
pub(super) fn of_transport(error: &TransportError) -> Failure {
    tracing::warn!(%error, "Entra ID cannot be reached");
    match error {
        TransportError::Forbidden(_) => Failure::Refused(Problem::new(Code::Internal)),
        TransportError::NotSent(_) | TransportError::NoAnswer(_) | TransportError::TooLarge(_) => {
            Failure::NotDone(Problem::new(Code::EntraDown))
        }
    }
}

/// The failure when a success cannot be read.
pub(super) fn unreadable() -> Failure {
    tracing::warn!("Entra ID answered a token request with something else");
    Failure::NotDone(Problem::new(Code::EntraDown))
}
