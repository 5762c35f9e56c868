//! The JSON of a message, written into a stored one: drafts take everything, received mail only what a
//! reader may change.

use super::problem::Problem;
use crate::exchange::{Body, Importance, Message, Party};
use http::StatusCode;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a client wishes to change; every property is optional.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    categories: Option<Vec<String>>,
    is_read: Option<bool>,
    flag: Option<Value>,
    importance: Option<Importance>,
    inference: Option<String>,
    properties: Option<BTreeMap<String, String>>,
    draft: DraftWishes,
}

/// What can only be changed while the message is a draft.
#[derive(Debug, Clone, Default)]
struct DraftWishes {
    named: Option<String>,
    subject: Option<String>,
    body: Option<Body>,
    from: Option<Party>,
    to: Option<Vec<Party>>,
    cc: Option<Vec<Party>>,
    bcc: Option<Vec<Party>>,
    reply_to: Option<Vec<Party>>,
    internet_message_id: Option<String>,
    delivery_receipt: Option<bool>,
    read_receipt: Option<bool>,
    headers: Option<Vec<(String, String)>>,
}

impl Wishes {
    /// Reads the object; a wrong type or an unknown property is refused by name.
    pub fn read(object: &Map<String, Value>) -> Result<Self, Problem> {
        let mut wishes = Self::default();
        for (name, value) in object.iter().filter(|(name, _)| !name.contains("@odata.")) {
            wishes.take(name, value)?;
        }
        Ok(wishes)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), Problem> {
        let draft = &mut self.draft;
        match name.to_ascii_lowercase().as_str() {
            "categories" => self.categories = Some(texts(name, value)?),
            "isread" => self.is_read = Some(flag(name, value)?),
            "flag" => self.flag = Some(follow_up(value)?),
            "importance" => self.importance = Some(importance(name, value)?),
            "inferenceclassification" => {
                self.inference = Some(one_of(name, value, &["focused", "other"])?);
            }
            "singlevalueextendedproperties" => self.properties = Some(extended(name, value)?),
            "subject" => draft.subject = Some(optional_text(name, value)?.unwrap_or_default()),
            "body" => draft.body = Some(body(value)?),
            "from" | "sender" if value.is_null() => {}
            "from" | "sender" => draft.from = Some(party(name, value)?),
            "torecipients" => draft.to = Some(parties(name, value)?),
            "ccrecipients" => draft.cc = Some(parties(name, value)?),
            "bccrecipients" => draft.bcc = Some(parties(name, value)?),
            "replyto" => draft.reply_to = Some(parties(name, value)?),
            "internetmessageid" => draft.internet_message_id = optional_text(name, value)?,
            "isdeliveryreceiptrequested" => draft.delivery_receipt = Some(flag(name, value)?),
            "isreadreceiptrequested" => draft.read_receipt = Some(flag(name, value)?),
            "internetmessageheaders" => draft.headers = Some(headers(name, value)?),
            // Taken by their own handlers, or shown but never written; clients send back what they got.
            "attachments" | "extensions" | "id" => return Ok(()),
            _ if super::show::is_message_property(name) => {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "ErrorInvalidPropertySet",
                    format!("Set action is invalid for property '{name}'."),
                ));
            }
            _ => {
                return Err(Problem::body(format!(
                    "The property '{name}' does not exist on type 'microsoft.graph.message'. Make sure to only use \
                     property names that are defined by the type."
                )));
            }
        }
        let for_drafts = ![
            "categories",
            "isread",
            "flag",
            "importance",
            "inferenceclassification",
            "singlevalueextendedproperties",
        ]
        .contains(&name.to_ascii_lowercase().as_str());
        if for_drafts {
            self.draft.named.get_or_insert_with(|| name.to_owned());
        }
        Ok(())
    }

    /// Refuses wishes that only a draft can fulfil.
    pub fn check(&self, message: &Message) -> Result<(), Problem> {
        match &self.draft.named {
            Some(name) if !message.is_draft => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "ErrorInvalidPropertySet",
                format!("Set action is invalid for property '{name}': the message isn't a draft."),
            )),
            _ => Ok(()),
        }
    }

    pub fn apply(self, message: &mut Message) {
        set(&mut message.categories, self.categories);
        set(&mut message.is_read, self.is_read);
        set(&mut message.flag, self.flag);
        set(&mut message.importance, self.importance);
        set(&mut message.inference, self.inference);
        message.properties.extend(self.properties.into_iter().flatten());
        let draft = self.draft;
        message.subject = draft.subject.or(message.subject.take());
        set(&mut message.body, draft.body);
        message.from = draft.from.or(message.from.take());
        set(&mut message.to, draft.to);
        set(&mut message.cc, draft.cc);
        set(&mut message.bcc, draft.bcc);
        set(&mut message.reply_to, draft.reply_to);
        set(&mut message.internet_message_id, draft.internet_message_id);
        set(&mut message.wants_delivery_receipt, draft.delivery_receipt);
        set(&mut message.wants_read_receipt, draft.read_receipt);
        set(&mut message.headers, draft.headers);
    }
}

fn set<T>(place: &mut T, wish: Option<T>) {
    if let Some(value) = wish {
        *place = value;
    }
}

