//! Who has a mailbox as the CRM knows it: enabled users and active queues with an address.
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/systemuser>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/page-results>
//!
//! Both lists are read side by side, a page of each a round trip.

use super::filter::{Filter, Literal, Query};
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::rows::{Row, rows};
use crate::caller::{Access, UserId};
use crate::crm::CrmMailbox;
use crate::line::Effect;
use crate::outcome::Outcome;
use shared::item::SmtpAddress;
use shared::mailbox::MailboxKind;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Pages of one list; at 5,000 rows a page no organization has more.
const MOST_PAGES: usize = 1_000;
/// Access modes of accounts that are no people: support user, non-interactive, delegated administrator.
const NO_PERSON: [i64; 3] = [3, 4, 5];

/// Reads the directory. Of several with one address the user comes before the queue, then the lower id.
pub(super) async fn read(organization: &Organization, access: &Access) -> Outcome<Vec<CrmMailbox>> {
    let mut users = List::of(Query::of("systemusers").select(
        "systemuserid,fullname,internalemailaddress,azureactivedirectoryobjectid,applicationid,accessmode",
    ).filter(Filter::equals("isdisabled", Literal::Flag(false))));
    let mut queues = List::of(
        Query::of("queues")
            .select("queueid,name,emailaddress,_ownerid_value")
            .filter(Filter::equals("statecode", Literal::Number(0)).and(Filter::is_set("emailaddress"))),
    );
    for _ in 0..MOST_PAGES {
        let asked: Vec<Operation> =
            [&users, &queues].into_iter().filter_map(|list| list.next.clone()).map(Operation::get).collect();
        if asked.is_empty() {
            return Ok(mailboxes(&users.pages, &queues.pages));
        }
        let mut answers = organization.read(access, asked).await?.into_iter();
        for list in [&mut users, &mut queues].into_iter().filter(|list| list.next.is_some()) {
            if let Some(answer) = answers.next() {
                list.take(organization, answer)?;
            }
        }
    }
    Err(organization.astray(Effect::Read, "the list of users and queues does not end"))
}

/// A list that is being read, page by page.
struct List {
    next: Option<String>,
    pages: Vec<Part>,
}

impl List {
    fn of(query: Query) -> Self {
        Self { next: Some(query.address()), pages: Vec::new() }
    }

    fn take(&mut self, organization: &Organization, answer: Part) -> Outcome<()> {
        if !answer.status.is_success() {
            return Err(organization.failure(Effect::Read, &answer));
        }
        self.next = match Row(&answer.body).text("@odata.nextLink") {
            None => None,
            Some(link) => Some(organization.below_root(link)?),
        };
        self.pages.push(answer);
        Ok(())
    }
}

fn mailboxes(users: &[Part], queues: &[Part]) -> Vec<CrmMailbox> {
    let mut found: BTreeMap<SmtpAddress, (MailboxKind, Uuid, CrmMailbox)> = BTreeMap::new();
    let mut objects: HashMap<Uuid, UserId> = HashMap::new();
    let mut add = |id: Uuid, mailbox: CrmMailbox| {
        if !mailbox.address.is_plausible() {
            return;
        }
        let rank = (mailbox.kind, id);
        let known = found.get(&mailbox.address).map(|(kind, id, _)| (*kind, *id));
        if known.is_none_or(|known| rank < known) {
            found.insert(mailbox.address.clone(), (rank.0, rank.1, mailbox));
        }
    };
    for row in users.iter().flat_map(rows) {
        let Some(id) = row.id("systemuserid") else { continue };
        let object = row.id("azureactivedirectoryobjectid").filter(|id| !id.is_nil()).map(UserId);
        objects.extend(object.map(|object| (id, object)));
        let is_program = row.id("applicationid").is_some();
        if is_program || row.number("accessmode").is_some_and(|mode| NO_PERSON.contains(&mode)) {
            continue;
        }
        let address = SmtpAddress::new(row.text("internalemailaddress").unwrap_or_default());
        let name = row.text("fullname").unwrap_or_default().to_owned();
        add(id, CrmMailbox { address, name, kind: MailboxKind::User, queue: None, acts_as: object });
    }
    for row in queues.iter().flat_map(rows) {
        let Some(id) = row.id("queueid") else { continue };
        let address = SmtpAddress::new(row.text("emailaddress").unwrap_or_default());
        let name = row.text("name").unwrap_or_default().to_owned();
        let acts_as = row.id("_ownerid_value").and_then(|owner| objects.get(&owner)).copied();
        add(id, CrmMailbox { address, name, kind: MailboxKind::Queue, queue: Some(id), acts_as });
    }
    found.into_values().map(|(_, _, mailbox)| mailbox).collect()
}
