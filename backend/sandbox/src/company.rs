//! Who works at the sandbox's company, and whom they deal with. Mailboxes (`exchange`) and records
//! (`dataverse`) are both seeded from here, so that names and addresses agree on both sides.
//!
//! The ids are fixed, so that documents, tests and saved requests can name them.

/// Entra tenant (directory) id.
pub const TENANT_ID: &str = "5a9db0c5-0000-4000-8000-00000000a000";
/// Dataverse organization id.
pub const ORGANIZATION_ID: &str = "5a9db0c5-0000-4000-8000-00000000b000";
/// Root business unit id.
pub const BUSINESS_UNIT_ID: &str = "5a9db0c5-0000-4000-8000-00000000b001";
/// Application (client) id of the app registration that the pane and the backend use.
pub const APP_CLIENT_ID: &str = "5a9db0c5-0000-4000-8000-00000000c000";
/// Client secret of that app registration. It opens nothing but this sandbox.
pub const APP_CLIENT_SECRET: &str = "sandbox-secret-opens-nothing-else";
/// A second app registration, for trying the sandbox with other people's clients.
pub const PUBLIC_CLIENT_ID: &str = "5a9db0c5-0000-4000-8000-00000000c001";
/// Its client secret.
pub const PUBLIC_CLIENT_SECRET: &str = "sandbox-visitor-secret";
/// The company's mail domain.
pub const DOMAIN: &str = "northlight.example";
/// The company's name.
pub const NAME: &str = "Northlight Instruments";

/// Somebody with a mailbox at the company.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Entra object id.
    pub oid: &'static str,
    /// Dataverse `systemuserid`; `None`: works here, but has no licence in the CRM.
    pub systemuser: Option<&'static str>,
    pub name: &'static str,
    /// User principal name, and mail address.
    pub upn: &'static str,
    pub title: &'static str,
    /// Name of the Dataverse security role.
    pub role: Option<&'static str>,
}

pub const ADA: Person = Person {
    oid: "5a9db0c5-0000-4000-8000-0000000000a1",
    systemuser: Some("5a9db0c5-0000-4000-8000-0000000000d1"),
    name: "Ada Brandt",
    upn: "ada.brandt@northlight.example",
    title: "Sales Manager",
    role: Some("Sales Manager"),
};
pub const BEN: Person = Person {
    oid: "5a9db0c5-0000-4000-8000-0000000000a2",
    systemuser: Some("5a9db0c5-0000-4000-8000-0000000000d2"),
    name: "Ben Okafor",
    upn: "ben.okafor@northlight.example",
    title: "Account Executive",
    role: Some("Salesperson"),
};
/// Her role reads everything but may not create or delete emails: the refusals of the CRM.
pub const CHIARA: Person = Person {
    oid: "5a9db0c5-0000-4000-8000-0000000000a3",
    systemuser: Some("5a9db0c5-0000-4000-8000-0000000000d3"),
    name: "Chiara Rossi",
    upn: "chiara.rossi@northlight.example",
    title: "Trainee, Sales",
    role: Some("Sales Trainee"),
};
/// Has a mailbox and no licence in the CRM.
pub const DAN: Person = Person {
    oid: "5a9db0c5-0000-4000-8000-0000000000a4",
    systemuser: None,
    name: "Dan Whitfield",
    upn: "dan.whitfield@northlight.example",
    title: "Accounting",
    role: None,
};
/// Everybody who can sign in, in the order in which the sign-in page shows them.
pub const PEOPLE: [Person; 4] = [ADA, BEN, CHIARA, DAN];

/// The shared mailbox and queue `Sales Inbox`; Ada and Ben may read and write it.
pub const QUEUE_NAME: &str = "Sales Inbox";
pub const QUEUE_ADDRESS: &str = "sales@northlight.example";
/// Entra object id of the shared mailbox.
pub const QUEUE_OID: &str = "5a9db0c5-0000-4000-8000-0000000000a9";
/// Dataverse `queueid`.
pub const QUEUE_ID: &str = "5a9db0c5-0000-4000-8000-0000000000e9";

/// A customer's company.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub id: &'static str,
    pub name: &'static str,
    pub number: &'static str,
    pub city: &'static str,
    pub email: &'static str,
    pub owner: Person,
}
pub const FJORDLINE: Account = Account {
    id: "5a9db0c5-0000-4000-8000-00000000ac01",
    name: "Fjordline Marine AS",
    number: "N-1001",
    city: "Bergen",
    email: "office@fjordline.example",
    owner: ADA,
};
pub const HELIOTECH: Account = Account {
    id: "5a9db0c5-0000-4000-8000-00000000ac02",
    name: "Heliotech Solar GmbH",
    number: "N-1002",
    city: "Freiburg",
    email: "info@heliotech.example",
    owner: BEN,
};
pub const OHARA: Account = Account {
    id: "5a9db0c5-0000-4000-8000-00000000ac03",
    name: "O'Hara & Sons Surveying",
    number: "N-1003",
    city: "Galway",
    email: "hello@ohara-surveying.example",
    owner: BEN,
};
pub const MERIDIAN: Account = Account {
    id: "5a9db0c5-0000-4000-8000-00000000ac04",
    name: "Meridian Labs",
    number: "N-1004",
    city: "Utrecht",
    email: "lab@meridian.example",
    owner: CHIARA,
};
pub const ACCOUNTS: [Account; 4] = [FJORDLINE, HELIOTECH, OHARA, MERIDIAN];

