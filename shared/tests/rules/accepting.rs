//! Which mail that has just come is tracked by itself.

use crate::situations::*;
use shared::category::TRACKED;
use shared::decision::{Decision, RuleId};
use shared::email::{
    ConversationIndex, Correlation, CrmEmail, CrmEmailId, Direction, InternetMessageId, Message,
};
use shared::mailbox::MailboxKind;
use shared::party::{Candidate, RecordState, Role};
use shared::regarding::{RecordRef, Table};
use shared::rules::accepting::{CrmSays, TrackedMail, accept, correlate, is_forward, tracking_token};
use shared::rules::noticing::Noticed;
use shared::settings::{FilterMethod, Settings, Switch, TwoActivities};
use shared::wish::{Origin, RegardingWish, Wish};
use uuid::Uuid;

const THEIRS: &str = "ingrid@fjordline.example";
/// Two messages of one thread, and one of another: 22 bytes of header, then 5 bytes for each reply.
const FIRST: &str = "Adf8x1BEAAAAAAAAAAAAAAAAAAAAAA==";
const REPLY: &str = "Adf8x1BEAAAAAAAAAAAAAAAAAAAAAAAAAAAB";
const OTHER: &str = "Adf8x1BFAAAAAAAAAAAAAAAAAAAAAA==";

fn index(base64: &str) -> ConversationIndex {
    ConversationIndex(base64.into())
}

/// A tracked mail, regarding the account, that has nothing to do with any other.
fn tracked_mail(id: u128) -> TrackedMail {
    let mut email = crm_email(CrmEmailId(Uuid::from_u128(id)), Direction::Outgoing);
    email.regarding = Some(account());
    let message_id = Some(InternetMessageId(format!("<{id}@northlight.example>")));
    TrackedMail { email, message_id, token: None, thread: None }
}

fn new_mail() -> Message {
    message(&[])
}

fn replies(id: u128) -> Message {
    Message { in_reply_to: Some(InternetMessageId(format!("<{id}@northlight.example>"))), ..new_mail() }
}

fn says<'a>(mails: &'a [TrackedMail], candidates: &'a [Candidate], filter: FilterMethod) -> CrmSays<'a> {
    CrmSays { organization: ORGANIZATION, mails, candidates, filter }
}

/// What a user's mailbox with this filter method does with a mail.
fn screened(
    message: &Message,
    mails: &[TrackedMail],
    candidates: &[Candidate],
    filter: FilterMethod,
    settings: &Settings,
) -> Decision<Noticed> {
    accept(message, says(mails, candidates, filter), MailboxKind::User, settings)
}

fn tracked_by(origin: Origin, regarding: Option<RecordRef>) -> Noticed {
    let regarding = regarding.map_or(RegardingWish::Keep, RegardingWish::Set);
    Noticed::Wish(Wish::Track { regarding }, origin)
}

fn correlated(message: &Message, mails: &[TrackedMail], settings: &Settings) -> Option<(u128, Correlation)> {
    correlate(message, mails, settings).map(|found| {
        assert_eq!(found.rule, RuleId::Inc03);
        let (mail, how) = found.answer;
        (mail.email.id.0.as_u128(), how)
    })
}

const METHODS: [FilterMethod; 5] = [
    FilterMethod::All,
    FilterMethod::Replies,
    FilterMethod::Known,
    FilterMethod::EmailEnabled,
    FilterMethod::None,
];

#[test]
fn cat_15_a_mail_that_another_recipient_tracks_is_categorized_whatever_the_filter_says() {
    let mut there = tracked_mail(5);
    there.message_id = new_mail().internet_message_id;
    there.email.direction = Direction::Incoming;
    for filter in METHODS {
        let one = Settings { two_activities: TwoActivities::Off, ..Settings::default() };
        let said = screened(&new_mail(), std::slice::from_ref(&there), &[], filter, &one);
        assert_eq!((said.answer, said.rule), (tracked_by(Origin::Copy, None), RuleId::Cat15));
    }
}

