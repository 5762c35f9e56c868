//! The files of the page, built into the program.

use super::document;
use crate::Options;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal: $kind:ident = $path:literal),+ $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../../pages/", $path)))),+]
    };
}

const PAGES: &[(&str, &str, &str)] = files! {
    "index.html": HTML = "index.html",
    "journal.html": HTML = "journal.html",
    "records.html": HTML = "records.html",
};

/// What is served under `/host/`.
const FILES: &[(&str, &str, &str)] = files! {
    "host.css": CSS = "host.css",
    "icon.svg": SVG = "icon.svg",
    "addin-frame.js": SCRIPT = "host/addin-frame.js",
    "address.js": SCRIPT = "host/address.js",
    "call-log.js": SCRIPT = "host/call-log.js",
    "consent.js": SCRIPT = "host/consent.js",
    "dom.js": SCRIPT = "host/dom.js",
    "exchange.js": SCRIPT = "host/exchange.js",
    "function-command.js": SCRIPT = "host/function-command.js",
    "journal.js": SCRIPT = "host/journal.js",
    "manifest.js": SCRIPT = "host/manifest.js",
    "menu.js": SCRIPT = "host/menu.js",
    "nested-app-auth.js": SCRIPT = "host/nested-app-auth.js",
    "notices.js": SCRIPT = "host/notices.js",
    "office-item.js": SCRIPT = "host/office-item.js",
    "outlook-methods.js": SCRIPT = "host/outlook-methods.js",
    "outlook.js": SCRIPT = "host/outlook.js",
    "page.js": SCRIPT = "host/page.js",
    "records.js": SCRIPT = "host/records.js",
    "task-pane.js": SCRIPT = "host/task-pane.js",
    "text.js": SCRIPT = "host/text.js",
    "theme.js": SCRIPT = "host/theme.js",
    "view-frame.js": SCRIPT = "host/view-frame.js",
    "view-mail.js": SCRIPT = "host/view-mail.js",
};

/// One of the three pages, with the policy that lets it frame the pane and nothing else.
pub(super) fn page(name: &str, options: &Options) -> Response {
    let pane = &options.pane_origin;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {pane}; \
         connect-src 'self' {pane}; frame-src 'self' {pane}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    find(PAGES, name, Some(policy))
}

/// A script, style sheet or picture of the pages.
pub(super) fn file(name: &str) -> Response {
    find(FILES, name, None)
}

fn find(table: &[(&str, &'static str, &'static str)], name: &str, policy: Option<String>) -> Response {
    match table.iter().find(|(known, ..)| *known == name) {
        Some((_, content_type, text)) => document(content_type, policy, *text),
        None => (StatusCode::NOT_FOUND, "The page has no such file.\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the modules that a script imports.
    fn imports(text: &str) -> impl Iterator<Item = &str> {
        text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next())
    }

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        for (name, _, text) in FILES {
            for import in imports(text) {
                assert!(FILES.iter().any(|(known, ..)| *known == import), "{name} imports {import}");
            }
        }
    }

    #[test]
    fn pages_bring_no_inline_script_no_inline_style_and_nothing_from_elsewhere() {
        for (name, _, text) in PAGES {
            assert!(
                !text.contains("<script>") && !text.contains("<style") && !text.contains(" style="),
                "{name}"
            );
            for (attribute, rest) in ["src=\"", "href=\""]
                .iter()
                .flat_map(|attribute| text.split(attribute).skip(1).map(move |rest| (attribute, rest)))
            {
                assert!(rest.starts_with('/') && !rest.starts_with("//"), "{name}: {attribute}{rest:.40}");
            }
        }
    }

    #[test]
    fn every_file_that_a_page_names_is_served() {
        for (name, _, text) in PAGES {
            for file in text.split("\"/host/").skip(1).filter_map(|rest| rest.split('"').next()) {
                let known =
                    FILES.iter().any(|(known, ..)| *known == file) || matches!(file, "journal" | "records");
                assert!(known, "{name} names {file}");
            }
        }
    }
}
