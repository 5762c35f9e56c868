//! Which mailboxes are synchronized, and what stops one.

use super::refused;
use backend::clock::Clock as _;
use backend::exchange::MailboxId;
use backend::store::{Actor, FolderKind, Store as _};
use backend::sync::{Pace, StoreSharing};
use sandbox::company::{ADA, BEN, CHIARA, DAN};
use sandbox::dataverse::Trouble;
use sandbox::world::journal::Service;
use serde_json::json;
use shared::RuleId;
use shared::api::admin::{MailboxState, Order, Tested};
use shared::category::TRACKED;
use shared::item::SmtpAddress;
use shared::mailbox::Approval;
use shared::problem::Code;
use shared::rules::Language;
use tests::Stack;

const ADAS: &str = ADA.upn;
const FIVE_MINUTES_MS: i64 = 300_000;

/// A service that does nothing by itself, and knows no mailbox.
async fn service() -> Stack {
    Stack::start_with(|setup| {
        setup.pace = Pace::ByHand;
        setup.config.limits.wish_patience_ms = 0;
    })
    .await
}

/// Whether a category on a new mail comes to anything.
async fn synchronizes(stack: &Stack) -> bool {
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    !stack.emails(&mail.internet_message_id).await.is_empty()
}

#[tokio::test]
async fn cfg_01_a_mailbox_synchronizes_only_when_its_address_is_approved() {
    let stack = service().await;
    stack.synchronize(ADAS).await;
    assert!(synchronizes(&stack).await);
    let rejected = stack.order(ADAS, Order::Reject).await.unwrap();
    assert_eq!((rejected.line.approval, rejected.line.state), (Approval::Rejected, MailboxState::Rejected));
    assert!(!synchronizes(&stack).await);
    for order in [Order::Test, Order::Start] {
        assert_eq!(stack.order(ADAS, order).await.unwrap_err().code, Code::BadRequest, "{order:?}");
    }
    assert!(!synchronizes(&stack).await);
    stack.order(ADAS, Order::Approve).await.unwrap();
    stack.order(ADAS, Order::Test).await.unwrap();
    assert!(synchronizes(&stack).await);
}

#[tokio::test]
async fn cfg_02_a_mailbox_synchronizes_only_when_it_was_tested_and_enabled() {
    let stack = service().await;
    stack.approve(ADAS).await;
    assert_eq!(stack.administered(ADAS).await.incoming, Tested::NotRun);
    assert!(!synchronizes(&stack).await);
    assert_eq!(stack.order(ADAS, Order::Start).await.unwrap_err().code, Code::BadRequest, "not untested");
    stack.order(ADAS, Order::Test).await.unwrap();
    assert!(synchronizes(&stack).await);
    stack.order(ADAS, Order::Stop).await.unwrap();
    assert!(!synchronizes(&stack).await);
    stack.order(ADAS, Order::Start).await.unwrap();
    assert!(synchronizes(&stack).await);
}

#[tokio::test]
async fn mbx_01_test_and_enable_tries_each_direction_and_says_what_failed_and_who_can_mend_it() {
    let stack = service().await;
    stack.approve(ADAS).await;
    stack.trouble(ADAS, json!({ "forbidden": true })).await;
    let mark = stack.mark();
    let tested = stack.order(ADAS, Order::Test).await.unwrap();
    assert!(!stack.since(mark).is_empty(), "it is really tried");
    for direction in [&tested.incoming, &tested.outgoing] {
        let Tested::Failure(told) = direction else { panic!("{tested:#?}") };
        assert_eq!(told.problem.code, Code::MailboxDenied);
        assert!(told.title.contains(ADAS) && told.remedy.contains("Ask"), "{told:#?}");
    }
    assert_eq!(tested.line.state, MailboxState::Off);
    stack.trouble(ADAS, json!({})).await;
    let tested = stack.order(ADAS, Order::Test).await.unwrap();
    assert_eq!((&tested.incoming, &tested.outgoing), (&Tested::Success, &Tested::Success));
    assert_eq!(tested.line.state, MailboxState::On);
}

