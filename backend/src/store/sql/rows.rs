//! Rows of wishes and links as the store's own values.

use super::session::Row;
use crate::caller::{TenantId, UserId};
use crate::exchange::MailboxId;
use crate::store::{ItemKey, ItemName, StoreError, StoreResult, StoredWish, WishState};
use shared::UtcMs;
use shared::email::CrmEmailId;
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::plan::{Link, LinkCategory};
use shared::problem::Problem;

/// The columns that [`stored_wish`] reads. Named one by one: a later migration may add columns while this program
/// works, and PostgreSQL refuses a prepared `select *` from then on.
macro_rules! wish_columns {
    () => {
        "id, tenant, user_id, mailbox, asked_item, mailbox_id, item, wish, origin, folder, state, problem,
         next_attempt, failed_attempts, accepted, attempted, settled, seq"
    };
}
pub(super) use wish_columns;

pub fn stored_wish(row: &Row) -> StoreResult<StoredWish> {
    let key = match row.opt_uuid("mailbox_id")? {
        Some(mailbox) => Some(ItemKey { mailbox: MailboxId(mailbox), item: ItemId(row.text("item")?) }),
        None => None,
    };
    Ok(StoredWish {
        id: row.uuid("id")?,
        tenant: TenantId(row.uuid("tenant")?),
        user: UserId(row.uuid("user_id")?),
        name: ItemName {
            mailbox: SmtpAddress::new(&row.text("mailbox")?),
            item: ItemId(row.text("asked_item")?),
        },
        key,
        wish: row.json("wish")?,
        origin: row.opt_json("origin")?.unwrap_or_default(),
        folder: row.opt_text("folder")?.map(FolderId),
        state: wish_state(row)?,
        failed_attempts: row.count("failed_attempts")?,
        problem: row.opt_json("problem")?,
    })
}

/// Rows of wishes, the oldest first.
pub fn sorted_by_seq(rows: Vec<Row>) -> StoreResult<Vec<Row>> {
    let mut numbered =
        rows.into_iter().map(|row| Ok((row.int("seq")?, row))).collect::<StoreResult<Vec<_>>>()?;
    numbered.sort_by_key(|(seq, _)| *seq);
    Ok(numbered.into_iter().map(|(_, row)| row).collect())
}

pub fn wish_state(row: &Row) -> StoreResult<WishState> {
    let problem = || -> StoreResult<Problem> {
        row.opt_json("problem")?.ok_or_else(|| StoreError::Damaged("a wish without its problem".into()))
    };
    match row.text("state")?.as_str() {
        "running" => Ok(WishState::Running),
        "waiting" => {
            let next_attempt = row.opt_ms("next_attempt")?.unwrap_or(UtcMs(0));
            Ok(WishState::Waiting { problem: problem()?, next_attempt })
        }
        "fulfilled" => Ok(WishState::Fulfilled),
        "superseded" => Ok(WishState::Superseded),
        "refused" => Ok(WishState::Refused { problem: problem()? }),
        other => Err(StoreError::Damaged(format!("unknown state of a wish: {other}"))),
    }
}

/// The columns that [`stored_link`] reads.
macro_rules! link_columns {
    () => {
        "email, category, category_off, folder"
    };
}
pub(super) use link_columns;

pub fn stored_link(row: &Row) -> StoreResult<(Link, Option<FolderId>)> {
    let category = match (row.text("category")?.as_str(), row.int("category_off")?) {
        ("agreed", _) => LinkCategory::Agreed,
        ("refused", 0) => LinkCategory::Refused,
        ("refused", _) => LinkCategory::Off,
        (other, _) => return Err(StoreError::Damaged(format!("unknown state of a link: {other}"))),
    };
    let link = Link { email: CrmEmailId(row.uuid("email")?), category };
    Ok((link, row.opt_text("folder")?.map(FolderId)))
}
