use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, FJORDLINE};
use sandbox::dataverse::TRACKED_EMAIL;
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use serde_json::{Value, json};

const KEY: &str = "11111111-2222-4333-8444-555555555555";

fn part(id: u32, method: &str, address: &str, headers: &str, body: &Value) -> String {
    format!(
        "--cs\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: {id}\n\n\
         {method} {address} HTTP/1.1\nContent-Type: application/json; type=entry\n{headers}\n{body}\n"
    )
}

fn changeset(parts: &[String]) -> String {
    format!("--b1\nContent-Type: multipart/mixed; boundary=cs\n\n{}--cs--\n", parts.concat())
}

fn get(address: &str) -> String {
    format!(
        "--b1\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
         GET {address} HTTP/1.1\nAccept: application/json\n\n\n"
    )
}

async fn send(session: &Session<'_>, pieces: &[String]) -> Answer {
    let text = format!("{}--b1--\n", pieces.concat()).replace('\n', "\r\n");
    session.send_text(Method::POST, "$batch", "multipart/mixed; boundary=b1", text).await.unwrap()
}

fn track() -> Vec<String> {
    let mut body = email("<batch@x>");
    body["activityid"] = json!(KEY);
    vec![
        part(1, "POST", &format!("{ORIGIN}{ROOT}/emails"), "", &body),
        part(2, "PATCH", "$1", "If-Match: *\n", &json!({"statecode": 1, "statuscode": 4})),
    ]
}

