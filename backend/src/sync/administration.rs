//! What administrators may ask of the engine: mailboxes, settings, failing items, nodes.

mod nodes;

use super::bell::Door;
use super::cycle::access_of;
use super::nodes::owner;
use super::{Engine, Items};
use crate::caller::{Access, TenantId};
use crate::crm::{CrmMailbox, Question};
use crate::exchange::{Asked, Delta, DeltaFrom, MailboxId};
use crate::outcome::Outcome;
use crate::store::{
    Actor, EnabledMailbox, Enrolled as Stored, FailingWish, MailboxChange, MailboxRecord, NewMailbox, Ring,
    StoreError, WishState,
};
use shared::UtcMs;
use shared::api::Explanation;
use shared::api::admin::{
    Cycles, Enrolled, EnrolledMailbox, EnrollmentEnd, FailingHistory, FailingItem, FailingItems,
    FailingState, HistoryEntry, ItemCounts, MOST_FAILING, Mailbox, MailboxLine, MailboxState, Mailboxes,
    Order, Setting, Settings, Tested, Told,
};
use shared::item::SmtpAddress;
use shared::mailbox::{Approval, Operation, TestResult};
use shared::problem::{Code, Problem};
use shared::rules::legacy::{self, Warning};
use shared::rules::{Language, explain, failing, mailboxes};
use shared::settings::{CATALOGUE, catalogue};
use std::sync::Arc;
use uuid::Uuid;

/// How far back items are counted and told of (MBX-04): 30 days.
pub(super) const TOLD_MS: i64 = 30 * 86_400_000;
/// How often mailboxes that are to be enrolled by themselves are looked for.
const DISCOVER_MS: i64 = 3_600_000;
/// How soon, after the CRM or Exchange could not be asked.
const DISCOVER_AGAIN_MS: i64 = 60_000;

/// The engine's face towards administrators. Whether somebody is one is not its business.
#[derive(Debug, Clone)]
pub struct Administration(Arc<Engine>);

type Answer<T> = Result<T, Problem>;

impl Items {
    pub fn administration(&self) -> Administration {
        Administration(Arc::clone(&self.0))
    }
}

impl Administration {
    /// Every known mailbox of the tenant, by address.
    pub async fn mailboxes(
        &self,
        tenant: TenantId,
        state: Option<MailboxState>,
        language: Language,
    ) -> Answer<Mailboxes> {
        let mut records = self.0.parts.store.mailboxes(tenant).await.map_err(told)?;
        records.sort_by(|a, b| a.address.cmp(&b.address));
        let lines = records.iter().map(|record| self.line(record, language));
        let mailboxes = lines.filter(|line| state.is_none_or(|state| line.state == state)).collect();
        Ok(Mailboxes { mailboxes })
    }

    /// Everything about one mailbox.
    pub async fn mailbox(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
        language: Language,
    ) -> Answer<Mailbox> {
        let record = self.record(tenant, address).await?;
        self.whole(&record, language).await
    }

    /// Makes mailboxes known, waiting for approval. The CRM says whose they are.
    pub async fn enroll(
        &self,
        tenant: TenantId,
        addresses: &[SmtpAddress],
        by: &Actor,
        language: Language,
    ) -> Answer<Enrolled> {
        let directory = self.directory(tenant).await?;
        let mut mailboxes = Vec::new();
        for address in addresses {
            let end = match directory.iter().find(|m| m.address == *address) {
                Some(entry) => self.enroll_one(tenant, entry, by, language).await?,
                None => {
                    let problem = Problem::new(Code::NotLicensed).because("organization", address);
                    EnrollmentEnd::Refused(Told::new(problem, language))
                }
            };
            mailboxes.push(EnrolledMailbox { address: address.clone(), end });
        }
        Ok(Enrolled { mailboxes })
    }

    /// Makes every mailbox known that the CRM knows somebody by.
    pub async fn discover(&self, tenant: TenantId, by: &Actor, language: Language) -> Answer<Enrolled> {
        let directory = self.directory(tenant).await?;
        self.enroll_all(tenant, &directory, by, language).await
    }

