//! Texts and addresses: every `resid` names a resource of the right kind, every resource is used, ids are
//! unique and short, texts fit and exist in every language, addresses are https and of one origin.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::{BASIC, Faults, elements, origin_of, text_of};

/// How long an id may be, in characters.
const LONGEST_ID: usize = 32;
/// How long a short text may be.
const LONGEST_SHORT: usize = 125;
/// How long a long text may be.
const LONGEST_LONG: usize = 250;
/// How long the label of a button may be on a phone.
const LONGEST_ON_PHONES: usize = 16;

pub(super) fn check(faults: &mut Faults<'_>) {
    check_ids(faults);
    check_references(faults);
    check_texts(faults);
    check_addresses(faults);
    check_identity(faults);
}

fn check_ids(faults: &mut Faults<'_>) {
    let document = faults.document;
    let mut seen = BTreeSet::new();
    for node in document.descendants().filter(|node| node.has_attribute("id")) {
        let id = node.attribute("id").unwrap_or_default();
        if id.is_empty() || id.chars().count() > LONGEST_ID {
            faults.add(node, format!("the id `{id}` has to have 1 to {LONGEST_ID} characters"));
        }
        // The tab is Outlook's own: each surface names it.
        if node.tag_name().name() != "OfficeTab" && !seen.insert(id) {
            faults.add(node, format!("the id `{id}` is taken"));
        }
    }
}

fn check_references(faults: &mut Faults<'_>) {
    let document = faults.document;
    let resources: Vec<Node<'_, '_>> =
        faults.all("Resources").flat_map(elements).flat_map(elements).collect();
    let mut used = BTreeSet::new();
    for node in document.descendants().filter(|node| node.has_attribute("resid")) {
        let resid = node.attribute("resid").unwrap_or_default();
        let kind = match node.tag_name().name() {
            "Image" => "Images",
            "SourceLocation" | "FunctionFile" => "Urls",
            "Description" => "LongStrings",
            _ => "ShortStrings",
        };
        let found = resources.iter().find(|resource| resource.attribute("id") == Some(resid));
        let is_kind = |resource: &&Node<'_, '_>| {
            resource.parent_element().is_some_and(|parent| parent.tag_name().name() == kind)
        };
        match found {
            None => faults.add(node, format!("there is no resource `{resid}`")),
            Some(resource) if !is_kind(&resource) => {
                faults.add(node, format!("`{resid}` has to be one of the {kind}"));
            }
            Some(_) => {
                used.insert(resid);
            }
        }
    }
    for resource in resources {
        let id = resource.attribute("id").unwrap_or_default();
        if !used.contains(id) {
            faults.add(resource, format!("nothing uses the resource `{id}`"));
        }
    }
}

fn check_texts(faults: &mut Faults<'_>) {
    let named = [("DisplayName", LONGEST_SHORT), ("Description", LONGEST_LONG)];
    let base = named.into_iter().filter_map(|(name, most)| Some((super::child(faults.root(), name)?, most)));
    let strings = [("ShortStrings", LONGEST_SHORT), ("LongStrings", LONGEST_LONG)];
    let resources = strings
        .into_iter()
        .flat_map(|(name, most)| faults.all(name).flat_map(elements).map(move |node| (node, most)));
    let texts: Vec<(Node<'_, '_>, usize)> = base.chain(resources).collect();

    let languages: BTreeSet<&str> =
        texts.iter().flat_map(|(text, _)| elements(*text)).filter_map(|it| it.attribute("Locale")).collect();
    for (text, most) in texts {
        check_length(faults, text, "DefaultValue", most);
        for other in elements(text) {
            check_length(faults, other, "Value", most);
        }
        // Names and labels may be the same in every language; sentences may not.
        let spoken: BTreeSet<&str> = elements(text).filter_map(|it| it.attribute("Locale")).collect();
        if most == LONGEST_LONG {
            for missing in languages.difference(&spoken) {
                faults.add(text, format!("this text is missing in {missing}"));
            }
        }
    }
    check_labels_on_phones(faults);
}

fn check_length(faults: &mut Faults<'_>, node: Node<'_, '_>, attribute: &str, most: usize) {
    let length = node.attribute(attribute).unwrap_or_default().chars().count();
    if length == 0 || length > most {
        faults.add(node, format!("this text has {length} characters; 1 to {most} are allowed"));
    }
}

fn check_labels_on_phones(faults: &mut Faults<'_>) {
    let labels: BTreeSet<&str> = faults
        .all("MobileFormFactor")
        .flat_map(|phone| phone.descendants())
        .filter(|node| node.tag_name().name() == "Label")
        .filter_map(|label| label.attribute("resid"))
        .collect();
    let texts =
        faults.all("String").filter(|text| text.attribute("id").is_some_and(|id| labels.contains(id)));
    for text in texts {
        let values =
            elements(text).filter_map(|it| it.attribute("Value")).chain(text.attribute("DefaultValue"));
        if let Some(long) = values.into_iter().find(|value| value.chars().count() > LONGEST_ON_PHONES) {
            faults.add(
                text,
                format!("`{long}` is longer than the {LONGEST_ON_PHONES} characters of a phone's button"),
            );
        }
    }
}

fn check_addresses(faults: &mut Faults<'_>) {
    let mut origins = BTreeSet::new();
    for (node, address) in addresses(faults) {
        match origin_of(address) {
            Some(origin) => {
                if !origins.is_empty() && origins.insert(origin) {
                    faults.add(node, format!("{origin} is another origin than the pane's"));
                }
                origins.insert(origin);
            }
            None => faults.add(node, format!("`{address}` is no https address")),
        }
    }
    for domain in faults.all("AppDomain") {
        if origin_of(text_of(domain)) != Some(text_of(domain)) {
            faults.add(domain, format!("`{}` is not an https origin without a path", text_of(domain)));
        }
    }
}

/// Every address the manifest sends Outlook to, except for help pages, which may be elsewhere.
pub(super) fn addresses<'a>(faults: &Faults<'a>) -> Vec<(Node<'a, 'a>, &'a str)> {
    ["IconUrl", "HighResolutionIconUrl", "SourceLocation", "Image", "Url"]
        .into_iter()
        .flat_map(|name| faults.all(name))
        .filter_map(|node| Some((node, node.attribute("DefaultValue")?)))
        .collect()
}

fn check_identity(faults: &mut Faults<'_>) {
    let root = faults.root();
    if let Some(id) = super::child(root, "Id").filter(|id| !is_guid(text_of(*id))) {
        faults.add(id, format!("`{}` is no GUID", text_of(id)));
    }
    // Microsoft's validation refuses versions below 1.0; Outlook updates only to a higher one.
    let expected = format!("1.{}", env!("CARGO_PKG_VERSION"));
    if let Some(version) = super::child(root, "Version").filter(|version| text_of(*version) != expected) {
        faults.add(version, format!("the version has to be {expected}: the project's, with a 1 before it"));
    }
    for resource in faults.all("Resources").flat_map(elements).flat_map(elements) {
        if resource.tag_name().namespace() != Some(BASIC) {
            faults.add(resource, "resources belong to the namespace of basic types");
        }
    }
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, hexadecimal.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
