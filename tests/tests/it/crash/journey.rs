//! What people do while the process is killed, and what must have come of it in the end.

use http::Method;
use sandbox::company::{ADA, BEN, DAN, FJORDLINE, OPPORTUNITIES, Opportunity, Person};
use sandbox::dataverse::Trouble;
use serde_json::{Value, json};
use shared::category::{TRACKED, UNDELIVERABLE};
use shared::item::SmtpAddress;
use shared::party::NewContact;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::{Mail, Pane, Tenant};
use uuid::Uuid;

/// A category of Ada's own, which nothing may touch.
pub const OTHER: &str = "Fjordline";
const FERRIES: &Opportunity = &OPPORTUNITIES[0];
const SERVICE: &Opportunity = &OPPORTUNITIES[1];

/// Ada has a mail, and wishes something.
#[derive(Debug, Clone, Copy)]
pub struct Journey {
    pub name: &'static str,
    before: Before,
    pub deed: Deed,
    pub after: After,
}

/// How she wishes it.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// In the pane.
    Wish(fn() -> Wish),
    /// By the category, in a mailbox that is synchronized.
    PutOn,
    TakeOff,
}

/// What there is when she wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Untracked,
    /// Her mailbox has no tracking category yet.
    FirstInMailbox,
    /// A colleague tracked the same mail.
    TrackedByColleague,
    /// She put the category on in another client.
    Categorized,
    Tracked,
    TrackedRegardingFerries,
    /// The CRM takes no email as it is sent, now or later.
    Malformed,
}

/// What there must be in the end.
#[derive(Debug, Clone, Copy)]
pub struct After {
    pub category: Category,
    /// Emails in the CRM with the mail's message id.
    pub emails: usize,
    /// Their regarding record, by name.
    pub regarding: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    On,
    Off,
    /// Given up.
    Undeliverable,
}

fn track() -> Wish {
    Wish::Track { regarding: RegardingWish::Keep }
}

fn regarding(opportunity: &Opportunity) -> Wish {
    let table = Table::new("opportunity").expect("a table's name");
    let id = Uuid::parse_str(opportunity.id).expect("an id");
    let record = RecordRef { key: RecordKey { table, id }, name: opportunity.name.to_owned() };
    Wish::Track { regarding: RegardingWish::Set(record) }
}

/// PPL-04: under an id that stays the same however often the wish is carried on.
fn add_sender() -> Wish {
    let contact = NewContact {
        id: Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_c1fe),
        address: SmtpAddress::new(FJORDLINE.email),
        name: "Frida Fjord".to_owned(),
    };
    Wish::Track { regarding: RegardingWish::Create(contact) }
}

const TRACKED_ALONE: After = After { category: Category::On, emails: 1, regarding: None };

pub const JOURNEYS: [Journey; 13] = [
    Journey { name: "track", before: Before::Untracked, deed: Deed::Wish(track), after: TRACKED_ALONE },
    Journey {
        name: "track the first mail of a mailbox",
        before: Before::FirstInMailbox,
        deed: Deed::Wish(track),
        after: TRACKED_ALONE,
    },
    Journey {
        name: "track regarding",
        before: Before::Untracked,
        deed: Deed::Wish(|| regarding(FERRIES)),
        after: After { regarding: Some(FERRIES.name), ..TRACKED_ALONE },
    },
    Journey {
        name: "add the sender as a contact",
        before: Before::Untracked,
        deed: Deed::Wish(add_sender),
        after: After { regarding: Some("Frida Fjord"), ..TRACKED_ALONE },
    },
    Journey {
        name: "track what a colleague tracked",
        before: Before::TrackedByColleague,
        deed: Deed::Wish(track),
        after: TRACKED_ALONE,
    },
    Journey {
        name: "track what bears the category",
        before: Before::Categorized,
        deed: Deed::Wish(track),
        after: TRACKED_ALONE,
    },
    Journey {
        name: "change regarding",
        before: Before::TrackedRegardingFerries,
        deed: Deed::Wish(|| regarding(SERVICE)),
        after: After { regarding: Some(SERVICE.name), ..TRACKED_ALONE },
    },
    Journey {
        name: "clear regarding",
        before: Before::TrackedRegardingFerries,
        deed: Deed::Wish(|| Wish::Track { regarding: RegardingWish::Clear }),
        after: TRACKED_ALONE,
    },
    Journey {
        name: "untrack and keep",
        before: Before::TrackedRegardingFerries,
        deed: Deed::Wish(|| Wish::Untrack { record: RecordFate::Keep }),
        after: After { category: Category::Off, emails: 1, regarding: Some(FERRIES.name) },
    },
    Journey {
        name: "untrack and delete",
        before: Before::Tracked,
        deed: Deed::Wish(|| Wish::Untrack { record: RecordFate::Delete }),
        after: After { category: Category::Off, emails: 0, regarding: None },
    },
    Journey {
        name: "tracked by category",
        before: Before::Untracked,
        deed: Deed::PutOn,
        after: TRACKED_ALONE,
    },
    Journey {
        name: "untracked by category",
        before: Before::TrackedRegardingFerries,
        deed: Deed::TakeOff,
        after: After { category: Category::Off, emails: 1, regarding: Some(FERRIES.name) },
    },
    Journey {
        name: "given up",
        before: Before::Malformed,
        deed: Deed::PutOn,
        after: After { category: Category::Undeliverable, emails: 0, regarding: None },
    },
];

