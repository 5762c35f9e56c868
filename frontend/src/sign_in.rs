//! Tokens for our own service, from MSAL: nested app authentication inside Outlook, an ordinary popup where
//! Outlook does not offer that.
//!
//! MSAL is JavaScript, so `static/sign-in.js` talks to it. Tokens are asked for anew with every request, for
//! MSAL and Outlook keep them; nothing is stored in here.

use crate::pane::event::SignIn;
use crate::pane::state::{SignedOut, Trouble};
use js_sys::Reflect;
use shared::api::Config;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Tells MSAL who we are. Must come before the first token.
    #[wasm_bindgen(js_namespace = regarding, catch)]
    fn configure(client_id: &str, authority: &str, scope: &str) -> Result<(), JsValue>;

    /// A token; rejects with `{ kind, message }`.
    #[wasm_bindgen(js_namespace = regarding, catch, js_name = token)]
    async fn token_of(in_window: bool, claims: Option<String>) -> Result<JsValue, JsValue>;
}

/// Hands the service's configuration to MSAL.
pub fn prepare(config: &Config) -> Result<(), Trouble> {
    configure(&config.client_id, &config.authority, &config.scope).map_err(trouble)
}

/// An access token for our service.
pub async fn token(how: &SignIn) -> Result<String, Trouble> {
    let (in_window, claims) = match how {
        SignIn::Silent => (false, None),
        SignIn::InWindow { claims } => (true, claims.clone()),
    };
    let token = token_of(in_window, claims).await.map_err(trouble)?;
    token.as_string().ok_or(Trouble::Unreadable { status: 0 })
}

fn trouble(error: JsValue) -> Trouble {
    let text = |name: &str| Reflect::get(&error, &name.into()).ok().and_then(|value| value.as_string());
    let why = match text("kind").as_deref() {
        Some("offline") => return Trouble::Offline,
        Some("interaction") => SignedOut::NotYet,
        Some("cancelled") => SignedOut::Cancelled,
        _ => SignedOut::Failed(text("message").unwrap_or_default()),
    };
    Trouble::SignedOut { why, claims: None }
}
