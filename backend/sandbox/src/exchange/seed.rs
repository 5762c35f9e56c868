//! Fills the mailboxes of a new tenant from [`super::letters`], with times relative to the clock's *now*.

use super::folder::{self, FolderKey};
use super::letters::{self, Letter};
use super::mailbox::{Access, MailboxKind, Right};
use super::message::{Attachment, Body, Meeting, Message};
use super::{Exchange, Refusal};
use crate::company::{self, ADA, BEN, CHIARA, DAN};
use crate::world::Mail;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The namespace of thread ids: the same letter has the same thread in every run.
const THREADS: Uuid = Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_7ead);

impl Exchange {
    /// The company's mailboxes with believable mail, or without any, as of `now`.
    ///
    /// # Panics
    /// Never for the built-in letters: a test seeds them.
    pub fn seed(now: Timestamp, mail: Mail, rng: &mut impl rand::Rng) -> Self {
        let mut exchange = Self::empty(rng.next_u64());
        exchange.furnish(now).expect("the built-in categories fit the built-in mailboxes");
        if mail == Mail::Company {
            exchange.furnish_letters(now).expect("the built-in letters fit the built-in mailboxes");
        }
        exchange.take_happenings();
        exchange
    }

    fn furnish(&mut self, now: Timestamp) -> Result<(), Refusal> {
        for person in company::PEOPLE {
            self.add_mailbox(person.oid, person.upn, person.name, MailboxKind::User, now);
        }
        let queue = (company::QUEUE_OID, company::QUEUE_ADDRESS, company::QUEUE_NAME);
        self.add_mailbox(queue.0, queue.1, queue.2, MailboxKind::Shared, now);
        self.furnish_categories()?;
        self.furnish_access()
    }

    fn furnish_letters(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let mut sent: BTreeMap<&'static str, Message> = BTreeMap::new();
        let mut letters = letters::all();
        letters.sort_by_key(|letter| std::cmp::Reverse(letter.minutes_ago));
        for letter in &letters {
            let message = self.write(letter, &sent, now);
            sent.insert(letter.name, message.clone());
            self.file(letter, &message, now)?;
        }
        Ok(())
    }

    /// Nobody but Ben has the tracking category, and Chiara has one that only nearly bears its name.
    fn furnish_categories(&mut self) -> Result<(), Refusal> {
        let usual = [
            ("Red category", "preset0"),
            ("Orange category", "preset1"),
            ("Blue category", "preset7"),
            ("Family", "preset4"),
        ];
        let own: [(&str, &[(&str, &str)]); 5] = [
            (ADA.oid, &[("Fjordline", "preset5"), ("Waiting for answer", "preset3")]),
            (BEN.oid, &[("Tracked to Dynamics 365", "preset4")]),
            (CHIARA.oid, &[("tracked to dynamics 365", "preset2"), ("Training", "preset8")]),
            (DAN.oid, &[("Invoices", "preset10")]),
            (company::QUEUE_OID, &[("Assigned", "preset9")]),
        ];
        for (oid, categories) in own {
            for (name, color) in usual.iter().chain(categories) {
                self.change(oid, |mailbox, mint| mailbox.create_category(name, color, usize::MAX, mint))?;
            }
        }
        Ok(())
    }

    /// Ada edits Ben's inbox; Chiara only reads Ada's; Ada and Ben work in the shared mailbox.
    fn furnish_access(&mut self) -> Result<(), Refusal> {
        let inbox = Some(folder::INBOX);
        for (owner, who, folder, right) in [
            (company::QUEUE_OID, ADA.oid, None, Right::Editor),
            (company::QUEUE_OID, BEN.oid, None, Right::Editor),
            (BEN.oid, ADA.oid, inbox, Right::Editor),
            (ADA.oid, CHIARA.oid, inbox, Right::Reviewer),
        ] {
            self.change(owner, |mailbox, _| {
                mailbox.access.push(Access { who: who.to_owned(), folder, right });
                Ok(())
            })?;
        }
        Ok(())
    }

