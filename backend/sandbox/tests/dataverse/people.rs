use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, CHIARA, PEOPLE, QUEUE_ID};
use sandbox::dataverse::Filter;
use serde_json::{Value, json};
use uuid::Uuid;

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

#[tokio::test]
async fn all_enabled_users_are_found_page_by_page() {
    let crm = Crm::new();
    crm.world.crm().deactivate("systemusers", id(CHIARA.systemuser.unwrap())).await.unwrap();
    let engine = crm.engine().with("Prefer", "odata.maxpagesize=1");
    let filter =
        "systemusers?$select=internalemailaddress,isdisabled,azureactivedirectoryobjectid,accessmode";
    let mut page = engine.list(filter, "isdisabled eq false and accessmode eq 0").await;
    let mut found = Vec::new();
    loop {
        assert_eq!(page.rows().len(), 1);
        found.extend(page.column("azureactivedirectoryobjectid"));
        let Some(next) = page.json()["@odata.nextLink"].as_str().map(str::to_owned) else { break };
        page = engine.get(next.strip_prefix(ORIGIN).unwrap()).await;
    }
    found.sort();
    assert_eq!(found, [ADA.oid, BEN.oid]);
}

#[tokio::test]
async fn each_user_has_personal_options_which_others_may_not_change() {
    let crm = Crm::new();
    let own = format!("usersettingscollection({})", BEN.systemuser.unwrap());
    let read = crm.engine().get(&format!("{own}?$select=incomingemailfilteringmethod")).await.json();
    assert_eq!(read["incomingemailfilteringmethod"], 1);
    assert_eq!(read["systemuserid"], BEN.systemuser.unwrap());
    let none = json!({"incomingemailfilteringmethod": 4, "autocreatecontactonpromote": 1});
    assert_eq!(crm.person(&BEN).patch(&own, none.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.person(&ADA).patch(&own, none).await.code(), "0x80048306");
    let all = crm.engine().get("usersettingscollection").await;
    let people = PEOPLE.iter().filter(|person| person.systemuser.is_some()).count();
    assert!(all.rows().len() >= people);
    let mut numbers: Vec<i64> =
        all.rows().iter().map(|row| row["trackingtokenid"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), all.rows().len(), "everybody has a number of their own");
    let wrong = crm.person(&BEN).patch(&own, json!({"incomingemailfilteringmethod": 5})).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_new_user_has_personal_options_at_once_and_takes_them_along() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let body = json!({"fullname": "Eva Lund", "internalemailaddress": "eva.lund@northlight.example"});
    let eva = world.create("systemusers", body).await.unwrap();
    let options = world.row("usersettingscollection", eva).unwrap();
    assert_eq!(options["incomingemailfilteringmethod"], 1);
    world.delete("systemusers", eva).await.unwrap();
    assert!(world.row("usersettingscollection", eva).is_err());
    assert_eq!(crm.visitor().post("usersettingscollection", json!({})).await.code(), "0x80040800");
}

async fn privileges(crm: &Crm, user: &str) -> Vec<String> {
    let path = format!("systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()");
    let body = crm.engine().get(&path).await.json();
    let list = body["RolePrivileges"].as_array().unwrap_or_else(|| panic!("{body}")).clone();
    list.iter().map(|held| held["PrivilegeName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_queue_owner_without_the_needed_role_is_found_beforehand() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let owner = async || {
        let queue = crm.engine().get(&format!("queues({QUEUE_ID})?$select=_ownerid_value")).await.json();
        queue["_ownerid_value"].as_str().unwrap().to_owned()
    };
    let create = "prvCreateActivity".to_owned();
    assert!(privileges(&crm, &owner().await).await.contains(&create));
    let path = format!("/dataverse/queues/{QUEUE_ID}/owner");
    let chiara = CHIARA.systemuser.unwrap();
    crm.control(Method::PUT, &path, &json!({"systemuser": chiara})).await;
    assert_eq!(owner().await, chiara);
    assert!(!privileges(&crm, chiara).await.contains(&create));
    let refused = crm.engine().with("CallerObjectId", CHIARA.oid).post("emails", email("<q@x>")).await;
    assert!(
        refused.message().contains("prvCreateActivity"),
        "what was found is what happens: {}",
        refused.text
    );
    world.set_roles(id(chiara), &["Salesperson"]).await.unwrap();
    assert!(privileges(&crm, chiara).await.contains(&create));
}

#[tokio::test]
async fn rights_of_disabled_users_and_of_teams_can_be_asked_for() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let ben = id(BEN.systemuser.unwrap());
    world.deactivate("systemusers", ben).await.unwrap();
    assert!(privileges(&crm, &ben.to_string()).await.contains(&"prvCreateActivity".to_owned()));
    let teams = crm.engine().get("teams").await;
    let team = teams.rows()[0]["teamid"].as_str().unwrap().to_owned();
    let ask = async || {
        let path = format!("teams({team})/Microsoft.Dynamics.CRM.RetrieveTeamPrivileges()");
        crm.engine().get(&path).await.json()["RolePrivileges"].as_array().unwrap().len()
    };
    assert_eq!(ask().await, 0);
    world.set_roles(id(&team), &["Salesperson"]).await.unwrap();
    assert!(ask().await > 0);
    let nobody = Uuid::nil();
    let path = format!("systemusers({nobody})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()");
    assert_eq!(crm.engine().get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mailboxes_tell_whose_they_are_and_how_they_do() {
    let crm = Crm::new();
    let of = async |whose: &str| -> Value {
        crm.engine().list("mailboxes", &format!("_regardingobjectid_value eq {whose}")).await.rows()[0]
            .clone()
    };
    let ada = of(ADA.systemuser.unwrap()).await;
    assert_eq!((&ada["emailaddress"], &ada["incomingemailstatus"]), (&json!(ADA.upn), &json!(1)));
    assert_eq!((&ada["statecode"], &ada["emailrouteraccessapproval"]), (&json!(0), &json!(1)));
    assert_eq!(of(QUEUE_ID).await["emailaddress"], sandbox::company::QUEUE_ADDRESS);
}

#[tokio::test]
async fn filters_are_set_for_users_and_queues_alike() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let (ada, queue) = (id(ADA.systemuser.unwrap()), id(QUEUE_ID));
    world.set_filter(ada, Filter::Customers).await.unwrap();
    world.set_filter(queue, Filter::None).await.unwrap();
    assert_eq!(world.row("usersettingscollection", ada).unwrap()["incomingemailfilteringmethod"], 2);
    assert_eq!(world.row("queues", queue).unwrap()["incomingemailfilteringmethod"], 4);
    let path = format!("/dataverse/users/{ada}/filter");
    let wrong = crm.control(Method::PUT, &path, &json!({"method": 5})).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let path = format!("/dataverse/queues/{queue}/filter");
    crm.control(Method::PUT, &path, &json!({"method": 3})).await;
    assert_eq!(world.row("queues", queue).unwrap()["incomingemailfilteringmethod"], 3);
}
