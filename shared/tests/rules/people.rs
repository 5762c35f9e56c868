//! Who the people on a mail are.

use crate::situations::*;
use shared::decision::RuleId;
use shared::party::{Chosen, Correspondent, RecordState, Role};
use shared::problem::Code;
use shared::regarding::{RecordKey, Table};
use shared::rules::people;
use shared::settings::{Settings, SeveralSenders};
use uuid::Uuid;

#[test]
fn ppl_01_a_sender_is_the_first_match_in_the_published_order() {
    let at = "max@x.example";
    let order = [
        Table::systemuser(),
        Table::contact(),
        Table::account(),
        Table::lead(),
        Table::equipment(),
        Table::team(),
        Table::businessunit(),
    ];
    let mut all: Vec<_> =
        order.iter().zip(1..).map(|(t, i)| candidate(t.clone(), 100 - i, at, None)).collect();
    all.reverse();
    for table in &order {
        let decision = people::resolve_sender(&address(at), &all, None, &Settings::default());
        assert_eq!(decision.rule, RuleId::Ppl01);
        assert_eq!(decision.answer.map(|r| r.key.table), Some(table.clone()));
        all.retain(|c| c.record.key.table != *table);
    }
    assert_eq!(people::resolve_sender(&address(at), &all, None, &Settings::default()).answer, None);
}

#[test]
fn ppl_01_the_tracking_users_own_record_wins_over_the_order() {
    let at = "maeve@x.example";
    let all = [candidate(Table::contact(), 1, at, None), candidate(Table::lead(), 2, at, Some(ADA))];
    let resolved = |user| people::resolve_sender(&address(at), &all, user, &Settings::default()).answer;
    assert_eq!(resolved(Some(ADA)).map(|r| r.key.id), Some(Uuid::from_u128(2)));
    assert_eq!(resolved(None).map(|r| r.key.id), Some(Uuid::from_u128(1)));
}

#[test]
fn ppl_01_more_than_a_hundred_matches_stay_unresolved() {
    let at = "info@x.example";
    let mut all: Vec<_> = (1..=100).map(|i| candidate(Table::contact(), i, at, None)).collect();
    let resolved = |all: &[_]| people::resolve_sender(&address(at), all, None, &Settings::default()).answer;
    assert!(resolved(&all).is_some());
    all.push(candidate(Table::contact(), 101, at, None));
    assert!(resolved(&all).is_none());
}

#[test]
fn ppl_01_several_matches_stay_unresolved_where_the_organization_says_so() {
    let at = "info@x.example";
    let settings = Settings { several_senders: SeveralSenders::Unresolve, ..Settings::default() };
    let all = [candidate(Table::contact(), 1, at, None), candidate(Table::contact(), 2, at, Some(ADA))];
    assert!(people::resolve_sender(&address(at), &all, Some(ADA), &settings).answer.is_none());
    assert!(people::resolve_sender(&address(at), &all[..1], Some(ADA), &settings).answer.is_some());
}

#[test]
fn ppl_01_and_ppl_02_inactive_records_and_other_addresses_do_not_count() {
    let mut inactive = candidate(Table::contact(), 1, "a@x.example", None);
    inactive.activity = RecordState::Inactive;
    let all = [inactive, candidate(Table::contact(), 2, "b@x.example", None)];
    assert!(
        people::resolve_sender(&address("A@x.example"), &all, None, &Settings::default()).answer.is_none()
    );
    assert!(people::resolve_recipient(&address("a@x.example"), &all).answer.is_empty());
}

#[test]
fn ppl_02_a_recipient_is_every_active_match() {
    let at = "info@x.example";
    let all = [candidate(Table::queue(), 3, at, None), candidate(Table::contact(), 1, at, None)];
    let decision = people::resolve_recipient(&address(" INFO@x.example "), &all);
    assert_eq!(decision.rule, RuleId::Ppl02);
    let tables: Vec<_> = decision.answer.iter().map(|r| r.key.table.as_str()).collect();
    assert_eq!(tables, ["contact", "queue"]);
}

#[test]
fn ppl_02_the_same_record_stands_once_in_a_role_and_the_unresolved_keep_their_address() {
    let on_it: Vec<Correspondent> =
        ["info@x.example", "second@x.example", "nobody@x.example", "nobody@x.example"]
            .iter()
            .map(|at| correspondent(Role::To, at))
            .collect();
    let all = [
        candidate(Table::contact(), 1, "info@x.example", None),
        candidate(Table::contact(), 1, "second@x.example", None),
    ];
    let parties = people::parties(&on_it, &all, None, &Settings::default(), &[]);
    assert_eq!(parties.len(), 2);
    assert!(parties[0].record.is_some());
    assert_eq!((parties[1].record.clone(), parties[1].address.as_str()), (None, "nobody@x.example"));
}

