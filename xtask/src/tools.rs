//! The wasm target, and the wasm tools that `xtask/tools` builds.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::project::Project;
use crate::{say, system};

/// What the pane is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Adds the wasm target to this machine's toolchain if it is missing.
pub fn provide_target(project: &Project) -> Result<()> {
    if has_target()? {
        return Ok(());
    }
    let Some(rustup) = system::on_path("rustup") else {
        bail!(
            "this machine's Rust cannot compile for {WASM}: install it as your system does \
             (Debian: `apt-get install libstd-rust-dev-wasm32`), or use rustup (https://rustup.rs)"
        );
    };
    eprintln!("      adding the target {WASM} with rustup");
    say::build(Command::new(rustup).args(["target", "add", WASM]).current_dir(&project.root))?;
    ensure!(has_target()?, "rustup added {WASM}, yet rustc does not see it: is another rustc first on PATH?");
    Ok(())
}

fn has_target() -> Result<bool> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = say::ask(Command::new(rustc).args(["--print", "target-libdir", "--target", WASM]))?;
    Ok(PathBuf::from(folder).is_dir())
}

/// The pane and the tool that finishes it have to agree on the version of wasm-bindgen.
pub fn check_versions(project: &Project) -> Result<()> {
    let locked = locked_version(project, "Cargo.lock")?;
    let built = locked_version(project, "xtask/tools/Cargo.lock")?;
    ensure!(
        locked == built,
        "the pane is compiled against wasm-bindgen {locked}, but xtask/tools builds version {built}: \
         they must be the same; change `wasm-bindgen` in Cargo.toml or `wasm-bindgen-cli` in xtask/tools/Cargo.toml"
    );
    Ok(())
}

/// Builds wasm-bindgen, its test runner and wasm-pack.
pub fn build(project: &Project) -> Result<()> {
    let manifest = project.root.join("xtask/tools/Cargo.toml");
    let folder = project.tools();
    say::build(
        project
            .cargo()
            .args(["build", "--locked", "--manifest-path"])
            .arg(manifest)
            .env("CARGO_TARGET_DIR", folder),
    )
}

/// A call of one of the tools.
pub fn tool(project: &Project, name: &str) -> Command {
    let program = project.tools().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    project.command(&program)
}

/// PATH with the tools in front, for wasm-pack looks for the others there.
pub fn path(project: &Project) -> Result<OsString> {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(project.tools().join("debug")).chain(env::split_paths(&folders)))
        .context("the target folder's name cannot stand in PATH")
}

/// The version of wasm-bindgen that a lockfile holds.
fn locked_version(project: &Project, lockfile: &str) -> Result<String> {
    let text =
        fs::read_to_string(project.root.join(lockfile)).with_context(|| format!("cannot read {lockfile}"))?;
    let mut lines = text.lines().skip_while(|line| *line != "name = \"wasm-bindgen\"");
    lines
        .nth(1)
        .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .with_context(|| format!("{lockfile} holds no wasm-bindgen"))
}
