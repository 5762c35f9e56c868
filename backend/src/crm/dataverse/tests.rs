//! The connector against answers in the shapes that Dataverse gives.

use super::DataverseCrm;
use crate::body::{Body, Content};
use crate::caller::Access;
use crate::crm::{Crm, CrmAnswer, Promoted, Question};
use crate::line::script::{ORIGIN, Script, ada, answer, engine, json, origin};
use crate::net::{Response, TransportError};
use crate::outcome::{Failure, Outcome};
use serde_json::{Value, json};
use shared::UtcMs;
use shared::email::{CrmEmailId, Direction, Importance, InternetMessageId};
use shared::item::SmtpAddress;
use shared::party::{Party, Role};
use shared::plan::NewEmail;
use shared::problem::{Code, Problem};
use shared::regarding::{Activities, RecordKey, RecordRef, Table};
use shared::rules::regarding::TargetSeen;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

mod engine;

type Answer = Result<Response, TransportError>;

const EMAIL: Uuid = Uuid::from_u128(0xe0);
const ACCOUNT: Uuid = Uuid::from_u128(0xac);
const CONTACT: Uuid = Uuid::from_u128(0xc0);

fn crm(script: &Arc<Script>) -> DataverseCrm {
    DataverseCrm::new(script.door(), script.clone(), origin(), script.clone())
}

fn record(table: Table, id: Uuid, name: &str) -> RecordRef {
    RecordRef { key: RecordKey { table, id }, name: name.to_owned() }
}

/// A multipart answer with these parts: status, further head lines, body.
fn batch(status: u16, parts: &[(u16, &str, Value)]) -> Answer {
    let mut text = String::new();
    for (status, head, body) in parts {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let _ = write!(
            text,
            "--batchresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             HTTP/1.1 {status} X\r\nContent-Type: application/json; odata.metadata=minimal\r\n{head}\r\n{body}\r\n"
        );
    }
    text.push_str("--batchresponse_1--\r\n");
    answer(status, &[("content-type", "multipart/mixed; boundary=batchresponse_1")], &text)
}

fn ok(body: Value) -> (u16, &'static str, Value) {
    (200, "", body)
}

fn error(status: u16, code: &str, message: &str) -> (u16, &'static str, Value) {
    (status, "", refusal(code, message))
}

