//! The interactive sign-in: a page with the company's people, and sign-out.
//!
//! Nobody has a password; whoever reaches the page may be anybody. What a client may get wrong is checked
//! all the same. An error goes to the redirect address only when that address is registered.

use super::registration::{Redirect, Registration, Request};
use super::{Code, Platform, Refusal, Tenant, grant};
use crate::World;
use crate::company::{NAME, PEOPLE, Person};
use crate::entra::mint::find_person;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::{Form, response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

const COOKIE: &str = "SandboxSession";
const CODE_MINUTES: i64 = 10;

/// The parameters of an authorization request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    response_mode: Option<String>,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    prompt: Option<String>,
    login_hint: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    client_info: Option<String>,
}

/// How the parameters of the answer reach the redirect address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Query,
    Fragment,
    /// In a form that the browser posts by itself.
    FormPost,
}

/// A request whose client and redirect address are known, so that answers may go there.
struct Asking<'a> {
    world: &'a World,
    registration: Registration,
    redirect: Redirect,
    mode: Mode,
    parameters: Parameters,
}

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    OriginalUri(uri): OriginalUri,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let asking = match Asking::open(&world, &tenant, parameters) {
        Ok(asking) => asking,
        Err(refusal) => return error_page(&refusal),
    };
    if let Err(refusal) = asking.check() {
        return asking.refuse(&refusal);
    }
    let signed_in = session_id(&headers).and_then(|id| world.entra().sessions.get(&id).cloned());
    let signed_in = signed_in.and_then(|oid| World::person(&oid));
    let hinted = asking.parameters.login_hint.as_deref().and_then(find_person);
    let known = signed_in.filter(|person| hinted.is_none_or(|hinted| hinted.oid == person.oid));
    match (asking.parameters.prompt.as_deref(), known) {
        (Some("none") | None, Some(person)) => asking.send_code(person),
        (Some("none"), None) => {
            let text = "A silent sign-in request was sent but no user is signed in.";
            asking.refuse(&Refusal::new("login_required", 50_058, text))
        }
        _ => page(&asking.registration.name, uri.path_and_query().map_or("", |whole| whole.as_str()), hinted),
    }
}

/// Who was chosen on the page.
#[derive(Deserialize)]
pub(super) struct Choice {
    /// Object id; empty: cancelled.
    #[serde(default)]
    person: String,
}

/// `POST /{tenant}/oauth2/v2.0/authorize`
pub(super) async fn choose(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    Query(parameters): Query<Parameters>,
    Form(choice): Form<Choice>,
) -> Response {
    let asking = match Asking::open(&world, &tenant, parameters) {
        Ok(asking) => asking,
        Err(refusal) => return error_page(&refusal),
    };
    if let Err(refusal) = asking.check() {
        return asking.refuse(&refusal);
    }
    let Some(person) = World::person(&choice.person) else {
        return asking.refuse(&Refusal::new("access_denied", 65_004, "User declined to sign in."));
    };
    let session = world.next_uuid().simple().to_string();
    world.entra().sessions.insert(session.clone(), person.oid.to_owned());
    let mut response = asking.send_code(person);
    set_cookie(&mut response, &world, &session, "");
    response
}

impl<'a> Asking<'a> {
    /// Finds client and redirect address; without them nothing may be redirected.
    fn open(world: &'a World, tenant: &str, parameters: Parameters) -> Result<Self, Refusal> {
        Tenant::parse(tenant)?;
        let registration = world
            .entra()
            .registration(&parameters.client_id)
            .cloned()
            .ok_or_else(|| Refusal::unknown_client(&parameters.client_id))?;
        let redirect = registration.redirect(&parameters.redirect_uri).cloned().ok_or_else(|| {
            let text = format!(
                "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the sandbox: POST /sandbox/entra/redirects.",
                parameters.redirect_uri, registration.client_id
            );
            Refusal::new("invalid_request", 50_011, text)
        })?;
        let mode = match parameters.response_mode.as_deref() {
            Some("fragment") => Mode::Fragment,
            Some("form_post") => Mode::FormPost,
            _ => Mode::Query,
        };
        Ok(Self { world, registration, redirect, mode, parameters })
    }

