use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, INGRID, LARS};
use serde_json::json;

async fn first(crm: &Crm) -> String {
    let answer =
        crm.person(&ADA).with("Prefer", "odata.track-changes").get("contacts?$select=fullname").await;
    assert_eq!(answer.header("preference-applied"), "odata.track-changes");
    assert_eq!(answer.rows().len(), 6);
    let link = answer.json()["@odata.deltaLink"].as_str().unwrap().to_owned();
    link.strip_prefix(ORIGIN).unwrap().to_owned()
}

#[tokio::test]
async fn a_delta_link_tells_changed_and_deleted_rows_once() {
    let crm = Crm::new();
    let link = first(&crm).await;
    let ada = crm.person(&ADA);
    assert!(ada.get(&link).await.rows().is_empty());
    ada.patch(&format!("contacts({})", LARS.id), json!({"jobtitle": "Captain"})).await;
    ada.delete(&format!("contacts({})", INGRID.id)).await;
    let answer = ada.get(&link).await;
    assert_eq!(
        answer.json()["@odata.context"],
        format!("{ORIGIN}{ROOT}/$metadata#contacts(fullname)/$delta")
    );
    assert_eq!(answer.rows()[0]["fullname"], "Lars Nygaard");
    let gone = &answer.rows()[1];
    assert_eq!(
        *gone,
        json!({"@odata.context": format!("{ORIGIN}{ROOT}/$metadata#contacts/$deletedEntity"), "id": INGRID.id, "reason": "deleted"})
    );
    let next = answer.json()["@odata.deltaLink"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    assert!(ada.get(&next).await.rows().is_empty());
}

#[tokio::test]
async fn change_tracking_refuses_options_narrow_rights_and_expired_tokens() {
    let crm = Crm::new();
    let tracking = || crm.person(&ADA).with("Prefer", "odata.track-changes");
    let refused = tracking().list("contacts", "statecode eq 0").await;
    assert_eq!(
        refused.message(),
        "The \"$filter\" query parameter isn't supported when Change Tracking is enabled."
    );
    let ben = crm.person(&BEN).with("Prefer", "odata.track-changes").get("contacts").await;
    assert_eq!(ben.status, StatusCode::FORBIDDEN, "it takes the right to read all rows");
    assert_eq!(tracking().get("queues").await.status, StatusCode::BAD_REQUEST);
    let link = first(&crm).await;
    crm.control(Method::POST, "/dataverse/settings/expire-delta-tokens", &json!(null)).await;
    let expired = crm.person(&ADA).get(&link).await;
    assert_eq!((expired.status, expired.code().as_str()), (StatusCode::BAD_REQUEST, "0x80044352"));
    assert_eq!(
        expired.message(),
        "Version stamp associated with the client has expired. Please perform a full sync."
    );
}
