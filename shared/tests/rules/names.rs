//! The names by which things are known, and how they stand on the wire.

use crate::situations::*;
use shared::api::admin::{MailboxState, Order};
use shared::decision::RuleId;
use shared::email::Direction;
use shared::item::{ItemId, SmtpAddress};
use shared::mailbox::{Approval, Operation};
use shared::party::Role;
use shared::problem::{Code, Problem};
use shared::regarding::Table;
use shared::rules::Language;
use std::collections::BTreeSet;

#[test]
fn an_address_is_compared_without_regard_to_case_and_blanks() {
    assert_eq!(address(" Ada@Northlight.EXAMPLE "), address("ada@northlight.example"));
    assert_eq!(address("Ada@x.example").to_string(), "ada@x.example");
    assert_eq!(String::from(address("Ada@x.example")), "ada@x.example");
    assert_eq!(SmtpAddress::from("Ada@x.example".to_owned()), address("ada@x.example"));
}

#[test]
fn what_can_be_no_mailbox_is_no_plausible_address() {
    let long = |n: usize| format!("{}@x.example", "a".repeat(n - 10));
    for plausible in ["a@b", "ada.brandt@northlight.example", "größe@x.example", &long(320)] {
        assert!(address(plausible).is_plausible(), "{plausible}");
    }
    for not in ["", "@", "a@", "@b", "a", "a@b@c", "a b@c", "a@b c", "a@b\u{7}", "a\u{a0}@b", &long(321)] {
        assert!(!address(not).is_plausible(), "{not}");
    }
}

#[test]
fn an_id_of_office_is_put_into_the_form_of_graph() {
    assert_eq!(ItemId::from_office("AAk/A+L=").to_string(), "AAk-A_L=");
    assert_eq!(ItemId::from_office("AAk-A_L="), ItemId("AAk-A_L=".into()));
}

#[test]
fn a_table_has_a_name_that_can_stand_in_an_address() {
    for name in ["account", "new_boat2", &"a".repeat(128)] {
        let table = Table::new(name).expect("a table's name");
        assert_eq!((table.to_string(), String::from(table)), (name.to_owned(), name.to_owned()));
    }
    for name in ["", "Account", "2boats", "_boat", "a b", "a'b", &"a".repeat(129)] {
        let refused = Table::new(name).expect_err("no table's name").to_string();
        assert!(refused.contains(&name[..name.len().min(60)]) && refused.len() < 160, "{refused}");
    }
}

#[test]
fn a_mail_is_outgoing_where_the_mailbox_itself_sent_it() {
    let mailbox = [address("ada@x.example"), address("a.brandt@x.example")];
    for (from, direction) in [
        (Some("A.Brandt@x.example"), Direction::Outgoing),
        (Some("ingrid@y.example"), Direction::Incoming),
        (None, Direction::Incoming),
    ] {
        assert_eq!(Direction::of(from.map(address).as_ref(), &mailbox), direction, "{from:?}");
    }
}

#[test]
fn roles_have_the_numbers_of_dataverse() {
    let masks = [Role::From, Role::To, Role::Cc, Role::Bcc].map(Role::participation_type_mask);
    assert_eq!(masks, [1, 2, 3, 4]);
}

#[test]
fn rules_and_problems_are_written_as_they_are_called() {
    assert_eq!(RuleId::Cat06.to_string(), "CAT-06");
    assert_eq!(Problem::new(Code::MessageGone).to_string(), "message-gone");
    let rules: BTreeSet<&str> = RuleId::ALL.iter().map(|rule| rule.as_str()).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!((rules.len(), codes.len()), (RuleId::ALL.len(), Code::ALL.len()));
    assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.http_status())));
}

#[test]
fn only_what_the_user_or_their_administrator_has_to_do_first_asks_them_to() {
    for code in Code::ALL {
        let asks = matches!(code, Code::InteractionRequired | Code::SignedOut | Code::ConsentRequired);
        assert_eq!(code.asks_to_sign_in(), asks, "{code:?}");
    }
}

#[test]
fn the_first_language_that_the_product_speaks_is_taken() {
    for (header, language) in [
        ("de", Language::German),
        ("de-AT,en;q=0.8", Language::German),
        ("fr, DE_ch;q=0.7, en", Language::German),
        ("en-GB, de", Language::English),
        ("fr, nl", Language::English),
        ("deutsch", Language::English),
        ("", Language::English),
    ] {
        assert_eq!(Language::from_accept_language(header), language, "{header}");
    }
}

#[test]
fn mbx_04_a_mailbox_is_in_one_state_that_has_a_word() {
    let stopped = || Operation::Stopped(Problem::new(Code::MailboxGone));
    for (approval, off) in [
        (Approval::Empty, "pending"),
        (Approval::Pending, "pending"),
        (Approval::Rejected, "rejected"),
        (Approval::Approved, "off"),
    ] {
        for (operation, word) in [(Operation::Off, off), (Operation::On, "on"), (stopped(), "stopped")] {
            assert_eq!(MailboxState::of(approval, &operation).as_str(), word, "{approval:?} {operation:?}");
        }
    }
    let words: BTreeSet<&str> = MailboxState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(words.len(), MailboxState::ALL.len());
    assert_eq!(Order::ALL.map(Order::as_str), ["approve", "reject", "test", "start", "stop"]);
}
