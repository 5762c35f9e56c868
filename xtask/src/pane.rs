//! Builds the pane: compiles it to wasm, gives it its JavaScript half, and makes `dist/` of it together
//! with `static/` and msal-browser. What it writes depends on the sources only, not on the machine's folders.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::bundle::{Bundle, Files, fingerprint};
use crate::project::Project;
use crate::tools::{WASM, tool};
use crate::{npm, say};

/// The page that Outlook shows in its task pane.
pub const PAGE: &str = "pane.html";

/// Compiles the pane, small above all.
pub fn compile(project: &Project) -> Result<()> {
    say::build(
        project
            .cargo()
            .args(["build", "--locked", "--package", "frontend", "--lib", "--target", WASM])
            .args(["--profile", "wasm-release"])
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", flags(project)?),
    )?;
    let compiled = project.target.join(WASM).join("wasm-release/frontend.wasm");
    ensure!(compiled.is_file(), "{} was not built: is `frontend` a cdylib?", compiled.display());
    let folder = bindings(project);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    say::build(
        tool(project, "wasm-bindgen")
            .args(["--target", "web", "--no-typescript"])
            .args(["--remove-name-section", "--remove-producers-section"])
            .args(["--out-name", "frontend", "--out-dir"])
            .arg(&folder)
            .arg(&compiled),
    )
}

/// Makes `dist/`, unless it is there already and made of the same files.
pub fn pack(project: &Project) -> Result<()> {
    let sources = collect(project)?;
    let stamp = project.memory().join("dist.stamp");
    let wanted = stamp_of(&sources);
    let present = project.dist().join(PAGE).is_file();
    if present && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    Bundle::make(&sources)?.write(&project.dist())?;
    fs::create_dir_all(project.memory()).context("cannot write into the target folder")?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Tells the compiler to call the machine's folders by neutral names.
fn flags(project: &Project) -> Result<String> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().context("this machine's user has no home folder")?.join(".cargo"),
    };
    let folders = [(&project.root, "regarding"), (&project.target, "target"), (&home, "cargo")];
    let remaps = folders.map(|(folder, name)| format!("--remap-path-prefix={}=/{name}", folder.display()));
    Ok(remaps.join("\u{1f}"))
}

/// Where wasm-bindgen puts what it makes.
fn bindings(project: &Project) -> PathBuf {
    project.memory().join("bindings")
}

/// Everything that goes into `dist/`, as it is before it gets its names.
fn collect(project: &Project) -> Result<Files> {
    let mut files = Files::new();
    for folder in [project.root.join("static"), bindings(project)] {
        read_folder(&folder, &folder, &mut files)?;
    }
    for (name, path) in npm::msal(project) {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(name.to_owned(), content);
    }
    ensure!(files.contains_key(PAGE), "static/{PAGE} is missing");
    Ok(files)
}

/// Adds the files below `folder`, named as they lie below `base`.
pub fn read_folder(base: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        if path.is_dir() {
            read_folder(base, &path, files)?;
            continue;
        }
        let parts = path.strip_prefix(base).context("a folder holds what lies in it")?.components();
        let name = parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(files.insert(name.clone(), content).is_none(), "{name} comes from two places");
    }
    Ok(())
}

/// How dist/ is made of its sources. (The program itself is no witness: cargo may replace it while it runs.)
const RECIPE: &str = concat!(include_str!("pane.rs"), include_str!("bundle.rs"), include_str!("npm.rs"));

/// Changes with any of the files, and with what is made of them.
fn stamp_of(sources: &Files) -> String {
    let mut stamp = format!("{}\n", fingerprint(RECIPE.as_bytes()));
    for (name, content) in sources {
        stamp.push_str(&fingerprint(content));
        stamp.push(' ');
        stamp.push_str(name);
        stamp.push('\n');
    }
    stamp
}
