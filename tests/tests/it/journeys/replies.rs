//! Answers to tracked mail, which are tracked by themselves.

use super::{account, before_the_creation, opportunity, refused};
use backend::exchange::MailboxId;
use backend::store::{Actor, Stopped, Store as _};
use http::Method;
use sandbox::company::{ADA, BEN, FJORDLINE, INGRID, OPPORTUNITIES};
use sandbox::world::faults::Kind;
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::category::TRACKED;
use shared::email::ConversationId;
use shared::status::Status;
use tests::{Mail, Stack, id_of, letter};

const ADAS: &str = ADA.upn;

/// A mail that Ada tracked regarding Fjordline Marine, in a mailbox that was just looked through.
async fn tracked(stack: &Stack, mut sent: Value) -> Mail {
    sent["from"] = json!({ "address": INGRID.email, "name": INGRID.email });
    let mail = stack.post(sent).await;
    stack.pane(&ADA).set_regarding(&mail, account(&FJORDLINE)).await;
    stack.work(ADAS).await;
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(60_000);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
    mail
}

fn about(subject: &str) -> Value {
    letter(INGRID.email, &[ADAS], subject)
}

/// The next mail of the mailbox is tracked by itself, with the record of the one that it answers, and in this way.
async fn follows(stack: &Stack, first: &Mail, answer: Value, method: &str) -> Value {
    let mail = stack.post(answer).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["regardingobjectid"]["id"], FJORDLINE.id, "the record is taken over");
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "it shows in Outlook too");
    let before = id_of(&stack.email(&first.internet_message_id).await);
    assert_eq!(email["correlatedactivityid"]["id"], before.to_string());
    let audit = stack.rows().await.remove("audit").expect("the audit trail");
    let recorded = format!("\"method\",\"value\":\"{method}\"");
    assert!(audit.iter().any(|row| row.contains(&recorded)), "{recorded} in {audit:#?}");
    email
}

async fn ignored(stack: &Stack, letter: Value) {
    let mail = stack.post(letter).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn inc_03_an_answer_is_found_by_the_message_id_that_it_answers() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let mut answer = about("Something else altogether");
    answer["inReplyTo"] = json!(first.internet_message_id);
    let email = follows(&stack, &first, answer, "3").await;
    assert_eq!(
        email["parentactivityid"]["id"],
        id_of(&stack.email(&first.internet_message_id).await).to_string()
    );
}

#[tokio::test]
async fn inc_03_an_answer_is_tracked_though_the_email_that_it_answers_is_deleted_meanwhile() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let email = id_of(&stack.email(&first.internet_message_id).await);
    let mut letter = about("Something else altogether");
    letter["inReplyTo"] = json!(first.internet_message_id);
    let answer = stack.post(letter).await;
    stack.arm(before_the_creation(Kind::HangBefore).named("held"));
    let meanwhile = async {
        stack.until_held("held").await;
        stack.delete_email(email).await;
        stack.world.faults.clear();
    };
    let (looked, ()) = tokio::join!(stack.cycle(ADAS), meanwhile);
    assert_eq!(looked.noticed, 1);
    let email = stack.email(&answer.internet_message_id).await;
    assert_eq!(email["correlatedactivityid"], Value::Null, "there is nothing to point to");
    assert_eq!(email["regardingobjectid"]["id"], FJORDLINE.id);
    assert_eq!(stack.categories(&answer), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn inc_03_an_answer_that_a_colleague_gave_a_record_keeps_it() {
    let stack = Stack::synchronizing(&[ADAS, BEN.upn]).await;
    let first = tracked(&stack, about("Offer")).await;
    let mut answer = letter(INGRID.email, &[ADAS, BEN.upn], "Something else altogether");
    answer["inReplyTo"] = json!(first.internet_message_id);
    let answer = stack.post(answer).await;
    let busy = refused(Service::Dataverse, "POST", "$batch", 503, None);
    stack.arm(before_the_creation(busy.kind).times(1));
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    // While it waits, a colleague who received it as well tracks it.
    let copy = stack.copy_in(BEN.upn, &answer.internet_message_id);
    stack.pane(&BEN).set_regarding(&copy, opportunity(&OPPORTUNITIES[0])).await;
    stack.work(BEN.upn).await;
    stack.clock.advance_ms(1_800_000);
    stack.work(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&answer).await.status, Status::Tracked);
    let email = stack.email(&answer.internet_message_id).await;
    assert_eq!(email["regardingobjectid"]["id"], OPPORTUNITIES[0].id, "what a person chose");
}

#[tokio::test]
async fn inc_03_an_answer_is_found_by_the_tracking_token_in_its_subject() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let email = id_of(&stack.email(&first.internet_message_id).await);
    let token = json!({ "trackingtoken": "CRM:0001004" });
    stack.act(Method::PATCH, &format!("dataverse/emails/{email}"), &token).await;
    follows(&stack, &first, about("Re: Offer CRM:0001004"), "4").await;
    ignored(&stack, about("Re: Offer CRM:0001005")).await;
}

#[tokio::test]
async fn inc_03_an_answer_is_found_by_its_conversation_index() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mut first = about("Offer");
    first["references"] = json!(["<root@elsewhere.example>"]);
    let first = tracked(&stack, first).await;
    let mut answer = about("Further to our talk");
    answer["references"] = json!(["<root@elsewhere.example>"]);
    follows(&stack, &first, answer, "5").await;
    let mut other = about("Further to our talk");
    other["references"] = json!(["<another@elsewhere.example>"]);
    ignored(&stack, other).await;
}

