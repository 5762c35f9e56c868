//! The embedded store: one SQLite file, one process.
//!
//! Write-ahead log with `synchronous = FULL`: an accepted wish survives the loss of power, not only of the
//! process. One connection writes; readers do not wait for it.

use super::audit::Entry;
use super::folders::*;
use super::mailboxes::*;
use super::nodes::*;
pub use super::AuditRow;
use super::{
    FailingWish,
    Accepted, BegunEffect, Clearance, DueMailbox, EffectEnd, ItemKey, ItemName, Knowledge, Lease, NewEffect,
    NewWish, Rank, Store, StoreError, StoreResult, StoredWish, WishEnd, WishState,
};
use crate::caller::{TenantId, UserId};
use shared::UtcMs;
use shared::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory};
use shared::email::{ConversationId, InternetMessageId};
use shared::item::{FolderId, ItemId};
use shared::mailbox::FolderMapping;
use crate::exchange::{DeltaLink, MailboxId};
use tokio::sync::mpsc;
use std::collections::HashMap;
use shared::item::SmtpAddress;
use shared::plan::Ours;
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef, Table};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

mod agreement;
mod audit_trail;
mod guard;
mod rank;
mod rows;

use agreement::{agree, confirm_unfinished, remember_record};
use guard::{hold, still_open};
use rank::{give_way, reopen, supersede, supersede_older};
use rows::{json, stored_link, stored_wish, uuid, wish_state};

/// How long a writer waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const BEGIN: &str = "begin immediate";

#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    reader: SqlitePool,
    /// Whether the file may not grow; SQLite keeps such a limit with the connection.
    may_not_grow: Arc<AtomicBool>,
}

impl SqliteStore {
    /// Opens the file, creating it where it is missing, and brings its tables up to date.
    pub async fn open(file: &Path) -> StoreResult<Self> {
        keep_private(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let may_not_grow = Arc::new(AtomicBool::new(false));
        let limit = Arc::clone(&may_not_grow);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let limit = page_limit(limit.load(Ordering::SeqCst));
                Box::pin(async move { sqlx::query(limit).execute(connection).await.map(|_| ()) })
            })
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("migrations/sqlite")
            .run(&writer)
            .await
            .map_err(|e| StoreError::Damaged(format!("{}: {e}", file.display())))?;
        let reader =
            SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, reader, may_not_grow })
    }

    /// Rows of the audit trail of a tenant, in order: `(seq, at, user, wish, event, detail, hash)`.
    pub async fn audit_trail(&self, tenant: TenantId) -> StoreResult<Vec<AuditRow>> {
        let rows = sqlx::query("select * from audit where tenant = $1 order by seq")
            .bind(tenant.to_string())
            .fetch_all(&self.reader)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AuditRow {
                    seq: row.try_get("seq")?,
                    at: UtcMs(row.try_get("at")?),
                    user: uuid(row, "user_id")?,
                    wish: uuid(row, "wish")?,
                    event: row.try_get("event")?,
                    detail: row.try_get("detail")?,
                    hash: row.try_get("hash")?,
                })
            })
            .collect()
    }

    /// Lets the file grow no further, as on a full disk; for trying what happens then.
    pub async fn limit_pages_to_present(&self) -> StoreResult<()> {
        self.limit_pages(true).await
    }

    /// Lifts that limit again.
    pub async fn unlimit_pages(&self) -> StoreResult<()> {
        self.limit_pages(false).await
    }

    async fn limit_pages(&self, may_not_grow: bool) -> StoreResult<()> {
        self.may_not_grow.store(may_not_grow, Ordering::SeqCst);
        sqlx::query(page_limit(may_not_grow)).execute(&self.writer).await?;
        Ok(())
    }

    async fn write(&self) -> StoreResult<Transaction<'static, Sqlite>> {
        match self.writer.begin_with(BEGIN).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                // When the disk is full, SQLite rolls back by itself, and the roll-back that sqlx then asks for
                // fails: this connection counts on a transaction that is no more. A new one does not.
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }
}

fn page_limit(may_not_grow: bool) -> &'static str {
    // SQLite never cuts below the present size: one page is less than any database has.
    if may_not_grow { "pragma max_page_count = 1" } else { "pragma max_page_count = 4294967294" }
}

/// Makes the file for its owner's eyes only, before SQLite would make it for everybody's; its journals take
/// over the permissions.
fn keep_private(file: &Path) -> StoreResult<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(|_| ()).map_err(|e| StoreError::Down(format!("{}: {e}", file.display())))
}

