//! What each command does, step by step.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use xtask::manifest::{self, Deployment};

use crate::bundle::fingerprint;
use crate::project::Project;
use crate::say::{Ending, Step, take};
use crate::tools::{self, WASM, tool};
use crate::{bench, icons, licences, npm, pane, say, system};

/// Builds everything and starts the server, which embeds the sandbox unless its configuration says otherwise.
pub fn run(project: &Project, release: bool, arguments: &[String]) -> Result<()> {
    let mut steps = vec![machine_step(PANE)];
    steps.extend(pane_steps());
    steps.push(Step::new("server", "building the server with its sandbox", move |project| {
        let mut command = project.cargo();
        command.args(["build", "--locked", "--package", "backend", "--bin", "regarding"]);
        if release {
            command.arg("--release");
        }
        say::build(&mut command)
    }));
    take(project, &steps, Ending::Plain)?;
    let program = server(project, if release { "release" } else { "debug" });
    eprintln!("starting {} (Ctrl+C stops it)", program.display());
    let mut command = Command::new(program);
    command.arg("serve").arg("--static").arg(project.dist()).arg("--npm").arg(&project.root).args(arguments);
    become_it(&mut command)
}

/// All that has to hold before a change lands.
pub fn test(project: &Project, only: &[String], skip: &[String]) -> Result<()> {
    let steps = select(test_steps(), only, skip)?;
    let needs: BTreeSet<Need> = steps.iter().flat_map(|step| needs_of(step.name)).copied().collect();
    let mut all = Vec::new();
    if !needs.is_empty() {
        all.push(machine_step(needs.clone()));
    }
    if needs.contains(&Need::Npm) {
        all.push(npm_step());
    }
    if needs.contains(&Need::Tools) {
        all.push(tools_step());
    }
    all.extend(steps);
    take(project, &all, Ending::Table)
}

/// The fast loop while writing code.
pub fn check(project: &Project, only: &[String], skip: &[String]) -> Result<()> {
    let mut steps = vec![machine_step([Need::Wasm])];
    steps.extend(select(vec![format_step(), lints_step(), lints_wasm_step(), shared_step()], only, skip)?);
    take(project, &steps, Ending::Plain)
}

/// Builds the pane and prints its sizes.
pub fn pane(project: &Project) -> Result<()> {
    let mut steps = vec![machine_step(PANE)];
    steps.extend(pane_steps());
    steps.push(Step::new("sizes", "weighing the pane", bench::sizes));
    take(project, &steps, Ending::Plain)
}

/// Prints the figures.
pub fn bench(project: &Project, arguments: &[String]) -> Result<()> {
    let measures = project.root.join("tests/src/bin/bench.rs").is_file();
    let mut steps = vec![machine_step(PANE.into_iter().chain(measures.then_some(Need::Browser)))];
    steps.extend(pane_steps());
    steps.push(Step::new("sizes", "weighing the pane", bench::sizes));
    if measures {
        steps.push(Step::new("server", "building the server with its sandbox, optimized", |project| {
            say::build(project.cargo().args([
                "build",
                "--locked",
                "--release",
                "--package",
                "backend",
                "--bin",
                "regarding",
            ]))
        }));
        steps.push(Step::new("measure", "measuring in browser and server", |project| {
            bench::measure(project, arguments)
        }));
    }
    take(project, &steps, Ending::Plain)
}

/// Writes or prints the manifest of a server that stands at `origin`.
pub fn manifest(
    project: &Project,
    origin: &str,
    id: Option<&str>,
    support: Option<&str>,
    output: Option<&Path>,
) -> Result<()> {
    let id = id.map_or_else(|| id_of(origin), str::to_owned);
    let template = read_manifest(project)?;
    let text =
        manifest::deploy(&template, &Deployment { origin, id: &id, support }).map_err(anyhow::Error::msg)?;
    refuse_faults(&manifest::check(&text, &project.root.join("static")))?;
    match output {
        None => print!("{text}"),
        Some(path) => {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("{} installs the add-in of {origin}; its id is {id}", path.display());
        }
    }
    Ok(())
}

/// Draws the icons anew.
pub fn icons(project: &Project) -> Result<()> {
    take(project, &[Step::new("icons", "drawing the icons", icons::draw)], Ending::Plain)
}

/// Tells tests and measurements where this checkout's things are. These variables are all they need:
/// `REGARDING_DIST` (the built pane), `REGARDING_NPM` (the folder that holds `node_modules`), `REGARDING_BIN` (the server),
/// `CHROMIUM` and `CHROMEDRIVER` (programs).
pub fn tell_where_things_are(project: &Project, command: &mut Command) -> Result<()> {
    let (chromium, driver) = system::provide_browser()?;
    let optimized = command.get_args().any(|argument| argument == "--release");
    command
        .env("REGARDING_DIST", project.dist())
        .env("REGARDING_NPM", &project.root)
        .env("REGARDING_BIN", server(project, if optimized { "release" } else { "debug" }))
        .env("CHROMIUM", chromium)
        .env("CHROMEDRIVER", driver);
    Ok(())
}

