//! The project's manifest is right, and each way of getting it wrong is told.

use std::path::PathBuf;

use super::{Deployment, check, deploy};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn manifest() -> String {
    std::fs::read_to_string(root().join("manifest.xml")).unwrap()
}

fn version() -> String {
    format!("<Version>1.{}</Version>", env!("CARGO_PKG_VERSION"))
}

fn faults_of(xml: &str) -> String {
    let told: Vec<String> = check(xml, &root().join("static")).iter().map(ToString::to_string).collect();
    told.join("\n")
}

/// Replaces the first `from` and expects to be told `expected`, and nothing before.
fn refused(from: &str, to: &str, expected: &str) {
    let right = manifest();
    assert!(right.contains(from), "the manifest does not contain {from}");
    let told = faults_of(&right.replacen(from, to, 1));
    assert!(told.contains(expected), "replacing {from} by {to}\nexpected: {expected}\ntold: {told}");
}

#[test]
fn the_manifest_of_the_project_is_right() {
    assert_eq!(faults_of(&manifest()), "");
}

#[test]
fn elements_out_of_order_are_refused() {
    let shared = "<SupportsSharedFolders>true</SupportsSharedFolders>";
    let functions = "<FunctionFile resid=\"Commands.Url\"/>";
    let right = manifest();
    let swapped = right.replacen(shared, "", 1).replacen(functions, &format!("{functions}{shared}"), 1);
    assert!(
        faults_of(&swapped)
            .contains("ExtensionPoint has to stand here in DesktopFormFactor, not SupportsSharedFolders")
    );
    refused(
        "<SourceLocation resid=\"Pane.Url\"/>\n                      <SupportsPinning>true</SupportsPinning>",
        "<SupportsPinning>true</SupportsPinning><SourceLocation resid=\"Pane.Url\"/>",
        "SourceLocation has to stand here in ShowTaskpane, not SupportsPinning",
    );
    refused(&version(), "", "Version has to stand here in OfficeApp, not ProviderName");
    refused(
        "<Permissions>ReadWriteMailbox</Permissions>",
        "",
        "Permissions has to stand here in OfficeApp, not Rule",
    );
}

#[test]
fn elements_that_outlook_does_not_know_there_are_refused() {
    refused("<SupportsPinning>", "<SupportsPinned/><SupportsPinning>", "SupportsPinned may not stand here");
    refused(
        "<FunctionName>track<",
        "<FunctionName><b/>track<",
        "nothing is known to stand below FunctionName",
    );
    refused(
        "xsi:type=\"ExecuteFunction\"",
        "xsi:type=\"ExecuteScript\"",
        "Action of type `ExecuteScript` is not known",
    );
    refused("xsi:type=\"MailApp\"", "xsi:type=\"TaskPaneApp\"", "xsi:type MailApp");
    refused(
        "mailappversionoverrides/1.1\"",
        "mailappversionoverrides/1.2\"",
        "not http://schemas.microsoft.com",
    );
    refused(
        "xsi:type=\"VersionOverridesV1_1\"",
        "xsi:type=\"VersionOverridesV1_0\"",
        "of type VersionOverridesV1_1",
    );
}

#[test]
fn xml_that_is_not_well_formed_is_refused() {
    refused("</OfficeApp>", "", "no well-formed XML");
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    refused(
        "<Label resid=\"Group.Label\"",
        "<Label resid=\"Group.Name\"",
        "there is no resource `Group.Name`",
    );
    refused("resid=\"Track.Tip\"", "resid=\"Track.Label\"", "`Track.Label` has to be one of the LongStrings");
    refused("<FunctionFile resid=\"Commands.Url\"", "<FunctionFile resid=\"Mark.16\"", "one of the Urls");
    refused("resid=\"Untrack.Tip\"", "resid=\"Track.Tip\"", "nothing uses the resource `Untrack.Tip`");
}

