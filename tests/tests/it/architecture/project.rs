//! The project as the laws look at it: sources, pages' scripts, and who depends on whom.

use super::source::Source;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that the product is made of.
const CRATES: [&str; 4] = ["shared", "frontend", "backend", "backend/sandbox"];

#[derive(Debug, Clone)]
pub struct Project {
    pub sources: Vec<Source>,
    /// What a browser loads as it is: path and text.
    pub scripts: Vec<(String, String)>,
    /// Each package with all that it depends on, for whatever purpose.
    pub packages: Vec<Package>,
}

#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
pub struct Dependency {
    pub name: String,
    /// Whether it is for the package's own tests only.
    pub is_for_tests: bool,
}

/// The folder that everything lies in.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project").to_owned()
}

/// All files below a folder with one of these endings, by their path from the root, in order.
pub fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e)) {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                let name =
                    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}

impl Project {
    pub fn read() -> Self {
        let mut sources: Vec<Source> = CRATES
            .iter()
            .flat_map(|name| files(&format!("{name}/src"), &["rs"]))
            .map(|(path, text)| Source::read(&path, &text))
            .collect();
        let tests: BTreeSet<String> = sources
            .iter()
            .flat_map(|source| {
                let folder = source.path.trim_end_matches(".rs").trim_end_matches("/lib").to_owned();
                source.test_modules.iter().map(move |module| format!("{folder}/{module}"))
            })
            .collect();
        sources.retain(|source| {
            let is_test = |test: &String| {
                source
                    .path
                    .strip_prefix(test.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            !tests.iter().any(is_test)
        });
        Self { sources, scripts: files("static", &["js", "html"]), packages: packages() }
    }

    /// The code below these paths.
    pub fn below<'a>(&'a self, places: &'a [&str]) -> impl Iterator<Item = &'a Source> {
        self.sources.iter().filter(|source| places.iter().any(|place| is_below(&source.path, place)))
    }

    pub fn source(&self, path: &str) -> &Source {
        let found = self.sources.iter().find(|source| source.path == path);
        found.unwrap_or_else(|| panic!("{path} is not there any more; the architecture test looks into it"))
    }

    pub fn package(&self, name: &str) -> &Package {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .unwrap_or_else(|| panic!("no package {name}"))
    }
}

/// `backend/src/http` is the module with all below it: `http.rs` and `http/`.
pub fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

/// Who depends on whom, as Cargo sees it.
fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON of cargo");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let package = |package: &serde_json::Value| Package {
        name: text(&package["name"]),
        dependencies: list(&package["dependencies"])
            .iter()
            .map(|one| Dependency { name: text(&one["name"]), is_for_tests: one["kind"] == "dev" })
            .collect(),
    };
    list(&metadata["packages"]).iter().map(package).collect()
}
