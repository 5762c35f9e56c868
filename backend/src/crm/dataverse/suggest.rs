//! Records to offer for a mail before anything is typed: whose it is, their accounts, their open
//! opportunities and cases.
//!
//! One round trip; a second one where contacts belong to accounts that nobody named.

use super::filter::{Filter, Literal, Query};
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::rows::rows;
use super::search::is_closed;
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use shared::api::{SuggestedBecause, Suggestion};
use shared::regarding::{RecordRef, Table};
use uuid::Uuid;

/// People whose records are asked for; a mail to hundreds suggests nothing useful.
const MOST_PEOPLE: usize = 20;
const MOST_OF_A_KIND: usize = 10;
const MOST: usize = 25;

/// What a part of the batch asks.
enum Ask {
    AccountsOfContacts,
    Opportunities,
    Cases,
}

/// Suggests records for a mail with these people on it.
pub(super) async fn suggest(
    organization: &Organization,
    access: &Access,
    people: &[RecordRef],
) -> Outcome<Vec<Suggestion>> {
    let mut offer = Offer::default();
    for record in people.iter().filter(|r| is_customer(&r.key.table)).take(MOST_PEOPLE) {
        offer.add(record.clone(), SuggestedBecause::Correspondent, String::new());
    }
    let customers: Vec<RecordRef> = offer.all.iter().map(|s| s.record.clone()).collect();
    let accounts = offer.ask(organization, access, questions(&customers)).await?;
    let accounts: Vec<Uuid> =
        accounts.iter().filter(|r| r.key.table == Table::account()).map(|r| r.key.id).collect();
    offer.ask(organization, access, open_work(&accounts)).await?;
    offer.all.sort_by_key(|s| match s.because {
        SuggestedBecause::Correspondent | SuggestedBecause::Recent => 0,
        SuggestedBecause::OpenOpportunity => 1,
        SuggestedBecause::OpenCase => 2,
    });
    offer.all.truncate(MOST);
    Ok(offer.all)
}

/// Colleagues and queues are no records that a mail is about.
fn is_customer(table: &Table) -> bool {
    matches!(table.as_str(), "account" | "contact" | "lead")
}

fn questions(customers: &[RecordRef]) -> Vec<(Ask, Operation)> {
    let ids = |table: Table| -> Vec<Uuid> {
        customers.iter().filter(|r| r.key.table == table).map(|r| r.key.id).collect()
    };
    let contacts = ids(Table::contact());
    let mut questions = Vec::new();
    if let Some(filter) = any_of(&["contactid"], &contacts) {
        let query = Query::of("contacts").select("contactid,_parentcustomerid_value").filter(filter);
        questions.push((Ask::AccountsOfContacts, Operation::get(query.address())));
    }
    let both: Vec<Uuid> = contacts.into_iter().chain(ids(Table::account())).collect();
    questions.extend(open_work(&both));
    questions
}

fn open_work(customers: &[Uuid]) -> Vec<(Ask, Operation)> {
    let open = || Filter::equals("statecode", Literal::Number(0));
    let opportunities =
        any_of(&["_customerid_value", "_parentcontactid_value", "_parentaccountid_value"], customers);
    let cases = any_of(&["_customerid_value", "_primarycontactid_value"], customers);
    let list = |set: &str, select: &str, filter: Filter| {
        let query = Query::of(set).select(select).filter(open().and(filter));
        Operation::get(query.order_by("modifiedon desc").top(MOST_OF_A_KIND).address())
    };
    let opportunities = opportunities.map(|filter| {
        (Ask::Opportunities, list("opportunities", "opportunityid,name,_customerid_value", filter))
    });
    let cases = cases.map(|filter| {
        (Ask::Cases, list("incidents", "incidentid,title,ticketnumber,_customerid_value", filter))
    });
    opportunities.into_iter().chain(cases).collect()
}

fn any_of(columns: &[&'static str], ids: &[Uuid]) -> Option<Filter> {
    Filter::any(
        columns.iter().flat_map(|column| ids.iter().map(move |id| Filter::equals(column, Literal::Id(*id)))),
    )
}

#[derive(Default)]
struct Offer {
    all: Vec<Suggestion>,
}

impl Offer {
    fn add(&mut self, record: RecordRef, because: SuggestedBecause, detail: String) {
        if !self.all.iter().any(|known| known.record.key == record.key) {
            self.all.push(Suggestion { record, because, detail });
        }
    }

    /// Asks, and adds what is answered; gives the accounts that were new.
    async fn ask(
        &mut self,
        organization: &Organization,
        access: &Access,
        questions: Vec<(Ask, Operation)>,
    ) -> Outcome<Vec<RecordRef>> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let (asks, operations): (Vec<Ask>, Vec<Operation>) = questions.into_iter().unzip();
        let answers = organization.read(access, operations).await?;
        let mut accounts = Vec::new();
        for (ask, answer) in asks.into_iter().zip(&answers) {
            if is_closed(answer.status) {
                continue;
            }
            if !answer.status.is_success() {
                return Err(organization.failure(Effect::Read, answer));
            }
            match ask {
                Ask::AccountsOfContacts => accounts.extend(self.add_accounts(answer)),
                Ask::Opportunities => self.add_opportunities(answer),
                Ask::Cases => self.add_cases(answer),
            }
        }
        Ok(accounts)
    }

    fn add_accounts(&mut self, answer: &Part) -> Vec<RecordRef> {
        let mut new = Vec::new();
        for row in rows(answer) {
            let Some(parent) = row.lookup("parentcustomerid") else { continue };
            if self.all.iter().any(|known| known.record.key == parent.key) {
                continue;
            }
            self.add(parent.clone(), SuggestedBecause::Correspondent, String::new());
            new.push(parent);
        }
        new
    }

    fn add_opportunities(&mut self, answer: &Part) {
        for row in rows(answer) {
            if let Some(record) = row.record(&Table::opportunity(), "opportunityid", "name") {
                let customer = row.shown("_customerid_value").unwrap_or_default();
                self.add(record, SuggestedBecause::OpenOpportunity, customer.to_owned());
            }
        }
    }

    fn add_cases(&mut self, answer: &Part) {
        for row in rows(answer) {
            if let Some(record) = row.record(&Table::incident(), "incidentid", "title") {
                let words = [row.text("ticketnumber"), row.shown("_customerid_value")];
                let words: Vec<&str> = words.into_iter().flatten().filter(|w| !w.is_empty()).collect();
                self.add(record, SuggestedBecause::OpenCase, words.join(" · "));
            }
        }
    }
}