#[test]
fn ids_that_are_taken_or_too_long_are_refused() {
    refused("id=\"MessageRead.Untrack\"", "id=\"MessageRead.Track\"", "the id `MessageRead.Track` is taken");
    refused("String id=\"Untrack.Tip\"", "String id=\"Track.Tip\"", "the id `Track.Tip` is taken");
    refused("id=\"Mobile.Pane\"", &format!("id=\"{}\"", "x".repeat(33)), "1 to 32 characters");
}

#[test]
fn texts_that_do_not_fit_are_refused() {
    let label = "id=\"Track.Label\" DefaultValue=\"Track\"";
    refused(
        label,
        &label.replace("=\"Track\"", &format!("=\"{}\"", "x".repeat(126))),
        "126 characters; 1 to 125",
    );
    refused(label, &label.replace("=\"Track\"", "=\"\""), "0 characters");
    let phone = "id=\"Pane.MobileLabel\" DefaultValue=\"Regarding\"";
    refused(phone, &phone.replace("Regarding", "Regarding Dynamics"), "16 characters of a phone's button");
    refused("Value=\"Verfolgt diese", &format!("Value=\"{}", "x".repeat(200)), "1 to 250");
}

#[test]
fn texts_that_one_language_lacks_are_refused() {
    let xml = manifest();
    let (before, after) = xml.split_once("String id=\"Track.Tip\"").unwrap();
    let from = after.find("<bt:Override").unwrap();
    let to = from + after[from..].find("/>").unwrap() + 2;
    let told = faults_of(&format!("{before}String id=\"Track.Tip\"{}{}", &after[..from], &after[to..]));
    assert!(told.contains("this text is missing in de-DE"), "{told}");
}

#[test]
fn addresses_without_https_or_of_another_origin_are_refused() {
    let page = "id=\"Pane.Url\" DefaultValue=\"https://localhost:3000/";
    refused(page, &page.replace("https", "http"), "is no https address");
    refused(page, &page.replace("localhost:3000", "example.com"), "https://example.com is another origin");
    refused("https://login.microsoftonline.com", "http://login.microsoftonline.com", "not an https origin");
    refused(
        "login.microsoftonline.com",
        "login.microsoftonline.com/common",
        "not an https origin without a path",
    );
}

#[test]
fn pages_that_do_not_exist_are_refused() {
    refused(
        "localhost:3000/commands.html",
        "localhost:3000/functions.html",
        "there is no file static/functions.html",
    );
}

#[test]
fn icons_that_are_missing_or_of_another_size_are_refused() {
    refused("<bt:Image size=\"80\" resid=\"Mark.80\"/>", "", "size 80 and scale 1 is missing");
    refused("<bt:Image size=\"48\" scale=\"3\" resid=\"Mark.144\"/>", "", "size 48 and scale 3 is missing");
    refused("size=\"25\" scale=\"2\"", "size=\"25\" scale=\"1\"", "another image of size 25 and scale 1");
    refused("size=\"25\" scale=\"2\"", "size=\"25\"", "on phones no scale");
    refused(
        "/icons/mark-32.png",
        "/icons/mark-16.png",
        "static/icons/mark-16.png has 16×16 pixels, not 32×32",
    );
    refused("/icons/mark-128.png", "/icons/mark-127.png", "there is no file static/icons/mark-127.png");
    refused("/icons/mark-64.png", "/icons/mark.svg", "static/icons/mark.svg is no PNG");
}

#[test]
fn a_surface_that_is_missing_or_doubled_is_refused() {
    refused(
        "\"MessageComposeCommandSurface\"",
        "\"MessageReadCommandSurface\"",
        "MessageComposeCommandSurface has to",
    );
    refused("\"MessageComposeCommandSurface\"", "\"MessageReadCommandSurface\"", "not 2 times");
    refused(
        "\"MobileMessageReadCommandSurface\"",
        "\"MobileLogEventAppointmentAttendee\"",
        "is not known here",
    );
}

