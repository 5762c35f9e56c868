//! The ledger of effects.

use super::leases::{hold, still_open};
use super::session::{Session, args};
use crate::store::{BegunEffect, Clearance, EffectEnd, Lease, NewEffect, StoreResult};
use shared::UtcMs;
use uuid::Uuid;

pub async fn begin(
    tx: &mut Session,
    lease: &Lease,
    wish: Uuid,
    effects: &[NewEffect],
    now: UtcMs,
) -> StoreResult<Vec<BegunEffect>> {
    hold(tx, lease).await?;
    still_open(tx, lease, wish).await?;
    let mut begun = Vec::with_capacity(effects.len());
    for effect in effects {
        begun.push(begin_one(tx, lease, wish, effect, now).await?);
    }
    Ok(begun)
}

/// Somebody else may begin the same effect at the same moment, for another mailbox: the unique index lets one
/// through, and the other finds it begun when it tries again.
async fn begin_one(
    tx: &mut Session,
    lease: &Lease,
    wish: Uuid,
    effect: &NewEffect,
    now: UtcMs,
) -> StoreResult<BegunEffect> {
    let unfinished = tx
        .row(
            "update effects set state = 'started', attempts = attempts + 1, wish = $1, epoch = $2
             where tenant = $3 and key = $4 and state in ('started', 'unknown') returning id",
            args![wish, lease.epoch, lease.tenant, &effect.key],
        )
        .await?;
    if let Some(row) = unfinished {
        return Ok(BegunEffect { id: row.uuid("id")?, clearance: Clearance::ProbeFirst });
    }
    let id = Uuid::new_v4();
    tx.run(
        "insert into effects (id, tenant, key, wish, kind, state, epoch, began)
         values ($1, $2, $3, $4, $5, 'started', $6, $7)",
        args![id, lease.tenant, &effect.key, wish, effect.kind, lease.epoch, now],
    )
    .await?;
    Ok(BegunEffect { id, clearance: Clearance::Clear })
}

pub async fn end(tx: &mut Session, lease: &Lease, ends: &[(Uuid, EffectEnd)], now: UtcMs) -> StoreResult<()> {
    hold(tx, lease).await?;
    for (id, end) in ends {
        let state = match end {
            EffectEnd::Confirmed => "confirmed",
            EffectEnd::Refused => "refused",
            EffectEnd::Unknown => "unknown",
        };
        tx.run(
            "update effects set state = $1, ended = $2 where id = $3 and tenant = $4",
            args![state, now, *id, lease.tenant],
        )
        .await?;
    }
    Ok(())
}
