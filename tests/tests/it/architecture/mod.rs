//! The laws of the architecture that a program can hold.
//!
//! Each law is tried twice: the project keeps it, and breaches that are put into the project are found. So no
//! law can pass because it looks at nothing.

mod laws;
mod project;
mod rules;
mod source;

use laws::{LAWS, Law, Sample};
use project::{Dependency, Project};
use source::Source;

/// The project with a breach in it.
fn broken(project: &Project, sample: &Sample) -> Project {
    let mut broken = project.clone();
    match sample {
        Sample::Code(path, code) => broken.sources.push(Source::read(path, code)),
        Sample::Change(path, from, to) => {
            let source = project.source(path);
            assert!(source.text.contains(from), "{path} does not say {from:?} any more; mend the sample");
            let changed = Source::read(path, &source.text.replacen(from, to, 1));
            broken.sources.retain(|source| source.path != *path);
            broken.sources.push(changed);
        }
        Sample::Dependency(package, on) => {
            let found = broken.packages.iter_mut().find(|found| found.name == *package).expect("a package");
            found.dependencies.push(Dependency { name: (*on).to_owned(), is_for_tests: false });
        }
        Sample::Script(text) => broken.scripts.push(("static/breach.js".to_owned(), (*text).to_owned())),
    }
    broken
}

#[test]
fn the_laws_of_the_architecture_are_kept() {
    let project = Project::read();
    let mut found = Vec::new();
    for Law { never, breaches, .. } in LAWS {
        found.extend(breaches(&project).into_iter().map(|breach| format!("never: {never}\n    {breach}")));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_law_finds_the_breaches_of_it() {
    let project = Project::read();
    for Law { never, breaches, samples } in LAWS {
        assert!(!samples.is_empty(), "never tried: {never}");
        for sample in *samples {
            assert!(!breaches(&broken(&project, sample)).is_empty(), "{never}: not found: {sample:?}");
        }
    }
}

#[test]
fn no_law_is_fooled_by_comments_literals_and_tests() {
    let project = Project::read();
    for Law { never, breaches, samples } in LAWS {
        for sample in *samples {
            let Sample::Code(path, code) = sample else { continue };
            for harmless in [
                format!("/* {code} */ // {code}"),
                format!("const SAID: &str = r####\"{code}\"####;"),
                format!("#[cfg(test)]\nmod tests {{ {code} }}"),
            ] {
                let mut with = project.clone();
                with.sources.push(Source::read(path, &harmless));
                assert_eq!(breaches(&with), Vec::<String>::new(), "{never}: {harmless}");
            }
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace_which_forbid_unsafe_code() {
    let workspace =
        std::fs::read_to_string(project::root().join("Cargo.toml")).expect("the workspace's manifest");
    assert!(workspace.contains("unsafe_code = \"forbid\"") && workspace.contains("unwrap_used = \"deny\""));
    for name in ["shared", "frontend", "backend", "backend/sandbox", "tests", "xtask"] {
        let path = project::root().join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(path).expect("the crate's manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}");
    }
}

/// Paths between backticks, as the documents name them.
fn paths_in(document: &str) -> Vec<&str> {
    let quoted = document.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        text.contains('/') && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    quoted.filter(is_path).filter(|text| !text.starts_with(['/', '.'])).collect()
}

#[test]
fn the_documents_name_files_that_are_there() {
    let places = ["", "shared/src", "frontend/src", "backend/src", "backend/tests", "tests/tests/it"];
    for (document, least) in [("SECURITY.md", 40), ("ARCHITECTURE.md", 15)] {
        let text = std::fs::read_to_string(project::root().join(document)).expect("a document");
        let paths = paths_in(&text);
        assert!(paths.len() >= least, "{document} names only {} files", paths.len());
        for path in paths {
            let is_there = |place: &&str| {
                let path = project::root().join(place).join(path);
                path.exists() || path.with_extension("rs").is_file()
            };
            assert!(places.iter().any(is_there), "{document} names {path}, which is not there");
        }
    }
}
