//! Which mail that has just come is tracked by itself.

use super::noticing::Noticed;
use super::people;
use crate::decision::{Decision, RuleId};
use crate::email::{
    ConversationIndex, Correlation, CrmEmail, Direction, InternetMessageId, Message, ThreadId,
};
use crate::mailbox::MailboxKind;
use crate::party::{Candidate, RecordState, Role};
use crate::regarding::RecordRef;
use crate::rules::incoming::{self, Promotion};
use crate::settings::{FilterMethod, Settings, Switch, TwoActivities};
use crate::wish::{Origin, RegardingWish, Wish};
use uuid::Uuid;

/// A tracked mail as the CRM shows it, for finding the thread that a new one belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedMail {
    pub email: CrmEmail,
    pub message_id: Option<InternetMessageId>,
    /// Tracking token in the subject, e.g. `CRM:0001004`.
    pub token: Option<String>,
    pub thread: Option<ThreadId>,
}

/// What the CRM says about a page of new mail.
#[derive(Debug, Clone, Copy)]
pub struct CrmSays<'a> {
    pub organization: Uuid,
    /// The mails themselves where they are in the CRM already, and those that they may answer.
    pub mails: &'a [TrackedMail],
    pub candidates: &'a [Candidate],
    /// The user's own filter method, or the queue's.
    pub filter: FilterMethod,
}

/// Whether the filter method has a say in what was wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filtering {
    Asked,
    Ignored,
}

/// Whether the filter method has a say in a wish that came in by this door.
///
/// INC-02: none in what a person asked for by hand: in the pane, by the category, by moving the message to a mapped
/// folder, or by having it tried again. INC-01: it decides what is tracked by itself.
pub fn filtering(origin: Origin) -> Decision<Filtering> {
    match origin {
        Origin::Pane | Origin::Category | Origin::Folder | Origin::Administrator => {
            Decision::new(Filtering::Ignored, RuleId::Inc02)
        }
        Origin::Reply { .. } | Origin::Filter | Origin::Copy => {
            Decision::new(Filtering::Asked, RuleId::Inc01)
        }
    }
}

/// Whether a mail that has just come, and that nobody touched, is tracked by itself.
///
/// CAT-15: one that is in the CRM already, by way of another recipient, is categorized here too; CAT-16: with *two
/// activities* only by a copy of the same direction. INC-01: else the filter method decides, the user's own or the
/// one that the organization forces on all users (`SSSForceFilteringMethodForUserMailboxes`). INC-03: an answer to
/// tracked mail takes over its regarding record.
pub fn accept(
    message: &Message,
    says: CrmSays<'_>,
    kind: MailboxKind,
    settings: &Settings,
) -> Decision<Noticed> {
    if let Some(rule) = follows_a_copy(message, says, settings) {
        let wish = Wish::Track { regarding: RegardingWish::Keep };
        return Decision::new(Noticed::Wish(wish, Origin::Copy), rule);
    }
    let forced = settings.force_filter.filter(|_| kind == MailboxKind::User);
    let method = forced.unwrap_or(says.filter);
    let nothing = || Decision::new(Noticed::Nothing, RuleId::Inc01);
    if method == FilterMethod::None || settings.do_not_auto_track == Switch::On {
        return nothing();
    }
    if let Some(found) = correlate(message, says.mails, settings) {
        let (mail, correlation) = found.answer;
        let regarding = mail.email.regarding.clone().map_or(RegardingWish::Keep, RegardingWish::Set);
        let origin = Origin::Reply { correlation, email: mail.email.id };
        let wish = Noticed::Wish(Wish::Track { regarding }, origin);
        return Decision::new(wish, found.rule).because("method", correlation.code());
    }
    let taken = match method {
        FilterMethod::All => true,
        FilterMethod::Known => others(message, says.candidates).any(is_known),
        FilterMethod::EmailEnabled => others(message, says.candidates).next().is_some(),
        FilterMethod::Replies | FilterMethod::None => false,
    };
    if !taken {
        return nothing();
    }
    let wish = Wish::Track { regarding: RegardingWish::Keep };
    Decision::new(Noticed::Wish(wish, Origin::Filter), RuleId::Inc01)
}

