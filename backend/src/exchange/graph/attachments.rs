//! What is attached to a message
//! (<https://learn.microsoft.com/graph/api/message-list-attachments>,
//! <https://learn.microsoft.com/graph/api/attachment-get>).
//!
//! First the list without contents, then the files, small ones together: nothing is downloaded that is too large
//! to keep. An attached message, appointment or contact is fetched as the file that it would be on disk; a link
//! to a file in the cloud is none, and Graph v1.0 does not tell where it leads.

use super::answer::Answer;
use super::batch::{self, MOST_PARTS, Part};
use super::mailbox_line::{Call, IMMUTABLE_IDS, MailboxLine, message_path, segment};
use crate::body::{AttachedFile, Attachment, LeftOut, LeftOutBecause, Place};
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};

const COLUMNS: &str = "id,name,contentType,size,isInline";
/// No mail has as many attachments as these pages of them hold.
const MOST_PAGES: usize = 20;
/// Files of together so many bytes are downloaded at once.
const TOGETHER_BYTES: u64 = 3 * 1024 * 1024;
/// `size` counts a file's description too; it is taken at its word only beyond this many bytes.
const DESCRIPTION_BYTES: u64 = 4 * 1024;
/// The largest file that fits into an answer, base64 and all.
const MOST_BYTES: u64 = 45 * 1024 * 1024;

/// An attachment of the list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    id: String,
    name: Option<String>,
    content_type: Option<String>,
    size: Option<u64>,
    is_inline: Option<bool>,
}

enum Kind {
    File,
    /// A message, an appointment or a contact.
    Item,
    Other,
}

impl Listed {
    fn kind(&self) -> Kind {
        match self.kind.as_deref().map(|kind| kind.trim_start_matches('#')) {
            Some("microsoft.graph.fileAttachment") => Kind::File,
            Some("microsoft.graph.itemAttachment") => Kind::Item,
            _ => Kind::Other,
        }
    }

    fn size_bytes(&self) -> u64 {
        self.size.unwrap_or(0)
    }

    fn name(&self) -> String {
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        name.unwrap_or("attachment").to_owned()
    }

    fn left_out(&self, because: LeftOutBecause) -> Attachment {
        Attachment::LeftOut(LeftOut { name: self.name(), size: self.size_bytes(), because })
    }

    /// Why it is not to be downloaded, if it is not.
    fn obstacle(&self, most_bytes: u64) -> Option<LeftOutBecause> {
        if matches!(self.kind(), Kind::Other) {
            return Some(LeftOutBecause::NoFile);
        }
        let beyond = self.size_bytes() > most_bytes.saturating_add(DESCRIPTION_BYTES)
            || self.size_bytes() > MOST_BYTES;
        beyond.then_some(LeftOutBecause::TooLarge)
    }
}

/// Fetches the attachments, in the order of the message.
pub(super) async fn fetch(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    item: &ItemId,
    most_bytes: u64,
) -> Outcome<Vec<Attachment>> {
    let listed = list(line, access, mailbox, item).await?;
    let wanted: Vec<&Listed> = listed.iter().filter(|one| one.obstacle(most_bytes).is_none()).collect();
    let mut files = Vec::with_capacity(wanted.len());
    for trip in trips(&wanted) {
        let parts: Vec<Part> = trip.iter().map(|one| part(mailbox, item, one)).collect();
        let mut answers = batch::read(line, access, mailbox, &parts).await?;
        for one in trip {
            let answer = found(line, mailbox, answers.take(line, &one.id)?)?;
            files.push(
                file(one, answer)
                    .ok_or_else(|| line.astray(Effect::Read, "what should be an attachment is none"))?,
            );
        }
    }
    let mut files = files.into_iter();
    let attached = listed.iter().filter_map(|one| match one.obstacle(most_bytes) {
        Some(because) => Some(one.left_out(because)),
        None => files.next().map(|file| {
            let too_large = file.bytes.len() as u64 > most_bytes;
            if too_large { one.left_out(LeftOutBecause::TooLarge) } else { Attachment::File(file) }
        }),
    });
    Ok(attached.collect())
}

async fn list(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    item: &ItemId,
) -> Outcome<Vec<Listed>> {
    let first = format!("{}/attachments?$select={COLUMNS}&$top=100", message_path(mailbox, item));
    let mut address = line.url(&first)?;
    let mut listed = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = line.send(access, mailbox, Call::get(address).immutable_ids()).await?;
        let mut body = found(line, mailbox, page)?.body;
        let Some(Value::Array(rows)) = body.get_mut("value").map(Value::take) else {
            return Err(line.astray(Effect::Read, "what should be a list of attachments is none"));
        };
        for row in rows {
            let one = serde_json::from_value(row);
            listed.push(one.map_err(|_| line.astray(Effect::Read, "what should be an attachment is none"))?);
        }
        match body.get("@odata.nextLink").and_then(Value::as_str) {
            Some(link) => address = line.follow(link)?,
            None => break,
        }
    }
    Ok(listed)
}

