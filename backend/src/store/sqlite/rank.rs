//! Which of an item's wishes counts: the newest.

use super::audit_trail::append;
use super::rows::{json, uuid};
use crate::caller::TenantId;
use crate::store::audit::Entry;
use crate::store::{CATEGORY_ASSIGN, ItemKey, ItemName, NewWish, Rank, StoreResult, StoredWish};
use shared::UtcMs;
use shared::problem::Problem;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};
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
    let older = sqlx::query(
        "select id, user_id, state from wishes
         where tenant = $1 and id <> $2 and state in ('running', 'waiting', 'refused')
           and ((mailbox = $3 and asked_item = $4) or (mailbox_id = $5 and item = $6))",
    )
    .bind(tenant.to_string())
    .bind(newest.to_string())
    .bind(name.mailbox.as_str())
    .bind(&name.item.0)
    .bind(key.map(|k| k.mailbox.0.to_string()))
    .bind(key.map_or("", |k| &k.item.0))
    .fetch_all(&mut **tx)
    .await?;
    end_superseded(tx, tenant, &older, newest, now).await
}

/// Once an item's lasting names are known, older open wishes for it under other names end too.
pub(super) async fn supersede_older(
    tx: &mut Transaction<'static, Sqlite>,
    wish: &StoredWish,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<()> {
    let older = sqlx::query(
        "select id, user_id, state from wishes
         where tenant = $1 and state in ('running', 'waiting', 'refused') and mailbox_id = $3 and item = $4
           and rowid < (select rowid from wishes where id = $2)",
    )
    .bind(wish.tenant.to_string())
    .bind(wish.id.to_string())
    .bind(key.mailbox.0.to_string())
    .bind(&key.item.0)
    .fetch_all(&mut **tx)
    .await?;
    end_superseded(tx, wish.tenant, &older, wish.id, now).await
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
    let this = sqlx::query(
        "select id, user_id, state from wishes where id = $1 and state in ('running', 'waiting')",
    )
    .bind(wish.id.to_string())
    .fetch_all(&mut **tx)
    .await?;
    end_superseded(tx, wish.tenant, &this, uuid(&newer, "id")?, now).await?;
    Ok(Rank::Superseded)
}

/// Ends wishes in favour of a newer one. A category that an open one put on is from now on the newer one's
/// to take back; what a refused one put on, it has taken back itself.
async fn end_superseded(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: TenantId,
    older: &[SqliteRow],
    by: Uuid,
    now: UtcMs,
) -> StoreResult<()> {
    let detail = json(&serde_json::json!({ "by": by }))?;
    for row in older {
        let (wish, user) = (uuid(row, "id")?, uuid(row, "user_id")?);
        sqlx::query("update wishes set state = 'superseded', settled = $1 where id = $2")
            .bind(now.0)
            .bind(wish.to_string())
            .execute(&mut **tx)
            .await?;
        let state: &str = row.try_get("state")?;
        if state != "refused" {
            sqlx::query("update effects set wish = $1 where wish = $2 and kind = $3 and state <> 'refused'")
                .bind(by.to_string())
                .bind(wish.to_string())
                .bind(CATEGORY_ASSIGN)
                .execute(&mut **tx)
                .await?;
        }
        let entry = Entry { at: now, user, wish, event: "wish.superseded", detail: &detail };
        append(tx, tenant, &entry).await?;
    }
    Ok(())
}
