//! The organization's settings, read and written.

use crate::tenant::{Tenant, id, problem, service, status};
use backend::crm::Crm;
use backend::outcome::Failure;
use sandbox::company;
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::problem::Code;
use shared::settings::{FilterMethod, Settings, Switch, TwoActivities};
use uuid::Uuid;

async fn read(tenant: &Tenant) -> Settings {
    tenant.crm.settings(&service()).await.expect("the settings").settings
}

/// The application's own user in the CRM.
pub async fn application(tenant: &Tenant) -> Uuid {
    let users = tenant.rows("systemusers").await;
    let own = users.iter().find(|user| user["applicationid"] == company::APP_CLIENT_ID).expect("a user");
    id(own["systemuserid"].as_str().expect("an id"))
}

async fn document(tenant: &Tenant, text: &str) {
    tenant.world.crm().set_org_settings(text).await.expect("a document");
}

#[tokio::test]
async fn settings_and_version_are_one_round_trip() {
    let tenant = Tenant::new();
    document(&tenant, "<OrgSettings><AutoTrackSentFolderItems>True</AutoTrackSentFolderItems><SSSForceFilteringMethodForUserMailboxes>2</SSSForceFilteringMethodForUserMailboxes><Foreign>x</Foreign></OrgSettings>").await;
    let columns =
        json!({"ignoreinternalemail": true, "maxuploadfilesize": 4096, "blockedattachments": "exe;js"});
    tenant.world.crm().set_organization(columns).await.unwrap();
    let mark = tenant.mark();
    let read = tenant.crm.settings(&service()).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 1);
    assert_eq!(read.version, "9.2.26111.00170");
    assert_eq!(read.raw["Foreign"], "x");
    assert_eq!(read.raw["ignoreinternalemail"], "true");
    let settings = read.settings;
    assert_eq!(settings.auto_track_sent, Switch::On);
    assert_eq!(settings.force_filter, Some(FilterMethod::Known));
    assert_eq!(settings.two_activities, TwoActivities::Off);
    assert_eq!((settings.largest_attachment_bytes, settings.blocked_endings.len()), (3072, 2));
}

#[tokio::test]
async fn a_fresh_organization_has_the_standard_settings() {
    let tenant = Tenant::new();
    let mut fresh = read(&tenant).await;
    assert!(fresh.blocked_endings.contains(&"exe".to_owned()) || fresh.blocked_endings.is_empty());
    fresh.blocked_endings.clear();
    assert_eq!(fresh, Settings::default());
}

#[tokio::test]
async fn cat_18_an_organization_before_9_1_0_4039_that_says_nothing_does_not_track_by_category() {
    let tenant = Tenant::new();
    document(&tenant, "").await;
    assert_eq!(read(&tenant).await.track_categorized, Switch::On);
    for (version, expected) in [("9.1.0.4038", Switch::Off), ("9.1.0.4039", Switch::On)] {
        tenant.world.crm().set_version(version).await.unwrap();
        assert_eq!(read(&tenant).await.track_categorized, expected, "{version}");
    }
}

#[tokio::test]
async fn a_setting_is_written_where_it_lives_and_all_others_stay_as_they_are() {
    let tenant = Tenant::new();
    let text = "<OrgSettings>\n <Foreign a=\"1\">&lt;</Foreign> <!-- by hand -->\n<TrackCategorizedItems>true</TrackCategorizedItems></OrgSettings>";
    document(&tenant, text).await;
    tenant.crm.write_setting(&service(), "trackcategorizeditems", "False").await.unwrap();
    assert_eq!(tenant.world.crm().org_settings(), text.replace(">true<", ">false<"));
    assert_eq!(read(&tenant).await.track_categorized, Switch::Off);
    tenant.crm.write_setting(&service(), "maxuploadfilesize", "8000000").await.unwrap();
    tenant.crm.write_setting(&service(), "ignoreinternalemail", "1").await.unwrap();
    tenant.crm.write_setting(&service(), "trackingprefix", "Größe:").await.unwrap();
    let row = tenant.row("organizations", id(company::ORGANIZATION_ID)).await;
    assert_eq!((&row["maxuploadfilesize"], &row["ignoreinternalemail"]), (&json!(8_000_000), &json!(true)));
    assert_eq!(row["orgdborgsettings"], text.replace(">true<", ">false<"));
    assert_eq!(read(&tenant).await.tracking_prefix, "Größe:");
}

