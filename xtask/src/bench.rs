//! The figures. The size of the pane is measured here; what needs a browser or a running server is measured
//! by the `bench` binary of the tests crate.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};

use crate::bundle::{Files, ending};
use crate::pane;
use crate::project::Project;
use crate::server::{self, Speed};

/// What everything the pane loads from our origin may weigh, brotli, without office.js and msal-browser.
const BUDGET_BYTES: usize = 120_000;
/// How the names of msal-browser's files begin in `dist/`.
const MSAL: &str = "assets/msal-";
/// The program that measures in browser and server.
const PROGRAM: &str = "tests/src/bin/bench/main.rs";

/// Fails at once, not after minutes of building, where the program that measures has been moved.
pub fn find(project: &Project) -> Result<()> {
    ensure!(
        project.root.join(PROGRAM).is_file(),
        "{PROGRAM} is gone, so nothing could be measured but sizes; say in xtask/src/bench.rs where it is now"
    );
    Ok(())
}

/// Prints what the pane in `dist/` weighs and refuses more than the budget.
pub fn sizes(project: &Project) -> Result<()> {
    let mut files = Files::new();
    pane::read_folder(&project.dist(), &project.dist(), &mut files)?;
    let (mut raw, mut brotli) = (0, 0);
    println!("  {:>9}  {:>9}  loaded by the pane from our origin, in bytes", "raw", "brotli");
    for name in loaded(&files, pane::PAGE) {
        let plain = files[name].len();
        let packed = files.get(&format!("{name}.br")).map_or(plain, Vec::len);
        println!("  {plain:>9}  {packed:>9}  {name}");
        raw += plain;
        brotli += packed;
    }
    println!("  {raw:>9}  {brotli:>9}  in all, without office.js and msal-browser (at most {BUDGET_BYTES})");
    ensure!(brotli <= BUDGET_BYTES, "the pane weighs {} bytes more than it may", brotli - BUDGET_BYTES);
    Ok(())
}

/// Runs the measurements of the tests crate.
pub fn measure(project: &Project, arguments: &[String]) -> Result<()> {
    let mut command = project.cargo();
    command
        .args(["run", "--quiet", "--release", "--package", "tests", "--bin", "bench", "--"])
        .args(arguments);
    server::tell_where_things_are(project, Speed::Production, &mut command)?;
    crate::say::show(&mut command).context("the measurements did not finish")
}

/// What a browser loads with `page`: the page, every file it names, every file those name, and so on. Other
/// pages are not followed, for they are only loaded in place of this one.
fn loaded<'a>(files: &'a Files, page: &'a str) -> BTreeSet<&'a str> {
    let is_candidate = |name: &str| !matches!(ending(name), "br" | "gz" | "html") && !name.starts_with(MSAL);
    let candidates: Vec<&str> = files.keys().map(String::as_str).filter(|name| is_candidate(name)).collect();
    let mut loaded = BTreeSet::from([page]);
    let mut open = vec![page];
    while let Some(content) = open.pop().and_then(|name| files.get(name)) {
        for name in &candidates {
            if !loaded.contains(name) && names(content, name) {
                loaded.insert(name);
                open.push(name);
            }
        }
    }
    loaded
}

/// Whether `name` stands anywhere in `content`; wasm modules hold names too.
fn names(content: &[u8], name: &str) -> bool {
    content.windows(name.len()).any(|window| window == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_measures_is_found_in_this_checkout() {
        find(&Project::find().expect("the checkout")).expect("the program");
    }

    #[test]
    fn where_the_program_that_measures_is_gone_nothing_is_passed_over_in_silence() {
        let elsewhere = Project { root: "/nowhere".into(), target: "/nowhere".into() };
        let error = find(&elsewhere).expect_err("there is none").to_string();
        assert!(error.contains(PROGRAM), "{error}");
    }

    #[test]
    fn a_page_loads_what_it_leads_to_without_other_pages_and_without_msal() {
        let files: Files = [
            ("pane.html", "<script src=\"/assets/boot.1.js\">"),
            ("assets/boot.1.js", "'/assets/app.2.wasm' '/assets/msal-browser.min.3.js' '/commands.html'"),
            ("assets/app.2.wasm", "\0asm icons/mark.svg"),
            ("assets/app.2.wasm.br", ""),
            ("icons/mark.svg", ""),
            ("icons/track.svg", ""),
            ("assets/msal-browser.min.3.js", ""),
            ("commands.html", "'/assets/commands.4.js'"),
            ("assets/commands.4.js", ""),
        ]
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .into();
        let loaded: Vec<&str> = loaded(&files, "pane.html").into_iter().collect();
        assert_eq!(loaded, ["assets/app.2.wasm", "assets/boot.1.js", "icons/mark.svg", "pane.html"]);
    }
}
