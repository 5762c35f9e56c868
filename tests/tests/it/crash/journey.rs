//! What people do while the process is killed, and what must have come of it in the end.

use http::Method;
use sandbox::company::{ADA, BEN, FJORDLINE, OPPORTUNITIES, Opportunity, Person};
use serde_json::{Value, json};
use shared::category::TRACKED;
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
    wish: fn() -> Wish,
    pub after: After,
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

const TRACKED_ALONE: After = After { category: Category::On, emails: 1, regarding: None };

pub const JOURNEYS: [Journey; 9] = [
    Journey { name: "track", before: Before::Untracked, wish: track, after: TRACKED_ALONE },
    Journey {
        name: "track the first mail of a mailbox",
        before: Before::FirstInMailbox,
        wish: track,
        after: TRACKED_ALONE,
    },
    Journey {
        name: "track regarding",
        before: Before::Untracked,
        wish: || regarding(FERRIES),
        after: After { regarding: Some(FERRIES.name), ..TRACKED_ALONE },
    },
    Journey {
        name: "track what a colleague tracked",
        before: Before::TrackedByColleague,
        wish: track,
        after: TRACKED_ALONE,
    },
    Journey {
        name: "track what bears the category",
        before: Before::Categorized,
        wish: track,
        after: TRACKED_ALONE,
    },
    Journey {
        name: "change regarding",
        before: Before::TrackedRegardingFerries,
        wish: || regarding(SERVICE),
        after: After { regarding: Some(SERVICE.name), ..TRACKED_ALONE },
    },
    Journey {
        name: "clear regarding",
        before: Before::TrackedRegardingFerries,
        wish: || Wish::Track { regarding: RegardingWish::Clear },
        after: TRACKED_ALONE,
    },
    Journey {
        name: "untrack and keep",
        before: Before::TrackedRegardingFerries,
        wish: || Wish::Untrack { record: RecordFate::Keep },
        after: After { category: Category::Off, emails: 1, regarding: Some(FERRIES.name) },
    },
    Journey {
        name: "untrack and delete",
        before: Before::Tracked,
        wish: || Wish::Untrack { record: RecordFate::Delete },
        after: After { category: Category::Off, emails: 0, regarding: None },
    },
];

impl Journey {
    pub fn wish(&self) -> Wish {
        (self.wish)()
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
        mail
    }
}

impl After {
    /// What is otherwise than it must be; empty: all is well.
    pub async fn faults(&self, tenant: &Tenant, pane: impl Fn(&Person) -> Pane, mail: &Mail) -> Vec<String> {
        let mut faults = Vec::new();
        let mut wanted = vec![OTHER.to_owned()];
        wanted.extend((self.category == Category::On).then(|| TRACKED.to_owned()));
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
        let shown = pane(&ADA).open(mail).await;
        let status = match self.category {
            Category::On => Status::Tracked,
            Category::Off => Status::NotTracked,
        };
        if shown.status != status {
            faults.push(format!("the pane says {:?}", shown.status));
        }
        let regarding = shown.regarding.map(|link| link.record.name);
        if self.category == Category::On && regarding.as_deref() != self.regarding {
            faults.push(format!("the pane says regarding {regarding:?}"));
        }
        faults
    }
}
