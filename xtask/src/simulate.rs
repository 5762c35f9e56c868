//! Random histories on the real engine: as many as fit into the time, or one of them told in full.

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::say;

/// The seeds that every change must stand before it lands: always the same ones, so that a change is judged by what it
/// changes. New ones are for `cargo xtask simulate`.
const FIRST_OF_A_CHANGE: &str = "1";
const OF_A_CHANGE: &str = "50000";
/// The longest that they may take, in minutes; a slower machine plays fewer.
const MINUTES_OF_A_CHANGE: &str = "15";

/// Plays histories as the arguments say.
pub fn simulate(project: &Project, arguments: &[String]) -> Result<()> {
    let mut command = project.cargo();
    command
        .args(["run", "--quiet", "--profile", "simulation", "--package", "tests", "--bin", "simulate", "--"])
        .args(arguments)
        .arg("--keep")
        .arg(project.root.join("tests/tests/it/seeds"));
    say::show(&mut command).context(
        "a history failed. It is kept in tests/tests/it/seeds, shrunk; there every test run replays it",
    )
}

/// The share of `cargo xtask test`.
pub fn check(project: &Project) -> Result<()> {
    let share = ["--from", FIRST_OF_A_CHANGE, "--histories", OF_A_CHANGE, "--minutes", MINUTES_OF_A_CHANGE];
    simulate(project, &share.map(str::to_owned))
}
