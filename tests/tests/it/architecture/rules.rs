//! Every rule of the catalogue that this version implements is decided somewhere and tried somewhere.

use super::project::{Project, files};
use shared::RuleId;

/// Names of the tests in a source, with what is said above them.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("test]").skip(1).filter_map(|after| after.split("fn ").nth(1)?.split(['(', '<']).next())
}

/// `CAT-06` as a test's name says it: `cat_06_…`, also behind other words.
fn is_named_by(rule: RuleId, test: &str) -> bool {
    let words = rule.as_str().to_lowercase().replace('-', "_");
    format!("_{test}_").contains(&format!("_{words}_"))
}

#[test]
fn every_rule_has_a_test_that_bears_its_name() {
    let places = ["tests/tests", "shared/tests", "frontend/tests", "backend/tests"];
    let sources: Vec<_> = places.iter().flat_map(|place| files(place, &["rs"])).collect();
    let tests: Vec<&str> = sources.iter().flat_map(|(_, text)| tests_in(text)).collect();
    assert!(tests.len() > 100, "only {} tests are found", tests.len());
    let untried: Vec<_> =
        RuleId::ALL.iter().filter(|rule| !tests.iter().any(|test| is_named_by(**rule, test))).collect();
    assert!(untried.is_empty(), "no test is named for {untried:?}");
}

#[test]
fn every_rule_is_named_where_it_is_decided() {
    let project = Project::read();
    let is_decided = |rule: RuleId| {
        let deciding = project.below(&["shared/src", "backend/src", "frontend/src"]);
        let mut deciding = deciding.filter(|source| {
            source.path != "shared/src/decision.rs" && !source.path.ends_with("/reasons.rs")
        });
        // A decision returns it (`RuleId::Cat06`): to speak of it in a comment is not enough.
        let in_code = format!("{rule:?}");
        deciding.any(|source| source.tokens.iter().any(|token| token.is_word(&in_code)))
    };
    let nowhere: Vec<_> = RuleId::ALL.iter().filter(|rule| !is_decided(**rule)).collect();
    assert!(nowhere.is_empty(), "nobody decides {nowhere:?}");
}

#[test]
fn a_rule_is_told_from_its_neighbours() {
    let source = "#[test]\nfn cat_01_x() {}\n#[tokio::test]\nasync fn ppl_01_and_ppl_02_y() {}\nfn cat_13_no_test() {}";
    let found: Vec<_> = tests_in(source).collect();
    assert_eq!(found, ["cat_01_x", "ppl_01_and_ppl_02_y"]);
    assert!(is_named_by(RuleId::Ppl02, found[1]) && !is_named_by(RuleId::Cat13, found[0]));
}