fn refusal(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

fn who() -> (u16, &'static str, Value) {
    ok(
        json!({"OrganizationId": Uuid::from_u128(0xb0), "UserId": Uuid::from_u128(0xd1), "BusinessUnitId": Uuid::nil()}),
    )
}

fn email_row() -> Value {
    json!({"activityid": EMAIL, "directioncode": false,
        "_ownerid_value@OData.Community.Display.V1.FormattedValue": "Ada Brandt",
        "_regardingobjectid_value": ACCOUNT,
        "_regardingobjectid_value@OData.Community.Display.V1.FormattedValue": "Fjordline",
        "_regardingobjectid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "account"})
}

fn rows(rows: Vec<Value>) -> (u16, &'static str, Value) {
    ok(json!({"value": rows}))
}

fn mail() -> NewEmail {
    NewEmail {
        id: CrmEmailId(EMAIL),
        key: "promote".to_owned(),
        internet_message_id: InternetMessageId("<m1@x.example>".to_owned()),
        subject: "Offer".to_owned(),
        direction: Direction::Incoming,
        parties: vec![Party {
            role: Role::From,
            address: SmtpAddress::new("bo@x.example"),
            name: "Bo".to_owned(),
            record: Some(record(Table::contact(), CONTACT, "Bo")),
        }],
        regarding: Some(record(Table::account(), ACCOUNT, "Fjordline")),
        received: UtcMs(1_795_161_600_000),
        importance: Importance::High,
        correlated: None,
        in_reply_to: None,
        conversation_index: None,
        queue: None,
    }
}

fn content() -> Content {
    Content { body: Body("<p>Dear Ada</p>".into()), attachments: Vec::new() }
}

async fn promote(script: &Arc<Script>, access: &Access) -> Outcome<Promoted> {
    crm(script).promote_email(access, &mail(), &content()).await
}

async fn promote_met_by(answer: Answer) -> Outcome<Promoted> {
    promote(&Script::new([answer]), &ada()).await
}

async fn look(script: &Arc<Script>, question: &Question) -> Outcome<CrmAnswer> {
    crm(script).look(&ada(), question).await
}

fn refused(code: Code) -> Failure {
    Failure::Refused(Problem::new(code))
}

/// The failure without its facts.
fn bare<T: std::fmt::Debug>(outcome: Outcome<T>) -> Failure {
    let strip = |p: Problem| Problem::new(p.code).retry_after_ms(p.retry_after_ms);
    match outcome.unwrap_err() {
        Failure::Refused(p) => Failure::Refused(strip(p)),
        Failure::NotDone(p) => Failure::NotDone(strip(p)),
        Failure::Unknown(p) => Failure::Unknown(strip(p)),
        Failure::Conflict => Failure::Conflict,
    }
}

#[tokio::test]
async fn one_look_is_one_batch_however_much_is_asked() {
    let question = Question {
        message_id: Some(InternetMessageId("<o'hara@x.example>".into())),
        linked: Some(CrmEmailId(EMAIL)),
        addresses: vec![SmtpAddress::new("bo@x.example")],
        target: Some(record(Table::account(), ACCOUNT, "old name")),
    };
    let script = Script::new([batch(
        200,
        &[
            who(),
            rows(vec![email_row()]),
            ok(email_row()),
            ok(json!({"AccessRights": "ReadAccess, WriteAccess"})),
            rows(vec![]),
            rows(vec![
                json!({"contactid": CONTACT, "fullname": "Bo", "emailaddress1": "bo@x.example", "statecode": 0}),
            ]),
            error(403, "0x80040220", "is missing prvReadAccount"),
            error(404, "0x8006088a", "Resource not found for the segment 'leads'."),
            error(400, "0x80060888", "Could not find a property"),
            error(404, "0x8006088a", "no equipment"),
            rows(vec![]),
            rows(vec![]),
            ok(json!({"accountid": ACCOUNT, "name": "Fjordline Marine AS"})),
        ],
    )]);
    let seen = look(&script, &question).await.unwrap();
    assert_eq!(script.asked().len(), 1);
    assert_eq!((seen.organization, seen.user), (Uuid::from_u128(0xb0), Uuid::from_u128(0xd1)));
    assert_eq!(seen.emails.len(), 1, "the email by its message id and the linked one are the same");
    assert_eq!(seen.emails[0].owner, "Ada Brandt");
    assert_eq!(seen.emails[0].regarding, Some(record(Table::account(), ACCOUNT, "Fjordline")));
    assert_eq!(seen.candidates.len(), 1);
    let TargetSeen::Present { record, activities: Activities::Allowed } = seen.target.unwrap() else {
        panic!()
    };
    assert_eq!(record.name, "Fjordline Marine AS");
    assert_eq!(seen.delete_refused.map(|p| p.code), Some(Code::PrivilegeMissing));
    let body = script.body(0);
    assert!(body.contains("messageid%20eq%20%27%3Co%27%27hara%40x.example%3E%27"), "{body}");
    assert!(
        body.contains("systemusers(azureactivedirectoryobjectid=00000000-0000-0000-0000-000000000002)"),
        "{body}"
    );
    let headers = &script.asked()[0].headers;
    assert!(headers["prefer"].to_str().unwrap().starts_with("odata.continue-on-error"));
    assert!(!headers.contains_key("callerobjectid"));
}

#[tokio::test]
async fn the_engine_names_the_user_it_acts_for_on_the_batch_and_on_every_part() {
    let script = Script::new([batch(200, &[who()])]);
    crm(&script).look(&engine(), &Question::default()).await.unwrap();
    assert_eq!(script.asked()[0].headers["callerobjectid"], "00000000-0000-0000-0000-000000000002");
    assert!(script.body(0).contains("\r\nCallerObjectId: 00000000-0000-0000-0000-000000000002\r\n"));
}

#[tokio::test]
async fn a_table_is_asked_about_once_and_then_known() {
    let site = record(Table::new("nl_site").unwrap(), ACCOUNT, "Quay");
    let question = Question { target: Some(site), ..Question::default() };
    let definition = |has: bool| {
        rows(vec![
            json!({"LogicalName": "nl_site", "EntitySetName": "nl_sites", "PrimaryIdAttribute": "nl_siteid",
            "PrimaryNameAttribute": "nl_name", "HasActivities": has}),
        ])
    };
    let found = || ok(json!({"nl_siteid": ACCOUNT, "nl_name": "Quay 9"}));
    let script = Script::new([
        batch(200, &[who(), definition(true)]),
        batch(200, &[found()]),
        batch(200, &[who(), found()]),
    ]);
    let crm = crm(&script);
    for asked in [2, 3] {
        let seen = crm.look(&ada(), &question).await.unwrap();
        assert!(matches!(seen.target, Some(TargetSeen::Present { activities: Activities::Allowed, .. })));
        assert_eq!(script.asked().len(), asked);
    }
    let script = Script::new([batch(200, &[who(), definition(false)]), batch(200, &[found()])]);
    let seen = look(&script, &question).await.unwrap();
    assert!(matches!(seen.target, Some(TargetSeen::Present { activities: Activities::NotAllowed, .. })));
    let script = Script::new([batch(200, &[who(), rows(vec![])])]);
    assert_eq!(look(&script, &question).await.unwrap().target, Some(TargetSeen::Gone), "no such table");
}

#[tokio::test]
async fn a_target_that_is_gone_or_hidden_is_gone() {
    let question = Question { target: Some(record(Table::account(), ACCOUNT, "x")), ..Question::default() };
    for part in [error(404, "0x80040217", "gone"), error(403, "0x80048306", "no ReadAccess")] {
        let script = Script::new([batch(200, &[who(), part])]);
        assert_eq!(look(&script, &question).await.unwrap().target, Some(TargetSeen::Gone));
    }
}

#[tokio::test]
async fn whoever_is_no_member_of_the_organization_is_not_licensed() {
    let body = refusal("0x80072560", "The user is not a member of the organization.");
    let script = Script::new([json(403, body)]);
    let failure = look(&script, &Question::default()).await.unwrap_err();
    let expected = Problem::new(Code::NotLicensed).because("organization", "other-side.example");
    assert_eq!(failure, Failure::Refused(expected));
    let script = Script::new([batch(200, &[error(403, "0x80072560", "no")])]);
    assert_eq!(bare(look(&script, &Question::default()).await), refused(Code::NotLicensed));
}

#[tokio::test]
async fn an_answer_that_is_cut_short_leaves_the_look_undone() {
    let question = Question { message_id: Some(InternetMessageId("<m>".into())), ..Question::default() };
    let down = || Failure::NotDone(Problem::new(Code::CrmDown));
    for answer in [
        batch(200, &[who()]),
        batch(200, &[who(), error(500, "0x80040216", "boom")]),
        batch(200, &[ok(json!({})), rows(vec![])]),
        answer(200, &[("content-type", "text/html")], "<html>"),
        answer(200, &[], ""),
        answer(502, &[], "bad gateway"),
        Err(TransportError::NoAnswer("reset".into())),
    ] {
        let shown = format!("{answer:?}");
        assert_eq!(bare(look(&Script::new([answer]), &question).await), down(), "{shown}");
    }
}

#[tokio::test]
async fn a_throttled_user_is_left_alone_until_the_time_comes() {
    let throttled = (429, "Retry-After: 2.5\r\n", refusal("0x80072322", "Number of requests exceeded"));
    let script = Script::new([batch(200, &[throttled])]);
    let crm = crm(&script);
    let waiting = |ms| Failure::NotDone(Problem::new(Code::CrmThrottled).retry_after_ms(Some(ms)));
    let question = Question::default();
    assert_eq!(crm.look(&ada(), &question).await.unwrap_err(), waiting(2_500));
    script.advance(500);
    assert_eq!(bare(promote_with(&crm).await), waiting(2_000));
    assert_eq!(script.asked().len(), 1);
    script.advance(2_000);
    script.then(batch(200, &[who()]));
    assert!(crm.look(&ada(), &question).await.is_ok());
}

async fn promote_with(crm: &DataverseCrm) -> Outcome<Promoted> {
    crm.promote_email(&ada(), &mail(), &content()).await
}

#[tokio::test]
async fn a_token_that_a_part_refuses_is_tried_once_more_fresh() {
    let no = || (401, "WWW-Authenticate: Bearer\r\n", Value::Null);
    let script = Script::new([batch(200, &[no()]), batch(200, &[who()])]);
    assert!(look(&script, &Question::default()).await.is_ok());
    assert_eq!(script.tokens(), ["Bearer Dataverse-0", "Bearer Dataverse-1"]);
    let script = Script::new([batch(200, &[no()]), batch(200, &[no()])]);
    assert_eq!(bare(look(&script, &Question::default()).await), refused(Code::SignedOut));
    let script = Script::new([batch(200, &[no()]), batch(200, &[no()])]);
    assert_eq!(
        bare(crm(&script).look(&engine(), &Question::default()).await),
        refused(Code::ConsentRequired)
    );
}

#[tokio::test]
async fn a_promotion_is_one_changeset_of_the_row_and_its_closing() {
    let script = Script::new([changeset_done()]);
    assert_eq!(promote(&script, &ada()).await, Ok(Promoted::Created));
    let body = script.body(0);
    let row = body.lines().find(|line| line.starts_with('{')).unwrap();
    let row: Value = serde_json::from_str(row).unwrap();
    assert_eq!(row["activityid"], json!(EMAIL));
    assert_eq!(row["directioncode"], false);
    assert_eq!((&row["prioritycode"], &row["actualend"]), (&json!(2), &json!("2026-11-20T08:00:00Z")));
    assert_eq!(row["regardingobjectid_account_email@odata.bind"], format!("/accounts({ACCOUNT})"));
    assert_eq!(row["email_activity_parties"].as_array().map(Vec::len), Some(1));
    assert!(body.contains(&format!("PATCH /api/data/v9.2/emails({EMAIL}) HTTP/1.1\r\n")), "{body}");
    assert!(body.contains("If-Match: *\r\n"));
    assert!(body.contains(r#"{"statecode":1,"statuscode":4}"#));
}

/// The answer to a changeset that was done: two empty parts, nested.
fn changeset_done() -> Answer {
    let part = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n";
    let text = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
         --c\r\n{part}Content-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\nOData-EntityId: x\r\n\r\n\r\n\
         --c\r\n{part}Content-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--c--\r\n--b--\r\n"
    );
    answer(200, &[("content-type", "multipart/mixed; boundary=b")], &text)
}

#[tokio::test]
async fn a_key_that_is_taken_means_that_the_record_is_there() {
    for (status, code) in [(412, "0x80040237"), (409, ""), (412, ""), (412, "0x80060892")] {
        let part = error(status, code, "A record with matching key values already exists.");
        assert_eq!(
            promote_met_by(batch(status, &[part])).await,
            Ok(Promoted::AlreadyThere),
            "{status} {code}"
        );
        let plain = json(status, refusal(code, ""));
        assert_eq!(promote_met_by(plain).await, Ok(Promoted::AlreadyThere), "{status} {code}, not in parts");
    }
}

#[tokio::test]
async fn a_promotion_in_doubt_is_unknown_and_a_refused_one_is_refused() {
    let unknown = Failure::Unknown(Problem::new(Code::CrmDown));
    for answer in [
        Err(TransportError::NoAnswer("reset".into())),
        answer(502, &[], ""),
        batch(500, &[error(500, "0x80040216", "An unexpected error occurred.")]),
        answer(200, &[("content-type", "multipart/mixed; boundary=b")], "--b--"),
        answer(204, &[], ""),
        batch(200, &[(204, "", Value::Null)]),
    ] {
        let shown = format!("{answer:?}");
        assert_eq!(bare(promote_met_by(answer).await), unknown, "{shown}");
    }
    let down = Failure::NotDone(Problem::new(Code::CrmDown));
    assert_eq!(bare(promote_met_by(answer(503, &[], "<html>")).await), down);
    assert_eq!(bare(promote_met_by(Err(TransportError::NotSent("refused".into()))).await), down);
    let privilege =
        error(403, "0x80040220", "is missing prvCreateActivity privilege for entity 'activitypointer'");
    let failure = promote_met_by(batch(403, &[privilege])).await.unwrap_err();
    assert_eq!(failure.problem().code, Code::PrivilegeMissing);
    assert_eq!(failure.problem().facts[0].value, "prvCreateActivity");
    let plug_in = error(500, "0x80040265", "Credit limit exceeded");
    let failure = promote_met_by(batch(500, &[plug_in])).await.unwrap_err();
    assert_eq!(failure.problem().facts[0].value, "Credit limit exceeded");
}

#[tokio::test]
async fn a_record_that_went_away_meanwhile_is_the_target_or_somebody_on_the_mail() {
    let missing = |table: &str, id: Uuid| {
        batch(404, &[error(404, "0x80040217", &format!("{table} With Id = {id} Does Not Exist"))])
    };
    let gone = Problem::new(Code::RegardingGone).because("record", "Fjordline");
    assert_eq!(promote_met_by(missing("account", ACCOUNT)).await, Err(Failure::Refused(gone)));
    assert_eq!(promote_met_by(missing("contact", CONTACT)).await, Err(Failure::Conflict));
}

#[tokio::test]
async fn setting_and_clearing_regarding_changes_only_an_email_that_is_there() {
    let account = record(Table::account(), ACCOUNT, "Fjordline");
    let script = Script::new([answer(204, &[], ""), answer(204, &[], "")]);
    let crm = crm(&script);
    crm.set_regarding(&ada(), CrmEmailId(EMAIL), Some(&account)).await.unwrap();
    crm.set_regarding(&ada(), CrmEmailId(EMAIL), None).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked[0].url.as_str(), format!("{ORIGIN}/api/data/v9.2/emails({EMAIL})"));
    assert_eq!((asked[0].method.as_str(), &asked[0].headers["if-match"]), ("PATCH", &"*".parse().unwrap()));
    let bind = format!(r#"{{"regardingobjectid_account_email@odata.bind":"/accounts({ACCOUNT})"}}"#);
    assert_eq!(script.body(0), bind);
    assert_eq!(script.body(1), r#"{"regardingobjectid_account_email@odata.bind":null}"#);
}

#[tokio::test]
async fn a_regarding_that_cannot_be_set_says_which_side_is_gone() {
    let account = record(Table::account(), ACCOUNT, "Fjordline");
    let set = |answer: Answer| {
        let (account, script) = (account.clone(), Script::new([answer]));
        async move { bare(crm(&script).set_regarding(&ada(), CrmEmailId(EMAIL), Some(&account)).await) }
    };
    let missing = |what: &str, id: Uuid| {
        json(404, refusal("0x80040217", &format!("{what} With Id = {id} Does Not Exist")))
    };
    assert_eq!(set(missing("email", EMAIL)).await, refused(Code::RecordGone));
    assert_eq!(set(missing("account", ACCOUNT)).await, refused(Code::RegardingGone));
    assert_eq!(set(json(403, refusal("0x80048306", ""))).await, refused(Code::PrivilegeMissing));
    assert_eq!(set(answer(504, &[], "")).await, Failure::Unknown(Problem::new(Code::CrmDown)));
}

#[tokio::test]
async fn a_search_puts_names_that_begin_with_the_term_first() {
    let account = |id: u128, name: &str| json!({"accountid": Uuid::from_u128(id), "name": name});
    let closed = || error(404, "0x8006088a", "no such table");
    let mut parts = vec![
        rows(vec![account(2, "Solar Zeta"), account(3, "solar alpha")]),
        rows(vec![account(1, "Another solar"), account(2, "Solar Zeta")]),
    ];
    parts.extend((0..8).map(|_| closed()));
    let script = Script::new([batch(200, &parts)]);
    let (found, more) = crm(&script).search(&ada(), " Solar ").await.unwrap();
    let names: Vec<&str> = found.iter().map(|f| f.record.name.as_str()).collect();
    assert_eq!((names, more), (vec!["solar alpha", "Solar Zeta", "Another solar"], false));
    assert_eq!(script.asked().len(), 1);
    let many: Vec<Value> = (0..26).map(|n| account(n, &format!("Solar {n:02}"))).collect();
    let mut parts = vec![rows(many), rows(vec![])];
    parts.extend((0..8).map(|_| closed()));
    let (found, more) = crm(&Script::new([batch(200, &parts)])).search(&ada(), "solar").await.unwrap();
    assert_eq!((found.len(), more), (25, true));
}

#[test]
fn addresses_of_forms_name_table_and_record() {
    let crm = crm(&Script::new([]));
    let url = crm.url_of(&RecordKey { table: Table::incident(), id: ACCOUNT });
    assert_eq!(url, format!("{ORIGIN}/main.aspx?etn=incident&id={ACCOUNT}&pagetype=entityrecord"));
    assert!(crm.url_of_email(CrmEmailId(EMAIL)).contains("etn=email"));
}
