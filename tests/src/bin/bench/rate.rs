//! How fast: messages a second and core, from category to email, and back at work after `kill -9`.
//!
//! Real programs and real time on this machine; of the processor only the service's own share is counted.

use super::crowd::Crowd;
use super::machine::{percentile, processor_time};
use anyhow::{Context as _, Result};
use std::time::Duration;
use tests::{Database, Mail};
use tokio::time::{Instant, sleep};

const PEOPLE: usize = 10;
/// Messages for the rate.
const MESSAGES: usize = 400;
/// Rounds of one message a mailbox each for the time from category to email.
const ROUNDS: usize = 20;
const PATIENCE: Duration = Duration::from_mins(2);
/// The default of production.
const LEASE_MS: u64 = 15_000;

/// Prints the chapter `rate`.
pub async fn tell() -> Result<()> {
    let crowd = Crowd::gather(1, PEOPLE, LEASE_MS, None).await?;
    let process = crowd.process().await?;
    let spent = || processor_time(process).context("there is /proc");
    let mut letters = Vec::new();
    let before = spent()?;
    for number in 0..MESSAGES {
        letters.push(crowd.letter(number % PEOPLE).await);
    }
    until_quiet(process).await?;
    let changed = spent()?.saturating_sub(before);
    let before = spent()?;
    for letter in &letters {
        crowd.categorize(letter).await;
    }
    crowd.until_tracked(&letters, PATIENCE).await?;
    until_quiet(process).await?;
    let tracked = spent()?.saturating_sub(before);
    println!("{:>9}  messages a second and core, {MESSAGES} of each", "");
    for (took, what) in
        [(changed, "new messages seen, none to be tracked"), (tracked, "tracked by their category")]
    {
        println!("{:>9.0}  {what}", MESSAGES as f64 / took.as_secs_f64().max(0.001));
    }
    println!();
    Ok(())
}

/// Returns once the process has had no processor for a while.
async fn until_quiet(process: u32) -> Result<()> {
    let mut before = None;
    loop {
        let now = processor_time(process).context("there is /proc")?;
        if before == Some(now) {
            return Ok(());
        }
        before = Some(now);
        sleep(Duration::from_millis(1_500)).await;
    }
}

/// Prints the chapter `noticed`.
pub async fn tell_noticed() -> Result<()> {
    let crowd = Crowd::gather(1, PEOPLE, LEASE_MS, None).await?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let mut letters: Vec<Mail> = Vec::new();
        for to in 0..PEOPLE {
            letters.push(crowd.letter(to).await);
        }
        // Some are categorized while the cycle for their arrival is just over, some long after it.
        sleep(Duration::from_millis(100 * round as u64)).await;
        for letter in &letters {
            let begun = Instant::now();
            crowd.categorize(letter).await;
            crowd.until_tracked(std::slice::from_ref(letter), PATIENCE).await?;
            times.push(begun.elapsed());
        }
    }
    times.sort();
    println!(
        "{:>9}  {:>9}  {:>9}  ms from a category set in another client to the email in the CRM",
        "p50", "p99", "longest"
    );
    println!(
        "{:>9}  {:>9}  {:>9}  notifications on, the sandbox's default latency, {} messages (at most 2000)",
        percentile(&times, 50).as_millis(),
        percentile(&times, 99).as_millis(),
        percentile(&times, 100).as_millis(),
        times.len()
    );
    println!();
    Ok(())
}

/// Prints the chapter `recovery`.
pub async fn tell_recovery() -> Result<()> {
    println!(
        "{:>9}  {:>9}  s from kill -9 until a message categorized at that moment is tracked",
        "p50", "longest"
    );
    for (nodes, what) in [
        (1, "one node with SQLite, started again at once"),
        (3, "one of three nodes with PostgreSQL, not started again (at most 30)"),
    ] {
        let database = if nodes == 1 { None } else { Some(Database::new().await) };
        let crowd = Crowd::gather(nodes, PEOPLE, LEASE_MS, database).await?;
        let mut letters = Vec::new();
        for to in 0..PEOPLE {
            letters.push(crowd.letter(to).await);
        }
        sleep(Duration::from_secs(5)).await;
        crowd.fleet.kill(0).await;
        for letter in &letters {
            crowd.categorize(letter).await;
        }
        let begun = Instant::now();
        if nodes == 1 {
            crowd.fleet.start(0).await;
        }
        let started = begun.elapsed();
        let times = crowd.until_tracked(&letters, PATIENCE * 4).await?;
        let at = |percent| (percentile(&times, percent) + started).as_secs_f64();
        println!("{:>9.1}  {:>9.1}  {what}", at(50), at(100));
    }
    println!();
    Ok(())
}
