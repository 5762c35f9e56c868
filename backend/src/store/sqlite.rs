//! The embedded store: one SQLite file, one process.
//!
//! Write-ahead log with `synchronous = FULL`: an accepted wish survives the loss of power, not only of the
//! process. One connection writes; readers do not wait for it.

use super::audit::{Entry, chained_hash};
use super::{
    Accepted, BegunEffect, Clearance, DueMailbox, EffectEnd, ItemKey, ItemName, Knowledge, Lease, NewEffect,
    NewWish, Rank, Store, StoreError, StoreResult, StoredWish, WishEnd, WishState,
};
use crate::caller::{TenantId, UserId};
use crate::exchange::MailboxId;
use serde::de::DeserializeOwned;
use shared::UtcMs;
use shared::category::{CategoryId, MasterCategory};
use shared::email::CrmEmailId;
use shared::item::{ItemId, SmtpAddress};
use shared::plan::{Link, LinkCategory, Ours};
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef, Table};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// How long a writer waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const BEGIN: &str = "begin immediate";
/// Recent records kept per user.
const RECENTS_KEPT: i64 = 20;

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

/// A stored row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub seq: i64,
    pub at: UtcMs,
    pub user: Uuid,
    pub wish: Uuid,
    pub event: String,
    pub detail: String,
    pub hash: String,
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
        append_audit(&mut tx, new.tenant, &entry).await?;
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
            Ok::<_, sqlx::Error>(MasterCategory { id, name: row.try_get("category_name")? })
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
             order by accepted, rowid limit $4",
        )
        .bind(tenant.to_string())
        .bind(mailbox.as_str())
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        let readable = rows.iter().filter_map(|row| match stored_wish(row) {
            Ok(wish) => Some(wish),
            Err(error) => {
                tracing::error!(%error, "a stored wish cannot be read; the others go on without it");
                None
            }
        });
        Ok(readable.collect())
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
        append_audit(&mut tx, lease.tenant, &entry).await?;
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

    async fn ping(&self) -> StoreResult<()> {
        let mut tx = self.write().await?;
        sqlx::query("update leases set expires = expires where tenant = ''").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Fails unless the lease is still held; within the transaction, so that nobody can take it meanwhile.
async fn hold(tx: &mut Transaction<'static, Sqlite>, lease: &Lease) -> StoreResult<()> {
    let row =
        sqlx::query("select 1 from leases where tenant = $1 and mailbox = $2 and holder = $3 and epoch = $4")
            .bind(lease.tenant.to_string())
            .bind(lease.mailbox.as_str())
            .bind(&lease.holder)
            .bind(lease.epoch)
            .fetch_optional(&mut **tx)
            .await?;
    row.map(|_| ()).ok_or(StoreError::Fenced)
}

/// Fails for a wish that was superseded: nothing more is done for it.
async fn still_open(tx: &mut Transaction<'static, Sqlite>, lease: &Lease, wish: Uuid) -> StoreResult<()> {
    let row = sqlx::query("select 1 from wishes where id = $1 and tenant = $2 and state = 'superseded'")
        .bind(wish.to_string())
        .bind(lease.tenant.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    if row.is_some() { Err(StoreError::Superseded) } else { Ok(()) }
}

/// A wish that was refused `because` its user had to sign in begins anew. It is still the item's newest: a
/// newer one would have superseded it.
async fn reopen(tx: &mut Transaction<'static, Sqlite>, new: &NewWish, because: &Problem) -> StoreResult<()> {
    sqlx::query(
        "update wishes set state = 'running', problem = null, settled = null, failed_attempts = 0
         where id = $1 and tenant = $2",
    )
    .bind(new.id.to_string())
    .bind(new.tenant.to_string())
    .execute(&mut **tx)
    .await?;
    let detail = json(&serde_json::json!({ "code": because.code }))?;
    let entry =
        Entry { at: new.now, user: new.user.0, wish: new.id, event: "wish.reopened", detail: &detail };
    append_audit(tx, new.tenant, &entry).await
}

/// A new wish for an item ends the older ones that are still open.
async fn supersede(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: TenantId,
    newest: Uuid,
    name: &ItemName,
    key: Option<&ItemKey>,
    now: UtcMs,
) -> StoreResult<()> {
    let ended = sqlx::query(
        "update wishes set state = 'superseded', settled = $1
         where tenant = $2 and id <> $3 and state in ('running', 'waiting', 'refused')
           and ((mailbox = $4 and asked_item = $5) or (mailbox_id = $6 and item = $7))
         returning id, user_id",
    )
    .bind(now.0)
    .bind(tenant.to_string())
    .bind(newest.to_string())
    .bind(name.mailbox.as_str())
    .bind(&name.item.0)
    .bind(key.map(|k| k.mailbox.0.to_string()))
    .bind(key.map_or("", |k| &k.item.0))
    .fetch_all(&mut **tx)
    .await?;
    audit_superseded(tx, tenant, &ended, newest, now).await
}

/// Once an item's lasting names are known, older open wishes for it under other names end too.
async fn supersede_older(
    tx: &mut Transaction<'static, Sqlite>,
    wish: &StoredWish,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<()> {
    let ended = sqlx::query(
        "update wishes set state = 'superseded', settled = $1
         where tenant = $2 and state in ('running', 'waiting', 'refused') and mailbox_id = $4 and item = $5
           and rowid < (select rowid from wishes where id = $3)
         returning id, user_id",
    )
    .bind(now.0)
    .bind(wish.tenant.to_string())
    .bind(wish.id.to_string())
    .bind(key.mailbox.0.to_string())
    .bind(&key.item.0)
    .fetch_all(&mut **tx)
    .await?;
    audit_superseded(tx, wish.tenant, &ended, wish.id, now).await
}

/// Whether a newer wish for the item stands under another name; then this one ends.
async fn give_way(
    tx: &mut Transaction<'static, Sqlite>,
    wish: &StoredWish,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<Rank> {
    let newer = sqlx::query(
        "select id from wishes where tenant = $1 and mailbox_id = $2 and item = $3
           and rowid > (select rowid from wishes where id = $4) order by rowid desc limit 1",
    )
    .bind(wish.tenant.to_string())
    .bind(key.mailbox.0.to_string())
    .bind(&key.item.0)
    .bind(wish.id.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(newer) = newer else { return Ok(Rank::Newest) };
    let ended = sqlx::query(
        "update wishes set state = 'superseded', settled = $1
         where id = $2 and state in ('running', 'waiting') returning id, user_id",
    )
    .bind(now.0)
    .bind(wish.id.to_string())
    .fetch_all(&mut **tx)
    .await?;
    audit_superseded(tx, wish.tenant, &ended, uuid(&newer, "id")?, now).await?;
    Ok(Rank::Superseded)
}

async fn audit_superseded(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: TenantId,
    ended: &[SqliteRow],
    by: Uuid,
    now: UtcMs,
) -> StoreResult<()> {
    let detail = json(&serde_json::json!({ "by": by }))?;
    for row in ended {
        let (wish, user) = (uuid(row, "id")?, uuid(row, "user_id")?);
        let entry = Entry { at: now, user, wish, event: "wish.superseded", detail: &detail };
        append_audit(tx, tenant, &entry).await?;
    }
    Ok(())
}

/// A wish is fulfilled when a look shows that nothing of it is left to do. That look is also the probe for
/// what was sent for it and never heard of again, e.g. because the process was killed.
async fn confirm_unfinished(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    end: &WishEnd,
) -> StoreResult<()> {
    sqlx::query(
        "update effects set state = 'confirmed', ended = $1
         where tenant = $2 and wish = $3 and state in ('started', 'unknown')",
    )
    .bind(end.now.0)
    .bind(tenant)
    .bind(end.wish.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn agree(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    key: &ItemKey,
    end: &WishEnd,
) -> StoreResult<()> {
    let mailbox = key.mailbox.0.to_string();
    match end.link {
        Some(link) => {
            let category = match link.category {
                LinkCategory::Agreed => "agreed",
                LinkCategory::Refused => "refused",
            };
            sqlx::query(
                "insert into links (tenant, mailbox_id, item, email, category, since) values ($1, $2, $3, $4, $5, $6)
                 on conflict (tenant, mailbox_id, item) do update
                   set email = excluded.email, category = excluded.category, since = excluded.since",
            )
            .bind(tenant)
            .bind(&mailbox)
            .bind(&key.item.0)
            .bind(link.email.0.to_string())
            .bind(category)
            .bind(end.now.0)
            .execute(&mut **tx)
            .await?;
        }
        None => {
            sqlx::query("delete from links where tenant = $1 and mailbox_id = $2 and item = $3")
                .bind(tenant)
                .bind(&mailbox)
                .bind(&key.item.0)
                .execute(&mut **tx)
                .await?;
        }
    }
    if let Some(category) = &end.category {
        sqlx::query(
            "insert into mailboxes (tenant, mailbox_id, category_id, category_name) values ($1, $2, $3, $4)
             on conflict (tenant, mailbox_id) do update
               set category_id = excluded.category_id, category_name = excluded.category_name",
        )
        .bind(tenant)
        .bind(&mailbox)
        .bind(&category.id.0)
        .bind(&category.name)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn remember_record(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    end: &WishEnd,
    recent: &RecordRef,
) -> StoreResult<()> {
    sqlx::query(
        "insert into recent_records (tenant, user_id, table_name, record, name, at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant, user_id, table_name, record) do update set name = excluded.name, at = excluded.at",
    )
    .bind(tenant)
    .bind(end.user.to_string())
    .bind(recent.key.table.as_str())
    .bind(recent.key.id.to_string())
    .bind(&recent.name)
    .bind(end.now.0)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "delete from recent_records where tenant = $1 and user_id = $2 and rowid not in
           (select rowid from recent_records where tenant = $1 and user_id = $2 order by at desc limit $3)",
    )
    .bind(tenant)
    .bind(end.user.to_string())
    .bind(RECENTS_KEPT)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn append_audit(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: TenantId,
    entry: &Entry<'_>,
) -> StoreResult<()> {
    let last = sqlx::query("select seq, hash from audit where tenant = $1 order by seq desc limit 1")
        .bind(tenant.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    let (seq, former): (i64, String) = match last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, String::new()),
    };
    sqlx::query(
        "insert into audit (tenant, seq, at, user_id, wish, event, detail, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.to_string())
    .bind(seq)
    .bind(entry.at.0)
    .bind(entry.user.to_string())
    .bind(entry.wish.to_string())
    .bind(entry.event)
    .bind(entry.detail)
    .bind(chained_hash(&former, seq, entry))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn stored_wish(row: &SqliteRow) -> StoreResult<StoredWish> {
    let mailbox_id: Option<String> = row.try_get("mailbox_id")?;
    let key = match mailbox_id {
        Some(_) => {
            Some(ItemKey { mailbox: MailboxId(uuid(row, "mailbox_id")?), item: ItemId(row.try_get("item")?) })
        }
        None => None,
    };
    Ok(StoredWish {
        id: uuid(row, "id")?,
        tenant: TenantId(uuid(row, "tenant")?),
        user: UserId(uuid(row, "user_id")?),
        name: ItemName {
            mailbox: SmtpAddress::new(row.try_get("mailbox")?),
            item: ItemId(row.try_get("asked_item")?),
        },
        key,
        wish: parsed(row.try_get("wish")?)?,
        state: wish_state(row)?,
        failed_attempts: u32::try_from(row.try_get::<i64, _>("failed_attempts")?).unwrap_or(u32::MAX),
    })
}

fn wish_state(row: &SqliteRow) -> StoreResult<WishState> {
    let problem = || -> StoreResult<Problem> {
        let text: Option<&str> = row.try_get("problem")?;
        parsed(text.ok_or_else(|| StoreError::Damaged("a wish without its problem".into()))?)
    };
    match row.try_get("state")? {
        "running" => Ok(WishState::Running),
        "waiting" => {
            let next: Option<i64> = row.try_get("next_attempt")?;
            Ok(WishState::Waiting { problem: problem()?, next_attempt: UtcMs(next.unwrap_or_default()) })
        }
        "fulfilled" => Ok(WishState::Fulfilled),
        "superseded" => Ok(WishState::Superseded),
        "refused" => Ok(WishState::Refused { problem: problem()? }),
        other => Err(StoreError::Damaged(format!("unknown state of a wish: {other}"))),
    }
}

fn stored_link(row: &SqliteRow) -> StoreResult<Link> {
    let category = match row.try_get("category")? {
        "agreed" => LinkCategory::Agreed,
        "refused" => LinkCategory::Refused,
        other => return Err(StoreError::Damaged(format!("unknown state of a link: {other}"))),
    };
    Ok(Link { email: CrmEmailId(uuid(row, "email")?), category })
}

fn uuid(row: &SqliteRow, column: &str) -> StoreResult<Uuid> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Damaged(format!("{column} is no id: {text}")))
}

fn json<T: serde::Serialize>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}

fn parsed<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(e.to_string()))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLite's primary result codes: 13 SQLITE_FULL, 10 SQLITE_IOERR (778: IOERR_WRITE), 11 CORRUPT, 26 NOTADB.
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        let code = code.and_then(|c| c.parse::<i64>().ok());
        let text = error.to_string();
        match (code.map(|c| c & 0xff), &error) {
            (Some(13), _) => StoreError::Full(text),
            (Some(10), _) if code == Some(778) => StoreError::Full(text),
            (Some(11 | 26), _)
            | (
                _,
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::RowNotFound,
            ) => StoreError::Damaged(text),
            _ => StoreError::Down(text),
        }
    }
}
