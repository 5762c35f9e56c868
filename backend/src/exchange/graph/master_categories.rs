//! The master category list of a mailbox
//! (<https://learn.microsoft.com/graph/api/outlookuser-list-mastercategories>). It has neither delta queries nor
//! change notifications: every cycle reads it whole.

use super::batch::{Answers, Part};
use super::mailbox_line::{Call, MailboxLine, mailbox_path};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use shared::category::{CategoryId, MasterCategory, MasterList};
use shared::item::SmtpAddress;

const PART: &str = "categories";
/// Exchange keeps far fewer categories; more pages than this are not read.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCategory {
    id: String,
    display_name: String,
}

/// The part of a batch that asks for the list.
pub(super) fn part(mailbox: &SmtpAddress) -> Part {
    Part::new(PART, format!("/{}/outlook/masterCategories?$top=500", mailbox_path(mailbox)))
}

/// The list from its answer, with the pages that follow the first.
///
/// Delegates may read a mail without being allowed to read its owner's settings.
pub(super) async fn read(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    answers: &mut Answers,
) -> Outcome<MasterList> {
    let first = answers.take(line, PART)?;
    if first.status == StatusCode::FORBIDDEN {
        return Ok(MasterList::Hidden);
    }
    let mut list = Vec::new();
    let mut page = first;
    for _ in 0..MOST_PAGES {
        if !page.status.is_success() {
            return Err(line.failure(mailbox, Effect::Read, &page));
        }
        let Some(entries) = page.body.get("value").and_then(Value::as_array) else {
            return Err(line.astray(Effect::Read, "what should be the master category list is none"));
        };
        list.extend(entries.iter().filter_map(|entry| {
            let wire = WireCategory::deserialize(entry).ok()?;
            Some(MasterCategory { id: CategoryId(wire.id), name: wire.display_name })
        }));
        let Some(link) = page.body.get("@odata.nextLink").and_then(Value::as_str) else { break };
        page = line.send(access, mailbox, Call::get(line.follow(link)?)).await?;
    }
    Ok(MasterList::Readable(list))
}
