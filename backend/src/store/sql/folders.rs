//! A mailbox's folders, and what a page of one of them means.

use super::audit_trail::{Act, append_act};
use super::leases::hold;
use super::mailboxes::facts_of;
use super::rank::of_item;
use super::session::{Session, args, json};
use super::wishes::insert;
use crate::caller::TenantId;
use crate::exchange::{DeltaLink, MailboxId};
use crate::store::folders::MOST_MAPPED;
use crate::store::{
    Actor, FolderKind, FolderPage, FolderRecord, ItemKey, Lease, Mapped, MappedFolder, NewWish, ObservedPage,
    Round, Stopped, StoreError, StoreResult,
};
use serde_json::json;
use shared::UtcMs;
use shared::email::{ConversationId, InternetMessageId};
use shared::item::FolderId;
use shared::wish::Origin;
use uuid::Uuid;

pub async fn all(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
) -> StoreResult<Vec<FolderRecord>> {
    let rows = session
        .rows(
            "select folder, name, kind, link, round, watermark, round_high, mapping, generation from folders
             where tenant = $1 and mailbox_id = $2 order by folder",
            args![tenant, mailbox],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FolderRecord {
                folder: FolderId(row.text("folder")?),
                name: row.text("name")?,
                kind: match row.text("kind")?.as_str() {
                    "inbox" => FolderKind::Inbox,
                    "sent" => FolderKind::Sent,
                    "unwanted" => FolderKind::Unwanted,
                    "other" => FolderKind::Other,
                    other => return Err(StoreError::Damaged(format!("unknown kind of folder: {other}"))),
                },
                link: row.opt_text("link")?.map(DeltaLink),
                round: match row.text("round")?.as_str() {
                    "incremental" => Round::Incremental,
                    "full" => Round::Full,
                    other => return Err(StoreError::Damaged(format!("unknown round: {other}"))),
                },
                watermark: row.ms("watermark")?,
                round_high: row.ms("round_high")?,
                mapping: row.opt_json("mapping")?,
                generation: row.int("generation")?,
            })
        })
        .collect()
}

pub async fn save_list(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    page: &FolderPage,
) -> StoreResult<()> {
    hold(tx, lease).await?;
    let tenant = lease.tenant;
    if page.all {
        let known = "select folder from folders where tenant = $1 and mailbox_id = $2";
        for row in tx.rows(known, args![tenant, mailbox]).await? {
            let folder = FolderId(row.text("folder")?);
            if !page.changed.iter().any(|(listed, _, _)| *listed == folder) {
                remove(tx, tenant, mailbox, &folder).await?;
            }
        }
    }
    for (folder, name, kind) in &page.changed {
        let kind = match kind {
            FolderKind::Inbox => "inbox",
            FolderKind::Sent => "sent",
            FolderKind::Unwanted => "unwanted",
            FolderKind::Other => "other",
        };
        tx.run(
            "insert into folders (tenant, mailbox_id, folder, name, kind, round)
             values ($1, $2, $3, $4, $5, 'full')
             on conflict (tenant, mailbox_id, folder) do update set name = excluded.name, kind = excluded.kind",
            args![tenant, mailbox, folder, name, kind],
        )
        .await?;
    }
    for folder in &page.removed {
        remove(tx, tenant, mailbox, folder).await?;
    }
    tx.run(
        "update synchronized_mailboxes set folders_link = $3 where tenant = $1 and mailbox_id = $2",
        args![tenant, mailbox, &page.link],
    )
    .await?;
    Ok(())
}

async fn remove(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    folder: &FolderId,
) -> StoreResult<()> {
    let sql = "delete from folders where tenant = $1 and mailbox_id = $2 and folder = $3";
    tx.run(sql, args![tenant, mailbox, folder]).await?;
    Ok(())
}

