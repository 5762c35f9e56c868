//! What administrators ask, and what is forgotten after a time.

use super::audit_trail::{Act, append_act};
use super::rows::{stored_wish, wish_columns};
use super::session::{Session, args, json};
use crate::caller::TenantId;
use crate::exchange::MailboxId;
use crate::store::{Actor, FailingWish, StoreResult};
use serde_json::Map;
use shared::UtcMs;
use shared::wish::Origin;
use uuid::Uuid;

macro_rules! failing {
    ($condition:literal) => {
        concat!(
            "select ",
            wish_columns!(),
            " from wishes
              where id in
                (select id from wishes where tenant = $1 and state in ('running', 'waiting')
                   and (failed_attempts > 0 or (state = 'waiting' and problem is not null))
                 union select id from wishes where tenant = $1 and state = 'refused' and settled >= $2) ",
            $condition,
            " order by accepted desc, seq desc limit $3"
        )
    };
}
/// A wish whose item was never seen has but the address of its mailbox.
const FAILING_IN_MAILBOX: &str = failing!(
    "and (mailbox_id = $4 or (mailbox_id is null and mailbox in
        (select address from synchronized_mailboxes where tenant = $1 and mailbox_id = $4)))"
);

pub async fn failing(
    session: &mut Session,
    tenant: TenantId,
    mailbox: Option<MailboxId>,
    since: UtcMs,
    limit: u32,
) -> StoreResult<Vec<FailingWish>> {
    let rows = match mailbox {
        None => session.rows(failing!(""), args![tenant, since, limit]).await?,
        Some(mailbox) => session.rows(FAILING_IN_MAILBOX, args![tenant, since, limit, mailbox]).await?,
    };
    rows.iter()
        .map(|row| {
            let attempted = row.opt_ms("attempted")?.or(row.opt_ms("settled")?);
            Ok(FailingWish { wish: stored_wish(row)?, accepted: row.ms("accepted")?, attempted })
        })
        .collect()
}

pub async fn counts(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    since: UtcMs,
) -> StoreResult<(u64, u64)> {
    let rows = session
        .rows(
            "select state, count(*) as n from wishes
             where tenant = $1 and mailbox_id = $2 and settled >= $3 and state in ('fulfilled', 'refused')
             group by state",
            args![tenant, mailbox, since],
        )
        .await?;
    let (mut done, mut failed) = (0, 0);
    for row in rows {
        let counted = if row.text("state")? == "fulfilled" { &mut done } else { &mut failed };
        *counted = u64::from(row.count("n")?);
    }
    Ok((done, failed))
}

pub async fn retry(
    tx: &mut Session,
    tenant: TenantId,
    wish: Uuid,
    by: &Actor,
    now: UtcMs,
) -> StoreResult<bool> {
    tx.take_turn(tenant).await?;
    let reopened = tx
        .run(
            // Whoever gave it up took the category off (RET-03): the wish rests on the administrator now.
            "update wishes set state = 'running', next_attempt = null, failed_attempts = 0, settled = null,
               origin = case when state = 'refused' and origin = $3 then $4 else origin end
             where tenant = $1 and id = $2 and state in ('waiting', 'refused')",
            args![tenant, wish, &json(&Origin::Category)?, &json(&Origin::Administrator)?],
        )
        .await?;
    if reopened == 0 {
        return Ok(false);
    }
    append_act(tx, tenant, Act { event: "wish.retried", by, wish, facts: Map::new(), now }).await?;
    Ok(true)
}

/// Ended wishes none of whose effects may still be under way.
pub async fn prune(tx: &mut Session, before: UtcMs, limit: u32) -> StoreResult<u32> {
    let old = tx
        .locked_rows(
            "select id from wishes
             where settled < $1 and state in ('fulfilled', 'superseded', 'refused') and not exists
               (select 1 from effects where wish = wishes.id and effects.state in ('started', 'unknown'))
             limit $2",
            args![before, limit],
        )
        .await?;
    for row in &old {
        let wish = row.uuid("id")?;
        tx.run("delete from effects where wish = $1", args![wish]).await?;
        tx.run("delete from wishes where id = $1", args![wish]).await?;
    }
    let copies = tx
        .run(
            "delete from expected_copies where (tenant, mailbox_id, message_id) in
               (select tenant, mailbox_id, message_id from expected_copies where since < $1 limit $2)",
            args![before, limit],
        )
        .await?;
    let forgotten = u64::try_from(old.len()).unwrap_or(u64::MAX).max(copies);
    Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
}
