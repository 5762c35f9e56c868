//! Which mail that nobody touched is tracked by itself.

use super::account;
use http::Method;
use sandbox::company::{ADA, BEN, FJORDLINE, INGRID, QUEUE_ADDRESS, QUEUE_ID, YUKI};
use sandbox::dataverse::Filter;
use serde_json::json;
use shared::RuleId;
use shared::category::TRACKED;
use shared::status::Status;
use tests::{Mail, Stack, letter};

const ADAS: &str = ADA.upn;
const STRANGER: &str = "stranger@nowhere.example";
const METHODS: [Filter; 5] =
    [Filter::All, Filter::InResponse, Filter::Customers, Filter::AnyRecord, Filter::None];

/// One mail from each kind of sender, with what it is: an answer, from a contact, an account, a lead, a colleague,
/// a stranger.
async fn one_of_each(stack: &Stack, to: &str) -> Vec<(&'static str, Mail)> {
    let first = stack.deliver(INGRID.email, &[to], "Tracked by hand").await;
    stack.categorize(&first, &[TRACKED], &[]).await;
    stack.cycle(to).await;
    stack.clock.advance_ms(60_000);
    let mut answer = letter(STRANGER, &[to], "Re: Tracked by hand");
    answer["inReplyTo"] = json!(first.internet_message_id);
    let mut mails = vec![("answer", stack.post(answer).await)];
    for (kind, from) in [
        ("contact", INGRID.email),
        ("account", FJORDLINE.email),
        ("lead", YUKI.email),
        ("colleague", BEN.upn),
        ("stranger", STRANGER),
    ] {
        mails.push((kind, stack.deliver(from, &[to], &format!("From a {kind}")).await));
    }
    stack.cycle(to).await;
    mails
}

/// What of it was tracked.
async fn taken(stack: &Stack, mails: &[(&'static str, Mail)]) -> Vec<&'static str> {
    let mut taken = Vec::new();
    for (kind, mail) in mails {
        let emails = stack.emails(&mail.internet_message_id).await.len();
        let shows = stack.categories(mail).expect("a mail").contains(&TRACKED.to_owned());
        assert_eq!(emails == 1, shows, "{kind}: both sides agree");
        taken.extend((emails == 1).then_some(*kind));
    }
    taken
}

fn taken_by(filter: Filter) -> &'static [&'static str] {
    match filter {
        Filter::All => &["answer", "contact", "account", "lead", "colleague", "stranger"],
        Filter::InResponse => &["answer"],
        Filter::Customers => &["answer", "contact", "account", "lead"],
        Filter::AnyRecord => &["answer", "contact", "account", "lead", "colleague"],
        Filter::None => &[],
    }
}

#[tokio::test]
async fn inc_01_each_user_chooses_which_mail_is_tracked() {
    for filter in METHODS {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.set_filter(&ADA, filter).await;
        let mails = one_of_each(&stack, ADAS).await;
        assert_eq!(taken(&stack, &mails).await, taken_by(filter), "{filter:?}");
    }
}

#[tokio::test]
async fn inc_01_who_chose_nothing_has_the_answers_to_tracked_mail() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mails = one_of_each(&stack, ADAS).await;
    assert_eq!(taken(&stack, &mails).await, ["answer"]);
}

#[tokio::test]
async fn inc_01_an_organization_can_force_one_for_all() {
    for (own, forced) in [(Filter::All, Filter::InResponse), (Filter::None, Filter::Customers)] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.set_filter(&ADA, own).await;
        let forced_code = (forced as i64).to_string();
        stack.set_and_wait("SSSForceFilteringMethodForUserMailboxes", &forced_code).await;
        let mails = one_of_each(&stack, ADAS).await;
        assert_eq!(taken(&stack, &mails).await, taken_by(forced), "{forced:?} over {own:?}");
    }
}

#[tokio::test]
async fn inc_01_what_is_forced_on_users_leaves_queues_alone() {
    let stack = Stack::synchronizing(&[QUEUE_ADDRESS]).await;
    stack.world.crm().set_filter(QUEUE_ID.parse().unwrap(), Filter::Customers).await.unwrap();
    stack.set_and_wait("SSSForceFilteringMethodForUserMailboxes", "4").await;
    let mails = one_of_each(&stack, QUEUE_ADDRESS).await;
    assert_eq!(taken(&stack, &mails).await, taken_by(Filter::Customers));
}

#[tokio::test]
async fn inc_01_an_organization_can_stop_all_of_it() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::All).await;
    stack.set_and_wait("DoNotAutoTrackEmail", "true").await;
    let mails = one_of_each(&stack, ADAS).await;
    assert_eq!(taken(&stack, &mails).await, Vec::<&str>::new());
}

