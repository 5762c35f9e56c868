//! People at work: mail comes in, is categorized at once, and sometimes taken out of tracking again.

use super::dice::Dice;
use sandbox::company::INGRID;
use sandbox::exchange::MailboxKind;
use shared::category::TRACKED;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tests::{Mail, Tenant};
use tokio::time::Instant;
use uuid::Uuid;

/// What somebody wants of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Tracked,
    /// Its category was taken off once it was tracked.
    Untracked,
}

/// A letter that somebody categorized.
#[derive(Debug)]
pub struct Letter {
    /// Every copy that was categorized, in the mailbox of each recipient.
    pub copies: Vec<Mail>,
    pub wanted: Wanted,
    categorized: Instant,
}

/// Everything that was wished so far, and how long it took.
#[derive(Debug, Default)]
pub struct Load {
    people: Vec<String>,
    pub settled: Vec<Letter>,
    waiting: VecDeque<Letter>,
    /// Letters whose category is to be taken off once the service knows that they are tracked.
    to_untrack: Vec<Mail>,
    /// How long each took from its category to its email.
    pub times: Vec<Duration>,
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
        let wanted =
            if copies.len() == 1 && dice.below(8) == 0 { Wanted::Untracked } else { Wanted::Tracked };
        self.waiting.push_back(Letter { copies, wanted, categorized: Instant::now() });
    }

    /// Looks which letters have become emails; takes the category off those that are to be untracked once they are
    /// `linked`, for only then the pane says *Tracked* and a category that goes says anything.
    pub async fn look(&mut self, tenant: &Tenant, linked: &HashMap<String, Uuid>) {
        let (ready, not_yet): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.to_untrack).into_iter().partition(|it| linked.contains_key(&it.item.0));
        self.to_untrack = not_yet;
        for mail in ready {
            tenant.categorize(&mail, &[], &[TRACKED]).await;
        }
        for letter in std::mem::take(&mut self.waiting) {
            let emails = tenant.world.crm().emails_with(&letter.copies[0].internet_message_id);
            if emails.is_empty() {
                self.waiting.push_back(letter);
                continue;
            }
            self.times.push(letter.categorized.elapsed());
            if letter.wanted == Wanted::Untracked {
                self.to_untrack.extend(letter.copies.iter().cloned());
            }
            self.settled.push(letter);
        }
    }

    /// How long the letter waits that waits longest.
    pub fn longest_wait(&self) -> Duration {
        self.waiting.iter().map(|letter| letter.categorized.elapsed()).max().unwrap_or_default()
    }

    /// Whether everything that was wished was told, and has been seen in the CRM.
    pub fn is_through(&self) -> bool {
        self.waiting.is_empty() && self.to_untrack.is_empty()
    }

    pub fn waiting(&self) -> impl Iterator<Item = &Letter> {
        self.waiting.iter()
    }
}
