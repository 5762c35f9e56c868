//! `cargo xtask`: the project's commands, from a fresh clone on.
//!
//! Each command first looks whether the machine has what it needs and installs what is missing by name, into
//! the project's own folders where that is possible (the system's packages are the exception, and only the
//! browser tests and npm need those). It says what it is doing and how far it is. It never installs a cargo
//! command globally, and running it again when all is there costs seconds.

mod bench;
mod bundle;
mod commands;
mod icons;
mod licences;
mod mutants;
mod need;
mod nodes;
mod npm;
mod pane;
mod project;
mod say;
mod server;
mod simulate;
mod system;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::project::Project;
use crate::server::Speed;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "The commands of Regarding",
    version,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and start it with the sandbox tenant: open the address it prints
    Run(Run),
    /// All that has to hold before a change lands; stops at the first step that fails
    Test(Selection),
    /// The fast loop: format, lints, the tests of `shared`
    Check(Selection),
    /// Build the pane into dist/ and print its sizes
    Pane,
    /// The figures: sizes of the pane, then the measurements of the tests crate
    Bench(Bench),
    /// Kill random nodes out of three under load, and look whether anything was lost, doubled or left alone
    Nodes(Nodes),
    /// Change the rules, one place at a time, and see whether their tests notice: an hour or two
    Mutants(Mutants),
    /// Random histories on the real engine, for as long as it is let: `--minutes N`, or one again: `--seed N`
    Simulate(Simulation),
    /// Write a manifest for a server of your own
    Manifest(Deployment),
    /// Draw the PNG icons anew from their SVG sources
    Icons,
}

/// What `run` may be told.
#[derive(Args)]
struct Run {
    /// So many nodes on one PostgreSQL, which is started from the system's packages; nothing of it is kept
    #[arg(long, value_name = "COUNT", conflicts_with = "arguments")]
    nodes: Option<u16>,
    /// Optimize the server: slower to build, as fast as in production
    #[arg(long)]
    release: bool,
    /// Handed to the server, such as `-- --mail FOLDER` or `-- --config FILE`
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Run {
    fn speed(&self) -> Speed {
        if self.release { Speed::Production } else { Speed::Development }
    }
}

/// Which steps of `test` or `check` to take.
#[derive(Args)]
struct Selection {
    /// Only these steps (repeatable)
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<String>,
    /// All but these steps (repeatable)
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    skip: Vec<String>,
}

/// What `bench` may be told.
#[derive(Args)]
struct Bench {
    /// Handed to the measurements of the tests crate
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What `nodes` may be told.
#[derive(Args)]
struct Nodes {
    /// How many are killed, one after the other
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// The seed of an earlier run
    #[arg(long)]
    seed: Option<u64>,
    /// An older build of `regarding`, to run beside this one as during an upgrade
    #[arg(long, value_name = "FILE")]
    older: Option<PathBuf>,
}

/// What `mutants` may be told.
#[derive(Args)]
struct Mutants {
    /// Only this file of shared/src, such as rules/failing.rs (repeatable)
    #[arg(long, value_name = "FILE")]
    file: Vec<String>,
    /// So many at a time
    #[arg(long, default_value_t = 1)]
    jobs: u32,
    /// Handed to cargo-mutants
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What `simulate` may be told; the program that plays the histories explains it with `--help`.
#[derive(Args)]
#[command(disable_help_flag = true)]
struct Simulation {
    /// `--minutes N`, `--seed N`, `--threads N`, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Where the server of a deployed add-in stands.
#[derive(Args)]
struct Deployment {
    /// Where people's Outlook reaches the server, such as https://regarding.example.com
    #[arg(long)]
    origin: String,
    /// The add-in's GUID; without it, one that is made from the origin and stays the same
    #[arg(long)]
    id: Option<String>,
    /// A page where people find help; Microsoft's store requires one
    #[arg(long, value_name = "URL")]
    support: Option<String>,
    /// Where to write it; without it, the manifest is printed
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = Project::find().and_then(|project| match cli.command {
        Command::Run(run) => match run.nodes {
            Some(count) => commands::run_nodes(&project, run.speed(), count),
            None => commands::run(&project, run.speed(), &run.arguments),
        },
        Command::Nodes(it) => commands::kill_nodes(&project, it.kills, it.seed, it.older.as_deref()),
        Command::Test(selection) => test::test(&project, &selection.only, &selection.skip),
        Command::Check(selection) => test::check(&project, &selection.only, &selection.skip),
        Command::Pane => commands::pane(&project),
        Command::Bench(bench) => commands::bench(&project, &bench.arguments),
        Command::Mutants(it) => mutants::run(&project, &it.file, it.jobs, &it.arguments),
        Command::Simulate(it) => simulate::simulate(&project, &it.arguments),
        Command::Manifest(it) => commands::manifest(
            &project,
            &it.origin,
            it.id.as_deref(),
            it.support.as_deref(),
            it.output.as_deref(),
        ),
        Command::Icons => commands::icons(&project),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
