//! Several messages at once, and whole conversations.

use crate::situations::*;
use shared::UtcMs;
use shared::api::{MANY_MAX, THREAD_MAX};
use shared::decision::RuleId;
use shared::email::{Draft, Message};
use shared::item::ItemId;
use shared::problem::Code;
use shared::rules::several::{Stands, Whole, accept, accept_count, is_to_be_tracked, of_thread};
use shared::wish::{RecordFate, RegardingWish, Wish};

#[test]
fn cat_09_one_to_a_hundred_items_are_worked_on_at_once() {
    assert_eq!(MANY_MAX, 100);
    for (count, expected) in [(0, false), (1, true), (2, true), (100, true), (101, false), (9_999, false)] {
        let said = accept_count(count);
        assert_eq!((said.answer.is_ok(), said.rule), (expected, RuleId::Cat09), "{count}");
        if let Err(problem) = said.answer {
            assert_eq!(problem.code, Code::BadRequest);
            let told = if count == 0 { "no item".to_owned() } else { count.to_string() };
            assert!(problem.facts[0].value.contains(&told), "{problem:?}");
        }
    }
}

#[test]
fn unt_01_of_several_no_record_is_deleted() {
    let clear = Wish::Track { regarding: RegardingWish::Clear };
    for (wish, expected) in [
        (track(), true),
        (clear, true),
        (untrack(RecordFate::Keep), true),
        (untrack(RecordFate::Delete), false),
    ] {
        let said = accept(&wish);
        assert_eq!((said.answer.is_ok(), said.rule), (expected, RuleId::Unt01), "{wish:?}");
    }
}

fn of(id: usize, received: i64) -> Message {
    Message { id: ItemId(format!("{id:03}")), received: UtcMs(received), ..message(&[]) }
}

#[test]
fn cat_11_every_email_of_the_thread_that_was_sent_is_tracked_the_newest_first() {
    let draft = Message { draft: Draft::Draft, ..of(9, 99) };
    let said = of_thread(vec![of(2, 5), draft, of(1, 5), of(3, 7)]);
    let ids: Vec<String> = said.answer.0.iter().map(|m| m.id.to_string()).collect();
    assert_eq!((ids, said.answer.1), (["003", "001", "002"].map(str::to_owned).to_vec(), Whole::Yes));
    assert_eq!((said.rule, said.facts[0].value.as_str()), (RuleId::Cat11, "3"));
}

#[test]
fn cat_11_of_a_very_long_thread_the_newest_are_tracked() {
    let thread = |length: usize| of_thread((0..length).map(|n| of(n, n as i64)).collect()).answer;
    assert_eq!(thread(0).1, Whole::Yes);
    assert_eq!((thread(THREAD_MAX).0.len(), thread(THREAD_MAX).1), (THREAD_MAX, Whole::Yes));
    let (newest, whole) = thread(THREAD_MAX + 1);
    assert_eq!((newest.len(), whole), (THREAD_MAX, Whole::No));
    assert!(newest.iter().all(|m| m.received > UtcMs(0)), "the oldest is left out");
}

#[test]
fn cat_11_what_is_tracked_stays_as_it_is_unless_it_shall_be_regarding_another_record() {
    for (stands, regarding, expected) in [
        (Stands::Tracked, RegardingWish::Keep, false),
        (Stands::Tracked, RegardingWish::Clear, true),
        (Stands::Tracked, RegardingWish::Set(account()), true),
        (Stands::Otherwise, RegardingWish::Keep, true),
        (Stands::Otherwise, RegardingWish::Clear, true),
    ] {
        let said = is_to_be_tracked(stands, &regarding);
        assert_eq!((said.answer, said.rule), (expected, RuleId::Cat11), "{stands:?} {regarding:?}");
    }
}
