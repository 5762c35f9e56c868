//! Which records bear the addresses of the people on a mail.
//!
//! Every table that can be somebody is asked in the same batch; a long list of addresses is cut into several
//! questions. A table that the organization does not have, or the user may not read, has no candidates.

use super::filter::{Filter, Literal, Query, groups};
use super::multipart::{Operation, Part};
use super::rows::{Row, rows};
use shared::item::SmtpAddress;
use shared::party::{Candidate, RecordState};
use shared::regarding::Table;
use shared::rules::people::MAX_SENDER_MATCHES;
use uuid::Uuid;

/// Rows of one question; Dataverse's largest page.
const MOST_ROWS: usize = 5_000;

/// A table that can be somebody.
#[derive(Debug)]
pub(super) struct Source {
    table: fn() -> Table,
    set: &'static str,
    id: &'static str,
    name: &'static str,
    addresses: &'static [&'static str],
    /// Which columns to ask for. Where organizations of different versions have different columns, none is
    /// named and all are sent: one unknown name would cost the whole answer, and these tables have few rows.
    select: Option<&'static str>,
}

const THREE: &[&str] = &["emailaddress1", "emailaddress2", "emailaddress3"];

pub(super) const SOURCES: [Source; 8] = [
    Source {
        table: Table::systemuser,
        set: "systemusers",
        id: "systemuserid",
        name: "fullname",
        addresses: &["internalemailaddress"],
        select: Some("systemuserid,fullname,internalemailaddress,isdisabled"),
    },
    Source {
        table: Table::contact,
        set: "contacts",
        id: "contactid",
        name: "fullname",
        addresses: THREE,
        select: Some("contactid,fullname,emailaddress1,emailaddress2,emailaddress3,statecode,_ownerid_value"),
    },
    Source {
        table: Table::account,
        set: "accounts",
        id: "accountid",
        name: "name",
        addresses: THREE,
        select: Some("accountid,name,emailaddress1,emailaddress2,emailaddress3,statecode,_ownerid_value"),
    },
    Source {
        table: Table::lead,
        set: "leads",
        id: "leadid",
        name: "fullname",
        addresses: THREE,
        select: Some("leadid,fullname,emailaddress1,emailaddress2,emailaddress3,statecode,_ownerid_value"),
    },
    Source {
        table: Table::queue,
        set: "queues",
        id: "queueid",
        name: "name",
        addresses: &["emailaddress"],
        select: None,
    },
    Source {
        table: Table::equipment,
        set: "equipments",
        id: "equipmentid",
        name: "name",
        addresses: &["emailaddress"],
        select: None,
    },
    Source {
        table: Table::team,
        set: "teams",
        id: "teamid",
        name: "name",
        addresses: &["emailaddress"],
        select: None,
    },
    Source {
        table: Table::businessunit,
        set: "businessunits",
        id: "businessunitid",
        name: "name",
        addresses: &["emailaddress"],
        select: None,
    },
];

/// The questions about these addresses, each with the table it is put to.
pub(super) fn questions(addresses: &[SmtpAddress]) -> Vec<(&'static Source, Operation)> {
    let plausible = addresses.iter().filter(|address| address.is_plausible());
    let chunks = groups(plausible.map(SmtpAddress::as_str));
    let put = |source: &'static Source| {
        chunks.iter().filter_map(move |chunk| Some((source, question(source, chunk)?)))
    };
    SOURCES.iter().flat_map(put).collect()
}

fn question(source: &Source, addresses: &[&str]) -> Option<Operation> {
    let conditions = source
        .addresses
        .iter()
        .flat_map(|column| addresses.iter().map(move |a| Filter::equals(column, Literal::Text(a))));
    // One more than PPL-01 needs to tell that there are too many.
    let top = ((MAX_SENDER_MATCHES + 1) * addresses.len()).min(MOST_ROWS);
    let query = Query::of(source.set).filter(Filter::any(conditions)?).top(top);
    let query = match source.select {
        Some(columns) => query.select(columns),
        None => query,
    };
    Some(Operation::get(query.address()))
}

