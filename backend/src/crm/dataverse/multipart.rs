//! The body of a Dataverse `$batch`: nested `multipart/mixed`
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api>).
//!
//! Written strictly: CRLF everywhere, one blank line where one belongs. Read with patience: services and the
//! boxes between us and them write bare line feeds, blank lines too many, quoted and unquoted boundaries, and
//! leave out what they did not get to.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use std::fmt::Write;

/// Reads stand in a batch by themselves.
const BOUNDARY: &str = "batch_regarding";
/// Writes stand in a changeset, which is done whole or not at all.
const CHANGESET: &str = "changeset_regarding";
/// A part inside of a part inside of a part is nonsense.
const DEEPEST: usize = 3;

/// One request of a batch.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: Method,
    /// Below the API's root, encoded.
    pub address: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl Operation {
    pub fn get(address: String) -> Self {
        Self { method: Method::GET, address, headers: Vec::new(), body: None }
    }
}

/// The `Content-Type` that goes with [`write_reads`] and [`write_changeset`].
pub fn content_type() -> String {
    format!("multipart/mixed; boundary={BOUNDARY}")
}

/// A batch of reads. `root` is the path of the API's root, with slashes at both ends.
pub fn write_reads(root: &str, operations: &[Operation]) -> String {
    let mut text = String::new();
    for operation in operations {
        let _ = write!(text, "--{BOUNDARY}\r\n");
        write_operation(&mut text, root, operation, None);
    }
    let _ = write!(text, "--{BOUNDARY}--\r\n");
    text
}

/// A batch of one changeset.
///
/// A fixed boundary is safe: every body is JSON on one line that begins with a brace, so that no line of the
/// content can look like a boundary.
pub fn write_changeset(root: &str, operations: &[Operation]) -> String {
    let mut text = format!("--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary={CHANGESET}\r\n\r\n");
    for (at, operation) in operations.iter().enumerate() {
        let _ = write!(text, "--{CHANGESET}\r\n");
        write_operation(&mut text, root, operation, Some(at + 1));
    }
    let _ = write!(text, "--{CHANGESET}--\r\n\r\n--{BOUNDARY}--\r\n");
    text
}

fn write_operation(text: &mut String, root: &str, operation: &Operation, content_id: Option<usize>) {
    text.push_str("Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = content_id {
        let _ = write!(text, "Content-ID: {id}\r\n");
    }
    let _ = write!(text, "\r\n{} {root}{} HTTP/1.1\r\n", operation.method, operation.address);
    for (name, value) in &operation.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    match &operation.body {
        Some(body) => {
            let _ = write!(text, "Content-Type: application/json; charset=utf-8\r\n\r\n{body}\r\n");
        }
        None => text.push_str("\r\n"),
    }
}

/// The answer of one part.
#[derive(Debug, Clone)]
pub struct Part {
    pub content_id: Option<String>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `Null` where the body is no JSON.
    pub body: Value,
}

/// The parts of an answer, changesets unfolded. `None`: this is no multipart answer.
pub fn read(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = boundary(content_type)?;
    let mut parts = Vec::new();
    read_into(&mut parts, &boundary, &String::from_utf8_lossy(body), 0);
    Some(parts)
}

/// As many answers as questions, in their order; `None` where one is missing.
///
/// Dataverse answers in the order of the questions. Where the answers bear the numbers of the questions
/// (from 1) as content ids, those count.
pub fn in_order(parts: Vec<Part>, questions: usize) -> Vec<Option<Part>> {
    let number = |part: &Part| part.content_id.as_deref().and_then(|id| id.trim().parse::<usize>().ok());
    let numbered = !parts.is_empty() && parts.iter().all(|part| number(part).is_some());
    let mut slots: Vec<Option<Part>> = (0..questions).map(|_| None).collect();
    for (at, part) in parts.into_iter().enumerate() {
        let place = if numbered { number(&part).and_then(|n| n.checked_sub(1)) } else { Some(at) };
        if let Some(slot) = place.and_then(|place| slots.get_mut(place)) {
            *slot = Some(part);
        }
    }
    slots
}

fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty()).then(|| value.to_owned())
    })
}

fn read_into(parts: &mut Vec<Part>, boundary: &str, text: &str, depth: usize) {
    if depth >= DEEPEST {
        return;
    }
    for piece in pieces(boundary, text) {
        let (headers, rest) = head(piece);
        let kind = header_of(&headers, "content-type").unwrap_or_default();
        match self::boundary(kind) {
            Some(inner) => read_into(parts, &inner, rest, depth + 1),
            None => parts.extend(part(header_of(&headers, "content-id"), rest)),
        }
    }
}

/// What stands between the boundaries; a closing boundary that is missing is forgiven.
fn pieces<'a>(boundary: &str, text: &'a str) -> Vec<&'a str> {
    let (mut pieces, mut start, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let rest = bare.strip_prefix("--").and_then(|rest| rest.strip_prefix(boundary));
        if matches!(rest, Some("" | "--")) {
            if let Some(start) = start {
                pieces.push(&text[start..at]);
            }
            start = (rest == Some("")).then_some(at + line.len());
        }
        at += line.len();
    }
    if let Some(start) = start {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Header lines up to the blank line, without the blank lines before them, and what follows.
fn head(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut headers = Vec::new();
    let mut rest = text.trim_start_matches(['\r', '\n']);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim(), value.trim()));
        }
    }
    (headers, rest)
}

