//! What the pane takes from npm: msal-browser, which it is shipped with, and office.js, which the sandbox's
//! Outlook page hands out in place of Microsoft's servers. Neither is committed; the lockfile holds their
//! checksums.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::bundle::fingerprint;
use crate::project::Project;
use crate::{say, system};

/// Installs what the lockfile names into `node_modules`, unless it is there already.
pub fn install(project: &Project) -> Result<()> {
    let npm = system::provide(&system::NPM)?;
    let lock = project.root.join("package-lock.json");
    let wanted = fingerprint(&fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?);
    let stamp = project.npm().join(".regarding-lock");
    if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    say::build(Command::new(npm).arg("ci").arg("--ignore-scripts").current_dir(&project.root))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// msal-browser as one file, the half of it that ends a sign-in popup, and its licence.
pub fn msal(project: &Project) -> [(&'static str, PathBuf); 3] {
    let package = project.npm().join("@azure/msal-browser");
    [
        ("vendor/msal-browser.min.js", package.join("lib/msal-browser.min.js")),
        (
            "vendor/msal-redirect-bridge.min.js",
            package.join("lib/redirect-bridge/msal-redirect-bridge.min.js"),
        ),
        ("vendor/msal-browser.LICENSE.txt", package.join("LICENSE")),
    ]
}
