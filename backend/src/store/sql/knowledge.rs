//! What is stored about single items, for whoever looks at them.

use super::rows::{link_columns, sorted_by_seq, stored_link, stored_wish, wish_columns};
use super::session::{Dialects, Row, Session, args, json};
use crate::caller::{TenantId, UserId};
use crate::exchange::MailboxId;
use crate::store::{
    CATEGORY_ASSIGN, CATEGORY_GIVE_UP, ExpectedCopy, ItemFacts, ItemKey, ItemName, Knowledge, StoreError,
    StoreResult, WishState,
};
use shared::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory};
use shared::email::{ConversationId, CrmEmailId, InternetMessageId};
use shared::item::{FolderId, ItemId};
use shared::plan::Ours;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::rules::tracking::goal;
use shared::wish::{Origin, Wish};
use std::collections::HashMap;

const LINK: &str =
    concat!("select ", link_columns!(), " from links where tenant = $1 and mailbox_id = $2 and item = $3");
const WISHES: &str = concat!(
    "select ",
    wish_columns!(),
    // Two queries in one: SQLite would look through all of the tenant's wishes for an `or`.
    " from wishes where id in
        (select id from wishes where tenant = $1 and mailbox_id = $2 and item = $3
         union select id from wishes where tenant = $1 and mailbox = $4 and asked_item = $5)"
);

/// Several queries: the session is a transaction that sees one state of the database.
pub async fn of_item(
    session: &mut Session,
    tenant: TenantId,
    name: &ItemName,
    key: Option<&ItemKey>,
) -> StoreResult<Knowledge> {
    let mailbox = key.map(|key| key.mailbox);
    let item = key.map_or(&name.item, |key| &key.item);
    let link = session.row(LINK, args![tenant, mailbox, item]).await?;
    let link = link.map(|row| stored_link(&row)).transpose()?.map(|(link, _)| link);
    let others = match link {
        None => 0,
        Some(link) => {
            let sql = "select count(*) - 1 as n from links where tenant = $1 and email = $2";
            count(session.row(sql, args![tenant, link.email]).await?)?
        }
    };
    let category = match mailbox {
        Some(mailbox) => category(session, tenant, mailbox).await?,
        None => None,
    };
    // An item has few wishes. Sorted here, lest a database look for the newest among all of the tenant's.
    let wishes = session.rows(WISHES, args![tenant, mailbox, item, &name.mailbox, &name.item]).await?;
    let newest = sorted_by_seq(wishes)?.pop();
    let wish = newest
        .map(|row| stored_wish(&row))
        .transpose()?
        .filter(|w| !matches!(w.state, WishState::Fulfilled | WishState::Superseded));
    let category_is_ours = match &wish {
        None => Ours::No,
        Some(wish) => {
            let sql =
                "select count(*) as n from effects where wish = $1 and kind = $2 and state <> 'refused'";
            if count(session.row(sql, args![wish.id, CATEGORY_GIVE_UP]).await?)? > 0 {
                Ours::TakenOff
            } else if count(session.row(sql, args![wish.id, CATEGORY_ASSIGN]).await?)? > 0 {
                Ours::Yes
            } else {
                Ours::No
            }
        }
    };
    Ok(Knowledge { link, others, category, wish, category_is_ours })
}

fn count(row: Option<Row>) -> StoreResult<u32> {
    row.map_or(Ok(0), |row| row.count("n"))
}

async fn category(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
) -> StoreResult<Option<KnownCategory>> {
    let row = session
        .row(
            "select category_id, category_name, not_kept from mailboxes where tenant = $1 and mailbox_id = $2",
            args![tenant, mailbox],
        )
        .await?;
    row.map_or(Ok(None), |row| known_category(&row))
}

/// The category in a row that has its columns, perhaps empty.
pub fn known_category(row: &Row) -> StoreResult<Option<KnownCategory>> {
    let (Some(id), Some(name)) = (row.opt_text("category_id")?, row.opt_text("category_name")?) else {
        return Ok(None);
    };
    let life = match row.int("not_kept")? {
        0 => CategoryLife::Kept,
        _ => CategoryLife::NotKept,
    };
    Ok(Some(KnownCategory { category: MasterCategory { id: CategoryId(id), name }, life }))
}