#[test]
fn pinning_belongs_to_messages_and_to_nothing_else() {
    refused("<SupportsPinning>true<", "<SupportsPinning>false<", "SupportsPinning has to be true");
    let xml = manifest();
    let (before, after) = xml.split_once("AppointmentOrganizerCommandSurface").unwrap();
    let location = "<SourceLocation resid=\"Pane.Url\"/>";
    let after = after.replacen(location, &format!("{location}<SupportsPinning>true</SupportsPinning>"), 1);
    let told = faults_of(&format!("{before}AppointmentOrganizerCommandSurface{after}"));
    assert!(
        told.contains("SupportsPinning has to be absent in AppointmentOrganizerCommandSurface"),
        "{told}"
    );
}

#[test]
fn several_messages_are_taken_where_mail_is_read_and_nowhere_else() {
    refused(
        "<SupportsMultiSelect>true<",
        "<SupportsMultiSelect>false<",
        "SupportsMultiSelect has to be true in MessageReadCommandSurface",
    );
    let xml = manifest();
    let (before, after) = xml.split_once("MessageComposeCommandSurface").unwrap();
    let pinning = "<SupportsPinning>true</SupportsPinning>";
    let after =
        after.replacen(pinning, &format!("{pinning}<SupportsMultiSelect>true</SupportsMultiSelect>"), 1);
    let told = faults_of(&format!("{before}MessageComposeCommandSurface{after}"));
    assert!(told.contains("SupportsMultiSelect has to be absent in MessageComposeCommandSurface"), "{told}");
}

#[test]
fn asking_for_more_than_needed_is_refused() {
    refused(">ReadWriteMailbox<", ">Full<", "Permissions has to be ReadWriteMailbox, it is Full");
    refused(
        "DefaultMinVersion=\"1.5\"",
        "DefaultMinVersion=\"1.8\"",
        "phones offer no more than Mailbox 1.5",
    );
    refused("MinVersion=\"1.1\"", "MinVersion=\"1.16\"", "phones offer no more than Mailbox 1.5");
}

#[test]
fn what_is_promised_everywhere_is_there() {
    refused(
        "<SupportsSharedFolders>true<",
        "<SupportsSharedFolders>false<",
        "SupportsSharedFolders has to be true",
    );
    refused("<FunctionName>untrack<", "<FunctionName>remove<", "buttons call");
    refused("<Id>", "<Id>x", "is no GUID");
    refused(&version(), "<Version>0.9.0.0</Version>", "the version has to be 1.");
}

#[test]
fn a_deployed_manifest_is_right_and_keeps_nothing_local() {
    let deployment = Deployment {
        origin: "https://regarding.example.com",
        id: "01234567-89ab-cdef-0123-456789abcdef",
        support: Some("https://help.example.com/regarding"),
    };
    let deployed = deploy(&manifest(), &deployment).unwrap();
    assert_eq!(faults_of(&deployed), "");
    assert!(!deployed.contains("localhost"));
    assert!(deployed.contains("<Id>01234567-89ab-cdef-0123-456789abcdef</Id>"));
    assert!(deployed.contains("<SupportUrl DefaultValue=\"https://help.example.com/regarding\"/>"));
}

#[test]
fn a_deployment_that_cannot_be_is_refused() {
    let right = Deployment {
        origin: "https://regarding.example.com",
        id: "01234567-89ab-cdef-0123-456789abcdef",
        support: None,
    };
    for origin in
        ["http://regarding.example.com", "https://a.example/path", "https://", "https://a\"b", "regarding"]
    {
        assert!(deploy(&manifest(), &Deployment { origin, ..right }).is_err(), "{origin}");
    }
    assert!(deploy(&manifest(), &Deployment { id: "0123", ..right }).is_err());
    assert!(deploy(&manifest(), &Deployment { support: Some("help"), ..right }).is_err());
}
