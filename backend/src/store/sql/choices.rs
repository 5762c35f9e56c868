//! Whom users took several matching records for.

use super::session::{Dialects, Session, args, json};
use crate::caller::{TenantId, UserId};
use crate::store::{StoreError, StoreResult};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::party::Chosen;
use shared::regarding::{RecordKey, Table};

const OF_ADDRESSES: Dialects = Dialects {
    sqlite: "select address, table_name, record from person_choices
             where tenant = $1 and user_id = $2 and address in (select value from json_each($3)) order by address",
    postgres: "select address, table_name, record from person_choices
               where tenant = $1 and user_id = $2 and address in (select json_array_elements_text($3::json))
               order by address",
};

pub async fn choose(
    tx: &mut Session,
    tenant: TenantId,
    user: UserId,
    choice: &Chosen,
    now: UtcMs,
) -> StoreResult<()> {
    tx.run(
        "insert into person_choices (tenant, user_id, address, table_name, record, at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant, user_id, address)
           do update set table_name = excluded.table_name, record = excluded.record, at = excluded.at",
        args![tenant, user, &choice.address, choice.record.table.as_str(), choice.record.id, now],
    )
    .await?;
    Ok(())
}

pub async fn chosen(
    session: &mut Session,
    tenant: TenantId,
    user: UserId,
    addresses: &[SmtpAddress],
) -> StoreResult<Vec<Chosen>> {
    let rows = session.rows_by(OF_ADDRESSES, args![tenant, user, json(&addresses)?]).await?;
    rows.iter()
        .map(|row| {
            let table =
                Table::new(&row.text("table_name")?).map_err(|e| StoreError::Damaged(e.to_string()))?;
            let record = RecordKey { table, id: row.uuid("record")? };
            Ok(Chosen { address: SmtpAddress::new(&row.text("address")?), record })
        })
        .collect()
}
