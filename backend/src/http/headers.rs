//! The headers of every answer.

use crate::config::{Config, OtherSide};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Powerful features that no page of ours uses.
const NO_FEATURES: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
                           hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";
/// One year.
const HSTS: &str = "max-age=31536000";

/// Adds what every answer says; what a handler said itself stays.
pub(super) fn secure(config: &Config, headers: &mut HeaderMap) {
    let mut add = |name: HeaderName, value: &str| {
        if let (header::Entry::Vacant(entry), Ok(value)) = (headers.entry(name), HeaderValue::from_str(value))
        {
            entry.insert(value);
        }
    };
    add(header::CONTENT_SECURITY_POLICY, &super::csp::api(config));
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::REFERRER_POLICY, "no-referrer");
    // The dialog says otherwise, for it has to reach the pane that opened it.
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), NO_FEATURES);
    add(header::CACHE_CONTROL, "no-store");
    // On localhost it would bind every other program's port on the developer's machine too.
    if config.other_side == OtherSide::Microsoft {
        add(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
