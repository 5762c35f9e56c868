//! The connector against answers in the shapes that Graph gives.

mod files;
mod reading;

use super::GraphExchange;
use crate::exchange::{Exchange, MailboxSeen, Want};
use crate::line::script::{ORIGIN, Script, ada, answer, json, origin};
use crate::net::{Door, Limits, Request, Response, Transport, TransportError};
use crate::outcome::{Failure, Outcome};
use serde_json::{Value, json};
use shared::category::{MasterList, TRACKED};
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn exchange(script: &Arc<Script>) -> GraphExchange {
    let base = origin().join("v1.0").unwrap();
    GraphExchange::new(script.door(), script.clone(), base, script.clone())
}

fn mailbox() -> SmtpAddress {
    SmtpAddress::new("ada@contoso.example")
}

fn item() -> ItemId {
    ItemId("AAkALgB+/=".to_owned())
}

fn user() -> Value {
    json!({"id": "00000000-0000-0000-0000-00000000000a", "mail": "Ada@contoso.example", "userPrincipalName": "ada@contoso.example"})
}

fn message() -> Value {
    json!({"@odata.etag": "W/\"CQ1\"", "id": "AAkALgC=", "internetMessageId": "<m1@x.example>",
        "subject": "Offer", "categories": ["Family"], "toRecipients": [], "isDraft": false, "importance": "high",
        "receivedDateTime": "2026-11-20T08:00:00Z",
        "from": {"emailAddress": {"name": "Bo", "address": "bo@x.example"}}})
}

fn refusal(code: &str) -> Value {
    json!({"error": {"code": code, "message": "whatever"}})
}

fn part(id: &str, status: u16, body: Value) -> Value {
    json!({"id": id, "status": status, "headers": {"Content-Type": "application/json"}, "body": body})
}

/// The four parts of a look that goes well, out of order as Graph likes it.
fn good_parts() -> Vec<Value> {
    vec![
        part("message", 200, message()),
        part("caller", 200, user()),
        part("categories", 200, json!({"value": [{"id": "c1", "displayName": "Family"}]})),
        part("mailbox", 200, user()),
    ]
}

fn with(mut parts: Vec<Value>, changed: Value) -> Vec<Value> {
    parts.retain(|part| part["id"] != changed["id"]);
    parts.push(changed);
    parts
}

fn batch(parts: Vec<Value>) -> Result<Response, TransportError> {
    json(200, json!({"responses": parts}))
}

async fn look(script: &Arc<Script>) -> Outcome<MailboxSeen> {
    exchange(script).look(&ada(), &mailbox(), &item(), Want::Headers).await
}

async fn look_at(parts: Vec<Value>) -> Outcome<MailboxSeen> {
    look(&Script::new([batch(parts)])).await
}

