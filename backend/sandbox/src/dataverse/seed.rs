//! The company's records as they are at the beginning.
//!
//! Ada and Ben sit in the root business unit, Chiara in one below it. Salespeople read what their business unit
//! owns, so Ben finds everything but what is Chiara's (Meridian Labs): what a user may read shows.

use super::attachments::DEFAULT_LIMIT;
use super::metadata::table;
use super::roles::{ROLES, role_id};
use super::store::{Cell, Link, Organization, Row};
use super::{parties, write};
use crate::company::{self, Person};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use std::sync::{Arc, Mutex, PoisonError};
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

/// A queue without an address, which takes no mail. Ben owns it.
pub const RETURNS_QUEUE: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000000ea");

/// Name space of the ids of rows that are there on the first day and have no id of their own.
const FIRST_IDS: Uuid = uuid!("5a9db0c5-0000-4000-8000-0000000f1257");

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

/// Extensions of files that may not be attached: the beginning of the service's own list.
const BLOCKED: &str = "ade;adp;app;asa;ashx;asmx;asp;bas;bat;cdx;cer;chm;class;cmd;com;config;cpl;crt;csh;dll;\
                       exe;fxp;hlp;hta;htr;htw;ida;idc;idq;inf;ins;isp;its;jar;js;jse;ksh;lnk;mad;maf;mag;mam;\
                       msc;msh;msi;msp;mst;ops;pcd;pif;prf;prg;pst;reg;rem;scf;scr;sct;shb;shs;shtm;shtml;soap;\
                       stm;tmp;url;vb;vbe;vbs;vsmacros;vss;vst;vsw;ws;wsc;wsf;wsh";

/// The personal options of a user on the first day: mail in response to tracked mail becomes an email, and no
/// records are created by themselves. `number` is the user's own within tracking tokens.
pub fn user_settings(user: Uuid, unit: Option<Uuid>, number: i64) -> Row {
    let mut row = Row::default();
    row.set("systemuserid", Cell::Id(user));
    row.set("incomingemailfilteringmethod", Cell::Int(1));
    row.set("autocreatecontactonpromote", Cell::Int(0));
    row.set("trackingtokenid", Cell::Int(number));
    row.set("uilanguageid", Cell::Int(1033));
    if let Some(unit) = unit {
        row.set("businessunitid", Cell::Id(unit));
    }
    row
}

fn queue_cells(name: &str) -> Vec<(&'static str, Cell)> {
    vec![
        ("name", text(name)),
        ("incomingemailfilteringmethod", Cell::Int(0)),
        ("queueviewtype", Cell::Int(0)),
    ]
}

struct Seeding {
    org: Organization,
    now: Timestamp,
}

/// A first day, and its moment. Tenants are born by the thousand in a simulation; those of the same moment share
/// its rows until they write, for another moment it is moved.
static FIRST_DAY: Mutex<Option<(Timestamp, Organization)>> = Mutex::new(None);

impl Organization {
    /// The organization on its first day.
    pub fn seed(now: Timestamp, rng: &mut StdRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let ids = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let mut kept = FIRST_DAY.lock().unwrap_or_else(PoisonError::into_inner);
        let first_day = match kept.take() {
            Some((moment, first_day)) if moment == now => first_day,
            Some((moment, first_day)) => first_day.moved(now.duration_since(moment)),
            None => Organization::first_day(now),
        };
        kept.insert((now, first_day)).1.again(ids)
    }

    fn first_day(now: Timestamp) -> Self {
        let mut seeding = Seeding { org: Organization::empty(FIRST_IDS), now };
        seeding.units_and_people();
        seeding.roles();
        seeding.mailboxes();
        seeding.customers();
        seeding.deals_and_cases();
        seeding.activities();
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
                ("emailcorrelationenabled", Cell::Bool(true)),
                ("trackingprefix", text("CRM:")),
                ("trackingtokenidbase", Cell::Int(0)),
                ("trackingtokeniddigits", Cell::Int(3)),
                ("maximumtrackingnumber", Cell::Int(999)),
                ("nexttrackingnumber", Cell::Int(1)),
                ("enablesmartmatching", Cell::Bool(false)),
                ("hashfilterkeywords", text(r"^[\s]*([\w]+\s?:[\s]*)+")),
                ("hashmaxcount", Cell::Int(20)),
                ("hashdeltasubjectcount", Cell::Int(0)),
                ("hashminaddresscount", Cell::Int(2)),
                ("ignoreinternalemail", Cell::Bool(false)),
                ("unresolveemailaddressifmultiplematch", Cell::Bool(false)),
                ("resolvesimilarunresolvedemailaddress", Cell::Bool(true)),
                ("requireapprovalforuseremail", Cell::Bool(true)),
                ("requireapprovalforqueueemail", Cell::Bool(true)),
                ("isfolderbasedtrackingenabled", Cell::Bool(true)),
                ("maxfolderbasedtrackingmappings", Cell::Int(25)),
                ("isdelegateaccessenabled", Cell::Bool(false)),
                ("maxuploadfilesize", Cell::Int(DEFAULT_LIMIT)),
                ("blockedattachments", text(BLOCKED)),
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
                ("emailrouteraccessapproval", Cell::Int(1)),
                ("businessunitid", link("businessunit", unit)),
            ];
            self.row("systemuser", id(user), None, cells);
            self.settings(id(user), unit);
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
        self.settings(user, id(company::BUSINESS_UNIT_ID));
    }

    fn settings(&mut self, user: Uuid, unit: Uuid) {
        let number = self.org.rows(table("usersettings")).count() as i64 + 1;
        let settings = user_settings(user, Some(unit), number);
        let cells = settings.cells.iter().map(|(name, cell)| (name.as_str(), cell.clone())).collect();
        self.row("usersettings", user, None, cells);
    }

    fn roles(&mut self) {
        let root = id(company::BUSINESS_UNIT_ID);
        for (id, role) in &*ROLES {
            let cells = vec![("name", text(&role.name)), ("businessunitid", link("businessunit", root))];
            self.row("role", *id, None, cells);
        }
        self.org.roles = Arc::new(ROLES.iter().cloned().collect());
        let assignments = Arc::make_mut(&mut self.org.assignments);
        let mut assign = |user: Uuid, role: &str| {
            assignments.entry(user).or_default().insert(role_id(role));
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
        let mut cells = queue_cells(company::QUEUE_NAME);
        cells.extend([
            ("emailaddress", text(company::QUEUE_ADDRESS)),
            ("incomingemaildeliverymethod", Cell::Int(2)),
            ("outgoingemaildeliverymethod", Cell::Int(2)),
            ("emailrouteraccessapproval", Cell::Int(1)),
        ]);
        self.row("queue", queue, ada, cells);
        self.row("queue", RETURNS_QUEUE, company::BEN.systemuser.map(id), queue_cells("Returns"));
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
                ("mailboxstatus", Cell::Int(1)),
                ("emailrouteraccessapproval", Cell::Int(1)),
                ("isemailaddressapprovedbyo365admin", Cell::Bool(true)),
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