/// FLD-01: counted in its turn, so that two who map at once do not both find the last place free.
pub async fn map(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    to_map: &MappedFolder,
    by: &Actor,
    now: UtcMs,
) -> StoreResult<Mapped> {
    let MappedFolder { folder, name, mapping } = to_map;
    tx.take_turn(tenant).await?;
    if mapping.is_some() {
        let others = tx
            .row(
                "select count(*) as n from folders
                 where tenant = $1 and mailbox_id = $2 and folder <> $3 and mapping is not null",
                args![tenant, mailbox, folder],
            )
            .await?;
        if others.map_or(Ok(0), |row| row.int("n"))? >= MOST_MAPPED {
            return Ok(Mapped::TooMany);
        }
        tx.run(
            "insert into folders (tenant, mailbox_id, folder, name, kind, round, mapping)
             values ($1, $2, $3, $4, 'other', 'full', $5)
             on conflict (tenant, mailbox_id, folder) do update set mapping = excluded.mapping,
                 generation = folders.generation + 1,
                 link = case when folders.mapping is null then null else folders.link end,
                 round = case when folders.mapping is null then 'full' else folders.round end,
                 round_high = case when folders.mapping is null then 0 else folders.round_high end",
            args![tenant, mailbox, folder, name, mapping.as_ref().map(json).transpose()?],
        )
        .await?;
    } else {
        tx.run(
            "update folders set mapping = null, generation = generation + 1
             where tenant = $1 and mailbox_id = $2 and folder = $3",
            args![tenant, mailbox, folder],
        )
        .await?;
    }
    let event = if mapping.is_some() { "folder.mapped" } else { "folder.unmapped" };
    let regarding = mapping.as_ref().and_then(|m| m.regarding.as_ref()).map(|r| &r.key);
    let facts = facts_of(mailbox, [("folder", json!(folder)), ("regarding", json!(regarding))]);
    append_act(tx, tenant, Act { event, by, wish: Uuid::nil(), facts, now }).await?;
    Ok(Mapped::Done)
}

/// The page's token, its watermark and its wishes: all of them or none.
pub async fn save_page(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    page: &ObservedPage,
    now: UtcMs,
) -> StoreResult<u32> {
    hold(tx, lease).await?;
    if !page.wishes.is_empty() || !page.copies_found.is_empty() {
        // Before any row: whoever ends a wish in another mailbox notes copies in its turn.
        tx.take_turn(lease.tenant).await?;
    }
    let folder = tx
        .locked_row(
            "select watermark, round_high, generation from folders
             where tenant = $1 and mailbox_id = $2 and folder = $3",
            args![lease.tenant, mailbox, &page.folder],
        )
        .await?;
    if let Some(row) = &folder
        && row.int("generation")? != page.generation
    {
        return Err(StoreError::Outdated);
    }
    let accepted = notice(tx, lease.tenant, mailbox, &page.wishes, &page.copies_found, now).await?;
    // A folder that was removed meanwhile needs no token any more.
    let Some(row) = folder else { return Ok(accepted) };
    let (watermark, round_high) = (row.ms("watermark")?, row.ms("round_high")?.max(page.high));
    let (round, watermark, round_high) = if page.ends_round {
        (Some("incremental"), watermark.max(round_high), UtcMs(0))
    } else {
        (None, watermark, round_high)
    };
    tx.run(
        "update folders set link = $4, round = coalesce($5, round), watermark = $6, round_high = $7
         where tenant = $1 and mailbox_id = $2 and folder = $3",
        args![lease.tenant, mailbox, &page.folder, &page.link, round, watermark, round_high],
    )
    .await?;
    Ok(accepted)
}

pub async fn accept_noticed(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    wishes: &[NewWish],
    copies_found: &[InternetMessageId],
    now: UtcMs,
) -> StoreResult<u32> {
    hold(tx, lease).await?;
    notice(tx, lease.tenant, mailbox, wishes, copies_found, now).await
}

