//! An answer of Graph, or of one part of its batch, and the code it bears when it is a refusal
//! (<https://learn.microsoft.com/graph/errors>).

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use shared::problem::Code;

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `Null` where the body is no JSON.
    pub body: Value,
}

impl Answer {
    pub fn new(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        Self { status, headers, body: serde_json::from_slice(body).unwrap_or(Value::Null) }
    }

    /// `error.code`; empty where there is none.
    pub fn code(&self) -> &str {
        self.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default()
    }

    /// The code, or the status where there is none: what people and logs may see of a refusal. Messages may
    /// hold mail text and stay here.
    pub fn reason(&self) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let code: String = self.code().chars().filter(|c| fits(*c)).take(80).collect();
        if code.is_empty() { format!("HTTP {}", self.status.as_u16()) } else { code }
    }

    fn code_is_one_of(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.code().eq_ignore_ascii_case(code))
    }

    /// Whether the refusal says that there is no such item. Exchange calls an id that it cannot parse
    /// (invented, cut off, of another mailbox) malformed, with status 400.
    pub fn says_item_is_gone(&self) -> bool {
        let malformed = || {
            self.code().get(..14).is_some_and(|start| start.eq_ignore_ascii_case("ErrorInvalidId"))
                || self.code_is_one_of(&["ErrorInvalidMailboxItemId"])
        };
        match self.status.as_u16() {
            404 => self.code_is_one_of(&["ErrorItemNotFound", "ErrorMessageNotFound"]) || malformed(),
            400 => malformed(),
            _ => false,
        }
    }

    /// Whether the refusal is about the mailbox as a whole.
    pub fn mailbox_trouble(&self) -> Option<Code> {
        let gone = [
            "ErrorInvalidUser",
            "MailboxNotEnabledForRESTAPI",
            "ResourceNotFound",
            "Request_ResourceNotFound",
            "ErrorNonExistentMailbox",
            "MailboxNotFound",
        ];
        match self.status.as_u16() {
            403 => Some(Code::MailboxDenied),
            400 | 404 if self.code_is_one_of(&gone) => Some(Code::MailboxGone),
            _ => None,
        }
    }

    /// Whether the caller has no right to what they asked for, whatever state the mailbox is in.
    pub fn says_access_is_denied(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && self.code_is_one_of(&["ErrorAccessDenied"])
    }

    /// Whether somebody else changed the item, or made the same thing, in the meantime. Exchange answers a
    /// stale entity tag with 412, and now and then with 409.
    pub fn says_conflict(&self) -> bool {
        matches!(self.status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED)
            || self.code_is_one_of(&["ErrorIrresolvableConflict"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str) -> Answer {
        let body = serde_json::json!({"error": {"code": code, "message": "Subject: secret"}});
        Answer::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_string().as_bytes())
    }

    #[test]
    fn an_item_is_gone_only_when_a_known_code_says_so() {
        assert!(refusal(404, "ErrorItemNotFound").says_item_is_gone());
        assert!(refusal(400, "ErrorInvalidIdMalformed").says_item_is_gone());
        assert!(refusal(400, "ErrorInvalidIdMalformedEwsLegacyIdFormat").says_item_is_gone());
        assert!(!refusal(404, "UnknownError").says_item_is_gone());
        assert!(!refusal(500, "ErrorItemNotFound").says_item_is_gone());
        assert!(!refusal(404, "MailboxNotEnabledForRESTAPI").says_item_is_gone());
    }

    #[test]
    fn the_reason_is_a_code_and_never_a_message() {
        assert_eq!(refusal(400, "ErrorQuotaExceeded").reason(), "ErrorQuotaExceeded");
        assert_eq!(refusal(400, "").reason(), "HTTP 400");
        assert_eq!(refusal(400, "a b<script>\r\n").reason(), "abscript");
        let page = Answer::new(StatusCode::BAD_GATEWAY, HeaderMap::new(), b"<html>secret</html>");
        assert_eq!(page.reason(), "HTTP 502");
    }
}
