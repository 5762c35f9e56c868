//! Who takes part in an activity: rows of `activityparty`, written only together with their activity.
//!
//! Writing the collection replaces it as a whole. Owner and regarding record are parties too (masks 9 and 8);
//! the platform keeps those itself. From the parties follow `sender`, `torecipients` and `emailsender`.

use super::errors::{Answer, Fault};
use super::metadata::{Table, table};
use super::store::{Cell, Link, Organization, Row};
use super::values::Changes;
use serde_json::{Map, Value};
use uuid::Uuid;

const SENDER: i64 = 1;
const TO: i64 = 2;
const REGARDING: i64 = 8;
const OWNER: i64 = 9;

/// Replaces the parties that a client may write.
pub fn replace(
    org: &mut Organization,
    of: &Table,
    activity: Uuid,
    items: &[&Map<String, Value>],
) -> Answer<()> {
    let party = table("activityparty");
    let mut rows = Vec::new();
    for item in items {
        let changes = Changes::read(org, party, item)?;
        let mut row = Row::default();
        for (column, cell) in changes.cells {
            if let Some(cell) = cell {
                row.set(column.name, cell);
            }
        }
        if let Some(link) = row.link("partyid").cloned() {
            let target = table(&link.table);
            let found =
                org.row(&link.table, link.id).ok_or_else(|| Fault::missing_record(target, link.id))?;
            let address = address_of(found).map(str::to_owned);
            if let Some(address) = address {
                row.default_to("addressused", Cell::Text(address));
            }
        }
        let Some(mask) = row.int("participationtypemask") else {
            return Err(Fault::invalid("The participation type mask of an activity party is missing."));
        };
        let allowed: &[i64] = if of.logical == "email" { &[1, 2, 3, 4] } else { &[2, 3, 4, 5, 6, 7, 10, 11] };
        if matches!(mask, REGARDING | OWNER) {
            continue;
        }
        if !allowed.contains(&mask) {
            let message = format!("The participation type mask {mask} is not valid on {}.", of.logical);
            return Err(Fault::invalid(message));
        }
        rows.push(row);
    }
    if rows.iter().filter(|row| row.int("participationtypemask") == Some(SENDER)).count() > 1 {
        return Err(Fault::invalid("An email can have only one sender."));
    }
    let old: Vec<Uuid> =
        org.parties(activity).iter().filter(|(_, row)| is_clients(row)).map(|(id, _)| *id).collect();
    for id in old {
        org.take("activityparty", id);
    }
    for row in rows {
        add(org, of, activity, row);
    }
    Ok(())
}

fn is_clients(row: &Row) -> bool {
    !matches!(row.int("participationtypemask"), Some(REGARDING | OWNER))
}

fn add(org: &mut Organization, of: &Table, activity: Uuid, mut row: Row) {
    let id = org.next_id();
    row.set("activitypartyid", Cell::Id(id));
    row.set("activityid", Cell::Lookup(Link::new(of.logical, activity)));
    org.put("activityparty", id, row);
}

/// The address by which a record is written to.
pub fn address_of(row: &Row) -> Option<&str> {
    ["emailaddress1", "internalemailaddress", "emailaddress"].iter().find_map(|column| row.text(column))
}

/// Brings what follows from the parties, the owner and the regarding record in line.
pub fn settle(org: &mut Organization, of: &Table, activity: Uuid) {
    if !of.is_activity {
        return;
    }
    let Some(row) = org.row(of.logical, activity).cloned() else { return };
    keep(org, of, activity, OWNER, row.link("ownerid"));
    keep(org, of, activity, REGARDING, row.link("regardingobjectid"));
    if of.logical != "email" {
        return;
    }
    let mut settled = row.clone();
    let (mut sender, mut recipients) = (None, String::new());
    for (_, party) in org.parties(activity) {
        match party.int("participationtypemask") {
            Some(SENDER) => {
                sender = Some((party.text("addressused").map(str::to_owned), party.link("partyid").cloned()));
            }
            Some(TO) => {
                if let Some(address) = party.text("addressused") {
                    recipients.push_str(address);
                    recipients.push(';');
                }
            }
            _ => {}
        }
    }
    if let Some((address, party)) = sender {
        if let Some(address) = address {
            settled.set("sender", Cell::Text(cut(&address, 250)));
        }
        match party.filter(|link| link.table != "team") {
            Some(link) => settled.set("emailsender", Cell::Lookup(link)),
            None => {
                settled.cells.remove("emailsender");
            }
        }
    }
    if !recipients.is_empty() {
        settled.set("torecipients", Cell::Text(cut(&recipients, 500)));
    }
    if settled.cells != row.cells {
        org.put(of.logical, activity, settled);
    }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// Keeps the one party that stands for a lookup of the activity.
fn keep(org: &mut Organization, of: &Table, activity: Uuid, mask: i64, link: Option<&Link>) {
    let kept: Vec<(Uuid, Option<Link>)> = org
        .parties(activity)
        .iter()
        .filter(|(_, row)| row.int("participationtypemask") == Some(mask))
        .map(|(id, row)| (*id, row.link("partyid").cloned()))
        .collect();
    if kept.len() == usize::from(link.is_some()) && kept.iter().all(|(_, old)| old.as_ref() == link) {
        return;
    }
    for (id, _) in kept {
        org.take("activityparty", id);
    }
    if let Some(link) = link {
        let mut row = Row::default();
        row.set("participationtypemask", Cell::Int(mask));
        row.set("partyid", Cell::Lookup(link.clone()));
        add(org, of, activity, row);
    }
}
