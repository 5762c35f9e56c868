//! Several selected messages at once (CAT-09).

use super::{code, opportunity};
use backend::store::Store as _;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, CHIARA, INGRID, OPPORTUNITIES, QUEUE_ADDRESS};
use shared::api::{
    ItemBrief, ItemWish, MANY_MAX, Reception, States, StatesRequest, WishAnswer, WishesAnswer, WishesRequest,
};
use shared::category::TRACKED;
use shared::item::{ItemId, SmtpAddress};
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::pane::{Answer, Pane};
use tests::{Mail, Stack};
use uuid::Uuid;

const TRACK: Wish = Wish::Track { regarding: RegardingWish::Keep };
const UNTRACK: Wish = Wish::Untrack { record: RecordFate::Keep };

async fn mails(stack: &Stack, count: usize) -> Vec<Mail> {
    let mut mails = Vec::new();
    for number in 0..count {
        mails.push(stack.deliver(INGRID.email, &[ADA.upn], &format!("Offer {number}")).await);
    }
    mails
}

fn wishes_for(mails: &[Mail], wish: &Wish) -> WishesRequest {
    let one = |mail: &Mail| ItemWish { id: Uuid::new_v4(), item: mail.item.clone(), wish: wish.clone() };
    WishesRequest { wishes: mails.iter().map(one).collect() }
}

async fn send(pane: &Pane, mailbox: &SmtpAddress, request: &WishesRequest) -> Answer {
    let body = serde_json::to_string(request).expect("wishes are JSON");
    pane.call(Method::POST, &format!("/api/wishes?mailbox={mailbox}"), Some(body)).await
}

async fn answers(pane: &Pane, mailbox: &SmtpAddress, request: &WishesRequest) -> Vec<WishAnswer> {
    let answer = send(pane, mailbox, request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    answer.json::<WishesAnswer>().answers
}

async fn ask(pane: &Pane, mailbox: &SmtpAddress, items: Vec<ItemId>) -> Answer {
    let body = serde_json::to_string(&StatesRequest { items }).expect("ids are JSON");
    pane.call(Method::POST, &format!("/api/states?mailbox={mailbox}"), Some(body)).await
}

async fn states(pane: &Pane, mails: &[Mail]) -> Vec<ItemBrief> {
    let items = mails.iter().map(|mail| mail.item.clone()).collect();
    ask(pane, &mails[0].mailbox, items).await.json::<States>().states
}

async fn statuses(pane: &Pane, mails: &[Mail]) -> Vec<Status> {
    states(pane, mails).await.into_iter().map(|brief| brief.status).collect()
}

#[tokio::test]
async fn cat_09_several_selected_messages_are_tracked_each_for_itself() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 7).await);
    assert_eq!(statuses(&ada, &mails).await, vec![Status::NotTracked; 7]);
    let request = wishes_for(&mails, &TRACK);
    for (answer, wish) in answers(&ada, &mails[0].mailbox, &request).await.iter().zip(&request.wishes) {
        assert_eq!((answer.id, &answer.item, &answer.reception), (wish.id, &wish.item, &Reception::Accepted));
    }
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
        assert_eq!(stack.categories(mail), Some(vec![TRACKED.to_owned()]));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
    assert_eq!(statuses(&ada, &mails).await, vec![Status::Tracked; 7]);
}

#[tokio::test]
async fn cat_09_all_that_is_selected_gets_the_regarding_record() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 3).await);
    ada.track(&mails[0]).await;
    let [deal, ..] = &OPPORTUNITIES;
    let wish = Wish::Track { regarding: RegardingWish::Set(opportunity(deal)) };
    answers(&ada, &mails[0].mailbox, &wishes_for(&mails, &wish)).await;
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
        let email = stack.email(&mail.internet_message_id).await;
        assert_eq!(email["regardingobjectid"]["name"], deal.name);
    }
}

