//! How many round trips things take, as the other side's journal has it.

use super::opportunity;
use sandbox::company::{ADA, BEN, INGRID, OPPORTUNITIES};
use sandbox::world::journal::{Entry, Journal, Service};
use shared::status::Status;
use shared::wish::RecordFate;
use tests::{Mail, Pane, Stack};

/// The journal in short, for people to read when a figure is not met.
fn told(asked: &[Entry]) -> String {
    let line = |e: &Entry| {
        let ended = e.ended.map_or(0, |tick| tick.0);
        format!("{:?} {} {} [{}-{ended}] {:?}\n", e.service, e.method, e.path, e.began.0, e.status)
    };
    asked.iter().filter(|entry| entry.parent.is_none()).map(line).collect()
}

/// Ada with warm tokens, as after an earlier click, and a mail that her pane has opened.
///
/// The other side takes a moment for each answer: what is sent at the same time then also is so in the journal.
async fn warm(stack: &Stack) -> (Pane, Mail) {
    let ada = stack.pane(&ADA);
    let earlier = stack.mail_to(&ADA).await;
    ada.open(&earlier).await;
    assert_eq!(ada.track(&earlier).await.status, Status::Tracked);
    let mail = stack.mail_to(&ADA).await;
    ada.open(&mail).await;
    for service in [Service::Entra, Service::Graph, Service::Dataverse] {
        stack.world.faults.set_latency(service, 3);
    }
    (ada, mail)
}

#[tokio::test]
async fn from_click_to_tracked_are_at_most_two_round_trips_in_sequence() {
    let stack = Stack::start().await;
    let (ada, mail) = warm(&stack).await;
    let mark = stack.mark();
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    let asked = stack.since(mark);
    assert!(Journal::depth(&asked) <= 2, "{}", told(&asked));
    assert!(asked.iter().filter(|entry| entry.parent.is_none()).count() <= 4, "{}", told(&asked));
}

#[tokio::test]
async fn set_regarding_after_a_search_takes_at_most_three_round_trips_the_search_included() {
    let stack = Stack::start().await;
    let (ada, mail) = warm(&stack).await;
    // The table of opportunities is known from an earlier choice.
    let earlier = stack.mail_to(&ADA).await;
    ada.set_regarding(&earlier, opportunity(&OPPORTUNITIES[1])).await;
    let mark = stack.mark();
    let found = ada.search("depth sounders").await;
    let chosen = found.records[0].record.clone();
    assert_eq!(ada.set_regarding(&mail, chosen).await.status, Status::Tracked);
    let asked = stack.since(mark);
    assert!(Journal::depth(&asked) <= 3, "{}", told(&asked));
}

#[tokio::test]
async fn untracking_takes_at_most_three_round_trips_with_the_record_and_two_without() {
    let stack = Stack::start().await;
    let (ada, mail) = warm(&stack).await;
    for (fate, most) in [(RecordFate::Keep, 2), (RecordFate::Delete, 3)] {
        ada.track(&mail).await;
        let mark = stack.mark();
        assert_eq!(ada.untrack(&mail, fate).await.status, Status::NotTracked);
        let asked = stack.since(mark);
        assert!(Journal::depth(&asked) <= most, "{fate:?}: {}", told(&asked));
    }
}

#[tokio::test]
async fn tracking_a_tracked_item_again_writes_nothing() {
    let stack = Stack::start().await;
    let (ada, mail) = warm(&stack).await;
    ada.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await;
    let mark = stack.mark();
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    assert_eq!(ada.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await.status, Status::Tracked);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    let writes: Vec<_> =
        stack.since(mark).into_iter().filter(|entry| !matches!(&*entry.method, "GET" | "POST")).collect();
    assert!(writes.is_empty(), "{writes:#?}");
}

#[tokio::test]
async fn a_colleague_who_tracks_the_same_mail_adds_only_the_category() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    stack.pane(&ADA).track(&first).await;
    let mark = stack.mark();
    stack.pane(&BEN).track(&stack.copy_in(BEN.upn, &first.internet_message_id)).await;
    assert_eq!(stack.changed_since(mark), ["message.categories"]);
}

#[tokio::test]
async fn looking_asks_in_one_round_trip_once_the_message_is_known() {
    let stack = Stack::start().await;
    let (ada, mail) = warm(&stack).await;
    let mark = stack.mark();
    ada.open(&mail).await;
    let asked = stack.since(mark);
    assert_eq!(Journal::depth(&asked), 1, "{}", told(&asked));
}
