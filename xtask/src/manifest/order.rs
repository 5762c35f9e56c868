//! Which elements may stand where, and in which order: the schema's sequences, as far as we use them.
//!
//! Source: MS-OWEMXML and the published schemas of the mail add-in manifest, versions 1.1 and overrides 1.1.

use roxmltree::Node;

use super::{BASIC, Faults, OFFICE, OVERRIDES_1_0, OVERRIDES_1_1, elements, type_of};

/// What stands below an element: names in order, each followed by `?` (at most once), `*` (any number) or
/// `+` (at least once). `bt:` marks the namespace of resources.
const SEQUENCES: &[(&str, &str)] = &[
    (
        "OfficeApp",
        "Id Version ProviderName DefaultLocale DisplayName Description IconUrl? HighResolutionIconUrl? SupportUrl? \
         AppDomains? Hosts Requirements FormSettings Permissions Rule DisableEntityHighlighting? VersionOverrides",
    ),
    ("DisplayName", "Override*"),
    ("AppDomains", "AppDomain+"),
    ("FormSettings", "Form+"),
    ("Form", "DesktopSettings"),
    ("DesktopSettings", "SourceLocation RequestedHeight?"),
    ("RuleCollection", "Rule+"),
    ("VersionOverridesV1_0", "Description? Requirements? Hosts? Resources? VersionOverrides"),
    ("VersionOverridesV1_1", "Description? Requirements Hosts Resources"),
    ("Requirements of OfficeApp", "Sets"),
    ("Requirements", "bt:Sets"),
    ("Sets", "Set+"),
    ("bt:Sets", "bt:Set+"),
    ("Hosts", "Host"),
    ("MailHost", "DesktopFormFactor MobileFormFactor"),
    ("DesktopFormFactor", "SupportsSharedFolders? FunctionFile? ExtensionPoint+"),
    ("MobileFormFactor", "ExtensionPoint+"),
    ("MessageReadCommandSurface", "OfficeTab"),
    ("MessageComposeCommandSurface", "OfficeTab"),
    ("AppointmentOrganizerCommandSurface", "OfficeTab"),
    ("AppointmentAttendeeCommandSurface", "OfficeTab"),
    ("MobileMessageReadCommandSurface", "Group"),
    ("OfficeTab", "Group+"),
    ("Group", "Label Control+"),
    ("Button", "Label Supertip Icon Action"),
    ("MobileButton", "Label Icon Action"),
    ("Supertip", "Title Description"),
    ("Icon", "bt:Image+"),
    ("MobileIconList", "bt:Image+"),
    ("ShowTaskpane", "SourceLocation SupportsPinning? SupportsNoItemContext? SupportsMultiSelect?"),
    ("ExecuteFunction", "FunctionName"),
    ("Resources", "bt:Images bt:Urls bt:ShortStrings bt:LongStrings"),
    ("bt:Images", "bt:Image+"),
    ("bt:Urls", "bt:Url+"),
    ("bt:ShortStrings", "bt:String+"),
    ("bt:LongStrings", "bt:String+"),
    ("bt:String", "bt:Override*"),
    ("Description of OfficeApp", "Override*"),
];

/// Elements whose `xsi:type` decides what stands below them.
const TYPED: [&str; 6] = ["VersionOverrides", "Host", "ExtensionPoint", "Control", "Action", "Rule"];

pub(super) fn check(faults: &mut Faults<'_>) {
    let root = faults.root();
    if root.tag_name().name() != "OfficeApp" || type_of(root) != "MailApp" {
        faults.add(root, "the root has to be OfficeApp with xsi:type MailApp");
        return;
    }
    check_below(faults, root);
}

fn check_below(faults: &mut Faults<'_>, parent: Node<'_, '_>) {
    check_namespace(faults, parent);
    let key = key_of(parent);
    let below: Vec<Node<'_, '_>> = elements(parent).collect();
    match sequence_of(parent, &key) {
        Some(sequence) => check_sequence(faults, parent, &key, sequence, &below),
        None if TYPED.contains(&parent.tag_name().name()) && key != "ItemIs" && key != "Host" => {
            faults.add(
                parent,
                format!("{} of type `{}` is not known here", parent.tag_name().name(), type_of(parent)),
            );
        }
        None => {
            if let Some(first) = below.first() {
                faults.add(*first, format!("nothing is known to stand below {key}"));
            }
        }
    }
    for node in below {
        check_below(faults, node);
    }
}

fn check_sequence(
    faults: &mut Faults<'_>,
    parent: Node<'_, '_>,
    key: &str,
    sequence: &str,
    below: &[Node<'_, '_>],
) {
    let mut rest = below.iter().peekable();
    for expected in sequence.split_whitespace() {
        let name = expected.trim_end_matches(['?', '*', '+']);
        let mut count = 0;
        while rest.next_if(|node| name_of(**node) == name).is_some() {
            count += 1;
        }
        let (least, most) = match expected.chars().next_back() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            _ => (1, 1),
        };
        if count < least {
            let found = rest.peek().map_or("the end".to_owned(), |node| name_of(**node));
            let at = rest.peek().map_or(parent, |node| **node);
            faults
                .add(at, format!("{name} has to stand here in {key}, not {found}; the order is: {sequence}"));
            return;
        }
        if count > most {
            faults.add(parent, format!("{name} stands {count} times in {key}"));
        }
    }
    if let Some(node) = rest.next() {
        faults
            .add(*node, format!("{} may not stand here in {key}; the order is: {sequence}", name_of(*node)));
    }
}

/// Each element is in the namespace of what it stands in, but for overrides and for resources.
fn check_namespace(faults: &mut Faults<'_>, node: Node<'_, '_>) {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let around = node.parent_element().and_then(|parent| parent.tag_name().namespace());
    let expected = match (node.tag_name().name(), around) {
        (_, None) => OFFICE,
        ("VersionOverrides", Some(OFFICE)) => OVERRIDES_1_0,
        ("VersionOverrides", Some(_)) => OVERRIDES_1_1,
        (_, Some(_)) if namespace == BASIC => BASIC,
        (_, Some(around)) => around,
    };
    if namespace != expected {
        faults
            .add(node, format!("{} is in the namespace {namespace}, not {expected}", node.tag_name().name()));
    }
    let version = if expected == OVERRIDES_1_0 { "VersionOverridesV1_0" } else { "VersionOverridesV1_1" };
    if node.tag_name().name() == "VersionOverrides" && type_of(node) != version {
        faults.add(node, format!("these overrides are of type {version}"));
    }
}

fn sequence_of(node: Node<'_, '_>, key: &str) -> Option<&'static str> {
    let parent = node.parent_element().map(|parent| parent.tag_name().name()).unwrap_or_default();
    let placed = format!("{key} of {parent}");
    let find =
        |wanted: &str| SEQUENCES.iter().find(|(name, _)| *name == wanted).map(|(_, sequence)| *sequence);
    find(&placed).or_else(|| find(key))
}

/// What the table calls an element: its type where that decides, else its name.
fn key_of(node: Node<'_, '_>) -> String {
    let name = name_of(node);
    let decides = TYPED.contains(&name.as_str()) || name == "Icon";
    match type_of(node) {
        "" => name,
        stated if decides => stated.to_owned(),
        _ => name,
    }
}

fn name_of(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    if node.tag_name().namespace() == Some(BASIC) { format!("bt:{name}") } else { name.to_owned() }
}
