//! Queries, built from values that know what they are.
//!
//! The one place where text gets into a Dataverse query: quotes are doubled, ids are ids, columns are names
//! in code, and percent-encoding happens once, when the query becomes an address. Nothing else in the crate
//! may write a `$filter`.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::UtcMs;
use std::collections::HashSet;
use std::fmt::Write;
use uuid::Uuid;

/// What may stand in a query value as it is (RFC 3986, unreserved).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Values in one question; three columns each stay well below Dataverse's limits on conditions.
const MOST_IN_ONE: usize = 25;
/// Characters of values in one question: 64 KB is the longest address that a batch may hold, and encoding can
/// treble a character in each of three columns.
const LONGEST_IN_ONE: usize = 4_000;

/// Values in groups that fit one question, each value once, in their order.
pub fn groups<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let mut seen = HashSet::new();
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut length = 0;
    for value in values.into_iter().filter(|value| seen.insert(*value)) {
        let full =
            groups.last().is_none_or(|g| g.len() >= MOST_IN_ONE || length + value.len() > LONGEST_IN_ONE);
        if full {
            groups.push(Vec::new());
            length = 0;
        }
        length += value.len();
        if let Some(last) = groups.last_mut() {
            last.push(value);
        }
    }
    groups
}

/// The time as Dataverse takes it: UTC, whole seconds.
pub fn written(time: UtcMs) -> String {
    let time = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A value to compare with.
#[derive(Debug, Clone, Copy)]
pub enum Literal<'a> {
    Text(&'a str),
    Id(Uuid),
    Number(i64),
    Flag(bool),
    Time(UtcMs),
}

impl Literal<'_> {
    fn write(self, into: &mut String) {
        match self {
            Literal::Text(text) => {
                into.push('\'');
                into.push_str(&text.replace('\'', "''"));
                into.push('\'');
            }
            Literal::Id(id) => {
                let _ = write!(into, "{id}");
            }
            Literal::Number(number) => {
                let _ = write!(into, "{number}");
            }
            Literal::Flag(flag) => {
                let _ = write!(into, "{flag}");
            }
            Literal::Time(time) => into.push_str(&written(time)),
        }
    }
}

/// A condition of `$filter`, not encoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    pub fn equals(column: &'static str, value: Literal<'_>) -> Self {
        let mut text = format!("{column} eq ");
        value.write(&mut text);
        Self(text)
    }

    /// Not before.
    pub fn since(column: &'static str, time: UtcMs) -> Self {
        let mut text = format!("{column} ge ");
        Literal::Time(time).write(&mut text);
        Self(text)
    }

    pub fn is_set(column: &'static str) -> Self {
        Self(format!("{column} ne null"))
    }

    /// The column is the id of the user who asks
    /// (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/equaluserid>).
    pub fn is_caller(column: &'static str) -> Self {
        Self(format!("Microsoft.Dynamics.CRM.EqualUserId(PropertyName='{column}')"))
    }

    pub fn contains(column: &'static str, piece: &str) -> Self {
        Self::function("contains", column, piece)
    }

    pub fn starts_with(column: &'static str, piece: &str) -> Self {
        Self::function("startswith", column, piece)
    }

    fn function(name: &str, column: &str, piece: &str) -> Self {
        let mut text = format!("{name}({column},");
        Literal::Text(piece).write(&mut text);
        text.push(')');
        Self(text)
    }

    /// One of them holds; `None` when there is none.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Option<Self> {
        let all: Vec<String> = filters.into_iter().map(|f| f.0).collect();
        (!all.is_empty()).then(|| Self(all.join(" or ")))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("({}) and ({})", self.0, other.0))
    }
}

/// A read of one table: `accounts?$select=…&$filter=…`.
#[derive(Debug, Clone)]
pub struct Query {
    path: String,
    options: Vec<(&'static str, String)>,
}

impl Query {
    /// Rows of the entity set.
    pub fn of(set: &str) -> Self {
        Self { path: utf8_percent_encode(set, VALUE).to_string(), options: Vec::new() }
    }

    /// One row by its primary key.
    pub fn row(set: &str, id: Uuid) -> Self {
        let mut query = Self::of(set);
        let _ = write!(query.path, "({id})");
        query
    }

    #[must_use]
    pub fn select(self, columns: &str) -> Self {
        self.option("$select", columns.to_owned())
    }

    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        self.option("$filter", filter.0)
    }

    #[must_use]
    pub fn order_by(self, columns: &str) -> Self {
        self.option("$orderby", columns.to_owned())
    }

    #[must_use]
    pub fn top(self, rows: usize) -> Self {
        self.option("$top", rows.to_string())
    }

    fn option(mut self, name: &'static str, value: String) -> Self {
        self.options.push((name, value));
        self
    }

    /// The address below the API's root, encoded.
    pub fn address(&self) -> String {
        let mut address = self.path.clone();
        for (at, (name, value)) in self.options.iter().enumerate() {
            address.push(if at == 0 { '?' } else { '&' });
            let _ = write!(address, "{name}={}", utf8_percent_encode(value, VALUE));
        }
        address
    }
}