#[async_trait::async_trait]
impl Store for SqliteStore {
    async fn accept_wish(&self, new: &NewWish) -> StoreResult<Accepted> {
        let mut tx = self.write().await?;
        let wish = json(&new.wish)?;
        let before = sqlx::query("select * from wishes where id = $1")
            .bind(new.id.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = before {
            let stored = stored_wish(&row)?;
            let same = stored.tenant == new.tenant
                && stored.user == new.user
                && stored.wish == new.wish
                && stored.name == new.name;
            return match stored.state {
                _ if !same => Ok(Accepted::Taken),
                WishState::Refused { problem } if problem.code.asks_to_sign_in() => {
                    reopen(&mut tx, new, &problem).await?;
                    tx.commit().await?;
                    Ok(Accepted::New)
                }
                state => Ok(Accepted::Again(state)),
            };
        }
        sqlx::query(
            "insert into wishes (id, tenant, user_id, mailbox, asked_item, mailbox_id, item, wish, state, accepted)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9)",
        )
        .bind(new.id.to_string())
        .bind(new.tenant.to_string())
        .bind(new.user.to_string())
        .bind(new.name.mailbox.as_str())
        .bind(&new.name.item.0)
        .bind(new.key.as_ref().map(|k| k.mailbox.0.to_string()))
        .bind(new.key.as_ref().map_or(&new.name.item.0, |k| &k.item.0))
        .bind(wish.as_str())
        .bind(new.now.0)
        .execute(&mut *tx)
        .await?;
        supersede(&mut tx, new.tenant, new.id, &new.name, new.key.as_ref(), new.now).await?;
        let entry =
            Entry { at: new.now, user: new.user.0, wish: new.id, event: "wish.accepted", detail: &wish };
        audit_trail::append(&mut tx, new.tenant, &entry).await?;
        tx.commit().await?;
        Ok(Accepted::New)
    }

    async fn wish_state(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Option<WishState>> {
        let row = sqlx::query("select * from wishes where tenant = $1 and id = $2")
            .bind(tenant.to_string())
            .bind(wish.to_string())
            .fetch_optional(&self.reader)
            .await?;
        row.map(|r| wish_state(&r)).transpose()
    }

    async fn knowledge(
        &self,
        tenant: TenantId,
        name: &ItemName,
        key: Option<&ItemKey>,
    ) -> StoreResult<Knowledge> {
        let (mailbox_id, item) = match key {
            Some(key) => (key.mailbox.0.to_string(), key.item.0.as_str()),
            None => (String::new(), name.item.0.as_str()),
        };
        let link = sqlx::query(
            "select email, category from links where tenant = $1 and mailbox_id = $2 and item = $3",
        )
        .bind(tenant.to_string())
        .bind(&mailbox_id)
        .bind(item)
        .fetch_optional(&self.reader)
        .await?
        .map(|row| stored_link(&row))
        .transpose()?;
        let others = match link {
            None => 0,
            Some(link) => {
                let row = sqlx::query("select count(*) as n from links where tenant = $1 and email = $2")
                    .bind(tenant.to_string())
                    .bind(link.email.0.to_string())
                    .fetch_one(&self.reader)
                    .await?;
                u32::try_from(row.try_get::<i64, _>("n")? - 1).unwrap_or(0)
            }
        };
        let category = sqlx::query(
            "select category_id, category_name from mailboxes where tenant = $1 and mailbox_id = $2",
        )
        .bind(tenant.to_string())
        .bind(&mailbox_id)
        .fetch_optional(&self.reader)
        .await?
        .map(|row| {
            let id = CategoryId(row.try_get("category_id")?);
            let category = MasterCategory { id, name: row.try_get("category_name")? };
            Ok::<_, sqlx::Error>(KnownCategory { category, life: CategoryLife::Kept })
        })
        .transpose()?;
        let newest = sqlx::query(
            "select * from wishes where tenant = $1
               and ((mailbox_id = $2 and item = $3) or (mailbox = $4 and asked_item = $5))
             order by accepted desc, rowid desc limit 1",
        )
        .bind(tenant.to_string())
        .bind(&mailbox_id)
        .bind(item)
        .bind(name.mailbox.as_str())
        .bind(&name.item.0)
        .fetch_optional(&self.reader)
        .await?
        .map(|row| stored_wish(&row))
        .transpose()?;
        let wish = newest.filter(|w| !matches!(w.state, WishState::Fulfilled | WishState::Superseded));
        let category_is_ours = match &wish {
            None => Ours::No,
            Some(wish) => {
                let row = sqlx::query(
                    "select count(*) as n from effects where wish = $1 and kind = $2 and state <> 'refused'",
                )
                .bind(wish.id.to_string())
                .bind(super::CATEGORY_ASSIGN)
                .fetch_one(&self.reader)
                .await?;
                if row.try_get::<i64, _>("n")? > 0 { Ours::Yes } else { Ours::No }
            }
        };
        Ok(Knowledge { link, others, category, wish, category_is_ours })
    }

    async fn due_mailboxes(&self) -> StoreResult<Vec<DueMailbox>> {
        let rows = sqlx::query(
            "select tenant, mailbox, min(coalesce(next_attempt, accepted)) as due from wishes
             where state in ('running', 'waiting') group by tenant, mailbox order by due",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DueMailbox {
                    tenant: TenantId(uuid(row, "tenant")?),
                    mailbox: SmtpAddress::new(row.try_get("mailbox")?),
                    due: UtcMs(row.try_get("due")?),
                })
            })
            .collect()
    }

    async fn due_wishes(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        now: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<StoredWish>> {
        let rows = sqlx::query(
            "select * from wishes where tenant = $1 and mailbox = $2
               and (state = 'running' or (state = 'waiting' and next_attempt <= $3))
             order by accepted, rowid",
        )
        .bind(tenant.to_string())
        .bind(mailbox.as_str())
        .bind(now.0)
        .fetch_all(&self.reader)
        .await?;
        let readable = rows.iter().filter_map(|row| match stored_wish(row) {
            Ok(wish) => Some(wish),
            Err(error) => {
                tracing::error!(%error, "a stored wish cannot be read; the others go on without it");
                None
            }
        });
        // Counted after reading: rows that cannot be read take nobody's place.
        Ok(readable.take(limit as usize).collect())
    }

    async fn take_lease(
        &self,
        tenant: TenantId,
        mailbox: &SmtpAddress,
        holder: &str,
        now: UtcMs,
        lease_ms: i64,
    ) -> StoreResult<Option<Lease>> {
        let row = sqlx::query(
            "insert into leases (tenant, mailbox, holder, epoch, expires) values ($1, $2, $3, 1, $4)
             on conflict (tenant, mailbox) do update
               set holder = excluded.holder, epoch = leases.epoch + 1, expires = excluded.expires
               where leases.expires <= $5
             returning epoch",
        )
        .bind(tenant.to_string())
        .bind(mailbox.as_str())
        .bind(holder)
        .bind(now.plus_ms(lease_ms).0)
        .bind(now.0)
        .fetch_optional(&self.writer)
        .await?;
        row.map(|row| {
            let epoch = row.try_get("epoch")?;
            Ok(Lease { tenant, mailbox: mailbox.clone(), holder: holder.to_owned(), epoch })
        })
        .transpose()
    }

    async fn renew_lease(&self, lease: &Lease, now: UtcMs, lease_ms: i64) -> StoreResult<()> {
        let done = sqlx::query(
            "update leases set expires = $1 where tenant = $2 and mailbox = $3 and holder = $4 and epoch = $5",
        )
        .bind(now.plus_ms(lease_ms).0)
        .bind(lease.tenant.to_string())
        .bind(lease.mailbox.as_str())
        .bind(&lease.holder)
        .bind(lease.epoch)
        .execute(&self.writer)
        .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn release_lease(&self, lease: &Lease) -> StoreResult<()> {
        sqlx::query(
            "update leases set expires = 0 where tenant = $1 and mailbox = $2 and holder = $3 and epoch = $4",
        )
        .bind(lease.tenant.to_string())
        .bind(lease.mailbox.as_str())
        .bind(&lease.holder)
        .bind(lease.epoch)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn take_over(&self) -> StoreResult<()> {
        sqlx::query("update leases set expires = 0, epoch = epoch + 1").execute(&self.writer).await?;
        Ok(())
    }

    async fn identify(&self, lease: &Lease, wish: Uuid, key: &ItemKey, now: UtcMs) -> StoreResult<Rank> {
        let mut tx = self.write().await?;
        hold(&mut tx, lease).await?;
        let row = sqlx::query(
            "update wishes set mailbox_id = $1, item = $2 where id = $3 and tenant = $4 returning *",
        )
        .bind(key.mailbox.0.to_string())
        .bind(&key.item.0)
        .bind(wish.to_string())
        .bind(lease.tenant.to_string())
        .fetch_one(&mut *tx)
        .await?;
        let stored = stored_wish(&row)?;
        supersede_older(&mut tx, &stored, key, now).await?;
        let rank = give_way(&mut tx, &stored, key, now).await?;
        tx.commit().await?;
        Ok(rank)
    }

    async fn begin_effects(
        &self,
        lease: &Lease,
        wish: Uuid,
        effects: &[NewEffect],
        now: UtcMs,
    ) -> StoreResult<Vec<BegunEffect>> {
        let mut tx = self.write().await?;
        hold(&mut tx, lease).await?;
        still_open(&mut tx, lease, wish).await?;
        let mut begun = Vec::with_capacity(effects.len());
        for effect in effects {
            let unfinished = sqlx::query(
                "update effects set state = 'started', attempts = attempts + 1, wish = $1, epoch = $2
                 where tenant = $3 and key = $4 and state in ('started', 'unknown') returning id",
            )
            .bind(wish.to_string())
            .bind(lease.epoch)
            .bind(lease.tenant.to_string())
            .bind(&effect.key)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(row) = unfinished {
                begun.push(BegunEffect { id: uuid(&row, "id")?, clearance: Clearance::ProbeFirst });
                continue;
            }
            let id = Uuid::new_v4();
            sqlx::query(
                "insert into effects (id, tenant, key, wish, kind, state, epoch, began)
                 values ($1, $2, $3, $4, $5, 'started', $6, $7)",
            )
            .bind(id.to_string())
            .bind(lease.tenant.to_string())
            .bind(&effect.key)
            .bind(wish.to_string())
            .bind(effect.kind)
            .bind(lease.epoch)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
            begun.push(BegunEffect { id, clearance: Clearance::Clear });
        }
        tx.commit().await?;
        Ok(begun)
    }

    async fn end_effects(&self, lease: &Lease, ends: &[(Uuid, EffectEnd)], now: UtcMs) -> StoreResult<()> {
        let mut tx = self.write().await?;
        hold(&mut tx, lease).await?;
        for (id, end) in ends {
            let state = match end {
                EffectEnd::Confirmed => "confirmed",
                EffectEnd::Refused => "refused",
                EffectEnd::Unknown => "unknown",
            };
            sqlx::query("update effects set state = $1, ended = $2 where id = $3 and tenant = $4")
                .bind(state)
                .bind(now.0)
                .bind(id.to_string())
                .bind(lease.tenant.to_string())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn postpone(
        &self,
        lease: &Lease,
        wish: Uuid,
        problem: &Problem,
        next_attempt: UtcMs,
        failed_attempts: u32,
        _now: UtcMs,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        hold(&mut tx, lease).await?;
        still_open(&mut tx, lease, wish).await?;
        sqlx::query(
            "update wishes set state = 'waiting', problem = $1, next_attempt = $2, failed_attempts = $3
             where id = $4 and tenant = $5 and state in ('running', 'waiting')",
        )
        .bind(json(problem)?)
        .bind(next_attempt.0)
        .bind(failed_attempts)
        .bind(wish.to_string())
        .bind(lease.tenant.to_string())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn end_wish(&self, lease: &Lease, end: &WishEnd) -> StoreResult<Rank> {
        let mut tx = self.write().await?;
        hold(&mut tx, lease).await?;
        let tenant = lease.tenant.to_string();
        let (state, problem) = match &end.refused {
            None => ("fulfilled", None),
            Some(problem) => ("refused", Some(json(problem)?)),
        };
        let ended = sqlx::query(
            "update wishes set state = $1, problem = $2, next_attempt = null, settled = $3
             where id = $4 and tenant = $5 and state in ('running', 'waiting')",
        )
        .bind(state)
        .bind(problem)
        .bind(end.now.0)
        .bind(end.wish.to_string())
        .bind(&tenant)
        .execute(&mut *tx)
        .await?;
        if end.refused.is_none() {
            confirm_unfinished(&mut tx, &tenant, end).await?;
        }
        if let Some(key) = &end.key {
            agree(&mut tx, &tenant, key, end).await?;
        }
        if ended.rows_affected() == 0 {
            tx.commit().await?;
            return Ok(Rank::Superseded);
        }
        if let Some(recent) = &end.recent {
            remember_record(&mut tx, &tenant, end, recent).await?;
        }
        let event = if end.refused.is_none() { "wish.fulfilled" } else { "wish.refused" };
        let detail = json(&serde_json::json!({
            "rule": end.reason.rule,
            "facts": end.reason.facts,
            "code": end.refused.as_ref().map(|p| p.code),
            "item": end.key.as_ref().map(|k| &k.item),
            "email": end.link.map(|l| l.email),
        }))?;
        let entry = Entry { at: end.now, user: end.user.0, wish: end.wish, event, detail: &detail };
        audit_trail::append(&mut tx, lease.tenant, &entry).await?;
        tx.commit().await?;
        Ok(Rank::Newest)
    }

    async fn recent_records(
        &self,
        tenant: TenantId,
        user: UserId,
        limit: u32,
    ) -> StoreResult<Vec<RecordRef>> {
        let rows = sqlx::query(
            "select table_name, record, name from recent_records where tenant = $1 and user_id = $2
             order by at desc, record limit $3",
        )
        .bind(tenant.to_string())
        .bind(user.to_string())
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                let table =
                    Table::new(row.try_get("table_name")?).map_err(|e| StoreError::Damaged(e.to_string()))?;
                let key = RecordKey { table, id: uuid(row, "record")? };
                Ok(RecordRef { key, name: row.try_get("name")? })
            })
            .collect()
    }

    // BUILDING

    async fn enroll(&self, new: &NewMailbox) -> StoreResult<Enrolled> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn mailboxes(&self, tenant: TenantId) -> StoreResult<Vec<MailboxRecord>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn enabled_mailboxes(&self) -> StoreResult<Vec<EnabledMailbox>> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn mailbox(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Option<MailboxRecord>> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn mailbox_at(&self, tenant: TenantId, address: &SmtpAddress)
    -> StoreResult<Option<MailboxRecord>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn mailboxes_at(
        &self,
        tenant: TenantId,
        addresses: &[SmtpAddress],
    ) -> StoreResult<Vec<EnabledMailbox>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn amend_mailbox(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        change: &MailboxChange,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Option<MailboxRecord>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn subscription(
        &self,
        id: &str,
    ) -> StoreResult<Option<(TenantId, MailboxId, SmtpAddress, String)>> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn folders(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<FolderRecord>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn map_folder(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        folder: &FolderId,
        name: &str,
        mapping: Option<&FolderMapping>,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<Mapped> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn item_facts(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> StoreResult<HashMap<ItemId, ItemFacts>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn expected_copies(&self, tenant: TenantId, mailbox: MailboxId) -> StoreResult<Vec<ExpectedCopy>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn stopped_conversations(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> StoreResult<Vec<ConversationId>> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn stop_conversation(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
        conversation: &ConversationId,
        stopped: Stopped,
        by: &Actor,
        now: UtcMs,
    ) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn save_folders(&self, lease: &Lease, mailbox: MailboxId, page: &FolderPage) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn save_page(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        page: &ObservedPage,
        now: UtcMs,
    ) -> StoreResult<u32> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn accept_noticed(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        wishes: &[NewWish],
        copies_found: &[InternetMessageId],
        now: UtcMs,
    ) -> StoreResult<u32> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn reset_folder(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        folder: &FolderId,
        link: Option<DeltaLink>,
    ) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn save_category(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        category: &KnownCategory,
    ) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }

    async fn save_subscription(
        &self,
        lease: &Lease,
        mailbox: MailboxId,
        subscription: Option<&StoredSubscription>,
    ) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn heartbeat(&self, node: &Node, now: UtcMs) -> StoreResult<Vec<SeenNode>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn farewell(&self, name: &str) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn lease_holders(&self, tenant: TenantId) -> StoreResult<Vec<(SmtpAddress, String, UtcMs)>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn listen(&self) -> StoreResult<mpsc::Receiver<Ring>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn ring_others(&self, ring: &Ring) -> StoreResult<()> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn failing(
        &self,
        tenant: TenantId,
        mailbox: Option<MailboxId>,
        since: UtcMs,
        limit: u32,
    ) -> StoreResult<Vec<FailingWish>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn counts(&self, tenant: TenantId, since: UtcMs) -> StoreResult<HashMap<MailboxId, (u64, u64)>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn history(&self, tenant: TenantId, wish: Uuid) -> StoreResult<Vec<AuditRow>> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn retry(&self, tenant: TenantId, wish: Uuid, by: &Actor, now: UtcMs) -> StoreResult<bool> {
        Err(StoreError::Down("not built yet".into()))
    }
    async fn prune(&self, before: UtcMs, limit: u32) -> StoreResult<u32> {
        Err(StoreError::Down("not built yet".into()))
    }

    
    async fn ping(&self) -> StoreResult<()> {
        let mut tx = self.write().await?;
        sqlx::query("update leases set expires = expires where tenant = ''").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}
