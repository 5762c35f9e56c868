//! The server, `regarding`: building it, and where it lies.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::project::Project;
use crate::{say, system};

/// How much the compiler does for the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// Soon built.
    Development,
    /// As fast as in production.
    Production,
}

/// Builds the server with its sandbox.
pub fn build(project: &Project, speed: Speed) -> Result<()> {
    let mut command = project.cargo();
    command.args(["build", "--locked", "--package", "backend", "--bin", "regarding"]);
    if speed == Speed::Production {
        command.arg("--release");
    }
    say::build(&mut command)
}

/// Where the built server lies.
pub fn program(project: &Project, speed: Speed) -> PathBuf {
    let profile = match speed {
        Speed::Development => "debug",
        Speed::Production => "release",
    };
    project.target.join(profile).join(format!("regarding{}", env::consts::EXE_SUFFIX))
}

/// Tells tests and measurements where things are. These variables are all that they need:
/// `REGARDING_BIN` (the server), `REGARDING_DIST` (the built pane), `REGARDING_NPM` (the folder that holds
/// `node_modules`), `CHROMIUM` and `CHROMEDRIVER` (programs).
pub fn tell_where_things_are(project: &Project, speed: Speed, command: &mut Command) -> Result<()> {
    let (chromium, driver) = system::provide_browser()?;
    command
        .env("REGARDING_BIN", program(project, speed))
        .env("REGARDING_DIST", project.dist())
        .env("REGARDING_NPM", &project.root)
        .env("CHROMIUM", chromium)
        .env("CHROMEDRIVER", driver);
    Ok(())
}