    fn write(&mut self, letter: &Letter, sent: &BTreeMap<&'static str, Message>, now: Timestamp) -> Message {
        let at = now - SignedDuration::from_mins(letter.minutes_ago);
        let internet_message_id = match letter.from.1.rsplit_once('@') {
            Some((_, domain)) => format!("<{}@mail.{domain}>", self.mint_uuid().simple()),
            None => self.mint_message_id(),
        };
        let thread = Uuid::new_v5(&THREADS, letter.name.as_bytes());
        let mut message = Message::new(at, internet_message_id, thread);
        if let Some(parent) = letter.answers.and_then(|name| sent.get(name)) {
            message.answer_to(parent);
        }
        message.subject = letter.subject.map(str::to_owned);
        message.body = match letter.text {
            Some(text) => Body::Text(text.replace('\n', "\r\n")),
            None => Body::Html(letters::page(letter.html, letter.from.0)),
        };
        let party = letters::party(letter.from);
        message.sender = Some(party.clone());
        message.from = Some(party);
        message.to = letter.to.iter().copied().map(letters::party).collect();
        message.cc = letter.cc.iter().copied().map(letters::party).collect();
        message.importance = letter.importance;
        if letter.is_newsletter {
            "other".clone_into(&mut message.inference);
            message.headers.push(("List-Unsubscribe".to_owned(), "<mailto:leave@news.example>".to_owned()));
        }
        message.meeting = letter.meeting.map(|(in_minutes, lasts, location)| {
            let start = now + SignedDuration::from_mins(in_minutes);
            Meeting { start, end: start + SignedDuration::from_mins(lasts), location: location.to_owned() }
        });
        for file in &letter.files {
            message.attachments.push(Attachment {
                id: self.mint_uuid(),
                name: file.name.to_owned(),
                content_type: file.content_type.to_owned(),
                content_id: file.content_id.map(str::to_owned),
                is_inline: file.content_id.is_some(),
                content: file.content.clone(),
            });
        }
        message
    }

    /// Puts the copies where they belong: the sender's *Sent Items*, the recipients' inboxes, or the folder
    /// into which its owner has filed it since.
    fn file(&mut self, letter: &Letter, message: &Message, now: Timestamp) -> Result<(), Refusal> {
        let mut homes: Vec<(String, FolderKey)> = Vec::new();
        if let Ok(mailbox) = self.mailbox(letter.from.1) {
            homes.push((mailbox.oid.clone(), folder::SENT));
        }
        for party in message.recipients() {
            if let Ok(mailbox) = self.mailbox(&party.address)
                && !homes.iter().any(|(oid, folder)| *oid == mailbox.oid && *folder == folder::INBOX)
            {
                homes.push((mailbox.oid.clone(), folder::INBOX));
            }
        }
        for (oid, mut at) in homes {
            if at == folder::INBOX
                && let Some((_, path)) = letter.filed.iter().find(|(who, _)| *who == oid)
            {
                at = self.folder_at(&oid, path)?;
            }
            let mut copy = message.clone();
            copy.created = message.sent;
            copy.received = message.sent + SignedDuration::from_secs(2);
            copy.is_read =
                at != folder::INBOX || letter.minutes_ago > 36 * 60 || letter.read_by.contains(&oid.as_str());
            if let Some((_, categories)) = letter.categories.iter().find(|(who, _)| *who == oid) {
                copy.categories = categories.iter().map(|name| (*name).to_owned()).collect();
            }
            if letter.flagged_by.contains(&oid.as_str()) {
                copy.flag = json!({ "flagStatus": "flagged" });
            }
            if letter.is_draft {
                copy.is_draft = true;
                at = folder::DRAFTS;
            }
            let modified = copy.received.min(now);
            self.change(&oid, |mailbox, _| mailbox.insert(copy, at, modified))?;
        }
        Ok(())
    }

    /// The folder at a path below the root, e.g. `Customers/Fjordline`, made where it is missing. The first
    /// part may be a well-known name.
    pub fn folder_at(&mut self, who: &str, path: &str) -> Result<FolderKey, Refusal> {
        let mut at = folder::ROOT;
        for (depth, name) in path.split('/').filter(|name| !name.is_empty()).enumerate() {
            let mailbox = self.mailbox(who)?;
            let known = mailbox
                .children(at)
                .find(|child| {
                    child.name.eq_ignore_ascii_case(name)
                        || depth == 0 && child.well_known.as_deref() == Some(&*name.to_lowercase())
                })
                .map(|child| child.key);
            at = match known {
                Some(key) => key,
                None => self.change(who, |mailbox, _| mailbox.create_folder(at, name, false))?,
            };
        }
        Ok(at)
    }
}