#[test]
fn cat_16_with_two_activities_only_a_record_of_the_same_direction_counts() {
    let mut sent = tracked_mail(5);
    sent.message_id = new_mail().internet_message_id;
    let two = Settings::default();
    let copy = |direction, settings: &Settings| {
        let mut there = sent.clone();
        there.email.direction = direction;
        screened(&new_mail(), &[there], &[], FilterMethod::Replies, settings)
    };
    let received = copy(Direction::Incoming, &two);
    assert_eq!((received.answer, received.rule), (tracked_by(Origin::Copy, None), RuleId::Cat16));
    assert_eq!(copy(Direction::Outgoing, &two).answer, Noticed::Nothing);
    let one = Settings { two_activities: TwoActivities::Off, ..two };
    assert_eq!(copy(Direction::Outgoing, &one).answer, tracked_by(Origin::Copy, None));
}

#[test]
fn cat_21_while_category_tracking_is_off_no_copy_follows() {
    let mut there = tracked_mail(5);
    there.message_id = new_mail().internet_message_id;
    there.email.direction = Direction::Incoming;
    let off = Settings { track_categorized: Switch::Off, ..Settings::default() };
    let said = screened(&new_mail(), &[there], &[], FilterMethod::Replies, &off);
    assert_eq!((said.answer, said.rule), (Noticed::Nothing, RuleId::Inc01));
}

#[test]
fn inc_01_all_takes_all_and_none_takes_none() {
    let mails = [tracked_mail(2)];
    for message in [new_mail(), replies(2)] {
        let none = screened(&message, &mails, &[], FilterMethod::None, &Settings::default());
        assert_eq!((none.answer, none.rule), (Noticed::Nothing, RuleId::Inc01));
    }
    let all = screened(&new_mail(), &mails, &[], FilterMethod::All, &Settings::default());
    assert_eq!((all.answer, all.rule), (tracked_by(Origin::Filter, None), RuleId::Inc01));
}

#[test]
fn inc_01_known_takes_mail_from_leads_contacts_and_accounts_and_email_enabled_from_anybody_in_the_crm() {
    for (table, is_known) in [
        (Table::lead(), true),
        (Table::contact(), true),
        (Table::account(), true),
        (Table::systemuser(), false),
        (Table::queue(), false),
        (Table::new("new_boat").expect("a table"), false),
    ] {
        let from = [candidate(table, 3, THEIRS, None)];
        let takes = |method| {
            screened(&new_mail(), &[], &from, method, &Settings::default()).answer
                == tracked_by(Origin::Filter, None)
        };
        let taken: Vec<bool> = METHODS.iter().map(|method| takes(*method)).collect();
        assert_eq!(taken, [true, false, is_known, true, false], "{:?}", from[0].record.key.table);
    }
}

#[test]
fn inc_01_records_out_of_use_and_other_peoples_do_not_count() {
    let mut inactive = candidate(Table::contact(), 3, THEIRS, None);
    inactive.activity = RecordState::Inactive;
    let recipient = candidate(Table::contact(), 4, "ada@northlight.example", None);
    let stranger = candidate(Table::contact(), 5, "someone@else.example", None);
    for who in [inactive, recipient, stranger] {
        for method in [FilterMethod::Known, FilterMethod::EmailEnabled] {
            let said = screened(&new_mail(), &[], std::slice::from_ref(&who), method, &Settings::default());
            assert_eq!(said.answer, Noticed::Nothing, "{who:?}");
        }
    }
}

#[test]
fn inc_01_of_sent_mail_those_count_whom_it_went_to() {
    let sent = |role| {
        let correspondents =
            vec![correspondent(Role::From, "ada@northlight.example"), correspondent(role, THEIRS)];
        Message { direction: Direction::Outgoing, correspondents, ..new_mail() }
    };
    let said = |role, at| {
        let who = [candidate(Table::contact(), 3, at, None)];
        screened(&sent(role), &[], &who, FilterMethod::Known, &Settings::default()).answer
    };
    for role in [Role::To, Role::Cc, Role::Bcc] {
        assert_eq!(said(role, THEIRS), tracked_by(Origin::Filter, None));
        assert_eq!(said(role, "ada@northlight.example"), Noticed::Nothing);
    }
}