/// A query about the items in a list, which is a parameter in JSON.
macro_rules! of_items {
    ($before:literal, $after:literal) => {
        Dialects {
            sqlite: concat!($before, " in (select value from json_each($3))", $after),
            postgres: concat!($before, " in (select json_array_elements_text($3::json))", $after),
        }
    };
}

pub async fn of_items(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    items: &[ItemId],
) -> StoreResult<HashMap<ItemId, ItemFacts>> {
    let mut facts: HashMap<ItemId, ItemFacts> = HashMap::new();
    if items.is_empty() {
        return Ok(facts);
    }
    let args = || Ok::<_, StoreError>(args![tenant, mailbox, json(&items)?]);
    let links = of_items!(
        "select item, email, category, category_off, folder from links
         where tenant = $1 and mailbox_id = $2 and item",
        ""
    );
    for row in session.rows_by(links, args()?).await? {
        let (link, folder) = stored_link(&row)?;
        let of_item = facts.entry(ItemId(row.text("item")?)).or_default();
        (of_item.link, of_item.folder) = (Some(link), folder);
    }
    let untracked =
        of_items!("select item, folder from untracked where tenant = $1 and mailbox_id = $2 and item", "");
    for row in session.rows_by(untracked, args()?).await? {
        let of_item = facts.entry(ItemId(row.text("item")?)).or_default();
        of_item.untracked = true;
        of_item.folder = of_item.folder.take().or(row.opt_text("folder")?.map(FolderId));
    }
    let open = of_items!(
        "select item, origin, wish, folder, seq from wishes where tenant = $1 and mailbox_id = $2 and item",
        " and state in ('running', 'waiting')"
    );
    for row in sorted_by_seq(session.rows_by(open, args()?).await?)? {
        match (row.opt_json::<Origin>("origin"), row.json::<Wish>("wish")) {
            // The last one is the newest.
            (Ok(origin), Ok(wish)) => {
                let of_item = facts.entry(ItemId(row.text("item")?)).or_default();
                of_item.open = Some((origin.unwrap_or_default(), goal(&wish)));
                of_item.folder = row.opt_text("folder")?.map(FolderId).or(of_item.folder.take());
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "a stored wish cannot be read; the others go on without it");
            }
        }
    }
    Ok(facts)
}

pub async fn expected_copies(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
) -> StoreResult<Vec<ExpectedCopy>> {
    let rows = session
        .rows(
            "select message_id, email, direction, since from expected_copies
             where tenant = $1 and mailbox_id = $2 order by since, message_id",
            args![tenant, mailbox],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ExpectedCopy {
                message_id: InternetMessageId(row.text("message_id")?),
                email: CrmEmailId(row.uuid("email")?),
                direction: row.json("direction")?,
                since: row.ms("since")?,
            })
        })
        .collect()
}

pub async fn stopped_conversations(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
) -> StoreResult<Vec<ConversationId>> {
    let rows = session
        .rows(
            "select conversation from stopped_conversations where tenant = $1 and mailbox_id = $2
             order by since, conversation",
            args![tenant, mailbox],
        )
        .await?;
    rows.iter().map(|row| Ok(ConversationId(row.text("conversation")?))).collect()
}

pub async fn recent_records(
    session: &mut Session,
    tenant: TenantId,
    user: UserId,
    limit: u32,
) -> StoreResult<Vec<RecordRef>> {
    let rows = session
        .rows(
            "select table_name, record, name from recent_records where tenant = $1 and user_id = $2
             order by at desc, record limit $3",
            args![tenant, user, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let table =
                Table::new(&row.text("table_name")?).map_err(|e| StoreError::Damaged(e.to_string()))?;
            Ok(RecordRef { key: RecordKey { table, id: row.uuid("record")? }, name: row.text("name")? })
        })
        .collect()
}
