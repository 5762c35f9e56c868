//! The store's contract: mailboxes, and what administrators change of them.

use super::bed::Bed;
use super::samples::*;
use backend::caller::UserId;
use backend::store::{
    Actor, EnabledMailbox, Enrolled, MailboxChange, MailboxRecord, NewMailbox, StoredSubscription,
};
use shared::UtcMs;
use shared::category::{CategoryLife, KnownCategory};
use shared::mailbox::{Approval, MailboxKind, Operation, TestResult};
use shared::problem::{Code, Problem};
use shared::rules::mailboxes::Reading;

on_every_store! {
    a_mailbox_is_enrolled_once_off_and_untried,
    what_is_said_of_a_known_mailbox_again_is_brought_up_to_date_and_nothing_else,
    each_change_of_a_mailbox_changes_that_and_is_told_with_its_author,
    an_unknown_mailbox_is_not_changed,
    mailboxes_that_are_on_are_told_briefly_and_found_by_address,
    an_address_that_moved_is_that_of_the_mailbox_enrolled_last,
    a_subscription_is_known_by_its_id_with_its_secret,
    a_category_that_was_taken_out_of_the_list_is_known_as_such_until_a_cycle_keeps_it_again,
    no_tenant_sees_anothers_mailboxes,
}

fn enrolled(mailbox: &NewMailbox) -> MailboxRecord {
    MailboxRecord {
        tenant: TENANT,
        mailbox: mailbox.mailbox,
        address: mailbox.address.clone(),
        name: mailbox.name.clone(),
        kind: mailbox.kind,
        queue: mailbox.queue,
        acts_as: mailbox.acts_as,
        approval: mailbox.approval,
        incoming: TestResult::NotRun,
        outgoing: TestResult::NotRun,
        operation: Operation::Off,
        start: mailbox.now,
        transient_failures: 0,
        retry_at: None,
        pinned: None,
        category: None,
        folders_link: None,
        subscription: None,
    }
}

async fn a_mailbox_is_enrolled_once_off_and_untried(s: Bed) {
    let (person, mut queue) = (new_mailbox(ada(), "ada"), new_mailbox(ben(), "sales"));
    (queue.kind, queue.queue, queue.acts_as) = (MailboxKind::Queue, Some(id(9)), None);
    for new in [&person, &queue] {
        assert_eq!(s.enroll(new).await.unwrap(), Enrolled::New);
    }
    assert_eq!(s.mailbox(TENANT, ada()).await.unwrap(), Some(enrolled(&person)));
    assert_eq!(s.mailbox_at(TENANT, &address("sales")).await.unwrap(), Some(enrolled(&queue)));
    assert_eq!(s.mailboxes(TENANT).await.unwrap(), [enrolled(&person), enrolled(&queue)]);
    assert_eq!(s.enabled_mailboxes().await.unwrap(), []);
    let before = s.dump().await;
    assert_eq!(s.enroll(&person).await.unwrap(), Enrolled::Known);
    assert_eq!(s.dump().await, before, "nothing new, nothing written");
}

async fn what_is_said_of_a_known_mailbox_again_is_brought_up_to_date_and_nothing_else(s: Bed) {
    let first = new_mailbox(ada(), "ada");
    s.enroll(&first).await.unwrap();
    s.amend_mailbox(TENANT, ada(), &MailboxChange::Start, &administrator(), UtcMs(20)).await.unwrap();
    let renamed = NewMailbox {
        name: "Ada L.".into(),
        acts_as: None,
        approval: Approval::Empty,
        now: UtcMs(30),
        ..new_mailbox(ada(), "ada.l")
    };
    assert_eq!(s.enroll(&renamed).await.unwrap(), Enrolled::Known);
    let expected = MailboxRecord {
        address: address("ada.l"),
        name: "Ada L.".into(),
        operation: Operation::On,
        ..enrolled(&first)
    };
    assert_eq!(s.mailbox(TENANT, ada()).await.unwrap(), Some(expected));
    assert_eq!(s.mailbox_at(TENANT, &address("ada")).await.unwrap(), None);
}