#[tokio::test]
async fn inc_02_tracking_by_hand_ignores_the_filter() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::None).await;
    stack.set_and_wait("DoNotAutoTrackEmail", "true").await;
    let by_category = stack.deliver(STRANGER, &[ADAS], "By the category").await;
    stack.categorize(&by_category, &[TRACKED], &[]).await;
    let in_pane = stack.deliver(STRANGER, &[ADAS], "In the pane").await;
    let ada = stack.pane(&ADA);
    ada.set_regarding(&in_pane, account(&FJORDLINE)).await;
    let mut follower = ada.follow(&in_pane).await;
    stack.cycle(ADAS).await;
    let told = follower.until(|state| state.status == Status::Tracked).await;
    assert!(told.why.iter().any(|why| why.rule == RuleId::Inc02), "{:?}", told.why);
    for mail in [&by_category, &in_pane] {
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn inc_07_sent_items_are_tracked_by_themselves_only_where_the_organization_says_so() {
    for (says, tracked) in [("false", false), ("true", true)] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.set_filter(&ADA, Filter::Customers).await;
        stack.set_and_wait("AutoTrackSentFolderItems", says).await;
        stack.cycle(ADAS).await;
        let mut sent = letter(ADAS, &[INGRID.email], "Our offer");
        sent["sentCopy"] = json!("keep");
        sent["internetMessageId"] = json!("<our-offer@tests.example>");
        stack.act(Method::POST, "exchange/deliver", &sent).await;
        stack.cycle(ADAS).await;
        let emails = stack.emails("<our-offer@tests.example>").await;
        assert_eq!(emails.len(), usize::from(tracked), "{says}");
        assert!(emails.iter().all(|email| email["directioncode"] == true));
    }
}

#[tokio::test]
async fn inc_07_a_sent_mail_to_nobody_that_the_filter_means_stays_in_outlook() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::Customers).await;
    stack.set_and_wait("AutoTrackSentFolderItems", "true").await;
    stack.cycle(ADAS).await;
    let mut sent = letter(ADAS, &[STRANGER], "Lunch?");
    sent["sentCopy"] = json!("keep");
    sent["internetMessageId"] = json!("<lunch@tests.example>");
    stack.act(Method::POST, "exchange/deliver", &sent).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert!(stack.emails("<lunch@tests.example>").await.is_empty());
}

#[tokio::test]
async fn mbx_02_only_mail_received_after_the_mailboxs_start_date_is_tracked_by_itself() {
    let stack = Stack::start_with(|setup| {
        setup.pace = backend::sync::Pace::ByHand;
        setup.config.limits.wish_patience_ms = 0;
    })
    .await;
    stack.set_filter(&ADA, Filter::All).await;
    let before = stack.mail_to(&ADA).await;
    stack.clock.advance_ms(60_000);
    let mailbox = stack.synchronize(ADAS).await;
    assert_eq!(mailbox.start, backend::clock::Clock::now(&*stack.clock), "now, and it is shown");
    let after = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    assert!(stack.emails(&before.internet_message_id).await.is_empty());
    assert_eq!(stack.emails(&after.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn mbx_02_an_administrator_can_set_an_earlier_start_date() {
    let stack = Stack::start_with(|setup| {
        setup.pace = backend::sync::Pace::ByHand;
        setup.config.limits.wish_patience_ms = 0;
    })
    .await;
    stack.set_filter(&ADA, Filter::All).await;
    let before = stack.mail_to(&ADA).await;
    stack.clock.advance_ms(60_000);
    let start = stack.synchronize(ADAS).await.start.plus_ms(-60_000);
    let (tenant, address) = (stack.config.tenants[0].id, shared::item::SmtpAddress::new(ADAS));
    let by = backend::store::Actor::Program("tests".into());
    let language = shared::rules::Language::English;
    let set = stack.administration().set_start(tenant, &address, start, &by, language).await.unwrap();
    assert_eq!(set.start, start);
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&before.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn mbx_02_mail_of_the_same_second_as_what_was_seen_last_is_seen_too() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::All).await;
    for _ in 0..3 {
        // Exchange tells the time of receipt in whole seconds.
        let mail = stack.mail_to(&ADA).await;
        stack.cycle(ADAS).await;
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn inc_01_what_lies_in_junk_email_or_deleted_items_is_not_tracked_by_itself() {
    for folder in ["junkemail", "deleteditems"] {
        let stack = Stack::synchronizing(&[ADAS]).await;
        stack.set_filter(&ADA, Filter::All).await;
        stack.cycle(ADAS).await;
        let mail = stack.deliver(STRANGER, &[ADAS], "You have won").await;
        stack.move_message(&mail, folder).await;
        assert_eq!(stack.cycle(ADAS).await.noticed, 0, "{folder}");
        // By hand it is tracked there like anywhere.
        stack.categorize(&mail, &[TRACKED], &[]).await;
        assert_eq!(stack.cycle(ADAS).await.noticed, 1, "{folder}");
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn inc_01_mail_that_says_it_comes_from_the_future_keeps_no_other_from_being_tracked() {
    const YEAR_MS: i64 = 365 * 86_400_000;
    let stack = Stack::synchronizing(&[ADAS]).await;
    stack.set_filter(&ADA, Filter::All).await;
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(YEAR_MS);
    stack.deliver(STRANGER, &[ADAS], "From the future").await;
    stack.clock.advance_ms(-YEAR_MS);
    stack.cycle(ADAS).await;
    stack.clock.advance_ms(600_000);
    let mail = stack.deliver(INGRID.email, &[ADAS], "From today").await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}
