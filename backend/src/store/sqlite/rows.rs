//! Rows as the store's own values.

use crate::caller::{TenantId, UserId};
use crate::exchange::MailboxId;
use crate::store::{ItemKey, ItemName, StoreError, StoreResult, StoredWish, WishState};
use serde::de::DeserializeOwned;
use shared::UtcMs;
use shared::email::CrmEmailId;
use shared::item::{ItemId, SmtpAddress};
use shared::plan::{Link, LinkCategory};
use shared::problem::Problem;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

pub(super) fn stored_wish(row: &SqliteRow) -> StoreResult<StoredWish> {
    let mailbox_id: Option<String> = row.try_get("mailbox_id")?;
    let key = match mailbox_id {
        Some(_) => {
            Some(ItemKey { mailbox: MailboxId(uuid(row, "mailbox_id")?), item: ItemId(row.try_get("item")?) })
        }
        None => None,
    };
    Ok(StoredWish {
        id: uuid(row, "id")?,
        tenant: TenantId(uuid(row, "tenant")?),
        user: UserId(uuid(row, "user_id")?),
        name: ItemName {
            mailbox: SmtpAddress::new(row.try_get("mailbox")?),
            item: ItemId(row.try_get("asked_item")?),
        },
        key,
        wish: parsed(row.try_get("wish")?)?,
        state: wish_state(row)?,
        failed_attempts: u32::try_from(row.try_get::<i64, _>("failed_attempts")?).unwrap_or(u32::MAX),
        origin: shared::wish::Origin::Pane,
        problem: None,
    })
}

pub(super) fn wish_state(row: &SqliteRow) -> StoreResult<WishState> {
    let problem = || -> StoreResult<Problem> {
        let text: Option<&str> = row.try_get("problem")?;
        parsed(text.ok_or_else(|| StoreError::Damaged("a wish without its problem".into()))?)
    };
    match row.try_get("state")? {
        "running" => Ok(WishState::Running),
        "waiting" => {
            let next: Option<i64> = row.try_get("next_attempt")?;
            Ok(WishState::Waiting { problem: problem()?, next_attempt: UtcMs(next.unwrap_or_default()) })
        }
        "fulfilled" => Ok(WishState::Fulfilled),
        "superseded" => Ok(WishState::Superseded),
        "refused" => Ok(WishState::Refused { problem: problem()? }),
        other => Err(StoreError::Damaged(format!("unknown state of a wish: {other}"))),
    }
}

pub(super) fn stored_link(row: &SqliteRow) -> StoreResult<Link> {
    let category = match row.try_get("category")? {
        "agreed" => LinkCategory::Agreed,
        "refused" => LinkCategory::Refused,
        "off" => LinkCategory::Off,
        other => return Err(StoreError::Damaged(format!("unknown state of a link: {other}"))),
    };
    Ok(Link { email: CrmEmailId(uuid(row, "email")?), category })
}

pub(super) fn uuid(row: &SqliteRow, column: &str) -> StoreResult<Uuid> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Damaged(format!("{column} is no id: {text}")))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}

pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(e.to_string()))
}

/// What SQLite says, in the store's words.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLite's primary result codes: 13 SQLITE_FULL, 10 SQLITE_IOERR (778: IOERR_WRITE), 11 CORRUPT, 26 NOTADB.
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        let code = code.and_then(|c| c.parse::<i64>().ok());
        let text = error.to_string();
        match (code.map(|c| c & 0xff), &error) {
            (Some(13), _) => StoreError::Full(text),
            (Some(10), _) if code == Some(778) => StoreError::Full(text),
            (Some(11 | 26), _)
            | (
                _,
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::RowNotFound,
            ) => StoreError::Damaged(text),
            _ => StoreError::Down(text),
        }
    }
}
