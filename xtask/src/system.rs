//! Programs that come with the machine: finds them, and installs the missing ones through the system's
//! packages where that is allowed. Where it is not, it says what to install.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::say;

/// A program of the machine that the project cannot do without.
pub struct Need {
    /// What people call it.
    what: &'static str,
    /// The variable that names it when it lies somewhere unusual.
    variable: Option<&'static str>,
    /// The names it goes by, the best first.
    names: &'static [&'static str],
    /// Debian's packages of it.
    packages: &'static [&'static str],
    /// What to do where there is no apt-get.
    remedy: &'static str,
}

/// The browser of the tests.
pub const CHROMIUM: Need = Need {
    what: "Chromium",
    variable: Some("CHROMIUM"),
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    packages: &["chromium", "chromium-driver"],
    remedy: "install Chromium or Chrome, or name the program in CHROMIUM",
};

/// What the tests drive it with.
pub const CHROMEDRIVER: Need = Need {
    what: "ChromeDriver",
    variable: Some("CHROMEDRIVER"),
    names: &["chromedriver"],
    packages: &["chromium", "chromium-driver"],
    remedy: "install the ChromeDriver of your Chromium's version, or name the program in CHROMEDRIVER",
};

/// What fetches office.js and msal-browser.
pub const NPM: Need = Need {
    what: "npm",
    variable: None,
    names: &["npm"],
    packages: &["nodejs", "npm"],
    remedy: "install Node.js 18 or newer with npm (https://nodejs.org)",
};

/// What draws the icons.
pub const RSVG: Need = Need {
    what: "rsvg-convert",
    variable: None,
    names: &["rsvg-convert"],
    packages: &["librsvg2-bin"],
    remedy: "install librsvg's rsvg-convert",
};

/// The database of several nodes.
const POSTGRES: Need = Need {
    what: "PostgreSQL",
    variable: Some(xtask::postgres::VARIABLE),
    names: &[],
    packages: &["postgresql"],
    remedy: "install PostgreSQL 14 or newer, or name the folder of its programs (initdb, pg_ctl) in POSTGRES_BIN",
};

/// Where `need` is on this machine; installs it if it is missing and this machine lets us.
pub fn provide(need: &Need) -> Result<PathBuf> {
    provide_by(need, || find(need))
}

/// The folder of PostgreSQL's programs, which are not on the path.
pub fn provide_postgres() -> Result<PathBuf> {
    provide_by(&POSTGRES, xtask::postgres::programs)
}

fn provide_by(need: &Need, find: impl Fn() -> Result<Option<PathBuf>>) -> Result<PathBuf> {
    if let Some(program) = find()? {
        return Ok(program);
    }
    let Some(mut apt) = apt_get()? else {
        bail!("{} not found: {}", need.what, advice(need));
    };
    eprintln!("      installing {} with apt-get", need.packages.join(" and "));
    apt.args(["install", "--yes", "--no-install-recommends"]).args(need.packages);
    if say::build(&mut apt).is_err() {
        // A machine that has never asked for the list of packages cannot find any.
        if let Some(mut update) = apt_get()? {
            say::build(update.arg("update"))?;
        }
        say::build(&mut apt).with_context(|| format!("{} not found: {}", need.what, advice(need)))?;
    }
    find()?.with_context(|| format!("{} not found even after apt-get: {}", need.what, need.remedy))
}

/// The browser and its driver, of one version.
pub fn provide_browser() -> Result<(PathBuf, PathBuf)> {
    let (chromium, driver) = (provide(&CHROMIUM)?, provide(&CHROMEDRIVER)?);
    let (browser, drives) = (version(&chromium)?, version(&driver)?);
    ensure!(
        browser == drives,
        "{} has version {browser}, {} drives version {drives}: {}",
        chromium.display(),
        driver.display(),
        CHROMEDRIVER.remedy
    );
    Ok((chromium, driver))
}

fn advice(need: &Need) -> String {
    format!("{}, e.g. `sudo apt-get install {}`", need.remedy, need.packages.join(" "))
}

fn find(need: &Need) -> Result<Option<PathBuf>> {
    if let Some((variable, named)) = need.variable.and_then(|name| Some((name, env::var_os(name)?))) {
        let program = PathBuf::from(named);
        ensure!(program.is_file(), "{variable} names {}, which is not there", program.display());
        return Ok(Some(program));
    }
    Ok(need.names.iter().find_map(|name| on_path(name)))
}

/// The program `name` in the folders of PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
        .find(|program| program.is_file())
}

/// apt-get, if this machine has it and lets us use it without asking for a password.
fn apt_get() -> Result<Option<Command>> {
    if on_path("apt-get").is_none() {
        return Ok(None);
    }
    let mut command = if say::ask(Command::new("id").arg("-u"))? == "0" {
        Command::new("apt-get")
    } else {
        let allowed = Command::new("sudo")
            .args(["-n", "true"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !allowed {
            return Ok(None);
        }
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(Some(command))
}

/// The first part of a browser's or driver's version: `156` of `Chromium 156.0.8078.79 built on Debian`.
fn version(program: &Path) -> Result<String> {
    let said = say::ask(Command::new(program).arg("--version"))?;
    major(&said).map(str::to_owned).with_context(|| format!("{} says no version: {said}", program.display()))
}

fn major(said: &str) -> Option<&str> {
    said.split_whitespace()
        .filter_map(|word| word.split_once('.').map(|(major, _)| major))
        .find(|major| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_browsers_and_drivers_are_understood() {
        assert_eq!(major("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"), Some("156"));
        assert_eq!(major("Google Chrome 157.0.1.2 "), Some("157"));
        assert_eq!(major("ChromeDriver 156.0.8078.79 (0a1b.2c-refs/heads@{#1})"), Some("156"));
        assert_eq!(major("no version here."), None);
    }

    #[test]
    fn a_machine_without_a_program_is_told_what_to_install() {
        assert!(
            advice(&NPM).contains("Node.js 18 or newer")
                && advice(&NPM).contains("apt-get install nodejs npm")
        );
    }
}
