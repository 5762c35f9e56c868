//! A message in the form in which mail travels (RFC 5322 and MIME), for `$value`.

use super::message::{Attachment, Body, Importance, Message, Party};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The whole message as bytes. The same message always gives the same bytes.
pub fn write(message: &Message) -> Vec<u8> {
    let headers = headers(message);
    let text = text_part(&message.body);
    if message.attachments.is_empty() {
        return [headers, text].concat().into_bytes();
    }
    let boundary = format!("_000_{}_", message.thread.simple());
    let opening = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
    let parts = std::iter::once(text).chain(message.attachments.iter().map(file_part));
    let parts: Vec<String> = parts.map(|part| format!("--{boundary}\r\n{part}")).collect();
    [headers, opening, parts.concat(), format!("--{boundary}--\r\n")].concat().into_bytes()
}

/// Name and value of every header of the message, in order.
pub fn header_list(message: &Message) -> Vec<(String, String)> {
    let mut list = vec![
        ("From".to_owned(), message.from.iter().map(mailbox).collect::<String>()),
        ("Subject".to_owned(), word(message.subject.as_deref().unwrap_or_default())),
        ("Date".to_owned(), message.sent.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()),
        ("Message-ID".to_owned(), message.internet_message_id.clone()),
        ("Thread-Index".to_owned(), STANDARD.encode(&message.conversation_index)),
        ("MIME-Version".to_owned(), "1.0".to_owned()),
    ];
    for (name, parties) in [("To", &message.to), ("Cc", &message.cc), ("Reply-To", &message.reply_to)] {
        if !parties.is_empty() {
            list.push((name.to_owned(), parties.iter().map(mailbox).collect::<Vec<_>>().join(", ")));
        }
    }
    if let Some(parent) = &message.in_reply_to {
        list.push(("In-Reply-To".to_owned(), parent.clone()));
    }
    if !message.references.is_empty() {
        list.push(("References".to_owned(), message.references.join(" ")));
    }
    match message.importance {
        Importance::Normal => {}
        Importance::High => list.push(("Importance".to_owned(), "high".to_owned())),
        Importance::Low => list.push(("Importance".to_owned(), "low".to_owned())),
    }
    list.extend(message.headers.iter().cloned());
    list
}

fn headers(message: &Message) -> String {
    let lines =
        header_list(message).into_iter().map(|(name, value)| format!("{name}: {}\r\n", one_line(&value)));
    lines.collect::<Vec<_>>().concat()
}

/// A header is one line, whatever a name or subject holds.
fn one_line(value: &str) -> String {
    value.replace(['\r', '\n'], " ")
}

fn mailbox(party: &Party) -> String {
    if party.name.is_empty() {
        return format!("<{}>", party.address);
    }
    let quoted = party.name.is_ascii().then(|| format!("\"{}\"", party.name.replace(['"', '\\'], "")));
    format!("{} <{}>", quoted.unwrap_or_else(|| word(&party.name)), party.address)
}

/// Text as encoded words where it is not plain ASCII.
fn word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for letter in text.chars() {
        if piece.len() + letter.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(letter);
    }
    words.push(piece);
    words.iter().map(|piece| format!("=?utf-8?B?{}?=", STANDARD.encode(piece))).collect::<Vec<_>>().join(" ")
}

fn text_part(body: &Body) -> String {
    let (kind, text) = match body {
        Body::Html(text) => ("text/html", text),
        Body::Text(text) => ("text/plain", text),
    };
    format!(
        "Content-Type: {kind}; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        folded(text.as_bytes())
    )
}

fn file_part(file: &Attachment) -> String {
    let disposition = if file.is_inline { "inline" } else { "attachment" };
    let name = word(&one_line(&file.name)).replace('"', "");
    let content_id = file.content_id.iter().map(|id| format!("Content-ID: <{}>\r\n", one_line(id)));
    format!(
        "Content-Type: {}; name=\"{name}\"\r\nContent-Disposition: {disposition}; filename=\"{name}\"\r\n{}\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        one_line(&file.content_type),
        content_id.collect::<String>(),
        folded(&file.content)
    )
}

/// Base64 in lines of 76 characters.
fn folded(bytes: &[u8]) -> String {
    // 57 bytes make 76 characters, and only the last line can need padding.
    bytes.chunks(57).map(|line| STANDARD.encode(line) + "\r\n").collect::<Vec<_>>().concat()
}
