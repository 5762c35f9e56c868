//! The files of a mail as rows of a new email, and the note about those that stay in Outlook
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/activitymimeattachment>).
//!
//! An image in the body keeps its `cid:` address, and its row bears the content id: that is how Dataverse's own
//! promotion keeps them, so that forms, replies and exports find the image. Data addresses would put every image
//! into the body again with each reply.

use super::multipart::Operation;
use super::party::cut;
use crate::body::{AttachedFile, Attachment, Content, LeftOut, LeftOutBecause};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use shared::email::CrmEmailId;
use std::fmt::Write;

const LONGEST_NAME: usize = 255;
const LONGEST_TYPE: usize = 256;
const LONGEST_CONTENT_ID: usize = 250;
/// What a file name must not hold; Dataverse refuses it.
const NOT_IN_A_NAME: [char; 9] = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];

/// The writes that attach the files, in the mail's order.
pub(super) fn writes(email: CrmEmailId, content: &Content) -> Vec<Operation> {
    let files = content.attachments.iter().filter_map(|attachment| match attachment {
        Attachment::File(file) => Some(file),
        Attachment::LeftOut(_) => None,
    });
    files.enumerate().map(|(at, file)| write(email, at + 1, file)).collect()
}

fn write(email: CrmEmailId, number: usize, file: &AttachedFile) -> Operation {
    let mut row = json!({
        "objectid_activitypointer@odata.bind": format!("/activitypointers({})", email.0),
        "objecttypecode": "email",
        "attachmentnumber": number,
        "filename": name(file, number),
        "mimetype": kind(&file.content_type),
        "body": STANDARD.encode(&file.bytes),
    });
    if let (Some(id), Some(row)) = (content_id(file), row.as_object_mut()) {
        row.insert("attachmentcontentid".to_owned(), Value::from(id));
    }
    Operation {
        method: Method::POST,
        address: "activitymimeattachments".to_owned(),
        headers: Vec::new(),
        body: Some(row),
    }
}

/// The name without what no name may hold. It ends as it did, so that it opens with the same program.
fn name(file: &AttachedFile, number: usize) -> String {
    let clean: String = file
        .name
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if NOT_IN_A_NAME.contains(&c) { '_' } else { c })
        .collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return format!("attachment-{number}");
    }
    let whole = cut(clean, LONGEST_NAME);
    match clean.rsplit_once('.') {
        Some((stem, ending)) if whole.len() < clean.len() && ending.len() <= 10 => {
            format!("{}.{ending}", cut(stem, LONGEST_NAME - ending.encode_utf16().count() - 1))
        }
        _ => whole.to_owned(),
    }
}

fn kind(content_type: &str) -> &str {
    let plain = content_type.split(';').next().unwrap_or_default().trim();
    if plain.is_empty() || plain.chars().any(char::is_control) {
        "application/octet-stream"
    } else {
        cut(plain, LONGEST_TYPE)
    }
}

fn content_id(file: &AttachedFile) -> Option<&str> {
    let id = file.content_id.as_deref()?.trim().trim_start_matches('<').trim_end_matches('>');
    let fits = !id.is_empty()
        && id.encode_utf16().count() <= LONGEST_CONTENT_ID
        && !id.chars().any(char::is_control);
    fits.then_some(id)
}

/// The note about what was left out, to stand at the end of the body; `None` where nothing was.
pub(super) fn note(content: &Content) -> Option<String> {
    let mut note = String::new();
    for attachment in &content.attachments {
        let Attachment::LeftOut(LeftOut { name, size, because }) = attachment else { continue };
        let reason = match because {
            LeftOutBecause::TooLarge => "larger than your organization allows",
            LeftOutBecause::Blocked => "a kind of file that your organization does not allow",
            LeftOutBecause::TooMany => "too many files for one email",
            LeftOutBecause::NoFile => "not a file",
        };
        let name = escaped(cut(name, LONGEST_NAME));
        let _ = write!(note, "<li>{name} ({}): {reason}</li>", shown(*size));
    }
    (!note.is_empty()).then(|| format!("<hr><p>Attachments that are in Outlook only:</p><ul>{note}</ul>"))
}

