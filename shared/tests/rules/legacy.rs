//! Category tracking beside Dynamics 365 for Outlook.

use crate::situations::address;
use shared::decision::RuleId;
use shared::item::SmtpAddress;
use shared::rules::legacy::{Warning, turns_on, warning};
use shared::rules::{Language, explain};
use shared::settings::CATALOGUE;
use shared::settings::catalogue::TRACK_CATEGORIZED;

fn legacy(count: usize) -> Vec<SmtpAddress> {
    (1..=count).map(|n| address(&format!("user{n}@x.example"))).collect()
}

#[test]
fn cat_27_an_organization_with_the_legacy_client_is_warned_when_it_turns_category_tracking_on() {
    for value in ["true", " TRUE ", "1"] {
        let decision = warning(&TRACK_CATEGORIZED, value, &legacy(2));
        assert_eq!((decision.answer, decision.rule), (Warning::NotSupported, RuleId::Cat27));
        for language in Language::ALL {
            let told = explain(&decision.reason(), language);
            assert!(told.contains("Dynamics 365 for Outlook"), "{told}");
            assert!(told.contains("user1@x.example, user2@x.example"), "{told}");
        }
    }
}

#[test]
fn cat_27_nobody_is_warned_without_the_legacy_client_or_when_it_is_turned_off() {
    assert_eq!(warning(&TRACK_CATEGORIZED, "true", &[]).answer, Warning::None);
    for value in ["false", "0", "perhaps", ""] {
        assert_eq!(warning(&TRACK_CATEGORIZED, value, &legacy(1)).answer, Warning::None, "{value}");
    }
    for other in CATALOGUE.iter().filter(|setting| **setting != TRACK_CATEGORIZED) {
        assert!(!turns_on(other, "true") && !turns_on(other, "1"), "{}", other.name);
    }
}

#[test]
fn cat_27_of_many_mailboxes_the_first_are_named_and_all_are_counted() {
    let told = explain(&warning(&TRACK_CATEGORIZED, "true", &legacy(3)).reason(), Language::English);
    assert!(told.contains("user3@x.example") && !told.contains('…'), "{told}");
    let told = explain(&warning(&TRACK_CATEGORIZED, "true", &legacy(40)).reason(), Language::English);
    assert!(told.contains("40 mailbox(es)") && told.contains("user3@x.example, …"), "{told}");
    assert!(!told.contains("user4@x.example"), "{told}");
}
