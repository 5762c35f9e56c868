//! What administrators order over the API, and what comes of it.

use backend::clock::Clock as _;
use backend::config::Notifications;
use backend::sync::{Kind, Pace};
use http::{Method, StatusCode};
use sandbox::company::{ADA, CHIARA, DAN};
use sandbox::dataverse::Trouble;
use sandbox::world::courier::InProcess;
use serde_json::{Value, json};
use shared::api::admin::{
    FailingHistory, FailingItems, FailingState, Mailbox, MailboxState, Mailboxes, Setting, SettingSource,
    Settings, Tested,
};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::{RuleId, UtcMs};
use std::sync::Arc;
use tests::{Answer, Mail, Stack};

const ADAS: &str = ADA.upn;
const MINUTE_MS: i64 = 60_000;

/// Dan, who administers, asks for something.
async fn ask(stack: &Stack, path: &str) -> Answer {
    stack.pane(&DAN).call(Method::GET, &format!("/api/admin/{path}"), None).await
}

/// Dan orders something.
async fn order(stack: &Stack, method: Method, path: &str, body: Option<Value>) -> Answer {
    stack.pane(&DAN).call(method, &format!("/api/admin/{path}"), body.map(|body| body.to_string())).await
}

/// Somebody puts the category on a new mail of Ada's, and her mailbox is looked through.
async fn categorized(stack: &Stack) -> Mail {
    let mail = stack.mail_to(&ADA).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    mail
}

async fn is_tracked(stack: &Stack, mail: &Mail) -> bool {
    !stack.emails(&mail.internet_message_id).await.is_empty()
}

#[tokio::test]
async fn mbx_04_a_mailbox_is_told_of_from_the_first_approval_to_the_last_cycle() {
    let stack = Stack::start_with(|setup| setup.pace = Pace::ByHand).await;
    let all: Mailboxes = ask(&stack, "mailboxes").await.json();
    assert!(all.mailboxes.is_empty());
    let found = order(&stack, Method::POST, "mailboxes/discover", None).await;
    assert_eq!(found.status, StatusCode::OK);
    let pending: Mailboxes = ask(&stack, "mailboxes?state=pending").await.json();
    assert!(pending.mailboxes.iter().any(|one| one.address.as_str() == ADAS), "{pending:?}");
    let at = format!("mailboxes/{ADAS}");
    for (step, state) in
        [("approve", MailboxState::Off), ("test", MailboxState::On), ("stop", MailboxState::Off)]
    {
        let seen: Mailbox = order(&stack, Method::POST, &format!("{at}/{step}"), None).await.json();
        assert_eq!(seen.line.state, state, "{step}");
    }
    let seen: Mailbox = order(&stack, Method::POST, &format!("{at}/start"), None).await.json();
    assert_eq!((seen.incoming, seen.outgoing), (Tested::Success, Tested::Success));
    let mail = categorized(&stack).await;
    assert!(is_tracked(&stack, &mail).await);
    let seen: Mailbox = ask(&stack, &at).await.json();
    assert_eq!((seen.items.done, seen.items.failed), (1, 0));
    assert_eq!(seen.cycles.last, Some(stack.clock.now()));
    assert!(seen.cycles.next > seen.cycles.last && seen.cycles.why.is_some(), "{:?}", seen.cycles);
    assert_eq!(seen.line.node.as_deref(), Some("test"));
}

#[tokio::test]
async fn mbx_02_the_start_date_is_shown_and_can_be_chosen() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let seen: Mailbox = ask(&stack, &format!("mailboxes/{ADAS}")).await.json();
    assert_eq!(seen.start, stack.clock.now(), "from now on, unless somebody says otherwise");
    let earlier = stack.clock.now().plus_ms(-86_400_000);
    let path = format!("mailboxes/{ADAS}/start-date");
    let seen: Mailbox = order(&stack, Method::PUT, &path, Some(json!({"start": earlier}))).await.json();
    assert_eq!(seen.start, earlier);
}

