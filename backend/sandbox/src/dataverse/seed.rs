//! The company's records as they are at the beginning.
//!
//! Ada and Ben sit in the root business unit, Chiara in one below it. Salespeople read what their business unit
//! owns, so Ben finds everything but what is Chiara's (Meridian Labs): what a user may read shows.

use super::metadata::{schema, table};
use super::rights::{ACT_FOR_OTHERS, Depth, Role, Verb};
use super::store::{Cell, Link, Organization, Row};
use super::{parties, write};
use crate::company::{self, Person};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::{Uuid, uuid};

/// The business unit of Chiara, below the root.
pub const LIFE_SCIENCES_UNIT: Uuid = uuid!("5a9db0c5-0000-4000-8000-00000000b002");
/// The application user of the product's app registration.
pub const APP_USER: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000000dc");
/// The application user of the visitors' app registration.
pub const VISITOR_USER: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000000dd");
/// A record of a table that takes no activities.
pub const SITE: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000051e1");
/// An email that was tracked before the sandbox started, regarding Fjordline's depth sounders.
pub const TRACKED_EMAIL: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000e0001");
/// Its message id.
pub const TRACKED_MESSAGE_ID: &str = "<quote-184@fjordline.example>";

/// The platform's own user, who seeds and whom the control plane acts as.
pub fn system_user() -> Uuid {
    uuid!("5a9db0c5-0000-4000-8000-0000000000df")
}

