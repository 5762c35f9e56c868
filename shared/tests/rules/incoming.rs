//! One record per mail.

use crate::situations::*;
use shared::decision::RuleId;
use shared::email::{Direction, InternetMessageId};
use shared::rules::incoming::{Promotion, promotion};
use shared::settings::{Settings, TwoActivities};
use uuid::Uuid;

#[test]
fn inc_06_one_record_for_one_message_id() {
    let id = InternetMessageId("<m@x>".into());
    let settings = Settings::default();
    let first = promotion(ORGANIZATION, &id, Direction::Incoming, &[], &settings);
    assert_eq!(first.rule, RuleId::Inc06);
    let Promotion::Create(a) = first.answer else { panic!("nothing is there yet") };
    let again =
        promotion(ORGANIZATION, &id, Direction::Incoming, &[crm_email(a, Direction::Incoming)], &settings);
    assert_eq!(again.answer, Promotion::Existing(a));
    let other = promotion(Uuid::from_u128(1), &id, Direction::Incoming, &[], &settings);
    assert_ne!(other.answer, Promotion::Create(a));
}

#[test]
fn inc_06_a_record_that_somebody_else_made_is_taken_over() {
    let id = InternetMessageId("<m@x>".into());
    let foreign = crm_email(shared::email::CrmEmailId(Uuid::from_u128(77)), Direction::Incoming);
    let decision = promotion(
        ORGANIZATION,
        &id,
        Direction::Incoming,
        std::slice::from_ref(&foreign),
        &Settings::default(),
    );
    assert_eq!(decision.answer, Promotion::Existing(foreign.id));
}

#[test]
fn inc_06_with_two_activities_each_direction_has_its_own() {
    let id = InternetMessageId("<m@x>".into());
    let on = Settings::default();
    let off = Settings { two_activities: TwoActivities::Off, ..on.clone() };
    let sent = crm_email(shared::email::CrmEmailId(Uuid::from_u128(77)), Direction::Outgoing);
    let received = |settings| {
        promotion(ORGANIZATION, &id, Direction::Incoming, std::slice::from_ref(&sent), settings).answer
    };
    assert!(matches!(received(&on), Promotion::Create(_)));
    assert_eq!(received(&off), Promotion::Existing(sent.id));
}