/// Files to be downloaded together: as many as fit into one round trip, a large one alone.
fn trips<'a>(wanted: &'a [&'a Listed]) -> Vec<&'a [&'a Listed]> {
    let mut trips = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, one) in wanted.iter().enumerate() {
        let full = at - start == MOST_PARTS || bytes + one.size_bytes() > TOGETHER_BYTES;
        if full && at > start {
            trips.push(&wanted[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += one.size_bytes();
    }
    if start < wanted.len() {
        trips.push(&wanted[start..]);
    }
    trips
}

fn part(mailbox: &SmtpAddress, item: &ItemId, one: &Listed) -> Part {
    let content = match one.kind() {
        Kind::Item => "/$value",
        Kind::File | Kind::Other => "",
    };
    let url = format!("/{}/attachments/{}{content}", message_path(mailbox, item), segment(&one.id));
    Part::new(one.id.clone(), url).prefer(IMMUTABLE_IDS).download()
}

fn found(line: &MailboxLine, mailbox: &SmtpAddress, answer: Answer) -> Outcome<Answer> {
    if answer.says_item_is_gone() {
        return Err(Failure::Refused(Problem::new(Code::MessageGone)));
    }
    if answer.status.is_success() { Ok(answer) } else { Err(line.failure(mailbox, Effect::Read, &answer)) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    content_bytes: Option<String>,
    content_id: Option<String>,
}

fn file(one: &Listed, answer: Answer) -> Option<AttachedFile> {
    if matches!(one.kind(), Kind::Item) {
        return Some(item_file(one, answer.bytes()?));
    }
    let content: Content = serde_json::from_value(answer.body).ok()?;
    let bytes = STANDARD.decode(content.content_bytes.unwrap_or_default()).ok()?.into();
    let content_id = content.content_id.as_deref().map(|id| id.trim().trim_matches(['<', '>']).to_owned());
    let content_id = content_id.filter(|id| !id.is_empty());
    // Without a content id the body cannot show it.
    let place = match (one.is_inline, &content_id) {
        (Some(true), Some(_)) => Place::Inline,
        _ => Place::Listed,
    };
    let content_type = one.content_type.clone().filter(|kind| !kind.trim().is_empty());
    let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    Some(AttachedFile { name: one.name(), content_type, content_id, place, bytes })
}

/// The file of an attached item: Graph gives mail as MIME, appointments as iCalendar, contacts as vCard.
fn item_file(one: &Listed, bytes: Bytes) -> AttachedFile {
    let starts_with =
        |text: &str| bytes.get(..text.len()).is_some_and(|b| b.eq_ignore_ascii_case(text.as_bytes()));
    let (content_type, ending) = if starts_with("BEGIN:VCALENDAR") {
        ("text/calendar", ".ics")
    } else if starts_with("BEGIN:VCARD") {
        ("text/vcard", ".vcf")
    } else {
        ("message/rfc822", ".eml")
    };
    let mut name = one.name();
    if !name.to_lowercase().ends_with(ending) {
        name.push_str(ending);
    }
    let content_type = content_type.to_owned();
    AttachedFile { name, content_type, content_id: None, place: Place::Listed, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(size: u64) -> Listed {
        let kind = Some("#microsoft.graph.fileAttachment".to_owned());
        Listed {
            kind,
            id: size.to_string(),
            name: None,
            content_type: None,
            size: Some(size),
            is_inline: None,
        }
    }

    #[test]
    fn small_files_travel_together_and_a_large_one_alone() {
        let sizes = |all: &[u64]| {
            let listed: Vec<Listed> = all.iter().copied().map(listed).collect();
            let wanted: Vec<&Listed> = listed.iter().collect();
            trips(&wanted).iter().map(|trip| trip.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&[10, 20, 30]), [3]);
        assert_eq!(sizes(&[10, TOGETHER_BYTES * 5, 20, 30]), [1, 1, 2]);
        assert_eq!(sizes(&[TOGETHER_BYTES, 1]), [1, 1]);
        assert_eq!(sizes(&[1; 45]), [20, 20, 5]);
    }

    #[test]
    fn the_limit_is_about_the_file_and_not_about_its_description() {
        assert!(listed(1_000 + DESCRIPTION_BYTES).obstacle(1_000).is_none());
        assert_eq!(listed(1_001 + DESCRIPTION_BYTES).obstacle(1_000), Some(LeftOutBecause::TooLarge));
        assert_eq!(listed(MOST_BYTES + 1).obstacle(u64::MAX), Some(LeftOutBecause::TooLarge));
    }

    #[test]
    fn an_attached_item_is_named_after_what_it_is() {
        for (content, name, file_name, content_type) in [
            ("Received: x", "Offer", "Offer.eml", "message/rfc822"),
            ("Received: x", "Offer.EML", "Offer.EML", "message/rfc822"),
            ("begin:vcalendar", "Visit", "Visit.ics", "text/calendar"),
            ("BEGIN:VCARD", "Bo", "Bo.vcf", "text/vcard"),
            ("", " ", "attachment.eml", "message/rfc822"),
        ] {
            let one = Listed { name: Some(name.to_owned()), ..listed(1) };
            let file = item_file(&one, Bytes::from(content));
            assert_eq!((file.name.as_str(), file.content_type.as_str()), (file_name, content_type));
        }
    }
}