fn wrong(name: &str, expected: &str) -> Problem {
    Problem::body(format!("Cannot convert the value of '{name}': {expected} is expected."))
}

fn flag(name: &str, value: &Value) -> Result<bool, Problem> {
    value.as_bool().ok_or_else(|| wrong(name, "true or false"))
}

fn optional_text(name: &str, value: &Value) -> Result<Option<String>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(wrong(name, "a string")),
    }
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, Problem> {
    let list = value.as_array().ok_or_else(|| wrong(name, "an array of strings"))?;
    list.iter()
        .map(|one| one.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "an array of strings")))
        .collect()
}

fn one_of(name: &str, value: &Value, allowed: &[&str]) -> Result<String, Problem> {
    let text = value.as_str().unwrap_or_default().to_lowercase();
    if allowed.contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(wrong(name, &format!("one of {}", allowed.join(", "))))
    }
}

fn importance(name: &str, value: &Value) -> Result<Importance, Problem> {
    match one_of(name, value, &["low", "normal", "high"])?.as_str() {
        "low" => Ok(Importance::Low),
        "high" => Ok(Importance::High),
        _ => Ok(Importance::Normal),
    }
}

fn follow_up(value: &Value) -> Result<Value, Problem> {
    let status = value.get("flagStatus").unwrap_or(&Value::Null);
    one_of("flagStatus", status, &["notFlagged", "notflagged", "flagged", "complete"])?;
    let mut flag = value.as_object().cloned().unwrap_or_default();
    flag.retain(|name, _| {
        ["flagStatus", "startDateTime", "dueDateTime", "completedDateTime"].contains(&name.as_str())
    });
    Ok(Value::Object(flag))
}

fn body(value: &Value) -> Result<Body, Problem> {
    let content = value.get("content").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = value.get("contentType").and_then(Value::as_str).unwrap_or("text");
    match kind.to_lowercase().as_str() {
        "html" => Ok(Body::Html(content)),
        "text" => Ok(Body::Text(content)),
        _ => Err(wrong("contentType", "text or html")),
    }
}

fn party(name: &str, value: &Value) -> Result<Party, Problem> {
    let address = value.pointer("/emailAddress/address").and_then(Value::as_str);
    let address = address
        .filter(|address| !address.trim().is_empty())
        .ok_or_else(|| wrong(name, "a recipient with an address"))?;
    let name = value.pointer("/emailAddress/name").and_then(Value::as_str).unwrap_or(address);
    Ok(Party::new(name, address))
}

fn parties(name: &str, value: &Value) -> Result<Vec<Party>, Problem> {
    value
        .as_array()
        .ok_or_else(|| wrong(name, "an array of recipients"))?
        .iter()
        .map(|one| party(name, one))
        .collect()
}

fn headers(name: &str, value: &Value) -> Result<Vec<(String, String)>, Problem> {
    let list = value.as_array().ok_or_else(|| wrong(name, "an array of headers"))?;
    list.iter()
        .map(|one| {
            let (header, value) =
                (one["name"].as_str().unwrap_or_default(), one["value"].as_str().unwrap_or_default());
            if header.to_ascii_lowercase().starts_with("x-") {
                Ok((header.to_owned(), value.to_owned()))
            } else {
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "InvalidInternetMessageHeader",
                    format!("The internet message header name '{header}' should start with 'x-' or 'X-'."),
                ))
            }
        })
        .collect()
}

fn extended(name: &str, value: &Value) -> Result<BTreeMap<String, String>, Problem> {
    let list = value.as_array().ok_or_else(|| wrong(name, "an array of extended properties"))?;
    list.iter()
        .map(|one| {
            let id = one["id"].as_str().filter(|id| is_property_id(id));
            let value = one["value"].as_str();
            match (id, value) {
                (Some(id), Some(value)) => Ok((id.to_owned(), value.to_owned())),
                _ => Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "ErrorInvalidRequest",
                    "An extended property needs an id such as 'String {guid} Name X' or 'Integer 0x36', and a value.",
                )),
            }
        })
        .collect()
}

/// `String {guid} Name X`, `Integer {guid} Id 0x8012`, `String 0x3A24`.
fn is_property_id(id: &str) -> bool {
    let mut words = id.splitn(3, ' ');
    let (kind, place, rest) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
    let known = [
        "string",
        "integer",
        "boolean",
        "systemtime",
        "binary",
        "double",
        "long",
        "short",
        "clsid",
        "float",
        "currency",
    ]
    .contains(&kind.to_lowercase().as_str());
    let is_tag = |text: &str| {
        text.to_lowercase().strip_prefix("0x").is_some_and(|hex| u32::from_str_radix(hex, 16).is_ok())
    };
    let guid = place.strip_prefix('{').and_then(|place| place.strip_suffix('}')).unwrap_or(place);
    known
        && match rest {
            None => is_tag(place),
            Some(rest) => {
                uuid::Uuid::try_parse(guid).is_ok()
                    && rest.split_once(' ').is_some_and(|(how, what)| match how.to_lowercase().as_str() {
                        "name" => !what.is_empty(),
                        "id" => is_tag(what),
                        _ => false,
                    })
            }
        }
}