#[tokio::test]
async fn a_changeset_creates_and_completes_through_a_content_id() {
    let crm = Crm::new();
    let answer = send(&crm.person(&ADA), &[changeset(&track())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.header("content-type").starts_with("multipart/mixed; boundary=batchresponse_"));
    assert!(answer.text.contains("Content-Type: multipart/mixed; boundary=changesetresponse_"));
    assert_eq!(answer.text.matches("HTTP/1.1 204 No Content\r\n").count(), 2, "{}", answer.text);
    assert!(answer.text.contains(&format!("OData-EntityId: {ORIGIN}{ROOT}/emails({KEY})\r\n")));
    assert!(answer.text.contains("Content-ID: 1\r\n") && answer.text.contains("Content-ID: 2\r\n"));
    assert_eq!(crm.stored(&format!("emails/{KEY}")).await["statuscode"], 4);
}

#[tokio::test]
async fn a_changeset_with_one_bad_part_leaves_nothing_behind() {
    let crm = Crm::new();
    let before = crm.stored("emails").await;
    let mut parts = track();
    parts.push(part(
        3,
        "PATCH",
        &format!("accounts({})", FJORDLINE.id),
        "If-Match: *\n",
        &json!({"nosuch": 1}),
    ));
    let answer = send(&crm.person(&ADA), &[changeset(&parts)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.text.matches("HTTP/1.1").count(),
        1,
        "one error stands for the changeset: {}",
        answer.text
    );
    assert!(answer.text.contains("0x80048d19") && answer.text.contains("Content-ID: 3"));
    assert_eq!(crm.stored("emails").await, before);
    assert!(crm.journal().iter().all(|entry| entry.effects.is_empty()));
}

#[tokio::test]
async fn parts_stand_in_the_journal_as_children_with_their_effects() {
    let crm = Crm::new();
    send(&crm.person(&ADA), &[changeset(&track()), get(&format!("emails({KEY})"))]).await;
    let journal = crm.journal();
    let children: Vec<_> = journal.iter().filter(|entry| entry.parent == Some(journal[0].seq)).collect();
    let lines: Vec<_> = children.iter().map(|entry| (entry.method.as_str(), entry.status)).collect();
    assert_eq!(lines, [("POST", Some(204)), ("PATCH", Some(204)), ("GET", Some(200))]);
    assert_eq!(children[0].effects[0].kind, "email.create");
    assert_eq!(children[1].effects[0].kind, "email.update");
    assert_eq!(sandbox::world::journal::Journal::depth(&journal), 1);
}

#[tokio::test]
async fn the_first_failure_stops_the_rest_unless_told_to_continue() {
    let crm = Crm::new();
    let missing = get("accounts(00000000-0000-0000-0000-000000000009)");
    let pieces = [missing, get("WhoAmI()"), changeset(&track())];
    let stopped = send(&crm.person(&ADA), &pieces).await;
    assert_eq!(stopped.status, StatusCode::NOT_FOUND);
    assert_eq!(stopped.text.matches("HTTP/1.1").count(), 1);
    assert_eq!(crm.emails_with("<batch@x>").await, 0);
    let continued = send(&crm.person(&ADA).with("Prefer", "odata.continue-on-error"), &pieces).await;
    assert_eq!(continued.status, StatusCode::OK);
    assert!(continued.text.contains("HTTP/1.1 404 Not Found") && continued.text.contains("UserId"));
    assert_eq!(crm.emails_with("<batch@x>").await, 1);
}

#[tokio::test]
async fn lone_line_feeds_and_all_three_kinds_of_addresses_are_understood() {
    let crm = Crm::new();
    let pieces = [
        get(&format!("{ORIGIN}{ROOT}/accounts?$select=name&$filter=name eq 'Heliotech Solar GmbH'")),
        get(&format!("{ROOT}/contacts/$count")),
        get("WhoAmI"),
    ];
    let text = format!("{}--b1--", pieces.concat());
    let answer = crm
        .person(&BEN)
        .send_text(Method::POST, "$batch", "multipart/mixed;boundary=\"b1\"", text)
        .await
        .unwrap();
    assert_eq!(answer.text.matches("HTTP/1.1 200 OK").count(), 3, "{}", answer.text);
    assert!(answer.text.contains("Heliotech"));
}

#[tokio::test]
async fn malformed_batches_are_refused_with_the_reason() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let cases = [
        ("application/json", "{}".to_owned(), "no boundary"),
        ("multipart/mixed; boundary=b1", "nothing".to_owned(), "does not occur"),
        ("multipart/mixed; boundary=b1", get("WhoAmI"), "closing boundary"),
        ("multipart/mixed; boundary=b1", format!("{}--b1--", get("WhoAmI").repeat(1001)), "more than 1000"),
    ];
    for (kind, text, expected) in cases {
        let answer = ada.send_text(Method::POST, "$batch", kind, text).await.unwrap();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.message().contains(expected), "{}", answer.message());
    }
    let reading = changeset(&[part(1, "GET", "WhoAmI", "", &json!({}))]);
    assert_eq!(send(&ada, &[reading]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_a_changeset_references_is_resolved_inside_bodies_too() {
    let crm = Crm::new();
    let mut mail = email("<ref@x>");
    mail.as_object_mut().unwrap().remove("regardingobjectid_account_email@odata.bind");
    mail["regardingobjectid_contact_email@odata.bind"] = json!("$1");
    let parts = [
        part(1, "POST", "contacts", "", &json!({"lastname": "Fresh"})),
        part(2, "POST", "emails", "", &mail),
    ];
    let answer = send(&crm.person(&ADA), &[changeset(&parts)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let emails = crm.stored("emails").await;
    let made =
        emails["value"].as_array().unwrap().iter().find(|row| row["messageid"] == "<ref@x>").unwrap().clone();
    assert_eq!(made["regardingobjectid"]["name"], "Fresh");
}

#[tokio::test]
async fn a_connection_cut_inside_a_changeset_undoes_it() {
    let crm = Crm::new();
    let before = crm.stored("emails").await;
    let second = Matching { method: Some("PATCH".to_owned()), place: Place::Part, ..Matching::default() };
    crm.world.faults.add(Fault::new(Kind::DropBefore).matching(second).times(1));
    let text = format!("{}--b1--\n", changeset(&track()));
    let cut = crm
        .person(&ADA)
        .send_text(Method::POST, "$batch", "multipart/mixed; boundary=b1", text.clone())
        .await;
    assert!(cut.is_err());
    assert_eq!(crm.stored("emails").await, before);
    let again =
        crm.person(&ADA).send_text(Method::POST, "$batch", "multipart/mixed; boundary=b1", text).await;
    assert_eq!(again.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_runs_for_whom_its_own_header_names() {
    let crm = Crm::new();
    let session = crm.engine().with("CallerObjectId", BEN.oid);
    assert_eq!(send(&session, &[changeset(&track())]).await.status, StatusCode::OK);
    assert_eq!(crm.stored(&format!("emails/{KEY}")).await["ownerid"]["id"], BEN.systemuser.unwrap());
    let refused = send(
        &session,
        &[changeset(&[part(1, "DELETE", &format!("emails({TRACKED_EMAIL})"), "", &json!({}))])],
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn while_a_changeset_is_under_way_reads_see_the_time_before_and_writes_wait() {
    let crm = Crm::new();
    let second = Matching { method: Some("PATCH".to_owned()), place: Place::Part, ..Matching::default() };
    crm.world.faults.add(Fault::new(Kind::HangBefore).named("gate").matching(second).times(1));
    let (ada, ben) = (crm.person(&ADA), crm.person(&BEN));
    let text = format!("{}--b1--\n", changeset(&track()));
    let tracking = ada.send_text(Method::POST, "$batch", "multipart/mixed; boundary=b1", text);
    let written = ben.post("contacts", json!({"lastname": "Later"}));
    let watching = async {
        while crm.world.faults.list()[0].hits == 0 {
            tokio::task::yield_now().await;
        }
        let count = ben.get("contacts/$count").await.text;
        let seen = crm.emails_with("<batch@x>").await;
        crm.world.faults.release("gate");
        (count, seen)
    };
    let (tracked, written, (count, seen)) = tokio::join!(tracking, written, watching);
    assert_eq!((count.as_str(), seen), ("5", 0), "Ben reads five contacts");
    assert_eq!((tracked.unwrap().status, written.status), (StatusCode::OK, StatusCode::NO_CONTENT));
    assert_eq!(crm.emails_with("<batch@x>").await, 1);
    assert_eq!(ben.get("contacts/$count").await.text, "6");
}

#[tokio::test]
async fn two_creates_of_one_key_at_the_same_moment_make_one_row() {
    let crm = Crm::new();
    let (ada, ben) = (crm.person(&ADA), crm.person(&BEN));
    let pieces = [changeset(&track())];
    let (first, second) = tokio::join!(send(&ada, &pieces), send(&ben, &pieces));
    let mut outcomes = [first.status.as_u16(), second.status.as_u16()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 412]);
    assert_eq!(crm.emails_with("<batch@x>").await, 1);
}
