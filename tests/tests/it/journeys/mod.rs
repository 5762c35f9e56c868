//! What people do and what comes of it, on the real service, the real database and the sandbox.
//!
//! Time is simulated: nothing here sleeps. A state that comes by itself is awaited through the item's events,
//! as a pane awaits it.

use sandbox::company::{Account, Case, Contact, Opportunity};
use sandbox::world::faults::{Fault, Kind, Place};
use sandbox::world::journal::Service;
use shared::problem::Code;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::status::Status;

mod administering;
mod attachments;
mod categories;
mod category_life;
mod conversations;
mod copies;
mod failing;
mod figures;
mod filters;
mod folders;
mod folders_mapped;
mod hostile;
mod incoming;
mod mailboxes;
mod many;
mod notifications;
mod outages;
mod own_mailbox;
mod people;
mod permissions;
mod queues;
mod racing;
mod regarding;
mod repeating;
mod replies;
mod restarting;
mod resync;
mod retries;
mod rhythm;
mod searching;
mod taking_back;
mod timing;
mod tracking;
mod untracking;
mod why;

fn record(table: Table, id: &str, name: &str) -> RecordRef {
    let id = id.parse().expect("the company's ids are GUIDs");
    RecordRef { key: RecordKey { table, id }, name: name.to_owned() }
}

fn account(account: &Account) -> RecordRef {
    record(Table::account(), account.id, account.name)
}

fn contact(contact: &Contact) -> RecordRef {
    record(Table::contact(), contact.id, &format!("{} {}", contact.first, contact.last))
}

fn opportunity(opportunity: &Opportunity) -> RecordRef {
    record(Table::opportunity(), opportunity.id, opportunity.name)
}

fn case(case: &Case) -> RecordRef {
    record(Table::incident(), case.id, case.title)
}

/// The code of the problem that a status tells of.
fn code(status: &Status) -> Option<Code> {
    match status {
        Status::Waiting { problem, .. } | Status::Failed { problem, .. } => Some(problem.code),
        _ => None,
    }
}

fn failed(status: &Status) -> bool {
    matches!(status, Status::Failed { .. })
}

fn waiting(status: &Status) -> bool {
    matches!(status, Status::Waiting { .. })
}

/// Milliseconds from `at` until a waiting wish is tried again.
fn pause_ms(state: &shared::api::ItemState) -> i64 {
    match &state.status {
        Status::Waiting { next_attempt, .. } => next_attempt.since_ms(state.at),
        other => panic!("not waiting but {other:?}"),
    }
}

/// A request that is refused with this status, as often as it comes.
fn refused(service: Service, method: &str, path: &str, status: u16, retry_after: Option<&str>) -> Fault {
    Fault::new(Kind::Status {
        status,
        code: "SandboxSaysNo".into(),
        message: "not now".into(),
        retry_after: retry_after.map(str::to_owned),
        headers: Default::default(),
    })
    .on(service, method, path)
}

/// A fault on the request that creates an email in the CRM.
fn before_the_creation(kind: Kind) -> Fault {
    let mut fault = Fault::new(kind).on(Service::Dataverse, "POST", "$batch");
    fault.matching.place = Place::TopLevel;
    fault.matching.body_contains = Some("email_activity_parties".into());
    fault
}
