//! People at work: mail comes in, is categorized at once, and sometimes its category is taken off again, whatever has
//! become of it by then.

use super::dice::Dice;
use sandbox::company::INGRID;
use sandbox::exchange::MailboxKind;
use sandbox::world::journal::{Seq, Service};
use shared::category::TRACKED;
use std::collections::VecDeque;
use std::time::Duration;
use tests::{Mail, Tenant};
use tokio::time::Instant;
use uuid::Uuid;

/// What somebody wants of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Tracked,
    /// Its category was taken off: before anybody saw it, while it was tracked, or later.
    Untracked,
}

/// Longest time for which a category stays on that is taken off again, in milliseconds.
const CHANGES_OF_MIND_MS: usize = 3_000;

/// A letter that somebody categorized.
#[derive(Debug)]
pub struct Letter {
    /// Every copy that was categorized, in the mailbox of each recipient.
    pub copies: Vec<Mail>,
    pub wanted: Wanted,
    categorized: Instant,
    /// When its category is to be taken off.
    taken_off: Option<Instant>,
}

/// The CRM grants one application 6,000 requests in 5 minutes. People send letters as long as fewer than these were
/// needed, in that time and in a short one, so that there is work at every moment; the rest is for what is under way
/// and for nodes that start.
const CRM_WINDOW: Duration = Duration::from_mins(5);
const CRM_GRANTS: usize = 5_000;
const MOMENT: Duration = Duration::from_secs(15);
const MOST_IN_A_MOMENT: usize = 250;

/// Everything that was wished so far, and how long it took.
#[derive(Debug, Default)]
pub struct Load {
    people: Vec<String>,
    pub settled: Vec<Letter>,
    waiting: VecDeque<Letter>,
    /// How long each took from its category to its email.
    pub times: Vec<Duration>,
    /// Requests to the CRM, each part of a batch counted.
    pub requests: usize,
    /// Those of late.
    recent: VecDeque<(Instant, usize)>,
}

impl Load {
    /// Hires that many salespeople with empty mailboxes.
    pub async fn of(tenant: &Tenant, people: usize) -> Self {
        let mut load = Self::default();
        for number in 0..people {
            let (oid, name) = (Uuid::new_v4(), format!("Person {number}"));
            let address = format!("person.{number}@northlight.example");
            let mailbox = tenant.world.act("a mailbox is made", |exchange, now| {
                exchange.add_mailbox(&oid.to_string(), &address, &name, MailboxKind::User, now);
                Ok(())
            });
            mailbox.expect("a mailbox");
            tenant.world.crm().add_user(oid, &name, &address, "Salesperson").await.expect("a user");
            load.people.push(address);
        }
        load
    }

    pub fn people(&self) -> &[String] {
        &self.people
    }

    /// A letter comes to one person, or to two, and everybody categorizes their copy.
    pub async fn send(&mut self, tenant: &Tenant, dice: &mut Dice) {
        let first = dice.below(self.people.len());
        let second = (first + 1 + dice.below(self.people.len() - 1)) % self.people.len();
        let to: &[usize] = if dice.below(4) == 0 { &[first, second] } else { &[first] };
        let to: Vec<&str> = to.iter().map(|at| self.people[*at].as_str()).collect();
        let one = tenant.deliver(INGRID.email, &to, "An order").await;
        let copies: Vec<Mail> = to.iter().map(|who| tenant.copy_in(who, &one.internet_message_id)).collect();
        for copy in &copies {
            tenant.categorize(copy, &[TRACKED], &[]).await;
        }
        let categorized = Instant::now();
        let changes_mind = copies.len() == 1 && dice.below(6) == 0;
        let taken_off = changes_mind.then(|| {
            let millis = u64::try_from(dice.below(CHANGES_OF_MIND_MS)).expect("a short time");
            categorized + Duration::from_millis(millis)
        });
        let wanted = if changes_mind { Wanted::Untracked } else { Wanted::Tracked };
        self.waiting.push_back(Letter { copies, wanted, categorized, taken_off });
    }

    /// Looks which letters have become emails, and takes the category off those whose person thought better of it.
    pub async fn look(&mut self, tenant: &Tenant) {
        for letter in std::mem::take(&mut self.waiting) {
            let is_settled = match letter.taken_off {
                Some(at) if at <= Instant::now() => {
                    tenant.categorize(&letter.copies[0], &[], &[TRACKED]).await;
                    true
                }
                Some(_) => false,
                None => {
                    let is_tracked =
                        !tenant.world.crm().emails_with(&letter.copies[0].internet_message_id).is_empty();
                    if is_tracked {
                        self.times.push(letter.categorized.elapsed());
                    }
                    is_tracked
                }
            };
            if is_settled {
                self.settled.push(letter);
            } else {
                self.waiting.push_back(letter);
            }
        }
    }

    /// Counts what was asked of the CRM; the journal is let go, for it would grow and grow.
    pub fn count_requests(&mut self, tenant: &Tenant) {
        let asked = tenant.world.journal.entries_after(Seq(0));
        let count = asked.iter().filter(|entry| entry.service == Service::Dataverse).count();
        tenant.world.journal.clear();
        self.requests += count;
        self.recent.push_back((Instant::now(), count));
        while self.recent.front().is_some_and(|(at, _)| at.elapsed() > CRM_WINDOW) {
            self.recent.pop_front();
        }
    }

    /// Whether the CRM grants what another letter needs: people do not send more than it lets anybody track.
    pub fn may_send(&self) -> bool {
        let since = |time| self.recent.iter().filter(move |(at, _)| at.elapsed() < time);
        let asked = |time| since(time).map(|(_, count)| count).sum::<usize>();
        asked(CRM_WINDOW) < CRM_GRANTS && asked(MOMENT) < MOST_IN_A_MOMENT
    }

    /// How long the letter waited, or waits, that did so longest.
    pub fn longest(&self) -> Duration {
        let waiting = self.waiting.iter().map(|letter| letter.categorized.elapsed());
        self.times.iter().copied().chain(waiting).max().unwrap_or_default()
    }

    /// Whether everything that was wished was told, and has been seen in the CRM.
    pub fn is_through(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn waiting(&self) -> impl Iterator<Item = &Letter> {
        self.waiting.iter()
    }
}
