//! Conversations: tracked as a whole (CAT-11), no longer followed (INC-05); and whose name for the category counts in
//! somebody else's mailbox (CAT-26).

use super::opportunity;
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::company::{ADA, BEN, CHIARA, INGRID, OPPORTUNITIES, Person};
use serde_json::json;
use shared::RuleId;
use shared::api::{ConversationRequest, ConversationStanding, ConversationTracked, Following, Surroundings};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RegardingWish;
use tests::pane::{Answer, Pane};
use tests::{Mail, Stack};
use uuid::Uuid;

fn path(mail: &Mail, rest: &str) -> String {
    let item = utf8_percent_encode(&mail.item.0, NON_ALPHANUMERIC);
    format!("/api/items/{item}/{rest}?mailbox={}", mail.mailbox)
}

async fn around(pane: &Pane, mail: &Mail) -> Surroundings {
    pane.call(Method::GET, &path(mail, "surroundings"), None).await.json()
}

async fn track_all(pane: &Pane, mail: &Mail, request: &ConversationRequest) -> ConversationTracked {
    let body = serde_json::to_string(request).expect("a wish is JSON");
    let answer = pane.call(Method::POST, &path(mail, "conversation"), Some(body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    answer.json()
}

async fn follow(pane: &Pane, mail: &Mail, following: Following) -> Answer {
    let body = serde_json::to_string(&ConversationStanding { following }).expect("JSON");
    pane.call(Method::PUT, &path(mail, "conversation"), Some(body)).await
}

fn keep() -> ConversationRequest {
    ConversationRequest { id: Uuid::new_v4(), regarding: RegardingWish::Keep }
}

/// A mail and so many replies to it, each answering the one before.
async fn thread(stack: &Stack, to: &Person, replies: usize) -> Vec<Mail> {
    let mut mails = vec![stack.deliver(INGRID.email, &[to.upn], "Twelve ferries").await];
    for _ in 0..replies {
        let before = mails.last().expect("there is a first").internet_message_id.clone();
        mails.push(reply(stack, to, &before).await);
    }
    mails
}

async fn reply(stack: &Stack, to: &Person, before: &str) -> Mail {
    let letter = json!({
        "from": { "address": INGRID.email, "name": "Ingrid" }, "to": [{ "address": to.upn, "name": to.name }],
        "subject": "RE: Twelve ferries", "html": "<p>Yes</p>", "inReplyTo": before,
    });
    stack.post(letter).await
}

#[tokio::test]
async fn cat_11_every_email_of_the_thread_gets_the_category_and_is_tracked() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), thread(&stack, &ADA, 3).await);
    let stranger = stack.deliver(INGRID.email, &[ADA.upn], "Something else").await;
    let tracked = track_all(&ada, &mails[1], &keep()).await;
    assert_eq!((tracked.states.len(), tracked.more), (4, false));
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
        assert_eq!(stack.categories(mail), Some(vec![TRACKED.to_owned()]));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
    assert_eq!(stack.categories(&stranger), Some(vec![]), "another thread is left alone");
}

#[tokio::test]
async fn cat_11_the_whole_thread_takes_the_regarding_record_and_what_stands_as_wished_is_left_alone() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), thread(&stack, &ADA, 2).await);
    ada.track(&mails[0]).await;
    let mark = stack.mark();
    let again = track_all(&ada, &mails[0], &keep()).await;
    let standing =
        again.states.iter().find(|brief| brief.item == mails[0].item).expect("it is of the thread");
    assert_eq!(standing.status, Status::Tracked);
    for mail in &mails[1..] {
        ada.until(mail, |status| *status == Status::Tracked).await;
    }
    let created = stack.changed_since(mark).iter().filter(|kind| kind.contains("email.create")).count();
    assert!(created <= 2, "the first one was not tracked again");
    let [deal, ..] = &OPPORTUNITIES;
    let regarding = RegardingWish::Set(opportunity(deal));
    track_all(&ada, &mails[0], &ConversationRequest { id: Uuid::new_v4(), regarding }).await;
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
        assert_eq!(stack.email(&mail.internet_message_id).await["regardingobjectid"]["name"], deal.name);
    }
}

