use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, CASES, FJORDLINE, INGRID, LARS, OPPORTUNITIES};
use sandbox::dataverse::{SITE, TRACKED_EMAIL};
use serde_json::{Value, json};

const KEY: &str = "11111111-2222-4333-8444-555555555555";

#[tokio::test]
async fn a_create_answers_with_the_address_or_with_the_row() {
    let crm = Crm::new();
    let answer = crm.person(&ADA).post("emails", email("<a@x>")).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert!(answer.header("odata-entityid").starts_with(&format!("{ORIGIN}{ROOT}/emails(")));
    let ada = crm.person(&ADA).with("Prefer", "return=representation");
    let answer = ada.post("emails?$select=subject,statecode", email("<b@x>")).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("preference-applied"), "return=representation");
    assert_eq!((&answer.json()["subject"], &answer.json()["statecode"]), (&json!("Offer"), &json!(0)));
}

#[tokio::test]
async fn a_new_email_has_what_the_platform_fills_in() {
    let crm = Crm::new();
    let id = crm.person(&ADA).post("emails", email("<a@x>")).await.id();
    let row = crm.stored(&format!("emails/{id}")).await;
    assert_eq!(row["sender"], INGRID.email);
    assert_eq!(row["emailsender"]["id"], INGRID.id);
    assert_eq!(row["torecipients"], format!("{};", ADA.upn));
    assert_eq!(row["ownerid"]["id"], ADA.systemuser.unwrap());
    assert_eq!(row["activitytypecode"], "email");
    assert_eq!(row["createdon"], "2026-11-20T08:00:00Z");
    let mut masks: Vec<i64> = row["parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["participationtypemask"].as_i64().unwrap())
        .collect();
    masks.sort_unstable();
    assert_eq!(masks, [1, 2, 3, 8, 9]);
    let unresolved =
        row["parties"].as_array().unwrap().iter().find(|p| p["participationtypemask"] == 3).unwrap();
    assert_eq!(unresolved["addressused"], "unknown@else.example");
}

#[tokio::test]
async fn the_same_primary_key_is_taken_once_and_the_same_message_id_twice() {
    let crm = Crm::new();
    let mut body = email("<twice@x>");
    body["activityid"] = json!(KEY);
    assert_eq!(crm.person(&ADA).post("emails", body.clone()).await.id(), KEY);
    let second = crm.person(&ADA).post("emails", body.clone()).await;
    assert_eq!((second.status, second.code().as_str()), (StatusCode::PRECONDITION_FAILED, "0x80040237"));
    assert_eq!(second.message(), "A record with matching key values already exists.");
    assert_eq!(crm.emails_with("<twice@x>").await, 1);
    body["activityid"] = json!("11111111-2222-4333-8444-666666666666");
    assert_eq!(crm.person(&ADA).post("emails", body).await.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.emails_with("<TWICE@x>").await, 2);
}

#[tokio::test]
async fn patch_creates_updates_or_refuses_as_the_preconditions_say() {
    let crm = Crm::new();
    let path = format!("contacts({KEY})");
    let ada = || crm.person(&ADA);
    let missing = ada().with("If-Match", "*").patch(&path, json!({"lastname": "A"})).await;
    assert_eq!((missing.status, missing.code().as_str()), (StatusCode::NOT_FOUND, "0x80040217"));
    assert_eq!(missing.message(), format!("contact With Id = {KEY} Does Not Exist"));
    assert_eq!(ada().patch(&path, json!({"lastname": "A"})).await.status, StatusCode::NO_CONTENT);
    let there = ada().with("If-None-Match", "*").patch(&path, json!({"lastname": "B"})).await;
    assert_eq!((there.status, there.code().as_str()), (StatusCode::PRECONDITION_FAILED, "0x80040237"));
    let etag = ada().get(&path).await.json()["@odata.etag"].as_str().unwrap().to_owned();
    assert_eq!(
        ada().with("If-Match", &etag).patch(&path, json!({"lastname": "C"})).await.status,
        StatusCode::NO_CONTENT
    );
    for method in [Method::PATCH, Method::DELETE] {
        let stale = ada().with("If-Match", &etag).send(method, &path, Some(&json!({"lastname": "D"}))).await;
        assert_eq!((stale.status, stale.code().as_str()), (StatusCode::PRECONDITION_FAILED, "0x80060882"));
        assert_eq!(
            stale.message(),
            "The version of the existing record doesn't match the RowVersion property provided."
        );
    }
    assert_eq!(crm.stored(&format!("contacts/{KEY}")).await["fullname"], "C");
}

#[tokio::test]
async fn single_properties_are_put_and_deleted() {
    let crm = Crm::new();
    let path = format!("contacts({})/jobtitle", LARS.id);
    let ada = crm.person(&ADA);
    assert_eq!(
        ada.send(Method::PUT, &path, Some(&json!({"value": "Captain"}))).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(ada.get(&path).await.json()["value"], "Captain");
    assert_eq!(ada.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get(&path).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn bad_bodies_are_refused_in_the_services_words() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let before = crm.stored("emails").await;
    let party = |party: Value| json!({"email_activity_parties": [party]});
    let nobody = "/contacts(00000000-0000-0000-0000-00000000dead)";
    let cases = [
        (
            json!({"subjekt": "x"}),
            400,
            "0x80048d19",
            "Invalid property 'subjekt' was found in entity 'Microsoft.Dynamics.CRM.email'.",
        ),
        (
            json!({"subject": 7}),
            400,
            "0x80048d19",
            "Cannot convert the literal '7' to the expected type 'Edm.String'.",
        ),
        (
            json!({"subject": "x".repeat(801)}),
            400,
            "0x80044331",
            "The length of the 'subject' attribute of the 'email' entity exceeded the maximum allowed length of '800'.",
        ),
        (
            json!({"statuscode": 4}),
            400,
            "0x80048408",
            "4 is not a valid status code for state code EmailState.Open on email",
        ),
        (
            json!({"regardingobjectid_account_email@odata.bind": "/accounts(00000000-0000-0000-0000-00000000dead)"}),
            404,
            "0x80040217",
            "Does Not Exist",
        ),
        (
            json!({"regardingobjectid_account_email@odata.bind": format!("/contacts({})", INGRID.id)}),
            400,
            "0x80048d19",
            "not compatible",
        ),
        (
            json!({"regardingobjectid_nl_site_email@odata.bind": format!("/nl_sites({SITE})")}),
            400,
            "0x80048d19",
            "An undeclared property 'regardingobjectid_nl_site_email'",
        ),
        (
            json!({"regardingobjectid@odata.bind": format!("/accounts({})", FJORDLINE.id)}),
            400,
            "0x80048d19",
            "An undeclared property 'regardingobjectid'",
        ),
        (
            json!({"regardingobjectid_account_email@odata.bind": format!("/nl_sites({SITE})")}),
            400,
            "0x80048d19",
            "not compatible",
        ),
        (party(json!({"addressused": "a@b.example"})), 400, "0x80040203", "participation type mask"),
        (
            party(json!({"partyid_contact@odata.bind": nobody, "participationtypemask": 1})),
            404,
            "0x80040217",
            "contact With Id",
        ),
        (json!({"prioritycode": 9}), 400, "0x8004431a", "outside the valid range"),
    ];
    for (body, status, code, message) in cases {
        let answer = ada.post("emails", body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{body} {}",
            answer.text
        );
        assert!(answer.message().contains(message), "{body}: {}", answer.message());
    }
    let broken = ada.send_text(Method::POST, "emails", "application/json", "{".to_owned()).await.unwrap();
    assert_eq!(broken.code(), "0x80048d19");
    assert_eq!(crm.stored("emails").await, before, "a refused create leaves nothing behind");
}

#[tokio::test]
async fn a_lookup_is_bound_by_base_name_absolute_address_or_bare_path_and_cleared_by_null() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let id = ada.post("emails", email("<a@x>")).await.id();
    let path = format!("emails({id})");
    let opportunity = OPPORTUNITIES[0].id;
    let addresses = [
        ("regardingobjectid_opportunity_email", format!("/opportunities({opportunity})")),
        ("regardingobjectid_opportunity", format!("opportunities({opportunity})")),
        ("regardingobjectid_opportunity", format!("{ORIGIN}{ROOT}/opportunities({opportunity})")),
    ];
    for (name, address) in addresses {
        let cleared = ada.patch(&path, json!({"regardingobjectid_account_email@odata.bind": null})).await;
        assert_eq!(cleared.status, StatusCode::NO_CONTENT);
        assert!(ada.get(&path).await.json()["_regardingobjectid_value"].is_null());
        let answer = ada.patch(&path, json!({format!("{name}@odata.bind"): address})).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        assert_eq!(ada.get(&path).await.json()["_regardingobjectid_value"], opportunity);
    }
    let answer = ada.delete(&format!("{path}/regardingobjectid_opportunity_email/$ref")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let body = json!({"@odata.id": format!("{ORIGIN}{ROOT}/incidents({})", CASES[0].id)});
    let answer =
        ada.send(Method::PUT, &format!("{path}/regardingobjectid_incident_email/$ref"), Some(&body)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    assert_eq!(ada.get(&path).await.json()["_regardingobjectid_value"], CASES[0].id);
}

#[tokio::test]
async fn collections_take_members_in_and_out() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let contact = ada.post("contacts", json!({"lastname": "New"})).await.id();
    let collection = format!("accounts({})/contact_customer_accounts", FJORDLINE.id);
    let body = json!({"@odata.id": format!("{ORIGIN}{ROOT}/contacts({contact})")});
    assert_eq!(ada.post(&format!("{collection}/$ref"), body).await.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.stored(&format!("contacts/{contact}")).await["parentcustomerid"]["id"], FJORDLINE.id);
    assert_eq!(ada.delete(&format!("{collection}({contact})/$ref")).await.status, StatusCode::NO_CONTENT);
    assert!(crm.stored(&format!("contacts/{contact}")).await.get("parentcustomerid").is_none());
}

#[tokio::test]
async fn state_and_status_go_together() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let mut body = email("<a@x>");
    body["statecode"] = json!(1);
    let id = ada.post("emails", body).await.id();
    let path = format!("emails({id})");
    assert_eq!(ada.get(&path).await.json()["statecode"], 0, "a state is ignored at the birth of an activity");
    let wrong = ada.patch(&path, json!({"statecode": 1, "statuscode": 8})).await;
    assert_eq!(wrong.code(), "0x80048408");
    assert_eq!(
        wrong.message(),
        format!("8 is not a valid status code for state code EmailState.Completed on email with Id {id}.")
    );
    assert_eq!(ada.patch(&path, json!({"statuscode": 4})).await.code(), "0x80048408");
    assert_eq!(
        ada.patch(&path, json!({"statecode": 1, "statuscode": 4})).await.status,
        StatusCode::NO_CONTENT
    );
    let regarding =
        json!({"regardingobjectid_incident_email@odata.bind": format!("/incidents({})", CASES[0].id)});
    assert_eq!(
        ada.patch(&path, regarding).await.status,
        StatusCode::NO_CONTENT,
        "regarding may change on a completed email"
    );
    let row = ada.get(&path).await.json();
    assert_eq!((&row["statuscode"], &row["_regardingobjectid_value"]), (&json!(4), &json!(CASES[0].id)));
    assert_eq!(ada.patch(&path, json!({"statecode": 2})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get(&path).await.json()["statuscode"], 5);
}

#[tokio::test]
async fn writing_the_parties_replaces_them_all() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let id = ada.post("emails", email("<a@x>")).await.id();
    let body = json!({"email_activity_parties": [
        {"partyid_contact@odata.bind": format!("/contacts({})", LARS.id), "participationtypemask": 1},
        {"addressused": "two@else.example", "participationtypemask": 2},
    ]});
    assert_eq!(ada.patch(&format!("emails({id})"), body).await.status, StatusCode::NO_CONTENT);
    let row = crm.stored(&format!("emails/{id}")).await;
    assert_eq!(row["sender"], LARS.email);
    assert_eq!(row["torecipients"], "two@else.example;");
    assert_eq!(row["parties"].as_array().unwrap().len(), 4, "with owner and regarding");
    let direct = ada.post("activityparties", json!({"addressused": "x@y.example"})).await;
    assert_eq!(direct.status, StatusCode::BAD_REQUEST, "parties are written with their activity only");
}

#[tokio::test]
async fn deleting_a_record_takes_its_activities_and_their_parties_along() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let id = ada.post("emails", email("<a@x>")).await.id();
    assert_eq!(ada.delete(&format!("contacts({})", INGRID.id)).await.status, StatusCode::NO_CONTENT);
    let row = crm.stored(&format!("emails/{id}")).await;
    let sender = row["parties"].as_array().unwrap().iter().find(|p| p["participationtypemask"] == 1).unwrap();
    assert!(sender.get("partyid").is_none());
    assert_eq!(sender["addressused"], INGRID.email);
    assert_eq!(ada.delete(&format!("accounts({})", FJORDLINE.id)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get(&format!("emails({id})")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        ada.get(&format!("emails({TRACKED_EMAIL})")).await.status,
        StatusCode::NOT_FOUND,
        "it hung on the opportunity"
    );
    assert!(crm.stored("activityparties").await["value"].as_array().unwrap().is_empty());
    assert_eq!(ada.delete(&format!("emails({id})")).await.code(), "0x80040217");
}

#[tokio::test]
async fn attachments_hang_on_their_email() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let body = json!({
        "objectid_activitypointer@odata.bind": format!("/activitypointers({TRACKED_EMAIL})"),
        "objecttypecode": "email", "filename": "a.txt", "mimetype": "text/plain", "body": "aGVsbG8h",
    });
    let id = ada.post("activitymimeattachments", body).await.id();
    assert_eq!(crm.stored(&format!("activitymimeattachments/{id}")).await["filesize"], 6);
    assert_eq!(ada.get(&format!("emails({TRACKED_EMAIL})")).await.json()["attachmentcount"], 1);
    ada.delete(&format!("emails({TRACKED_EMAIL})")).await;
    assert_eq!(ada.get(&format!("activitymimeattachments({id})")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_rows_are_made_and_changed_at_once_or_not_at_all() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let create = "contacts/Microsoft.Dynamics.CRM.CreateMultiple";
    let answer = ada.post(create, json!({"Targets": [{"lastname": "One"}, {"lastname": "Two"}]})).await;
    let ids = answer.json()["Ids"].clone();
    assert_eq!(ids.as_array().unwrap().len(), 2, "{}", answer.text);
    let refused = ada.post(create, json!({"Targets": [{"lastname": "Three"}, {"nosuch": 1}]})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(ada.get("contacts/$count").await.text, "8");
    let targets: Vec<Value> =
        ids.as_array().unwrap().iter().map(|id| json!({"contactid": id, "jobtitle": "Buyer"})).collect();
    let update = "contacts/Microsoft.Dynamics.CRM.UpdateMultiple";
    assert_eq!(ada.post(update, json!({"Targets": targets})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.list("contacts", "jobtitle eq 'Buyer'").await.rows().len(), 2);
}

#[tokio::test]
async fn every_change_stands_in_the_journal_without_mail_text() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let id = ada.post("emails", email("<secret@x>")).await.id();
    ada.patch(&format!("emails({id})"), json!({"statecode": 1, "statuscode": 4})).await;
    ada.patch(&format!("emails({id})"), json!({"nosuch": 1})).await;
    ada.delete(&format!("emails({id})")).await;
    let effects: Vec<_> = crm.journal().into_iter().flat_map(|entry| entry.effects).collect();
    let kinds: Vec<&str> = effects.iter().map(|effect| effect.kind.as_str()).collect();
    assert_eq!(kinds, ["email.create", "email.update", "email.delete"]);
    assert!(effects.iter().all(|effect| effect.target == id));
    assert_eq!(effects[1].detail["columns"], json!(["statecode", "statuscode"]));
    assert!(!serde_json::to_string(&effects).unwrap().contains("secret"));
}