#[test]
fn inc_01_the_organization_can_force_one_method_on_all_users_and_not_on_queues() {
    for own in METHODS {
        for forced in METHODS {
            let settings = Settings { force_filter: Some(forced), ..Settings::default() };
            let said = |kind| accept(&new_mail(), says(&[], &[], own), kind, &settings).answer;
            let takes = |method| {
                if method == FilterMethod::All { tracked_by(Origin::Filter, None) } else { Noticed::Nothing }
            };
            assert_eq!(said(MailboxKind::User), takes(forced));
            assert_eq!(said(MailboxKind::Queue), takes(own));
        }
    }
}

#[test]
fn inc_01_an_organization_that_wants_no_automatic_tracking_gets_none() {
    let never = Settings { do_not_auto_track: Switch::On, ..Settings::default() };
    let mails = [tracked_mail(2)];
    for message in [new_mail(), replies(2)] {
        let said = screened(&message, &mails, &[], FilterMethod::All, &never);
        assert_eq!((said.answer, said.rule), (Noticed::Nothing, RuleId::Inc01));
    }
}

#[test]
fn inc_03_the_tracked_reply_takes_over_the_regarding_record() {
    let mails = [tracked_mail(1), tracked_mail(2)];
    for filter in &METHODS[..4] {
        let said = screened(&replies(2), &mails, &[], *filter, &Settings::default());
        let origin = Origin::Reply { correlation: Correlation::InReplyTo, email: mails[1].email.id };
        assert_eq!((said.answer, said.rule), (tracked_by(origin, Some(account())), RuleId::Inc03));
        assert_eq!(said.facts.last().map(|f| (&*f.name, &*f.value)), Some(("method", "3")));
    }
    let mut without = tracked_mail(2);
    without.email.regarding = None;
    let origin = Origin::Reply { correlation: Correlation::InReplyTo, email: without.email.id };
    let said = screened(&replies(2), &[without], &[], FilterMethod::Replies, &Settings::default());
    assert_eq!(said.answer, tracked_by(origin, None));
}

#[test]
fn inc_03_correlation_goes_by_in_reply_to_then_token_then_conversation_index() {
    let mut by_token = tracked_mail(1);
    by_token.token = Some("CRM:0001004".into());
    let mut by_thread = tracked_mail(2);
    by_thread.thread = index(FIRST).thread();
    let mails = [by_token, by_thread, tracked_mail(3)];
    let mut message = replies(3);
    message.subject = "Re: Offer CRM:0001004".into();
    message.conversation_index = Some(index(REPLY));
    let settings = Settings::default();
    assert_eq!(correlated(&message, &mails, &settings), Some((3, Correlation::InReplyTo)));
    message.in_reply_to = None;
    assert_eq!(correlated(&message, &mails, &settings), Some((1, Correlation::TrackingToken)));
    message.subject = "Re: Offer".into();
    assert_eq!(correlated(&message, &mails, &settings), Some((2, Correlation::ConversationIndex)));
    message.conversation_index = Some(index(OTHER));
    assert_eq!(correlated(&message, &mails, &settings), None);
    message.conversation_index = None;
    assert_eq!(correlated(&message, &mails, &settings), None);
}

#[test]
fn inc_03_an_organization_that_ignores_headers_correlates_by_token_alone() {
    let mut mail = tracked_mail(2);
    mail.thread = index(FIRST).thread();
    mail.token = Some("CRM:0001004".into());
    let settings = Settings { ignore_headers: Switch::On, ..Settings::default() };
    let message = Message { conversation_index: Some(index(REPLY)), ..replies(2) };
    assert_eq!(correlated(&message, std::slice::from_ref(&mail), &settings), None);
    let token = Message { subject: "Re: CRM:0001004".into(), ..message };
    assert_eq!(correlated(&token, &[mail], &settings), Some((2, Correlation::TrackingToken)));
}