impl Journey {
    /// What she wishes in the pane, if it is there that she does.
    pub fn wish(&self) -> Option<Wish> {
        match self.deed {
            Deed::Wish(wish) => Some(wish()),
            Deed::PutOn | Deed::TakeOff => None,
        }
    }

    /// Puts the category on or takes it off, as the journey wants it.
    pub async fn categorize(&self, tenant: &Tenant, mail: &Mail) {
        match self.deed {
            Deed::Wish(_) => {}
            Deed::PutOn => tenant.categorize(mail, &[TRACKED], &[]).await,
            Deed::TakeOff => tenant.categorize(mail, &[], &[TRACKED]).await,
        }
    }

    /// Brings a fresh tenant to where the journey begins; Ada has the mail open then.
    pub async fn prepare(&self, tenant: &Tenant, pane: impl Fn(&Person) -> Pane) -> Mail {
        if self.before != Before::FirstInMailbox {
            let list = format!("exchange/mailboxes/{}/categories", ADA.upn);
            tenant.act(Method::POST, &list, &json!({ "displayName": TRACKED })).await;
        }
        let id = format!("<{}@crash.example>", self.name.replace(' ', "-"));
        let to = [ADA, BEN].map(|person| json!({ "address": person.upn, "name": person.name }));
        let letter = json!({
            "from": { "address": FJORDLINE.email, "name": FJORDLINE.name }, "to": to,
            "subject": "Offer for twelve ferries", "text": "As discussed.", "internetMessageId": id,
        });
        tenant.act(Method::POST, "exchange/deliver", &letter).await;
        let mail = tenant.copy_in(ADA.upn, &id);
        tenant.categorize(&mail, &[OTHER], &[]).await;
        let ada = pane(&ADA);
        match self.before {
            Before::Untracked | Before::FirstInMailbox => {}
            Before::Malformed => tenant.hinder(Trouble::Other {
                status: 400,
                code: "0x80048d19".into(),
                message: "Error identified in Payload provided by the user.".into(),
            }),
            Before::TrackedByColleague => {
                pane(&BEN).track(&tenant.copy_in(BEN.upn, &id)).await;
            }
            Before::Categorized => tenant.categorize(&mail, &[TRACKED], &[]).await,
            Before::Tracked => {
                ada.track(&mail).await;
            }
            Before::TrackedRegardingFerries => {
                ada.wish(&mail, regarding(FERRIES)).await;
            }
        }
        ada.open(&mail).await;
        if self.wish().is_none() {
            for (path, body) in [
                ("mailboxes".to_owned(), Some(json!({ "addresses": [ADA.upn] }).to_string())),
                (format!("mailboxes/{}/approve", ADA.upn), None),
                (format!("mailboxes/{}/test", ADA.upn), None),
            ] {
                let path = format!("/api/admin/{path}");
                let answer = pane(&DAN).call(Method::POST, &path, body).await;
                assert!(answer.status.is_success(), "{path}: {answer:?}");
            }
        }
        mail
    }
}

impl After {
    /// What is otherwise than it must be; empty: all is well.
    pub async fn faults(&self, tenant: &Tenant, pane: impl Fn(&Person) -> Pane, mail: &Mail) -> Vec<String> {
        let mut faults = Vec::new();
        let mut wanted = vec![OTHER.to_owned()];
        match self.category {
            Category::On => wanted.push(TRACKED.to_owned()),
            Category::Off => {}
            Category::Undeliverable => wanted.push(UNDELIVERABLE.to_owned()),
        }
        let mut categories = tenant.categories(mail).unwrap_or_default();
        categories.sort_by_key(|name| name != OTHER);
        if categories != wanted {
            faults.push(format!("the message has the categories {categories:?}"));
        }
        let emails = tenant.emails(&mail.internet_message_id).await;
        let regarding: Vec<&Value> = emails.iter().map(|email| &email["regardingobjectid"]["name"]).collect();
        if regarding != vec![&json!(self.regarding); self.emails] {
            faults.push(format!("the CRM has {} emails, regarding {regarding:?}", emails.len()));
        }
        let contacts = tenant.act(Method::GET, "dataverse/contacts", &Value::Null).await;
        let added = contacts["value"].as_array().into_iter().flatten();
        let added = added.filter(|row| row["emailaddress1"] == FJORDLINE.email).count();
        if added != usize::from(self.regarding == Some("Frida Fjord")) {
            faults.push(format!("the sender is {added} contacts"));
        }
        let shown = pane(&ADA).open(mail).await;
        let as_wanted = match self.category {
            Category::On => shown.status == Status::Tracked,
            Category::Off => shown.status == Status::NotTracked,
            Category::Undeliverable => matches!(shown.status, Status::Failed { .. }),
        };
        if !as_wanted {
            faults.push(format!("the pane says {:?}", shown.status));
        }
        let regarding = shown.regarding.map(|link| link.record.name);
        if self.category == Category::On && regarding.as_deref() != self.regarding {
            faults.push(format!("the pane says regarding {regarding:?}"));
        }
        faults
    }
}
