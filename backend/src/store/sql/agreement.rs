//! What is stored when a wish ends.

use super::leases::hold;
use super::session::{Session, args, json};
use crate::caller::TenantId;
use crate::exchange::MailboxId;
use crate::store::{CATEGORY_GIVE_UP, ItemKey, Lease, StoreResult, WishEnd};
use shared::category::{CategoryLife, KnownCategory, MasterCategory};
use shared::item::ItemId;
use shared::plan::{Link, LinkCategory};
use shared::regarding::RecordRef;
use shared::rules::mailboxes::Reading;

/// Recent records kept per user.
const RECENTS_KEPT: i64 = 20;

/// A wish is fulfilled when a look shows that nothing of it is left to do. That look is also the probe for
/// what was sent for it and never heard of again, e.g. because the process was killed.
pub async fn confirm_unfinished(tx: &mut Session, tenant: TenantId, end: &WishEnd) -> StoreResult<()> {
    tx.run(
        "update effects set state = 'confirmed', ended = $1
         where tenant = $2 and wish = $3 and state in ('started', 'unknown')",
        args![end.now, tenant, end.wish],
    )
    .await?;
    Ok(())
}

/// A wish that was given up ends when a look shows the mark on the message (RET-03). That look is also the probe
/// for the writing of the mark; of what failed before it says nothing.
pub async fn confirm_mark(tx: &mut Session, tenant: TenantId, end: &WishEnd) -> StoreResult<()> {
    tx.run(
        "update effects set state = 'confirmed', ended = $1
         where tenant = $2 and wish = $3 and kind = $4 and state in ('started', 'unknown')",
        args![end.now, tenant, end.wish, CATEGORY_GIVE_UP],
    )
    .await?;
    Ok(())
}

/// Stores whether the item is linked, and the mailbox's category as it was seen. An item that a person took out of
/// tracking is remembered as such until it is linked again.
pub async fn agree(
    tx: &mut Session,
    tenant: TenantId,
    key: &ItemKey,
    end: &WishEnd,
    untracks: bool,
) -> StoreResult<()> {
    match end.link {
        Some(link) => {
            store_link(tx, tenant, key, link, end).await?;
            let sql = "delete from untracked where tenant = $1 and mailbox_id = $2 and item = $3";
            tx.run(sql, args![tenant, key.mailbox, &key.item]).await?;
        }
        None => {
            let sql = "delete from links where tenant = $1 and mailbox_id = $2 and item = $3";
            tx.run(sql, args![tenant, key.mailbox, &key.item]).await?;
            if untracks && end.refused.is_none() {
                remember_untracked(tx, tenant, key.mailbox, &key.item, end).await?;
            }
        }
    }
    if let Some(category) = &end.category {
        store_seen_category(tx, tenant, key.mailbox, category).await?;
    }
    Ok(())
}

async fn store_link(
    tx: &mut Session,
    tenant: TenantId,
    key: &ItemKey,
    link: Link,
    end: &WishEnd,
) -> StoreResult<()> {
    let (category, off) = match link.category {
        LinkCategory::Agreed => ("agreed", 0),
        LinkCategory::Refused => ("refused", 0),
        LinkCategory::Off => ("refused", 1),
    };
    tx.run(
        "insert into links (tenant, mailbox_id, item, email, category, category_off, folder, since)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant, mailbox_id, item) do update
           set email = excluded.email, category = excluded.category, category_off = excluded.category_off,
             folder = coalesce(excluded.folder, links.folder), since = excluded.since",
        args![
            tenant,
            key.mailbox,
            &key.item,
            link.email,
            category,
            i64::from(off),
            end.folder.as_ref(),
            end.now
        ],
    )
    .await?;
    Ok(())
}

async fn remember_untracked(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    item: &ItemId,
    end: &WishEnd,
) -> StoreResult<()> {
    tx.run(
        "insert into untracked (tenant, mailbox_id, item, folder, since) values ($1, $2, $3, $4, $5)
         on conflict (tenant, mailbox_id, item) do update
           set folder = coalesce(excluded.folder, untracked.folder), since = excluded.since",
        args![tenant, mailbox, item, end.folder.as_ref(), end.now],
    )
    .await?;
    Ok(())
}

/// Learns which category of the master list it is. Whether it is kept there is for the cycle to say.
async fn store_seen_category(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    category: &MasterCategory,
) -> StoreResult<()> {
    tx.run(
        "insert into mailboxes (tenant, mailbox_id, category_id, category_name, not_kept) values ($1, $2, $3, $4, 1)
         on conflict (tenant, mailbox_id) do update set
           not_kept = case when mailboxes.category_id is null then 1 else mailboxes.not_kept end,
           category_id = excluded.category_id, category_name = excluded.category_name",
        args![tenant, mailbox, &category.id, &category.name],
    )
    .await?;
    Ok(())
}

pub async fn save_category(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    known: &KnownCategory,
    reading: Reading,
) -> StoreResult<()> {
    hold(tx, lease).await?;
    let not_kept = match known.life {
        CategoryLife::Kept => 0,
        CategoryLife::NotKept => 1,
    };
    tx.run(
        "insert into mailboxes (tenant, mailbox_id, category_id, category_name, not_kept)
         values ($1, $2, $3, $4, $5)
         on conflict (tenant, mailbox_id) do update set category_id = excluded.category_id,
           category_name = excluded.category_name, not_kept = excluded.not_kept",
        args![lease.tenant, mailbox, &known.category.id, &known.category.name, i64::from(not_kept)],
    )
    .await?;
    if reading == Reading::FromStart {
        tx.run(
            "update folders set link = null, round = 'full', round_high = 0, generation = generation + 1
             where tenant = $1 and mailbox_id = $2",
            args![lease.tenant, mailbox],
        )
        .await?;
    }
    Ok(())
}

/// CAT-15: other recipients' copies of what is tracked now are to be categorized when they are seen.
pub async fn expect_copies(tx: &mut Session, tenant: TenantId, end: &WishEnd) -> StoreResult<()> {
    for (mailbox, message_id, email, direction) in &end.copies {
        tx.run(
            "insert into expected_copies (tenant, mailbox_id, message_id, email, direction, since)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (tenant, mailbox_id, message_id) do update
               set email = excluded.email, direction = excluded.direction, since = excluded.since",
            args![tenant, *mailbox, message_id, *email, json(direction)?, end.now],
        )
        .await?;
    }
    Ok(())
}

pub async fn remember_record(
    tx: &mut Session,
    tenant: TenantId,
    end: &WishEnd,
    recent: &RecordRef,
) -> StoreResult<()> {
    tx.run(
        "insert into recent_records (tenant, user_id, table_name, record, name, at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant, user_id, table_name, record) do update set name = excluded.name, at = excluded.at",
        args![tenant, end.user, recent.key.table.as_str(), recent.key.id, &recent.name, end.now],
    )
    .await?;
    tx.run(
        "delete from recent_records where tenant = $1 and user_id = $2 and (table_name, record) not in
           (select table_name, record from recent_records where tenant = $1 and user_id = $2
            order by at desc, record limit $3)",
        args![tenant, end.user, RECENTS_KEPT],
    )
    .await?;
    Ok(())
}