#[tokio::test]
async fn cat_11_the_same_request_twice_is_the_same_wishes() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), thread(&stack, &ADA, 1).await);
    let request = keep();
    track_all(&ada, &mails[0], &request).await;
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
    }
    let mark = stack.mark();
    track_all(&ada, &mails[0], &request).await;
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn inc_05_a_stopped_conversation_is_tracked_no_more_by_itself_until_it_is_followed_again() {
    let stack = Stack::synchronizing(&[ADA.upn]).await;
    let (ada, mails) = (stack.pane(&ADA), thread(&stack, &ADA, 0).await);
    stack.cycle(ADA.upn).await;
    stack.categorize(&mails[0], &[TRACKED], &[]).await;
    stack.cycle(ADA.upn).await;
    stack.clock.advance_ms(60_000);
    assert_eq!(ada.open(&mails[0]).await.status, Status::Tracked);
    assert_eq!(around(&ada, &mails[0]).await.conversation, Some(Following::Followed));

    let answer = follow(&ada, &mails[0], Following::Stopped).await;
    assert_eq!(answer.json::<ConversationStanding>().following, Following::Stopped);
    assert_eq!(around(&ada, &mails[0]).await.conversation, Some(Following::Stopped));
    let unheard = reply(&stack, &ADA, &mails[0].internet_message_id).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(ada.open(&unheard).await.status, Status::NotTracked);
    assert_eq!(ada.open(&mails[0]).await.status, Status::Tracked, "what is tracked stays so");

    stack.clock.advance_ms(60_000);
    follow(&ada, &mails[0], Following::Followed).await;
    let heard = reply(&stack, &ADA, &mails[0].internet_message_id).await;
    stack.cycle(ADA.upn).await;
    assert_eq!(ada.open(&heard).await.status, Status::Tracked, "by itself, as a reply");
}

#[tokio::test]
async fn inc_05_only_the_mailboxs_user_and_an_editor_stop_a_conversation() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let hers = stack.mail_to(&ADA).await;
    let refused = follow(&stack.pane(&CHIARA), &hers, Following::Stopped).await.problem();
    assert_eq!(refused.code, Code::MailboxDenied, "Chiara only reads Ada's mail");
    assert_eq!(around(&stack.pane(&ADA), &hers).await.conversation, Some(Following::Followed));
    let his = stack.mail_to(&BEN).await;
    assert!(
        follow(&stack.pane(&ADA), &his, Following::Stopped).await.status.is_success(),
        "Ada is his Editor"
    );
    assert_eq!(around(&stack.pane(&BEN), &his).await.conversation, Some(Following::Stopped));
    assert_eq!(stack.categories(&his), Some(vec![]), "nothing of the message was changed");
}

#[tokio::test]
async fn cat_26_where_the_names_differ_the_delegate_is_told_both() {
    let stack = Stack::start().await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let (hers, his) = (stack.mail_to(&ADA).await, stack.mail_to(&BEN).await);
    ada.track(&hers).await;
    ben.track(&his).await;
    assert_eq!(around(&ada, &his).await.names_differ, None, "both bear the name it came with");
    stack.rename_category(BEN.upn, TRACKED, "In the CRM").await;
    // Ben's own next wish learns the name; Ada may not read his list.
    let second = stack.mail_to(&BEN).await;
    ben.track(&second).await;
    let told = around(&ada, &his).await.names_differ.expect("a warning");
    assert_eq!(told.rule, RuleId::Cat26);
    assert!(told.text.contains("“In the CRM”") && told.text.contains(TRACKED), "{}", told.text);
    assert_eq!(around(&ben, &his).await.names_differ, None, "in his own mailbox there is one name");
    stack.rename_category(ADA.upn, TRACKED, "in the crm").await;
    ada.track(&stack.mail_to(&ADA).await).await;
    assert_eq!(around(&ada, &his).await.names_differ, None, "case makes no difference");
}

#[tokio::test]
async fn cat_11_who_may_only_read_the_inbox_cannot_track_its_threads_and_is_told_why() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let mails = thread(&stack, &ADA, 1).await;
    let body = serde_json::to_string(&keep()).expect("JSON");
    let answer = stack.pane(&CHIARA).call(Method::POST, &path(&mails[0], "conversation"), Some(body)).await;
    let problem = answer.problem();
    assert_eq!(problem.code, Code::MailboxDenied);
    assert!(problem.remedy.contains("Editor"), "{problem:?}");
    for mail in &mails {
        assert_eq!(stack.categories(mail), Some(vec![]));
        assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    }
}
