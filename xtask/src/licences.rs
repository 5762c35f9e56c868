//! Which licences the crates we build upon may have. A new one is a decision, not an accident.

use anyhow::{Result, ensure};

use crate::project::Project;
use crate::say;

/// Licences under which a crate may be part of the product.
const ALLOWED: [&str; 15] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    // Binds the crate's own files only; `webdriver`, with which the tests drive Chromium, is under it.
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Refuses crates whose licence offers no choice that is allowed.
pub fn check(project: &Project) -> Result<()> {
    let listed = say::ask(
        project
            .cargo()
            .args(["tree", "--workspace", "--locked", "--target", "all", "--prefix", "none"])
            .args(["--format", "{p}|{l}"]),
    )?;
    let mut refused: Vec<String> = listed
        .lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|(package, licence)| {
            let licence = if licence.is_empty() { "no licence stated" } else { licence };
            format!("{package}: {licence}")
        })
        .collect();
    refused.sort();
    refused.dedup();
    ensure!(
        refused.is_empty(),
        "not under a licence that xtask/src/licences.rs allows:\n  {}",
        refused.join("\n  ")
    );
    Ok(())
}

/// Whether every part that is joined by AND offers, among the choices joined by OR, one that is allowed.
fn is_allowed(expression: &str) -> bool {
    // Old crates write `MIT/Apache-2.0`. None nests its parentheses deeper than `(A OR B) AND C`.
    expression.replace('/', " OR ").split(" AND ").all(|part| {
        part.split(" OR ").any(|choice| ALLOWED.contains(&choice.trim().trim_matches(['(', ')'])))
    })
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn a_choice_is_enough_when_one_of_it_is_allowed() {
        assert!(is_allowed("GPL-2.0 OR MIT"));
        assert!(is_allowed("MIT/Apache-2.0"));
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
    }

    #[test]
    fn every_part_of_a_conjunction_has_to_be_allowed() {
        assert!(!is_allowed("MIT AND GPL-3.0"));
        assert!(!is_allowed("GPL-3.0"));
        assert!(!is_allowed(""));
    }
}