/// The candidates in an answer: one for each record and asked address.
pub(super) fn read(source: &Source, asked: &[SmtpAddress], answer: &Part) -> Vec<Candidate> {
    rows(answer).flat_map(|row| read_row(source, asked, row)).collect()
}

fn read_row(source: &Source, asked: &[SmtpAddress], row: Row<'_>) -> Vec<Candidate> {
    let Some(record) = row.record(&(source.table)(), source.id, source.name) else { return Vec::new() };
    let mut borne: Vec<SmtpAddress> = Vec::new();
    for column in source.addresses {
        let address = row.text(column).map(SmtpAddress::new);
        if let Some(address) = address.filter(|a| asked.contains(a) && !borne.contains(a)) {
            borne.push(address);
        }
    }
    let inactive = row.flag("isdisabled") == Some(true) || row.number("statecode").is_some_and(|s| s != 0);
    let owner: Option<Uuid> = row.id("_ownerid_value");
    let candidate = |address| Candidate {
        record: record.clone(),
        address,
        owner,
        activity: if inactive { RecordState::Inactive } else { RecordState::Active },
    };
    borne.into_iter().map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    fn addresses(n: usize, length: usize) -> Vec<SmtpAddress> {
        (0..n).map(|i| SmtpAddress::new(&format!("{}{i:04}@x.example", "ü".repeat(length)))).collect()
    }

    #[test]
    fn long_lists_are_cut_so_that_no_question_is_too_long() {
        let many = addresses(1_000, 60);
        let questions = questions(&many);
        let asked: usize = questions.iter().filter(|(s, _)| s.set == "systemusers").count();
        assert!(asked >= 40, "{asked}");
        for (_, question) in &questions {
            assert!(question.address.len() < 65_536, "{}", question.address.len());
        }
        for address in &many {
            let (local, _) = address.as_str().split_once('@').unwrap();
            let encoded = percent_encoding::utf8_percent_encode(local, percent_encoding::NON_ALPHANUMERIC);
            let encoded = encoded.to_string();
            let times =
                questions.iter().filter(|(s, q)| s.set == "contacts" && q.address.contains(&encoded)).count();
            assert_eq!(times, 1, "{address}");
        }
    }

    #[test]
    fn doubled_and_impossible_addresses_are_not_asked_for() {
        let asked = ["a@x.example", "A@X.example ", "/o=exchangelabs/cn=x", "", "a b@x.example"];
        let asked: Vec<SmtpAddress> = asked.into_iter().map(SmtpAddress::new).collect();
        let twice = questions(&asked);
        let once = questions(&asked[..1]);
        assert_eq!(twice.len(), SOURCES.len());
        for ((_, twice), (_, once)) in twice.iter().zip(&once) {
            assert_eq!(twice.address, once.address);
        }
        assert!(questions(&[]).is_empty());
    }

    #[test]
    fn a_record_that_bears_two_asked_addresses_is_two_candidates() {
        let body = json!({"value": [
            {"contactid": "5a9db0c5-0000-4000-8000-00000000c101", "fullname": "Bo", "statecode": 0,
             "emailaddress1": "BO@fabrikam.example", "emailaddress2": "b@home.example", "emailaddress3": "bo@fabrikam.example",
             "_ownerid_value": "5a9db0c5-0000-4000-8000-0000000000d1"},
            {"contactid": "5a9db0c5-0000-4000-8000-00000000c102", "fullname": null, "statecode": 1,
             "emailaddress1": "b@home.example"},
            {"contactid": "nonsense", "emailaddress1": "b@home.example"},
        ]});
        let answer = Part { content_id: None, status: StatusCode::OK, headers: HeaderMap::new(), body };
        let asked = [SmtpAddress::new("bo@fabrikam.example"), SmtpAddress::new("b@home.example")];
        let found = read(&SOURCES[1], &asked, &answer);
        let shown: Vec<_> =
            found.iter().map(|c| (c.address.as_str(), c.activity, c.owner.is_some())).collect();
        assert_eq!(
            shown,
            [
                ("bo@fabrikam.example", RecordState::Active, true),
                ("b@home.example", RecordState::Active, true),
                ("b@home.example", RecordState::Inactive, false)
            ]
        );
    }
}
