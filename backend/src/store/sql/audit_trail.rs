//! The audit trail's rows, each chained to the one before it.

use super::session::{Row, Session, args};
use crate::caller::TenantId;
use crate::store::audit::{AuditRow, Entry, chained_hash};
use crate::store::{Actor, StoreResult};
use serde_json::{Map, Value};
use shared::UtcMs;
use uuid::Uuid;

const ROWS_OF_TENANT: &str = "select seq, at, user_id, wish, event, detail, hash from audit
     where tenant = $1 order by seq";
const ROWS_OF_WISH: &str = "select seq, at, user_id, wish, event, detail, hash from audit
     where tenant = $1 and wish = $2 order by seq";

/// Adds a row at the trail's end. The transaction has taken its turn in the tenant
/// ([`Session::take_turn`]): two rows never follow the same one.
pub async fn append(tx: &mut Session, tenant: TenantId, entry: &Entry<'_>) -> StoreResult<()> {
    let last = tx
        .row("select seq, hash from audit where tenant = $1 order by seq desc limit 1", args![tenant])
        .await?;
    let (seq, former) = match last {
        Some(row) => (row.int("seq")? + 1, row.text("hash")?),
        None => (1, String::new()),
    };
    let hash = chained_hash(&former, seq, entry);
    tx.run(
        "insert into audit (tenant, seq, at, user_id, wish, event, detail, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![tenant, seq, entry.at, entry.user, entry.wish, entry.event, entry.detail, hash],
    )
    .await?;
    Ok(())
}

/// What somebody does outside any wish, or to one.
#[derive(Debug)]
pub struct Act<'a> {
    pub event: &'a str,
    pub by: &'a Actor,
    /// The wish that it is done to; nil where it is none.
    pub wish: Uuid,
    pub facts: Map<String, Value>,
    pub now: UtcMs,
}

/// Adds what an actor did. A program has no Entra object: its name stands in the detail.
pub async fn append_act(tx: &mut Session, tenant: TenantId, act: Act<'_>) -> StoreResult<()> {
    let Act { event, by, wish, mut facts, now } = act;
    match by {
        Actor::User(_) => {}
        Actor::Program(name) => drop(facts.insert("program".into(), name.as_str().into())),
        Actor::Engine => drop(facts.insert("engine".into(), true.into())),
    }
    let detail = Value::Object(facts).to_string();
    let user = by.user().map_or(Uuid::nil(), |user| user.0);
    append(tx, tenant, &Entry { at: now, user, wish, event, detail: &detail }).await
}

/// A tenant's whole trail, in order.
pub async fn trail(session: &mut Session, tenant: TenantId) -> StoreResult<Vec<AuditRow>> {
    session.rows(ROWS_OF_TENANT, args![tenant]).await?.iter().map(audit_row).collect()
}

/// What it tells of one wish, in order.
pub async fn trail_of(session: &mut Session, tenant: TenantId, wish: Uuid) -> StoreResult<Vec<AuditRow>> {
    session.rows(ROWS_OF_WISH, args![tenant, wish]).await?.iter().map(audit_row).collect()
}

fn audit_row(row: &Row) -> StoreResult<AuditRow> {
    Ok(AuditRow {
        seq: row.int("seq")?,
        at: row.ms("at")?,
        user: row.uuid("user_id")?,
        wish: row.uuid("wish")?,
        event: row.text("event")?,
        detail: row.text("detail")?,
        hash: row.text("hash")?,
    })
}
