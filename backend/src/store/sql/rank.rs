//! Which of an item's wishes counts: the newest.

use super::audit_trail::append;
use super::rows::sorted_by_seq;
use super::session::{Row, Session, args, json};
use crate::caller::TenantId;
use crate::store::audit::Entry;
use crate::store::{CATEGORY_ASSIGN, ItemKey, ItemName, Rank, StoreResult};
use shared::UtcMs;
use uuid::Uuid;

/// An item's wishes that a newer one ends: the open ones, and those that were refused. Nobody ends them
/// meanwhile.
pub async fn of_item(
    tx: &mut Session,
    tenant: TenantId,
    name: &ItemName,
    key: Option<&ItemKey>,
) -> StoreResult<Vec<Row>> {
    let rows = tx
        .locked_rows(
            "select id, user_id, state, origin, seq from wishes
             where state in ('running', 'waiting', 'refused') and id in
               (select id from wishes where tenant = $1 and mailbox = $2 and asked_item = $3
                union select id from wishes where tenant = $1 and mailbox_id = $4 and item = $5)",
            args![tenant, &name.mailbox, &name.item, key.map(|k| k.mailbox), key.map(|k| &k.item)],
        )
        .await?;
    sorted_by_seq(rows)
}

/// Once an item's lasting names are known, older open wishes for it under other names end too.
pub async fn supersede_older(
    tx: &mut Session,
    tenant: TenantId,
    wish: Uuid,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<()> {
    let older = tx
        .locked_rows(
            "select id, user_id, state, seq from wishes
             where tenant = $1 and state in ('running', 'waiting', 'refused') and mailbox_id = $3 and item = $4
               and seq < (select seq from wishes where id = $2)",
            args![tenant, wish, key.mailbox, &key.item],
        )
        .await?;
    end_superseded(tx, tenant, &sorted_by_seq(older)?, wish, now).await
}

/// Whether a newer wish for the item stands under another name; then this one ends.
pub async fn give_way(
    tx: &mut Session,
    tenant: TenantId,
    wish: Uuid,
    key: &ItemKey,
    now: UtcMs,
) -> StoreResult<Rank> {
    let newer = tx
        .rows(
            "select id, seq from wishes where tenant = $1 and mailbox_id = $2 and item = $3
               and seq > (select seq from wishes where id = $4)",
            args![tenant, key.mailbox, &key.item, wish],
        )
        .await?;
    let Some(newer) = sorted_by_seq(newer)?.pop() else { return Ok(Rank::Newest) };
    let this = tx
        .locked_rows(
            "select id, user_id, state from wishes where id = $1 and state in ('running', 'waiting')",
            args![wish],
        )
        .await?;
    end_superseded(tx, tenant, &this, newer.uuid("id")?, now).await?;
    Ok(Rank::Superseded)
}

/// Ends wishes in favour of a newer one. A category that an open one put on is from now on the newer one's to take
/// back; what a refused one put on, it has taken back itself.
pub async fn end_superseded(
    tx: &mut Session,
    tenant: TenantId,
    older: &[Row],
    by: Uuid,
    now: UtcMs,
) -> StoreResult<()> {
    let detail = json(&serde_json::json!({ "by": by }))?;
    for row in older {
        let (wish, user) = (row.uuid("id")?, row.uuid("user_id")?);
        tx.run("update wishes set state = 'superseded', settled = $1 where id = $2", args![now, wish])
            .await?;
        if row.text("state")? != "refused" {
            tx.run(
                "update effects set wish = $1 where wish = $2 and kind = $3 and state <> 'refused'",
                args![by, wish, CATEGORY_ASSIGN],
            )
            .await?;
        }
        let entry = Entry { at: now, user, wish, event: "wish.superseded", detail: &detail };
        append(tx, tenant, &entry).await?;
    }
    Ok(())
}