fn follows_a_copy(message: &Message, says: CrmSays<'_>, settings: &Settings) -> Option<RuleId> {
    let id = message.internet_message_id.as_ref()?;
    if settings.track_categorized == Switch::Off {
        return None;
    }
    let same: Vec<CrmEmail> =
        says.mails.iter().filter(|m| m.message_id.as_ref() == Some(id)).map(|m| m.email.clone()).collect();
    let promotion = incoming::promotion(says.organization, id, message.direction, &same, settings);
    let rule = if settings.two_activities == TwoActivities::On { RuleId::Cat16 } else { RuleId::Cat15 };
    matches!(promotion.answer, Promotion::Existing(_)).then_some(rule)
}

/// The tracked mail that a mail belongs to, and how that was found.
///
/// INC-03: by `In-Reply-To`, then by a tracking token in the subject, then by the conversation index.
/// `IgnoreConversationIndexAndInReplyToForCorrelation` leaves the token only. INC-04: a forwarded mail is no reply
/// where `DoNotCorrelateForwardedEmailsAsReplies` is on.
pub fn correlate<'a>(
    message: &Message,
    mails: &'a [TrackedMail],
    settings: &Settings,
) -> Option<Decision<(&'a TrackedMail, Correlation)>> {
    if settings.forwards_are_no_replies == Switch::On && is_forward(&message.subject) {
        return None;
    }
    let by_headers = settings.ignore_headers == Switch::Off;
    // Of several records of one thread the one with the lowest id: the same in every mailbox.
    let first = |found: &dyn Fn(&TrackedMail) -> bool| {
        mails
            .iter()
            .filter(|m| m.message_id != message.internet_message_id && found(m))
            .min_by_key(|m| m.email.id)
    };
    let answers = |m: &TrackedMail| message.in_reply_to.is_some() && m.message_id == message.in_reply_to;
    let token = tracking_token(&message.subject, &settings.tracking_prefix);
    let names = |m: &TrackedMail| token.is_some() && m.token.as_deref() == token;
    let thread = message.conversation_index.as_ref().and_then(ConversationIndex::thread);
    let threads = |m: &TrackedMail| thread.is_some() && m.thread == thread;
    let decided = |mail, how| Decision::new((mail, how), RuleId::Inc03);
    if by_headers && let Some(mail) = first(&answers) {
        return Some(decided(mail, Correlation::InReplyTo));
    }
    if let Some(mail) = first(&names) {
        return Some(decided(mail, Correlation::TrackingToken));
    }
    if by_headers && let Some(mail) = first(&threads) {
        return Some(decided(mail, Correlation::ConversationIndex));
    }
    None
}

/// The tracking token in a subject: the organization's prefix and at least three digits, e.g. `CRM:0001004`.
pub fn tracking_token<'a>(subject: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        // Any number would be a token then.
        return None;
    }
    subject.match_indices(prefix).find_map(|(start, _)| {
        let token = &subject[start..];
        let digits = token[prefix.len()..].bytes().take_while(u8::is_ascii_digit).count();
        (digits >= 3).then(|| &token[..prefix.len() + digits])
    })
}

/// Whether a subject says that the mail was forwarded (INC-04): Outlook puts its language's prefix before it.
pub fn is_forward(subject: &str) -> bool {
    const PREFIXES: [&str; 14] =
        ["fw", "fwd", "wg", "tr", "rv", "enc", "i", "vb", "vs", "vl", "pd", "doorst", "továbbítás", "ilt"];
    let Some((prefix, _)) = subject.split_once(':') else { return false };
    // The Turkish capital İ becomes an i with a second dot above it.
    let prefix = prefix.trim().to_lowercase().replace('\u{307}', "");
    PREFIXES.contains(&prefix.as_str())
}

/// Records of those whom the mail came from; of a sent one, those whom it went to.
fn others<'a>(message: &'a Message, candidates: &'a [Candidate]) -> impl Iterator<Item = &'a RecordRef> {
    let theirs = move |role| match message.direction {
        Direction::Incoming => role == Role::From,
        Direction::Outgoing => role != Role::From,
    };
    let addresses = message.correspondents.iter().filter(move |c| theirs(c.role)).map(|c| &c.address);
    addresses.flat_map(move |address| {
        let active = |c: &&Candidate| c.activity == RecordState::Active && c.address == *address;
        candidates.iter().filter(active).map(|c| &c.record)
    })
}

/// Whether a record is one that the method *leads, contacts and accounts* means.
fn is_known(record: &RecordRef) -> bool {
    people::CUSTOMERS.contains(&record.key.table.as_str())
}
