//! Says what is being done and how far it is, and runs programs so that this stays readable.
//!
//! On a terminal a program's own output is shown as it comes, cargo's progress bar included. Elsewhere (CI,
//! a pipe) a build is silent but for a sign of life, and shows all it said when it fails.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::project::Project;

/// How long a silent program may go without a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// One step of a command: it does its work or says why it could not.
pub struct Step<'a> {
    /// What `--only` and `--skip` call it.
    pub name: &'static str,
    /// What is being done, as in *building the pane*.
    pub what: &'static str,
    reason: Reason,
    act: Act<'a>,
}

/// Why a step is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It was asked for.
    Asked,
    /// Others need it; it cannot be asked for.
    Needed,
}

/// What a step does.
type Act<'a> = Box<dyn Fn(&Project) -> Result<()> + 'a>;

impl<'a> Step<'a> {
    /// A step that does `act`.
    pub fn new(name: &'static str, what: &'static str, act: impl Fn(&Project) -> Result<()> + 'a) -> Self {
        Self { name, what, reason: Reason::Asked, act: Box::new(act) }
    }

    /// A step that is only taken because others need it.
    pub fn needed(name: &'static str, what: &'static str, act: impl Fn(&Project) -> Result<()> + 'a) -> Self {
        Self { reason: Reason::Needed, ..Self::new(name, what, act) }
    }
}

/// Whether a table of times follows the last step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing follows: what was built speaks for itself.
    Plain,
    /// Which step took how long, and which were not reached.
    Table,
}

/// Takes the steps in order and stops at the first that fails.
pub fn take(project: &Project, steps: &[Step<'_>], ending: Ending) -> Result<()> {
    let begun = Instant::now();
    let mut times = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let mark = format!("[{}/{}]", index + 1, steps.len());
        eprintln!("{mark} {} …", step.what);
        let start = Instant::now();
        let outcome = (step.act)(project);
        let took = start.elapsed();
        times.push(took);
        if let Err(error) = outcome {
            eprintln!("{mark} {} failed after {}", step.what, seconds(took));
            if ending == Ending::Table {
                eprintln!("\n{}", table(steps, &times, Last::Failed));
                if step.reason == Reason::Asked {
                    eprintln!("only this step again: cargo xtask test --only {}", step.name);
                }
            }
            return Err(error.context(format!("{} failed", step.name)));
        }
        eprintln!("{mark} {} … {}", step.what, seconds(took));
    }
    if ending == Ending::Table {
        eprintln!("\n{}", table(steps, &times, Last::Passed));
        eprintln!("all {} steps passed in {}", steps.len(), seconds(begun.elapsed()));
    }
    Ok(())
}

/// How the last step that was taken ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Passed,
    Failed,
}

fn table(steps: &[Step<'_>], times: &[Duration], last: Last) -> String {
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let mut table = String::new();
    for (index, step) in steps.iter().enumerate() {
        let (outcome, took) = match times.get(index) {
            None => ("not reached", String::new()),
            Some(took) if index + 1 == times.len() && last == Last::Failed => ("FAILED", seconds(*took)),
            Some(took) => ("passed", seconds(*took)),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(table, "  {:width$}  {outcome:11}  {took:>8}  {}", step.name, step.what);
    }
    table
}

/// A duration as people say it: `0.4 s`, `41 s`, `3 min 5 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// Runs a program whose output matters, such as a test run: it is shown as it comes.
pub fn show(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    if status.success() { Ok(()) } else { Err(failed(command, &status.to_string())) }
}

/// Runs a program whose output matters only when it fails, such as a build.
pub fn build(command: &mut Command) -> Result<()> {
    if std::io::stderr().is_terminal() {
        return show(command);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let (sender, lines) = channel();
    let readers = [
        child.stdout.take().map(|pipe| forward(pipe, sender.clone())),
        child.stderr.take().map(|pipe| forward(pipe, sender)),
    ];
    let begun = Instant::now();
    let mut due = SIGN_OF_LIFE;
    let mut said: Vec<String> = Vec::new();
    loop {
        match lines.recv_timeout(due.saturating_sub(begun.elapsed())) {
            Ok(text) => said.push(text),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let latest = said.last().map_or("", |text| text.trim());
                eprintln!("      {}: {latest}", seconds(begun.elapsed()));
                due = begun.elapsed() + SIGN_OF_LIFE;
            }
        }
    }
    for reader in readers.into_iter().flatten() {
        reader.join().map_err(|_| anyhow!("reading the output of {} failed", line(command)))?;
    }
    let status = child.wait().with_context(|| format!("lost {}", line(command)))?;
    if status.success() {
        return Ok(());
    }
    for text in said {
        eprintln!("{text}");
    }
    Err(failed(command, &status.to_string()))
}

/// Runs a program and returns what it printed, without the line break at its end.
pub fn ask(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for text in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            // The receiver only goes away with the whole command.
            let _ = lines.send(String::from_utf8_lossy(&text).into_owned());
        }
    })
}

fn failed(command: &Command, how: &str) -> anyhow::Error {
    anyhow!("`{}` ended with {how}", line(command))
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(41)), "41 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 5 s");
    }

    #[test]
    fn the_table_tells_failed_steps_from_those_that_were_not_reached() {
        let steps = [
            Step::new("one", "a", |_| Ok(())),
            Step::new("two", "b", |_| Ok(())),
            Step::new("six", "c", |_| Ok(())),
        ];
        let table = table(&steps, &[Duration::ZERO, Duration::from_secs(12)], Last::Failed);
        let outcomes: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(outcomes, ["passed", "FAILED", "not"]);
    }

    #[test]
    fn a_program_that_fails_is_named_as_one_would_type_it() {
        let error = show(Command::new("cargo").args(["no-such-command", "--quiet"]).stderr(Stdio::null()))
            .unwrap_err();
        assert!(error.to_string().starts_with("`cargo no-such-command --quiet` ended with"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = show(&mut Command::new("/nowhere/no-such-program")).unwrap_err();
        assert!(error.to_string().contains("cannot start no-such-program"), "{error}");
    }
}
