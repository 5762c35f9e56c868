use crate::client::*;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use sandbox::company::{ADA, BEN, ORGANIZATION_ID};
use sandbox::dataverse::{TRACKED_EMAIL, TRACKED_MESSAGE_ID};
use sandbox::{Options, World};
use serde_json::json;

#[tokio::test]
async fn clients_find_tables_and_choices_in_the_metadata() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let one = ada
        .list(
            "EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute",
            "LogicalName eq 'email'",
        )
        .await;
    assert_eq!(one.rows().len(), 1);
    assert_eq!(one.rows()[0]["EntitySetName"], "emails");
    assert_eq!(one.rows()[0]["PrimaryIdAttribute"], "activityid");
    let picklists = ada
        .get("EntityDefinitions(LogicalName='email')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)")
        .await;
    let priority = picklists.rows().into_iter().find(|row| row["LogicalName"] == "prioritycode").unwrap();
    assert_eq!(priority["OptionSet"]["Options"][2]["Value"], 2);
    let flags =
        ada.list("EntityDefinitions?$select=LogicalName,HasActivities", "HasActivities eq true").await;
    let names = flags.column("LogicalName");
    assert!(names.contains(&"incident".to_owned()) && !names.contains(&"nl_site".to_owned()), "{names:?}");
    assert_eq!(ada.get("EntityDefinitions(LogicalName='nosuch')").await.status, StatusCode::NOT_FOUND);
    assert!(ada.get("").await.rows().iter().any(|set| set["name"] == "emails"));
}

#[tokio::test]
async fn an_email_that_is_there_already_would_not_be_promoted_again() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let ask = async |id: &str| {
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string();
        ada.get(&format!(
            "CheckPromoteEmail(MessageId=@m,Subject=@s,DirectionCode=@d)?@m=%27{id}%27&@s=%27x%27&@d=0"
        ))
        .await
        .json()
    };
    assert_eq!(ask(TRACKED_MESSAGE_ID).await["ShouldPromote"], false);
    assert_eq!(ask("<new@x>").await["ShouldPromote"], true);
}

#[tokio::test]
async fn organization_settings_are_one_xml_text() {
    let crm = Crm::new();
    let read = crm.person(&BEN).get("organizations?$select=orgdborgsettings").await;
    assert!(read.rows()[0]["orgdborgsettings"].as_str().unwrap().starts_with("<OrgSettings>"));
    let body = json!({"orgdborgsettings": "<OrgSettings><TrackCategorizedItems>false</TrackCategorizedItems></OrgSettings>"});
    let path = format!("organizations({ORGANIZATION_ID})");
    assert_eq!(crm.person(&BEN).patch(&path, body.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(crm.visitor().patch(&path, body).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn each_service_protection_limit_has_its_own_refusal() {
    let crm = Crm::new();
    let limits = [
        (
            json!({"requests": 1}),
            "0x80072322",
            "Number of requests exceeded the limit of 1 over time window of 300 seconds.",
        ),
        (
            json!({"executionMs": 20}),
            "0x80072321",
            "Combined execution time of incoming requests exceeded limit of 20 milliseconds",
        ),
        (json!({"concurrent": 0}), "0x80072326", "Number of concurrent requests exceeded the limit of 0."),
    ];
    for (limit, code, message) in limits {
        crm.control(Method::PUT, "/dataverse/settings/limits", &limit).await;
        let ada = crm.person(&ADA);
        if code != "0x80072326" {
            assert_eq!(ada.get("WhoAmI").await.status, StatusCode::OK);
        }
        crm.clock.advance(SignedDuration::from_secs(100));
        let refused = ada.get("WhoAmI").await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, code));
        assert!(refused.message().starts_with(message), "{}", refused.message());
        let wait = if code == "0x80072326" { "2" } else { "200" };
        assert_eq!(refused.header("retry-after"), wait);
        if code != "0x80072326" {
            assert_eq!(crm.person(&BEN).get("WhoAmI").await.status, StatusCode::OK, "limits are per user");
            crm.clock.advance(SignedDuration::from_secs(200));
            assert_eq!(ada.get("WhoAmI").await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn maintenance_closes_the_house_without_json() {
    let crm = Crm::new();
    crm.control(Method::PUT, "/dataverse/settings/maintenance", &json!({"on": true})).await;
    let closed = crm.person(&ADA).get("WhoAmI").await;
    assert_eq!(closed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(closed.header("content-type").starts_with("text/html"));
    crm.control(Method::PUT, "/dataverse/settings/maintenance", &json!({"on": false})).await;
    assert_eq!(crm.person(&ADA).get("WhoAmI").await.status, StatusCode::OK);
}

#[tokio::test]
async fn errors_explain_themselves_when_annotations_are_wanted() {
    let crm = Crm::new();
    let answer =
        crm.person(&ADA).with("Prefer", "odata.include-annotations=\"*\"").get("accounts?$filter=x").await;
    let error = &answer.json()["error"];
    assert_eq!(error["@Microsoft.PowerApps.CDS.InnerError.Message"], error["message"]);
}

#[tokio::test]
async fn the_page_of_a_record_shows_hostile_text_as_text() {
    let crm = Crm::new();
    let change = json!({"subject": "<img src=x onerror=alert(1)> \"O'Hara\" & co", "description": "<script>alert(2)</script>&lt;b&gt;"});
    crm.control(Method::PATCH, &format!("/dataverse/emails/{TRACKED_EMAIL}"), &change).await;
    let request = |path: String| http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let page = crm
        .raw(request(format!("/main.aspx?etn=email&id={TRACKED_EMAIL}&pagetype=entityrecord")))
        .await
        .unwrap();
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(
        page.text.contains("&lt;img src=x onerror=alert(1)&gt; &quot;O&#39;Hara&quot; &amp; co"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("<script") && !page.text.contains("<img"));
    assert!(page.text.contains("Ingrid Solheim &lt;ingrid.solheim@fjordline.example&gt;"));
    assert!(
        page.text.contains("Fjordline: depth sounders for 12 ferries (Opportunity)")
            && page.text.contains("Ada Brandt")
    );
    let gone = crm.raw(request("/main.aspx?etn=email&id=rubbish".to_owned())).await.unwrap();
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_organization_survives_being_saved_and_loaded() {
    let crm = Crm::new();
    crm.person(&ADA).post("emails", email("<kept@x>")).await;
    let text = serde_json::to_string(&*crm.world.dataverse()).unwrap();
    let loaded: sandbox::dataverse::Organization = serde_json::from_str(&text).unwrap();
    let other = World::new(Options::in_memory(crm.clock.clone())).unwrap();
    *other.dataverse() = loaded;
    let crm = Crm { clock: crm.clock.clone(), router: sandbox::server::router(other.clone()), world: other };
    assert_eq!(crm.emails_with("<kept@x>").await, 1);
    assert_eq!(crm.person(&ADA).post("emails", email("<more@x>")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_same_requests_make_the_same_records() {
    let ids = async || {
        let crm = Crm::new();
        crm.person(&ADA).post("emails", email("<same@x>")).await.id()
    };
    assert_eq!(ids().await, ids().await);
}
