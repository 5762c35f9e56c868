//! Who has a mailbox, and who may have mail promoted.

use super::settings::application;
use crate::tenant::{Tenant, engine, id, problem, service, status, user};
use backend::caller::UserId;
use backend::crm::{Crm, CrmMailbox};
use sandbox::company::{ADA, BEN, CHIARA, DAN, PEOPLE, Person, QUEUE_ADDRESS, QUEUE_ID};
use sandbox::world::faults::{Kind, Place};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::item::SmtpAddress;
use shared::mailbox::MailboxKind;
use shared::problem::{Code, Problem};

async fn directory(tenant: &Tenant) -> Vec<CrmMailbox> {
    tenant.crm.directory(&service()).await.expect("the directory")
}

fn find<'a>(all: &'a [CrmMailbox], address: &str) -> Option<&'a CrmMailbox> {
    all.iter().find(|mailbox| mailbox.address == SmtpAddress::new(address))
}

#[tokio::test]
async fn enabled_users_and_active_queues_with_an_address_are_listed_once() {
    let tenant = Tenant::new();
    let mark = tenant.mark();
    let all = directory(&tenant).await;
    assert_eq!(tenant.round_trips(mark).len(), 1);
    for person in PEOPLE.iter().filter(|person| person.systemuser.is_some()) {
        let mailbox = find(&all, person.upn).expect(person.name);
        assert_eq!((mailbox.kind, mailbox.queue), (MailboxKind::User, None));
        assert_eq!(mailbox.acts_as, Some(UserId(id(person.oid))));
        assert_eq!(mailbox.name, person.name);
    }
    assert_eq!(find(&all, DAN.upn), None, "no licence");
    let queue = find(&all, QUEUE_ADDRESS).expect("the queue");
    assert_eq!((queue.kind, queue.queue), (MailboxKind::Queue, Some(id(QUEUE_ID))));
    assert_eq!(queue.acts_as, Some(UserId(id(ADA.oid))), "its owner");
    assert_eq!(all.len(), 4, "no programs, no queue without an address: {all:?}");
}

#[tokio::test]
async fn whoever_is_disabled_is_not_listed_and_their_queue_has_nobody() {
    let tenant = Tenant::new();
    let crm = tenant.world.crm();
    crm.set_owner("queues", id(QUEUE_ID), id(BEN.systemuser.unwrap())).await.unwrap();
    crm.deactivate("systemusers", id(BEN.systemuser.unwrap())).await.unwrap();
    let all = directory(&tenant).await;
    assert_eq!(find(&all, BEN.upn), None);
    assert_eq!(find(&all, QUEUE_ADDRESS).expect("the queue").acts_as, None);
    crm.deactivate("queues", id(QUEUE_ID)).await.unwrap();
    assert_eq!(find(&directory(&tenant).await, QUEUE_ADDRESS), None);
}

#[tokio::test]
async fn a_user_and_a_queue_with_one_address_are_one_mailbox() {
    let tenant = Tenant::new();
    tenant
        .world
        .crm()
        .update("queues", id(QUEUE_ID), json!({"emailaddress": CHIARA.upn.to_uppercase()}))
        .await
        .unwrap();
    let all = directory(&tenant).await;
    assert_eq!(find(&all, CHIARA.upn).expect("one").kind, MailboxKind::User);
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn a_directory_that_cannot_be_read_is_a_failure_and_not_an_empty_one() {
    for (trouble, code) in [
        (status(403, "0x80040220", None), Code::PrivilegeMissing),
        (status(500, "0x80040216", None), Code::CrmDown),
        (status(429, "0x80072326", Some("1")), Code::CrmThrottled),
        (Kind::DropAfter, Code::CrmDown),
    ] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, Place::Part, "queues?", trouble);
        assert_eq!(problem(tenant.crm.directory(&service()).await).1.code, code);
    }
}

async fn missing(tenant: &Tenant, person: &Person, kind: MailboxKind) -> Vec<(String, String)> {
    let problems = tenant.crm.missing_privileges(&engine(person), kind).await.expect("an answer");
    problems.iter().map(|p| (fact(p, "who"), fact(p, "privilege"))).collect()
}

fn fact(problem: &Problem, name: &str) -> String {
    assert_eq!(problem.code, Code::PrivilegeMissing);
    problem.facts.iter().find(|fact| fact.name == name).expect(name).value.clone()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(who, privilege)| ((*who).to_owned(), (*privilege).to_owned())).collect()
}

