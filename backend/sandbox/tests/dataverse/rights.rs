use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{
    ADA, BEN, BUSINESS_UNIT_ID, CHIARA, DAN, FJORDLINE, HELIOTECH, MERIDIAN, ORGANIZATION_ID, PIETER,
};
use sandbox::dataverse::{APP_USER, TRACKED_EMAIL};
use serde_json::json;

#[tokio::test]
async fn who_am_i_tells_user_unit_and_organization() {
    let crm = Crm::new();
    for path in ["WhoAmI", "WhoAmI()"] {
        let body = crm.person(&BEN).get(path).await.json();
        assert_eq!(body["UserId"], BEN.systemuser.unwrap());
        assert_eq!(body["BusinessUnitId"], BUSINESS_UNIT_ID);
        assert_eq!(body["OrganizationId"], ORGANIZATION_ID);
    }
    assert_eq!(crm.engine().get("WhoAmI").await.json()["UserId"], APP_USER.to_string());
}

#[tokio::test]
async fn who_has_no_licence_or_is_disabled_is_not_let_in() {
    let crm = Crm::new();
    let dan = crm.person(&DAN).get("WhoAmI").await;
    assert_eq!((dan.status, dan.code().as_str()), (StatusCode::FORBIDDEN, "0x80072560"));
    assert_eq!(dan.message(), "The user is not a member of the organization.");
    let path = format!("/dataverse/users/{}/disabled", BEN.systemuser.unwrap());
    crm.control(Method::PUT, &path, &json!({"on": true})).await;
    let ben = crm.person(&BEN).get("WhoAmI").await;
    assert_eq!((ben.status, ben.code().as_str()), (StatusCode::FORBIDDEN, "0x80040225"));
}

#[tokio::test]
async fn a_bad_token_gets_a_challenge() {
    let crm = Crm::new();
    let request = http::Request::get("/api/data/v9.2/WhoAmI").body(axum::body::Body::empty()).unwrap();
    let answer = crm.raw(request).await.unwrap();
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer.header("www-authenticate").starts_with("Bearer authorization_uri=https://localhost:4000/")
    );
}

#[tokio::test]
async fn a_trainee_reads_but_may_neither_create_nor_delete_emails() {
    let crm = Crm::new();
    let chiara = crm.person(&CHIARA);
    assert_eq!(chiara.get(&format!("emails({TRACKED_EMAIL})")).await.status, StatusCode::OK);
    let refused = chiara.post("emails", email("<a@x>")).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "0x80040220"));
    let user = CHIARA.systemuser.unwrap();
    let message = refused.message();
    assert!(
        message.starts_with(&format!("Principal user (Id={user}, type=8, roleCount=1, privilegeCount=")),
        "{message}"
    );
    assert!(message.contains("accessMode=0), is missing prvCreateActivity privilege (Id="), "{message}");
    assert!(
        message.contains(" on OTC=4200 for entity 'activitypointer' (LocalizedName='Activity')"),
        "{message}"
    );
    assert!(message.ends_with(&format!("context.Caller={user}")), "{message}");
    assert_eq!(chiara.delete(&format!("emails({TRACKED_EMAIL})")).await.code(), "0x80040220");
    assert_eq!(crm.emails_with("<a@x>").await, 0);
}

#[tokio::test]
async fn a_salesperson_does_not_see_what_another_unit_owns() {
    let crm = Crm::new();
    let ben = crm.person(&BEN);
    let names = ben.get("accounts?$select=name&$orderby=name").await.column("name");
    assert!(
        names.contains(&FJORDLINE.name.to_owned()) && !names.contains(&MERIDIAN.name.to_owned()),
        "{names:?}"
    );
    for who in [&ADA, &CHIARA] {
        assert!(crm.person(who).get("accounts").await.column("name").contains(&MERIDIAN.name.to_owned()));
    }
    let refused = ben.get(&format!("contacts({})", PIETER.id)).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "0x80048306"));
    let expected = format!(
        "Principal with id {} does not have ReadAccess right(s) for record with id {} of entity contact",
        BEN.systemuser.unwrap(),
        PIETER.id
    );
    assert_eq!(refused.message(), expected);
    let hidden =
        ben.get(&format!("contacts({})?$expand=parentcustomerid_account", sandbox::company::MAEVE.id)).await;
    assert_eq!(hidden.status, StatusCode::OK);
}

