//! Wishes, from accepted to ended.

use super::agreement::{agree, confirm_mark, confirm_unfinished, expect_copies, remember_record};
use super::audit_trail::append;
use super::leases::{hold, still_open};
use super::rank::{end_superseded, give_way, of_item, supersede_older};
use super::rows::{stored_wish, wish_columns, wish_state};
use super::session::{Row, Session, args, json};
use crate::caller::TenantId;
use crate::store::audit::Entry;
use crate::store::{
    Accepted, DueMailbox, ItemKey, Lease, NewWish, Rank, StoreError, StoreResult, StoredWish, WishEnd,
    WishState,
};
use serde_json::json;
use shared::item::SmtpAddress;
use shared::problem::Problem;
use shared::wish::{Origin, Wish};
use shared::{RuleId, UtcMs};
use uuid::Uuid;

const BY_ID: &str = concat!("select ", wish_columns!(), " from wishes where id = $1");
const BY_ID_IN_TENANT: &str =
    concat!("select ", wish_columns!(), " from wishes where tenant = $1 and id = $2");
const DUE: &str = concat!(
    "select ",
    wish_columns!(),
    " from wishes where tenant = $1 and mailbox = $2 and seq > $4 and state in ('running', 'waiting')
        and (state = 'running' or (state = 'waiting' and next_attempt <= $3))
      order by seq limit $5"
);

pub async fn accept(tx: &mut Session, new: &NewWish) -> StoreResult<Accepted> {
    tx.take_turn(new.tenant).await?;
    if let Some(row) = tx.locked_row(BY_ID, args![new.id]).await? {
        let stored = stored_wish(&row)?;
        let same = stored.tenant == new.tenant
            && stored.user == new.user
            && stored.wish == new.wish
            && stored.name == new.name;
        return match stored.state {
            _ if !same => Ok(Accepted::Taken),
            WishState::Refused { problem } if problem.code.asks_to_sign_in() => {
                reopen(tx, new, &problem).await?;
                Ok(Accepted::New)
            }
            state => Ok(Accepted::Again(state)),
        };
    }
    let older = of_item(tx, new.tenant, &new.name, new.key.as_ref()).await?;
    insert(tx, new, &older).await?;
    Ok(Accepted::New)
}

/// Stores a wish as the tenant's latest, ends the `older` ones in its favour and opens its audit entry.
pub async fn insert(tx: &mut Session, new: &NewWish, older: &[Row]) -> StoreResult<()> {
    let item = new.key.as_ref().map_or(&new.name.item, |key| &key.item);
    let origin = match new.origin {
        Origin::Pane => None,
        _ => Some(json(&new.origin)?),
    };
    let wish = json(&new.wish)?;
    tx.run(
        "insert into wishes
           (id, tenant, user_id, mailbox, asked_item, mailbox_id, item, wish, origin, folder, state, accepted, seq)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', $11,
           (select coalesce(max(seq), 0) + 1 from wishes))",
        args![
            new.id,
            new.tenant,
            new.user,
            &new.name.mailbox,
            &new.name.item,
            new.key.as_ref().map(|key| key.mailbox),
            item,
            &wish,
            origin,
            new.folder.as_ref(),
            new.now
        ],
    )
    .await?;
    end_superseded(tx, new.tenant, older, new.id, new.now).await?;
    let detail = match new.origin {
        Origin::Pane => wish,
        origin => json(&json!({ "wish": new.wish, "origin": origin }))?,
    };
    let entry =
        Entry { at: new.now, user: new.user.0, wish: new.id, event: "wish.accepted", detail: &detail };
    append(tx, new.tenant, &entry).await
}

/// A wish that was refused `because` its user had to sign in begins anew. It is still the item's newest: a newer
/// one would have superseded it.
async fn reopen(tx: &mut Session, new: &NewWish, because: &Problem) -> StoreResult<()> {
    tx.run(
        "update wishes set state = 'running', problem = null, settled = null, failed_attempts = 0
         where id = $1 and tenant = $2",
        args![new.id, new.tenant],
    )
    .await?;
    let detail = json(&json!({ "code": because.code }))?;
    let entry =
        Entry { at: new.now, user: new.user.0, wish: new.id, event: "wish.reopened", detail: &detail };
    append(tx, new.tenant, &entry).await
}

pub async fn state(session: &mut Session, tenant: TenantId, wish: Uuid) -> StoreResult<Option<WishState>> {
    let row = session.row(BY_ID_IN_TENANT, args![tenant, wish]).await?;
    row.map(|row| wish_state(&row)).transpose()
}