#[tokio::test]
async fn mbx_01_each_missing_privilege_is_named_with_what_it_is_needed_for() {
    let tenant = Tenant::new();
    for person in [&ADA, &BEN] {
        assert_eq!(missing(&tenant, person, MailboxKind::User).await, []);
        assert_eq!(missing(&tenant, person, MailboxKind::Queue).await, []);
    }
    let trainee = pairs(&[
        ("user", "prvCreateActivity"),
        ("user", "prvWriteActivity"),
        ("user", "prvAppendActivity"),
        ("user", "prvAppendToActivity"),
    ]);
    assert_eq!(missing(&tenant, &CHIARA, MailboxKind::User).await, trainee);
    let mut owner = trainee.clone();
    owner.push(("user".to_owned(), "prvAppendToQueue".to_owned()));
    assert_eq!(missing(&tenant, &CHIARA, MailboxKind::Queue).await, owner);
    let problems = tenant.crm.missing_privileges(&user(&CHIARA), MailboxKind::User).await.unwrap();
    assert!(fact(&problems[0], "needed_for").contains("creating"), "{problems:?}");
}

#[tokio::test]
async fn mbx_01_the_applications_own_missing_privileges_are_named_as_its_own() {
    let tenant = Tenant::new();
    let own = application(&tenant).await;
    tenant.world.crm().set_roles(own, &["Regarding Engine", "Sales Trainee"]).await.unwrap();
    assert_eq!(missing(&tenant, &ADA, MailboxKind::User).await, []);
    tenant.world.crm().set_roles(own, &["Sales Manager"]).await.unwrap();
    let access = user(&ADA);
    assert_eq!(
        tenant.crm.missing_privileges(&access, MailboxKind::User).await,
        Ok(vec![]),
        "nobody acts for her"
    );
    let (kind, refused) = problem(tenant.crm.missing_privileges(&engine(&ADA), MailboxKind::User).await);
    assert_eq!((kind, refused.code), ("refused", Code::PrivilegeMissing));
    assert!(fact(&refused, "privilege").contains("prvActOnBehalfOfAnotherUser"), "{refused:?}");
}

#[tokio::test]
async fn whoever_has_no_user_has_no_privileges_to_list() {
    let tenant = Tenant::new();
    let (kind, refused) = problem(tenant.crm.missing_privileges(&engine(&DAN), MailboxKind::User).await);
    assert_eq!((kind, refused.code), ("refused", Code::NotLicensed));
}

#[tokio::test]
async fn cat_27_mailboxes_that_any_delivery_method_sets_to_the_legacy_client_are_found() {
    let tenant = Tenant::new();
    assert_eq!(tenant.crm.legacy_mailboxes(&service()).await, Ok(Vec::new()));
    let all = tenant.rows("mailboxes").await;
    let of = |person: &Person| {
        let row = all.iter().find(|row| row["emailaddress"] == person.upn).expect("a mailbox");
        id(row["mailboxid"].as_str().expect("an id"))
    };
    for (person, column, value) in [
        (ADA, "incomingemaildeliverymethod", 1),
        (BEN, "actdeliverymethod", 0),
        (CHIARA, "outgoingemaildeliverymethod", 1),
    ] {
        tenant.world.crm().update("mailboxes", of(&person), json!({column: value})).await.unwrap();
    }
    let found = |mailboxes: Vec<SmtpAddress>| mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let seen = found(tenant.crm.legacy_mailboxes(&service()).await.unwrap());
    assert_eq!(seen, [ADA.upn, BEN.upn, CHIARA.upn]);
    tenant.world.crm().deactivate("mailboxes", of(&ADA)).await.unwrap();
    let seen = found(tenant.crm.legacy_mailboxes(&service()).await.unwrap());
    assert_eq!(seen, [BEN.upn, CHIARA.upn], "one that is out of use does not count");
}

#[tokio::test]
async fn cat_27_mailboxes_that_cannot_be_read_are_a_failure_and_not_none() {
    let tenant = Tenant::new();
    tenant.world.crm().set_roles(application(&tenant).await, &[]).await.unwrap();
    let (kind, refused) = problem(tenant.crm.legacy_mailboxes(&service()).await);
    assert_eq!((kind, refused.code), ("refused", Code::PrivilegeMissing));
    let tenant = Tenant::new();
    tenant.fault(Service::Dataverse, Place::Part, "mailboxes?", status(500, "0x80040216", None));
    assert_eq!(problem(tenant.crm.legacy_mailboxes(&service()).await).1.code, Code::CrmDown);
}