#[tokio::test]
async fn inc_03_the_message_id_comes_before_the_token_and_the_token_before_the_index() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let email = id_of(&stack.email(&first.internet_message_id).await);
    let token = json!({ "trackingtoken": "CRM:0001004" });
    stack.act(Method::PATCH, &format!("dataverse/emails/{email}"), &token).await;
    let mut answer = about("Re: Offer CRM:0001004");
    answer["inReplyTo"] = json!(first.internet_message_id);
    follows(&stack, &first, answer, "3").await;
    let mut answer = about("Re: Offer CRM:0001004");
    answer["references"] = json!([first.internet_message_id]);
    answer["inReplyTo"] = json!("<lost@elsewhere.example>");
    follows(&stack, &first, answer, "4").await;
}

#[tokio::test]
async fn inc_03_with_headers_ignored_the_token_alone_counts() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_and_wait("IgnoreConversationIndexAndInReplyToForCorrelation", "true").await;
    let first = tracked(&stack, about("Offer")).await;
    let mut answer = about("Re: Offer");
    answer["inReplyTo"] = json!(first.internet_message_id);
    ignored(&stack, answer).await;
    let email = id_of(&stack.email(&first.internet_message_id).await);
    let token = json!({ "trackingtoken": "CRM:0001004" });
    stack.act(Method::PATCH, &format!("dataverse/emails/{email}"), &token).await;
    follows(&stack, &first, about("Re: Offer CRM:0001004"), "4").await;
}

#[tokio::test]
async fn inc_03_an_answer_to_mail_that_nobody_tracked_stays_in_outlook() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    let mut answer = about("Re: Offer for twelve ferries");
    answer["inReplyTo"] = json!(first.internet_message_id);
    ignored(&stack, answer).await;
}

#[tokio::test]
async fn inc_03_a_long_thread_goes_on_by_itself_mail_by_mail() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let mut before = first;
    for n in 0..5 {
        let mut answer = about(&format!("Re: Offer ({n})"));
        answer["inReplyTo"] = json!(before.internet_message_id);
        let mail = stack.post(answer).await;
        stack.cycle(ADAS).await;
        let email = stack.email(&mail.internet_message_id).await;
        assert_eq!(email["regardingobjectid"]["id"], FJORDLINE.id);
        before = mail;
    }
}

#[tokio::test]
async fn inc_04_a_forward_is_not_a_reply_where_the_organization_says_so() {
    for (says, follows) in [("true", false), ("false", true)] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.set_and_wait("DoNotCorrelateForwardedEmailsAsReplies", says).await;
        let first = tracked(&stack, about("Offer")).await;
        let mut forward = about("FW: Offer");
        forward["inReplyTo"] = json!(first.internet_message_id);
        let forward = stack.post(forward).await;
        stack.cycle(ADAS).await;
        assert_eq!(stack.emails(&forward.internet_message_id).await.len(), usize::from(follows), "{says}");
    }
}

#[tokio::test]
async fn inc_05_a_conversation_that_its_user_stopped_is_not_tracked_by_itself_any_more() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let path = format!("exchange/mailboxes/{ADAS}/messages/{}", first.item);
    let shown = stack.act(Method::GET, &path, &json!({})).await;
    let thread = ConversationId(shown["conversationId"].as_str().unwrap().to_owned());
    let (tenant, mailbox) = (stack.config.tenants[0].id, MailboxId(ADA.oid.parse().unwrap()));
    let by = Actor::Program("tests".into());
    let set = async |stopped| {
        let now = backend::clock::Clock::now(&*stack.clock);
        stack.store.stop_conversation(tenant, mailbox, &thread, stopped, &by, now).await.unwrap();
    };
    let answer = || {
        let mut answer = about("Re: Offer");
        answer["inReplyTo"] = json!(first.internet_message_id);
        answer
    };
    set(Stopped::Yes).await;
    ignored(&stack, answer()).await;
    assert_eq!(stack.pane(&ADA).open(&first).await.status, Status::Tracked, "what was tracked stays so");
    // Another thread of the same customer, and the category, go on.
    let other = tracked(&stack, about("Another matter")).await;
    let mut apart = about("Re: Another matter");
    apart["inReplyTo"] = json!(other.internet_message_id);
    follows(&stack, &other, apart, "3").await;
    let by_hand = stack.post(answer()).await;
    stack.categorize(&by_hand, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&by_hand.internet_message_id).await.len(), 1);
    set(Stopped::No).await;
    stack.clock.advance_ms(60_000);
    follows(&stack, &first, answer(), "3").await;
}

#[tokio::test]
async fn inc_05_what_a_person_took_out_of_tracking_is_not_brought_back_by_its_thread() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let first = tracked(&stack, about("Offer")).await;
    let mut answer = about("Re: Offer");
    answer["inReplyTo"] = json!(first.internet_message_id);
    let answer = stack.post(answer).await;
    stack.cycle(ADAS).await;
    stack.categorize(&answer, &[], &[TRACKED]).await;
    stack.cycle(ADAS).await;
    stack.read(&answer).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert_eq!(stack.pane(&ADA).open(&answer).await.status, Status::NotTracked);
}
