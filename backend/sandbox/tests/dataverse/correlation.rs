use crate::client::*;
use http::StatusCode;
use sandbox::company::{ADA, QUEUE_ID};
use sandbox::dataverse::TRACKED_EMAIL;
use serde_json::{Value, json};

/// An email and what correlates it with mail that is there.
fn reply() -> Value {
    let mut body = email("<reply@x>");
    let hints = json!({
        "conversationtrackingid": "0f0c0000-0000-4000-8000-000000000001",
        "baseconversationindexhash": -12_345,
        "trackingtoken": "CRM:0001007",
        "internetmessageheaders": "{\"In-Reply-To\":\"<quote-184@fjordline.example>\"}",
        "acceptingentityid_queue@odata.bind": format!("/queues({QUEUE_ID})"),
        "CorrelatedActivityId_Email@odata.bind": format!("/emails({TRACKED_EMAIL})"),
        "parentactivityid@odata.bind": format!("/emails({TRACKED_EMAIL})"),
        "inreplyto": "<quote-184@fjordline.example>",
        "conversationindex": "AQHZ",
        "correlationmethod": 3,
    });
    body.as_object_mut().unwrap().extend(hints.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn clients_write_what_correlates_an_email_except_what_is_the_platforms() {
    let crm = Crm::new();
    let mailbox = crm.engine().list("mailboxes", &format!("_regardingobjectid_value eq {QUEUE_ID}")).await;
    let mailbox = mailbox.rows()[0]["mailboxid"].clone();
    let mut body = reply();
    body["ReceivingMailboxId_Email@odata.bind"] = json!(format!("/mailboxes({})", mailbox.as_str().unwrap()));
    let made = crm.engine().post("emails", body).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let columns = "trackingtoken,conversationtrackingid,baseconversationindexhash,inreplyto,conversationindex,\
                   correlationmethod,_correlatedactivityid_value,_parentactivityid_value,\
                   _receivingmailboxid_value,_acceptingentityid_value";
    let row = crm.engine().get(&format!("emails({})?$select={columns}", made.id())).await.json();
    assert_eq!(row["trackingtoken"], "CRM:0001007");
    assert_eq!(row["baseconversationindexhash"], -12_345);
    assert_eq!(row["conversationtrackingid"], "0f0c0000-0000-4000-8000-000000000001");
    assert_eq!(row["_correlatedactivityid_value"], TRACKED_EMAIL.to_string());
    assert_eq!(row["_parentactivityid_value"], TRACKED_EMAIL.to_string());
    assert_eq!(
        (&row["_receivingmailboxid_value"], &row["_acceptingentityid_value"]),
        (&mailbox, &json!(QUEUE_ID))
    );
    assert_eq!((&row["inreplyto"], &row["conversationindex"]), (&Value::Null, &Value::Null));
    assert_eq!(row["correlationmethod"], 0);
}

#[tokio::test]
async fn the_platform_itself_sets_what_clients_may_only_read() {
    let crm = Crm::new();
    let id = crm.world.crm().create("emails", reply()).await.unwrap();
    let row = crm.engine().get(&format!("emails({id})")).await.json();
    assert_eq!(row["inreplyto"], "<quote-184@fjordline.example>");
    assert_eq!((&row["conversationindex"], &row["correlationmethod"]), (&json!("AQHZ"), &json!(3)));
    let found = crm.engine().list("emails", "inreplyto eq '<QUOTE-184@fjordline.example>'").await;
    assert_eq!(found.column("activityid"), [id.to_string()]);
}

#[tokio::test]
async fn the_parent_is_set_once_and_the_correlated_email_may_go() {
    let crm = Crm::new();
    let first = crm.person(&ADA).post("emails", email("<first@x>")).await.id();
    let mut body = email("<second@x>");
    body["CorrelatedActivityId_Email@odata.bind"] = json!(format!("/emails({first})"));
    body["parentactivityid@odata.bind"] = json!(format!("/emails({first})"));
    let second = crm.person(&ADA).post("emails", body).await.id();
    let path = format!("emails({second})");
    let change = json!({"parentactivityid@odata.bind": format!("/emails({TRACKED_EMAIL})")});
    assert_eq!(crm.person(&ADA).patch(&path, change).await.status, StatusCode::NO_CONTENT);
    let row = crm.engine().get(&path).await.json();
    assert_eq!(row["_parentactivityid_value"], first, "it is not valid for update and ignored");
    assert_eq!(crm.person(&ADA).delete(&format!("emails({first})")).await.status, StatusCode::NO_CONTENT);
    let row = crm.engine().get(&path).await.json();
    assert_eq!(row["_correlatedactivityid_value"], Value::Null);
}

#[tokio::test]
async fn fifty_message_ids_are_looked_up_at_once() {
    let crm = Crm::new();
    for at in 0..3 {
        let mut body = email(&format!("<m{at}@o'hara>"));
        body["trackingtoken"] = json!(format!("CRM:000{at}"));
        crm.engine().post("emails", body).await;
    }
    let ids: Vec<String> = (1..51).map(|at| format!("messageid eq '<M{at}@o''hara>'")).collect();
    let mut found =
        crm.engine().list("emails?$select=messageid", &ids.join(" or ")).await.column("messageid");
    found.sort();
    assert_eq!(found, ["<m1@o'hara>", "<m2@o'hara>"]);
    let filter = "(trackingtoken eq 'CRM:0000' or trackingtoken eq 'CRM:0002') and directioncode eq false";
    assert_eq!(crm.engine().list("emails", filter).await.rows().len(), 2);
}

#[tokio::test]
async fn with_two_activities_a_sent_copy_does_not_keep_the_received_one_from_being_promoted() {
    let crm = Crm::new();
    let mut sent = email("<between-users@x>");
    sent["directioncode"] = json!(true);
    crm.engine().post("emails", sent).await;
    let ask = async |direction: u8| {
        let path = format!(
            "CheckPromoteEmail(MessageId=@m,Subject=@s,DirectionCode=@d)?@m='%3Cbetween-users@x%3E'&@s='x'&@d={direction}"
        );
        let body = crm.engine().get(&path).await.json();
        (body["ShouldPromote"].as_bool().unwrap(), body["ReasonCode"].as_i64().unwrap())
    };
    assert_eq!((ask(1).await, ask(0).await), ((false, 0), (true, 6)));
    crm.world.crm().set_organization(json!({"ignoreinternalemail": true})).await.unwrap();
    assert_eq!((ask(1).await, ask(0).await), ((false, 0), (false, 0)));
}
