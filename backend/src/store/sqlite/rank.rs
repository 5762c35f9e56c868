//! Which of an item's wishes counts: the newest.

use super::audit_trail::append;
use super::rows::{json, uuid};
use crate::caller::TenantId;
use crate::store::audit::Entry;
use crate::store::{ItemKey, ItemName, NewWish, Rank, StoreResult, StoredWish};
use shared::UtcMs;
use shared::problem::Problem;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

/// A wish that was refused `because` its user had to sign in begins anew. It is still the item's newest: a
/// newer one would have superseded it.
pub(super) async fn reopen(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewWish,
    because: &Problem,
) -> StoreResult<()> {
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
    append(tx, new.tenant, &entry).await
}

/// A new wish for an item ends the older ones that are still open.
pub(super) async fn supersede(
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
pub(super) async fn supersede_older(
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
pub(super) async fn give_way(
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

pub(super) async fn audit_superseded(
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
        append(tx, tenant, &entry).await?;
    }
    Ok(())
}
