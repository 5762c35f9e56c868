//! What the add-in promises: where its button stands, what it may do there, what it asks for.

use std::fs;
use std::path::Path;

use roxmltree::Node;

use super::{Faults, child, elements, origin_of, text_of, type_of};

/// Where the button stands on desktop and web, and whether the pane can be pinned there (Outlook offers
/// that for messages only).
const SURFACES: [(&str, bool); 4] = [
    ("MessageReadCommandSurface", true),
    ("MessageComposeCommandSurface", true),
    ("AppointmentOrganizerCommandSurface", false),
    ("AppointmentAttendeeCommandSurface", false),
];
/// Where it stands on phones.
const ON_PHONES: &str = "MobileMessageReadCommandSurface";
/// What the pane may do through Office.js. It reads who and what is open; which messages are selected, when they are
/// several, Outlook tells only where this is asked for. Categories are the backend's work.
const PERMISSION: &str = "ReadWriteMailbox";
/// Where several messages can be selected for the pane.
const SEVERAL: &str = "MessageReadCommandSurface";
/// The functions that buttons call without the pane.
const FUNCTIONS: [&str; 2] = ["track", "untrack"];
/// The highest set of the mailbox's members that Outlook on phones offers.
const MAILBOX_ON_PHONES: &str = "1.5";

pub(super) fn check(faults: &mut Faults<'_>, files: &Path) {
    let root = faults.root();
    expect_text(faults, root, "Permissions", PERMISSION);
    for form in faults.all("DesktopFormFactor").collect::<Vec<_>>() {
        expect_text(faults, form, "SupportsSharedFolders", "true");
    }
    for (surface, pinned) in SURFACES.into_iter().chain([(ON_PHONES, false)]) {
        check_surface(faults, surface, pinned);
    }
    check_functions(faults);
    check_requirements(faults);
    check_pages(faults, files);
}

fn check_surface(faults: &mut Faults<'_>, surface: &str, pinned: bool) {
    let points: Vec<Node<'_, '_>> =
        faults.all("ExtensionPoint").filter(|point| type_of(*point) == surface).collect();
    let [point] = points[..] else {
        faults.add(faults.root(), format!("{surface} has to stand here once, not {} times", points.len()));
        return;
    };
    let opens: Vec<Node<'_, '_>> =
        point.descendants().filter(|node| node.is_element() && type_of(*node) == "ShowTaskpane").collect();
    if opens.is_empty() {
        faults.add(point, format!("no button opens the pane in {surface}"));
    }
    for action in opens {
        let says = child(action, "SupportsPinning").map_or("absent", text_of);
        let expected = if pinned { "true" } else { "absent" };
        if says != expected {
            faults.add(action, format!("SupportsPinning has to be {expected} in {surface}, it is {says}"));
        }
        let says = child(action, "SupportsMultiSelect").map_or("absent", text_of);
        let expected = if surface == SEVERAL { "true" } else { "absent" };
        if says != expected {
            faults
                .add(action, format!("SupportsMultiSelect has to be {expected} in {surface}, it is {says}"));
        }
    }
}

fn check_functions(faults: &mut Faults<'_>) {
    let mut called: Vec<&str> = faults.all("FunctionName").map(text_of).collect();
    called.sort_unstable();
    if called != FUNCTIONS {
        faults.add(faults.root(), format!("buttons call {called:?}, the add-in has {FUNCTIONS:?}"));
    }
}

/// One requirement set for all form factors, so no higher than what phones have.
fn check_requirements(faults: &mut Faults<'_>) {
    let sets: Vec<Node<'_, '_>> = faults.all("Sets").collect();
    for sets in sets {
        for set in elements(sets) {
            let least = set.attribute("MinVersion").or(sets.attribute("DefaultMinVersion")).unwrap_or("1.1");
            if set.attribute("Name") != Some("Mailbox") || minor(least) > minor(MAILBOX_ON_PHONES) {
                faults.add(
                    set,
                    format!("phones offer no more than Mailbox {MAILBOX_ON_PHONES}: the add-in would vanish"),
                );
            }
        }
    }
}

/// `5` of `1.5`; what is no such version counts as too high.
fn minor(version: &str) -> u32 {
    version.strip_prefix("1.").and_then(|minor| minor.parse().ok()).unwrap_or(u32::MAX)
}

/// The pages that Outlook is sent to exist.
fn check_pages(faults: &mut Faults<'_>, files: &Path) {
    for (node, address) in super::resources::addresses(faults) {
        let path = origin_of(address).and_then(|origin| address.strip_prefix(origin)).unwrap_or_default();
        let is_page = matches!(node.tag_name().name(), "Url" | "SourceLocation");
        if is_page && !fs::exists(files.join(path.trim_start_matches('/'))).unwrap_or(false) {
            faults.add(node, format!("there is no file static{path}"));
        }
    }
}

fn expect_text(faults: &mut Faults<'_>, parent: Node<'_, '_>, name: &str, expected: &str) {
    let found = child(parent, name);
    let says = found.map_or("absent", text_of);
    if says != expected {
        faults.add(found.unwrap_or(parent), format!("{name} has to be {expected}, it is {says}"));
    }
}
