use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, FJORDLINE, INGRID, MAEVE, OHARA};
use sandbox::dataverse::{TRACKED_EMAIL, TRACKED_MESSAGE_ID};
use serde_json::json;

#[tokio::test]
async fn a_list_has_context_etags_and_always_the_primary_key() {
    let crm = Crm::new();
    let answer = crm
        .person(&ADA)
        .list(
            "contacts?$select=fullname",
            "emailaddress1 eq 'INGRID.solheim@fjordline.example' and statecode eq 0",
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["@odata.context"], format!("{ORIGIN}{ROOT}/$metadata#contacts(fullname)"));
    let row = &answer.rows()[0];
    assert_eq!(row["fullname"], "Ingrid Solheim");
    assert_eq!(row["contactid"], INGRID.id);
    assert!(row.get("emailaddress1").is_none());
    let etag = row["@odata.etag"].as_str().unwrap();
    assert!(etag.starts_with("W/\"") && etag[3..etag.len() - 1].parse::<u64>().is_ok(), "{etag}");
    assert_eq!(answer.header("odata-version"), "4.0");
    assert!(!answer.header("x-ms-service-request-id").is_empty());
    assert_eq!(answer.header("req_id"), answer.header("x-ms-service-request-id"));
    assert_eq!(answer.header("x-ms-ratelimit-burst-remaining-xrm-requests"), "5999");
}

#[tokio::test]
async fn filters_mean_what_they_say() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let both = ["Maeve O'Hara", "Maeve O'Hara (fair 2025)"];
    let cases: Vec<(&str, &[&str])> = vec![
        ("lastname eq 'O''Hara'", &both[..1]),
        ("startswith(lastname,'o''hara')", &both),
        ("contains(fullname,'FAIR 2025')", &both[1..]),
        ("endswith(emailaddress1,'@ohara-surveying.example') and not contains(lastname,'fair')", &both[..1]),
        ("(firstname eq 'Maeve' or firstname eq 'Nobody') and jobtitle eq null", &both[1..]),
        ("firstname eq 'Maeve' and jobtitle ne 'x'", &both),
        ("Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['O''Hara','None'])", &both[..1]),
        ("parentcustomerid_account/name eq 'o''hara & sons surveying'", &both),
        ("firstname eq 'Maeve' and createdon ge 2026-11-20T08:00:00Z", &both),
        ("firstname eq 'Maeve' and createdon gt 2026-11-21", &[]),
        ("contains(fullname,'''; drop--')", &[]),
    ];
    for (filter, expected) in cases {
        let answer = ada.list("contacts?$select=fullname&$orderby=fullname asc", filter).await;
        assert_eq!(answer.status, StatusCode::OK, "{filter}: {}", answer.text);
        assert_eq!(answer.column("fullname"), expected, "{filter}");
    }
}

