//! Processes that share the store.

use super::session::{Row, Session, Time, args, by_time};
use crate::store::nodes::{NAMED_MS, REMEMBERED_MS};
use crate::store::{Heard, Node, SeenNode, StoreResult};
use shared::UtcMs;

pub async fn begin(tx: &mut Session, name: &str, now: Time) -> StoreResult<()> {
    let row = tx
        .row_by(
            by_time!(
                "insert into node_names (name, started) values ($1, ",
                "$2",
                ") on conflict (name) do update set started = excluded.started returning started"
            ),
            args![name, now],
        )
        .await?;
    if let Some(row) = row {
        // Where no name is kept, every start of a process brings a new one.
        let forgotten = row.ms("started")?.plus_ms(-NAMED_MS);
        tx.run("delete from node_names where started < $1", args![forgotten]).await?;
    }
    Ok(())
}

pub async fn names(session: &mut Session) -> StoreResult<Vec<String>> {
    let rows = session.rows("select name from node_names order by name", args![]).await?;
    rows.iter().map(|row| row.text("name")).collect()
}

pub async fn heartbeat(tx: &mut Session, node: &Node, now: Time) -> StoreResult<Heard> {
    let before = tx.row("select started from nodes where name = $1", args![&node.name]).await?;
    let before = before.map(|row| row.ms("started")).transpose()?;
    let said = tx
        .row_by(
            by_time!(
                "insert into nodes (name, started, version, seen) values ($1, $2, $3, ",
                "$4",
                ") on conflict (name) do update
                   set started = excluded.started, version = excluded.version, seen = excluded.seen
                 returning seen"
            ),
            args![&node.name, node.started, &node.version, now],
        )
        .await?;
    let now = said.map_or(Ok(UtcMs(0)), |row| row.ms("seen"))?;
    tx.run("delete from nodes where seen < $1", args![now.plus_ms(-REMEMBERED_MS)]).await?;
    let rows = tx.rows("select name, started, version, seen from nodes order by name", args![]).await?;
    let nodes = rows.iter().map(seen_node).collect::<StoreResult<_>>()?;
    Ok(Heard { now, nodes, namesake: before.filter(|started| *started != node.started) })
}

pub async fn farewell(session: &mut Session, name: &str) -> StoreResult<()> {
    session.run("delete from nodes where name = $1", args![name]).await?;
    Ok(())
}

fn seen_node(row: &Row) -> StoreResult<SeenNode> {
    let node = Node { name: row.text("name")?, started: row.ms("started")?, version: row.text("version")? };
    Ok(SeenNode { node, seen: row.ms("seen")? })
}