#[tokio::test]
async fn mbx_01_what_a_test_found_is_told_in_the_administrators_language() {
    let stack = Stack::start_with(|setup| setup.pace = Pace::ByHand).await;
    let addresses = json!({"addresses": [CHIARA.upn]});
    order(&stack, Method::POST, "mailboxes", Some(addresses)).await;
    order(&stack, Method::POST, &format!("mailboxes/{}/approve", CHIARA.upn), None).await;
    let path = format!("/api/admin/mailboxes/{}/test", CHIARA.upn);
    let tested: Mailbox = stack.pane(&DAN).in_german().call(Method::POST, &path, None).await.json();
    let Tested::Failure(told) = &tested.incoming else { panic!("{tested:#?}") };
    assert_eq!(told.problem.code, Code::PrivilegeMissing);
    assert!(told.title.contains("Sicherheitsrolle") && told.remedy.contains("CRM-Administrator"), "{told:?}");
    assert_eq!(tested.line.state, MailboxState::Off);
}

#[tokio::test]
async fn cat_18_a_setting_is_changed_in_the_crms_own_document_and_counts_from_the_next_cycle_on() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let before: Settings = ask(&stack, "settings").await.json();
    let path = "settings/trackcategorizeditems";
    let off: Setting = order(&stack, Method::PUT, path, Some(json!({"value": "FALSE"}))).await.json();
    assert_eq!((off.name.as_str(), off.value.as_str()), ("TrackCategorizedItems", "false"));
    assert_eq!(off.source, SettingSource::Organization);
    let after: Settings = ask(&stack, "settings").await.json();
    let others =
        |all: &Settings| all.settings.iter().filter(|one| one.name != off.name).cloned().collect::<Vec<_>>();
    assert_eq!(others(&before), others(&after), "the others stay as they are");
    let mail = categorized(&stack).await;
    assert!(!is_tracked(&stack, &mail).await);
    order(&stack, Method::PUT, path, Some(json!({"value": "true"}))).await;
    let mail = categorized(&stack).await;
    assert!(is_tracked(&stack, &mail).await);
    let refused = order(&stack, Method::PUT, path, Some(json!({"value": "perhaps"}))).await;
    assert!(refused.problem().title.contains("true or false"), "{:?}", refused.problem());
}

#[tokio::test]
async fn cat_27_an_organization_with_the_legacy_client_is_warned_when_it_turns_category_tracking_on() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let path = "settings/TrackCategorizedItems";
    let turn = async |value: &str| -> Setting {
        order(&stack, Method::PUT, path, Some(json!({ "value": value }))).await.json()
    };
    assert_eq!(turn("true").await.warning, None, "nobody uses it");
    stack.use_legacy_client(&ADA).await;
    assert_eq!(turn("false").await.warning, None, "turned off, nothing is to be warned of");
    let on = turn("true").await;
    let warning = on.warning.expect("a warning");
    assert_eq!((on.value.as_str(), warning.rule), ("true", RuleId::Cat27));
    assert!(warning.text.contains("Dynamics 365 for Outlook") && warning.text.contains(ADAS), "{warning:?}");
    let mail = categorized(&stack).await;
    assert!(is_tracked(&stack, &mail).await, "a warning is no refusal");
    let body = Some(json!({"value": "true"}).to_string());
    let told = stack.pane(&DAN).in_german().call(Method::PUT, &format!("/api/admin/{path}"), body).await;
    let told: Setting = told.json();
    assert!(told.warning.expect("a warning").text.contains("alten Client"));
    let all: Settings = ask(&stack, "settings").await.json();
    assert!(all.settings.iter().all(|setting| setting.warning.is_none()), "only whoever turns it on");
}

