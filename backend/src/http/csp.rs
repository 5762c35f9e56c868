//! Content security policies: what a page of ours may load, whom it may talk to, and who may frame it.
//!
//! Outlook frames the pane, so `X-Frame-Options` must never be sent from this host, on no path: new Outlook
//! looks at the root too. Framing is governed by `frame-ancestors` alone.

use crate::config::{Config, origin_of};

/// Where browsers report what a policy stopped.
pub const REPORT_PATH: &str = "/csp-report";

/// The policy of every page that Outlook frames, and of `/`.
pub fn pane(config: &Config) -> String {
    let ancestors: Vec<String> = config.pane.frame_ancestors.iter().map(origin_of).collect();
    page(config, &format!("'self' {}", ancestors.join(" ")))
}

/// The policy of the dialog, where what destroys something is confirmed: nobody may frame it.
pub fn dialog(config: &Config) -> String {
    page(config, "'none'")
}

/// The policy of everything that is no page.
pub fn api(_: &Config) -> String {
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'".to_owned()
}

fn page(config: &Config, frame_ancestors: &str) -> String {
    let office_js = origin_of(&config.pane.office_js);
    let authority = origin_of(&config.entra.authority);
    [
        "default-src 'none'".to_owned(),
        format!("script-src 'self' 'wasm-unsafe-eval' {office_js}"),
        format!("connect-src 'self' {authority}"),
        "style-src 'self'".to_owned(),
        "img-src 'self' data:".to_owned(),
        "font-src 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "object-src 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        format!("report-uri {REPORT_PATH}"),
        format!("frame-ancestors {frame_ancestors}"),
    ]
    .join("; ")
}
