//! What each command does, step by step; those of `test` and `check` are in [`crate::test`].

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use xtask::manifest::{self, Deployment};

use crate::bundle::fingerprint;
use crate::need::{self, Need};
use crate::project::Project;
use crate::say::{Ending, Step, take};
use crate::server::{self, Speed};
use crate::{bench, icons, nodes, pane};

/// Builds everything and starts the server, which embeds the sandbox unless its configuration says otherwise.
pub fn run(project: &Project, speed: Speed, arguments: &[String]) -> Result<()> {
    let mut steps = need::provide(need::PANE);
    steps.extend(pane_steps());
    steps.push(Step::new("server", "building the server with its sandbox", move |project| {
        server::build(project, speed)
    }));
    take(project, &steps, Ending::Plain)?;
    let program = server::program(project, speed);
    eprintln!("starting {} (Ctrl+C stops it)", program.display());
    let mut command = Command::new(program);
    command.arg("serve").arg("--static").arg(project.dist()).args(arguments);
    // office.js is for the sandbox's Outlook page; a real tenant brings its own.
    if !arguments.iter().any(|argument| argument == "--config" || argument.starts_with("--config=")) {
        command.arg("--npm").arg(&project.root);
    }
    become_it(&mut command)
}

/// Builds everything and starts several nodes, with all that they need.
pub fn run_nodes(project: &Project, speed: Speed, count: u16) -> Result<()> {
    let mut steps = need::provide(need::PANE.into_iter().chain([Need::Postgres]));
    steps.extend(pane_steps());
    steps.push(Step::new("server", "building the server and the sandbox", move |project| {
        nodes::build(project, speed)
    }));
    take(project, &steps, Ending::Plain)?;
    nodes::run(project, speed, count)
}

/// Kills nodes, as often as wanted.
pub fn kill_nodes(project: &Project, kills: u64, seed: Option<u64>, older: Option<&Path>) -> Result<()> {
    let mut steps = need::provide([Need::Postgres]);
    steps.push(Step::new("server", "building the server", |project| {
        server::build(project, Speed::Development)
    }));
    steps.push(Step::new("kill", "killing nodes", |project| nodes::kill(project, kills, seed, older)));
    take(project, &steps, Ending::Plain)
}

/// Builds the pane and prints its sizes.
pub fn pane(project: &Project) -> Result<()> {
    let mut steps = need::provide(need::PANE);
    steps.extend(pane_steps());
    steps.push(Step::new("sizes", "weighing the pane", bench::sizes));
    take(project, &steps, Ending::Plain)
}

/// Prints the figures.
pub fn bench(project: &Project, arguments: &[String]) -> Result<()> {
    bench::find(project)?;
    let mut steps = need::provide(need::PANE.into_iter().chain([Need::Browser]));
    steps.extend(pane_steps());
    steps.push(Step::new("sizes", "weighing the pane", bench::sizes));
    steps.push(Step::new("server", "building the server with its sandbox, optimized", |project| {
        server::build(project, Speed::Production)
    }));
    steps.push(Step::new("measure", "measuring in browser and server", |project| {
        bench::measure(project, arguments)
    }));
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
    refuse_faults(&text, project)?;
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

/// The project's own manifest.
pub fn read_manifest(project: &Project) -> Result<String> {
    fs::read_to_string(project.root.join("manifest.xml")).context("cannot read manifest.xml")
}

/// Fails with everything that is wrong with the manifest `xml`.
pub fn refuse_faults(xml: &str, project: &Project) -> Result<()> {
    let faults = manifest::check(xml, &project.root.join("static"));
    let told: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    ensure!(
        told.is_empty(),
        "Outlook or its users would not be served well by this manifest:\n{}",
        told.join("\n")
    );
    Ok(())
}

fn pane_steps() -> Vec<Step<'static>> {
    vec![
        Step::new("wasm", "building the pane (wasm)", pane::compile),
        Step::new("dist", "packing the pane into dist/", pane::pack),
    ]
}

/// A GUID that is always the same for one origin, so that a new manifest updates the add-in.
fn id_of(origin: &str) -> String {
    let digits = fingerprint(origin.as_bytes()) + &fingerprint(format!("{origin} add-in").as_bytes());
    // Version 8 is for ids that one makes in a way of one's own; the variant's digit is 8.
    format!("{}-{}-8{}-8{}-{}", &digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..])
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

    #[test]
    fn an_origin_always_gets_the_same_id_and_another_origin_another() {
        let id = id_of("https://regarding.example.com");
        assert_eq!(id, id_of("https://regarding.example.com"));
        assert_ne!(id, id_of("https://regarding.example.org"));
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
