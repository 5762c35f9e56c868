//! Programs of their own with many mailboxes, as the chapters about time and memory need them.

use anyhow::{Context as _, Result, bail, ensure};
use http::Method;
use sandbox::company::INGRID;
use sandbox::exchange::MailboxKind;
use sandbox::world::Mail as Seeded;
use serde_json::json;
use shared::category::TRACKED;
use std::time::Duration;
use tests::fleet::Terms;
use tests::{Database, Fleet, Mail};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How often is looked whether something came to be.
const LOOK: Duration = Duration::from_millis(2);
/// How long a mailbox may take to be synchronized, at the least; and so much longer for each.
const PATIENCE: Duration = Duration::from_mins(1);
const PATIENCE_EACH: Duration = Duration::from_millis(300);

/// A fleet, and the salespeople whom it works for.
pub struct Crowd {
    pub fleet: Fleet,
    pub people: Vec<String>,
}

impl Crowd {
    /// Starts that many nodes for that many people, and waits until each mailbox was looked through.
    pub async fn gather(
        nodes: usize,
        people: usize,
        lease_ms: u64,
        database: Option<Database>,
    ) -> Result<Self> {
        ensure!(
            std::env::var_os("REGARDING_BIN").is_some(),
            "REGARDING_BIN names no program: `cargo xtask bench` builds it and sets this"
        );
        let fleet = Fleet::found(Terms { nodes, lease_ms, mail: Seeded::None, database, older: None }).await;
        // What is measured is the service, not how much the CRM grants one application in five minutes.
        let wide = json!({ "requests": 10_000_000, "executionMs": 1_000_000_000_u64, "concurrent": 1_000 });
        fleet.tenant.act(Method::PUT, "dataverse/settings/limits", &wide).await;
        let mut crowd = Self { fleet, people: Vec::new() };
        for number in 0..people {
            crowd.hire(number).await?;
        }
        for number in 0..nodes {
            crowd.fleet.start(number).await;
        }
        let count = || crowd.fleet.tenant.world.exchange().subscriptions().count();
        let limit = Instant::now() + PATIENCE + PATIENCE_EACH * u32::try_from(people)?;
        while count() < people {
            if Instant::now() > limit {
                bail!("only {} of {people} mailboxes are synchronized", count());
            }
            // What is asked of the tenant is kept in memory, and nobody reads it here.
            crowd.fleet.tenant.world.journal.clear();
            sleep(Duration::from_millis(50)).await;
        }
        Ok(crowd)
    }

    async fn hire(&mut self, number: usize) -> Result<()> {
        let (oid, name) = (Uuid::new_v4(), format!("Person {number}"));
        let address = format!("person.{number}@northlight.example");
        let world = &self.fleet.tenant.world;
        world.act("a mailbox is made", |exchange, now| {
            exchange.add_mailbox(&oid.to_string(), &address, &name, MailboxKind::User, now);
            Ok(())
        })?;
        let user = world.crm().add_user(oid, &name, &address, "Salesperson").await;
        user.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
        self.people.push(address);
        Ok(())
    }

    /// A letter to somebody.
    pub async fn letter(&self, to: usize) -> Mail {
        self.fleet.tenant.deliver(INGRID.email, &[&self.people[to]], "An order").await
    }

    pub async fn categorize(&self, mail: &Mail) {
        self.fleet.tenant.categorize(mail, &[TRACKED], &[]).await;
    }

    pub fn is_tracked(&self, mail: &Mail) -> bool {
        !self.fleet.tenant.world.crm().emails_with(&mail.internet_message_id).is_empty()
    }

    /// How long each takes from now until it is an email in the CRM.
    pub async fn until_tracked(&self, mails: &[Mail], patience: Duration) -> Result<Vec<Duration>> {
        let begun = Instant::now();
        let mut waiting: Vec<&Mail> = mails.iter().collect();
        let mut times = Vec::new();
        while !waiting.is_empty() {
            waiting.retain(|mail| !self.is_tracked(mail));
            times.resize(mails.len() - waiting.len(), begun.elapsed());
            ensure!(begun.elapsed() < patience, "{} messages were not tracked in time", waiting.len());
            sleep(LOOK).await;
        }
        Ok(times)
    }

    /// The process of the only node.
    pub async fn process(&self) -> Result<u32> {
        self.fleet.processes().await.first().copied().context("the node runs")
    }
}