#[test]
fn inc_03_what_says_nothing_of_a_thread_belongs_to_none() {
    // Neither bears a token, an index or an answer; that they lack the same is no likeness.
    assert_eq!(correlated(&new_mail(), &[tracked_mail(2)], &Settings::default()), None);
}

#[test]
fn inc_03_a_mail_is_no_answer_to_itself() {
    let mut itself = tracked_mail(2);
    itself.message_id = new_mail().internet_message_id;
    itself.thread = index(FIRST).thread();
    let message = Message {
        in_reply_to: itself.message_id.clone(),
        conversation_index: Some(index(FIRST)),
        ..new_mail()
    };
    assert_eq!(correlated(&message, &[itself], &Settings::default()), None);
}

#[test]
fn inc_03_of_several_records_of_one_thread_it_is_the_same_one_in_every_mailbox() {
    let thread = |id| TrackedMail { thread: index(FIRST).thread(), ..tracked_mail(id) };
    let message = Message { conversation_index: Some(index(REPLY)), ..new_mail() };
    for mails in [[thread(4), thread(3), thread(5)], [thread(3), thread(5), thread(4)]] {
        let found = correlated(&message, &mails, &Settings::default());
        assert_eq!(found, Some((3, Correlation::ConversationIndex)));
    }
}

#[test]
fn inc_03_a_tracking_token_is_the_organizations_prefix_and_digits() {
    for (subject, prefix, token) in [
        ("Re: Offer CRM:0001004", "CRM:", Some("CRM:0001004")),
        ("CRM:123 and CRM:456", "CRM:", Some("CRM:123")),
        ("CRM:12 then CRM:4567x", "CRM:", Some("CRM:4567")),
        ("CRM:12", "CRM:", None),
        ("CRM: 123", "CRM:", None),
        ("crm:123", "CRM:", None),
        ("Größe:0007 CRM:0001004", "Größe:", Some("Größe:0007")),
        ("CRM:0001004", "Größe:", None),
        ("Invoice 2026", "", None),
        ("", "CRM:", None),
    ] {
        assert_eq!(tracking_token(subject, prefix), token, "{subject}");
    }
    let settings = Settings { tracking_prefix: "Größe:".into(), ..Settings::default() };
    let mail = TrackedMail { token: Some("Größe:0007".into()), ..tracked_mail(2) };
    let message = Message { subject: "AW: Größe:0007".into(), ..new_mail() };
    assert_eq!(correlated(&message, &[mail], &settings), Some((2, Correlation::TrackingToken)));
}

#[test]
fn inc_03_a_conversation_index_names_its_thread_by_the_header_alone() {
    let thread = |base64: &str| index(base64).thread();
    assert!(thread(FIRST).is_some());
    assert_eq!(thread(FIRST), thread(REPLY));
    assert_eq!(thread(FIRST), thread(&format!(" {FIRST}\n")));
    assert_ne!(thread(FIRST), thread(OTHER));
    for none in ["", "AdTOfQ==", "not base64!"] {
        assert_eq!(thread(none), None, "{none}");
    }
}

#[test]
fn inc_04_a_forward_is_no_reply_where_the_organization_says_so() {
    let forwards = Settings { forwards_are_no_replies: Switch::On, ..Settings::default() };
    let mails = [tracked_mail(2)];
    let message = Message { subject: "WG: Offer".into(), ..replies(2) };
    assert_eq!(correlated(&message, &mails, &forwards), None);
    assert_eq!(correlated(&message, &mails, &Settings::default()), Some((2, Correlation::InReplyTo)));
    let reply = Message { subject: "Re: WG: Offer".into(), ..message };
    assert_eq!(correlated(&reply, &mails, &forwards), Some((2, Correlation::InReplyTo)));
}

