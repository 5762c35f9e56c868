//! One request as the handlers see it, and the answers they give.

use super::path::Segment;
use super::problem::Problem;
use super::query::{Prefer, Query};
use super::show::View;
use crate::World;
use crate::entra::Caller;
use crate::exchange::folder::FolderKey;
use crate::exchange::{Exchange, Mailbox, Right};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A request whose token was good.
#[derive(Debug)]
pub struct Asked<'a> {
    pub world: &'a World,
    pub now: Timestamp,
    pub method: Method,
    /// The path as it came, e.g. `/v1.0/me/messages`: base of next links.
    pub path: String,
    pub raw_query: Option<String>,
    pub segments: Vec<Segment>,
    pub query: Query,
    pub prefer: Prefer,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub caller: Caller,
}

/// What a permission lets an application do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    ReadMail,
    WriteMail,
    SendMail,
    ReadSettings,
    WriteSettings,
}

impl Need {
    /// Permissions for one's own mailbox, or for applications; and those for the mailboxes of others.
    fn granted_by(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::ReadMail => {
                (&["Mail.Read", "Mail.ReadWrite"], &["Mail.Read.Shared", "Mail.ReadWrite.Shared"])
            }
            Self::WriteMail => (&["Mail.ReadWrite"], &["Mail.ReadWrite.Shared"]),
            Self::SendMail => (&["Mail.Send"], &["Mail.Send.Shared"]),
            Self::ReadSettings => (&["MailboxSettings.Read", "MailboxSettings.ReadWrite"], &[]),
            Self::WriteSettings => (&["MailboxSettings.ReadWrite"], &[]),
        }
    }

    fn right(self) -> Right {
        match self {
            Self::ReadMail | Self::ReadSettings => Right::Reviewer,
            Self::WriteMail | Self::SendMail | Self::WriteSettings => Right::Editor,
        }
    }
}

impl Asked<'_> {
    pub fn client_id(&self) -> &str {
        match &self.caller {
            Caller::User { client_id, .. } | Caller::App { client_id, .. } => client_id,
        }
    }

    /// Names and keys of the path, for matching.
    pub fn steps(&self) -> Vec<(&str, Option<&str>)> {
        self.segments.iter().map(|segment| (segment.name.as_str(), segment.key.as_deref())).collect()
    }

    /// Whose mailbox or profile the path names: a user's own by `/me`, anybody's by `/users/{…}`.
    pub fn owner(&self) -> Result<String, Problem> {
        match (self.steps().first(), &self.caller) {
            (Some(("me", _)), Caller::User { oid, .. }) => Ok(oid.clone()),
            (Some(("me", _)), Caller::App { .. }) => {
                Err(Problem::bad_request("/me request is only valid with delegated authentication flow."))
            }
            (Some(("users", Some(key))), _) => Ok((*key).to_owned()),
            _ => Err(Problem::no_segment(self.steps().first().map_or("", |step| step.0))),
        }
    }

    /// Checks that the caller may do this in the mailbox, or in one folder of it.
    pub fn may(&self, mailbox: &Mailbox, need: Need, folder: Option<FolderKey>) -> Result<(), Problem> {
        let (own, others) = need.granted_by();
        let has = |held: &[String], wanted: &[&str]| held.iter().any(|one| wanted.contains(&one.as_str()));
        if mailbox.switches.not_in_exchange_online {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "MailboxNotEnabledForRESTAPI",
                "REST API is not yet supported for this mailbox.",
            ));
        }
        let allowed = match &self.caller {
            Caller::App { roles, .. } => has(roles, own),
            Caller::User { oid, scopes, .. } if mailbox.is_called(oid) => {
                has(scopes, own) || has(scopes, others)
            }
            Caller::User { oid, scopes, .. } => {
                has(scopes, others) && mailbox.allows(oid, folder, need.right())
            }
        };
        if allowed && !mailbox.switches.forbidden { Ok(()) } else { Err(Problem::access_denied()) }
    }

    /// The mailbox that the path names.
    pub fn mailbox<'e>(&self, exchange: &'e Exchange) -> Result<&'e Mailbox, Problem> {
        Ok(exchange.mailbox(&self.owner()?)?)
    }

    pub fn view(&self) -> Result<View, Problem> {
        let select = self.query.select();
        super::show::check_message_select(select.as_deref())?;
        let expand = self.query.expand()?;
        for one in &expand {
            if !["attachments", "extensions", "singlevalueextendedproperties", "multivalueextendedproperties"]
                .contains(&one.name.as_str())
            {
                return Err(Problem::no_property(&one.name, "message"));
            }
        }
        Ok(View { ids: self.prefer.ids, bodies: self.prefer.bodies, select, expand })
    }

    /// The change key of `If-Match`; `*` and no header match everything.
    pub fn if_match(&self) -> Option<String> {
        let value = self.headers.get("if-match")?.to_str().ok()?.trim();
        let value = value.strip_prefix("W/").unwrap_or(value);
        (value != "*").then(|| value.trim_matches('"').to_owned())
    }

    /// The body as a JSON object, without the annotations that typed clients add.
    pub fn object(&self) -> Result<Map<String, Value>, Problem> {
        if self.body.trim_ascii().is_empty() {
            return Err(Problem::body("The request body is empty; a JSON object is expected."));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(mut map)) => {
                map.retain(|name, _| !name.starts_with("@odata."));
                Ok(map)
            }
            Ok(_) => Err(Problem::body("A JSON object is expected as the request body.")),
            Err(reason) => Err(Problem::body(format!("Unable to read JSON request payload: {reason}"))),
        }
    }

    /// The body as a value of a known shape; an absent body is an empty object.
    pub fn parsed<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.trim_ascii().is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|reason| Problem::body(format!("Unable to read JSON request payload: {reason}")))
    }

    /// `@odata.context` for something that belongs to the mailbox.
    pub fn context(&self, rest: &str) -> String {
        let who = match self.steps().first() {
            Some(("users", Some(key))) => {
                percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC).to_string()
            }
            _ => self.owner().unwrap_or_default(),
        };
        let who = who.replace("%2D", "-").replace("%2E", ".");
        format!("{}/v1.0/$metadata#users('{who}')/{rest}", self.world.options.origin)
    }

    /// This request's address with other options: `set` replaces one, everything else stays.
    pub fn link(&self, drop: &[&str], set: &[(&str, &str)]) -> String {
        let kept = self.raw_query.as_deref().unwrap_or_default().split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default().replace("%24", "$");
            let name = name.trim_start_matches('$').to_ascii_lowercase();
            !pair.is_empty() && !drop.contains(&name.as_str())
        });
        let set = set.iter().map(|(name, value)| format!("${name}={value}"));
        let query: Vec<String> = kept.map(str::to_owned).chain(set).collect();
        format!("{}{}?{}", self.world.options.origin, self.path, query.join("&"))
    }
}

/// What an answer carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Nothing,
    Json(Value),
    Bytes { kind: String, bytes: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
}

impl Reply {
    pub fn json(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(value) }
    }

    pub fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    pub fn bytes(kind: &str, bytes: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            content: Content::Bytes { kind: kind.to_owned(), bytes },
        }
    }

    /// One resource with its context.
    pub fn entity(status: StatusCode, context: String, mut value: Value) -> Self {
        if let Value::Object(map) = &mut value {
            map.insert("@odata.context".to_owned(), Value::String(context));
        }
        Self::json(status, value)
    }
}
