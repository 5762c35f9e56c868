//! Settings as the organization says them, and as the rules read them.

use shared::problem::Code;
use shared::settings::catalogue::{Home, Kind, Source, TRACK_CATEGORIZED};
use shared::settings::{CATALOGUE, FilterMethod, NotAdmitted, Setting, Settings, Switch, TwoActivities};
use std::collections::{BTreeMap, BTreeSet};

const TODAY: &str = "9.2.26111.00170";

fn raw(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(pairs: &[(&str, &str)]) -> Settings {
    Settings::read(&raw(pairs), TODAY)
}

#[test]
fn cat_18_category_tracking_is_on_by_default_from_9_1_0_4039_and_off_below() {
    for (version, expected) in [
        ("9.1.0.4039", Switch::On),
        ("9.1.0.4038", Switch::Off),
        ("9.0.99.99999", Switch::Off),
        ("8.2", Switch::Off),
        ("9.1.1", Switch::On),
        (TODAY, Switch::On),
        ("10.0.0.0", Switch::On),
        ("no version", Switch::On),
    ] {
        assert_eq!(Settings::read(&BTreeMap::new(), version).track_categorized, expected, "{version}");
    }
}

#[test]
fn cat_18_what_the_organization_says_wins_over_the_version() {
    let on = raw(&[("TrackCategorizedItems", " TRUE ")]);
    assert_eq!(Settings::read(&on, "8.2.0.0").track_categorized, Switch::On);
    let off = raw(&[("trackcategorizeditems", "0")]);
    assert_eq!(Settings::read(&off, TODAY).track_categorized, Switch::Off);
}

#[test]
fn every_setting_is_read_from_its_own_name() {
    let standard = Settings::default();
    for setting in CATALOGUE {
        let other = match setting.kind {
            Kind::Switch if setting.standard(TODAY) == "true" => "false",
            Kind::Switch => "true",
            Kind::Number { .. } => "4",
            Kind::Text { .. } => "exe",
        };
        let changed = read(&[(setting.name, other)]);
        assert_ne!(changed, standard, "{} changes nothing", setting.name);
        assert_eq!(read(&[(setting.name, setting.standard(TODAY))]), standard, "{}", setting.name);
        assert!(setting.meaning.ends_with('.') && !setting.meaning.contains("  "), "{}", setting.name);
    }
    let names: BTreeSet<String> = CATALOGUE.iter().map(|s| s.name.to_lowercase()).collect();
    assert_eq!(names.len(), CATALOGUE.len());
    assert!(CATALOGUE.iter().all(|s| s.home == Home::Document || s.name == s.name.to_lowercase()));
}

#[test]
fn inc_01_a_forced_filter_method_counts_only_where_there_is_one() {
    assert_eq!(read(&[]).force_filter, None);
    for (value, expected) in [
        ("-1", None),
        ("0", Some(FilterMethod::All)),
        ("1", Some(FilterMethod::Replies)),
        ("2", Some(FilterMethod::Known)),
        ("3", Some(FilterMethod::EmailEnabled)),
        ("4", Some(FilterMethod::None)),
        ("5", None),
        ("all", None),
    ] {
        assert_eq!(
            read(&[("SSSForceFilteringMethodForUserMailboxes", value)]).force_filter,
            expected,
            "{value}"
        );
    }
}

#[test]
fn inc_03_either_switch_turns_correlation_by_headers_off() {
    let name = "IgnoreConversationIndexAndInReplyToForCorrelation";
    for (ignore, enabled, expected) in [
        ("false", "true", Switch::Off),
        ("true", "true", Switch::On),
        ("false", "false", Switch::On),
        ("true", "false", Switch::On),
    ] {
        assert_eq!(read(&[(name, ignore), ("emailcorrelationenabled", enabled)]).ignore_headers, expected);
    }
}

#[test]
fn inc_06_two_activities_is_ignoring_internal_email_the_other_way_round() {
    assert_eq!(read(&[]).two_activities, TwoActivities::On);
    assert_eq!(read(&[("ignoreinternalemail", "true")]).two_activities, TwoActivities::Off);
    assert_eq!(read(&[("ignoreinternalemail", "false")]).two_activities, TwoActivities::On);
}

#[test]
fn nonsense_leaves_the_standard_and_is_said() {
    let standing = TRACK_CATEGORIZED.standing(&raw(&[("TrackCategorizedItems", "yes")]), TODAY);
    assert_eq!(standing.value, "true");
    assert_eq!(standing.source, Source::Unreadable("yes".to_owned()));
    assert_eq!(TRACK_CATEGORIZED.standing(&raw(&[]), TODAY).source, Source::Standard);
    let said = TRACK_CATEGORIZED.standing(&raw(&[("TrackCategorizedItems", "1")]), TODAY);
    assert_eq!((said.value.as_str(), said.source), ("true", Source::Organization));
}

#[test]
fn a_value_is_checked_before_it_is_written() {
    let check = |name: &str, value: &str| Setting::find(name).expect("known").check(value);
    assert_eq!(check("trackcategorizeditems", "True"), Ok("true".to_owned()));
    assert_eq!(check("SSSForceFilteringMethodForUserMailboxes", " 2 "), Ok("2".to_owned()));
    assert_eq!(check("maxuploadfilesize", "131072000"), Ok("131072000".to_owned()));
    for prefix in ["Größe:", "12345678901234567890"] {
        assert_eq!(check("trackingprefix", prefix), Ok(prefix.to_owned()));
    }
    for (name, value) in [
        ("TrackCategorizedItems", "maybe"),
        ("TrackCategorizedItems", ""),
        ("SSSForceFilteringMethodForUserMailboxes", "-2"),
        ("SSSForceFilteringMethodForUserMailboxes", "5"),
        ("SSSForceFilteringMethodForUserMailboxes", "1.0"),
        ("maxuploadfilesize", "0"),
        ("maxuploadfilesize", "131072001"),
        ("trackingprefix", "123456789012345678901"),
        ("trackingprefix", "a\nb"),
        ("trackingprefix", " "),
    ] {
        let problem = check(name, value).expect_err(value);
        assert_eq!(problem.code, Code::BadRequest, "{name} = {value}");
        assert!(problem.facts[0].value.starts_with(name), "{problem:?}");
    }
    assert_eq!(check("blockedattachments", ""), Ok(String::new()));
    assert_eq!(Setting::find("NoSuchSetting"), None);
}

#[test]
fn the_organization_decides_which_files_go_into_the_crm() {
    let settings = read(&[("maxuploadfilesize", "1000"), ("blockedattachments", "exe;.JS; ;bat;exe")]);
    assert_eq!(settings.blocked_endings, ["bat", "exe", "js"]);
    assert_eq!(settings.admits("offer.pdf", 750), Ok(()));
    assert_eq!(settings.admits("offer.pdf", 751), Err(NotAdmitted::TooLarge));
    for name in ["run.EXE", "run.exe. .", "offer.pdf.js", ".bat"] {
        assert_eq!(settings.admits(name, 1), Err(NotAdmitted::Blocked), "{name}");
    }
    for name in ["exe", "", "offer.exe.pdf", "js."] {
        assert_eq!(settings.admits(name, 1), Ok(()), "{name}");
    }
}