#[tokio::test]
async fn mbx_01_a_user_without_the_needed_role_is_told_the_privilege() {
    let stack = service().await;
    stack.approve(CHIARA.upn).await;
    let tested = stack.order(CHIARA.upn, Order::Test).await.unwrap();
    let Tested::Failure(told) = &tested.incoming else { panic!("{tested:#?}") };
    assert_eq!(told.problem.code, Code::PrivilegeMissing);
    assert!(told.title.contains("prvCreateActivity"), "{told:#?}");
    assert_eq!(tested.outgoing, Tested::Success, "each direction is told by itself");
}

#[tokio::test]
async fn mbx_01_whom_the_crm_does_not_know_cannot_be_enrolled() {
    let stack = service().await;
    let (tenant, by) = (stack.config.tenants[0].id, Actor::Program("tests".into()));
    let address = [SmtpAddress::new(DAN.upn)];
    let enrolled = stack.administration().enroll(tenant, &address, &by, Language::English).await.unwrap();
    let shared::api::admin::EnrollmentEnd::Refused(told) = &enrolled.mailboxes[0].end else {
        panic!("{enrolled:#?}")
    };
    assert_eq!(told.problem.code, Code::NotLicensed);
}

#[tokio::test]
async fn mbx_03_a_permanent_error_stops_a_mailbox_at_once_with_the_reason() {
    for (switch, expected) in [("forbidden", Code::MailboxDenied), ("notInExchangeOnline", Code::MailboxGone)]
    {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.cycle(ADAS).await;
        stack.trouble(ADAS, json!({ switch: true })).await;
        stack.cycle(ADAS).await;
        let stopped = stack.administered(ADAS).await;
        assert_eq!(stopped.line.state, MailboxState::Stopped, "{switch}");
        assert_eq!(stopped.line.problem.map(|told| told.problem.code), Some(expected), "{switch}");
        stack.trouble(ADAS, json!({})).await;
        assert!(!synchronizes(&stack).await, "{switch}: it does not start by itself");
        stack.order(ADAS, Order::Start).await.unwrap();
        assert!(synchronizes(&stack).await, "{switch}: one order starts it again");
        assert_eq!(stack.administered(ADAS).await.line.state, MailboxState::On, "{switch}");
    }
}

#[tokio::test]
async fn mbx_03_a_transient_error_is_tried_10_times_5_minutes_apart_and_then_stops_it() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.arm(refused(Service::Graph, "POST", "$batch", 500, None));
    stack.cycle(ADAS).await;
    for retry in 1..=10 {
        let seen = stack.administered(ADAS).await;
        assert_eq!((seen.line.state, seen.cycles.failures), (MailboxState::On, retry));
        assert_eq!(seen.line.problem.map(|told| told.problem.code), Some(Code::ExchangeDown));
        stack.clock.advance_ms(FIVE_MINUTES_MS - 1);
        let mark = stack.mark();
        stack.cycle(ADAS).await;
        assert_eq!(stack.requests_since(mark), Vec::<String>::new(), "not before its time");
        stack.clock.advance_ms(1);
        stack.cycle(ADAS).await;
    }
    let stopped = stack.administered(ADAS).await;
    assert_eq!(stopped.line.state, MailboxState::Stopped);
    assert_eq!(stopped.line.problem.map(|told| told.problem.code), Some(Code::ExchangeDown));
    stack.world.faults.clear();
    stack.order(ADAS, Order::Start).await.unwrap();
    assert!(synchronizes(&stack).await);
    assert_eq!(stack.administered(ADAS).await.cycles.failures, 0);
}

