//! The pane's files, read into memory once: they are few and small, and an address that names no file of the
//! folder can lead nowhere else.
//!
//! A file may have a `.br` and a `.gz` beside it. The pages name office.js by Microsoft's address; where
//! another is configured (the sandbox's), it stands in the pages instead.

use super::csp;
use crate::config::{Config, OFFICE_JS, OtherSide, origin_of};
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The manifest as it is for the usual addresses.
const MANIFEST: &str = include_str!("../../../manifest.xml");
/// The origin that it names.
const MANIFEST_ORIGIN: &str = "https://localhost:3000";
const WELCOME: &str =
    "This is Regarding, an add-in for Outlook. There is nothing to see outside of Outlook.\n";

/// Why the pane cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(
        "the pane's files in {0} cannot be read: {1}. Build them with `cargo xtask pane`, or name their folder with --static."
    )]
    Unreadable(PathBuf, std::io::Error),
    #[error(
        "{0} has no pane.html. Build the pane with `cargo xtask pane`, or name its folder with --static."
    )]
    NoPane(PathBuf),
}

/// All files by their path, which begins with a slash.
#[derive(Debug, Default)]
pub struct Site {
    files: BTreeMap<String, File>,
}

/// One file with the headers of its answer.
#[derive(Debug)]
pub(super) struct File {
    headers: HeaderMap,
    plain: Encoded,
    brotli: Option<Encoded>,
    gzip: Option<Encoded>,
}

#[derive(Debug, Clone)]
struct Encoded {
    etag: HeaderValue,
    bytes: Bytes,
}

impl Encoded {
    fn new(bytes: Vec<u8>) -> Self {
        let tag = URL_SAFE_NO_PAD.encode(&digest(&SHA256, &bytes).as_ref()[..12]);
        let etag = HeaderValue::from_str(&format!("\"{tag}\"")).expect("base64url may stand in a header");
        Self { etag, bytes: Bytes::from(bytes) }
    }
}

impl Site {
    /// Reads the configured folder. Without one, only the welcome is there.
    pub fn read(config: &Config) -> Result<Self, SiteError> {
        let mut raw = BTreeMap::new();
        if let Some(folder) = &config.static_dir {
            gather(folder, folder, &mut raw)
                .map_err(|reason| SiteError::Unreadable(folder.clone(), reason))?;
            if !raw.contains_key("/pane.html") {
                return Err(SiteError::NoPane(folder.clone()));
            }
        }
        Ok(Self::of(config, raw))
    }

    /// The site of these files, by their path with a slash in front.
    fn of(config: &Config, mut raw: BTreeMap<String, Vec<u8>>) -> Self {
        let own_manifest = MANIFEST.replace(MANIFEST_ORIGIN, &origin_of(&config.public_origin));
        if config.other_side == OtherSide::Sandbox {
            raw.entry("/manifest.xml".to_owned()).or_insert(own_manifest.into_bytes());
        }
        if !raw.contains_key("/index.html") {
            raw.insert("/index.txt".to_owned(), WELCOME.as_bytes().to_vec());
        }
        let mut files = BTreeMap::new();
        for (path, content) in &raw {
            if matches!(ending(path), "br" | "gz") {
                continue;
            }
            let beside = |ending: &str| raw.get(&format!("{path}.{ending}")).cloned().map(Encoded::new);
            let rewritten = rewritten(config, path, content);
            let (brotli, gzip) = match rewritten {
                Some(_) => (None, None),
                None => (beside("br"), beside("gz")),
            };
            let plain = Encoded::new(rewritten.unwrap_or_else(|| content.clone()));
            files.insert(path.clone(), File { headers: headers_of(config, path), plain, brotli, gzip });
        }
        Self { files }
    }

    /// The file at an address; `/` is the index.
    pub(super) fn find(&self, path: &str) -> Option<&File> {
        match path {
            "/" => self.files.get("/index.html").or_else(|| self.files.get("/index.txt")),
            path => self.files.get(path),
        }
    }
}

impl File {
    /// The file in the smallest form that the client takes, or the word that it has it already.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let takes = |coding: &str| {
            let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
            accepted.unwrap_or_default().split(',').any(|one| {
                let mut pieces = one.split(';').map(str::trim);
                pieces.next() == Some(coding) && !matches!(pieces.next(), Some("q=0" | "q=0.0"))
            })
        };
        let (encoded, coding) = match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if takes("br") => (brotli, Some("br")),
            (_, Some(gzip)) if takes("gzip") => (gzip, Some("gzip")),
            _ => (&self.plain, None),
        };
        let has_it = asked.get(header::IF_NONE_MATCH).is_some_and(|tag| *tag == encoded.etag);
        let mut response =
            Response::new(if has_it { Body::empty() } else { Body::from(encoded.bytes.clone()) });
        if has_it {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(header::ETAG, encoded.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }
}

fn gather(base: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(base, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(base) {
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            files.insert(format!("/{}", parts.join("/")), std::fs::read(&path)?);
        }
    }
    Ok(())
}

/// A page with office.js from where the configuration says, if that is elsewhere.
fn rewritten(config: &Config, path: &str, content: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content).ok().filter(|_| ending(path) == "html")?;
    let changed = text.replace(OFFICE_JS, config.pane.office_js.as_str());
    (changed != text).then(|| changed.into_bytes())
}

fn headers_of(config: &Config, path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str| {
        headers.insert(name, HeaderValue::from_str(value).expect("configured origins are ASCII"));
    };
    add(header::CONTENT_TYPE, content_type(path));
    add(header::CACHE_CONTROL, cache_control(path));
    let policy = match path {
        "/dialog.html" => csp::dialog(config),
        _ if ending(path) == "html" || path == "/index.txt" => csp::pane(config),
        _ => csp::api(config),
    };
    add(header::CONTENT_SECURITY_POLICY, &policy);
    if path == "/dialog.html" {
        // The pane that opens it sits in a frame of Outlook's, whose policy decides with whom it may share
        // windows: with any other policy here the pane would see its window as closed at once.
        add(HeaderName::from_static("cross-origin-opener-policy"), "unsafe-none");
    }
    // Outlook's own pages show our icons.
    add(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    if path == "/manifest.xml" && config.other_side == OtherSide::Sandbox {
        // The sandbox's Outlook builds its ribbon from it.
        let sandbox = origin_of(&config.entra.authority);
        add(header::ACCESS_CONTROL_ALLOW_ORIGIN, &sandbox);
    }
    headers
}

/// What stands behind the last dot.
fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn content_type(path: &str) -> &'static str {
    match ending(path) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "xml" => "text/xml; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// What lies in `assets/` has a hash of its content in its name and never changes.
fn cache_control(path: &str) -> &'static str {
    if path.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else if path.starts_with("/icons/") {
        "public, max-age=86400"
    } else {
        "no-cache"
    }
}