fn id(text: &str) -> Uuid {
    text.parse().expect("the company's ids are GUIDs")
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn link(table: &str, id: Uuid) -> Cell {
    Cell::Lookup(Link::new(table, id))
}

fn role_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

struct Seeding {
    org: Organization,
    now: Timestamp,
}

impl Organization {
    /// The organization on its first day.
    pub fn seed(now: Timestamp, rng: &mut StdRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let ids = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let mut seeding = Seeding { org: Organization::empty(ids), now };
        seeding.units_and_people();
        seeding.roles();
        seeding.mailboxes();
        seeding.customers();
        seeding.deals_and_cases();
        seeding.activities();
        seeding.org.deleted = Arc::default();
        seeding.org
    }
}

impl Seeding {
    fn row(&mut self, of: &str, id: Uuid, owner: Option<Uuid>, cells: Vec<(&str, Cell)>) {
        let of = table(of);
        let mut row = Row::default();
        for (column, cell) in cells {
            row.set(column, cell);
        }
        row.set(of.id, Cell::Id(id));
        let by = link("systemuser", owner.unwrap_or_else(system_user));
        if let Some(owner) = owner {
            row.set("ownerid", link("systemuser", owner));
        }
        if !of.states.is_empty() {
            row.default_to("statecode", Cell::Int(0));
            let state = row.int("statecode").unwrap_or(0);
            if let Some(status) = of.default_status(state) {
                row.default_to("statuscode", Cell::Int(status));
            }
        }
        for column in ["createdon", "modifiedon"] {
            row.default_to(column, Cell::Time(self.now));
        }
        row.set("createdby", by.clone());
        row.set("modifiedby", by);
        write::finish(&self.org, of, &mut row);
        self.org.put(of.logical, id, row);
    }

    fn units_and_people(&mut self) {
        let root = id(company::BUSINESS_UNIT_ID);
        self.row("businessunit", root, None, vec![("name", text(company::NAME))]);
        let below =
            vec![("name", text("Life Sciences")), ("parentbusinessunitid", link("businessunit", root))];
        self.row("businessunit", LIFE_SCIENCES_UNIT, None, below);
        self.row(
            "organization",
            id(company::ORGANIZATION_ID),
            None,
            vec![
                ("name", text("northlight")),
                ("languagecode", Cell::Int(1033)),
                (
                    "orgdborgsettings",
                    text("<OrgSettings><TrackCategorizedItems>true</TrackCategorizedItems></OrgSettings>"),
                ),
            ],
        );
        self.row(
            "team",
            id("5a9db0c5-0000-4000-8000-00000000b003"),
            None,
            vec![("name", text(company::NAME)), ("businessunitid", link("businessunit", root))],
        );
        for person in company::PEOPLE {
            let Some(user) = person.systemuser else { continue };
            let unit = if person.oid == company::CHIARA.oid { LIFE_SCIENCES_UNIT } else { root };
            let (first, last) = person.name.split_once(' ').unwrap_or((person.name, ""));
            let cells = vec![
                ("firstname", text(first)),
                ("lastname", text(last)),
                ("fullname", text(person.name)),
                ("domainname", text(person.upn)),
                ("internalemailaddress", text(person.upn)),
                ("title", text(person.title)),
                ("azureactivedirectoryobjectid", Cell::Id(id(person.oid))),
                ("isdisabled", Cell::Bool(false)),
                ("accessmode", Cell::Int(0)),
                ("businessunitid", link("businessunit", unit)),
            ];
            self.row("systemuser", id(user), None, cells);
        }
        self.application(APP_USER, "# Regarding", company::APP_CLIENT_ID);
        self.application(VISITOR_USER, "# Sandbox visitor", company::PUBLIC_CLIENT_ID);
        self.application(system_user(), "SYSTEM", "5a9db0c5-0000-4000-8000-00000000c0ff");
    }

    fn application(&mut self, user: Uuid, name: &str, client: &str) {
        let cells = vec![
            ("fullname", text(name)),
            ("domainname", text(&format!("{client}@{}", company::DOMAIN))),
            ("applicationid", Cell::Id(id(client))),
            ("isdisabled", Cell::Bool(false)),
            ("accessmode", Cell::Int(4)),
            ("businessunitid", link("businessunit", id(company::BUSINESS_UNIT_ID))),
        ];
        self.row("systemuser", user, None, cells);
    }

    fn roles(&mut self) {
        let root = id(company::BUSINESS_UNIT_ID);
        for (name, privileges) in roles() {
            let role = role_id(name);
            let cells = vec![("name", text(name)), ("businessunitid", link("businessunit", root))];
            self.row("role", role, None, cells);
            self.org.roles.insert(role, Arc::new(Role { name: name.to_owned(), privileges }));
        }
        let mut assign = |user: Uuid, role: &str| {
            self.org.assignments.entry(user).or_default().insert(role_id(role));
        };
        for person in company::PEOPLE {
            if let (Some(user), Some(role)) = (person.systemuser, person.role) {
                assign(id(user), role);
            }
        }
        assign(APP_USER, "Regarding Engine");
        assign(VISITOR_USER, "System Administrator");
        assign(system_user(), "System Administrator");
    }

    fn mailboxes(&mut self) {
        let user = |person: Person| person.systemuser.map(|user| ("systemuser", id(user)));
        let queue = id(company::QUEUE_ID);
        let ada = company::ADA.systemuser.map(id);
        let cells = vec![("name", text(company::QUEUE_NAME)), ("emailaddress", text(company::QUEUE_ADDRESS))];
        self.row("queue", queue, ada, cells);
        let mut of = vec![(company::QUEUE_NAME, company::QUEUE_ADDRESS, Some(("queue", queue)))];
        of.extend(company::PEOPLE.map(|person| (person.name, person.upn, user(person))));
        for (at, (name, address, whose)) in of.into_iter().enumerate() {
            let Some((kind, whose)) = whose else { continue };
            let mailbox = Uuid::new_v5(&id(company::ORGANIZATION_ID), &[at as u8]);
            let owner = if kind == "systemuser" { Some(whose) } else { ada };
            let cells = vec![
                ("name", text(name)),
                ("emailaddress", text(address)),
                ("regardingobjectid", link(kind, whose)),
                ("actdeliverymethod", Cell::Int(1)),
                ("incomingemaildeliverymethod", Cell::Int(2)),
                ("outgoingemaildeliverymethod", Cell::Int(2)),
                ("actstatus", Cell::Int(1)),
                ("incomingemailstatus", Cell::Int(1)),
                ("outgoingemailstatus", Cell::Int(1)),
                ("emailrouteraccessapproval", Cell::Int(1)),
                ("enabledforact", Cell::Bool(true)),
                ("enabledforincomingemail", Cell::Bool(true)),
                ("enabledforoutgoingemail", Cell::Bool(true)),
            ];
            self.row("mailbox", mailbox, owner, cells);
            if let Some(mut row) = self.org.row(kind, whose).cloned() {
                row.set("defaultmailbox", link("mailbox", mailbox));
                self.org.put(kind, whose, row);
            }
        }
    }

    fn customers(&mut self) {
        for account in company::ACCOUNTS {
            let cells = vec![
                ("name", text(account.name)),
                ("accountnumber", text(account.number)),
                ("address1_city", text(account.city)),
                ("emailaddress1", text(account.email)),
            ];
            self.row("account", id(account.id), account.owner.systemuser.map(id), cells);
        }
        for contact in company::CONTACTS {
            let mut cells = vec![
                ("firstname", text(contact.first)),
                ("lastname", text(contact.last)),
                ("emailaddress1", text(contact.email)),
                ("parentcustomerid", link("account", id(contact.account.id))),
            ];
            if !contact.title.is_empty() {
                cells.push(("jobtitle", text(contact.title)));
            }
            self.row("contact", id(contact.id), contact.owner.systemuser.map(id), cells);
        }
        for lead in company::LEADS {
            let cells = vec![
                ("firstname", text(lead.first)),
                ("lastname", text(lead.last)),
                ("companyname", text(lead.company)),
                ("emailaddress1", text(lead.email)),
                ("subject", text(lead.topic)),
            ];
            self.row("lead", id(lead.id), lead.owner.systemuser.map(id), cells);
        }
        let site = vec![
            ("nl_name", text("Bergen quay 4")),
            ("nl_account", link("account", id(company::FJORDLINE.id))),
        ];
        self.row("nl_site", SITE, company::ADA.systemuser.map(id), site);
    }

    fn deals_and_cases(&mut self) {
        for deal in company::OPPORTUNITIES {
            let cells = vec![
                ("name", text(deal.name)),
                ("estimatedvalue", Cell::Decimal(f64::from(deal.value))),
                ("statecode", Cell::Int(deal.state)),
                ("customerid", link("account", id(deal.account.id))),
                ("parentaccountid", link("account", id(deal.account.id))),
                ("parentcontactid", link("contact", id(deal.contact.id))),
            ];
            self.row("opportunity", id(deal.id), deal.owner.systemuser.map(id), cells);
        }
        for case in company::CASES {
            let cells = vec![
                ("title", text(case.title)),
                ("ticketnumber", text(case.number)),
                ("statecode", Cell::Int(case.state)),
                ("customerid", link("account", id(case.account.id))),
                ("primarycontactid", link("contact", id(case.contact.id))),
            ];
            self.row("incident", id(case.id), case.owner.systemuser.map(id), cells);
        }
    }

    fn activities(&mut self) {
        let sent = self.now - SignedDuration::from_hours(24 * 9);
        let ada = company::ADA.systemuser.map(id).unwrap_or_default();
        let email = vec![
            ("subject", text("Quote 184: depth sounders for 12 ferries")),
            ("description", text("<p>Dear Ada, thank you for the quote. We come back to you next week.</p>")),
            ("messageid", text(TRACKED_MESSAGE_ID)),
            ("directioncode", Cell::Bool(false)),
            ("activitytypecode", text("email")),
            ("isregularactivity", Cell::Bool(true)),
            ("prioritycode", Cell::Int(1)),
            ("correlationmethod", Cell::Int(0)),
            ("attachmentcount", Cell::Int(0)),
            ("statecode", Cell::Int(1)),
            ("statuscode", Cell::Int(4)),
            ("actualend", Cell::Time(sent)),
            ("createdon", Cell::Time(sent)),
            ("modifiedon", Cell::Time(sent)),
            ("regardingobjectid", link("opportunity", id(company::OPPORTUNITIES[0].id))),
        ];
        self.row("email", TRACKED_EMAIL, Some(ada), email);
        self.party(TRACKED_EMAIL, 1, "contact", id(company::INGRID.id), company::INGRID.email);
        self.party(TRACKED_EMAIL, 2, "systemuser", ada, company::ADA.upn);
        parties::settle(&mut self.org, table("email"), TRACKED_EMAIL);
        let visit = vec![
            ("subject", text("Sea trial with Fjordline")),
            ("activitytypecode", text("appointment")),
            ("location", text("Bergen")),
            ("scheduledstart", Cell::Time(self.now + SignedDuration::from_hours(72))),
            ("scheduledend", Cell::Time(self.now + SignedDuration::from_hours(74))),
            ("regardingobjectid", link("account", id(company::FJORDLINE.id))),
        ];
        let appointment = self.org.next_id();
        self.row("appointment", appointment, Some(ada), visit);
        parties::settle(&mut self.org, table("appointment"), appointment);
    }

    fn party(&mut self, activity: Uuid, mask: i64, kind: &str, whose: Uuid, address: &str) {
        let party = self.org.next_id();
        let cells = vec![
            ("activityid", link("email", activity)),
            ("participationtypemask", Cell::Int(mask)),
            ("partyid", link(kind, whose)),
            ("addressused", text(address)),
        ];
        self.row("activityparty", party, None, cells);
    }
}

/// Every security role and its privileges.
fn roles() -> Vec<(&'static str, BTreeMap<String, Depth>)> {
    const RECORDS: [&str; 6] = ["account", "contact", "lead", "opportunity", "incident", "nl_site"];
    const SETTINGS: [&str; 7] =
        ["systemuser", "team", "businessunit", "queue", "mailbox", "role", "organization"];
    let grant = |of: &[&str], verbs: &[Verb], depth: Depth| -> Vec<(String, Depth)> {
        let one =
            |name: &&str| verbs.iter().map(|verb| (verb.privilege(table(name)), depth)).collect::<Vec<_>>();
        of.iter().flat_map(one).collect()
    };
    let everything = || -> Vec<(String, Depth)> {
        let tables = schema().tables();
        tables.iter().flat_map(|table| Verb::ALL.map(|verb| (verb.privilege(table), Depth::Global))).collect()
    };
    let email = ["email"];
    let look = grant(&SETTINGS, &[Verb::Read], Depth::Global);
    let join = [Verb::Append, Verb::AppendTo];
    let sum = |parts: Vec<Vec<(String, Depth)>>| parts.into_iter().flatten().collect::<BTreeMap<_, _>>();
    vec![
        (
            "Sales Manager",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &Verb::ALL, Depth::Global),
                grant(&email, &Verb::ALL, Depth::Global),
                grant(&SETTINGS, &join, Depth::Global),
            ]),
        ),
        (
            "Salesperson",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Local),
                grant(&RECORDS, &[Verb::Create, Verb::Write, Verb::Delete, Verb::Assign], Depth::Basic),
                grant(&email, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Local),
                grant(&email, &[Verb::Create, Verb::Write, Verb::Delete, Verb::Assign], Depth::Basic),
                grant(&SETTINGS, &[Verb::AppendTo], Depth::Global),
            ]),
        ),
        (
            "Sales Trainee",
            sum(vec![
                look.clone(),
                grant(&RECORDS, &[Verb::Read], Depth::Global),
                grant(&email, &[Verb::Read], Depth::Global),
                grant(&RECORDS, &[Verb::Write], Depth::Basic),
            ]),
        ),
        (
            "Regarding Engine",
            sum(vec![
                look,
                grant(&RECORDS, &[Verb::Read, Verb::Append, Verb::AppendTo], Depth::Global),
                grant(&email, &Verb::ALL, Depth::Global),
                grant(&SETTINGS, &[Verb::AppendTo], Depth::Global),
                vec![(ACT_FOR_OTHERS.to_owned(), Depth::Global)],
            ]),
        ),
        ("System Administrator", sum(vec![everything(), vec![(ACT_FOR_OTHERS.to_owned(), Depth::Global)]])),
    ]
}