/// Somebody at a customer's.
#[derive(Debug, Clone, Copy)]
pub struct Contact {
    pub id: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub email: &'static str,
    pub title: &'static str,
    pub account: Account,
    pub owner: Person,
}
pub const INGRID: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c101",
    first: "Ingrid",
    last: "Solheim",
    email: "ingrid.solheim@fjordline.example",
    title: "Head of Procurement",
    account: FJORDLINE,
    owner: ADA,
};
pub const LARS: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c102",
    first: "Lars",
    last: "Nygaard",
    email: "lars.nygaard@fjordline.example",
    title: "Chief Engineer",
    account: FJORDLINE,
    owner: ADA,
};
pub const JUERGEN: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c103",
    first: "Jürgen",
    last: "Weiß",
    email: "j.weiss@heliotech.example",
    title: "Einkaufsleiter",
    account: HELIOTECH,
    owner: BEN,
};
pub const MAEVE: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c104",
    first: "Maeve",
    last: "O'Hara",
    email: "maeve@ohara-surveying.example",
    title: "Managing Director",
    account: OHARA,
    owner: BEN,
};
pub const PIETER: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c105",
    first: "Pieter",
    last: "van Dijk",
    email: "p.vandijk@meridian.example",
    title: "Laboratory Manager",
    account: MERIDIAN,
    owner: CHIARA,
};
/// Two records share Maeve's address on purpose: the second is Ada's own.
pub const MAEVE_TWIN: Contact = Contact {
    id: "5a9db0c5-0000-4000-8000-00000000c106",
    first: "Maeve",
    last: "O'Hara (fair 2025)",
    email: "maeve@ohara-surveying.example",
    title: "",
    account: OHARA,
    owner: ADA,
};
pub const CONTACTS: [Contact; 6] = [INGRID, LARS, JUERGEN, MAEVE, PIETER, MAEVE_TWIN];

/// Somebody who may become a customer.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    pub id: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub company: &'static str,
    pub email: &'static str,
    pub topic: &'static str,
    pub owner: Person,
}
pub const YUKI: Lead = Lead {
    id: "5a9db0c5-0000-4000-8000-00000000ea01",
    first: "Yuki",
    last: "Tanabe",
    company: "Tanabe Optics",
    email: "yuki@tanabe-optics.example",
    topic: "Calibration service for three sites",
    owner: ADA,
};
pub const SOFIA: Lead = Lead {
    id: "5a9db0c5-0000-4000-8000-00000000ea02",
    first: "Sofía",
    last: "Herrera",
    company: "Costa Brava Desalination",
    email: "sherrera@costabrava-agua.example",
    topic: "Flow meters, tender 2027",
    owner: BEN,
};
pub const LEADS: [Lead; 2] = [YUKI, SOFIA];

/// An open deal.
#[derive(Debug, Clone, Copy)]
pub struct Opportunity {
    pub id: &'static str,
    pub name: &'static str,
    pub account: Account,
    pub contact: Contact,
    pub value: u32,
    /// 0 open, 1 won, 2 lost (statecode).
    pub state: i64,
    pub owner: Person,
}
pub const OPPORTUNITIES: [Opportunity; 5] = [
    Opportunity {
        id: "5a9db0c5-0000-4000-8000-000000000f01",
        name: "Fjordline: depth sounders for 12 ferries",
        account: FJORDLINE,
        contact: INGRID,
        value: 184_000,
        state: 0,
        owner: ADA,
    },
    Opportunity {
        id: "5a9db0c5-0000-4000-8000-000000000f02",
        name: "Fjordline: service contract 2027",
        account: FJORDLINE,
        contact: LARS,
        value: 36_000,
        state: 0,
        owner: ADA,
    },
    Opportunity {
        id: "5a9db0c5-0000-4000-8000-000000000f03",
        name: "Heliotech: irradiance sensors, phase 2",
        account: HELIOTECH,
        contact: JUERGEN,
        value: 92_500,
        state: 0,
        owner: BEN,
    },
    Opportunity {
        id: "5a9db0c5-0000-4000-8000-000000000f04",
        name: "Heliotech: pilot installation",
        account: HELIOTECH,
        contact: JUERGEN,
        value: 18_000,
        state: 1,
        owner: BEN,
    },
    Opportunity {
        id: "5a9db0c5-0000-4000-8000-000000000f05",
        name: "O'Hara: total stations \"West 5%\"",
        account: OHARA,
        contact: MAEVE,
        value: 41_000,
        state: 0,
        owner: BEN,
    },
];

/// A service case (table `incident`).
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub id: &'static str,
    pub title: &'static str,
    pub number: &'static str,
    pub account: Account,
    pub contact: Contact,
    /// 0 active, 1 resolved (statecode).
    pub state: i64,
    pub owner: Person,
}
pub const CASES: [Case; 3] = [
    Case {
        id: "5a9db0c5-0000-4000-8000-00000000ca01",
        title: "Sounder NL-40 loses signal in shallow water",
        number: "CAS-01041-K7",
        account: FJORDLINE,
        contact: LARS,
        state: 0,
        owner: ADA,
    },
    Case {
        id: "5a9db0c5-0000-4000-8000-00000000ca02",
        title: "Wrong invoice address",
        number: "CAS-01044-P2",
        account: HELIOTECH,
        contact: JUERGEN,
        state: 0,
        owner: BEN,
    },
    Case {
        id: "5a9db0c5-0000-4000-8000-00000000ca03",
        title: "Broken transport case",
        number: "CAS-00987-A1",
        account: OHARA,
        contact: MAEVE,
        state: 1,
        owner: BEN,
    },
];
