//! Activity parties, and the lines of text that an email has besides them
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/activityparty-entity>).

use serde_json::{Map, Value, json};
use shared::party::{Party, Role};

/// Tables whose rows can be a party of an email, and their entity sets. A sender who is a team or a business
/// unit (PPL-01) cannot be one in Dataverse: the address stands there instead.
const PARTY_SETS: [(&str, &str); 6] = [
    ("account", "accounts"),
    ("contact", "contacts"),
    ("lead", "leads"),
    ("systemuser", "systemusers"),
    ("queue", "queues"),
    ("equipment", "equipments"),
];

const LONGEST_ADDRESS: usize = 320;
const LONGEST_UNRESOLVED_NAME: usize = 4_000;
/// Dataverse has no limit of its own; a mail with more keeps its sender and the first of the others.
const MOST_PARTIES: usize = 1_000;

/// The parties as they are nested in a new email: at most one sender.
pub(super) fn nested(parties: &[Party]) -> Vec<Value> {
    let mut sender_is_there = false;
    let mut fits =
        |party: &&Party| party.role != Role::From || !std::mem::replace(&mut sender_is_there, true);
    parties.iter().filter(|party| fits(party)).take(MOST_PARTIES).map(one).collect()
}

fn one(party: &Party) -> Value {
    let mut json = Map::new();
    json.insert("participationtypemask".to_owned(), json!(party.role.participation_type_mask()));
    let address = party.address.as_str();
    let has_address = !address.is_empty() && units(address) <= LONGEST_ADDRESS;
    if has_address {
        json.insert("addressused".to_owned(), json!(address));
    }
    let record = party.record.as_ref();
    let set = record.and_then(|r| PARTY_SETS.iter().find(|(table, _)| *table == r.key.table.as_str()));
    if let (Some(record), Some((table, set))) = (record, set) {
        json.insert(format!("partyid_{table}@odata.bind"), json!(format!("/{set}({})", record.key.id)));
    } else if !has_address {
        let name = if party.name.is_empty() { address } else { &party.name };
        json.insert("unresolvedpartyname".to_owned(), json!(cut(name, LONGEST_UNRESOLVED_NAME)));
    }
    Value::Object(json)
}

/// Addresses of the parties in a role, as `sender` and `torecipients` list them.
pub(super) fn addresses(parties: &[Party], role: Role) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for party in parties.iter().filter(|p| p.role == role) {
        let address = party.address.as_str();
        if !address.is_empty() && !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The longest beginning of a text that fits a column of so many characters. Dataverse counts UTF-16 units;
/// no character is cut in two.
pub(super) fn cut(text: &str, most_units: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.len_utf16();
        if used > most_units {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::item::SmtpAddress;
    use shared::regarding::{RecordKey, RecordRef, Table};
    use uuid::Uuid;

    fn party(role: Role, address: &str, name: &str, table: Option<Table>) -> Party {
        let record =
            table.map(|table| RecordRef { key: RecordKey { table, id: Uuid::nil() }, name: String::new() });
        Party { role, address: SmtpAddress::new(address), name: name.to_owned(), record }
    }

    #[test]
    fn resolved_parties_name_their_record_and_the_address_that_was_used() {
        let nested = nested(&[party(Role::From, "bo@x.example", "Bo", Some(Table::contact()))]);
        assert_eq!(
            nested,
            [json!({
                "participationtypemask": 1,
                "addressused": "bo@x.example",
                "partyid_contact@odata.bind": "/contacts(00000000-0000-0000-0000-000000000000)",
            })]
        );
    }

    #[test]
    fn whoever_cannot_be_a_party_stands_there_by_address_or_name() {
        let nested = nested(&[
            party(Role::To, "sales@x.example", "Sales", Some(Table::team())),
            party(Role::Cc, "", "Somebody", None),
            party(Role::Bcc, &format!("{}@x.example", "a".repeat(400)), "", None),
        ]);
        assert_eq!(nested[0], json!({"participationtypemask": 2, "addressused": "sales@x.example"}));
        assert_eq!(nested[1], json!({"participationtypemask": 3, "unresolvedpartyname": "Somebody"}));
        assert_eq!(nested[2]["unresolvedpartyname"].as_str().map(str::len), Some(410));
    }

    #[test]
    fn an_email_has_one_sender() {
        let twice = [party(Role::From, "a@x.example", "", None), party(Role::From, "b@x.example", "", None)];
        assert_eq!(nested(&twice).len(), 1);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("a😀b", 1), "a");
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
        assert_eq!(cut("a😀b", 4), "a😀b");
    }
}