async fn notice(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    wishes: &[NewWish],
    copies_found: &[InternetMessageId],
    now: UtcMs,
) -> StoreResult<u32> {
    if wishes.is_empty() && copies_found.is_empty() {
        return Ok(0);
    }
    // Before any row: whoever ends a wish in another mailbox notes copies in its turn.
    tx.take_turn(tenant).await?;
    for message_id in copies_found {
        tx.run(
            "delete from expected_copies where tenant = $1 and mailbox_id = $2 and message_id = $3",
            args![tenant, mailbox, message_id],
        )
        .await?;
    }
    let mut accepted = 0;
    for wish in wishes {
        accepted += u32::from(notice_one(tx, tenant, mailbox, wish, now).await?);
    }
    Ok(accepted)
}

fn by_itself(origin: Origin) -> bool {
    matches!(origin, Origin::Reply { .. } | Origin::Filter | Origin::Copy)
}

/// Whether the item is tracked, or was taken out of tracking: while the page was being judged, a person decided.
async fn is_decided(tx: &mut Session, tenant: TenantId, key: &ItemKey) -> StoreResult<bool> {
    for sql in [
        "select item from links where tenant = $1 and mailbox_id = $2 and item = $3",
        "select item from untracked where tenant = $1 and mailbox_id = $2 and item = $3",
    ] {
        if tx.row(sql, args![tenant, key.mailbox, &key.item]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the wish was accepted. One whose id is known was noticed before: the page is being read again. While
/// a wish of the pane is open for the item, somebody is deciding about it by hand.
async fn notice_one(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    wish: &NewWish,
    now: UtcMs,
) -> StoreResult<bool> {
    if wish.tenant != tenant {
        return Err(StoreError::Damaged(format!("the wish {} is another tenant's", wish.id)));
    }
    if tx.row("select id from wishes where id = $1", args![wish.id]).await?.is_some() {
        return Ok(false);
    }
    let key = wish.key.clone().unwrap_or(ItemKey { mailbox, item: wish.name.item.clone() });
    let older = of_item(tx, tenant, &wish.name, Some(&key)).await?;
    for row in &older {
        let of_pane =
            row.opt_json::<Origin>("origin").is_ok_and(|origin| origin.unwrap_or_default() == Origin::Pane);
        if of_pane && row.text("state")? != "refused" {
            return Ok(false);
        }
    }
    if by_itself(wish.origin) && is_decided(tx, tenant, &key).await? {
        return Ok(false);
    }
    insert(tx, &NewWish { key: Some(key), now, ..wish.clone() }, &older).await?;
    Ok(true)
}

pub async fn reset(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    folder: &FolderId,
    link: Option<&DeltaLink>,
) -> StoreResult<()> {
    hold(tx, lease).await?;
    tx.run(
        "update folders set link = $4, round = 'full', round_high = 0, generation = generation + 1
         where tenant = $1 and mailbox_id = $2 and folder = $3",
        args![lease.tenant, mailbox, folder, link],
    )
    .await?;
    Ok(())
}

pub async fn stop_conversation(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    conversation: &ConversationId,
    stopped: Stopped,
    by: &Actor,
    now: UtcMs,
) -> StoreResult<()> {
    tx.take_turn(tenant).await?;
    let event = match stopped {
        Stopped::Yes => {
            tx.run(
                "insert into stopped_conversations (tenant, mailbox_id, conversation, since)
                 values ($1, $2, $3, $4) on conflict (tenant, mailbox_id, conversation) do nothing",
                args![tenant, mailbox, conversation, now],
            )
            .await?;
            "conversation.stopped"
        }
        Stopped::No => {
            tx.run(
                "delete from stopped_conversations where tenant = $1 and mailbox_id = $2 and conversation = $3",
                args![tenant, mailbox, conversation],
            )
            .await?;
            "conversation.resumed"
        }
    };
    let facts = facts_of(mailbox, [("conversation", json!(conversation))]);
    append_act(tx, tenant, Act { event, by, wish: Uuid::nil(), facts, now }).await
}