/// The body with the note before the end of its document.
pub(super) fn noted(body: &str, note: Option<&str>) -> String {
    let Some(note) = note else { return body.to_owned() };
    let lower = body.to_ascii_lowercase();
    let end = ["</body", "</html"].iter().find_map(|tag| lower.rfind(tag)).unwrap_or(body.len());
    format!("{}{note}{}", &body[..end], &body[end..])
}

fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut all, c| {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            c => all.push(c),
        }
        all
    })
}

fn shown(bytes: u64) -> String {
    const KB: u64 = 1024;
    match bytes {
        0..KB => format!("{bytes} bytes"),
        KB..1_048_576 => format!("{} KB", bytes.div_ceil(KB)),
        _ => format!("{}.{} MB", bytes / (KB * KB), bytes % (KB * KB) * 10 / (KB * KB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{Body, Place};
    use bytes::Bytes;

    fn file(name: &str, content_type: &str, content_id: Option<&str>) -> AttachedFile {
        AttachedFile {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            content_id: content_id.map(str::to_owned),
            place: Place::Inline,
            bytes: Bytes::from_static(b"\x00\xff"),
        }
    }

    #[test]
    fn a_file_is_a_row_with_its_content_id() {
        let id = CrmEmailId(uuid::Uuid::from_u128(7));
        let content = Content {
            body: Body(String::new()),
            attachments: vec![
                Attachment::LeftOut(LeftOut {
                    name: "big.zip".into(),
                    size: 1,
                    because: LeftOutBecause::TooLarge,
                }),
                Attachment::File(file("logo.png", "image/png; name=x", Some("<logo@x>"))),
            ],
        };
        let [write] = &writes(id, &content)[..] else { panic!("one file") };
        let row = write.body.clone().unwrap();
        assert_eq!(
            row,
            json!({
                "objectid_activitypointer@odata.bind": "/activitypointers(00000000-0000-0000-0000-000000000007)",
                "objecttypecode": "email", "attachmentnumber": 1, "filename": "logo.png",
                "mimetype": "image/png", "body": "AP8=", "attachmentcontentid": "logo@x",
            })
        );
    }

    #[test]
    fn hostile_names_become_names() {
        let named = |text: &str| name(&file(text, "", None), 3);
        assert_eq!(named("../..\\a:b*?\"<c>|.pdf"), ".._.._a_b____c__.pdf");
        assert_eq!(named(" \r\n\t "), "attachment-3");
        let long = named(&format!("{}.pdf", "😀".repeat(300)));
        assert!(long.ends_with("😀.pdf") && long.encode_utf16().count() <= 255, "{long}");
        assert_eq!(named(&"x".repeat(300)).len(), 255);
        assert_eq!(kind(""), "application/octet-stream");
        assert_eq!(content_id(&file("", "", Some("<>"))), None);
        assert_eq!(content_id(&file("", "", Some(&"x".repeat(251)))), None);
    }

    #[test]
    fn the_note_stands_inside_the_document_and_cannot_break_out_of_it() {
        let left =
            |name: &str, size, because| Attachment::LeftOut(LeftOut { name: name.into(), size, because });
        let content = Content {
            body: Body(String::new()),
            attachments: vec![
                left("<script>&.zip", 42_100_000, LeftOutBecause::TooLarge),
                left("run.exe", 900, LeftOutBecause::Blocked),
                left("Fwd", 2_000, LeftOutBecause::NoFile),
            ],
        };
        let note = note(&content).unwrap();
        assert!(note.contains("&lt;script&gt;&amp;.zip (40.1 MB): larger"), "{note}");
        assert!(note.contains("(900 bytes)") && note.contains("(2 KB)"), "{note}");
        let whole = noted("<html><BODY>Hi</BODY></html>", Some("NOTE"));
        assert_eq!(whole, "<html><BODY>HiNOTE</BODY></html>");
        assert_eq!(noted("plain", Some("NOTE")), "plainNOTE");
        assert_eq!(noted("İ</body>", Some("N")), "İN</body>");
        assert_eq!(noted("as it is", None), "as it is");
    }
}
