//! The reference model, held against sentences of the catalogue.

use std::collections::BTreeSet;
use tests::model::End::{GivenUp, NotTracked, RecordGone, Tracked};
use tests::model::{Circumstances, End, Fact, ends};

const ARRIVED: Fact = Fact::Arrived { mail: 0, who: 0, on: false, answers: None };
const ON: Fact = Fact::PutOn { mail: 0, who: 0 };
const OFF: Fact = Fact::TakenOff { mail: 0, who: 0 };
const LOOKED: Fact = Fact::Looked { who: 0 };
const CLICK: Fact = Fact::Wished { mail: 0, who: 0, id: 7, track: true, delete: false };

fn end_of(facts: &[Fact]) -> BTreeSet<End> {
    ends(facts, 0, 0, Circumstances { filters: [1; 3], troubled: false, sent: false })
}

fn only<const N: usize>(ends: [End; N]) -> BTreeSet<End> {
    BTreeSet::from(ends)
}

#[test]
fn cat_02_the_category_tracks_and_cat_06_taken_off_it_untracks() {
    assert_eq!(end_of(&[ARRIVED]), only([NotTracked]));
    assert_eq!(end_of(&[ARRIVED, ON]), only([Tracked]));
    assert_eq!(end_of(&[ARRIVED, ON, LOOKED, OFF]), only([NotTracked]));
    assert_eq!(end_of(&[ARRIVED, ON, LOOKED, OFF, LOOKED, ON]), only([Tracked]));
}

#[test]
fn cat_22_the_last_word_counts_and_words_that_cross_leave_it_open() {
    let ended = Fact::Ended { id: 7, refused: false };
    assert_eq!(end_of(&[ARRIVED, CLICK, ended.clone()]), only([Tracked]));
    assert_eq!(end_of(&[ARRIVED, CLICK, ended, OFF]), only([NotTracked]));
    assert_eq!(end_of(&[ARRIVED, CLICK, OFF]), only([Tracked, NotTracked]));
}

#[test]
fn a_wish_that_was_refused_leaves_what_was_before() {
    let refused = Fact::Ended { id: 7, refused: true };
    assert_eq!(end_of(&[ARRIVED, CLICK, refused]), only([NotTracked]));
}

#[test]
fn del_02_a_record_deleted_in_the_crm_may_stay_deleted() {
    let deleted = Fact::RecordDeleted { mail: 0 };
    assert_eq!(end_of(&[ARRIVED, ON, LOOKED, deleted]), only([Tracked, RecordGone]));
}

#[test]
fn ret_03_only_trouble_excuses_giving_up() {
    let troubled = ends(&[ARRIVED, ON], 0, 0, Circumstances { filters: [1; 3], troubled: true, sent: false });
    assert_eq!(troubled, only([Tracked, GivenUp]));
}

#[test]
fn cat_15_a_copy_that_nobody_touched_may_follow_another_recipients() {
    let other = Fact::PutOn { mail: 0, who: 1 };
    assert_eq!(end_of(&[ARRIVED, other]), only([Tracked, NotTracked]));
}

#[test]
fn del_01_of_a_message_that_is_gone_nothing_is_expected() {
    assert_eq!(end_of(&[ARRIVED, ON, Fact::Gone { mail: 0, who: 0 }]), only([]));
}

#[test]
fn inc_01_mail_of_a_mailbox_that_takes_all_must_be_tracked_unless_something_came_in_between() {
    let takes_all = Circumstances { filters: [0; 3], troubled: false, sent: false };
    let of = |facts: &[Fact], around| ends(facts, 0, 0, around);
    assert_eq!(of(&[ARRIVED], takes_all), only([Tracked]));
    let either = only([NotTracked, Tracked]);
    assert_eq!(of(&[ARRIVED, Fact::Filtered], takes_all), either);
    assert_eq!(of(&[ARRIVED], Circumstances { sent: true, ..takes_all }), either);
}
