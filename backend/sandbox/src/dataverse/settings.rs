//! The document in `orgdborgsettings`: settings by name, only those that somebody changed.
//!
//! The service takes and gives the whole document. It is XML text in a column, so whoever changes one setting
//! sends all of them back; this checks that what comes back is still a document.

use super::errors::{Answer, Fault};
use roxmltree::{Document, Node};
use std::fmt::Write;

const ROOT: &str = "OrgSettings";

/// Refuses text that is no settings document.
pub fn check(text: &str) -> Answer<()> {
    entries(text).map(|_| ())
}

/// The value of one setting; `None`: the default holds.
pub fn value(text: &str, name: &str) -> Option<String> {
    entries(text).ok()?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The document with one setting changed, or without it.
pub fn with(text: &str, name: &str, value: Option<&str>) -> Answer<String> {
    let mut entries = entries(text)?;
    entries.retain(|(known, _)| known != name);
    entries.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    let mut document = format!("<{ROOT}>");
    for (name, value) in &entries {
        let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(document, "<{name}>{value}</{name}>");
    }
    let _ = write!(document, "</{ROOT}>");
    check(&document)?;
    Ok(document)
}

/// Names and values in the order of the document.
fn entries(text: &str) -> Answer<Vec<(String, String)>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |reason: String| {
        Fault::invalid(format!(
            "The value of 'orgdborgsettings' is not a settings document: {reason}. Send \
             <{ROOT}><Name>value</Name>…</{ROOT}>."
        ))
    };
    let document = Document::parse(text).map_err(|reason| wrong(reason.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        return Err(wrong(format!("its root is '{}'", root.tag_name().name())));
    }
    let mut entries: Vec<(String, String)> = Vec::new();
    for setting in root.children().filter(Node::is_element) {
        let name = setting.tag_name().name();
        if setting.children().any(|child| child.is_element()) {
            return Err(wrong(format!("'{name}' holds more than a value")));
        }
        if entries.iter().any(|(known, _)| known == name) {
            return Err(wrong(format!("'{name}' stands in it twice")));
        }
        entries.push((name.to_owned(), setting.text().unwrap_or_default().trim().to_owned()));
    }
    Ok(entries)
}