    async fn enroll_all(
        &self,
        tenant: TenantId,
        directory: &[CrmMailbox],
        by: &Actor,
        language: Language,
    ) -> Answer<Enrolled> {
        let mut mailboxes = Vec::new();
        for entry in directory {
            let end = self.enroll_one(tenant, entry, by, language).await?;
            mailboxes.push(EnrolledMailbox { address: entry.address.clone(), end });
        }
        Ok(Enrolled { mailboxes })
    }

    /// Carries out what an administrator orders for a mailbox.
    pub async fn order(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
        order: Order,
        by: &Actor,
        language: Language,
    ) -> Answer<Mailbox> {
        let record = self.record(tenant, address).await?;
        match order {
            Order::Approve => self.amend(&record, MailboxChange::Approval(Approval::Approved), by).await?,
            Order::Reject => {
                self.amend(&record, MailboxChange::TurnOff, by).await?;
                self.amend(&record, MailboxChange::Approval(Approval::Rejected), by).await?;
            }
            Order::Test => self.test_and_enable(&record, &self.directory(tenant).await?, by).await?,
            Order::Start => {
                let may = mailboxes::synchronizes(record.approval, &record.incoming, &Operation::On);
                if !may.answer {
                    return Err(first_this("approve it, then test and enable it"));
                }
                self.amend(&record, MailboxChange::Start, by).await?;
            }
            Order::Stop => self.amend(&record, MailboxChange::TurnOff, by).await?,
        }
        self.assign(&record).await?;
        self.mailbox(tenant, address, language).await
    }

    /// MBX-02: from when on mail is tracked by itself.
    pub async fn set_start(
        &self,
        tenant: TenantId,
        address: &SmtpAddress,
        start: UtcMs,
        by: &Actor,
        language: Language,
    ) -> Answer<Mailbox> {
        let record = self.record(tenant, address).await?;
        self.amend(&record, MailboxChange::StartDate(start), by).await?;
        self.mailbox(tenant, address, language).await
    }

    /// The organization's settings as the CRM has them now.
    pub async fn settings(&self, tenant: TenantId) -> Answer<Settings> {
        let document = self.0.read_settings(tenant).await.map_err(|f| f.problem())?;
        let settings = CATALOGUE.iter().map(|s| Setting::new(s, &document.raw, &document.version)).collect();
        Ok(Settings { version: document.version, settings })
    }

    /// Changes a setting in the CRM's own document. CAT-27: whether there is something to be warned of is asked
    /// first, so that nothing is changed without its warning.
    pub async fn set_setting(
        &self,
        tenant: TenantId,
        name: &str,
        value: &str,
        language: Language,
    ) -> Answer<Setting> {
        let setting = catalogue::Setting::find(name).ok_or_else(|| Problem::new(Code::NotFound))?;
        let legacy = if legacy::turns_on(setting, value) {
            let organization = self.0.organization(tenant)?;
            let asked = organization.crm.legacy_mailboxes(&Access::service(tenant)).await;
            asked.map_err(|failure| failure.problem())?
        } else {
            Vec::new()
        };
        self.0.write_setting(tenant, setting.name, value).await?;
        let all = self.settings(tenant).await?;
        let written = all.settings.into_iter().find(|s| s.name == setting.name);
        let mut written = written.ok_or_else(|| Problem::new(Code::NotFound))?;
        let warned = legacy::warning(setting, value, &legacy);
        if warned.answer == Warning::NotSupported {
            let text = explain(&warned.reason(), language);
            written.warning = Some(Explanation { rule: warned.rule, text });
        }
        Ok(written)
    }

    /// Items that wait after a failure or were given up, of the last 30 days.
    pub async fn failing(
        &self,
        tenant: TenantId,
        mailbox: Option<&SmtpAddress>,
        language: Language,
    ) -> Answer<FailingItems> {
        let mailbox = match mailbox {
            Some(address) => Some(self.record(tenant, address).await?.mailbox),
            None => None,
        };
        let all = self.failing_wishes(tenant, mailbox).await?;
        Ok(FailingItems { items: all.iter().filter_map(|f| failing_item(f, language)).collect() })
    }

