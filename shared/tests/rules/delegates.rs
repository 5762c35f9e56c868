//! Working in somebody else's mailbox, and mapping one's own folders.

use crate::situations::*;
use shared::category::{MasterCategory, MasterList, TRACKED};
use shared::decision::RuleId;
use shared::mailbox::MailboxKind;
use shared::problem::Code;
use shared::rules::delegates::{CategoryOf, Names, names_differ};
use shared::rules::folders::{MOST_MAPPED, Owner, Purpose, accept_folder, accept_mailbox, too_many};

fn list(of: &[(&str, &str)]) -> MasterList {
    MasterList::Readable(of.iter().map(|(id, name)| master(id, name)).collect())
}

fn compared(
    yours: (&MasterList, Option<&MasterCategory>),
    owners: (&MasterList, Option<&MasterCategory>),
) -> (Names, Vec<String>) {
    let of = |(list, known)| CategoryOf { list, known };
    let said = names_differ(of(yours), of(owners));
    assert_eq!(said.rule, RuleId::Cat26);
    (said.answer, said.facts.into_iter().map(|fact| fact.value).collect())
}

#[test]
fn cat_26_where_delegate_and_owner_call_the_category_differently_both_names_are_told() {
    let (plain, crm) = (list(&[("1", TRACKED)]), master("7", "CRM"));
    let renamed = list(&[("7", "CRM")]);
    let both = vec![TRACKED.to_owned(), "CRM".to_owned()];
    assert_eq!(compared((&plain, None), (&renamed, Some(&crm))), (Names::Differ, both.clone()));
    // Hidden from the delegate, the owner's has the name under which it was last seen.
    assert_eq!(compared((&plain, None), (&MasterList::Hidden, Some(&crm))), (Names::Differ, both));
}

#[test]
fn cat_26_the_same_name_is_the_same_whatever_its_case() {
    let (plain, upper) = (list(&[("1", TRACKED)]), list(&[("2", "TRACKED TO DYNAMICS 365")]));
    assert_eq!(compared((&plain, None), (&upper, None)).0, Names::Same);
}

#[test]
fn cat_26_a_category_that_is_not_there_or_that_nobody_ever_saw_names_nothing() {
    let (empty, renamed, crm) = (list(&[]), list(&[("7", "CRM")]), master("7", "CRM"));
    for nothing in [(&empty, None), (&empty, Some(&crm)), (&MasterList::Hidden, None)] {
        assert_eq!(compared(nothing, (&renamed, Some(&crm))), (Names::Same, vec![]));
        assert_eq!(compared((&renamed, Some(&crm)), nothing), (Names::Same, vec![]));
    }
}

#[test]
fn fld_01_a_user_maps_folders_of_their_own_mailbox_and_nobody_those_of_a_queue() {
    for (owner, kind, expected) in [
        (Owner::Oneself, Some(MailboxKind::User), true),
        (Owner::Oneself, None, true),
        (Owner::Oneself, Some(MailboxKind::Queue), false),
        (Owner::SomebodyElse, Some(MailboxKind::User), false),
        (Owner::SomebodyElse, Some(MailboxKind::Queue), false),
        (Owner::SomebodyElse, None, false),
    ] {
        let said = accept_mailbox(owner, kind);
        assert_eq!((said.answer.is_ok(), said.rule), (expected, RuleId::Fld01), "{owner:?} {kind:?}");
    }
}

#[test]
fn fld_01_folders_that_mail_is_filed_into_can_be_mapped_25_at_most() {
    assert!(accept_folder(Purpose::Filing).answer.is_ok());
    let refused = accept_folder(Purpose::System);
    assert_eq!((refused.answer.map_err(|p| p.code), refused.rule), (Err(Code::BadRequest), RuleId::Fld01));
    assert_eq!(MOST_MAPPED, 25);
    let problem = too_many();
    assert!(problem.code == Code::BadRequest && problem.facts[0].value.contains("25"));
}
