//! Fills a mailbox from folders of `.eml` and `.mbox` files, so that anybody can try their own mail.
//!
//! Subfolders become mail folders. A file that cannot be read is named with its reason and skipped; nothing
//! that stands in a file may stop the sandbox.

use super::folder::{self, FolderKey};
use super::message::{Attachment, Body, Message, Party};
use super::{Exchange, Refusal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mail_parser::{Address, HeaderValue, MessageParser, MimeHeaders, PartType};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The namespace of the threads of imported mail, made from the message id that began them.
const IMPORTED: Uuid = Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_1397);

/// What came of an import.
#[derive(Debug, Default, Serialize)]
pub struct MailReport {
    /// Messages that are now in the mailbox.
    pub loaded: usize,
    pub skipped: Vec<Skipped>,
}

/// A file, or a message in a file, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

impl MailReport {
    fn skip(&mut self, path: &Path, reason: impl Into<String>) {
        self.skipped.push(Skipped { path: path.to_owned(), reason: reason.into() });
    }
}

/// Files larger than this are skipped.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// Folders nested deeper than this are skipped.
const DEEPEST: usize = 16;

impl Exchange {
    /// Reads every `.eml` and `.mbox` file in these folders (or these files) into the mailbox.
    pub fn load_mail(&mut self, who: &str, from: &[PathBuf], now: Timestamp) -> MailReport {
        let mut report = MailReport::default();
        for path in from {
            let result = if path.is_dir() {
                self.load_dir(who, path, folder::INBOX, 0, now, &mut report)
            } else if path.exists() {
                self.load_file(who, path, folder::INBOX, now, &mut report)
            } else {
                report.skip(path, "there is no such file or folder");
                Ok(())
            };
            if let Err(reason) = result {
                report.skip(path, reason.to_string());
            }
        }
        report
    }

    fn load_dir(
        &mut self,
        who: &str,
        dir: &Path,
        into: FolderKey,
        depth: usize,
        now: Timestamp,
        report: &mut MailReport,
    ) -> Result<(), Refusal> {
        if depth > DEEPEST {
            report.skip(dir, "nested too deeply");
            return Ok(());
        }
        let mut paths: Vec<PathBuf> = match fs::read_dir(dir) {
            Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
            Err(reason) => {
                report.skip(dir, format!("cannot be listed: {reason}"));
                return Ok(());
            }
        };
        paths.sort();
        for path in paths {
            if path.is_symlink() && path.is_dir() {
                report.skip(&path, "is a link to a folder");
            } else if path.is_dir() {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let below = self.subfolder(who, into, &name)?;
                self.load_dir(who, &path, below, depth + 1, now, report)?;
            } else if is_mail(&path) {
                self.load_file(who, &path, into, now, report)?;
            }
        }
        Ok(())
    }

    fn subfolder(&mut self, who: &str, parent: FolderKey, name: &str) -> Result<FolderKey, Refusal> {
        let known = self
            .mailbox(who)?
            .children(parent)
            .find(|child| child.name.to_lowercase() == name.to_lowercase())
            .map(|child| child.key);
        match known {
            Some(key) => Ok(key),
            None => self.change(who, |mailbox, _| mailbox.create_folder(parent, name, false)),
        }
    }

    fn load_file(
        &mut self,
        who: &str,
        path: &Path,
        into: FolderKey,
        now: Timestamp,
        report: &mut MailReport,
    ) -> Result<(), Refusal> {
        let bytes = match read_file(path) {
            Ok(bytes) => bytes,
            Err(reason) => {
                report.skip(path, reason);
                return Ok(());
            }
        };
        let is_mbox = has_extension(path, "mbox") || bytes.starts_with(b"From ");
        let letters = if is_mbox { split_mbox(&bytes) } else { vec![bytes] };
        if letters.is_empty() {
            report.skip(path, "holds no message");
        }
        for (number, letter) in letters.iter().enumerate() {
            match self.read_letter(letter, now) {
                Ok(message) => {
                    self.change(who, |mailbox, _| mailbox.insert(message, into, now))?;
                    report.loaded += 1;
                }
                Err(reason) if is_mbox => report.skip(path, format!("message {}: {reason}", number + 1)),
                Err(reason) => report.skip(path, reason),
            }
        }
        Ok(())
    }

