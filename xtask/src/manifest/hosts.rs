//! Manifest and content security policy name the same hosts.
//!
//! Two lists open the pane to the outside: the manifest's `AppDomains` say where its window may go, the
//! policy's `connect-src` with whom it may talk. Both are for signing in, and one that has a host which the
//! other lacks is either broken or too wide.

use std::collections::BTreeSet;

use roxmltree::Document;

use super::{Fault, Faults, origin_of, text_of};

/// What is wrong between the manifest `xml` and `policy`, the value of the pane's `Content-Security-Policy`.
pub fn check_hosts(xml: &str, policy: &str) -> Vec<Fault> {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => {
            return vec![Fault { line: error.pos().row, what: format!("no well-formed XML: {error}") }];
        }
    };
    let mut faults = Faults { document: &document, found: Vec::new() };
    let domains: BTreeSet<&str> = faults.all("AppDomain").map(text_of).collect();
    let own: BTreeSet<&str> = super::resources::addresses(&faults)
        .into_iter()
        .filter_map(|(_, address)| origin_of(address))
        .collect();
    let talks_to: BTreeSet<&str> = sources(policy, "connect-src")
        .filter(|source| !source.starts_with('\'') && !own.contains(source))
        .collect();
    for host in talks_to.difference(&domains) {
        faults.add(faults.root(), format!("the policy's connect-src has {host}, AppDomains has not"));
    }
    for host in domains.difference(&talks_to) {
        faults.add(faults.root(), format!("AppDomains has {host}, the policy's connect-src has not"));
    }
    faults.found
}

/// The sources that a directive of the policy lists.
fn sources<'a>(policy: &'a str, directive: &str) -> impl Iterator<Item = &'a str> {
    policy
        .split(';')
        .map(str::split_whitespace)
        .find_map(|mut words| (words.next() == Some(directive)).then_some(words))
        .into_iter()
        .flatten()
}