async fn set(script: &Arc<Script>) -> Outcome<crate::exchange::Recategorized> {
    let categories = ["Family".to_owned(), TRACKED.to_owned()];
    exchange(script).set_categories(&ada(), &mailbox(), &item(), &categories, "W/\"CQ1\"").await
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
async fn one_look_is_one_request_and_the_parts_may_come_in_any_order() {
    let script = Script::new([batch(good_parts())]);
    let seen = look(&script).await.unwrap();
    assert_eq!(seen.message.unwrap().message.id, ItemId("AAkALgC=".into()));
    assert_eq!(seen.addresses, [mailbox()]);
    assert_eq!(script.asked().len(), 1);
    let request = &script.asked()[0];
    assert_eq!(request.url.as_str(), format!("{ORIGIN}/v1.0/$batch"));
    let asked: Value = serde_json::from_str(&script.body(0)).unwrap();
    let part = asked["requests"].as_array().unwrap().iter().find(|p| p["id"] == "message").unwrap();
    let url = part["url"].as_str().unwrap();
    assert!(url.starts_with("/users/ada%40contoso.example/messages/AAkALgB%2B%2F%3D?$select=id,"), "{url}");
    assert!(!url.contains("body"), "{url}");
    assert!(part["headers"]["Prefer"].as_str().unwrap().contains("IdType=\"ImmutableId\""));
}

#[tokio::test]
async fn a_message_that_is_not_there_is_seen_as_absent() {
    for (status, code) in [(404, "ErrorItemNotFound"), (400, "ErrorInvalidIdMalformed")] {
        let seen = look_at(with(good_parts(), part("message", status, refusal(code)))).await.unwrap();
        assert_eq!(seen.message, None, "{code}");
    }
    let seen = look_at(with(good_parts(), part("message", 404, refusal("SomethingNew")))).await;
    assert_eq!(bare(seen), refused(Code::ExchangeRefused), "absence needs a code that says so");
}

#[tokio::test]
async fn a_mailbox_that_is_closed_or_gone_is_told_apart() {
    for (status, code, problem) in [
        (403, "ErrorAccessDenied", Code::MailboxDenied),
        (404, "MailboxNotEnabledForRESTAPI", Code::MailboxGone),
        (404, "ErrorInvalidUser", Code::MailboxGone),
    ] {
        let seen = look_at(with(good_parts(), part("message", status, refusal(code)))).await.unwrap_err();
        let expected = Problem::new(problem).because("mailbox", "ada@contoso.example");
        assert_eq!(seen, Failure::Refused(expected), "{code}");
    }
    let nobody = part("mailbox", 404, refusal("Request_ResourceNotFound"));
    let stranger =
        part("caller", 200, json!({"id": "00000000-0000-0000-0000-00000000000b", "mail": "b@x.example"}));
    let seen = look_at(with(with(good_parts(), nobody.clone()), stranger)).await;
    assert_eq!(bare(seen), refused(Code::MailboxGone));
    let own = look_at(with(good_parts(), nobody)).await.unwrap();
    assert_eq!(own.addresses, [mailbox()], "the own mailbox is known by the caller's addresses too");
}

#[tokio::test]
async fn a_master_list_that_a_delegate_may_not_read_is_hidden_and_none_is_invented() {
    let denied = part("categories", 403, refusal("ErrorAccessDenied"));
    let seen = look_at(with(good_parts(), denied)).await.unwrap();
    assert_eq!(seen.master_categories, MasterList::Hidden);
}

#[tokio::test]
async fn a_part_that_is_missing_or_in_trouble_leaves_the_look_undone() {
    for id in ["message", "mailbox", "caller", "categories"] {
        let mut parts = good_parts();
        parts.retain(|part| part["id"] != id);
        assert_eq!(bare(look_at(parts).await), Failure::NotDone(Problem::new(Code::ExchangeDown)), "{id}");
    }
    let seen = look_at(with(good_parts(), part("message", 500, refusal("UnknownError")))).await;
    assert_eq!(bare(seen), Failure::NotDone(Problem::new(Code::ExchangeDown)));
    for nonsense in ["", "[]", "{\"responses\":7}", "<html>"] {
        let script = Script::new([answer(200, &[], nonsense)]);
        assert_eq!(
            bare(look(&script).await),
            Failure::NotDone(Problem::new(Code::ExchangeDown)),
            "{nonsense}"
        );
    }
}

#[tokio::test]
async fn a_throttled_part_pauses_the_mailbox_and_nothing_is_sent_until_then() {
    let mut throttled = part("message", 429, refusal("TooManyRequests"));
    throttled["headers"]["Retry-After"] = json!("2.128");
    let script = Script::new([batch(with(good_parts(), throttled))]);
    let exchange = exchange(&script);
    let look = || async { bare(exchange.look(&ada(), &mailbox(), &item(), Want::Headers).await) };
    let waiting = |ms| Failure::NotDone(Problem::new(Code::ExchangeThrottled).retry_after_ms(Some(ms)));
    assert_eq!(look().await, waiting(2_128));
    script.advance(1_000);
    assert_eq!(look().await, waiting(1_128));
    assert_eq!(script.asked().len(), 1);
    let other = SmtpAddress::new("ben@contoso.example");
    script.then(batch(good_parts()));
    assert!(exchange.look(&ada(), &other, &item(), Want::Headers).await.is_ok(), "other mailboxes go on");
    script.advance(1_128);
    script.then(batch(good_parts()));
    assert!(exchange.look(&ada(), &mailbox(), &item(), Want::Headers).await.is_ok());
}

#[tokio::test]
async fn a_refused_token_is_tried_once_more_fresh() {
    let script = Script::new([json(401, refusal("InvalidAuthenticationToken")), batch(good_parts())]);
    assert!(look(&script).await.is_ok());
    assert_eq!(script.tokens(), ["Bearer Graph-0", "Bearer Graph-1"]);

    let part = with(good_parts(), part("message", 401, refusal("InvalidAuthenticationToken")));
    let script = Script::new([batch(part), batch(good_parts())]);
    assert!(look(&script).await.is_ok());
    assert_eq!(script.tokens(), ["Bearer Graph-0", "Bearer Graph-1"]);

    let refusal = || json(401, refusal("InvalidAuthenticationToken"));
    let script = Script::new([refusal(), refusal()]);
    assert_eq!(bare(look(&script).await), refused(Code::SignedOut));
}

#[tokio::test]
async fn a_claims_challenge_goes_to_the_user_and_is_not_tried_again() {
    use base64::Engine as _;
    let claims = r#"{"access_token":{"nbf":{"essential":true}}}"#;
    let encoded = base64::engine::general_purpose::STANDARD.encode(claims);
    let challenge = format!(r#"Bearer error="insufficient_claims", claims="{encoded}""#);
    let script = Script::new([answer(401, &[("www-authenticate", &challenge)], "")]);
    let expected = Problem::new(Code::InteractionRequired).because("claims", claims);
    assert_eq!(look(&script).await.unwrap_err(), Failure::Refused(expected));
}

#[tokio::test]
async fn a_next_link_to_another_host_gets_no_token() {
    for evil in ["https://evil.example/v1.0/x", "//evil.example/", "https://other-side.example/beta/x"] {
        let page = json!({"value": [], "@odata.nextLink": evil});
        let script = Script::new([batch(with(good_parts(), part("categories", 200, page)))]);
        assert_eq!(bare(look(&script).await), refused(Code::ExchangeRefused), "{evil}");
        assert_eq!(script.asked().len(), 1, "{evil}");
    }
    let next = format!("{ORIGIN}/v1.0/users/ada/outlook/masterCategories?$skip=1");
    let page = json!({"value": [{"id": "c1", "displayName": "A"}], "@odata.nextLink": next});
    let script = Script::new([
        batch(with(good_parts(), part("categories", 200, page))),
        json(200, json!({"value": [{"id": "c2", "displayName": "B"}]})),
    ]);
    let MasterList::Readable(list) = look(&script).await.unwrap().master_categories else {
        panic!("the list was shown")
    };
    assert_eq!(list.len(), 2);
    assert_eq!(script.asked()[1].url.as_str(), next);
}

#[tokio::test]
async fn a_lost_answer_to_a_read_is_not_done_and_to_a_write_is_unknown() {
    let lost = || Err(TransportError::NoAnswer("reset".into()));
    let unsent = || Err(TransportError::NotSent("refused".into()));
    let down = || Problem::new(Code::ExchangeDown);
    assert_eq!(bare(look(&Script::new([lost()])).await), Failure::NotDone(down()));
    assert_eq!(bare(set(&Script::new([lost()])).await), Failure::Unknown(down()));
    assert_eq!(bare(set(&Script::new([unsent()])).await), Failure::NotDone(down()));
    for status in [500, 502, 504] {
        assert_eq!(bare(set(&Script::new([answer(status, &[], "")])).await), Failure::Unknown(down()));
    }
    assert_eq!(bare(set(&Script::new([answer(503, &[], "")])).await), Failure::NotDone(down()));
    assert_eq!(bare(set(&Script::new([answer(200, &[], "garbage")])).await), Failure::Unknown(down()));
}

#[tokio::test]
async fn categories_are_replaced_only_under_the_entity_tag_that_was_seen() {
    let script =
        Script::new([json(200, json!({"@odata.etag": "W/\"CQ2\"", "categories": ["Family", TRACKED]}))]);
    let done = set(&script).await.unwrap();
    assert_eq!((done.categories.len(), done.etag.as_str()), (2, "W/\"CQ2\""));
    let request = &script.asked()[0];
    assert_eq!(
        (request.method.as_str(), &request.headers["if-match"]),
        ("PATCH", &"W/\"CQ1\"".parse().unwrap())
    );
    assert_eq!(request.headers["prefer"], "IdType=\"ImmutableId\"");
    assert_eq!(script.body(0), json!({"categories": ["Family", TRACKED]}).to_string());
}

#[tokio::test]
async fn refusals_of_a_category_say_which_code_it_was() {
    for (status, code, expected) in [
        (412, "ErrorIrresolvableConflict", Failure::Conflict),
        (409, "ErrorIrresolvableConflict", Failure::Conflict),
        (404, "ErrorItemNotFound", refused(Code::MessageGone)),
        (400, "ErrorInvalidIdMalformed", refused(Code::MessageGone)),
        (507, "ErrorQuotaExceeded", refused(Code::CategoryRefused)),
        (413, "ErrorMessageSizeExceeded", refused(Code::CategoryRefused)),
        (403, "ErrorAccessDenied", refused(Code::MailboxDenied)),
        (403, "ErrorQuotaExceeded", refused(Code::CategoryRefused)),
        (404, "MailboxNotEnabledForRESTAPI", refused(Code::MailboxGone)),
    ] {
        assert_eq!(bare(set(&Script::new([json(status, refusal(code))])).await), expected, "{status} {code}");
    }
    let full = set(&Script::new([json(507, refusal("ErrorQuotaExceeded"))])).await.unwrap_err();
    assert_eq!(full.problem().facts[0].value, "ErrorQuotaExceeded");
}

#[tokio::test]
async fn a_master_category_whose_name_is_taken_is_a_conflict() {
    let create = |status, body| async move {
        let script = Script::new([json(status, body)]);
        exchange(&script).create_master_category(&ada(), &mailbox(), TRACKED).await
    };
    let created = create(201, json!({"id": "c9", "displayName": TRACKED})).await;
    assert_eq!(created.unwrap().0, "c9");
    for (status, code) in [(409, "CategoryNameDuplicate"), (409, ""), (400, "ErrorCategoryNameAlreadyExists")]
    {
        assert_eq!(create(status, refusal(code)).await, Err(Failure::Conflict), "{status} {code}");
    }
    assert_eq!(bare(create(400, refusal("ErrorInvalidRequest")).await), refused(Code::CategoryRefused));
    assert_eq!(bare(create(507, refusal("ErrorQuotaExceeded")).await), refused(Code::CategoryRefused));
    assert_eq!(bare(create(403, refusal("ErrorAccessDenied")).await), refused(Code::MailboxDenied));
    assert_eq!(bare(create(201, json!({})).await), Failure::Unknown(Problem::new(Code::ExchangeDown)));
}

/// Answers every look, and counts how many are under way at once.
#[derive(Debug, Default)]
struct Crowd {
    inside: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait::async_trait]
impl Transport for Crowd {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
        batch(good_parts())
    }
}

#[tokio::test]
async fn one_mailbox_is_never_asked_for_more_than_exchange_serves_at_once() {
    let (crowd, script) = (Arc::new(Crowd::default()), Script::new([]));
    let door = Arc::new(Door::new(crowd.clone(), vec![origin()], Limits::default()));
    let exchange = GraphExchange::new(door, script.clone(), origin().join("v1.0").unwrap(), script);
    let (ada, item) = (ada(), item());
    let mailboxes = [mailbox(), SmtpAddress::new("ben@contoso.example")];
    let looks = (0..40).map(|n| exchange.look(&ada, &mailboxes[n % 2], &item, Want::Headers));
    let seen = futures_util::future::join_all(looks).await;
    assert!(seen.iter().all(Result::is_ok));
    assert_eq!(crowd.most.load(Ordering::SeqCst), 4, "two mailboxes, two looks of two parts each");
}
