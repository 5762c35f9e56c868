//! Pages of delta queries (<https://learn.microsoft.com/graph/delta-query-overview>).
//!
//! Links are opaque and hold the whole query: they are followed as they came, once it is certain that they lead
//! to Graph. It must never fill in for a page that is not whole: what is not understood is asked for again.

use super::answer::Answer;
use super::mailbox_line::MailboxLine;
use crate::exchange::{Delta, DeltaFrom, DeltaLink, Next};
use crate::line::Effect;
use crate::outcome::Outcome;
use serde_json::Value;
use shared::item::SmtpAddress;

/// The rows of a page, as they came.
pub(super) struct Rows {
    pub rows: Vec<Value>,
    pub next: Next,
}

/// Where to ask for the page, in the words of a batch; `start` is the first address of a round.
pub(super) fn address(
    line: &MailboxLine,
    from: &DeltaFrom,
    start: impl FnOnce() -> String,
) -> Outcome<String> {
    match from {
        DeltaFrom::Start => Ok(start()),
        DeltaFrom::Link(link) => line.follow_in_batch(&link.0),
    }
}

/// Reads the answer to a delta query.
pub(super) fn read(line: &MailboxLine, mailbox: &SmtpAddress, answer: Answer) -> Outcome<Delta<Rows>> {
    if answer.says_round_must_start_over() {
        return Ok(Delta::Expired);
    }
    if answer.says_folder_is_gone() {
        return Ok(Delta::Gone);
    }
    if !answer.status.is_success() {
        return Err(line.failure(mailbox, Effect::Read, &answer));
    }
    let mut body = answer.body;
    let next = next(line, &body)?;
    match body.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => Ok(Delta::Page(Rows { rows, next })),
        _ => Err(line.astray(Effect::Read, "what should be a page of changes is none")),
    }
}

fn next(line: &MailboxLine, body: &Value) -> Outcome<Next> {
    let link = |name| body.get(name).and_then(Value::as_str).map(|link| DeltaLink(link.to_owned()));
    let next = match (link("@odata.nextLink"), link("@odata.deltaLink")) {
        (Some(page), _) => Next::Page(page),
        (None, Some(round)) => Next::Round(round),
        (None, None) => return Err(line.astray(Effect::Read, "a page of changes says not how to go on")),
    };
    // It is going to be stored: a link to elsewhere shall not get that far.
    line.follow(&next.link().0)?;
    Ok(next)
}

/// The id of a row, and whether it tells that something is not here any more.
pub(super) fn id(row: &Value) -> Option<(&str, Presence)> {
    let id = row.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let presence = if row.get("@removed").is_some() { Presence::Removed } else { Presence::Here };
    Some((id, presence))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Removed,
}