    /// What the audit trail tells of a wish.
    pub async fn history(&self, tenant: TenantId, wish: Uuid, language: Language) -> Answer<FailingHistory> {
        let rows = self.0.parts.store.history(tenant, wish).await.map_err(told)?;
        if rows.is_empty() {
            return Err(Problem::new(Code::NotFound));
        }
        let all = self.failing_wishes(tenant, None).await?;
        let item = all.iter().find(|f| f.wish.id == wish).and_then(|f| failing_item(f, language));
        let entry = |row: crate::store::AuditRow| HistoryEntry {
            at: row.at,
            user: row.user,
            event: row.event,
            detail: row.detail,
        };
        Ok(FailingHistory { item, history: rows.into_iter().map(entry).collect() })
    }

    /// Tries a failing item again at once, with a fresh count.
    pub async fn retry(&self, tenant: TenantId, wish: Uuid, by: &Actor) -> Answer<()> {
        let store = &self.0.parts.store;
        let all = self.failing_wishes(tenant, None).await?;
        let known = all.into_iter().find(|f| f.wish.id == wish);
        let now = self.0.parts.clock.now();
        match known {
            Some(failing) if store.retry(tenant, wish, by, now).await.map_err(told)? => {
                self.0.ring(tenant, &failing.wish.name.mailbox);
                Ok(())
            }
            _ => Err(Problem::new(Code::NotFound)),
        }
    }

    async fn record(&self, tenant: TenantId, address: &SmtpAddress) -> Answer<MailboxRecord> {
        let record = self.0.parts.store.mailbox_at(tenant, address).await.map_err(told)?;
        record.ok_or_else(|| Problem::new(Code::NotFound))
    }

    async fn amend(&self, record: &MailboxRecord, change: MailboxChange, by: &Actor) -> Answer<()> {
        let now = self.0.parts.clock.now();
        let store = &self.0.parts.store;
        store.amend_mailbox(record.tenant, record.mailbox, &change, by, now).await.map_err(told).map(|_| ())
    }

    /// Whoever synchronizes the mailbox, or did, learns that something about that changed.
    async fn assign(&self, record: &MailboxRecord) -> Answer<()> {
        let (tenant, mailbox) = (record.tenant, record.address.clone());
        self.0.take_mailbox(&(tenant, mailbox.clone())).await.map_err(told)?;
        self.0.parts.store.ring_others(&Ring::Mailbox { tenant, mailbox }).await.map_err(told)
    }

    async fn directory(&self, tenant: TenantId) -> Answer<Vec<CrmMailbox>> {
        let organization = self.0.organization(tenant)?;
        organization.crm.directory(&Access::service(tenant)).await.map_err(|f| f.problem())
    }

    async fn enroll_one(
        &self,
        tenant: TenantId,
        entry: &CrmMailbox,
        by: &Actor,
        language: Language,
    ) -> Answer<EnrollmentEnd> {
        let parts = &self.0.parts;
        let mailbox = match parts.exchange.owner(&Access::service(tenant), &entry.address).await {
            Ok(mailbox) => mailbox,
            Err(failure) => return Ok(EnrollmentEnd::Refused(Told::new(failure.problem(), language))),
        };
        let new = NewMailbox {
            tenant,
            mailbox,
            address: entry.address.clone(),
            name: entry.name.clone(),
            kind: entry.kind,
            queue: entry.queue,
            acts_as: entry.acts_as,
            approval: Approval::Pending,
            by: by.clone(),
            now: parts.clock.now(),
        };
        Ok(match parts.store.enroll(&new).await.map_err(told)? {
            Stored::New => EnrollmentEnd::New,
            Stored::Known => EnrollmentEnd::Known,
        })
    }

    /// MBX-01: really tries each direction and, where both succeed, synchronizes the mailbox from then on.
    async fn test_and_enable(
        &self,
        record: &MailboxRecord,
        directory: &[CrmMailbox],
        by: &Actor,
    ) -> Answer<()> {
        if record.approval != Approval::Approved {
            return Err(first_this("approve the mailbox's address"));
        }
        // The queue may have another owner by now, the user another object.
        let entry = directory.iter().find(|m| m.address == record.address);
        let acts_as = entry.map_or(record.acts_as, |entry| entry.acts_as);
        let record = MailboxRecord { acts_as, ..record.clone() };
        let incoming = result_of(self.try_incoming(&record).await);
        let outgoing = result_of(self.try_outgoing(&record).await);
        let both = incoming == TestResult::Success && outgoing == TestResult::Success;
        self.amend(&record, MailboxChange::Tested { incoming, outgoing, acts_as }, by).await?;
        if both {
            self.amend(&record, MailboxChange::Start, by).await?;
        }
        Ok(())
    }