#[test]
fn inc_04_outlook_puts_its_languages_prefix_before_a_forward() {
    for forward in ["FW: x", " Fwd : x", "wg:x", "TR: x", "İLT: x", "Továbbítás: x", "I: x"] {
        assert!(is_forward(forward), "{forward}");
    }
    for other in ["Re: FW: x", "AW: x", "Offer", "FW x", "", ": x"] {
        assert!(!is_forward(other), "{other}");
    }
}

/// One new mail, and all that decides about it.
struct Case<'a> {
    settings: &'a Settings,
    kind: MailboxKind,
    own: FilterMethod,
    /// A record of this very mail, by way of somebody else.
    there: Option<Direction>,
    answers: bool,
    from: Option<&'a Candidate>,
}

/// What the catalogue says of it, the first sentence that fits.
fn by_the_book(case: &Case<'_>, mail: &TrackedMail) -> Noticed {
    let settings = case.settings;
    // CAT-15, CAT-16
    let same = |d| d == Direction::Incoming || settings.two_activities == TwoActivities::Off;
    if settings.track_categorized == Switch::On && case.there.is_some_and(same) {
        return tracked_by(Origin::Copy, None);
    }
    // INC-01
    let method = match (settings.force_filter, case.kind) {
        (Some(forced), MailboxKind::User) => forced,
        _ => case.own,
    };
    if settings.do_not_auto_track == Switch::On || method == FilterMethod::None {
        return Noticed::Nothing;
    }
    // INC-03
    if case.answers && settings.ignore_headers == Switch::Off {
        let origin = Origin::Reply { correlation: Correlation::InReplyTo, email: mail.email.id };
        return tracked_by(origin, Some(account()));
    }
    let table = case.from.map(|c| c.record.key.table.as_str());
    let taken = match method {
        FilterMethod::All => true,
        FilterMethod::Known => matches!(table, Some("lead" | "contact" | "account")),
        FilterMethod::EmailEnabled => table.is_some(),
        FilterMethod::Replies | FilterMethod::None => false,
    };
    if taken { tracked_by(Origin::Filter, None) } else { Noticed::Nothing }
}

#[test]
fn every_new_mail_is_taken_or_left_as_the_catalogue_says() {
    let contact = candidate(Table::contact(), 3, THEIRS, None);
    let colleague = candidate(Table::systemuser(), 4, THEIRS, None);
    let answered = tracked_mail(2);
    let switch = |n: usize| [Switch::Off, Switch::On][n];
    for bits in 0..16_usize {
        for forced in METHODS.into_iter().map(Some).chain([None]) {
            let settings = Settings {
                track_categorized: switch(bits & 1),
                do_not_auto_track: switch(bits >> 1 & 1),
                ignore_headers: switch(bits >> 2 & 1),
                two_activities: [TwoActivities::Off, TwoActivities::On][bits >> 3 & 1],
                force_filter: forced,
                ..Settings::default()
            };
            for kind in [MailboxKind::User, MailboxKind::Queue] {
                for own in METHODS {
                    for there in [None, Some(Direction::Incoming), Some(Direction::Outgoing)] {
                        for answers in [true, false] {
                            for from in [None, Some(&contact), Some(&colleague)] {
                                let case = Case { settings: &settings, kind, own, there, answers, from };
                                assert_eq!(of(&case, &answered), by_the_book(&case, &answered));
                            }
                        }
                    }
                }
            }
        }
    }
}

fn of(case: &Case<'_>, answered: &TrackedMail) -> Noticed {
    let mut mails = vec![answered.clone()];
    mails.extend(case.there.map(|direction| TrackedMail {
        email: CrmEmail { direction, ..tracked_mail(5).email },
        message_id: new_mail().internet_message_id,
        ..tracked_mail(5)
    }));
    let message = if case.answers { replies(2) } else { message(&[TRACKED]) };
    let candidates: Vec<_> = case.from.cloned().into_iter().collect();
    accept(&message, says(&mails, &candidates, case.own), case.kind, case.settings).answer
}