fn header_of<'a>(headers: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn part(content_id: Option<&str>, text: &str) -> Option<Part> {
    let text = text.trim_start_matches(['\r', '\n']);
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let status = line.trim().strip_prefix("HTTP/")?.split_whitespace().nth(1)?;
    let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
    let first_is_blank = rest.lines().next().is_none_or(|line| line.trim().is_empty());
    let (headers, body) = if first_is_blank { (Vec::new(), rest) } else { head(rest) };
    let content_id = content_id.or_else(|| header_of(&headers, "content-id")).map(str::to_owned);
    let headers = headers
        .into_iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        })
        .collect();
    let body = serde_json::from_str(body.trim()).unwrap_or(Value::Null);
    Some(Part { content_id, status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(parts: &[Part]) -> Vec<(Option<&str>, u16, Value)> {
        parts.iter().map(|p| (p.content_id.as_deref(), p.status.as_u16(), p.body.clone())).collect()
    }

    #[test]
    fn every_line_that_is_written_ends_in_crlf() {
        let write = Operation {
            method: Method::POST,
            address: "emails".to_owned(),
            headers: vec![("If-Match", "*".to_owned())],
            body: Some(json!({"subject": "two\r\n--batch_regarding\r\nlines"})),
        };
        let batch = write_changeset("/api/data/v9.2/", &[write.clone(), write]);
        assert_eq!(batch.matches('\n').count(), batch.matches("\r\n").count());
        let lines: Vec<&str> = batch.split("\r\n").collect();
        assert_eq!(lines.iter().filter(|line| **line == "--batch_regarding").count(), 1);
        assert_eq!(lines.iter().filter(|line| **line == "--changeset_regarding").count(), 2);
        assert!(batch.contains("\r\n\r\nPOST /api/data/v9.2/emails HTTP/1.1\r\nIf-Match: *\r\n"));
        assert!(batch.ends_with("--changeset_regarding--\r\n\r\n--batch_regarding--\r\n"));
    }

    #[test]
    fn a_tidy_answer_with_a_changeset_is_unfolded() {
        let answer = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
            HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRetry-After: 2.5\r\n\r\n{\"value\":[]}\r\n\
            --b\r\nContent-Type: multipart/mixed; boundary=\"c\"\r\n\r\n\
            --c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
            --c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
            --c--\r\n--b--\r\n";
        let parts = read("multipart/mixed; boundary=b", answer.as_bytes()).unwrap();
        assert_eq!(
            shown(&parts),
            [(None, 200, json!({"value": []})), (Some("1"), 204, Value::Null), (Some("2"), 204, Value::Null)]
        );
        assert_eq!(parts[0].headers["retry-after"], "2.5");
    }

    #[test]
    fn ugly_answers_are_read_all_the_same() {
        let tidy = "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 404 Not Found\r\nx: y\r\n\r\n{\"a\":1}\r\n--b--";
        let ugly = [
            tidy.to_owned(),
            tidy.replace("\r\n", "\n"),
            format!("a preamble\r\n\r\n{tidy}\r\nan epilogue"),
            tidy.replace("--b\r\n", "--b\r\n\r\n\r\n"),
            tidy.replace("HTTP/1.1", "\r\n\r\nHTTP/1.1"),
            tidy.replace("--b--", "\r\n\r\n\r\n--b--\r\n\r\n"),
            tidy.replace("\r\n--b--", ""),
            tidy.replace(
                "Content-Type: application/http\r\n",
                "content-type:application/http\r\nnonsense\r\n",
            ),
        ];
        for answer in ugly {
            let parts = read("Multipart/Mixed; charset=utf-8; Boundary=\"b\"", answer.as_bytes()).unwrap();
            assert_eq!(shown(&parts), [(None, 404, json!({"a": 1}))], "{answer:?}");
        }
    }

    #[test]
    fn what_is_no_part_is_left_out_and_what_is_no_multipart_is_none() {
        assert!(read("application/json", b"{}").is_none());
        assert!(read("multipart/mixed", b"--b\r\n").is_none());
        assert!(read("multipart/mixed; boundary=", b"--\r\n").is_none());
        let nonsense = b"--b\r\n\r\nhello\r\n--b\r\n\r\nHTTP/1.1 abc\r\n\r\n--b\r\n\xff\xfe\r\n--b--";
        assert_eq!(read("multipart/mixed; boundary=b", nonsense).map(|parts| parts.len()), Some(0));
        let nested = "--b\nContent-Type: multipart/mixed; boundary=b\n\n".repeat(50);
        assert_eq!(read("multipart/mixed; boundary=b", nested.as_bytes()).map(|parts| parts.len()), Some(0));
    }

    #[test]
    fn answers_are_matched_by_number_or_else_by_order() {
        let part = |id: Option<&str>, status: u16| Part {
            content_id: id.map(str::to_owned),
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Value::Null,
        };
        let statuses = |parts: Vec<Part>, n: usize| -> Vec<Option<u16>> {
            in_order(parts, n).into_iter().map(|slot| slot.map(|part| part.status.as_u16())).collect()
        };
        assert_eq!(
            statuses(vec![part(Some("3"), 203), part(Some("1"), 201)], 3),
            [Some(201), None, Some(203)]
        );
        assert_eq!(statuses(vec![part(None, 201), part(Some("1"), 202)], 3), [Some(201), Some(202), None]);
        assert_eq!(statuses(vec![part(Some("9"), 201), part(Some("0"), 202)], 1), [None]);
        assert_eq!(statuses(vec![part(None, 201), part(None, 202)], 1), [Some(201)]);
    }
}