#[tokio::test]
async fn a_salesperson_writes_and_deletes_only_own_rows() {
    let crm = Crm::new();
    let ben = crm.person(&BEN);
    assert_eq!(
        ben.patch(&format!("accounts({})", HELIOTECH.id), json!({"telephone1": "1"})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        ben.patch(&format!("accounts({})", FJORDLINE.id), json!({"telephone1": "1"})).await.code(),
        "0x80048306"
    );
    assert_eq!(ben.delete(&format!("emails({TRACKED_EMAIL})")).await.code(), "0x80048306");
    let own = ben.post("emails", email("<ben@x>")).await;
    assert_eq!(own.status, StatusCode::NO_CONTENT, "{}", own.text);
    assert_eq!(ben.delete(&format!("emails({})", own.id())).await.status, StatusCode::NO_CONTENT);
    let mut for_ada = email("<ada@x>");
    for_ada["ownerid@odata.bind"] = json!(format!("/systemusers({})", ADA.systemuser.unwrap()));
    assert_eq!(ben.post("emails", for_ada).await.code(), "0x80048306", "create reaches own rows only");
    let mut meridian = email("<m@x>");
    meridian["regardingobjectid_account_email@odata.bind"] = json!(format!("/accounts({})", MERIDIAN.id));
    assert_eq!(ben.post("emails", meridian).await.code(), "0x80048306", "no AppendTo on what cannot be read");
}

#[tokio::test]
async fn acting_for_somebody_takes_the_rights_that_both_have() {
    let crm = Crm::new();
    let for_ben = || crm.engine().with("CallerObjectId", BEN.oid);
    assert_eq!(for_ben().get("WhoAmI").await.json()["UserId"], BEN.systemuser.unwrap());
    let id = for_ben().post("emails", email("<a@x>")).await.id();
    let row = crm.stored(&format!("emails/{id}")).await;
    assert_eq!(row["ownerid"]["id"], BEN.systemuser.unwrap());
    assert_eq!(row["createdby"]["id"], BEN.systemuser.unwrap());
    assert_eq!(row["createdonbehalfby"]["id"], APP_USER.to_string());
    assert_eq!(
        for_ben().delete(&format!("emails({TRACKED_EMAIL})")).await.code(),
        "0x80048306",
        "Ben may not"
    );
    let account = for_ben().patch(&format!("accounts({})", HELIOTECH.id), json!({"telephone1": "1"})).await;
    assert_eq!(account.code(), "0x80040220", "the engine may not write accounts, though Ben may");
    assert!(account.message().contains("prvWriteAccount"));
    let by_user = crm.engine().with("MSCRMCallerID", CHIARA.systemuser.unwrap());
    assert_eq!(by_user.post("emails", email("<b@x>")).await.code(), "0x80040220");
    let nobody = crm.engine().with("CallerObjectId", DAN.oid).get("WhoAmI").await;
    assert_eq!(nobody.code(), "0x80072560");
    let refused = crm.person(&ADA).with("CallerObjectId", BEN.oid).get("WhoAmI").await;
    assert_eq!(refused.code(), "0x80040220");
    assert!(refused.message().contains("prvActOnBehalfOfAnotherUser"));
}

#[tokio::test]
async fn rights_on_a_record_and_all_privileges_can_be_asked_for() {
    let crm = Crm::new();
    let path = |id: &str| {
        format!(
            "systemusers({})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)?@t={{\"@odata.id\":\"{id}\"}}",
            BEN.systemuser.unwrap()
        )
        .replace('"', "%22").replace('{', "%7B").replace('}', "%7D")
    };
    let ada = crm.person(&ADA);
    let rights = |text: &str| text.to_owned();
    let fjordline = ada.get(&path(&format!("accounts({})", FJORDLINE.id))).await.json();
    assert_eq!(fjordline["AccessRights"], rights("ReadAccess, AppendAccess, AppendToAccess"));
    let meridian = ada.get(&path(&format!("accounts({})", MERIDIAN.id))).await.json();
    assert_eq!(meridian["AccessRights"], "None");
    let own = ada.get(&path(&format!("accounts({})", HELIOTECH.id))).await.json();
    assert!(own["AccessRights"].as_str().unwrap().contains("WriteAccess"));
    let all = ada
        .get(&format!(
            "systemusers({})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()",
            BEN.systemuser.unwrap()
        ))
        .await
        .json();
    let create = all["RolePrivileges"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["PrivilegeName"] == "prvCreateActivity")
        .unwrap();
    assert_eq!(create["Depth"], "Basic");
}

#[tokio::test]
async fn roles_and_owners_change_what_one_may_do_at_once() {
    let crm = Crm::new();
    let path = format!("/dataverse/users/{}/roles", CHIARA.systemuser.unwrap());
    assert_eq!(
        crm.control(Method::PUT, &path, &json!(["Sales Manager"])).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(crm.person(&CHIARA).post("emails", email("<a@x>")).await.status, StatusCode::NO_CONTENT);
    let unknown = crm.control(Method::PUT, &path, &json!(["Boss"])).await;
    assert!(unknown.message().contains("There are: "), "{}", unknown.text);
    crm.control(Method::PUT, &path, &json!([])).await;
    assert_eq!(crm.person(&CHIARA).get("accounts").await.code(), "0x80040220");
    let owner = json!({"ownerid@odata.bind": format!("/systemusers({})", BEN.systemuser.unwrap())});
    crm.control(Method::PATCH, &format!("/dataverse/accounts/{}", MERIDIAN.id), &owner).await;
    assert_eq!(crm.person(&BEN).get(&format!("accounts({})", MERIDIAN.id)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn somebodys_deeds_on_the_control_plane_meet_their_rights() {
    let crm = Crm::new();
    let path = format!("/dataverse/emails/{TRACKED_EMAIL}");
    let refused = crm.control(Method::DELETE, &format!("{path}?as={}", BEN.oid), &json!(null)).await;
    assert_eq!(refused.code(), "0x80048306");
    let done = crm.control(Method::DELETE, &format!("{path}?as={}", ADA.oid), &json!(null)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
}
