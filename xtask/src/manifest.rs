//! Checks `manifest.xml`, by which Outlook installs the add-in.
//!
//! Outlook refuses a manifest that breaks its schema with one sentence, or shows the add-in without the
//! button; neither says why. So the project checks its own: the order of the elements (`order`), that every
//! resource exists, fits and is used (`resources`), the icons (`icons`), what the add-in promises on which
//! surface (`surfaces`). That it names the same hosts as the content security policy is tested across the
//! crates. Only the parts of Microsoft's schema that the manifest uses are known here; others are refused until
//! they are added.

mod deployment;
mod icons;
mod order;
mod resources;
mod surfaces;

use std::fmt;
use std::path::Path;

use roxmltree::{Document, Node};

pub use deployment::{Deployment, deploy};

/// Namespace of the base manifest.
const OFFICE: &str = "http://schemas.microsoft.com/office/appforoffice/1.1";
/// Namespace of resources and icons.
const BASIC: &str = "http://schemas.microsoft.com/office/officeappbasictypes/1.0";
/// Namespace of the first overrides.
const OVERRIDES_1_0: &str = "http://schemas.microsoft.com/office/mailappversionoverrides";
/// Namespace of the second overrides, which lie inside of the first.
const OVERRIDES_1_1: &str = "http://schemas.microsoft.com/office/mailappversionoverrides/1.1";
/// Namespace of `xsi:type`.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// One thing that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the manifest, counted from 1.
    pub line: u32,
    /// What is wrong, and where it helps, what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "manifest.xml:{}: {}", self.line, self.what)
    }
}

/// Everything that is wrong with the manifest `xml`, whose pages and icons lie in the folder `files`.
pub fn check(xml: &str, files: &Path) -> Vec<Fault> {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => {
            return vec![Fault { line: error.pos().row, what: format!("no well-formed XML: {error}") }];
        }
    };
    let mut faults = Faults { document: &document, found: Vec::new() };
    order::check(&mut faults);
    resources::check(&mut faults);
    icons::check(&mut faults, files);
    surfaces::check(&mut faults, files);
    faults.found.sort_by_key(|fault| fault.line);
    faults.found
}

/// Collects what is wrong.
struct Faults<'a> {
    document: &'a Document<'a>,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    fn add(&mut self, at: Node<'_, '_>, what: impl Into<String>) {
        let line = self.document.text_pos_at(at.range().start).row;
        self.found.push(Fault { line, what: what.into() });
    }

    /// All elements of that local name, anywhere.
    fn all(&self, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> + use<'a> {
        let document: &'a Document<'a> = self.document;
        document.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
    }

    fn root(&self) -> Node<'a, 'a> {
        let document: &'a Document<'a> = self.document;
        document.root_element()
    }
}

/// The element's `xsi:type`, without a prefix.
fn type_of<'a>(node: Node<'a, '_>) -> &'a str {
    let stated = node.attribute((SCHEMA_INSTANCE, "type")).unwrap_or_default();
    stated.rsplit(':').next().unwrap_or_default()
}

/// The elements right below `node`.
fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The first element of that local name right below `node`.
fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|node| node.tag_name().name() == name)
}

/// The element's text without the white space around it.
fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

/// `https://host:port` of an address, if that is what it begins with.
fn origin_of(address: &str) -> Option<&str> {
    let host = address.strip_prefix("https://")?;
    let end = host.find('/').unwrap_or(host.len());
    (end > 0).then(|| &address[.."https://".len() + end])
}

#[cfg(test)]
mod tests;