    /// Incoming mail: the mailbox and its categories can be read, and whoever it is synchronized as has a user and
    /// every privilege in the CRM. A queue's owner without the role is found here (RET-04).
    async fn try_incoming(&self, record: &MailboxRecord) -> Outcome<()> {
        let access = access_of(record)?;
        let parts = &self.0.parts;
        let asked = Asked { categories: true, distinguished: true, ..Asked::default() };
        let answered = parts.exchange.read(&access, &record.address, &asked).await?;
        answered.categories.transpose()?;
        answered.distinguished.transpose()?;
        let organization = self.0.organization(record.tenant).map_err(crate::outcome::Failure::Refused)?;
        organization.crm.look(&access, &Question::default()).await?;
        match organization.crm.missing_privileges(&access, record.kind).await?.into_iter().next() {
            Some(missing) => Err(crate::outcome::Failure::Refused(missing)),
            None => Ok(()),
        }
    }

    /// Outgoing mail: *Sent Items* can be read.
    async fn try_outgoing(&self, record: &MailboxRecord) -> Outcome<()> {
        let access = access_of(record)?;
        let exchange = &self.0.parts.exchange;
        let asked = Asked { distinguished: true, ..Asked::default() };
        let answered = exchange.read(&access, &record.address, &asked).await?;
        let Some(sent) = answered.distinguished.transpose()?.and_then(|d| d.sent) else {
            let problem =
                Problem::new(Code::ExchangeRefused).because("reason", "there is no folder Sent Items");
            return Err(crate::outcome::Failure::Refused(problem));
        };
        let asked = Asked { messages: vec![(sent, DeltaFrom::Start)], ..Asked::default() };
        for (_, page) in exchange.read(&access, &record.address, &asked).await?.messages {
            match page? {
                Delta::Page(_) | Delta::Expired | Delta::Gone => {}
            }
        }
        Ok(())
    }

    fn line(&self, record: &MailboxRecord, language: Language) -> MailboxLine {
        let door: Door = (record.tenant, record.address.clone());
        let state = MailboxState::of(record.approval, &record.operation);
        let problem = match &record.operation {
            Operation::Stopped(problem) => Some(problem.clone()),
            Operation::On | Operation::Off => self.0.rota.standing(&door).and_then(|s| s.last_problem),
        };
        let living = self.0.living();
        let enabled = EnabledMailbox {
            tenant: record.tenant,
            mailbox: record.mailbox,
            address: record.address.clone(),
            pinned: record.pinned.clone(),
            retry_at: record.retry_at,
        };
        let node = (state == MailboxState::On).then(|| owner(&living, &enabled).cloned()).flatten();
        MailboxLine {
            address: record.address.clone(),
            name: record.name.clone(),
            kind: record.kind,
            approval: record.approval,
            state,
            problem: problem.map(|p| Told::new(p, language)),
            node,
        }
    }

    async fn whole(&self, record: &MailboxRecord, language: Language) -> Answer<Mailbox> {
        let now = self.0.parts.clock.now();
        let since = now.plus_ms(-TOLD_MS);
        let counts = self.0.parts.store.counts(record.tenant, record.mailbox, since).await;
        let (done, failed) = counts.map_err(told)?;
        let standing = self.0.rota.standing(&(record.tenant, record.address.clone()));
        let cycles = match standing {
            Some(standing) => {
                let reason = standing.interval.reason();
                Cycles {
                    last: standing.last,
                    next: Some(standing.next),
                    interval_ms: Some(standing.interval.answer),
                    why: Some(Explanation { rule: reason.rule, text: explain(&reason, language) }),
                    failures: record.transient_failures,
                }
            }
            None => Cycles { failures: record.transient_failures, ..Cycles::default() },
        };
        Ok(Mailbox {
            line: self.line(record, language),
            acts_as: record.acts_as.map(|user| user.0),
            start: record.start,
            incoming: Tested::new(record.incoming.clone(), language),
            outgoing: Tested::new(record.outgoing.clone(), language),
            cycles,
            items: ItemCounts { since, done, failed },
            pinned: record.pinned.clone(),
        })
    }

