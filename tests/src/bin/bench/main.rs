//! The figures that need a running product, for `cargo xtask bench`: those that no machine changes first, then
//! those of this one. Nothing is asserted here; the tests hold what must not be exceeded.

mod clicks;
mod crowd;
mod cycles;
mod idle;
mod machine;
mod memory;
mod painted;
mod rate;
mod scale;

use anyhow::{Context as _, Result, ensure};

/// The chapters, in the order in which they are told. Some take minutes; `idle=100000` tells of that many mailboxes
/// alone, and takes an hour to fill them.
const CHAPTERS: [&str; 8] = ["clicks", "cycles", "painted", "memory", "rate", "noticed", "recovery", "idle"];

#[tokio::main]
async fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let name = |wanted: &str| wanted.split('=').next().unwrap_or_default().to_owned();
    for wanted in wanted.iter().map(|wanted| name(wanted)) {
        ensure!(
            CHAPTERS.contains(&wanted.as_str()),
            "there is no chapter {wanted}; there are {}",
            CHAPTERS.join(", ")
        );
    }
    let only = wanted.iter().find_map(|wanted| wanted.strip_prefix("idle="));
    let only =
        only.map(|only| only.parse().context("idle=NUMBER takes a number of mailboxes")).transpose()?;
    for chapter in CHAPTERS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| name(wanted) == chapter) {
            continue;
        }
        match chapter {
            "clicks" => clicks::tell().await,
            "cycles" => cycles::tell().await,
            "painted" => painted::tell().await,
            "memory" => memory::tell().await?,
            "rate" => rate::tell().await?,
            "noticed" => rate::tell_noticed().await?,
            "recovery" => rate::tell_recovery().await?,
            _ => idle::tell(only).await?,
        }
    }
    Ok(())
}