#[tokio::test]
async fn lookups_are_filtered_by_value_with_and_without_quotes() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    for id in [OHARA.id.to_owned(), format!("'{}'", OHARA.id)] {
        let answer = ada.list("contacts?$select=lastname", &format!("_parentcustomerid_value eq {id}")).await;
        assert_eq!(answer.rows().len(), 2, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_lambda_looks_into_the_parties() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let any = format!(
        "email_activity_parties/any(p:p/addressused eq '{}' and p/participationtypemask eq 1)",
        INGRID.email
    );
    assert_eq!(ada.list("emails", &any).await.rows().len(), 1);
    let none = "email_activity_parties/any(p:p/addressused eq 'nobody@else.example')";
    assert_eq!(ada.list("emails", none).await.rows().len(), 0);
    assert_eq!(ada.list("emails", "email_activity_parties/any()").await.rows().len(), 1);
    let by_contact = format!("contact_activity_parties/any(p:p/_activityid_value eq {TRACKED_EMAIL})");
    assert_eq!(ada.list("contacts", &by_contact).await.column("fullname"), ["Ingrid Solheim"]);
}

#[tokio::test]
async fn wrong_filters_are_refused_before_any_row_is_looked_at() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let cases = [
        ("nosuch eq 1", "Could not find a property named 'nosuch' on type 'Microsoft.Dynamics.CRM.email'."),
        ("regardingobjectid eq null", "Could not find a property named 'regardingobjectid'"),
        ("subject eq", "Syntax error"),
        ("subject eq 'open", "unterminated string literal"),
        ("statecode eq 'Open'", "incompatible types"),
        ("frobnicate(subject,'x')", "unknown function"),
        ("subject eq 'a' subject eq 'b'", "Syntax error"),
    ];
    for (filter, expected) in cases {
        let answer = ada.list("emails", filter).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{filter}");
        assert_eq!(answer.code(), "0x80060888");
        assert!(answer.message().contains(expected), "{filter}: {}", answer.message());
    }
    let deep = format!("{}subject eq 'x'{}", "(".repeat(500), ")".repeat(500));
    assert_eq!(ada.list("emails", &deep).await.status, StatusCode::BAD_REQUEST);
    let skip = ada.get("emails?$skip=1").await;
    assert_eq!(
        (skip.status, skip.message().as_str()),
        (StatusCode::BAD_REQUEST, "Skip Clause is not supported in CRM")
    );
}

#[tokio::test]
async fn paging_follows_a_cookie_and_loses_nothing_when_a_row_goes() {
    let crm = Crm::new();
    let ada = crm.person(&ADA).with("Prefer", "odata.include-annotations=\"*\",odata.maxpagesize=2");
    let first = ada.get("contacts?$select=fullname&$orderby=fullname&$count=true").await;
    assert!(first.header("preference-applied").contains("odata.maxpagesize=2"));
    assert_eq!(first.json()["@odata.count"], 6);
    assert_eq!(first.column("fullname"), ["Ingrid Solheim", "Jürgen Weiß"]);
    let gone = first.rows()[1]["contactid"].as_str().unwrap().to_owned();
    let link = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(
        link.starts_with(&format!("{ORIGIN}{ROOT}/contacts?")) && link.contains("$skiptoken=%3Ccookie"),
        "{link}"
    );
    let second = ada.get(link.strip_prefix(ORIGIN).unwrap()).await;
    assert_eq!(second.column("fullname"), ["Lars Nygaard", "Maeve O'Hara"]);
    crm.control(Method::DELETE, &format!("/dataverse/contacts/{gone}"), &json!(null)).await;
    let third =
        ada.get(second.json()["@odata.nextLink"].as_str().unwrap().strip_prefix(ORIGIN).unwrap()).await;
    assert_eq!(third.column("fullname"), ["Maeve O'Hara (fair 2025)", "Pieter van Dijk"]);
    assert!(third.json().get("@odata.nextLink").is_none());
    let broken = ada.get("contacts?$skiptoken=rubbish").await;
    assert_eq!(broken.message(), "Malformed XML in the Paging Cookie");
}

#[tokio::test]
async fn annotations_come_only_when_asked_for() {
    let crm = Crm::new();
    let path = format!("emails({TRACKED_EMAIL})?$select=statecode,_regardingobjectid_value,createdon");
    let plain = crm.person(&ADA).get(&path).await.json();
    assert!(plain.as_object().unwrap().keys().all(|key| !key.contains("FormattedValue")));
    let annotated =
        crm.person(&ADA).with("Prefer", "odata.include-annotations=\"*\"").get(&path).await.json();
    assert_eq!(annotated["statecode@OData.Community.Display.V1.FormattedValue"], "Completed");
    assert_eq!(
        annotated["_regardingobjectid_value@OData.Community.Display.V1.FormattedValue"],
        "Fjordline: depth sounders for 12 ferries"
    );
    assert_eq!(annotated["_regardingobjectid_value@Microsoft.Dynamics.CRM.lookuplogicalname"], "opportunity");
    assert_eq!(
        annotated["_regardingobjectid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"],
        "regardingobjectid_opportunity_email"
    );
    assert_eq!(annotated["createdon"], "2026-11-11T08:00:00Z");
}

