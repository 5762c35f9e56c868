use crate::client::*;
use sandbox::World;
use sandbox::company::ADA;
use sandbox::exchange::{Body, Exchange, MailboxKind};
use sandbox::world::{Options, SetClock};
use std::fs;
use std::path::Path;

fn load(dir: &Path) -> (Exchange, sandbox::exchange::MailReport) {
    let now = NOW.parse().expect("a moment");
    let mut exchange = Exchange::empty(1);
    exchange.add_mailbox(ADA.oid, ADA.upn, ADA.name, MailboxKind::User, now);
    let report = exchange.load_mail(ADA.oid, &[dir.to_owned()], now);
    (exchange, report)
}

const LATIN1: &[u8] = b"From: =?iso-8859-1?Q?J=F6rg?= <joerg@x.example>\r\nTo: ada@y.example, Group:a@x.example,b@x.example;\r\n\
    Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nDate: Thu, 19 Nov 2026 10:00:00 +0100\r\nMessage-ID: <one@x.example>\r\n\
    Content-Type: text/plain; charset=iso-8859-1\r\n\r\nSch\xf6n\r\n";

const MULTIPART: &str = "From: a@x.example\r\nSubject: Parts\r\nIn-Reply-To: <one@x.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hi</p>\r\n\
    --q\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--q--\r\n";

const MBOX: &str = "From a@x.example Thu Nov 19 10:00:00 2026\nFrom: a@x.example\nSubject: First\n\nHello\nFrom here on\n\
    \n>From the start\n\nFrom b@x.example Thu Nov 19 11:00:00 2026\nFrom: b@x.example\nSubject: Second\n\nBye\n";

#[test]
fn mail_files_become_messages_with_text_people_and_attachments() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("latin.eml"), LATIN1).unwrap();
    fs::write(dir.path().join("parts.EML"), MULTIPART).unwrap();
    let (exchange, report) = load(dir.path());
    assert_eq!((report.loaded, report.skipped.len()), (2, 0), "{report:?}");
    let mailbox = exchange.mailbox(ADA.upn).unwrap();
    let messages: Vec<_> = mailbox.messages().collect();
    let (latin, parts) = (messages[0], messages[1]);
    assert_eq!(latin.subject.as_deref(), Some("Grüße"));
    assert_eq!(latin.from.as_ref().unwrap().name, "Jörg");
    assert_eq!(latin.to.len(), 3);
    assert_eq!(latin.received.to_string(), "2026-11-19T09:00:00Z");
    assert!(matches!(&latin.body, Body::Text(text) if text.contains("Schön")));
    assert!(matches!(&parts.body, Body::Html(html) if html.contains("<p>Hi</p>")));
    assert_eq!(
        (parts.attachments[0].name.as_str(), parts.attachments[0].content.as_slice()),
        ("a.pdf", &b"%PDF-"[..])
    );
    assert!(parts.internet_message_id.starts_with('<'), "a missing id is made");
    assert_eq!(parts.thread, latin.thread);
}

#[test]
fn an_mbox_is_split_where_messages_begin_and_folders_follow_folders() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("Project X")).unwrap();
    fs::write(dir.path().join("Project X/all.mbox"), MBOX).unwrap();
    let (exchange, report) = load(dir.path());
    assert_eq!((report.loaded, report.skipped.len()), (2, 0), "{report:?}");
    let mailbox = exchange.mailbox(ADA.upn).unwrap();
    let folder = mailbox.folders().find(|folder| folder.name == "Project X").unwrap();
    let first = mailbox.messages_in(folder.key).next().unwrap();
    assert!(
        matches!(&first.body, Body::Text(text) if text.contains("\nFrom here on") && text.contains("\nFrom the start"))
    );
}

#[test]
fn unreadable_files_are_named_and_skipped() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("empty.eml"), "").unwrap();
    fs::write(dir.path().join("noise.eml"), [0_u8, 159, 146, 150, 255, 10, 13]).unwrap();
    fs::write(dir.path().join("none.mbox"), "no mail in here\n").unwrap();
    fs::write(dir.path().join("good.eml"), LATIN1).unwrap();
    fs::write(dir.path().join("notes.txt"), "not looked at").unwrap();
    let (_, report) = load(dir.path());
    assert_eq!(report.loaded, 1);
    let names: Vec<String> = report
        .skipped
        .iter()
        .map(|skipped| skipped.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["empty.eml", "noise.eml", "none.mbox"]);
    assert!(report.skipped.iter().all(|skipped| !skipped.reason.is_empty()));
    let (_, report) = load(&dir.path().join("nowhere"));
    assert_eq!(report.skipped[0].reason, "there is no such file or folder");
}

#[tokio::test]
async fn imported_mail_is_served_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("latin.eml"), LATIN1).unwrap();
    let mut options = Options::in_memory(SetClock::new(NOW.parse().unwrap()));
    options.mail_dirs = vec![dir.path().to_owned()];
    let world = World::new(options).unwrap();
    let exchange = world.exchange();
    let mailbox = exchange.mailbox(ADA.upn).unwrap();
    assert!(mailbox.messages().any(|message| message.internet_message_id == "<one@x.example>"));
}
