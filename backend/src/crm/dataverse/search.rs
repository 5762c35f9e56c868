//! Records by a piece of their name, in one `$batch`
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows>).
//!
//! Each table is asked twice, for names that begin with the term and for names that hold it, so that a long
//! list of the latter cannot crowd out the former. Dataverse's own relevance search would do, but is off in
//! many organizations and has small limits of its own.

use super::filter::{Filter, Query};
use super::multipart::Operation;
use super::organization::Organization;
use super::rows::{Row, rows};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::StatusCode;
use shared::api::FoundRecord;
use shared::regarding::Table;

/// Records in an answer.
const MOST_FOUND: usize = 25;
/// Rows asked of each table. When the term has to be narrowed down here, more are asked for.
const ROWS: usize = MOST_FOUND + 1;
const ROWS_TO_SIFT: usize = 200;
/// `contains` takes these for wildcards in Dataverse.
const WILDCARDS: [char; 4] = ['%', '_', '[', ']'];

/// A table that is searched.
struct Place {
    table: fn() -> Table,
    set: &'static str,
    id: &'static str,
    name: &'static str,
    select: &'static str,
    /// Columns that are searched, the name first.
    searched: &'static [&'static str],
    /// What tells records of one name apart.
    detail: &'static [&'static str],
}

const PLACES: [Place; 5] = [
    Place {
        table: Table::account,
        set: "accounts",
        id: "accountid",
        name: "name",
        select: "accountid,name,accountnumber,address1_city,statecode",
        searched: &["name", "accountnumber"],
        detail: &["address1_city", "accountnumber"],
    },
    Place {
        table: Table::contact,
        set: "contacts",
        id: "contactid",
        name: "fullname",
        select: "contactid,fullname,emailaddress1,_parentcustomerid_value,statecode",
        searched: &["fullname", "emailaddress1"],
        detail: &["_parentcustomerid_value", "emailaddress1"],
    },
    Place {
        table: Table::lead,
        set: "leads",
        id: "leadid",
        name: "fullname",
        select: "leadid,fullname,companyname,subject,statecode",
        searched: &["fullname", "companyname", "subject"],
        detail: &["companyname", "subject"],
    },
    Place {
        table: Table::opportunity,
        set: "opportunities",
        id: "opportunityid",
        name: "name",
        select: "opportunityid,name,_customerid_value,statecode",
        searched: &["name"],
        detail: &["_customerid_value"],
    },
    Place {
        table: Table::incident,
        set: "incidents",
        id: "incidentid",
        name: "title",
        select: "incidentid,title,ticketnumber,_customerid_value,statecode",
        searched: &["title", "ticketnumber"],
        detail: &["ticketnumber", "_customerid_value"],
    },
];

/// Finds records that the caller may read; whether there are more than the answer holds.
pub(super) async fn search(
    organization: &Organization,
    access: &Access,
    term: &str,
) -> Outcome<(Vec<FoundRecord>, bool)> {
    let Some(search) = Search::of(term) else { return Ok((Vec::new(), false)) };
    let asked: Vec<(&Place, Operation)> = PLACES
        .iter()
        .flat_map(|place| search.questions(place).map(move |operation| (place, operation)))
        .collect();
    let (places, operations): (Vec<&Place>, Vec<Operation>) = asked.into_iter().unzip();
    let answers = organization.read(access, operations).await?;
    let mut found: Vec<(bool, FoundRecord)> = Vec::new();
    let mut more = false;
    for (place, answer) in places.into_iter().zip(&answers) {
        if is_closed(answer.status) {
            continue;
        }
        if !answer.status.is_success() {
            return Err(organization.failure(Effect::Read, answer));
        }
        let mut listed = 0;
        for row in rows(answer) {
            listed += 1;
            if let Some(hit) = search.hit(place, row)
                && !found.iter().any(|(_, known)| known.record.key == hit.1.record.key)
            {
                found.push(hit);
            }
        }
        more |= listed >= search.rows;
    }
    found.sort_by_cached_key(|(begins, hit)| (!begins, hit.record.name.to_lowercase(), hit.record.key.id));
    more |= found.len() > MOST_FOUND;
    Ok((found.into_iter().take(MOST_FOUND).map(|(_, hit)| hit).collect(), more))
}

