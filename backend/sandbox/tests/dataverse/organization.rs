use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, ORGANIZATION_ID};
use sandbox::dataverse::APP_USER;
use sandbox::{Options, World};
use serde_json::json;

fn path() -> String {
    format!("organizations({ORGANIZATION_ID})")
}

fn document(settings: &str) -> serde_json::Value {
    json!({"orgdborgsettings": format!("<OrgSettings>{settings}</OrgSettings>")})
}

#[tokio::test]
async fn settings_that_the_dialog_shows_are_columns_of_the_organization() {
    let crm = Crm::new();
    let columns = "ignoreinternalemail,maxuploadfilesize,trackingprefix,trackingtokenidbase,\
                   trackingtokeniddigits,maximumtrackingnumber,emailcorrelationenabled,enablesmartmatching,\
                   requireapprovalforuseremail,requireapprovalforqueueemail,maxfolderbasedtrackingmappings";
    let rows = crm.person(&BEN).get(&format!("organizations?$select={columns}")).await.rows();
    let [row] = rows.as_slice() else { panic!("there is one organization: {rows:?}") };
    assert_eq!(row["ignoreinternalemail"], false);
    assert_eq!(row["maxuploadfilesize"], 5_242_880);
    assert_eq!(row["trackingprefix"], "CRM:");
    assert_eq!((&row["trackingtokeniddigits"], &row["maximumtrackingnumber"]), (&json!(3), &json!(999)));
    assert_eq!((&row["emailcorrelationenabled"], &row["enablesmartmatching"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn only_who_may_write_the_organization_changes_its_settings() {
    let crm = Crm::new();
    let off = document("<TrackCategorizedItems>false</TrackCategorizedItems>");
    let engine = crm.engine().patch(&path(), json!({"maxfolderbasedtrackingmappings": 20})).await;
    assert_eq!(engine.status, StatusCode::NO_CONTENT, "the engine's own role may: {}", engine.text);
    crm.world.crm().set_roles(APP_USER, &["Salesperson"]).await.unwrap();
    for session in [crm.person(&ADA), crm.engine()] {
        let refused = session.patch(&path(), off.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "0x80040220"));
        assert!(refused.message().contains("prvWriteOrganization"), "{}", refused.message());
    }
    let roles = format!("/dataverse/users/{}/roles", ADA.systemuser.unwrap());
    crm.control(Method::PUT, &roles, &json!(["Sales Manager", "System Customizer"])).await;
    let ada = crm.person(&ADA).with("If-Match", "*");
    assert_eq!(ada.patch(&path(), off).await.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.world.crm().org_setting("TrackCategorizedItems").as_deref(), Some("false"));
    assert_eq!(
        ada.patch(&path(), json!({"ignoreinternalemail": true, "maxuploadfilesize": 1000})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(crm.stored(&format!("organizations/{ORGANIZATION_ID}")).await["maxuploadfilesize"], 1000);
}

#[tokio::test]
async fn what_is_no_settings_document_is_refused_and_changes_nothing() {
    let crm = Crm::new();
    let before = crm.world.crm().org_settings();
    for (text, reason) in [
        ("<OrgSettings><A>1</A>", "is not a settings document"),
        ("TrackCategorizedItems", "is not a settings document"),
        ("<Settings/>", "its root is 'Settings'"),
        ("<OrgSettings><A><B/></A></OrgSettings>", "'A' holds more than a value"),
        ("<OrgSettings><A>1</A><A>2</A></OrgSettings>", "'A' stands in it twice"),
    ] {
        let refused = crm.visitor().patch(&path(), json!({"orgdborgsettings": text})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{text}");
        assert!(refused.message().contains(reason), "{text}: {}", refused.message());
    }
    assert_eq!(crm.world.crm().org_settings(), before);
}

#[tokio::test]
async fn the_one_organization_is_neither_made_nor_deleted() {
    let crm = Crm::new();
    assert_eq!(crm.visitor().post("organizations", json!({"name": "b"})).await.code(), "0x80040800");
    assert_eq!(crm.visitor().delete(&path()).await.code(), "0x80040800");
    let too_large = crm.visitor().patch(&path(), json!({"maxuploadfilesize": 131_072_001})).await;
    assert_eq!(too_large.code(), "0x80044330");
}

#[tokio::test]
async fn the_version_is_what_the_control_plane_says() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    assert!(ada.get("RetrieveVersion()").await.json()["Version"].as_str().unwrap().starts_with("9.2."));
    let path = "/dataverse/settings/version";
    let set = crm.control(Method::PUT, path, &json!({"version": "9.1.0.4038"})).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get("RetrieveVersion()").await.json()["Version"], "9.1.0.4038");
    let whole = ada
        .get("RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')")
        .await
        .json();
    assert_eq!(whole["Detail"]["OrganizationVersion"], "9.1.0.4038");
    let wrong = crm.control(Method::PUT, path, &json!({"version": "nine"})).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_setting_is_changed_and_the_others_stay() {
    let crm = Crm::new();
    let world = crm.world.crm();
    world.set_org_setting("DoNotAutoTrackEmail", Some("a < b & c")).await.unwrap();
    assert_eq!(world.org_setting("DoNotAutoTrackEmail").as_deref(), Some("a < b & c"));
    assert_eq!(world.org_setting("TrackCategorizedItems").as_deref(), Some("true"));
    let path = "/dataverse/orgsettings/DoNotAutoTrackEmail";
    crm.control(Method::PUT, path, &json!({"value": null})).await;
    assert_eq!(world.org_setting("DoNotAutoTrackEmail"), None);
    let bad = crm.control(Method::PUT, "/dataverse/orgsettings/1x", &json!({"value": "1"})).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let whole = json!({"document": "<OrgSettings/>"});
    crm.control(Method::PUT, "/dataverse/orgsettings", &whole).await;
    assert_eq!(crm.stored("orgsettings").await, whole);
}

#[test]
fn organizations_of_one_seed_are_alike_at_any_moment_and_share_nothing_that_is_written() {
    use sandbox::world::SetClock;
    let at = |moment: &str| {
        let clock = SetClock::new(moment.parse().unwrap());
        let world = World::new(Options::in_memory(clock)).unwrap();
        serde_json::to_string(&*world.dataverse()).unwrap()
    };
    let first = at("2026-11-20T08:00:00Z");
    assert_eq!(at("2026-11-20T08:00:00Z"), first);
    let later = at("2026-11-21T08:00:00Z");
    assert_eq!(later.replace("2026-11-21T08", "2026-11-20T08").len(), first.len());
    assert!(later.contains("2026-11-21T08:00:00Z") && !later.contains("2026-11-20T08:00:00Z"));
    assert_eq!(at("2026-11-20T08:00:00Z"), first);
}