    fn check(&self) -> Result<(), Refusal> {
        let asked = &self.parameters;
        let refused = |error: &str, code, text: String| Err(Refusal::new(error, code, text));
        if asked.response_type != "code" {
            let text = format!(
                "response_type '{}' is not enabled for the application; use 'code'.",
                asked.response_type
            );
            return refused("unsupported_response_type", 700_054, text);
        }
        if asked.response_mode.as_deref() == Some("web_message") {
            let text =
                "response_mode 'web_message' is not supported here; use 'query', 'fragment' or 'form_post'."
                    .to_owned();
            return refused("invalid_request", 9_002_313, text);
        }
        match (asked.code_challenge.as_deref(), asked.code_challenge_method.as_deref()) {
            (None, _) if self.redirect.platform == Platform::Spa => {
                let text =
                    "Proof Key for Code Exchange is required for cross-origin authorization code redemption.";
                return refused("invalid_request", 9_002_325, text.to_owned());
            }
            (Some(_), method) if method != Some("S256") => {
                let text = "The code_challenge_method must be 'S256'.";
                return refused("invalid_request", 501_491, text.to_owned());
            }
            _ => {}
        }
        Request::parse(&asked.scope, &self.world.options.origin)?.granted_scopes(&self.registration)?;
        Ok(())
    }

    /// Sends a fresh code for this person to the redirect address. Signing in interactively is consent.
    fn send_code(&self, person: &Person) -> Response {
        let asked = &self.parameters;
        let code = format!("1.sandbox-{}", self.world.next_uuid().simple());
        let life = jiff::SignedDuration::from_mins(CODE_MINUTES);
        let kept = Code {
            client_id: self.registration.client_id.clone(),
            oid: person.oid.to_owned(),
            redirect: self.redirect.clone(),
            asked_redirect: asked.redirect_uri.clone(),
            scope: asked.scope.clone(),
            nonce: asked.nonce.clone(),
            challenge: asked.code_challenge.clone(),
            expires_at: self.world.now().saturating_add(life).unwrap_or(jiff::Timestamp::MAX),
            redeemed: false,
        };
        let session_state = self.world.next_uuid().to_string();
        let mut entra = self.world.entra();
        entra.codes.retain(|_, code| code.expires_at > self.world.now());
        entra.codes.insert(code.clone(), kept);
        if let Some(registration) = entra.registration_mut(&self.registration.client_id) {
            registration.consent_withdrawn.remove(person.oid);
        }
        drop(entra);
        let client_info = (asked.client_info.as_deref() == Some("1")).then(|| grant::client_info(person));
        let mut answer = vec![("code", code.as_str()), ("session_state", session_state.as_str())];
        if let Some(client_info) = &client_info {
            answer.push(("client_info", client_info));
        }
        self.redirect(&answer)
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        self.redirect(&[("error", refusal.error()), ("error_description", &refusal.description())])
    }

    fn redirect(&self, answer: &[(&str, &str)]) -> Response {
        let address = &self.parameters.redirect_uri;
        let state = self.parameters.state.iter().map(|state| ("state", state.as_str()));
        let answer = answer.iter().copied().chain(state);
        if self.mode == Mode::FormPost {
            return posting_page(address, answer);
        }
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        let joint = match self.mode {
            Mode::Fragment => '#',
            _ if address.contains('?') => '&',
            _ => '?',
        };
        found(&format!("{address}{joint}{text}"))
    }
}

/// A page whose form posts the answer to the redirect address as soon as it is there.
fn posting_page<'a>(address: &str, answer: impl Iterator<Item = (&'a str, &'a str)>) -> Response {
    const SCRIPT: &str = "document.forms[0].submit()";
    let mut fields = String::new();
    for (name, value) in answer {
        let _ = write!(fields, r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value));
    }
    let body = format!(
        r#"<form method="post" action="{}">{fields}<button>Continue</button></form><script>{SCRIPT}</script>"#,
        escape(address),
    );
    let hash = STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
    document(StatusCode::OK, "Signing in", &body, &format!("; script-src 'sha256-{hash}'"))
}