    async fn failing_wishes(&self, tenant: TenantId, mailbox: Option<MailboxId>) -> Answer<Vec<FailingWish>> {
        let since = self.0.parts.clock.now().plus_ms(-TOLD_MS);
        self.0.parts.store.failing(tenant, mailbox, since, MOST_FAILING).await.map_err(told)
    }

    /// Enrolls, approves, tests and enables every mailbox of a tenant that was not known before, now and from time
    /// to time: for tenants whose administrator wants all of them.
    pub async fn adopt_all(self, tenant: TenantId) {
        let mut stop = self.0.parts.stop.clone();
        loop {
            let pause = match self.adopt(tenant).await {
                Ok(()) => DISCOVER_MS,
                Err(problem) => {
                    tracing::warn!(code = problem.code.as_str(), "mailboxes could not be looked for");
                    DISCOVER_AGAIN_MS
                }
            };
            let next = self.0.parts.clock.now().plus_ms(pause);
            tokio::select! {
                () = self.0.parts.clock.sleep_until(next) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// One round of [`Self::adopt_all`]. There may be thousands: what is read of all of them is read once.
    pub async fn adopt(&self, tenant: TenantId) -> Answer<()> {
        let by = Actor::Engine;
        let directory = self.directory(tenant).await?;
        self.enroll_all(tenant, &directory, &by, Language::English).await?;
        let mut records = self.0.parts.store.mailboxes(tenant).await.map_err(told)?;
        records.retain(|r| r.approval == Approval::Pending || is_left_half_done(r));
        for record in records {
            if record.approval == Approval::Pending {
                self.amend(&record, MailboxChange::Approval(Approval::Approved), &by).await?;
            }
            let record = MailboxRecord { approval: Approval::Approved, ..record };
            self.test_and_enable(&record, &directory, &by).await?;
            self.assign(&record).await?;
        }
        Ok(())
    }
}

/// Approved, and then something kept it from being tested and enabled. One that somebody stopped was tested.
fn is_left_half_done(record: &MailboxRecord) -> bool {
    record.approval == Approval::Approved
        && record.operation == Operation::Off
        && (record.incoming != TestResult::Success || record.outgoing != TestResult::Success)
}

fn told(error: StoreError) -> Problem {
    error.problem()
}

fn first_this(what: &str) -> Problem {
    Problem::new(Code::BadRequest).because("reason", format!("first, {what}"))
}

fn result_of(tried: Outcome<()>) -> TestResult {
    match tried {
        Ok(()) => TestResult::Success,
        Err(failure) => TestResult::Failure(failure.problem()),
    }
}

pub(super) fn failing_item(failing: &FailingWish, language: Language) -> Option<FailingItem> {
    let wish = &failing.wish;
    let (state, problem) = match &wish.state {
        WishState::Waiting { problem, next_attempt } => {
            (FailingState::Waiting { next_attempt: *next_attempt }, problem.clone())
        }
        WishState::Refused { problem } => (FailingState::Failed, problem.clone()),
        WishState::Running | WishState::Fulfilled | WishState::Superseded => return None,
    };
    let attempted = failing.attempted.unwrap_or(failing.accepted);
    let before = wish.failed_attempts.saturating_sub(1);
    let rule = failing::fate_of(wish.origin, &problem, before, attempted).rule;
    Some(FailingItem {
        wish: wish.id,
        mailbox: wish.name.mailbox.clone(),
        item: wish.key.as_ref().map_or_else(|| wish.name.item.clone(), |key| key.item.clone()),
        goal: wish.wish.clone(),
        origin: wish.origin,
        state,
        problem: Told::new(problem, language),
        rule,
        failed_attempts: wish.failed_attempts,
        accepted: failing.accepted,
        attempted: failing.attempted,
    })
}
