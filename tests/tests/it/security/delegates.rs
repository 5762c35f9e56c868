//! Who may do what in whose mailbox: everybody in every mailbox, against what the mailboxes' owners allow.

use backend::store::{Store as _, WishState};
use sandbox::company::{ADA, BEN, CHIARA, DAN, INGRID, Person, QUEUE_ADDRESS};
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use shared::api::{ItemState, WishRequest};
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RegardingWish, Wish};
use std::time::Duration;
use tests::{Mail, Stack};
use uuid::Uuid;

const MAILBOXES: [&str; 5] = [ADA.upn, BEN.upn, CHIARA.upn, DAN.upn, QUEUE_ADDRESS];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    Nothing,
    Read,
    Write,
}

/// What the company's people have allowed each other.
fn right(person: &Person, mailbox: &str) -> May {
    let pair = (person.upn, mailbox);
    if person.upn == mailbox
        || [(ADA.upn, BEN.upn), (ADA.upn, QUEUE_ADDRESS), (BEN.upn, QUEUE_ADDRESS)].contains(&pair)
    {
        May::Write
    } else if pair == (CHIARA.upn, ADA.upn) {
        May::Read
    } else {
        May::Nothing
    }
}

/// Exchange alone decides here: in the CRM everybody who has a user may create emails.
async fn company() -> Stack {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    stack
}

fn track() -> Wish {
    Wish::Track { regarding: RegardingWish::Keep }
}

async fn wish(stack: &Stack, person: &Person, mail: &Mail) -> Option<ItemState> {
    let answer = stack.pane(person).send(mail, &WishRequest { id: Uuid::new_v4(), wish: track() }).await;
    answer.status.is_success().then(|| answer.json())
}

#[tokio::test]
async fn everybody_reads_what_they_may_read_and_nothing_else() {
    let stack = company().await;
    for mailbox in MAILBOXES {
        let mail = stack.deliver(INGRID.email, &[mailbox], "Offer").await;
        for person in [&ADA, &BEN, &CHIARA] {
            let place = format!("{} in {mailbox}", person.name);
            let answer = stack.pane(person).look(&mail).await;
            if right(person, mailbox) == May::Nothing {
                assert_eq!(answer.problem().code, Code::MailboxDenied, "{place}");
                assert!(!String::from_utf8_lossy(&answer.body).contains(INGRID.last), "{place}");
            } else {
                assert_eq!(answer.json::<ItemState>().status, Status::NotTracked, "{place}");
            }
        }
    }
}

#[tokio::test]
async fn everybody_tracks_where_they_may_write_and_nowhere_else() {
    for mailbox in MAILBOXES {
        for person in [&ADA, &BEN, &CHIARA] {
            let stack = company().await;
            let mail = stack.deliver(INGRID.email, &[mailbox], "Offer").await;
            let mark = stack.mark();
            let state = wish(&stack, person, &mail).await;
            let changed = stack.changed_since(mark);
            let place = format!("{} in {mailbox}: {state:#?}, {changed:?}", person.name);
            let is_tracked = state.as_ref().is_some_and(|state| state.status == Status::Tracked);
            let touched = changed.iter().any(|kind| kind.starts_with("message"));
            match right(person, mailbox) {
                May::Write => assert!(is_tracked && touched, "{place}"),
                May::Read => assert!(!is_tracked && !touched, "{place}"),
                May::Nothing => {
                    assert!(!is_tracked && changed.is_empty(), "{place}");
                    assert!(stack.emails(&mail.internet_message_id).await.is_empty(), "{place}");
                }
            }
        }
    }
}

#[tokio::test]
async fn who_may_nothing_is_told_nothing_on_any_other_route_either() {
    let stack = company().await;
    let mail = stack.deliver(INGRID.email, &[BEN.upn], "Offer").await;
    stack.pane(&BEN).track(&mail).await;
    for person in [&CHIARA, &DAN] {
        for rest in ["", "/suggestions", "/events"] {
            let path = format!("/api/items/{}{rest}?mailbox={}", mail.item, mail.mailbox);
            let answer = stack.pane(person).call(http::Method::GET, &path, None).await;
            assert!(answer.status.is_client_error(), "{} {path}: {}", person.name, answer.status);
            let told = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(
                !told.contains(INGRID.last) && !told.contains("Tracked"),
                "{} {path}: {told}",
                person.name
            );
        }
    }
}

/// Waits until the wish stands as wanted, without asking anybody but the store.
async fn until(stack: &Stack, wish: Uuid, wanted: impl Fn(&WishState) -> bool) {
    let tenant = stack.config.tenants[0].id;
    let found = async {
        loop {
            let state = stack.store.wish_state(tenant, wish).await.expect("a database").expect("a wish");
            if wanted(&state) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    assert!(found.is_ok(), "now: {:?}", stack.store.wish_state(tenant, wish).await);
}

#[tokio::test]
async fn the_engine_by_itself_finishes_wishes_in_the_users_own_mailbox_and_in_no_other() {
    for (mailbox, is_own) in [(ADA.upn, true), (QUEUE_ADDRESS, false), (BEN.upn, false)] {
        // The CRM is down while Ada wishes; when it is back, her token has ended.
        let stack = Stack::start_impatient().await;
        let mail = stack.deliver(INGRID.email, &[mailbox], "Offer").await;
        stack.arm(Fault::new(Kind::DropBefore).on(Service::Dataverse, "POST", "/$batch"));
        let request = WishRequest { id: Uuid::new_v4(), wish: track() };
        assert!(stack.pane(&ADA).send(&mail, &request).await.status.is_success());
        until(&stack, request.id, |state| matches!(state, WishState::Waiting { .. })).await;
        stack.world.faults.clear();
        let mark = stack.mark();
        stack.clock.advance_ms(3 * 3_600_000);
        if is_own {
            until(&stack, request.id, |state| *state == WishState::Fulfilled).await;
            assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
        } else {
            let waits_for_her = |state: &WishState| matches!(state, WishState::Waiting { problem, .. } if problem.code == Code::SignedOut);
            until(&stack, request.id, waits_for_her).await;
            let looked = stack.since(mark).into_iter().filter(|e| e.path.contains("/messages/")).count();
            assert_eq!(looked, 0, "the engine reads nobody's mail but the wishing user's: {mailbox}");
            assert_eq!(stack.categories(&mail), Some(vec![]), "{mailbox}");
            assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 0, "{mailbox}");
        }
    }
}