async fn each_change_of_a_mailbox_changes_that_and_is_told_with_its_author(s: Bed) {
    s.enroll(&new_mailbox(ada(), "ada")).await.unwrap();
    let mut expected = enrolled(&new_mailbox(ada(), "ada"));
    let problem = Problem::new(Code::MailboxDenied).because("mailbox", "ada");
    type Effect = fn(&mut MailboxRecord);
    let changes: [(MailboxChange, Effect, &str); 10] = [
        (
            MailboxChange::Approval(Approval::Approved),
            |m| m.approval = Approval::Approved,
            "mailbox.approval",
        ),
        (
            MailboxChange::Tested {
                incoming: TestResult::Success,
                outgoing: TestResult::Failure(problem.clone()),
                acts_as: Some(UserId(id(7))),
            },
            |m| {
                m.incoming = TestResult::Success;
                let problem = Problem::new(Code::MailboxDenied).because("mailbox", "ada");
                (m.outgoing, m.acts_as) = (TestResult::Failure(problem), Some(UserId(id(7))));
            },
            "mailbox.tested",
        ),
        (MailboxChange::Start, |m| m.operation = Operation::On, "mailbox.started"),
        (
            MailboxChange::Failed {
                problem: Problem::new(Code::ExchangeDown),
                failures: 3,
                retry_at: UtcMs(77),
            },
            |m| (m.transient_failures, m.retry_at) = (3, Some(UtcMs(77))),
            "mailbox.failed",
        ),
        (
            MailboxChange::Stop(problem.clone()),
            |m| {
                let problem = Problem::new(Code::MailboxDenied).because("mailbox", "ada");
                (m.operation, m.retry_at) = (Operation::Stopped(problem), None);
            },
            "mailbox.stopped",
        ),
        (
            MailboxChange::Start,
            |m| (m.operation, m.transient_failures) = (Operation::On, 0),
            "mailbox.started",
        ),
        (MailboxChange::StartDate(UtcMs(5)), |m| m.start = UtcMs(5), "mailbox.start_date"),
        (MailboxChange::Pin(Some("node-1".into())), |m| m.pinned = Some("node-1".into()), "mailbox.pinned"),
        (MailboxChange::Recovered, |_| {}, "mailbox.recovered"),
        (MailboxChange::TurnOff, |m| m.operation = Operation::Off, "mailbox.turned_off"),
    ];
    for (change, effect, event) in changes {
        effect(&mut expected);
        let amended = s.amend_mailbox(TENANT, ada(), &change, &administrator(), UtcMs(50)).await.unwrap();
        assert_eq!(amended, Some(expected.clone()), "{change:?}");
        assert_eq!(s.mailbox(TENANT, ada()).await.unwrap(), Some(expected.clone()));
        let told = s.trail(TENANT).await.pop().expect("a row");
        assert_eq!((told.event.as_str(), told.user, told.at), (event, id(0xad), UtcMs(50)));
        assert!(told.detail.contains(&ada().0.to_string()), "{}", told.detail);
    }
    for (by, word) in [(Actor::Program("nightly".into()), "nightly"), (Actor::Engine, "engine")] {
        s.amend_mailbox(TENANT, ada(), &MailboxChange::Pin(None), &by, UtcMs(60)).await.unwrap();
        let told = s.trail(TENANT).await.pop().expect("a row");
        assert!(told.user.is_nil() && told.detail.contains(word), "{told:?}");
    }
}

async fn an_unknown_mailbox_is_not_changed(s: Bed) {
    s.enroll(&new_mailbox(ada(), "ada")).await.unwrap();
    let before = s.dump().await;
    for (tenant, mailbox) in [(TENANT, ben()), (STRANGER, ada())] {
        let amended =
            s.amend_mailbox(tenant, mailbox, &MailboxChange::Start, &administrator(), UtcMs(1)).await;
        assert_eq!(amended.unwrap(), None);
    }
    assert_eq!(s.dump().await, before);
}