#[test]
fn ppl_01_a_queue_is_never_a_sender() {
    let at = "sales@x.example";
    let all = [candidate(Table::queue(), 1, at, None)];
    assert_eq!(people::resolve_sender(&address(at), &all, None, &Settings::default()).answer, None);
    let several = Settings { several_senders: SeveralSenders::Unresolve, ..Settings::default() };
    let all = [all[0].clone(), candidate(Table::contact(), 2, at, None)];
    let resolved = people::resolve_sender(&address(at), &all, None, &several).answer;
    assert_eq!(
        resolved.map(|r| r.key.table),
        Some(Table::contact()),
        "a queue does not count as another match"
    );
}

#[test]
fn ppl_01_only_the_tracking_users_own_records_win_over_the_order() {
    let at = "max@x.example";
    let other = Some(Uuid::from_u128(0xb0b));
    let resolved = |contact, user| {
        let all = [candidate(Table::contact(), 1, at, contact), candidate(Table::systemuser(), 2, at, None)];
        let found = people::resolve_sender(&address(at), &all, user, &Settings::default()).answer;
        found.map(|r| r.key.table)
    };
    assert_eq!(resolved(other, Some(ADA)), Some(Table::systemuser()), "somebody else's");
    assert_eq!(resolved(None, None), Some(Table::systemuser()), "nobody's");
    assert_eq!(resolved(Some(ADA), Some(ADA)), Some(Table::contact()));
}

fn chose(at: &str, id: u128) -> Chosen {
    Chosen { address: address(at), record: RecordKey { table: Table::contact(), id: Uuid::from_u128(id) } }
}

#[test]
fn ppl_03_of_several_matches_the_chosen_one_counts_for_senders_and_recipients() {
    let at = "maeve@x.example";
    let all = [candidate(Table::contact(), 1, at, Some(ADA)), candidate(Table::contact(), 2, at, None)];
    for role in [Role::From, Role::To, Role::Cc, Role::Bcc] {
        let somebody = correspondent(role, at);
        let resolve = |chosen: &[Chosen], settings: &Settings| {
            people::resolve(&somebody, &all, Some(ADA), settings, chosen)
        };
        let decision = resolve(&[chose("MAEVE@x.example", 2)], &Settings::default());
        assert_eq!(decision.rule, RuleId::Ppl03);
        let ids: Vec<_> = decision.answer.iter().map(|record| record.key.id.as_u128()).collect();
        assert_eq!(ids, [2], "{role:?}");
        let unresolved = Settings { several_senders: SeveralSenders::Unresolve, ..Settings::default() };
        assert_eq!(resolve(&[chose(at, 2)], &unresolved).answer.len(), 1, "several no more");
        for nothing in [vec![], vec![chose("other@x.example", 2)], vec![chose(at, 3)]] {
            assert_ne!(resolve(&nothing, &Settings::default()).rule, RuleId::Ppl03);
        }
    }
}

#[test]
fn ppl_03_a_choice_is_passed_over_once_its_record_does_not_match_any_more() {
    let at = "maeve@x.example";
    let mut all = vec![candidate(Table::contact(), 1, at, None), candidate(Table::contact(), 2, at, None)];
    all[1].activity = RecordState::Inactive;
    let sender = correspondent(Role::From, at);
    let decision = people::resolve(&sender, &all, None, &Settings::default(), &[chose(at, 2)]);
    assert_eq!((decision.rule, decision.answer[0].key.id), (RuleId::Ppl01, Uuid::from_u128(1)));
}

#[test]
fn ppl_03_the_chosen_record_becomes_the_party() {
    let at = "maeve@x.example";
    let all = [candidate(Table::contact(), 1, at, None), candidate(Table::contact(), 2, at, None)];
    let on_it = [correspondent(Role::From, at), correspondent(Role::To, at)];
    let parties = people::parties(&on_it, &all, None, &Settings::default(), &[chose(at, 2)]);
    let ids: Vec<_> = parties.iter().filter_map(|p| p.record.as_ref()).map(|r| r.key.id.as_u128()).collect();
    assert_eq!(ids, [2, 2]);
}

#[test]
fn ppl_03_only_one_of_several_matches_of_somebody_on_the_message_can_be_chosen() {
    let (at, queue) = ("maeve@x.example", "sales@x.example");
    let all = [
        candidate(Table::contact(), 1, at, None),
        candidate(Table::contact(), 2, at, None),
        candidate(Table::contact(), 3, "alone@x.example", None),
        candidate(Table::contact(), 4, queue, None),
        candidate(Table::queue(), 5, queue, None),
    ];
    let on_it = [
        correspondent(Role::To, at),
        correspondent(Role::To, "alone@x.example"),
        correspondent(Role::From, queue),
    ];
    let accepted = |choice: &Chosen, on_it: &[Correspondent]| {
        let decision = people::accept_choice(choice, on_it, &all);
        assert_eq!(decision.rule, RuleId::Ppl03);
        decision.answer.map_err(|problem| problem.code)
    };
    assert_eq!(accepted(&chose(at, 2), &on_it), Ok(()));
    for (choice, on_it) in [
        (chose(at, 3), &on_it[..]),
        (chose("alone@x.example", 3), &on_it[..]),
        (chose(at, 2), &on_it[1..]),
        (chose(queue, 4), &on_it[..]),
    ] {
        assert_eq!(accepted(&choice, on_it), Err(Code::BadRequest), "{choice:?}");
    }
}
