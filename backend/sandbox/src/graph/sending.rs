//! Drafts, sending, answering and forwarding.

use super::asked::{Asked, Need, Reply};
use super::draft::Wishes;
use super::messages::{Place, shown};
use super::problem::Problem;
use super::{attachments, not_allowed};
use crate::exchange::folder::{self, FolderKey};
use crate::exchange::post::{Answer, SentCopy};
use crate::exchange::{Exchange, Message, Party};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Whether this is something one does with a message to send or answer it.
pub fn is_action(name: &str) -> bool {
    matches!(
        name,
        "send" | "reply" | "replyall" | "forward" | "createreply" | "createreplyall" | "createforward"
    )
}

/// A message made of the JSON of a client, not yet in a mailbox.
fn compose(
    exchange: &mut Exchange,
    object: &Map<String, Value>,
    asked: &Asked<'_>,
) -> Result<Message, Problem> {
    let wishes = Wishes::read(object)?;
    let thread = exchange.mint_uuid();
    let mut message = Message::new(asked.now, exchange.mint_message_id(), thread);
    message.is_draft = true;
    message.is_read = true;
    wishes.apply(&mut message);
    for value in object.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let id = exchange.mint_uuid();
        message.attachments.push(attachments::read(value, id)?);
    }
    if message.size() > exchange.limits.message_bytes {
        return Err(crate::exchange::Refusal::MessageSizeExceeded.into());
    }
    Ok(message)
}

/// The body as MIME, where the client sends `text/plain` with base64.
fn mime_body(exchange: &mut Exchange, asked: &Asked<'_>) -> Option<Result<Message, Problem>> {
    let kind = asked.headers.get("content-type")?.to_str().ok()?;
    if !kind.trim_start().to_ascii_lowercase().starts_with("text/plain") {
        return None;
    }
    let malformed = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.",
        )
    };
    let text: Vec<u8> = asked.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let read = STANDARD.decode(text).map_err(|_| malformed()).and_then(|bytes| {
        exchange.read_letter(&bytes, asked.now).map_err(|reason| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "ErrorMimeContentInvalid",
                format!("The MIME content {reason}."),
            )
        })
    });
    Some(read.map(|mut message| {
        message.is_draft = true;
        message
    }))
}

/// `POST …/messages`: a new draft.
pub fn create_draft(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    within: Option<FolderKey>,
) -> Result<Reply, Problem> {
    let into = within.unwrap_or(folder::DRAFTS);
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::WriteMail, Some(into))?;
    let (oid, own) = (mailbox.oid.clone(), Party::new(&mailbox.name, &mailbox.upn));
    let mut message = match mime_body(exchange, asked) {
        Some(message) => message?,
        None => compose(exchange, &asked.object()?, asked)?,
    };
    message.from.get_or_insert_with(|| own.clone());
    message.sender = Some(own);
    let key = exchange.change(&oid, |mailbox, _| mailbox.insert(message, into, asked.now))?;
    shown(asked, exchange, &oid, key, StatusCode::CREATED)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing {
    #[serde(alias = "Message")]
    message: Map<String, Value>,
    #[serde(alias = "SaveToSentItems")]
    save_to_sent_items: Option<Value>,
}

/// `POST …/sendMail`: 202 and nothing else, as there is no id to answer with.
pub fn send_mail(asked: &Asked<'_>, exchange: &mut Exchange) -> Result<Reply, Problem> {
    if asked.method != Method::POST {
        return Err(not_allowed(&asked.method));
    }
    let mailbox = asked.mailbox(exchange)?;
    asked.may(mailbox, Need::SendMail, None)?;
    let oid = mailbox.oid.clone();
    let (message, kept) = if let Some(message) = mime_body(exchange, asked) {
        (message?, SentCopy::Keep)
    } else {
        let mut outgoing: Outgoing = asked.parsed()?;
        outgoing.message.retain(|name, _| !name.starts_with("@odata."));
        // Some clients send the flag as text.
        let kept = match outgoing.save_to_sent_items {
            Some(Value::Bool(false)) => SentCopy::Drop,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => SentCopy::Drop,
            _ => SentCopy::Keep,
        };
        (compose(exchange, &outgoing.message, asked)?, kept)
    };
    exchange.send(&oid, message, kept, asked.now).map_err(recipients_first)?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

fn recipients_first(refusal: crate::exchange::Refusal) -> Problem {
    match refusal {
        crate::exchange::Refusal::Invalid(message) => {
            Problem::new(StatusCode::BAD_REQUEST, "ErrorInvalidRecipients", message)
        }
        other => other.into(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answering {
    #[serde(alias = "Comment")]
    comment: String,
    #[serde(alias = "Message")]
    message: Map<String, Value>,
    #[serde(alias = "ToRecipients")]
    to_recipients: Option<Value>,
}

/// `send`, `reply`, `createReply` and their kin.
pub fn act(
    asked: &Asked<'_>,
    exchange: &mut Exchange,
    place: &Place,
    action: &str,
) -> Result<Reply, Problem> {
    if action == "send" {
        exchange.send_draft(&place.oid, place.key, asked.now).map_err(recipients_first)?;
        return Ok(Reply::empty(StatusCode::ACCEPTED));
    }
    let answering: Answering = asked.parsed()?;
    let kind = match action.trim_start_matches("create") {
        "reply" => Answer::Reply,
        "replyall" => Answer::ReplyAll,
        _ => Answer::Forward,
    };
    let mut draft = exchange.draft_answer(&place.oid, place.key, kind, &answering.comment, asked.now)?;
    let mut wishes = answering.message;
    if let Some(to) = answering.to_recipients {
        wishes.insert("toRecipients".to_owned(), to);
    }
    Wishes::read(&wishes)?.apply(&mut draft);
    if action.starts_with("create") {
        let key =
            exchange.change(&place.oid, |mailbox, _| mailbox.insert(draft, folder::DRAFTS, asked.now))?;
        return shown(asked, exchange, &place.oid, key, StatusCode::CREATED);
    }
    exchange.send(&place.oid, draft, SentCopy::Keep, asked.now).map_err(recipients_first)?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