#[tokio::test]
async fn cat_09_untracking_several_keeps_every_record_and_none_is_deleted_among_several() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 3).await);
    for mail in &mails {
        ada.track(mail).await;
    }
    let deleting = wishes_for(&mails[..1], &Wish::Untrack { record: RecordFate::Delete });
    let refused = answers(&ada, &mails[0].mailbox, &deleting).await;
    let Reception::Refused { code, problem } = &refused[0].reception else { panic!("{refused:?}") };
    assert_eq!(*code, Code::BadRequest);
    assert!(problem.title.contains("open the message alone"), "{problem:?}");
    answers(&ada, &mails[0].mailbox, &wishes_for(&mails, &UNTRACK)).await;
    for mail in &mails {
        ada.until(mail, |status| *status == Status::NotTracked).await;
        assert_eq!(stack.categories(mail), Some(vec![]));
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "the record stays");
    }
}

#[tokio::test]
async fn cat_09_one_that_cannot_be_tracked_spoils_none_of_the_others() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 4).await);
    stack.delete_message(&mails[1]).await;
    answers(&ada, &mails[0].mailbox, &wishes_for(&mails, &TRACK)).await;
    for mail in [&mails[0], &mails[2], &mails[3]] {
        ada.until(mail, |status| *status == Status::Tracked).await;
    }
    let seen = states(&ada, &mails).await;
    assert_eq!(code(&seen[1].status), Some(Code::MessageGone), "{:?}", seen[1]);
    assert!(seen[1].problem.is_some(), "with words");
    let others = [&seen[0], &seen[2], &seen[3]].map(|brief| brief.status.clone());
    assert_eq!(others, [const { Status::Tracked }; 3]);
}

#[tokio::test]
async fn cat_09_more_than_a_hundred_are_refused_with_the_number() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.mail_to(&ADA).await;
    let items = |count: usize| (0..count).map(|n| ItemId(format!("AAMk{n}"))).collect::<Vec<_>>();
    let wish = |item| ItemWish { id: Uuid::new_v4(), item, wish: TRACK };
    let request = WishesRequest { wishes: items(MANY_MAX + 1).into_iter().map(wish).collect() };
    for answer in
        [send(&ada, &mail.mailbox, &request).await, ask(&ada, &mail.mailbox, items(MANY_MAX + 1)).await]
    {
        let problem = answer.problem();
        assert_eq!(problem.code, Code::BadRequest);
        assert!(problem.title.contains("100") && problem.title.contains("101"), "{}", problem.title);
    }
    assert_eq!(ask(&ada, &mail.mailbox, items(0)).await.problem().code, Code::BadRequest);
    assert!(stack.store.due_mailboxes().await.expect("a database").is_empty(), "nothing of it was accepted");
}

#[tokio::test]
async fn cat_09_wishes_sent_twice_are_the_same_wishes_and_ids_of_others_are_taken() {
    let stack = Stack::start().await;
    let (ada, ben) = (stack.pane(&ADA), stack.pane(&BEN));
    let mails = mails(&stack, 2).await;
    let request = wishes_for(&mails, &TRACK);
    answers(&ada, &mails[0].mailbox, &request).await;
    for mail in &mails {
        ada.until(mail, |status| *status == Status::Tracked).await;
    }
    let mark = stack.mark();
    for answer in answers(&ada, &mails[0].mailbox, &request).await {
        assert_eq!(answer.reception, Reception::Accepted);
    }
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    let his = stack.mail_to(&BEN).await;
    let stolen = ItemWish { id: request.wishes[0].id, item: his.item.clone(), wish: TRACK };
    let answer = answers(&ben, &his.mailbox, &WishesRequest { wishes: vec![stolen] }).await;
    assert_eq!(answer[0].reception, Reception::Taken);
}

