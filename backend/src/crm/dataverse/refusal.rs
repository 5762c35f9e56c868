//! What Dataverse says no to, and why
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/reference/web-service-error-codes>).
//!
//! Programs go by status and code. Messages serve people only: the name of a privilege, the words of a
//! plug-in.

use super::multipart::Part;
use http::StatusCode;
use serde_json::Value;
use shared::problem::{Code, Problem};
use shared::regarding::Table;
use uuid::Uuid;

/// Not a member of the organization; a disabled user.
const NOT_LICENSED: [&str; 2] = ["0x80072560", "0x80040225"];
/// A plug-in or a rule of the organization aborted the write; everything was rolled back.
const ABORTED: [&str; 2] = ["0x80040265", "0x80040224"];
/// The key is taken: by primary key, by alternate key.
const DUPLICATE_KEY: [&str; 2] = ["0x80040237", "0x80060892"];
/// The database took too long, or gave up; the write was rolled back, but who knows which of its attempts.
const TIMED_OUT: [&str; 3] = ["0x80044151", "0x80044150", "0x80040255"];
/// The row is another version than `If-Match` says.
const STALE: &str = "0x80060882";
/// The table does not compare versions.
const NO_VERSIONS: &str = "0x80060893";
/// A file is too large or its kind is not allowed; its name holds what no name may.
const FILE_REFUSED: [&str; 3] = ["0x80043e09", "0x80044a02", "0x80044a08"];
/// What was sent does not fit the table: a column, a type, a length.
const MALFORMED: [&str; 4] = ["0x80048d19", "0x80044331", "0x80060888", "0x8006088a"];
const DOES_NOT_EXIST: &str = "0x80040217";
/// Longest reason, in characters.
const LONGEST_REASON_CHARS: usize = 200;

/// The error's code, e.g. `0x80040217`; empty where there is none.
pub(super) fn code(part: &Part) -> &str {
    part.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default()
}

fn message(part: &Part) -> &str {
    part.body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default()
}

fn code_is_one_of(part: &Part, codes: &[&str]) -> bool {
    codes.iter().any(|known| known.eq_ignore_ascii_case(code(part)))
}

pub(super) fn is_not_licensed(part: &Part) -> bool {
    code_is_one_of(part, &NOT_LICENSED)
}

/// Whether the write was refused because a row of this key is there.
pub(super) fn is_duplicate_key(part: &Part) -> bool {
    let bare = part.status == StatusCode::PRECONDITION_FAILED && code(part).is_empty();
    part.status == StatusCode::CONFLICT || bare || code_is_one_of(part, &DUPLICATE_KEY)
}

/// Whether a row that the request named is not there.
pub(super) fn is_missing_row(part: &Part) -> bool {
    let bare = part.status == StatusCode::NOT_FOUND && code(part).is_empty();
    bare || code_is_one_of(part, &[DOES_NOT_EXIST])
}

/// Whether the row is another version than the write asked for.
pub(super) fn is_stale(part: &Part) -> bool {
    code_is_one_of(part, &[STALE])
        || (part.status == StatusCode::PRECONDITION_FAILED && code(part).is_empty())
}

/// Whether the table does not compare versions.
pub(super) fn has_no_versions(part: &Part) -> bool {
    code_is_one_of(part, &[NO_VERSIONS])
}

/// Whether the refusal is about the row with this id.
pub(super) fn names(part: &Part, id: Uuid) -> bool {
    message(part).to_ascii_lowercase().contains(&id.to_string())
}

/// The refusal as a problem; `None` where the answer leaves open what happened.
pub(super) fn failure(part: &Part, organization: &str) -> Option<Problem> {
    if is_not_licensed(part) {
        return Some(Problem::new(Code::NotLicensed).because("organization", organization));
    }
    if part.status == StatusCode::FORBIDDEN {
        return Some(privilege_missing(part));
    }
    if part.status == StatusCode::REQUEST_TIMEOUT || code_is_one_of(part, &TIMED_OUT) {
        return None;
    }
    if part.status == StatusCode::PAYLOAD_TOO_LARGE {
        return Some(Problem::new(Code::PayloadTooLarge));
    }
    let aborted = code_is_one_of(part, &ABORTED);
    let no = aborted || part.status.is_client_error();
    no.then(|| {
        Problem::new(Code::CrmRefused)
            .because("reason", reason(part))
            .because("error", error(part))
            .because("kind", kind(part))
    })
}

/// What refused, as far as the code says it: `plug-in`, `file`, `malformed` (no repetition helps) or `other`.
fn kind(part: &Part) -> &'static str {
    if code_is_one_of(part, &ABORTED) {
        "plug-in"
    } else if code_is_one_of(part, &FILE_REFUSED) {
        "file"
    } else if code_is_one_of(part, &MALFORMED) {
        "malformed"
    } else {
        "other"
    }
}

