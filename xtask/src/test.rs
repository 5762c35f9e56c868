//! The steps of `cargo xtask test`, and of its fast sister `check`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};

use crate::need::{self, Need};
use crate::project::Project;
use crate::say::{Ending, Step, take};
use crate::server::{self, Speed};
use crate::tools::{self, WASM, tool};
use crate::{bench, commands, licences, pane, say, simulate, system};

/// All that has to hold before a change lands.
pub fn test(project: &Project, only: &[String], skip: &[String]) -> Result<()> {
    let steps = select(test_steps(), only, skip)?;
    let needs: BTreeSet<Need> = steps.iter().flat_map(|step| needs_of(step.name)).copied().collect();
    let mut all = need::provide(needs);
    all.extend(steps);
    take(project, &all, Ending::Table)
}

/// The fast loop while writing code.
pub fn check(project: &Project, only: &[String], skip: &[String]) -> Result<()> {
    let mut all = need::provide([Need::Wasm]);
    all.extend(select(vec![format_step(), lints_step(), lints_wasm_step(), shared_step()], only, skip)?);
    take(project, &all, Ending::Plain)
}

/// What the step of that name needs.
fn needs_of(step: &str) -> &'static [Need] {
    match step {
        "lints-wasm" => &[Need::Wasm],
        "components" => &[Need::Wasm, Need::Tools, Need::Browser],
        "pane" => &need::PANE,
        "journeys" => &[Need::Npm, Need::Browser, Need::Postgres],
        _ => &[],
    }
}

fn format_step() -> Step<'static> {
    Step::new("format", "checking the format", |project| {
        say::build(project.cargo().args(["fmt", "--all", "--", "--check", "--files-with-diff"]))
            .context("these files are not formatted; `cargo fmt --all` repairs them")
    })
}

fn lints_step() -> Step<'static> {
    Step::new("lints", "checking the native crates with clippy", |project| {
        lint(project, &["--workspace", "--exclude", "frontend"])
    })
}

fn lints_wasm_step() -> Step<'static> {
    Step::new("lints-wasm", "checking the pane with clippy", |project| {
        lint(project, &["--package", "frontend", "--target", WASM])
    })
}

fn lint(project: &Project, what: &[&str]) -> Result<()> {
    let mut command = project.cargo();
    command.args(["clippy", "--locked", "--all-targets"]).args(what).args(["--", "--deny", "warnings"]);
    say::build(&mut command)
}

fn shared_step() -> Step<'static> {
    Step::new("shared", "testing the rules", |project| {
        say::show(project.cargo().args(["test", "--locked", "--package", "shared"]))
    })
}

/// The steps of `test`, the cheap ones first.
fn test_steps() -> Vec<Step<'static>> {
    vec![
        format_step(),
        Step::new("licences", "checking the licences of the dependencies", licences::check),
        Step::new("manifest", "checking manifest.xml", |project| {
            commands::refuse_faults(&commands::read_manifest(project)?, project)
        }),
        lints_step(),
        lints_wasm_step(),
        Step::new("compile", "compiling the server and all native tests", compile),
        Step::new("units", "running the native tests of each crate", |project| {
            run_tests(project, Tests::OfEachCrate)
        }),
        Step::new("components", "running the pane's tests in a browser", run_component_tests),
        Step::new("pane", "building the pane into dist/ and weighing it", |project| {
            pane::compile(project)?;
            pane::pack(project)?;
            bench::sizes(project)
        }),
        Step::new("journeys", "running the tests across all crates, in browsers too", |project| {
            run_tests(project, Tests::Across)
        }),
        Step::new("histories", "playing random histories on the engine", simulate::check),
    ]
}

/// One selection of packages for all native tests, so that cargo settles on one set of features.
fn compile(project: &Project) -> Result<()> {
    say::build(project.cargo().args(["build", "--locked", "--workspace", "--bins", "--tests"]))
}

/// Which native tests to run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    /// Those that lie beside the code.
    OfEachCrate,
    /// Those of the tests crate.
    Across,
}

fn run_tests(project: &Project, tests: Tests) -> Result<()> {
    let mut command = project.cargo();
    let has_nextest = system::on_path("cargo-nextest").is_some();
    match (has_nextest, tests) {
        (true, Tests::OfEachCrate) => {
            command.args(["nextest", "run", "--workspace", "-E", "not package(tests)"])
        }
        (true, Tests::Across) => command.args(["nextest", "run", "--workspace", "-E", "package(tests)"]),
        (false, Tests::OfEachCrate) => command.args(["test", "--workspace", "--exclude", "tests"]),
        (false, Tests::Across) => command.args(["test", "--package", "tests"]),
    };
    command.arg("--locked");
    if tests == Tests::Across {
        ensure!(
            project.dist().join(pane::PAGE).is_file(),
            "dist/ is missing: build it with `cargo xtask pane`, or do not leave out the step `pane`"
        );
        // The tests start the server: it has to be of the same sources as they are.
        compile(project)?;
        server::tell_where_things_are(project, Speed::Development, &mut command)?;
        // One server for all tests; each makes databases of its own on it.
        let postgres = xtask::postgres::Server::start()?;
        command.env("REGARDING_POSTGRES", postgres.url("postgres"));
        return say::show(&mut command);
    }
    say::show(&mut command)
}

fn run_component_tests(project: &Project) -> Result<()> {
    let (_, driver) = system::provide_browser()?;
    let mut command = tool(project, "wasm-pack");
    command
        .args(["test", "--headless", "--chrome", "--mode", "no-install", "--chromedriver"])
        .arg(driver)
        .arg(project.root.join("frontend"))
        .env("PATH", tools::path(project)?);
    say::show(&mut command)
}

/// The steps that `--only` and `--skip` leave.
fn select<'a>(steps: Vec<Step<'a>>, only: &[String], skip: &[String]) -> Result<Vec<Step<'a>>> {
    let known = |name: &&String| steps.iter().any(|step| step.name == *name);
    if let Some(unknown) = only.iter().chain(skip).find(|name| !known(name)) {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        bail!("there is no step {unknown}; the steps are {}", names.join(", "));
    }
    let is_chosen = |step: &Step<'_>| {
        let is_in = |names: &[String]| names.iter().any(|name| name == step.name);
        (only.is_empty() || is_in(only)) && !is_in(skip)
    };
    Ok(steps.into_iter().filter(is_chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        select(test_steps(), &owned(only), &owned(skip)).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_a_choice_every_step_is_taken() {
        assert_eq!(names(&[], &[]).len(), test_steps().len());
    }

    #[test]
    fn chosen_steps_keep_their_order() {
        assert_eq!(names(&["pane", "format"], &[]), ["format", "pane"]);
        assert_eq!(names(&["pane", "format"], &["pane"]), ["format"]);
    }

    #[test]
    fn a_step_that_does_not_exist_is_refused_with_those_that_do() {
        let refused = select(test_steps(), &["nope".to_owned()], &[]).err().unwrap().to_string();
        assert!(refused.contains("no step nope") && refused.contains("journeys"), "{refused}");
    }

    #[test]
    fn every_need_belongs_to_a_step_that_exists() {
        let needy = ["lints-wasm", "components", "pane", "journeys"];
        assert_eq!(names(&needy, &[]), needy);
        assert!(needy.iter().all(|step| !needs_of(step).is_empty()));
    }
}
