//! Where things are: the checkout, what is built, what is installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The folders of one checkout.
pub struct Project {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, wherever this machine puts it.
    pub target: PathBuf,
}

impl Project {
    /// Finds the checkout this program was built from.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in a folder of the project")?;
        ensure!(
            root.join("Cargo.toml").is_file(),
            "{} is gone; run `cargo xtask` inside the checkout",
            root.display()
        );
        // This very program lies at <target>/<profile>/xtask, whatever the machine's configuration says.
        let program = env::current_exe().context("cannot find out where this program lies")?;
        let target = program.ancestors().nth(2).context("this program lies outside of a target folder")?;
        Ok(Self { root: root.to_path_buf(), target: target.to_path_buf() })
    }

    /// What the server hands to browsers.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Where npm puts office.js and msal-browser.
    pub fn npm(&self) -> PathBuf {
        self.root.join("node_modules")
    }

    /// Where the wasm tools are built; a folder of their own, for they are a workspace of their own.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// What this program remembers between two calls.
    pub fn memory(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// A call of this machine's cargo.
    pub fn cargo(&self) -> Command {
        self.command(Path::new(&env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
    }

    /// A call of a program that may call cargo, in the project's root.
    ///
    /// Cargo tells the programs it runs which package they belong to. A nested call must not hear that:
    /// build scripts that watch these variables would run again each time.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            let told = name.to_string_lossy();
            if told.starts_with("CARGO_PKG_")
                || told.starts_with("CARGO_MANIFEST_")
                || told == "CARGO_BIN_NAME"
            {
                command.env_remove(&name);
            }
        }
        command
    }
}