#[tokio::test]
async fn cat_09_the_states_of_a_hundred_cost_no_more_than_nine_requests() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, MANY_MAX).await);
    for mail in &mails[..3] {
        ada.track(mail).await;
    }
    let mark = stack.mark();
    let seen = statuses(&ada, &mails).await;
    let tracked = seen.iter().filter(|status| **status == Status::Tracked).count();
    assert_eq!((tracked, seen.len()), (3, MANY_MAX));
    let asked: Vec<String> =
        stack.requests_since(mark).into_iter().filter(|request| request.contains("batch")).collect();
    // 100 messages in 6 requests of 20 parts (who asks is one of the parts), the list, whose mailbox, the CRM.
    assert!(asked.len() <= 9, "{asked:#?}");
}

#[tokio::test]
async fn cat_09_progress_is_followed_item_by_item() {
    let stack = Stack::start_impatient().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 3).await);
    let items: Vec<ItemId> = mails.iter().map(|mail| mail.item.clone()).collect();
    let mut follower = ada.follow_many(&mails[0].mailbox, &items).await;
    answers(&ada, &mails[0].mailbox, &wishes_for(&mails, &TRACK)).await;
    let mut working = Vec::new();
    let mut done = Vec::new();
    while done.len() < 3 {
        let brief: ItemBrief = follower.next_as().await.expect("the stream goes on");
        match brief.status {
            Status::Tracking => working.push(brief.item),
            Status::Tracked if !done.contains(&brief.item) => done.push(brief.item),
            Status::Tracked => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(items.iter().all(|item| done.contains(item)));
}

#[tokio::test]
async fn cat_09_a_record_that_was_deleted_in_the_crm_is_seen_among_several() {
    let stack = Stack::start().await;
    let (ada, mails) = (stack.pane(&ADA), mails(&stack, 3).await);
    for mail in &mails {
        ada.track(mail).await;
    }
    let email = stack.email(&mails[1].internet_message_id).await;
    stack.delete_email(email["activityid"].as_str().expect("an id").parse().expect("a GUID")).await;
    stack.categorize(&mails[2], &[], &[TRACKED]).await;
    let seen = statuses(&ada, &mails).await;
    assert_eq!(seen, [Status::Tracked, Status::RecordGone, Status::UntrackingPending]);
}

#[tokio::test]
async fn cat_09_who_may_not_read_a_mailbox_learns_nothing_of_its_items_and_who_may_only_read_changes_nothing()
{
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let mail = stack.mail_to(&BEN).await;
    stack.pane(&BEN).track(&mail).await;
    let answer = ask(&stack.pane(&CHIARA), &mail.mailbox, vec![mail.item.clone()]).await;
    let told = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!told.contains("\"is\":\"tracked\""), "{told}");

    let hers = stack.mail_to(&ADA).await;
    let chiara = stack.pane(&CHIARA);
    answers(&chiara, &hers.mailbox, &wishes_for(std::slice::from_ref(&hers), &TRACK)).await;
    let state = chiara.until(&hers, super::failed).await;
    assert_eq!(code(&state.status), Some(Code::MailboxDenied), "{state:#?}");
    assert_eq!(stack.categories(&hers), Some(vec![]));
}

#[tokio::test]
async fn cat_25_below_editor_tracking_is_refused_with_the_reason_and_an_editor_tracks() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let mail = stack.mail_to(&ADA).await;
    let state = stack.pane(&CHIARA).track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::MailboxDenied));
    let words = state.problem.expect("the reason in words");
    assert!(words.title.contains(ADA.upn) && words.remedy.contains("Editor"), "{words:?}");
    assert_eq!(stack.categories(&mail), Some(vec![]), "nothing was assigned");
    let his = stack.mail_to(&BEN).await;
    assert_eq!(stack.pane(&ADA).track(&his).await.status, Status::Tracked, "Ada is Ben's Editor");
    assert_eq!(stack.categories(&his), Some(vec![TRACKED.to_owned()]));
    let shared = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question").await;
    assert_eq!(stack.pane(&BEN).track(&shared).await.status, Status::Tracked);
}