#[tokio::test]
async fn ret_05_an_item_that_was_given_up_is_tried_again_when_an_administrator_says_so() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.hinder(Trouble::PlugIn { message: "Handled by the embassy.".into() });
    let mail = categorized(&stack).await;
    let failing = async || -> FailingItems { ask(&stack, &format!("failing?mailbox={ADAS}")).await.json() };
    let waiting = failing().await.items;
    assert!(matches!(waiting[0].state, FailingState::Waiting { .. }), "{waiting:?}");
    for _ in 0..6 {
        stack.clock.advance_ms(15 * MINUTE_MS);
        stack.cycle(ADAS).await;
    }
    let given_up = failing().await.items;
    assert_eq!((given_up.len(), given_up[0].state), (1, FailingState::Failed));
    stack.unhinder();
    let path = format!("failing/{}", given_up[0].wish);
    let retried = order(&stack, Method::POST, &format!("{path}/retry"), None).await;
    assert_eq!(retried.status, StatusCode::NO_CONTENT);
    stack.work(ADAS).await;
    assert!(is_tracked(&stack, &mail).await);
    assert!(failing().await.items.is_empty());
    let told: FailingHistory = ask(&stack, &path).await.json();
    assert_eq!(told.item, None);
    let events: Vec<&str> = told.history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(
        (events.first(), events.last()),
        (Some(&"wish.accepted"), Some(&"wish.fulfilled")),
        "{events:?}"
    );
    let again = order(&stack, Method::POST, &format!("{path}/retry"), None).await;
    assert_eq!(again.problem().code, Code::NotFound, "it does not fail any more");
}

/// A service with a subscription for Ada's mailbox, which Exchange can ring at.
async fn reachable() -> Stack {
    let stack = Stack::start_with(|setup| {
        setup.pace = Pace::ByHand;
        setup.config.notifications = Notifications::On;
    })
    .await;
    stack.world.set_courier(Arc::new(InProcess(stack.api())));
    stack.synchronize(ADAS).await;
    stack
}

/// When Ada's mailbox is looked through next.
async fn next_cycle(stack: &Stack) -> Option<UtcMs> {
    ask(stack, &format!("mailboxes/{ADAS}")).await.json::<Mailbox>().cycles.next
}

#[tokio::test]
async fn a_ring_counts_only_from_whoever_knows_the_subscriptions_secret() {
    let stack = reachable().await;
    stack.cycle(ADAS).await;
    let (id, secret) = {
        let exchange = stack.world.exchange();
        let one = exchange.subscriptions().next().expect("a subscription");
        (one.id, one.terms.client_state.clone().expect("a secret"))
    };
    let ring = async |subscription: String, secret: Option<&str>| {
        let notice = json!({"subscriptionId": subscription, "clientState": secret, "changeType": "updated"});
        let notices = json!({"value": [notice]}).to_string();
        let stranger = tests::Pane::with_token(stack.api(), "nobody's".into());
        let answer = stranger.call(Method::POST, "/api/notifications/graph", Some(notices)).await;
        (answer.status, answer.body)
    };
    let regular = next_cycle(&stack).await;
    let answered = ring(id.to_string(), Some(&secret)).await;
    let rung = next_cycle(&stack).await;
    assert!(rung < regular, "{rung:?} {regular:?}");
    stack.cycle(ADAS).await;
    let regular = next_cycle(&stack).await;
    let mut longer = secret.clone();
    longer.push('x');
    for (subscription, guess) in [
        (id.to_string(), "guess"),
        (id.to_string(), ""),
        (id.to_string(), &secret[1..]),
        (id.to_string(), &longer),
        (uuid::Uuid::new_v4().to_string(), &secret),
    ] {
        assert_eq!(ring(subscription, Some(guess)).await, answered, "who guesses learns nothing");
        assert_eq!(next_cycle(&stack).await, regular, "{guess}");
    }
}

#[tokio::test]
async fn a_subscription_that_exchange_removes_is_made_anew_when_it_says_so() {
    let stack = reachable().await;
    stack.cycle(ADAS).await;
    let the_one = || stack.world.exchange().subscriptions().next().map(|one| one.id);
    let first = the_one().expect("a subscription");
    let removed = json!({"event": "subscriptionRemoved"});
    stack.act(Method::POST, &format!("exchange/subscriptions/{first}/lifecycle"), &removed).await;
    assert_eq!(the_one(), None);
    let regular = next_cycle(&stack).await;
    assert!(stack.world.deliver_notifications().await > 0, "Exchange says so");
    assert!(next_cycle(&stack).await < regular);
    stack.cycle_of(ADAS, Kind::Full).await;
    assert!(the_one().is_some_and(|second| second != first));
}