#[tokio::test]
async fn rows_expand_along_single_and_collection_relationships() {
    let crm = Crm::new();
    let path = format!(
        "emails({TRACKED_EMAIL})?$select=subject&$expand=regardingobjectid_opportunity_email($select=name;$expand=customerid_account($select=name)),\
         regardingobjectid_account_email($select=name),email_activity_parties($select=addressused,participationtypemask;$filter=participationtypemask eq 1),ownerid"
    );
    let body = crm.person(&ADA).get(&path).await.json();
    assert_eq!(body["regardingobjectid_opportunity_email"]["customerid_account"]["name"], FJORDLINE.name);
    assert!(body["regardingobjectid_account_email"].is_null());
    let parties = body["email_activity_parties"].as_array().unwrap();
    assert_eq!(parties.len(), 1);
    assert_eq!(parties[0]["addressused"], INGRID.email);
    assert_eq!(body["ownerid"]["fullname"], ADA.name);
}

#[tokio::test]
async fn single_rows_answer_to_key_name_alternate_key_property_and_reference() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let by_name = ada.get(&format!("emails(activityid={TRACKED_EMAIL})?$select=messageid")).await;
    assert_eq!(by_name.json()["messageid"], TRACKED_MESSAGE_ID);
    let user =
        ada.get(&format!("systemusers(azureactivedirectoryobjectid={})?$select=fullname", BEN.oid)).await;
    assert_eq!(user.json()["systemuserid"], BEN.systemuser.unwrap());
    let property = ada.get(&format!("emails({TRACKED_EMAIL})/subject")).await.json();
    assert!(property["value"].as_str().unwrap().starts_with("Quote 184"));
    let raw = ada.get(&format!("emails({TRACKED_EMAIL})/messageid/$value")).await;
    assert_eq!(raw.text, TRACKED_MESSAGE_ID);
    let reference = ada.get(&format!("contacts({})/parentcustomerid_account/$ref", MAEVE.id)).await.json();
    assert_eq!(reference["@odata.id"], format!("{ORIGIN}{ROOT}/accounts({})", OHARA.id));
    let related =
        ada.get(&format!("accounts({})/contact_customer_accounts?$select=fullname", OHARA.id)).await;
    assert_eq!(related.rows().len(), 2);
    assert_eq!(ada.get("contacts/$count").await.text, "6");
    assert_eq!(ada.get("nosuchs").await.code(), "0x8006088a");
    let missing = ada.get("accounts(00000000-0000-0000-0000-000000000003)").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.message(), "account With Id = 00000000-0000-0000-0000-000000000003 Does Not Exist");
}

#[tokio::test]
async fn an_unchanged_row_is_not_sent_again() {
    let crm = Crm::new();
    let path = format!("accounts({})", FJORDLINE.id);
    let etag = crm.person(&ADA).get(&path).await.json()["@odata.etag"].as_str().unwrap().to_owned();
    assert_eq!(
        crm.person(&ADA).with("If-None-Match", &etag).get(&path).await.status,
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(crm.person(&ADA).with("If-None-Match", "null").get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn all_activities_are_seen_through_the_pointer() {
    let crm = Crm::new();
    let answer = crm
        .person(&ADA)
        .get("activitypointers?$select=activitytypecode,subject&$orderby=activitytypecode")
        .await;
    assert_eq!(answer.column("activitytypecode"), ["appointment", "email"]);
    let one = crm.person(&ADA).get(&format!("activitypointers({TRACKED_EMAIL})")).await;
    assert_eq!(one.json()["activitytypecode"], "email");
    assert!(one.json().get("messageid").is_none());
}
