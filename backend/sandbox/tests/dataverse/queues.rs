use crate::client::*;
use http::StatusCode;
use sandbox::company::{ADA, BEN, CHIARA, QUEUE_ADDRESS, QUEUE_ID};
use sandbox::dataverse::{RETURNS_QUEUE, TRACKED_EMAIL};
use serde_json::{Value, json};

fn add(queue: &str) -> String {
    format!("queues({queue})/Microsoft.Dynamics.CRM.AddToQueue")
}

fn tracked() -> Value {
    json!({"@odata.type": "Microsoft.Dynamics.CRM.email", "activityid": TRACKED_EMAIL})
}

#[tokio::test]
async fn queues_with_an_address_take_mail_and_others_do_not() {
    let crm = Crm::new();
    let columns = "queues?$select=name,emailaddress,incomingemailfilteringmethod,_ownerid_value,statecode";
    let rows = crm.engine().list(columns, "emailaddress ne null and statecode eq 0").await.rows();
    let [sales] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((&sales["emailaddress"], &sales["queueid"]), (&json!(QUEUE_ADDRESS), &json!(QUEUE_ID)));
    assert_eq!(sales["incomingemailfilteringmethod"], 0);
    assert_eq!(sales["_ownerid_value"], ADA.systemuser.unwrap());
    assert_eq!(crm.engine().get("queues").await.rows().len(), 2);
}

#[tokio::test]
async fn an_email_stands_in_a_queue_once_however_often_it_is_added() {
    let crm = Crm::new();
    let engine = crm.engine();
    let first = engine.post(&add(QUEUE_ID), json!({"Target": tracked()})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert!(first.json()["@odata.context"].as_str().unwrap().ends_with("AddToQueueResponse"));
    let item = first.json()["QueueItemId"].clone();
    let again = engine.post(&add(QUEUE_ID), json!({"Target": tracked()})).await.json();
    assert_eq!(again["QueueItemId"], item);
    let items = engine.list("queueitems", &format!("_objectid_value eq {TRACKED_EMAIL}")).await.rows();
    let [row] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((&row["_queueid_value"], &row["objecttypecode"]), (&json!(QUEUE_ID), &json!(4202)));
    assert_eq!(row["title"], "Quote 184: depth sounders for 12 ferries");
    let listed = engine.get(&format!("queues({QUEUE_ID})/queue_entries")).await.rows();
    assert_eq!(listed.len(), 1);
    let effects = crm.journal().into_iter().flat_map(|entry| entry.effects);
    assert_eq!(effects.filter(|effect| effect.kind == "queueitem.create").count(), 1);
}

#[tokio::test]
async fn an_email_may_stand_in_several_queues_or_be_moved() {
    let crm = Crm::new();
    let engine = crm.engine();
    let returns = RETURNS_QUEUE.to_string();
    engine.post(&add(QUEUE_ID), json!({"Target": tracked()})).await;
    engine.post(&add(&returns), json!({"Target": tracked()})).await;
    assert_eq!(engine.get("queueitems").await.rows().len(), 2);
    crm.visitor()
        .delete(&format!(
            "queueitems({})",
            engine.get("queueitems").await.rows()[0]["queueitemid"].as_str().unwrap()
        ))
        .await;
    let left = engine.get("queueitems").await.rows()[0]["_queueid_value"].as_str().unwrap().to_owned();
    let other = if left == QUEUE_ID { returns.as_str() } else { QUEUE_ID };
    let source = json!({"@odata.type": "Microsoft.Dynamics.CRM.queue", "queueid": left});
    engine.post(&add(other), json!({"Target": tracked(), "SourceQueue": source})).await;
    assert_eq!(engine.get("queueitems").await.column("_queueid_value"), [other]);
}

#[tokio::test]
async fn an_item_goes_with_its_email() {
    let crm = Crm::new();
    crm.engine().post(&add(QUEUE_ID), json!({"Target": tracked()})).await;
    crm.person(&ADA).delete(&format!("emails({TRACKED_EMAIL})")).await;
    assert!(crm.engine().get("queueitems").await.rows().is_empty());
}

#[tokio::test]
async fn adding_to_a_queue_meets_rights_and_bad_targets() {
    let crm = Crm::new();
    let refused = crm.person(&CHIARA).post(&add(QUEUE_ID), json!({"Target": tracked()})).await;
    assert_eq!(refused.code(), "0x80040220");
    assert!(refused.message().contains("prvAppendToQueue"), "{}", refused.message());
    let ben = crm.person(&BEN).post(&add(QUEUE_ID), json!({"Target": tracked()})).await;
    assert_eq!(ben.status, StatusCode::OK, "{}", ben.text);
    let engine = crm.engine();
    for (body, status) in [
        (json!({}), StatusCode::BAD_REQUEST),
        (json!({"Target": {"activityid": TRACKED_EMAIL}}), StatusCode::BAD_REQUEST),
        (
            json!({"Target": {"@odata.type": "Microsoft.Dynamics.CRM.email", "activityid": QUEUE_ID}}),
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(engine.post(&add(QUEUE_ID), body.clone()).await.status, status, "{body}");
    }
    let unknown = engine.post(&add(&TRACKED_EMAIL.to_string()), json!({"Target": tracked()})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let action = format!("queues({QUEUE_ID})/Microsoft.Dynamics.CRM.RouteTo");
    assert_eq!(engine.post(&action, json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_queue_can_be_a_party_of_an_email() {
    let crm = Crm::new();
    let mut body = email("<to-queue@x>");
    body["email_activity_parties"][1] =
        json!({"partyid_queue@odata.bind": format!("/queues({QUEUE_ID})"), "participationtypemask": 2});
    let id = crm.engine().post("emails", body).await.id();
    let row = crm.stored(&format!("emails/{id}")).await;
    assert_eq!(row["torecipients"], format!("{QUEUE_ADDRESS};"));
    let found = crm
        .engine()
        .list("emails", &format!("email_activity_parties/any(p:p/_partyid_value eq {QUEUE_ID})"))
        .await
        .column("messageid");
    assert_eq!(found, ["<to-queue@x>"]);
}