/// What a step cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// A compiler that knows wasm.
    Wasm,
    /// The tools of `xtask/tools`.
    Tools,
    /// npm, and what it installs.
    Npm,
    /// A browser and its driver.
    Browser,
}

/// What building the pane needs.
const PANE: [Need; 3] = [Need::Wasm, Need::Tools, Need::Npm];

/// What the step of that name needs.
fn needs_of(step: &str) -> &'static [Need] {
    match step {
        "lints-wasm" => &[Need::Wasm],
        "components" => &[Need::Wasm, Need::Tools, Need::Browser],
        "pane" => &PANE,
        "journeys" => &[Need::Npm, Need::Browser],
        _ => &[],
    }
}

/// Fails before anything is built when the machine lacks what cannot be installed.
fn machine_step(needs: impl IntoIterator<Item = Need>) -> Step<'static> {
    let needs: Vec<Need> = needs.into_iter().collect();
    Step::needed("machine", "looking for what this machine has to provide", move |project| {
        for need in &needs {
            match need {
                Need::Wasm => tools::provide_target(project)?,
                Need::Tools => tools::check_versions(project)?,
                Need::Npm => drop(system::provide(&system::NPM)?),
                Need::Browser => drop(system::provide_browser()?),
            }
        }
        Ok(())
    })
}

fn npm_step() -> Step<'static> {
    Step::needed("npm", "installing msal-browser and office.js into node_modules", npm::install)
}

fn tools_step() -> Step<'static> {
    Step::needed("tools", "building wasm-bindgen and wasm-pack", tools::build)
}

fn pane_steps() -> Vec<Step<'static>> {
    vec![
        npm_step(),
        tools_step(),
        Step::new("wasm", "building the pane (wasm)", pane::compile),
        Step::new("dist", "packing the pane into dist/", pane::pack),
    ]
}

fn format_step() -> Step<'static> {
    Step::new("format", "checking the format", |project| {
        say::build(project.cargo().args(["fmt", "--all", "--", "--check", "--files-with-diff"]))
            .context("these files are not formatted; `cargo fmt --all` repairs them")
    })
}

fn lints_step() -> Step<'static> {
    Step::new("lints", "checking the native crates with clippy", |project| {
        say::build(
            project.cargo().args(["clippy", "--locked", "--workspace", "--exclude", "frontend"]).args([
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]),
        )
    })
}

fn lints_wasm_step() -> Step<'static> {
    Step::new("lints-wasm", "checking the pane with clippy", |project| {
        say::build(
            project.cargo().args(["clippy", "--locked", "--package", "frontend", "--target", WASM]).args([
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]),
        )
    })
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
            refuse_faults(&manifest::check(&read_manifest(project)?, &project.root.join("static")))
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
        tell_where_things_are(project, &mut command)?;
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
        .env("PATH", tools::path(project)?)
        .env("CARGO_TARGET_DIR", &project.target);
    say::show(&mut command)
}

/// The steps that `--only` and `--skip` leave.
fn select<'a>(steps: Vec<Step<'a>>, only: &[String], skip: &[String]) -> Result<Vec<Step<'a>>> {
    let known = |name: &String| steps.iter().any(|step| step.name == name);
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

fn read_manifest(project: &Project) -> Result<String> {
    fs::read_to_string(project.root.join("manifest.xml")).context("cannot read manifest.xml")
}

fn refuse_faults(faults: &[manifest::Fault]) -> Result<()> {
    let told: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    ensure!(
        told.is_empty(),
        "Outlook or its users would not be served well by this manifest:\n{}",
        told.join("\n")
    );
    Ok(())
}

/// A GUID that is always the same for one origin, so that a new manifest updates the add-in.
fn id_of(origin: &str) -> String {
    let digits = fingerprint(origin.as_bytes()) + &fingerprint(format!("{origin} add-in").as_bytes());
    // Version 8 is for ids that one makes in a way of one's own; the variant's digit is 8.
    format!("{}-{}-8{}-8{}-{}", &digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..])
}

fn server(project: &Project, profile: &str) -> std::path::PathBuf {
    project.target.join(profile).join(format!("regarding{}", std::env::consts::EXE_SUFFIX))
}

/// Goes over into the program, so that Ctrl+C reaches it and nothing stands in between.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).context("cannot start the server")
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    say::show(command)
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

    #[test]
    fn an_origin_always_gets_the_same_id_and_another_origin_another() {
        let id = id_of("https://regarding.example.com");
        assert_eq!(id, id_of("https://regarding.example.com"));
        assert_ne!(id, id_of("https://regarding.example.org"));
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
