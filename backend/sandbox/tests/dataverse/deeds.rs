use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, FJORDLINE, INGRID, QUEUE_ID};
use sandbox::dataverse::TRACKED_EMAIL;
use serde_json::{Value, json};
use uuid::Uuid;

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_record_with_an_address_is_made_found_and_deactivated() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let body = json!({"lastname": "Berg", "emailaddress1": "berg@new.example"});
    let berg = world.create("contacts", body).await.unwrap();
    let find = async || {
        let filter = "emailaddress1 eq 'berg@new.example' and statecode eq 0";
        crm.engine().list("contacts", filter).await.rows().len()
    };
    assert_eq!(find().await, 1);
    world.deactivate("contacts", berg).await.unwrap();
    assert_eq!(find().await, 0);
    assert_eq!(world.row("contacts", berg).unwrap()["statuscode"], 2);
    let made = crm
        .control(
            Method::POST,
            "/dataverse/leads",
            &json!({"lastname": "Sund", "emailaddress1": "s@new.example"}),
        )
        .await;
    let lead = made.json()["id"].as_str().unwrap().to_owned();
    crm.control(Method::POST, &format!("/dataverse/leads/{lead}/deactivate"), &json!(null)).await;
    assert_eq!(crm.stored(&format!("leads/{lead}")).await["statecode"], 2);
}

#[tokio::test]
async fn regarding_is_changed_and_cleared() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let regarding = || world.row("emails", TRACKED_EMAIL).unwrap()["regardingobjectid"].clone();
    world.set_regarding(TRACKED_EMAIL, Some(("contacts", id(INGRID.id)))).await.unwrap();
    assert_eq!(regarding()["id"], INGRID.id);
    let path = format!("/dataverse/emails/{TRACKED_EMAIL}/regarding");
    crm.control(Method::PUT, &path, &json!({"set": "accounts", "id": FJORDLINE.id})).await;
    assert_eq!((&regarding()["table"], &regarding()["id"]), (&json!("account"), &json!(FJORDLINE.id)));
    let cleared = crm.control(Method::PUT, &path, &json!(null)).await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT, "{}", cleared.text);
    assert_eq!(regarding(), Value::Null);
    let refused = world.set_regarding(TRACKED_EMAIL, Some(("nl_sites", Uuid::nil()))).await;
    assert_eq!(refused.unwrap_err().status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn emails_are_canceled_and_deleted() {
    let crm = Crm::new();
    let world = crm.world.crm();
    world.deactivate("emails", TRACKED_EMAIL).await.unwrap();
    assert_eq!(world.row("emails", TRACKED_EMAIL).unwrap()["statuscode"], 5);
    world.delete("emails", TRACKED_EMAIL).await.unwrap();
    assert!(world.row("emails", TRACKED_EMAIL).is_err());
    assert!(world.emails_with(sandbox::dataverse::TRACKED_MESSAGE_ID).is_empty());
}

#[tokio::test]
async fn a_queue_gets_another_owner_who_then_may_delete_it() {
    let crm = Crm::new();
    let queue = id(QUEUE_ID);
    crm.world.crm().set_owner("queues", queue, id(BEN.systemuser.unwrap())).await.unwrap();
    let row = crm.world.crm().row("queues", queue).unwrap();
    assert_eq!(
        (&row["ownerid"]["id"], &row["owninguser"]["id"]),
        (&json!(BEN.systemuser), &json!(BEN.systemuser))
    );
    let refused = crm.world.crm().as_person(id(ADA.oid)).deactivate("queues", queue).await;
    assert_eq!(refused.unwrap_err().code, "0x80040220", "a sales manager may not change queues");
}

#[tokio::test]
async fn a_new_user_and_a_new_queue_have_mailboxes_and_work_at_once() {
    let crm = Crm::new();
    let world = crm.world.crm();
    let oid = id("5a9db0c5-0000-4000-8000-00000000eeee");
    let eva = world.add_user(oid, "Eva Lund", "eva.lund@northlight.example", "Salesperson").await.unwrap();
    let who = crm.engine().with("CallerObjectId", &oid.to_string());
    assert_eq!(who.get("WhoAmI").await.json()["UserId"], eva.to_string());
    assert_eq!(who.post("emails", email("<eva@x>")).await.status, StatusCode::NO_CONTENT);
    let queue = world.add_queue("Service", "service@northlight.example", eva).await.unwrap();
    for (whose, address) in [(eva, "eva.lund@northlight.example"), (queue, "service@northlight.example")] {
        let filter = format!("_regardingobjectid_value eq {whose} and incomingemailstatus eq 1");
        assert_eq!(crm.engine().list("mailboxes", &filter).await.column("emailaddress"), [address]);
    }
    assert_eq!(world.row("queues", queue).unwrap()["defaultmailbox"]["table"], "mailbox");
    world.delete("systemusers", eva).await.unwrap();
    assert_eq!(who.get("WhoAmI").await.code(), "0x80072560", "who is gone is known no longer");
}

#[tokio::test]
async fn what_the_platform_makes_may_be_older_and_in_any_state() {
    let crm = Crm::new();
    let mut body = email("<old@x>");
    body["createdon"] = json!("2026-01-02T03:04:05Z");
    body["statecode"] = json!(1);
    body["statuscode"] = json!(4);
    let world = crm.world.crm();
    let old = world.create("emails", body.clone()).await.unwrap();
    let row = world.row("emails", old).unwrap();
    assert_eq!((&row["createdon"], &row["statuscode"]), (&json!("2026-01-02T03:04:05Z"), &json!(4)));
    body["statuscode"] = json!(1);
    assert_eq!(world.create("emails", body.clone()).await.unwrap_err().code, "0x80048408");
    let client = crm.engine().post("emails", body).await;
    let row = world.row("emails", id(&client.id())).unwrap();
    assert_eq!((&row["createdon"], &row["statecode"]), (&json!("2026-11-20T08:00:00Z"), &json!(0)));
}