/// A table that the organization does not have, or that the user may not read at all.
pub(super) fn is_closed(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
}

/// A search term, taken apart into what Dataverse is asked for and what is checked here.
struct Search {
    /// The whole term, in lower case.
    term: String,
    /// Its longest piece without wildcards: Dataverse finds all that hold the term by it, and more.
    piece: String,
    rows: usize,
}

impl Search {
    /// `None`: the term is nothing but blanks and wildcards.
    fn of(term: &str) -> Option<Self> {
        let term = term.trim().to_lowercase();
        let piece = term.split(WILDCARDS).max_by_key(|piece| piece.chars().count())?.trim().to_owned();
        if piece.is_empty() {
            return None;
        }
        let rows = if piece == term { ROWS } else { ROWS_TO_SIFT };
        Some(Self { term, piece, rows })
    }

    fn is_whole(&self) -> bool {
        self.piece == self.term
    }

    fn questions(&self, place: &Place) -> impl Iterator<Item = Operation> + use<> {
        let holds = Filter::any(place.searched.iter().map(|column| Filter::contains(column, &self.piece)));
        let begins =
            Filter::any(place.searched.iter().map(|column| Filter::starts_with(column, &self.piece)));
        let begins = begins.filter(|_| self.is_whole());
        let (set, select, name, rows) = (place.set, place.select, place.name, self.rows);
        begins.into_iter().chain(holds).map(move |filter| {
            Operation::get(Query::of(set).select(select).filter(filter).order_by(name).top(rows).address())
        })
    }

    /// The row as a record found, and whether its name (or its number) begins with the term.
    fn hit(&self, place: &Place, row: Row<'_>) -> Option<(bool, FoundRecord)> {
        let values = || place.searched.iter().filter_map(|column| row.text(column)).map(str::to_lowercase);
        // Dataverse also finds `é` for `e`; only a term with wildcards in it is checked to the letter.
        if !self.is_whole() && !values().any(|value| value.contains(&self.term)) {
            return None;
        }
        let record = row.record(&(place.table)(), place.id, place.name)?;
        let begins = values().any(|value| value.starts_with(&self.term));
        Some((begins, FoundRecord { record, detail: detail(place, row) }))
    }
}

fn detail(place: &Place, row: Row<'_>) -> String {
    let shown = |column: &&str| if column.starts_with('_') { row.shown(column) } else { row.text(column) };
    // A closed case and an open one of the same name are not the same to people.
    let state = row.number("statecode").filter(|state| *state != 0).and_then(|_| row.shown("statecode"));
    let words: Vec<&str> =
        place.detail.iter().filter_map(shown).chain(state).map(str::trim).filter(|w| !w.is_empty()).collect();
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wildcards_are_looked_for_to_the_letter() {
        let search = Search::of("West 5%").unwrap();
        assert_eq!((search.piece.as_str(), search.is_whole()), ("west 5", false));
        let name =
            |name: &str| json!({"opportunityid": "5a9db0c5-0000-4000-8000-000000000f05", "name": name});
        let opportunity = &PLACES[3];
        assert!(search.hit(opportunity, Row(&name("O'Hara \"West 5%\""))).is_some());
        assert!(search.hit(opportunity, Row(&name("West 512"))).is_none());
        for nothing in ["", "  ", "%_%", "[ ]"] {
            assert!(Search::of(nothing).is_none(), "{nothing:?}");
        }
    }

    #[test]
    fn a_detail_says_what_tells_records_apart() {
        let row = json!({"incidentid": "x", "title": "t", "ticketnumber": "CAS-1", "statecode": 1,
            "statecode@OData.Community.Display.V1.FormattedValue": "Resolved",
            "_customerid_value@OData.Community.Display.V1.FormattedValue": "Fabrikam"});
        assert_eq!(detail(&PLACES[4], Row(&row)), "CAS-1 · Fabrikam · Resolved");
        assert_eq!(detail(&PLACES[0], Row(&json!({"name": "x", "address1_city": " "}))), "");
    }
}
