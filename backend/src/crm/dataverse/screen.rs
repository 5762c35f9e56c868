//! What the rules need to know about a page of new mail, in one `$batch`: is it in the CRM already, does it answer
//! tracked mail, who are its people, and which filter method counts.
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/email>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/usersettings>
//!
//! A second round trip is needed only where a thread (or a token) has so many emails that it crowds others out.

use super::candidates::{self, Source};
use super::filter::{Filter, Literal, Query, groups};
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::promote_email::{cut_message_id, index_hash, tracking_id};
use super::rows::{Row, rows};
use crate::caller::Access;
use crate::crm::{Screened, ScreenedEmail, Screening};
use crate::line::Effect;
use crate::outcome::Outcome;
use http::StatusCode;
use shared::UtcMs;
use shared::email::{ConversationIndex, CrmEmailId, Direction, InternetMessageId, ThreadId};
use shared::party::Candidate;
use shared::settings::FilterMethod;
use uuid::Uuid;

const COLUMNS: &str = "activityid,directioncode,messageid,trackingtoken,conversationindex,\
    conversationtrackingid,_regardingobjectid_value,_ownerid_value";
/// Emails of one message id, token or thread that are looked at, the oldest first: what does not change as a
/// thread grows.
const MOST_OF_ONE: usize = 20;
/// Threads in one question.
const THREADS_IN_ONE: usize = 20;
/// Emails that others promoted are known by their whole conversation index, a column that Dataverse has to search
/// row by row: those of the last 90 days, as far as its own matching looks back.
const LOOKS_BACK_MS: i64 = 90 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// Base64 characters that hold the 22 bytes of an index that name its thread; the rest of the last byte is
/// compared here.
const THREAD_CHARS: usize = 29;

