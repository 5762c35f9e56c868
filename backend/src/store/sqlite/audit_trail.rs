//! The audit trail's rows, each chained to the one before it.

use crate::caller::TenantId;
use crate::store::StoreResult;
use crate::store::audit::{Entry, chained_hash};
use sqlx::{Row, Sqlite, Transaction};

/// Adds a row at the trail's end.
pub(super) async fn append(
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
