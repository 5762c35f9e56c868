//! An answer of Graph, or of one part of its batch, and the code it bears when it is a refusal
//! (<https://learn.microsoft.com/graph/errors>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use shared::problem::Code;

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// What is no JSON is text in base64, as in a batch.
    pub body: Value,
}

impl Answer {
    pub fn new(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let json = match kind {
            Some(kind) if !kind.to_ascii_lowercase().contains("json") => None,
            _ => serde_json::from_slice(body).ok(),
        };
        Self { status, headers, body: json.unwrap_or_else(|| Value::String(STANDARD.encode(body))) }
    }

    /// The body as a file.
    pub fn bytes(&self) -> Option<Bytes> {
        STANDARD.decode(self.body.as_str()?).ok().map(Bytes::from)
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

    /// Whether there is no such folder; the mailbox is there.
    pub fn says_folder_is_gone(&self) -> bool {
        self.says_item_is_gone()
            || self.status == StatusCode::NOT_FOUND && self.code_is_one_of(&["ErrorFolderNotFound"])
    }

    /// Whether a delta link is no longer honoured
    /// (<https://learn.microsoft.com/graph/delta-query-overview#synchronization-reset>). The code comes in
    /// several spellings, and not only with status 410.
    pub fn says_round_must_start_over(&self) -> bool {
        let code = self.code().to_ascii_lowercase();
        self.status == StatusCode::GONE
            || self.status.is_client_error() && (code.contains("syncstate") || code.contains("resync"))
    }

    /// Whether the answer is about Graph's own trouble.
    pub fn says_nothing_of_the_request(&self) -> bool {
        (self.status.is_server_error() && self.status != StatusCode::INSUFFICIENT_STORAGE)
            || self.status == StatusCode::REQUEST_TIMEOUT
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
    fn a_folder_that_is_gone_is_told_apart_from_its_mailbox() {
        for code in ["ErrorItemNotFound", "ErrorFolderNotFound", "errorfoldernotfound"] {
            let gone = refusal(404, code);
            assert!(gone.says_folder_is_gone() && gone.mailbox_trouble().is_none(), "{code}");
        }
        for code in ["ErrorInvalidUser", "MailboxNotEnabledForRESTAPI", "ErrorNonExistentMailbox"] {
            let gone = refusal(404, code);
            assert!(!gone.says_folder_is_gone(), "{code}");
            assert_eq!(gone.mailbox_trouble(), Some(Code::MailboxGone), "{code}");
        }
    }

    #[test]
    fn a_link_has_expired_in_every_spelling_of_it() {
        for (status, code) in [
            (410, ""),
            (410, "SyncStateNotFound"),
            (410, "resyncRequired"),
            (404, "syncStateNotFound"),
            (400, "ErrorInvalidSyncStateData"),
            (400, "SYNCSTATEINVALID"),
            (409, "resyncChangesApplyDifferences"),
        ] {
            assert!(refusal(status, code).says_round_must_start_over(), "{status} {code}");
        }
        for (status, code) in [(404, "ErrorItemNotFound"), (400, "BadRequest"), (500, "syncStateNotFound")] {
            assert!(!refusal(status, code).says_round_must_start_over(), "{status} {code}");
        }
    }

    #[test]
    fn what_is_no_json_is_a_file() {
        let kind =
            |kind| HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static(kind))]);
        let mail = Answer::new(StatusCode::OK, kind("message/rfc822"), b"Subject: x");
        assert_eq!(mail.bytes().as_deref(), Some(&b"Subject: x"[..]));
        let number = Answer::new(StatusCode::OK, kind("text/plain"), b"42");
        assert_eq!(number.bytes().as_deref(), Some(&b"42"[..]));
        let json = Answer::new(StatusCode::OK, kind("application/json;odata.metadata=minimal"), b"{\"a\":1}");
        assert_eq!((json.body["a"].as_i64(), json.bytes()), (Some(1), None));
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