async fn mailboxes_that_are_on_are_told_briefly_and_found_by_address(s: Bed) {
    for (mailbox, name) in [(ada(), "ada"), (ben(), "ben")] {
        s.enroll(&new_mailbox(mailbox, name)).await.unwrap();
    }
    for change in [MailboxChange::Pin(Some("node-2".into())), MailboxChange::Start] {
        s.amend_mailbox(TENANT, ada(), &change, &administrator(), UtcMs(1)).await.unwrap();
    }
    let on = EnabledMailbox {
        tenant: TENANT,
        mailbox: ada(),
        address: address("ada"),
        pinned: Some("node-2".into()),
        retry_at: None,
    };
    assert_eq!(s.enabled_mailboxes().await.unwrap(), std::slice::from_ref(&on));
    let people = [address("ben"), address("ada"), address("nobody")];
    assert_eq!(s.mailboxes_at(TENANT, &people).await.unwrap(), [on]);
    assert_eq!(s.mailboxes_at(TENANT, &[]).await.unwrap(), []);
    assert_eq!(s.mailboxes_at(STRANGER, &people).await.unwrap(), []);
}

async fn an_address_that_moved_is_that_of_the_mailbox_enrolled_last(s: Bed) {
    s.enroll(&new_mailbox(ada(), "info")).await.unwrap();
    s.enroll(&NewMailbox { now: UtcMs(20), ..new_mailbox(ben(), "info") }).await.unwrap();
    let found = s.mailbox_at(TENANT, &address("info")).await.unwrap().expect("a mailbox");
    assert_eq!(found.mailbox, ben());
}

async fn a_subscription_is_known_by_its_id_with_its_secret(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let subscription =
        StoredSubscription { id: "sub-1".into(), client_state: "secret".into(), expires: UtcMs(90) };
    s.save_subscription(&lease, ada(), Some(&subscription)).await.unwrap();
    let found = s.subscription("sub-1").await.unwrap();
    assert_eq!(found, Some((TENANT, ada(), address("ada"), "secret".into())));
    assert_eq!(s.subscription("sub-2").await.unwrap(), None);
    let record = s.mailbox(TENANT, ada()).await.unwrap().expect("a mailbox");
    assert!(!format!("{record:?}").contains("secret"));
    assert_eq!(record.subscription, Some(subscription));
    s.save_subscription(&lease, ada(), None).await.unwrap();
    assert_eq!(s.subscription("sub-1").await.unwrap(), None);
    assert_eq!(s.mailbox(TENANT, ada()).await.unwrap().and_then(|m| m.subscription), None);
}

async fn a_category_that_was_taken_out_of_the_list_is_known_as_such_until_a_cycle_keeps_it_again(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let gone = KnownCategory { life: CategoryLife::NotKept, ..known("Tracked") };
    s.save_category(&lease, ada(), &gone, Reading::On).await.unwrap();
    let seen = async || s.knowledge(TENANT, &name("a"), Some(&key("a"))).await.unwrap().category;
    assert_eq!(seen().await, Some(gone.clone()));
    assert_eq!(s.mailbox(TENANT, ada()).await.unwrap().and_then(|m| m.category), Some(gone.clone()));
    s.accept_wish(&wish(1, "a", 1)).await.unwrap();
    s.end_wish(&lease, &end(1, "a", Some(link(7)), 2)).await.unwrap();
    assert_eq!(seen().await, Some(gone), "a wish saw it in the list, where anybody may have put it");
    s.save_category(&lease, ada(), &known("Tracked"), Reading::On).await.unwrap();
    assert_eq!(seen().await, Some(known("Tracked")));
}

async fn no_tenant_sees_anothers_mailboxes(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    assert_eq!(s.mailboxes(STRANGER).await.unwrap(), []);
    assert_eq!(s.mailbox(STRANGER, ada()).await.unwrap(), None);
    assert_eq!(s.mailbox_at(STRANGER, &address("ada")).await.unwrap(), None);
    assert_eq!(s.folders(STRANGER, ada()).await.unwrap(), []);
    let same = NewMailbox { tenant: STRANGER, ..new_mailbox(ada(), "ada") };
    assert_eq!(s.enroll(&same).await.unwrap(), Enrolled::New);
    assert_eq!(s.mailboxes(TENANT).await.unwrap().len(), 1);
}
