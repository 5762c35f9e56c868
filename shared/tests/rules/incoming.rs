//! One record per mail.

use crate::situations::*;
use shared::decision::RuleId;
use shared::email::{CrmEmail, CrmEmailId, Direction, InternetMessageId};
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
    let foreign = crm_email(CrmEmailId(Uuid::from_u128(77)), Direction::Incoming);
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
    let sent = crm_email(CrmEmailId(Uuid::from_u128(77)), Direction::Outgoing);
    let received = |settings| {
        promotion(ORGANIZATION, &id, Direction::Incoming, std::slice::from_ref(&sent), settings).answer
    };
    assert!(matches!(received(&on), Promotion::Create(_)));
    assert_eq!(received(&off), Promotion::Existing(sent.id));
}

#[test]
fn inc_06_the_id_of_a_record_is_made_of_what_makes_the_mail_one_and_stays_for_ever() {
    let two = Settings::default();
    let one = Settings { two_activities: TwoActivities::Off, ..two.clone() };
    // Name-based (version 5) over these very facts. There are records with such ids in people's CRMs.
    for (settings, direction, id) in [
        (&two, Direction::Incoming, "67d74df9-d7d5-52c5-b47d-20dd0bf687fd"),
        (&two, Direction::Outgoing, "d4f2bb90-9d50-577e-90a9-434c8e66501e"),
        (&one, Direction::Incoming, "e5262e6a-39af-5cf1-9d42-3d5b2097526a"),
        (&one, Direction::Outgoing, "e5262e6a-39af-5cf1-9d42-3d5b2097526a"),
    ] {
        assert_eq!(own_id(settings, direction).0.to_string(), id, "{direction:?}");
    }
}

#[test]
fn inc_06_of_several_records_of_one_mail_it_is_the_same_one_for_everybody() {
    let id = InternetMessageId("<1@fjordline.example>".into());
    let settings = Settings::default();
    let own = own_id(&settings, Direction::Incoming);
    let foreign = |n| crm_email(CrmEmailId(Uuid::from_u128(n)), Direction::Incoming);
    let taken =
        |existing: &[CrmEmail]| promotion(ORGANIZATION, &id, Direction::Incoming, existing, &settings).answer;
    let ours = crm_email(own, Direction::Incoming);
    assert_eq!(taken(&[foreign(2), foreign(1)]), Promotion::Existing(foreign(1).id));
    assert_eq!(taken(&[foreign(1), foreign(2)]), Promotion::Existing(foreign(1).id));
    assert_eq!(taken(&[foreign(1), ours, foreign(2)]), Promotion::Existing(own));
}
