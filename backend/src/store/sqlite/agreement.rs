//! What is stored when a wish ends.

use crate::store::{ItemKey, StoreResult, WishEnd};
use shared::plan::LinkCategory;
use shared::regarding::RecordRef;
use sqlx::{Sqlite, Transaction};

/// Recent records kept per user.
const RECENTS_KEPT: i64 = 20;

/// A wish is fulfilled when a look shows that nothing of it is left to do. That look is also the probe for
/// what was sent for it and never heard of again, e.g. because the process was killed.
pub(super) async fn confirm_unfinished(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    end: &WishEnd,
) -> StoreResult<()> {
    sqlx::query(
        "update effects set state = 'confirmed', ended = $1
         where tenant = $2 and wish = $3 and state in ('started', 'unknown')",
    )
    .bind(end.now.0)
    .bind(tenant)
    .bind(end.wish.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn agree(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    key: &ItemKey,
    end: &WishEnd,
) -> StoreResult<()> {
    let mailbox = key.mailbox.0.to_string();
    match end.link {
        Some(link) => {
            let category = match link.category {
                LinkCategory::Agreed => "agreed",
                LinkCategory::Refused => "refused",
                LinkCategory::Off => "off",
            };
            sqlx::query(
                "insert into links (tenant, mailbox_id, item, email, category, since) values ($1, $2, $3, $4, $5, $6)
                 on conflict (tenant, mailbox_id, item) do update
                   set email = excluded.email, category = excluded.category, since = excluded.since",
            )
            .bind(tenant)
            .bind(&mailbox)
            .bind(&key.item.0)
            .bind(link.email.0.to_string())
            .bind(category)
            .bind(end.now.0)
            .execute(&mut **tx)
            .await?;
        }
        None => {
            sqlx::query("delete from links where tenant = $1 and mailbox_id = $2 and item = $3")
                .bind(tenant)
                .bind(&mailbox)
                .bind(&key.item.0)
                .execute(&mut **tx)
                .await?;
        }
    }
    if let Some(category) = &end.category {
        sqlx::query(
            "insert into mailboxes (tenant, mailbox_id, category_id, category_name) values ($1, $2, $3, $4)
             on conflict (tenant, mailbox_id) do update
               set category_id = excluded.category_id, category_name = excluded.category_name",
        )
        .bind(tenant)
        .bind(&mailbox)
        .bind(&category.id.0)
        .bind(&category.name)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(super) async fn remember_record(
    tx: &mut Transaction<'static, Sqlite>,
    tenant: &str,
    end: &WishEnd,
    recent: &RecordRef,
) -> StoreResult<()> {
    sqlx::query(
        "insert into recent_records (tenant, user_id, table_name, record, name, at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant, user_id, table_name, record) do update set name = excluded.name, at = excluded.at",
    )
    .bind(tenant)
    .bind(end.user.to_string())
    .bind(recent.key.table.as_str())
    .bind(recent.key.id.to_string())
    .bind(&recent.name)
    .bind(end.now.0)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "delete from recent_records where tenant = $1 and user_id = $2 and rowid not in
           (select rowid from recent_records where tenant = $1 and user_id = $2 order by at desc limit $3)",
    )
    .bind(tenant)
    .bind(end.user.to_string())
    .bind(RECENTS_KEPT)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