#[tokio::test]
async fn mbx_03_a_cycle_that_succeeds_forgets_the_failures_before_it() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    for _ in 0..3 {
        stack.arm(refused(Service::Graph, "POST", "$batch", 500, None).named("outage"));
        for _ in 0..8 {
            stack.cycle(ADAS).await;
            stack.clock.advance_ms(FIVE_MINUTES_MS);
        }
        stack.world.faults.clear();
        assert!(synchronizes(&stack).await);
    }
    assert_eq!(stack.administered(ADAS).await.line.state, MailboxState::On);
}

#[tokio::test]
async fn mbx_03_one_folder_that_exchange_cannot_give_stops_no_mailbox() {
    for status in [403, 500] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.cycle(ADAS).await;
        let tenant = stack.config.tenants[0].id;
        let mailbox = MailboxId(ADA.oid.parse().unwrap());
        let folders = stack.store.folders(tenant, mailbox).await.unwrap();
        let other = folders.iter().find(|folder| folder.kind == FolderKind::Other).expect("a folder");
        let id = other.folder.0.trim_end_matches('=');
        stack.arm(refused(Service::Graph, "GET", id, status, None));
        for _ in 0..15 {
            stack.cycle(ADAS).await;
            stack.clock.advance_ms(FIVE_MINUTES_MS);
        }
        assert_eq!(stack.administered(ADAS).await.line.state, MailboxState::On, "{status}");
        assert!(synchronizes(&stack).await, "{status}: what lies in the other folders is seen");
    }
}

#[tokio::test]
async fn mbx_03_to_be_throttled_stops_no_mailbox() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.cycle(ADAS).await;
    stack.arm(refused(Service::Graph, "POST", "$batch", 429, Some("600")));
    for _ in 0..15 {
        stack.cycle(ADAS).await;
        stack.clock.advance_ms(600_000);
    }
    let seen = stack.administered(ADAS).await;
    assert_eq!((seen.line.state, seen.cycles.failures), (MailboxState::On, 0));
}

#[tokio::test]
async fn mbx_04_administrators_see_what_was_done_what_fails_and_by_which_rule_for_30_days() {
    let stack = Stack::synchronizing(&[ADAS, BEN.upn]).await;
    assert!(synchronizes(&stack).await);
    assert!(synchronizes(&stack).await);
    stack.hinder(Trouble::PlugIn { message: "Handled by the embassy.".into() });
    assert!(!synchronizes(&stack).await);
    stack.clock.advance_ms(900_000);
    stack.cycle(ADAS).await;
    let seen = stack.administered(ADAS).await;
    assert_eq!(seen.items.done, 2);
    assert_eq!(seen.line.state, MailboxState::On);
    let failing = stack.failing(ADAS).await;
    assert_eq!(failing.len(), 1);
    assert_eq!((failing[0].rule, failing[0].failed_attempts), (RuleId::Ret02, 2));
    assert!(failing[0].problem.title.contains("Handled by the embassy"), "{failing:#?}");
    let told = serde_json::to_string(&failing).unwrap();
    assert!(!told.contains("Offer for twelve ferries"), "others' subjects stay in their mailboxes");
    assert!(stack.failing(BEN.upn).await.is_empty());
    // Given up, and then out of sight after 30 days.
    for _ in 0..4 {
        stack.clock.advance_ms(900_000);
        stack.cycle(ADAS).await;
    }
    assert_eq!(stack.administered(ADAS).await.items.failed, 1);
    stack.clock.advance_ms(31 * 86_400_000);
    assert!(stack.failing(ADAS).await.is_empty());
    let items = stack.administered(ADAS).await.items;
    assert_eq!((items.done, items.failed), (0, 0));
}

#[tokio::test]
async fn mbx_04_the_history_of_a_failing_item_tells_every_step() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.hinder(Trouble::PlugIn { message: "Handled by the embassy.".into() });
    assert!(!synchronizes(&stack).await);
    for _ in 0..5 {
        stack.clock.advance_ms(900_000);
        stack.cycle(ADAS).await;
    }
    let failing = stack.failing(ADAS).await;
    let tenant = stack.config.tenants[0].id;
    let told = stack.administration().history(tenant, failing[0].wish, Language::English).await.unwrap();
    assert_eq!(told.item.map(|item| item.wish), Some(failing[0].wish));
    let events: Vec<&str> = told.history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(
        (events.first(), events.last()),
        (Some(&"wish.accepted"), Some(&"wish.refused")),
        "{events:?}"
    );
}

