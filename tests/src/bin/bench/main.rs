//! The figures that need a running product, for `cargo xtask bench`: those that no machine changes first, then
//! those of this one. Nothing is asserted here; the tests hold what must not be exceeded.

mod clicks;
mod memory;
mod painted;

use anyhow::{Result, ensure};

/// The chapters, in the order in which they are told.
const CHAPTERS: [&str; 3] = ["clicks", "painted", "memory"];

#[tokio::main]
async fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for name in &wanted {
        ensure!(
            CHAPTERS.contains(&name.as_str()),
            "there is no chapter {name}; there are {}",
            CHAPTERS.join(", ")
        );
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if is_wanted("clicks") {
        clicks::tell().await;
    }
    if is_wanted("painted") {
        painted::tell().await;
    }
    if is_wanted("memory") {
        memory::tell().await?;
    }
    Ok(())
}
