//! Mutation tests: whether the tests of `shared` notice when a rule is changed.
//!
//! cargo-mutants changes one place at a time in a copy of the checkout and runs the tests on each copy. That is the
//! one test of the tests: a place that can be changed without any of them failing is a rule that nobody holds, or
//! code that nobody needs. It takes an hour or two, so it is a command of its own and no step of `cargo xtask test`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::project::Project;
use crate::say::{self, Ending, Step, take};

/// The version that is installed, into the project's own target folder.
const VERSION: &str = "27.1.0";
/// Chapters that delete, untrack, promote and retry: none of their mutants may survive.
const STRICT: [&str; 4] =
    ["rules/deleting.rs", "rules/untracking.rs", "rules/incoming.rs", "rules/failing.rs"];
/// Of a hundred mutants of everything else, so many are to be noticed.
const ENOUGH_PERCENT: usize = 95;

/// Changes `files` of `shared/src` (all of them where none is named), `jobs` at a time, and judges the tests.
pub fn run(project: &Project, files: &[String], jobs: u32, arguments: &[String]) -> Result<()> {
    let steps = [
        Step::needed("machine", "installing cargo-mutants into the target folder", install),
        Step::new("mutants", "changing the rules, one place at a time", move |project| {
            mutate(project, files, jobs, arguments)
        }),
        Step::new("verdict", "counting what the tests noticed", judge),
    ];
    take(project, &steps, Ending::Plain)
}

fn install(project: &Project) -> Result<()> {
    if program(project).is_file() {
        return Ok(());
    }
    let mut command = project.cargo();
    command
        .args(["install", "cargo-mutants", "--version", VERSION, "--locked", "--root"])
        .arg(folder(project));
    // It is not what takes long here, so it need not be fast.
    command.arg("--debug").env("CARGO_TARGET_DIR", project.target.join("tools"));
    say::build(&mut command)
}

/// A folder for each version, so that another one is never taken for this one.
fn folder(project: &Project) -> PathBuf {
    project.target.join("tools").join(format!("cargo-mutants-{VERSION}"))
}

fn program(project: &Project) -> PathBuf {
    folder(project).join("bin").join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX))
}

fn mutate(project: &Project, files: &[String], jobs: u32, arguments: &[String]) -> Result<()> {
    let mut command = project.command(&program(project));
    command.args(["mutants", "--package", "shared", "--jobs", &jobs.to_string(), "--output"]);
    command.arg(&project.target);
    for file in files {
        ensure!(
            project.root.join("shared/src").join(file).is_file(),
            "there is no shared/src/{file}; name a file as in `--file rules/failing.rs`"
        );
        command.arg("--file").arg(format!("shared/src/{file}"));
    }
    command.args(arguments);
    // The copies are built in a folder of their own. Fewer combinations are enough for telling a changed rule.
    command.env("CARGO_TARGET_DIR", project.target.join("mutants"));
    command.env("REGARDING_ONE_IN", "401").env("RUST_BACKTRACE", "0");
    let status = command.status().context("cannot start cargo-mutants")?;
    // 2: some were missed, 3: some never ended. Whether that is too much is judged afterwards.
    ensure!(matches!(status.code(), Some(0 | 2 | 3)), "cargo-mutants ended with {status}");
    Ok(())
}

fn judge(project: &Project) -> Result<()> {
    let tally = Tally::read(&project.target.join("mutants.out"))?;
    println!("{tally}");
    tally.suffices()
}

/// What became of the mutants, one line each, such as `shared/src/plan.rs:246:74: replace != with == in …`.
#[derive(Default)]
struct Tally {
    caught: Vec<String>,
    /// Tests that never end are noticed as well.
    timeout: Vec<String>,
    missed: Vec<String>,
    /// They do not compile, and so say nothing.
    unviable: Vec<String>,
}

impl Tally {
    fn read(folder: &Path) -> Result<Self> {
        let lines = |name: &str| -> Result<Vec<String>> {
            let path = folder.join(name);
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            caught: lines("caught.txt")?,
            timeout: lines("timeout.txt")?,
            missed: lines("missed.txt")?,
            unviable: lines("unviable.txt")?,
        })
    }

    fn suffices(&self) -> Result<()> {
        let is_strict = |line: &&String| STRICT.iter().any(|file| line.contains(file));
        let strict: Vec<&str> = self.missed.iter().filter(is_strict).map(String::as_str).collect();
        ensure!(
            strict.is_empty(),
            "rules that must not be left to chance can be changed unnoticed:\n{}",
            strict.join("\n")
        );
        let noticed = self.caught.len() + self.timeout.len();
        let told = noticed + self.missed.len();
        ensure!(told > 0, "no mutant was tested");
        ensure!(
            noticed * 100 >= told * ENOUGH_PERCENT,
            "the tests noticed {noticed} of {told} mutants, which is less than {ENOUGH_PERCENT} of 100"
        );
        Ok(())
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.missed {
            writeln!(f, "  unnoticed: {line}")?;
        }
        let (caught, timeout) = (self.caught.len(), self.timeout.len());
        let (missed, unviable) = (self.missed.len(), self.unviable.len());
        write!(f, "  {caught} caught, {timeout} never ended, {missed} unnoticed, {unviable} did not compile")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(caught: usize, missed: &[&str]) -> Tally {
        let line = |n: usize| format!("shared/src/plan.rs:{n}:1: replace plan -> Option<Plan> with None");
        let missed = missed.iter().map(|line| (*line).to_owned()).collect();
        Tally { caught: (0..caught).map(line).collect(), missed, ..Tally::default() }
    }

    #[test]
    fn nineteen_of_twenty_are_enough_and_less_is_not() {
        let words = "shared/src/rules/words.rs:9:1: replace words";
        assert!(tally(19, &[words]).suffices().is_ok());
        assert!(tally(18, &[words]).suffices().is_err());
        assert!(tally(0, &[]).suffices().is_err());
    }

    #[test]
    fn of_the_strict_chapters_none_may_survive() {
        for file in STRICT {
            let line = format!("shared/src/{file}:9:1: replace == with !=");
            let told = tally(999, &[&line]).suffices().expect_err("one survived").to_string();
            assert!(told.contains(&line), "{told}");
        }
    }

    #[test]
    fn the_strict_chapters_exist() {
        let project = Project::find().expect("the checkout");
        for file in STRICT {
            assert!(project.root.join("shared/src").join(file).is_file(), "{file}");
        }
    }
}