pub async fn due_mailboxes(session: &mut Session) -> StoreResult<Vec<DueMailbox>> {
    let rows = session
        .rows(
            "select tenant, mailbox, min(case state when 'waiting' then next_attempt else 0 end) as due from wishes
             where state in ('running', 'waiting') group by tenant, mailbox order by due",
            args![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DueMailbox {
                tenant: TenantId(row.uuid("tenant")?),
                mailbox: SmtpAddress::new(&row.text("mailbox")?),
                due: row.ms("due")?,
            })
        })
        .collect()
}

pub async fn due(
    session: &mut Session,
    tenant: TenantId,
    mailbox: &SmtpAddress,
    now: UtcMs,
    limit: u32,
) -> StoreResult<Vec<StoredWish>> {
    let mut due = Vec::new();
    let mut last = -1;
    loop {
        let rows = session.rows(DUE, args![tenant, mailbox, now, last, limit]).await?;
        for row in &rows {
            last = row.int("seq")?;
            // Read one by one: a row that cannot be read takes nobody's place.
            match stored_wish(row) {
                Ok(wish) => due.push(wish),
                Err(error) => {
                    tracing::error!(%error, "a stored wish cannot be read; the others go on without it");
                }
            }
        }
        if rows.len() < limit as usize || due.len() >= limit as usize {
            due.truncate(limit as usize);
            return Ok(due);
        }
    }
}

pub async fn identify(
    tx: &mut Session,
    lease: &Lease,
    wish: Uuid,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<Rank> {
    hold(tx, lease).await?;
    tx.take_turn(lease.tenant).await?;
    tx.run(
        "update wishes set mailbox_id = $1, item = $2 where id = $3 and tenant = $4",
        args![key.mailbox, &key.item, wish, lease.tenant],
    )
    .await?;
    supersede_older(tx, lease.tenant, wish, key, now).await?;
    give_way(tx, lease.tenant, wish, key, now).await
}

pub async fn postpone(
    tx: &mut Session,
    lease: &Lease,
    wish: Uuid,
    problem: &Problem,
    next_attempt: UtcMs,
    failed_attempts: u32,
    now: UtcMs,
) -> StoreResult<()> {
    hold(tx, lease).await?;
    still_open(tx, lease, wish).await?;
    tx.run(
        "update wishes set state = 'waiting', problem = $1, next_attempt = $2, failed_attempts = $3, attempted = $4
         where id = $5 and tenant = $6 and state in ('running', 'waiting')",
        args![json(problem)?, next_attempt, failed_attempts, now, wish, lease.tenant],
    )
    .await?;
    Ok(())
}

pub async fn end(tx: &mut Session, lease: &Lease, end: &WishEnd) -> StoreResult<Rank> {
    hold(tx, lease).await?;
    tx.take_turn(lease.tenant).await?;
    let before = tx.locked_row(BY_ID_IN_TENANT, args![lease.tenant, end.wish]).await?;
    let before = before
        .map(|row| stored_wish(&row))
        .transpose()?
        .ok_or_else(|| StoreError::Damaged(format!("there is no wish {}", end.wish)))?;
    if end.refused.is_none() {
        confirm_unfinished(tx, lease.tenant, end).await?;
    } else if end.reason.rule == RuleId::Ret03 {
        confirm_mark(tx, lease.tenant, end).await?;
    }
    if let Some(key) = &end.key {
        // CAT-10: a category that was taken off again before anything came of it is a person's word too.
        let untracks = matches!(before.wish, Wish::Untrack { .. }) || end.reason.rule == RuleId::Cat10;
        agree(tx, lease.tenant, key, end, untracks).await?;
    }
    expect_copies(tx, lease.tenant, end).await?;
    if !matches!(before.state, WishState::Running | WishState::Waiting { .. }) {
        return Ok(Rank::Superseded);
    }
    let state = if end.refused.is_none() { "fulfilled" } else { "refused" };
    let problem = end.refused.as_ref().map(json).transpose()?;
    tx.run(
        "update wishes set state = $1, problem = $2, next_attempt = null, settled = $3, attempted = $3
         where id = $4 and tenant = $5",
        args![state, problem, end.now, end.wish, lease.tenant],
    )
    .await?;
    if let Some(recent) = &end.recent {
        remember_record(tx, lease.tenant, end, recent).await?;
    }
    let event = if end.refused.is_none() { "wish.fulfilled" } else { "wish.refused" };
    let detail = json(&json!({
        "rule": end.reason.rule,
        "facts": end.reason.facts,
        "code": end.refused.as_ref().map(|p| p.code),
        "item": end.key.as_ref().map(|k| &k.item),
        "email": end.link.map(|l| l.email),
    }))?;
    let entry = Entry { at: end.now, user: end.user.0, wish: end.wish, event, detail: &detail };
    append(tx, lease.tenant, &entry).await?;
    Ok(Rank::Newest)
}