/// What a part of the batch asks.
enum Ask {
    WhoAmI,
    Emails(EmailsBy),
    Candidates(&'static Source),
    FilterOfUser,
    FilterOfQueue,
}

/// By what emails are asked for.
#[derive(Debug, Clone)]
enum EmailsBy {
    MessageId(Vec<String>),
    Token(Vec<String>),
    /// By the columns that this service writes.
    Thread(Vec<ThreadId>),
    /// By the column that Dataverse's own promotion writes.
    Index(Vec<ThreadId>, UtcMs),
}

/// Answers the question.
pub(super) async fn screen(
    organization: &Organization,
    access: &Access,
    question: &Screening,
) -> Outcome<Screened> {
    let mut seen = Seen::default();
    let mut asks = asks(question, organization.clock.now());
    while !asks.is_empty() {
        let (asked, operations): (Vec<Ask>, Vec<Operation>) = asks.into_iter().unzip();
        let answers = organization.read(access, operations).await?;
        asks = Vec::new();
        for (ask, answer) in asked.into_iter().zip(&answers) {
            asks.extend(seen.take(organization, question, ask, answer)?);
        }
    }
    let (Some(organization_id), Some(user)) = (seen.organization, seen.user) else {
        return Err(organization.astray(Effect::Read, "the CRM does not say who is asking"));
    };
    organization.remember_user(access, user);
    Ok(Screened {
        emails: seen.emails,
        candidates: seen.candidates,
        filter: seen.filter.unwrap_or(FilterMethod::Replies),
        user,
        organization: organization_id,
    })
}

fn asks(question: &Screening, now: UtcMs) -> Vec<(Ask, Operation)> {
    let ids: Vec<String> = question
        .known
        .iter()
        .chain(&question.replies_to)
        .map(cut_message_id)
        .filter(|id| can_be_asked(id))
        .collect();
    let tokens = question.tokens.iter().map(String::as_str).filter(|token| can_be_asked(token));
    let owned = |group: Vec<&str>| group.into_iter().map(str::to_owned).collect();
    let mut threads = question.threads.clone();
    threads.sort_unstable();
    threads.dedup();
    let since = UtcMs((now.0 - LOOKS_BACK_MS).div_euclid(DAY_MS) * DAY_MS);
    let emails =
        groups(ids.iter().map(String::as_str))
            .into_iter()
            .map(|group| EmailsBy::MessageId(owned(group)))
            .chain(groups(tokens).into_iter().map(|group| EmailsBy::Token(owned(group))))
            .chain(threads.chunks(THREADS_IN_ONE).flat_map(|chunk| {
                [EmailsBy::Thread(chunk.to_vec()), EmailsBy::Index(chunk.to_vec(), since)]
            }));
    let mut asks = vec![(Ask::WhoAmI, Operation::get("WhoAmI".to_owned()))];
    asks.extend(emails.filter_map(EmailsBy::ask));
    asks.extend(
        candidates::questions(&question.addresses)
            .into_iter()
            .map(|(source, operation)| (Ask::Candidates(source), operation)),
    );
    asks.extend(filter_of(question));
    asks
}

/// INC-01: the queue's filter method, or else the user's, if one is wanted.
fn filter_of(question: &Screening) -> Option<(Ask, Operation)> {
    const METHOD: &str = "incomingemailfilteringmethod";
    if let Some(queue) = question.queue {
        let query = Query::row("queues", queue).select(METHOD);
        return Some((Ask::FilterOfQueue, Operation::get(query.address())));
    }
    let query = Query::of("usersettingscollection").select(METHOD).filter(Filter::is_caller("systemuserid"));
    question.user_filter.then(|| (Ask::FilterOfUser, Operation::get(query.address())))
}

/// An empty text is everybody's, and a control character would cost the whole answer.
fn can_be_asked(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

impl EmailsBy {
    fn ask(self) -> Option<(Ask, Operation)> {
        let text = |column, values: &[String]| {
            Filter::any(values.iter().map(|value| Filter::equals(column, Literal::Text(value))))
        };
        let filter = match &self {
            EmailsBy::MessageId(ids) => text("messageid", ids),
            EmailsBy::Token(tokens) => text("trackingtoken", tokens),
            EmailsBy::Thread(threads) => Filter::any(threads.iter().map(|thread| {
                // The hash has an index in the database, the id is exact.
                Filter::equals("baseconversationindexhash", Literal::Number(index_hash(*thread).into()))
                    .and(Filter::equals("conversationtrackingid", Literal::Id(tracking_id(*thread))))
            })),
            EmailsBy::Index(threads, since) => Filter::any(
                threads.iter().map(|thread| Filter::starts_with("conversationindex", &beginning(*thread))),
            )
            .map(|any| Filter::since("createdon", *since).and(any)),
        }?;
        let query =
            Query::of("emails").select(COLUMNS).filter(filter).order_by("createdon asc").top(self.top());
        Some((Ask::Emails(self), Operation::get(query.address())))
    }

    fn top(&self) -> usize {
        let keys = match self {
            EmailsBy::MessageId(values) | EmailsBy::Token(values) => values.len(),
            EmailsBy::Thread(threads) | EmailsBy::Index(threads, _) => threads.len(),
        };
        keys * MOST_OF_ONE
    }

    /// Each key by itself; nothing where there is one only.
    fn each(self) -> Vec<EmailsBy> {
        let texts = |values: Vec<String>, of: fn(Vec<String>) -> EmailsBy| {
            if values.len() < 2 {
                Vec::new()
            } else {
                values.into_iter().map(|value| of(vec![value])).collect()
            }
        };
        match self {
            EmailsBy::MessageId(ids) => texts(ids, EmailsBy::MessageId),
            EmailsBy::Token(tokens) => texts(tokens, EmailsBy::Token),
            EmailsBy::Thread(threads) | EmailsBy::Index(threads, _) if threads.len() < 2 => Vec::new(),
            EmailsBy::Thread(threads) => threads.into_iter().map(|t| EmailsBy::Thread(vec![t])).collect(),
            EmailsBy::Index(threads, since) => {
                threads.into_iter().map(|t| EmailsBy::Index(vec![t], since)).collect()
            }
        }
    }
}

fn beginning(thread: ThreadId) -> String {
    use base64::Engine as _;
    let mut text = base64::engine::general_purpose::STANDARD.encode(thread.0);
    text.truncate(THREAD_CHARS);
    text
}

#[derive(Default)]
struct Seen {
    organization: Option<Uuid>,
    user: Option<Uuid>,
    emails: Vec<ScreenedEmail>,
    candidates: Vec<Candidate>,
    filter: Option<FilterMethod>,
}

impl Seen {
    /// Takes an answer; gives what is to be asked once more, one by one.
    fn take(
        &mut self,
        organization: &Organization,
        question: &Screening,
        ask: Ask,
        answer: &Part,
    ) -> Outcome<Vec<(Ask, Operation)>> {
        let ok = answer.status.is_success();
        let hidden = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN);
        match ask {
            Ask::WhoAmI if ok => {
                self.organization = Row(&answer.body).id("OrganizationId");
                self.user = Row(&answer.body).id("UserId");
            }
            Ask::Emails(by) if ok => {
                let mut listed = 0;
                for row in rows(answer) {
                    listed += 1;
                    if let Some(email) = email(question, row)
                        && !self.emails.iter().any(|known| known.id == email.id)
                    {
                        self.emails.push(email);
                    }
                }
                if listed >= by.top() {
                    return Ok(by.each().into_iter().filter_map(EmailsBy::ask).collect());
                }
            }
            Ask::Candidates(source) if ok => {
                self.candidates.extend(candidates::read(source, &question.addresses, answer));
            }
            Ask::FilterOfUser if ok => self.filter = rows(answer).next().and_then(method),
            Ask::FilterOfQueue if ok => self.filter = method(Row(&answer.body)),
            // A queue that is gone accepts nothing.
            Ask::FilterOfQueue if answer.status == StatusCode::NOT_FOUND => {
                self.filter = Some(FilterMethod::None);
            }
            // What this user may not read is as if it were not there (FRQ-06).
            Ask::Emails(_) | Ask::Candidates(_) | Ask::FilterOfUser | Ask::FilterOfQueue if hidden => {}
            // A table of another version, without one of the columns.
            Ask::Candidates(_) if answer.status == StatusCode::BAD_REQUEST => {}
            _ => return Err(organization.failure(Effect::Read, answer)),
        }
        Ok(Vec::new())
    }
}

fn method(row: Row<'_>) -> Option<FilterMethod> {
    row.number("incomingemailfilteringmethod").and_then(FilterMethod::from_code)
}

fn email(question: &Screening, row: Row<'_>) -> Option<ScreenedEmail> {
    Some(ScreenedEmail {
        id: CrmEmailId(row.id("activityid")?),
        message_id: row.text("messageid").map(|stored| asked_id(question, stored)),
        // The column's default is outgoing.
        direction: if row.flag("directioncode") == Some(false) {
            Direction::Incoming
        } else {
            Direction::Outgoing
        },
        regarding: row.lookup("regardingobjectid"),
        owner: row.shown("_ownerid_value").unwrap_or_default().to_owned(),
        token: row.text("trackingtoken").filter(|token| !token.is_empty()).map(str::to_owned),
        thread: thread(question, row),
    })
}

/// The message id as it was asked for: the column holds long ones cut, and compares without regard to case.
fn asked_id(question: &Screening, stored: &str) -> InternetMessageId {
    let asked = || question.known.iter().chain(&question.replies_to);
    let exact = asked().find(|id| cut_message_id(id) == stored);
    let found = exact.or_else(|| asked().find(|id| cut_message_id(id).eq_ignore_ascii_case(stored)));
    found.cloned().unwrap_or_else(|| InternetMessageId(stored.to_owned()))
}

fn thread(question: &Screening, row: Row<'_>) -> Option<ThreadId> {
    let written =
        row.text("conversationindex").and_then(|index| ConversationIndex(index.to_owned()).thread());
    written.or_else(|| {
        let id = row.id("conversationtrackingid")?;
        question.threads.iter().copied().find(|thread| tracking_id(*thread) == id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::item::SmtpAddress;

    #[test]
    fn a_page_of_50_mails_is_a_handful_of_questions_of_bounded_length() {
        let page = Screening {
            known: (0..50)
                .map(|n| InternetMessageId(format!("<{n}{}@x.example>", "a".repeat(300))))
                .collect(),
            replies_to: (0..50).map(|n| InternetMessageId(format!("<r{n}@x.example>"))).collect(),
            tokens: (0..50).map(|n| format!("CRM:{n:07}")).collect(),
            threads: (0..50).map(|n| ThreadId([n; 22])).collect(),
            addresses: (0..50).map(|n| SmtpAddress::new(&format!("somebody{n}@x.example"))).collect(),
            user_filter: true,
            queue: None,
        };
        let asks = asks(&page, UtcMs(1_795_161_600_000));
        assert!(asks.len() <= 40, "{} questions", asks.len());
        for (_, operation) in &asks {
            assert!(operation.address.len() < 32_768, "{} characters", operation.address.len());
        }
    }

    #[test]
    fn what_nobody_can_be_looked_up_by_is_not_asked_for() {
        let page = Screening {
            known: vec![InternetMessageId(String::new()), InternetMessageId("<a\0b@x.example>".to_owned())],
            tokens: vec!["  ".to_owned()],
            ..Screening::default()
        };
        assert_eq!(asks(&page, UtcMs(0)).len(), 1, "only who is asking");
    }

    #[test]
    fn the_beginning_of_an_index_is_the_same_for_every_reply_of_the_thread() {
        use base64::Engine as _;
        let thread = ThreadId(std::array::from_fn(|n| n as u8 * 7));
        for more in [0, 5, 10, 15] {
            let index: Vec<u8> = thread.0.iter().copied().chain(std::iter::repeat_n(0xff, more)).collect();
            let text = base64::engine::general_purpose::STANDARD.encode(index);
            assert!(text.starts_with(&beginning(thread)), "{text}");
            assert_eq!(ConversationIndex(text).thread(), Some(thread));
        }
    }
}
