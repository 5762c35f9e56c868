//! How soon an item is due.

use shared::UtcMs;
use shared::decision::RuleId;
use shared::rules::timing::{Trigger, due};

#[test]
fn frq_04_a_wish_is_due_at_once() {
    let decision = due(Trigger::Wish, UtcMs(5));
    assert_eq!((decision.answer, decision.rule), (UtcMs(5), RuleId::Frq04));
}

#[test]
fn frq_05_no_trigger_lets_a_person_ask_for_a_synchronization_as_such() {
    // People can only wish; restart and retry are the service's own.
    assert_eq!(due(Trigger::Restart, UtcMs(5)).rule, RuleId::Frq05);
    assert_eq!(due(Trigger::Retry { due: UtcMs(3) }, UtcMs(5)).answer, UtcMs(5));
    assert_eq!(due(Trigger::Retry { due: UtcMs(9) }, UtcMs(5)).answer, UtcMs(9));
}
