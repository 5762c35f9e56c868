//! The mailboxes of queues, which work with their owners' rights.

use http::Method;
use sandbox::company::{ADA, BEN, CHIARA, INGRID, QUEUE_ADDRESS, QUEUE_ID};
use serde_json::json;
use shared::api::admin::{MailboxState, Order, Tested};
use shared::category::{TRACKED, UNDELIVERABLE};
use shared::mailbox::MailboxKind;
use shared::problem::Code;
use shared::status::Status;
use tests::{Mail, Stack};

async fn mail_to_the_queue(stack: &Stack) -> Mail {
    stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "To the whole team").await
}

/// Whether an email stands in the queue.
async fn queued(stack: &Stack, email: &serde_json::Value) -> bool {
    let items = stack.act(Method::GET, "dataverse/queueitems", &json!({})).await;
    let items = items["value"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .any(|item| item["objectid"]["id"] == email["activityid"] && item["queueid"]["id"] == QUEUE_ID)
}

/// The queue belongs to somebody else from now on.
async fn give_the_queue_to(stack: &Stack, systemuser: &str) {
    let id = |text: &str| text.parse().expect("the company's ids are GUIDs");
    let given = stack.world.crm().set_owner("queues", id(QUEUE_ID), id(systemuser)).await;
    given.expect("the queue is given away");
}

#[tokio::test]
async fn cat_02_mail_to_a_queue_is_tracked_with_its_owners_rights_and_stands_in_the_queue() {
    let stack = Stack::synchronizing(&[QUEUE_ADDRESS]).await;
    let mail = mail_to_the_queue(&stack).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(QUEUE_ADDRESS).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert!(queued(&stack, &email).await, "{email:#?}");
    let seen = stack.administered(QUEUE_ADDRESS).await;
    assert_eq!(seen.line.kind, MailboxKind::Queue);
    assert_eq!(seen.line.state, MailboxState::On);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
}

#[tokio::test]
async fn mbx_01_test_and_enable_names_the_missing_role_of_a_queues_owner() {
    let stack = Stack::start_with(|setup| setup.pace = backend::sync::Pace::ByHand).await;
    give_the_queue_to(&stack, CHIARA.systemuser.unwrap()).await;
    let tested = stack.synchronize(QUEUE_ADDRESS).await;
    let Tested::Failure(told) = &tested.incoming else { panic!("{tested:#?}") };
    assert_eq!(told.problem.code, Code::PrivilegeMissing);
    assert!(told.title.contains("prvCreateActivity"), "{told:#?}");
    assert!(told.remedy.contains("CRM administrator"), "who can mend it: {told:#?}");
    assert_eq!(tested.line.state, MailboxState::Off, "what was not tested with success is not enabled");
    // Once the owner has the role, the same test lets it through.
    stack.set_roles(&CHIARA, &["Sales Manager"]).await;
    let tested = stack.order(QUEUE_ADDRESS, Order::Test).await.unwrap();
    assert_eq!((&tested.incoming, tested.line.state), (&Tested::Success, MailboxState::On));
}

#[tokio::test]
async fn mbx_01_a_queue_with_another_owner_works_with_the_new_ones_rights_after_the_next_test() {
    let stack = Stack::synchronizing(&[QUEUE_ADDRESS]).await;
    give_the_queue_to(&stack, BEN.systemuser.unwrap()).await;
    let tested = stack.order(QUEUE_ADDRESS, Order::Test).await.unwrap();
    assert_eq!(tested.acts_as.map(|id| id.to_string()).as_deref(), Some(BEN.oid), "{tested:#?}");
    let mail = mail_to_the_queue(&stack).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(QUEUE_ADDRESS).await;
    assert_eq!(stack.email(&mail.internet_message_id).await["ownerid"]["id"], BEN.systemuser.unwrap());
}

#[tokio::test]
async fn ret_04_a_queues_owner_who_lost_the_role_is_retried_and_then_given_up() {
    let stack = Stack::synchronizing(&[QUEUE_ADDRESS]).await;
    let owner = stack.administered(QUEUE_ADDRESS).await.acts_as.unwrap().to_string();
    let owner = [ADA, BEN].into_iter().find(|p| p.oid == owner).expect("Ada or Ben owns the queue");
    stack.set_roles(&owner, &["Sales Trainee"]).await;
    let mail = mail_to_the_queue(&stack).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(QUEUE_ADDRESS).await;
    let failing = stack.failing(QUEUE_ADDRESS).await;
    assert_eq!(failing[0].problem.problem.code, Code::PrivilegeMissing);
    assert!(failing[0].problem.title.contains("prv"), "{failing:#?}");
    for _ in 0..5 {
        stack.clock.advance_ms(900_000);
        stack.cycle(QUEUE_ADDRESS).await;
    }
    assert_eq!(stack.categories(&mail).unwrap(), [UNDELIVERABLE]);
    stack.set_roles(&owner, &["Sales Manager"]).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(QUEUE_ADDRESS).await;
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}
