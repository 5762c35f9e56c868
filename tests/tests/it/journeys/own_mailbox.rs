//! What a user is told of their own mailbox, and of nobody else's.

use backend::clock::Clock as _;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, Person};
use sandbox::dataverse::Trouble;
use shared::RuleId;
use shared::api::OwnMailbox;
use shared::api::admin::Order;
use shared::category::TRACKED;
use shared::problem::Code;
use tests::{Answer, Stack};

const ADAS: &str = ADA.upn;

/// Somebody asks how a mailbox is synchronized.
async fn ask(stack: &Stack, who: &Person, mailbox: &str) -> Answer {
    stack.pane(who).call(Method::GET, &format!("/api/mailbox?mailbox={mailbox}"), None).await
}

fn rules(told: &OwnMailbox) -> Vec<RuleId> {
    told.lines.iter().filter_map(|line| line.rule).collect()
}

fn said(told: &OwnMailbox, piece: &str) -> bool {
    told.lines.iter().any(|line| line.text.contains(piece))
}

#[tokio::test]
async fn mbx_04_users_see_state_cycles_interval_and_counts_of_their_own_mailbox() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    let told: OwnMailbox = ask(&stack, &ADA, ADAS).await.json();
    assert!(said(&told, "is synchronized") && said(&told, "1 done, 0 given up"), "{told:#?}");
    let administered = stack.administered(ADAS).await.cycles;
    assert_eq!(rules(&told), [RuleId::Cfg02, administered.why.expect("a reason").rule], "{told:#?}");
    let times: Vec<_> = told.lines.iter().filter_map(|line| line.at).collect();
    assert_eq!(times, [administered.last.unwrap(), administered.next.unwrap()]);
    assert_eq!(told.failing, vec![]);
}

#[tokio::test]
async fn mbx_04_what_fails_is_named_by_its_subject_with_reason_and_rule() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.hinder(Trouble::PlugIn { message: "No mail on Fridays.".into() });
    stack.cycle(ADAS).await;
    let told: OwnMailbox = ask(&stack, &ADA, ADAS).await.json();
    let [failing] = &told.failing[..] else { panic!("{told:#?}") };
    assert_eq!(failing.subject, "Offer for twelve ferries");
    assert_eq!(failing.lines[0].rule, Some(RuleId::Ret04));
    assert!(failing.lines[0].text.contains("No mail on Fridays."), "{failing:#?}");
    assert!(
        failing.lines.last().is_some_and(|line| line.at > Some(stack.clock.now())),
        "when it is tried again"
    );
    stack.delete_message(&mail).await;
    let told: OwnMailbox = ask(&stack, &ADA, ADAS).await.json();
    assert_eq!(told.failing[0].subject, "(no longer in the mailbox)");
}

#[tokio::test]
async fn mbx_04_nobody_is_told_anything_of_somebody_elses_mailbox() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let refused = ask(&stack, &BEN, ADAS).await;
    assert_eq!((refused.status, refused.problem().code), (StatusCode::BAD_REQUEST, Code::BadRequest));
    assert!(refused.problem().title.contains("its own user"), "{:?}", refused.problem());
    let own: OwnMailbox = ask(&stack, &BEN, BEN.upn).await.json();
    assert!(!format!("{own:?}").contains(ADAS));
}

#[tokio::test]
async fn mbx_04_whoevers_mailbox_is_not_synchronized_is_told_why_and_what_still_works() {
    let stack = Stack::synchronizing(&[]).await;
    let unknown: OwnMailbox = ask(&stack, &ADA, ADAS).await.json();
    assert_eq!(rules(&unknown), [RuleId::Cfg01]);
    assert!(said(&unknown, "works all the same"), "{unknown:#?}");
    stack.synchronize(ADAS).await;
    stack.order(ADAS, Order::Stop).await.unwrap();
    let stopped: OwnMailbox = ask(&stack, &ADA, ADAS).await.json();
    assert_eq!(rules(&stopped)[0], RuleId::Cfg02);
    let path = format!("/api/mailbox?mailbox={ADAS}");
    let german: OwnMailbox = stack.pane(&ADA).in_german().call(Method::GET, &path, None).await.json();
    assert!(said(&german, "wird nicht synchronisiert"), "{german:#?}");
}
