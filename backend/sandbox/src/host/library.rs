//! office.js and msal-browser for a pane, from the folder where npm installed them.
//!
//! They are Microsoft's, so they are installed and never part of this repository. The files are served as
//! they are, except `office.js` itself: it gets two scripts around it that stand in for what Outlook of
//! today puts into a pane's window, so that a pane needs no branch for the sandbox.

use super::document;
use crate::World;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

const BEFORE: &str = include_str!("../../pages/office/before.js");
const AFTER: &str = include_str!("../../pages/office/after.js");

/// A package of the npm registry that panes load from here.
struct Package {
    /// The first segment after `/npm/`.
    segment: &'static str,
    /// What npm is told.
    spec: &'static str,
    /// Folder inside the package that is served.
    folder: &'static str,
    path: &'static str,
    /// A file that is there when the package is.
    witness: &'static str,
}

const PACKAGES: [Package; 2] = [
    Package {
        segment: "office-js",
        spec: "@microsoft/office-js@1.1.110",
        folder: "dist",
        path: "node_modules/@microsoft/office-js",
        witness: "dist/outlook-web-16.01.js",
    },
    Package {
        segment: "msal-browser",
        spec: "@azure/msal-browser@5.29.0",
        folder: "lib",
        path: "node_modules/@azure/msal-browser",
        witness: "lib/msal-browser.min.js",
    },
];

/// The installed packages.
pub(super) struct Library<'a> {
    folder: Option<&'a FilePath>,
}

impl<'a> Library<'a> {
    pub(super) fn in_folder(folder: Option<&'a FilePath>) -> Self {
        Self { folder }
    }

    /// Packages that are not there.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let is_there = |package: &Package| {
            self.folder.is_some_and(|folder| folder.join(package.path).join(package.witness).is_file())
        };
        PACKAGES.iter().filter(|package| !is_there(package)).map(|package| package.spec).collect()
    }

    /// What a person types to install them.
    pub(super) fn install_command(&self) -> String {
        let specs = PACKAGES.map(|package| package.spec).join(" ");
        match self.folder {
            Some(folder) => {
                format!("npm install --no-audit --no-fund --prefix \"{}\" {specs}", folder.display())
            }
            None => "cargo xtask run".to_owned(),
        }
    }

    /// The file behind `/npm/{segment}/{file}`, where the address names one inside the served folder.
    fn file(&self, segment: &str, file: &str) -> Option<PathBuf> {
        let package = PACKAGES.iter().find(|package| package.segment == segment)?;
        let file = FilePath::new(file);
        let is_inside = file.starts_with(package.folder)
            && file.components().all(|component| matches!(component, Component::Normal(_)));
        is_inside.then(|| self.folder.map(|folder| folder.join(package.path).join(file))).flatten()
    }
}

/// `GET /npm/office-js/dist/…` and `GET /npm/msal-browser/lib/…`.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    Path((segment, file)): Path<(String, String)>,
) -> Response {
    let library = Library::in_folder(world.options.npm_dir.as_deref());
    let missing = library.missing();
    if !missing.is_empty() {
        let sentence =
            format!("{} is not installed. Run: {}\n", missing.join(" and "), library.install_command());
        return (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response();
    }
    let Some(path) = library.file(&segment, &file) else {
        return (StatusCode::NOT_FOUND, "Only the packages' published scripts are served here.\n")
            .into_response();
    };
    let Ok(bytes) = tokio::fs::read(&path).await else {
        return (StatusCode::NOT_FOUND, "The package has no such file.\n").into_response();
    };
    let is_office_js = segment == "office-js" && file == "dist/office.js";
    let body = if is_office_js { surrounded(&bytes) } else { bytes };
    let mut response = document(content_type(&path), None, Body::from(body));
    // A pane at another origin loads them.
    let headers = response.headers_mut();
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if !is_office_js {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    }
    response
}

fn surrounded(office_js: &[u8]) -> Vec<u8> {
    [BEFORE.as_bytes(), office_js, AFTER.as_bytes()].join(b"\n".as_slice())
}

fn content_type(path: &FilePath) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("js" | "cjs" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_inside_the_published_folder_are_named() {
        let library = Library::in_folder(Some(FilePath::new("/npm")));
        let inside = library.file("office-js", "dist/en-us/office_strings.js");
        assert_eq!(
            inside,
            Some(PathBuf::from("/npm/node_modules/@microsoft/office-js/dist/en-us/office_strings.js"))
        );
        for (segment, file) in [
            ("office-js", "package.json"),
            ("office-js", "dist/../package.json"),
            ("office-js", "/etc/passwd"),
            ("msal-browser", "dist/index.mjs"),
            ("left-pad", "dist/index.js"),
        ] {
            assert_eq!(library.file(segment, file), None, "{segment}/{file}");
        }
    }

    #[test]
    fn the_library_stands_whole_between_what_the_sandbox_adds() {
        let text = String::from_utf8(surrounded(b"/* the library */")).expect("UTF-8");
        let (before, after) = text.split_once("\n/* the library */\n").expect("the library as it is");
        assert_eq!((before, after), (BEFORE, AFTER));
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Library::in_folder(Some(folder.path()));
        assert_eq!(library.missing(), ["@microsoft/office-js@1.1.110", "@azure/msal-browser@5.29.0"]);
        let command = library.install_command();
        assert!(command.contains("npm install") && command.contains(&folder.path().display().to_string()));
        for package in &PACKAGES {
            let witness = folder.path().join(package.path).join(package.witness);
            std::fs::create_dir_all(witness.parent().expect("a folder")).expect("made");
            std::fs::write(witness, "").expect("written");
        }
        assert!(library.missing().is_empty());
    }
}
