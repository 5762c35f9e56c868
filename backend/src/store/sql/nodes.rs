//! Processes that share the store.

use super::session::{Row, Session, args};
use crate::store::nodes::REMEMBERED_MS;
use crate::store::{Node, SeenNode, StoreResult};
use shared::UtcMs;

pub async fn heartbeat(tx: &mut Session, node: &Node, now: UtcMs) -> StoreResult<Vec<SeenNode>> {
    tx.run(
        "insert into nodes (name, started, version, seen) values ($1, $2, $3, $4)
         on conflict (name) do update
           set started = excluded.started, version = excluded.version, seen = excluded.seen",
        args![&node.name, node.started, &node.version, now],
    )
    .await?;
    // Every start of a process may bring a new name.
    tx.run("delete from nodes where seen < $1", args![now.plus_ms(-REMEMBERED_MS)]).await?;
    let rows = tx.rows("select name, started, version, seen from nodes order by name", args![]).await?;
    rows.iter().map(seen_node).collect()
}

pub async fn farewell(session: &mut Session, name: &str) -> StoreResult<()> {
    session.run("delete from nodes where name = $1", args![name]).await?;
    Ok(())
}

fn seen_node(row: &Row) -> StoreResult<SeenNode> {
    let node = Node { name: row.text("name")?, started: row.ms("started")?, version: row.text("version")? };
    Ok(SeenNode { node, seen: row.ms("seen")? })
}
