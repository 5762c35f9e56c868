//! A page like Outlook on the web, so that an add-in can be seen and tried without Microsoft 365.
//!
//! `/` shows the company's mailboxes, and frames the add-in's task pane at `World.options.pane_origin`. In
//! that frame runs the *real* office.js of 2022 from the npm registry, and the page plays Outlook's end of
//! its protocol; the real msal-browser signs in through the page with tokens of the sandbox's Entra ID. All
//! of that is JavaScript under `pages/`; this module only serves it, and adds what a script cannot do: the
//! body of a mail under its own content security policy.
//!
//! The page acts on a mailbox as the person would in Outlook, through `/sandbox/exchange`. It must never
//! call the program under trial on its own; it only frames it and reads its manifest.
//!
//! # What a pane has to do
//!
//! Nothing that it would not do for Microsoft: there is no branch for the sandbox in a pane.
//!
//! 1. It loads office.js with a classic script element (`defer` is fine) from an address that its server
//!    configures: `https://appsforoffice.microsoft.com/lib/1/hosted/office.js` in production,
//!    `{origin}/npm/office-js/dist/office.js` here. The file keeps its name: office.js finds its other files
//!    by it. It is the real library with two short scripts around it, `pages/office/before.js` (stands in
//!    for MicrosoftAjax.js and puts `nestedAppAuthBridge` into the window) and `pages/office/after.js` (the
//!    members of Mailbox 1.13 to 1.15 that the library has not got).
//! 2. It loads msal-browser (`lib/msal-browser.min.js`, global `msal`) from its own origin. office.js sets
//!    `history.pushState` and `replaceState` to `null`.
//! 3. After `Office.onReady` it calls `msal.createNestablePublicClientApplication({ auth: { clientId,
//!    authority, knownAuthorities } })`, which looks for the bridge once, and `acquireTokenSilent({ scopes
//!    })`; on `InteractionRequiredAuthError` it calls `acquireTokenPopup`. `authority` is the sandbox's and
//!    its host stands in `knownAuthorities`, or msal-browser does not find its cached tokens again. *Who is
//!    signed in* the pane learns from the result's `account`, and whose Outlook it is from
//!    `Office.context.mailbox.userProfile.emailAddress`; its server learns it from the access token alone.
//! 4. Its content security policy names this origin in `script-src` and in `frame-ancestors`. Nothing here
//!    needs `unsafe-eval` or inline scripts; office.js tries two inline styles, which may be refused.
//! 5. The page of a function command (the manifest's `FunctionFile`) associates its functions with
//!    `Office.actions.associate` at the latest when `Office.onReady` resolves, without waiting for anything
//!    else: the host invokes as soon as the library listens.
//! 6. `{pane_origin}/manifest.xml` is served with `Access-Control-Allow-Origin` for this origin: the ribbon
//!    is built from it (permission, buttons, labels, icons, pinning). Without it the page shows *Regarding*,
//!    *Track* and *Untrack* for `/pane.html` and `/commands.html`, and says so.
//!
//! The theme switch reaches the pane as `Office.context.officeTheme` and the event `OfficeThemeChanged`. It
//! does not reach the media query `prefers-color-scheme` inside a frame, which is the browser's own.
//!
//! The frame's address gets `?_host_Info=…`, as from Outlook, and its `window.name` what office.js needs to
//! find its host. Both origins are HTTPS on the same host name: office.js trusts a host on its own domain.
//!
//! # Addresses for tests
//!
//! `/?person=ada&mailbox=sales&folder=inbox&message=<id>&pane=open&pinned=1&theme=dark&lang=de`; faults with
//! `fail=157:9042` (the next call of dispatch id 157 fails with error 9042) and
//! `naa=USER_INTERACTION_REQUIRED`. In the page, `hostLog` lists what the add-in asked and `host` offers
//! `fail`, `failSignIn` and `select`. `document.body.dataset.ready` is `true` once the mailbox is shown.

use crate::{World, company};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;

mod library;
mod mail_body;
mod pages;

use library::Library;

/// The page, its scripts, and the libraries that a pane loads from here.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route(
            "/",
            get(|State(world): State<Arc<World>>| async move { pages::page("index.html", &world.options) }),
        )
        .route(
            "/host/journal",
            get(|State(world): State<Arc<World>>| async move { pages::page("journal.html", &world.options) }),
        )
        .route(
            "/host/records",
            get(|State(world): State<Arc<World>>| async move { pages::page("records.html", &world.options) }),
        )
        .route("/host/config", get(describe))
        .route("/host/body/{mailbox}/{message}", get(mail_body::show))
        .route("/host/{*file}", get(|Path(file): Path<String>| async move { pages::file(&file) }))
        .route("/npm/{package}/{*file}", get(library::serve))
        .fallback(|| async {
            (
                StatusCode::NOT_FOUND,
                "Nothing is here. The sandbox's mailboxes are at / and its journal at /host/journal.\n",
            )
        })
}

/// What the page's scripts need to know of the tenant.
async fn describe(State(world): State<Arc<World>>) -> Json<Value> {
    let options = &world.options;
    let people: Vec<Value> = company::PEOPLE
        .iter()
        .map(|person| {
            json!({
                "oid": person.oid,
                "name": person.name,
                "upn": person.upn,
                "title": person.title,
                "hasLicence": person.systemuser.is_some(),
            })
        })
        .collect();
    let library = Library::in_folder(options.npm_dir.as_deref());
    Json(json!({
        "company": company::NAME,
        "tenantId": company::TENANT_ID,
        "clientId": company::APP_CLIENT_ID,
        "origin": options.origin,
        "paneOrigin": options.pane_origin,
        "people": people,
        "library": { "missing": library.missing(), "install": library.install_command() },
    }))
}

/// An answer that browsers may keep but must ask about again.
fn document(content_type: &'static str, policy: Option<String>, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, http::HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, http::HeaderValue::from_static("no-referrer"));
    if let Some(policy) = policy.and_then(|policy| http::HeaderValue::try_from(policy).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
