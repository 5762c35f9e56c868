//! The settings document in `organization.orgdborgsettings`:
//! `<OrgSettings><Name>value</Name>…</OrgSettings>`.
//!
//! It is XML text that others write too, by hand and with tools, and it goes back whole. A change is therefore a
//! splice into the text as it is: what is not ours, be it an unknown setting, a comment or a blank, stays byte for
//! byte. What cannot be read is never written over.

use roxmltree::{Document, Node};
use std::collections::BTreeMap;

const ROOT: &str = "OrgSettings";

/// Why the text is no settings document, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Values by name. A name that stands there twice has its first value, as for Dataverse.
pub fn entries(text: &str) -> Result<BTreeMap<String, String>, Unreadable> {
    let mut entries = BTreeMap::new();
    if is_blank(text) {
        return Ok(entries);
    }
    let document = parse(text)?;
    for setting in settings(&document) {
        let value: String = setting.descendants().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
        entries.entry(setting.tag_name().name().to_owned()).or_insert(value);
    }
    Ok(entries)
}

/// The text with one setting changed or added.
pub fn with(text: &str, name: &str, value: &str) -> Result<String, Unreadable> {
    let value = escaped(value);
    if is_blank(text) {
        return Ok(format!("<{ROOT}><{name}>{value}</{name}></{ROOT}>"));
    }
    let document = parse(text)?;
    let is_meant = |node: &Node<'_, '_>| node.tag_name().name().eq_ignore_ascii_case(name);
    let mut splices: Vec<_> =
        settings(&document).filter(is_meant).map(|node| splice(text, node, &value)).collect();
    if splices.is_empty() {
        let root = document.root_element();
        let own = format!("<{name}>{value}</{name}>");
        let content = content_of(text, root);
        splices.push(match content {
            Content::Between(range) => Splice { range: range.end..range.end, with: own },
            Content::None(end) => closed(text, root, end, &own),
        });
    }
    let mut text = text.to_owned();
    // From the end, so that the places of the others stay what they are.
    splices.sort_by_key(|splice| std::cmp::Reverse(splice.range.start));
    for splice in splices {
        text.replace_range(splice.range, &splice.with);
    }
    Ok(text)
}

fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

fn parse(text: &str) -> Result<Document<'_>, Unreadable> {
    let document = Document::parse(text).map_err(|error| Unreadable(error.to_string()))?;
    let root = document.root_element().tag_name().name();
    if !root.eq_ignore_ascii_case(ROOT) {
        return Err(Unreadable(format!("its root is not {ROOT}")));
    }
    Ok(document)
}

fn settings<'a, 'i>(document: &'a Document<'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    document.root_element().children().filter(Node::is_element)
}

/// A piece of the text, and what takes its place.
struct Splice {
    range: std::ops::Range<usize>,
    with: String,
}

/// Where the content of an element stands.
enum Content {
    Between(std::ops::Range<usize>),
    /// `<Name/>`, ending here.
    None(usize),
}

fn splice(text: &str, node: Node<'_, '_>, value: &str) -> Splice {
    match content_of(text, node) {
        Content::Between(range) => Splice { range, with: value.to_owned() },
        Content::None(end) => closed(text, node, end, value),
    }
}

fn content_of(text: &str, node: Node<'_, '_>) -> Content {
    let whole = node.range();
    let end_tag = text[whole.clone()].rfind("</").map(|at| whole.start + at);
    match (end_tag, node.first_child()) {
        (Some(end), Some(child)) => Content::Between(child.range().start..end),
        (Some(end), None) => Content::Between(end..end),
        (None, _) => Content::None(whole.end),
    }
}

/// `<Name/>` becomes `<Name>…</Name>`.
fn closed(text: &str, node: Node<'_, '_>, end: usize, content: &str) -> Splice {
    let whole = node.range();
    let name: String =
        text[whole.start + 1..end].chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
    let slash = text[whole.clone()].rfind('/').map_or(end, |at| whole.start + at);
    Splice { range: slash..end, with: format!(">{content}</{name}>") }
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, name: &str) -> Option<String> {
        entries(text).unwrap().remove(name)
    }

    #[test]
    fn what_is_not_ours_stays_byte_for_byte() {
        let text = "\u{feff}<?xml version='1.0'?>\r\n<OrgSettings ver = \"2\" >\n\t<Unknown a='1' >&lt;x&#9;</Unknown >\
            <!-- by hand --><TrackCategorizedItems>true</TrackCategorizedItems>\r\n<Other/><P:q xmlns:P='u'>1</P:q></OrgSettings>\n";
        let changed = with(text, "TrackCategorizedItems", "false").unwrap();
        assert_eq!(changed, text.replace(">true<", ">false<"));
        let added = with(text, "AutoTrackSentFolderItems", "true").unwrap();
        let own = "<AutoTrackSentFolderItems>true</AutoTrackSentFolderItems></OrgSettings>";
        assert_eq!(added, text.replace("</OrgSettings>", own));
        assert_eq!(value(&changed, "Unknown").as_deref(), Some("<x\t"));
    }

    #[test]
    fn every_way_to_write_nothing_takes_a_value() {
        for text in
            ["", "  \n", "\u{feff}", "<OrgSettings/>", "<OrgSettings />", "<OrgSettings></OrgSettings>"]
        {
            let changed = with(text, "A", "1").unwrap();
            assert_eq!(
                entries(&changed).unwrap(),
                BTreeMap::from([("A".to_owned(), "1".to_owned())]),
                "{text:?}"
            );
        }
        for empty in ["<A/>", "<A />", "<A></A>", "<A>  </A>", "<A x='/'/>", "<A><!-- none --></A>"] {
            let text = format!("<OrgSettings><B>2</B>{empty}</OrgSettings>");
            let changed = with(&text, "A", "1").unwrap();
            assert_eq!(value(&changed, "A").as_deref(), Some("1"), "{text} became {changed}");
            assert_eq!(value(&changed, "B").as_deref(), Some("2"));
        }
    }

    #[test]
    fn a_name_that_stands_there_twice_is_changed_twice() {
        let text = "<OrgSettings><a>1</a><A>2</A></OrgSettings>";
        assert_eq!(with(text, "A", "33").unwrap(), "<OrgSettings><a>33</a><A>33</A></OrgSettings>");
        assert_eq!(value("<OrgSettings><A>1</A><A>2</A></OrgSettings>", "A").as_deref(), Some("1"));
    }

    #[test]
    fn values_cannot_break_out() {
        let hostile = "</A><B>1</B><A>&\"'";
        let changed = with("<OrgSettings><A>x</A></OrgSettings>", "A", hostile).unwrap();
        assert_eq!(entries(&changed).unwrap(), BTreeMap::from([("A".to_owned(), hostile.to_owned())]));
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over() {
        for text in [
            "<OrgSettings><A>1</OrgSettings>",
            "nonsense",
            "<Other><A>1</A></Other>",
            "<!DOCTYPE x [<!ENTITY e \"e\">]><OrgSettings>&e;</OrgSettings>",
        ] {
            assert!(entries(text).is_err(), "{text}");
            assert!(with(text, "A", "1").is_err(), "{text}");
        }
    }
}