#[tokio::test]
async fn frq_08_the_node_that_synchronizes_a_mailbox_is_shown_and_can_be_chosen() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    assert_eq!(stack.administered(ADAS).await.line.node.as_deref(), Some("test"));
    let (tenant, address) = (stack.config.tenants[0].id, SmtpAddress::new(ADAS));
    let by = Actor::Program("tests".into());
    let try_to_pin = async |node: Option<&str>| {
        let node = node.map(str::to_owned);
        stack.administration().pin(tenant, &address, node, &by, Language::English).await
    };
    let pin = async |node| try_to_pin(node).await.expect("a node of that name was there");
    let pinned = pin(Some("test")).await;
    assert_eq!((pinned.pinned.as_deref(), pinned.line.node.as_deref()), (Some("test"), Some("test")));
    let refused = try_to_pin(Some("elsewhere")).await.expect_err("nobody was ever called so");
    assert_eq!(refused.code, Code::BadRequest);
    assert!(
        refused.facts.iter().any(|fact| fact.value.contains("elsewhere") && fact.value.contains("test")),
        "{refused:?}"
    );
    assert_eq!(stack.administered(ADAS).await.pinned.as_deref(), Some("test"), "it stays as it was");
    // A node that does not live synchronizes nothing: another one does as long.
    stack.store.take_over("elsewhere", StoreSharing::Shared, stack.clock.now()).await.expect("a name");
    let pinned = pin(Some("elsewhere")).await;
    assert_eq!((pinned.pinned.as_deref(), pinned.line.node.as_deref()), (Some("elsewhere"), Some("test")));
    assert_eq!(pin(None).await.pinned, None);
}

#[tokio::test]
async fn a_tenant_whose_mailboxes_are_all_adopted_is_asked_once_whom_it_has() {
    let stack = service().await;
    let mark = stack.mark();
    let tenant = stack.config.tenants[0].id;
    stack.administration().adopt(tenant).await.expect("everybody can be asked");
    let all = stack.administration().mailboxes(tenant, None, Language::English).await.expect("mailboxes");
    let on = all.mailboxes.iter().filter(|line| line.state == MailboxState::On).count();
    assert!(on > 2, "{all:?}");
    let asked: Vec<String> = stack.since(mark).into_iter().map(|entry| entry.path).collect();
    let directory = asked.iter().filter(|path| path.contains("queues")).count();
    assert_eq!(directory, 1, "whoever asks anew for each of thousands asks for millions: {asked:#?}");
}

#[tokio::test]
async fn cfg_02_a_mailbox_that_could_not_be_tested_when_it_was_adopted_is_tested_again() {
    let stack = service().await;
    let tenant = stack.config.tenants[0].id;
    stack.arm(refused(Service::Graph, "GET", "/messages", 503, None));
    stack.administration().adopt(tenant).await.expect("each mailbox answers for itself");
    assert_ne!(stack.administered(ADAS).await.line.state, MailboxState::On);
    stack.world.faults.clear();
    // Exchange asks for a while to be left alone.
    stack.clock.advance_ms(FIVE_MINUTES_MS);
    stack.administration().adopt(tenant).await.expect("each mailbox answers for itself");
    assert_eq!(stack.administered(ADAS).await.line.state, MailboxState::On);
    stack.order(ADAS, Order::Stop).await.unwrap();
    stack.administration().adopt(tenant).await.expect("each mailbox answers for itself");
    assert_ne!(stack.administered(ADAS).await.line.state, MailboxState::On, "what somebody stopped stays so");
}
