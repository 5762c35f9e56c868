//! Who may still write, and for what: asked within each transaction that writes for a mailbox.

use crate::store::{Lease, StoreError, StoreResult};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

/// Fails unless the lease is still held; within the transaction, so that nobody can take it meanwhile.
pub(super) async fn hold(tx: &mut Transaction<'static, Sqlite>, lease: &Lease) -> StoreResult<()> {
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
pub(super) async fn still_open(
    tx: &mut Transaction<'static, Sqlite>,
    lease: &Lease,
    wish: Uuid,
) -> StoreResult<()> {
    let row = sqlx::query("select 1 from wishes where id = $1 and tenant = $2 and state = 'superseded'")
        .bind(wish.to_string())
        .bind(lease.tenant.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    if row.is_some() { Err(StoreError::Superseded) } else { Ok(()) }
}