#[tokio::test]
async fn what_is_so_already_is_not_written() {
    let tenant = Tenant::new();
    let mark = tenant.mark();
    tenant.crm.write_setting(&service(), "TrackCategorizedItems", "true").await.unwrap();
    tenant.crm.write_setting(&service(), "ignoreinternalemail", "false").await.unwrap();
    tenant.crm.write_setting(&service(), "ignoreinternalemail", "false").await.unwrap();
    let writes = tenant.effects(mark);
    assert!(writes.len() <= 1, "{writes:?}");
}

#[tokio::test]
async fn somebody_elses_change_in_between_is_kept() {
    let tenant = Tenant::new();
    let stale = status(412, "0x80060882", None);
    tenant.fault(Service::Dataverse, Place::TopLevel, "organizations(", stale);
    tenant.crm.write_setting(&service(), "TrackCategorizedItems", "false").await.unwrap();
    assert_eq!(read(&tenant).await.track_categorized, Switch::Off);
    let again = Matching {
        service: Some(Service::Dataverse),
        path_contains: Some("organizations(".to_owned()),
        place: Place::TopLevel,
        ..Matching::default()
    };
    tenant.world.faults.add(Fault::new(status(412, "0x80060882", None)).matching(again));
    let failure = tenant.crm.write_setting(&service(), "TrackCategorizedItems", "true").await;
    assert_eq!(failure, Err(Failure::Conflict), "not for ever");
}

#[tokio::test]
async fn what_is_no_setting_and_no_value_is_refused_before_anything_is_asked() {
    let tenant = Tenant::new();
    let mark = tenant.mark();
    for (name, value) in
        [("NoSuchSetting", "true"), ("TrackCategorizedItems", "perhaps"), ("maxuploadfilesize", "0")]
    {
        let (kind, refused) = problem(tenant.crm.write_setting(&service(), name, value).await);
        assert_eq!((kind, refused.code), ("refused", Code::BadRequest), "{name}");
    }
    assert_eq!(tenant.round_trips(mark).len(), 0);
}

#[tokio::test]
async fn an_application_without_the_role_is_told_which_privilege_it_lacks() {
    let tenant = Tenant::new();
    tenant.world.crm().set_roles(application(&tenant).await, &["Salesperson"]).await.unwrap();
    let refused = tenant.crm.write_setting(&service(), "TrackCategorizedItems", "false").await;
    let (kind, refused) = problem(refused);
    assert_eq!((kind, refused.code), ("refused", Code::PrivilegeMissing));
    assert_eq!(refused.facts[0].value, "prvWriteOrganization");
    assert_eq!(tenant.world.crm().org_setting("TrackCategorizedItems").as_deref(), Some("true"));
}

#[tokio::test]
async fn troubles_of_reading_are_told_apart() {
    let tenant = Tenant::new();
    for (trouble, kind, code) in [
        (status(429, "0x80072322", Some("3")), "not done", Code::CrmThrottled),
        (status(500, "0x80044151", None), "not done", Code::CrmDown),
        (status(408, "", None), "not done", Code::CrmDown),
        (Kind::DropBefore, "not done", Code::CrmDown),
    ] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, Place::TopLevel, "$batch", trouble);
        let (seen, problem) = problem(tenant.crm.settings(&service()).await);
        assert_eq!((seen, problem.code), (kind, code));
    }
    tenant.control("PUT", "/dataverse/settings/maintenance", json!({"on": true})).await;
    let (kind, down) = problem(tenant.crm.settings(&service()).await);
    assert_eq!((kind, down.code), ("not done", Code::CrmDown));
    tenant.control("PUT", "/dataverse/settings/maintenance", json!({"on": false})).await;
}