/// Which privilege is missing, as far as the message says it.
fn privilege_missing(part: &Part) -> Problem {
    let words = || message(part).split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let privilege = words()
        .find(|word| word.len() > 4 && word.starts_with("prv"))
        .or_else(|| words().find(|word| word.len() > 6 && word.ends_with("Access")))
        .unwrap_or(if code(part).is_empty() { "-" } else { code(part) });
    let privilege: String = privilege.chars().take(100).collect();
    let mut after_entity =
        words().filter(|word| !word.is_empty()).skip_while(|word| *word != "entity").skip(1);
    let problem = Problem::new(Code::PrivilegeMissing).because("privilege", privilege);
    match after_entity.next().and_then(|word| Table::new(word).ok()) {
        Some(table) => problem.because("table", table),
        None => problem,
    }
}

/// Why the CRM refused, for people: one short line in its own words, which may repeat what was sent.
fn reason(part: &Part) -> String {
    let line = message(part).split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(LONGEST_REASON_CHARS).collect();
    if line.is_empty() { error(part) } else { line }
}

/// The error by its code alone.
fn error(part: &Part) -> String {
    if code(part).is_empty() {
        format!("HTTP {}", part.status.as_u16())
    } else {
        code(part).chars().take(20).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use serde_json::json;

    fn refused(status: u16, code: &str, message: &str) -> Part {
        Part {
            content_id: None,
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: json!({"error": {"code": code, "message": message}}),
        }
    }

    fn facts(problem: &Problem) -> Vec<(&str, &str)> {
        problem.facts.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect()
    }

    #[test]
    fn a_missing_privilege_is_named_with_its_table() {
        let part = refused(
            403,
            "0x80040220",
            "Principal user (Id=1, type=8), is missing prvCreateActivity privilege (Id=2) on OTC=4200 for entity 'activitypointer' (LocalizedName='Activity').",
        );
        let problem = failure(&part, "org").unwrap();
        assert_eq!(problem.code, Code::PrivilegeMissing);
        assert_eq!(facts(&problem), [("privilege", "prvCreateActivity"), ("table", "activitypointer")]);
        let part = refused(
            403,
            "0x80048306",
            "Principal with id 1 does not have AppendToAccess right(s) for record with id 2 of entity account",
        );
        let problem = failure(&part, "org").unwrap();
        assert_eq!(facts(&problem), [("privilege", "AppendToAccess"), ("table", "account")]);
        let problem = failure(&refused(403, "0x8", ""), "org").unwrap();
        assert_eq!(facts(&problem), [("privilege", "0x8")]);
    }

    #[test]
    fn whoever_is_no_member_is_not_licensed() {
        for code in NOT_LICENSED {
            let problem = failure(&refused(403, code, "no"), "contoso.crm4.dynamics.com").unwrap();
            assert_eq!(problem.code, Code::NotLicensed);
            assert_eq!(facts(&problem), [("organization", "contoso.crm4.dynamics.com")]);
        }
    }

    #[test]
    fn a_plug_in_is_quoted_in_one_line() {
        let part = refused(500, "0x80040265", "Credit\r\n\tlimit   exceeded.");
        let problem = failure(&part, "org").unwrap();
        let reason = ("reason", "Credit limit exceeded.");
        assert_eq!(facts(&problem), [reason, ("error", "0x80040265"), ("kind", "plug-in")]);
    }

    #[test]
    fn what_refused_is_told_by_its_code() {
        for (status, code, kind) in [
            (400, "0x80043E09", "file"),
            (400, "0x80044a02", "file"),
            (400, "0x80048d19", "malformed"),
            (400, "0x80044331", "malformed"),
            (400, "0x80040203", "other"),
            (400, "", "other"),
            (400, "0x80040224", "plug-in"),
        ] {
            let problem = failure(&refused(status, code, "no"), "org").unwrap();
            assert_eq!((problem.code, facts(&problem)[2]), (Code::CrmRefused, ("kind", kind)), "{code}");
        }
        let problem = failure(&refused(413, "", ""), "org").unwrap();
        assert_eq!(problem.code, Code::PayloadTooLarge);
    }

    #[test]
    fn a_time_out_leaves_open_what_happened_whatever_its_status() {
        for (status, code) in [(408, ""), (408, "0x80044151"), (400, "0x80044151"), (500, "0x80044150")] {
            assert_eq!(
                failure(&refused(status, code, "SQL timeout expired."), "org"),
                None,
                "{status} {code}"
            );
        }
    }

    #[test]
    fn versions_are_told_apart_from_keys() {
        assert!(is_stale(&refused(412, "0x80060882", "")) && is_stale(&refused(412, "", "")));
        assert!(!is_stale(&refused(412, "0x80040237", "")) && !is_stale(&refused(400, "", "")));
        assert!(has_no_versions(&refused(400, "0x80060893", "")));
    }

    #[test]
    fn a_server_error_leaves_open_what_happened() {
        assert_eq!(failure(&refused(500, "0x80040216", "An unexpected error occurred."), "org"), None);
        assert_eq!(failure(&refused(502, "", ""), "org"), None);
    }
}
