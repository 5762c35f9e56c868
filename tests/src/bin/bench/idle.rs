//! One node with idle mailboxes: memory and processor time against their number.
//!
//! The real program with SQLite. Each mailbox is looked through once; then nothing happens but idle cycles, one a
//! mailbox every 12 minutes. What they cost is counted over a while, by the requests that arrive.

use super::crowd::Crowd;
use super::machine::{mb, processor_time, resident};
use anyhow::{Context as _, Result};
use sandbox::world::journal::Service;
use std::time::Duration;
use tokio::time::sleep;

/// Mailboxes of each row, unless another number is asked for.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// How long idle mailboxes are watched: an interval of quiet ones, so that each has its cycle once.
const WATCHED: Duration = Duration::from_mins(12);
const LEASE_MS: u64 = 15_000;

/// Prints the chapter, or only its row for so many mailboxes.
pub async fn tell(only: Option<usize>) -> Result<()> {
    println!(
        "{:>9}  {:>9}  {:>9}  {:>9}  one node with idle mailboxes; at most 300 MB and 10 % with 10000",
        "mailboxes", "MB", "% of core", "requests"
    );
    for size in only.map_or_else(|| SIZES.to_vec(), |only| vec![only]) {
        let crowd = Crowd::gather(1, size, LEASE_MS, None).await?;
        let process = crowd.process().await?;
        let world = &crowd.fleet.tenant.world;
        // The first cycles end, and what they took is given back.
        sleep(Duration::from_secs(5)).await;
        world.journal.clear();
        let mark = world.journal.last();
        let before = processor_time(process).context("there is /proc")?;
        sleep(WATCHED).await;
        let took = processor_time(process).context("there is /proc")?.saturating_sub(before);
        let asked = world.journal.entries_after(mark);
        let upstream = |entry: &&sandbox::world::journal::Entry| {
            entry.service == Service::Graph && entry.parent.is_none()
        };
        let requests = asked.iter().filter(upstream).count();
        println!(
            "{size:>9}  {:>9}  {:>9.2}  {requests:>9}  in {} s of real time",
            mb(resident(process).context("there is /proc")?),
            100.0 * took.as_secs_f64() / WATCHED.as_secs_f64(),
            WATCHED.as_secs()
        );
    }
    println!();
    Ok(())
}