/// `RetrievePrincipalAccess` of a user on a row of an entity set
/// (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveprincipalaccess>).
pub fn access_of(user: UserKey, set: &str, id: Uuid) -> String {
    let user = match user {
        UserKey::Id(id) => id.to_string(),
        UserKey::ObjectId(oid) => format!("azureactivedirectoryobjectid={oid}"),
    };
    let target = format!(r#"{{"@odata.id":"{set}({id})"}}"#);
    let target = utf8_percent_encode(&target, VALUE);
    format!("systemusers({user})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)?@t={target}")
}

/// `RetrieveUserPrivileges` of a user
/// (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveuserprivileges>).
pub fn privileges_of(user: Uuid) -> String {
    format!("systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()")
}

/// How a user of the CRM is named in an address.
#[derive(Debug, Clone, Copy)]
pub enum UserKey {
    /// `systemuserid`.
    Id(Uuid),
    /// Entra object id: an alternate key of the table.
    ObjectId(Uuid),
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// What an independent reader sees in a filter: names and signs, and the literals' values.
    #[derive(Debug, PartialEq)]
    enum Seen {
        Sign(String),
        Text(String),
    }

    /// Reads a query string as a server would: split at `&`, decode, then take the filter apart.
    fn read_back(address: &str) -> Vec<Seen> {
        assert!(!address.contains('#') && address.matches('?').count() == 1, "{address}");
        let (_, query) = address.split_once('?').unwrap();
        let filters: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("$filter=")).collect();
        let [filter] = filters[..] else { panic!("one filter: {address}") };
        let filter = percent_encoding::percent_decode_str(filter).decode_utf8().unwrap().into_owned();
        let mut seen = Vec::new();
        let mut chars = filter.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\'' {
                let mut text = String::new();
                loop {
                    match chars.next().expect("a literal ends") {
                        '\'' if chars.peek() == Some(&'\'') => {
                            chars.next();
                            text.push('\'');
                        }
                        '\'' => break,
                        c => text.push(c),
                    }
                }
                seen.push(Seen::Text(text));
            } else if let Some(Seen::Sign(sign)) = seen.last_mut() {
                sign.push(c);
            } else {
                seen.push(Seen::Sign(c.to_string()));
            }
        }
        seen
    }

    fn sign(text: &str) -> Seen {
        Seen::Sign(text.to_owned())
    }

    fn text(text: &str) -> Seen {
        Seen::Text(text.to_owned())
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_breaks_out() {
        let seed = 20_261_120;
        let mut rng = StdRng::seed_from_u64(seed);
        let alphabet: Vec<char> =
            "'\"%_[]&#?=+;/\\() ,:$@{}<>\0\r\n\t\u{7f}aZ0äßЖ漢😀\u{202e}\u{feff}’".chars().collect();
        for round in 0..2_000 {
            let length = rng.random_range(0..24);
            let term: String = (0..length).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect();
            let filter = Filter::any([
                Filter::contains("name", &term),
                Filter::starts_with("title", &term),
                Filter::equals("emailaddress1", Literal::Text(&term)),
            ])
            .unwrap()
            .and(Filter::equals("statecode", Literal::Number(0)));
            let address = Query::of("accounts").select("name").filter(filter).top(5).address();
            let expected = [
                sign("(contains(name,"),
                text(&term),
                sign(") or startswith(title,"),
                text(&term),
                sign(") or emailaddress1 eq "),
                text(&term),
                sign(") and (statecode eq 0)"),
            ];
            assert_eq!(read_back(&address), expected, "seed {seed}, round {round}: {term:?}");
        }
    }

    #[test]
    fn ids_stand_as_they_are_and_addresses_hold_no_blank() {
        let id = Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_ac01);
        let filter = Filter::equals("_customerid_value", Literal::Id(id));
        let address = Query::of("opportunities").filter(filter).order_by("name asc").address();
        assert_eq!(
            address,
            format!("opportunities?$filter=_customerid_value%20eq%20{id}&$orderby=name%20asc")
        );
        assert_eq!(
            Query::row("accounts", id).select("name").address(),
            format!("accounts({id})?$select=name")
        );
    }

    #[test]
    fn values_are_grouped_so_that_no_question_is_too_long_and_none_is_lost() {
        let short: Vec<String> = (0..60).map(|n| format!("<{n}@x.example>")).collect();
        let long: Vec<String> = (0..60).map(|n| format!("{n}{}", "ü".repeat(200))).collect();
        for values in [&short, &long] {
            let twice = values.iter().chain(values).map(String::as_str);
            let groups = groups(twice);
            assert!(
                groups.iter().all(|g| g.len() <= 25 && g.iter().map(|v| v.len()).sum::<usize>() <= 4_000)
            );
            assert_eq!(groups.concat(), *values);
        }
        assert!(groups([]).is_empty());
        assert_eq!(
            groups(["x".repeat(5_000).as_str()]).len(),
            1,
            "one that is too long by itself is asked alone"
        );
    }

    #[test]
    fn times_are_whole_seconds_in_utc() {
        assert_eq!(written(UtcMs(1_795_161_600_999)), "2026-11-20T08:00:00Z");
        assert_eq!(written(UtcMs(i64::MAX)), "1970-01-01T00:00:00Z");
        let query = Query::of("emails").filter(Filter::since("createdon", UtcMs(1_795_161_600_000)));
        assert_eq!(query.address(), "emails?$filter=createdon%20ge%202026-11-20T08%3A00%3A00Z");
    }

    #[test]
    fn no_filter_of_nothing() {
        assert_eq!(Filter::any([]), None);
    }
}