    /// Makes a message of the bytes of one mail; the error is the reason for people.
    pub fn read_letter(&mut self, bytes: &[u8], now: Timestamp) -> Result<Message, &'static str> {
        if bytes.trim_ascii().is_empty() {
            return Err("is empty");
        }
        let mail = MessageParser::default().parse(bytes).ok_or("is not a mail message")?;
        let has_headers = mail.from().is_some()
            || mail.to().is_some()
            || mail.subject().is_some()
            || mail.date().is_some()
            || mail.message_id().is_some()
            || mail.received().is_some()
            || mail.content_type().is_some();
        if !has_headers {
            return Err("has none of the headers of a mail message");
        }
        let id = match mail.message_id().filter(|id| !id.trim().is_empty()) {
            Some(id) => format!("<{id}>"),
            None => self.mint_message_id(),
        };
        let references = references(mail.references());
        let in_reply_to = references_first(mail.in_reply_to());
        let root = references.first().or(in_reply_to.as_ref()).unwrap_or(&id);
        let at = mail
            .date()
            .filter(|date| date.is_valid())
            .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok())
            .unwrap_or(now);
        let mut message = Message::new(at, id.clone(), Uuid::new_v5(&IMPORTED, root.as_bytes()));
        message.references = references;
        message.in_reply_to = in_reply_to;
        message.headers = further_headers(&mail);
        if let Some(index) = thread_index(&mail) {
            message.conversation_index = index;
        }
        message.subject = mail.subject().map(str::to_owned);
        message.from = parties(mail.from()).into_iter().next();
        message.sender = parties(mail.sender()).into_iter().next().or_else(|| message.from.clone());
        message.to = parties(mail.to());
        message.cc = parties(mail.cc());
        message.bcc = parties(mail.bcc());
        message.reply_to = parties(mail.reply_to());
        message.is_read = true;
        message.body = body(&mail);
        message.attachments = mail.attachments().map(|part| self.attachment(part)).collect();
        Ok(message)
    }

    fn attachment(&mut self, part: &mail_parser::MessagePart<'_>) -> Attachment {
        let nested = part.message();
        let content_type = match part.content_type() {
            _ if nested.is_some() => "message/rfc822".to_owned(),
            Some(kind) => match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                None => kind.ctype().to_owned(),
            },
            None if part.is_text() => "text/plain".to_owned(),
            None => "application/octet-stream".to_owned(),
        };
        let name = part
            .attachment_name()
            .map(str::to_owned)
            .or_else(|| nested.and_then(|mail| mail.subject()).map(|subject| format!("{subject}.eml")))
            .unwrap_or_else(|| "attachment".to_owned());
        let content = nested.map_or_else(|| part.contents().to_vec(), |mail| mail.raw_message().to_vec());
        let content_id = part.content_id().map(str::to_owned);
        let is_inline = matches!(part.body, PartType::InlineBinary(_))
            || content_id.is_some()
                && !part.content_disposition().is_some_and(mail_parser::ContentType::is_attachment);
        Attachment { id: self.mint_uuid(), name, content_type, content_id, is_inline, content }
    }
}

fn is_mail(path: &Path) -> bool {
    has_extension(path, "eml") || has_extension(path, "mbox")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|reason| format!("cannot be read: {reason}"))?.len();
    if size > LARGEST_FILE {
        return Err(format!("is larger than {} MB", LARGEST_FILE / 1024 / 1024));
    }
    fs::read(path).map_err(|reason| format!("cannot be read: {reason}"))
}

/// Splits at `From ` lines that open the file or follow an empty line, and takes the quoting of such lines
/// inside the texts back.
fn split_mbox(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut letters: Vec<Vec<u8>> = Vec::new();
    let mut after_empty_line = true;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if after_empty_line && line.starts_with(b"From ") {
            letters.push(Vec::new());
            after_empty_line = false;
            continue;
        }
        after_empty_line = line.trim_ascii().is_empty();
        let quoted = line.trim_ascii_start().first() == Some(&b'>')
            && line.iter().position(|byte| *byte != b'>').is_some_and(|at| line[at..].starts_with(b"From "));
        if let Some(letter) = letters.last_mut() {
            letter.extend_from_slice(if quoted { &line[1..] } else { line });
        }
    }
    letters
}

fn parties(address: Option<&Address<'_>>) -> Vec<Party> {
    let Some(address) = address else { return Vec::new() };
    address
        .iter()
        .filter_map(|one| {
            let address = one.address()?;
            Some(Party::new(one.name().unwrap_or(address), address))
        })
        .collect()
}

fn references(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![format!("<{id}>")],
        HeaderValue::TextList(ids) => ids.iter().map(|id| format!("<{id}>")).collect(),
        _ => Vec::new(),
    }
}

fn references_first(value: &HeaderValue<'_>) -> Option<String> {
    references(value).into_iter().next()
}

/// Headers that a message keeps as they came: all that it does not know by a property of its own.
fn further_headers(mail: &mail_parser::Message<'_>) -> Vec<(String, String)> {
    const KNOWN: [&str; 16] = [
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "thread-index",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "importance",
    ];
    mail.headers_raw()
        .filter(|(name, _)| !KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known)))
        .map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

/// The conversation index that the sender's program wrote.
fn thread_index(mail: &mail_parser::Message<'_>) -> Option<Vec<u8>> {
    let (_, text) = mail.headers_raw().find(|(name, _)| name.eq_ignore_ascii_case("thread-index"))?;
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok().filter(|index| index.len() >= 22 && (index.len() - 22) % 5 == 0)
}

/// The text: HTML where there is any, with plain parts among it taken over.
fn body(mail: &mail_parser::Message<'_>) -> Body {
    let is_html = mail.html_bodies().any(|part| matches!(part.body, PartType::Html(_)));
    let count = if is_html { mail.html_body_count() } else { mail.text_body_count() };
    let pieces = (0..count).filter_map(|at| if is_html { mail.body_html(at) } else { mail.body_text(at) });
    let text = pieces.collect::<Vec<_>>().join(if is_html { "<hr>" } else { "\r\n\r\n" });
    if is_html { Body::Html(text) } else { Body::Text(text) }
}