fn found(address: &str) -> Response {
    match HeaderValue::try_from(address) {
        Ok(address) => (StatusCode::FOUND, [(header::LOCATION, address)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SignOut {
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// `GET /{tenant}/oauth2/v2.0/logout`
pub(super) async fn sign_out(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    Query(asked): Query<SignOut>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = Tenant::parse(&tenant) {
        return error_page(&refusal);
    }
    if let Some(id) = session_id(&headers) {
        world.entra().sessions.remove(&id);
    }
    let registered = asked
        .post_logout_redirect_uri
        .filter(|uri| world.entra().registrations().iter().any(|app| app.redirect(uri).is_some()));
    let mut response = match registered {
        Some(uri) => {
            let state = asked.state.map(|state| {
                let joint = if uri.contains('?') { '&' } else { '?' };
                let mut text = url::form_urlencoded::Serializer::new(String::new());
                format!("{joint}{}", text.append_pair("state", &state).finish())
            });
            found(&format!("{uri}{}", state.unwrap_or_default()))
        }
        None => document(
            StatusCode::OK,
            "Signed out",
            "<h1>You are signed out</h1><p>You can close this window.</p>",
            "",
        ),
    };
    set_cookie(&mut response, &world, "", "; Max-Age=0");
    response
}

fn session_id(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, id)| id.to_owned())
}

fn set_cookie(response: &mut Response, world: &World, session: &str, more: &str) {
    let secure = if world.options.origin.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The list of people; a hinted one stands alone.
fn page(client: &str, action: &str, hinted: Option<&Person>) -> Response {
    let mut people = String::new();
    for person in PEOPLE.iter().filter(|person| hinted.is_none_or(|hinted| hinted.oid == person.oid)) {
        let initials: String = person.name.split(' ').filter_map(|name| name.chars().next()).collect();
        let _ = write!(
            people,
            r#"<li><button name="person" value="{}"><b aria-hidden="true">{}</b><span>{}<small>{} · {}</small></span></button></li>"#,
            escape(person.oid),
            escape(&initials),
            escape(person.name),
            escape(person.title),
            escape(person.upn),
        );
    }
    let body = format!(
        r#"<h1>Sign in</h1><p>to <strong>{}</strong> as somebody of {}. This is a sandbox: nobody has a password.</p><form method="post" action="{}"><ul>{people}</ul><button class="quiet" name="person" value="">Cancel</button></form>"#,
        escape(client),
        escape(NAME),
        escape(action),
    );
    document(StatusCode::OK, "Sign in", &body, "")
}

fn error_page(refusal: &Refusal) -> Response {
    let body = format!("<h1>Sign-in is not possible</h1><p>{}</p>", escape(&refusal.description()));
    document(StatusCode::BAD_REQUEST, "Sign-in is not possible", &body, "")
}

const STYLE: &str = "
:root{color-scheme:light dark;font:16px/1.4 'Segoe UI',system-ui,sans-serif;background:Canvas;color:CanvasText}
body{max-width:26rem;margin:12vh auto;padding:0 1.5rem}h1{font-size:1.5rem;font-weight:600;margin:0}
p{margin:.5rem 0 1.5rem}ul{list-style:none;margin:0;padding:0}li{margin:.25rem 0}
button{display:flex;gap:.75rem;align-items:center;width:100%;padding:.75rem;border:1px solid #8886;
border-radius:6px;background:transparent;color:inherit;font:inherit;text-align:left;cursor:pointer}
button:hover,button:focus-visible{background:#0f6cbd1f;border-color:#0f6cbd}
b{display:grid;place-items:center;width:2.25rem;height:2.25rem;border-radius:50%;background:#0f6cbd;color:#fff;
font-size:.8rem}small{display:block;opacity:.75}.quiet{width:auto;margin-top:1rem;padding:.4rem .9rem}";

/// A page; `more` is added to its content security policy.
fn document(status: StatusCode, title: &str, body: &str, more: &str) -> Response {
    let page = format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{} · {} (sandbox)</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"#,
        escape(title),
        escape(NAME),
    );
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'{more}"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".to_owned())];
    (status, response::AppendHeaders(headers), Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
