//! One hand per mailbox, and who may still write: asked within each transaction that writes for a mailbox.

use super::session::{Session, Time, args, by_time};
use crate::caller::TenantId;
use crate::store::{Lease, StoreError, StoreResult, StoreSharing};
use shared::UtcMs;
use shared::item::SmtpAddress;
use uuid::Uuid;

pub async fn take(
    session: &mut Session,
    tenant: TenantId,
    mailbox: &SmtpAddress,
    holder: &str,
    now: Time,
    lease_ms: i64,
) -> StoreResult<Option<Lease>> {
    let row = session
        .row_by(
            by_time!(
                "insert into leases (tenant, mailbox, holder, epoch, expires) values ($1, $2, $3, 1, $4 + ",
                "$5",
                ") on conflict (tenant, mailbox) do update
                   set holder = excluded.holder, epoch = leases.epoch + 1, expires = excluded.expires
                   where leases.expires <= excluded.expires - $4
                 returning epoch"
            ),
            args![tenant, mailbox, holder, lease_ms, now],
        )
        .await?;
    row.map(|row| {
        let epoch = row.int("epoch")?;
        Ok(Lease { tenant, mailbox: mailbox.clone(), holder: holder.to_owned(), epoch })
    })
    .transpose()
}

pub async fn renew(session: &mut Session, lease: &Lease, now: Time, lease_ms: i64) -> StoreResult<()> {
    let renewed = session
        .row_by(
            by_time!(
                "update leases set expires = $5 + ",
                "$6",
                " where tenant = $1 and mailbox = $2 and holder = $3 and epoch = $4 returning epoch"
            ),
            args![lease.tenant, &lease.mailbox, &lease.holder, lease.epoch, lease_ms, now],
        )
        .await?;
    renewed.map(|_| ()).ok_or(StoreError::Fenced)
}

pub async fn release(session: &mut Session, lease: &Lease) -> StoreResult<()> {
    session
        .run(
            "update leases set expires = 0 where tenant = $1 and mailbox = $2 and holder = $3 and epoch = $4",
            args![lease.tenant, &lease.mailbox, &lease.holder, lease.epoch],
        )
        .await?;
    Ok(())
}

/// Ends the leases of a holder who is no more.
pub async fn end_all_of(session: &mut Session, holder: &str, sharing: StoreSharing) -> StoreResult<()> {
    match sharing {
        StoreSharing::Exclusive => {
            session.run("update leases set expires = 0, epoch = epoch + 1", args![]).await?;
        }
        StoreSharing::Shared => {
            let sql = "update leases set expires = 0, epoch = epoch + 1 where holder = $1 and expires > 0";
            session.run(sql, args![holder]).await?;
        }
    }
    Ok(())
}

/// Fails unless the lease is still held. Nobody can take it until the transaction ends.
pub async fn hold(tx: &mut Session, lease: &Lease) -> StoreResult<()> {
    let row = tx
        .locked_row(
            "select epoch from leases where tenant = $1 and mailbox = $2 and holder = $3 and epoch = $4",
            args![lease.tenant, &lease.mailbox, &lease.holder, lease.epoch],
        )
        .await?;
    row.map(|_| ()).ok_or(StoreError::Fenced)
}

/// Fails for a wish that was superseded: nothing more is done for it. Nobody can supersede it until the
/// transaction ends.
pub async fn still_open(tx: &mut Session, lease: &Lease, wish: Uuid) -> StoreResult<()> {
    let row = tx
        .locked_row("select state from wishes where id = $1 and tenant = $2", args![wish, lease.tenant])
        .await?;
    match row {
        Some(row) if row.text("state")? == "superseded" => Err(StoreError::Superseded),
        _ => Ok(()),
    }
}

/// Mailboxes of a tenant whose lease was taken and not given back.
pub async fn held(session: &mut Session, tenant: TenantId) -> StoreResult<Vec<(SmtpAddress, String, UtcMs)>> {
    let rows = session
        .rows(
            "select mailbox, holder, expires from leases where tenant = $1 and expires > 0 order by mailbox",
            args![tenant],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((SmtpAddress::new(&row.text("mailbox")?), row.text("holder")?, row.ms("expires")?)))
        .collect()
}
