//! Attachments of activities: what may be attached, and what the activity tells of them.
//!
//! The limit is on the text in `body`, which is base64 and so a third longer than the file. That is what the
//! public guide says; a client that compares the file's own size will be surprised here as it is there.

use super::errors::{Answer, Fault};
use super::metadata::table;
use super::store::{Cell, Organization, Row};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use uuid::Uuid;

/// Size limit of an organization that set none, in bytes.
pub const DEFAULT_LIMIT: i64 = 5_242_880;

/// What no file name may hold.
const NOT_IN_NAMES: [char; 9] = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];

/// Logical name of the table.
pub const TABLE: &str = "activitymimeattachment";

/// Checks a new or changed attachment and fills in its size.
pub fn settle(org: &Organization, row: &mut Row) -> Answer<()> {
    if row.text("objecttypecode").is_none() {
        return Err(Fault::invalid("The object type code of the attachment is missing; it is 'email'."));
    }
    if row.text("filename").is_some_and(|name| name.contains(NOT_IN_NAMES)) {
        let message = "Attachment file name contains invalid characters.";
        return Err(Fault::new(StatusCode::BAD_REQUEST, "0x80044a08", message));
    }
    let settings = org.rows(table("organization")).next();
    let settings = settings.map(|(_, _, row)| row);
    let blocked = settings.and_then(|row| row.text("blockedattachments")).unwrap_or_default();
    if row.text("filename").is_some_and(|name| is_blocked(name, blocked)) {
        let message =
            "The attachment is either not a valid type or is too large. It cannot be uploaded or downloaded.";
        return Err(Fault::new(StatusCode::BAD_REQUEST, "0x80043e09", message));
    }
    let limit = settings.and_then(|row| row.int("maxuploadfilesize")).unwrap_or(DEFAULT_LIMIT);
    let body = row.text("body").unwrap_or_default();
    if body.len() as i64 > limit {
        return Err(Fault::new(StatusCode::BAD_REQUEST, "0x80044a02", "Attachment file size is too big."));
    }
    let file = STANDARD.decode(body).map_err(|reason| {
        Fault::invalid(format!("The body of the attachment is not valid Base64 text: {reason}"))
    })?;
    row.set("filesize", Cell::Int(file.len() as i64));
    if let Some(link) = row.link("objectid").cloned() {
        let subject = org.row(&link.table, link.id).and_then(|row| row.text("subject")).map(str::to_owned);
        row.default_to("attachmentnumber", Cell::Int(number(org, link.id)));
        if let Some(subject) = subject {
            row.set("activitysubject", Cell::Text(subject));
        }
    }
    Ok(())
}

/// `blocked` is a list of extensions between semicolons.
fn is_blocked(name: &str, blocked: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).trim();
    !extension.is_empty() && blocked.split(';').any(|known| known.trim().eq_ignore_ascii_case(extension))
}

/// The next number among the attachments of an activity.
fn number(org: &Organization, activity: Uuid) -> i64 {
    let others = org.referring(table(TABLE), "objectid", activity);
    others.filter_map(|(_, _, row)| row.int("attachmentnumber")).max().unwrap_or(0) + 1
}

/// Brings the count on the activity in line, after one of its attachments came or went.
pub fn count(org: &mut Organization, attachment: &Row) {
    let Some(link) = attachment.link("objectid").cloned() else { return };
    let count = org.referring(table(TABLE), "objectid", link.id).count() as i64;
    if let Some(mut activity) = org.row(&link.table, link.id).cloned()
        && activity.int("attachmentcount") != Some(count)
    {
        activity.set("attachmentcount", Cell::Int(count));
        org.put(&link.table, link.id, activity);
    }
}
