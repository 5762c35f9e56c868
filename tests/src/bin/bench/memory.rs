//! What the real program keeps in memory, with its sandbox, idle after the start and after some work.

use super::machine::{mb, resident};
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tests::online::{dist, installed};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// It is idle when its memory has not changed for this long.
const QUIET: Duration = Duration::from_millis(500);
/// Looks this often at most.
const LOOKS: usize = 20;
/// The last line that the program prints when it is ready.
const READY: &str = "Ctrl+C stops it.";

/// Prints the chapter.
pub async fn tell() -> Result<()> {
    let program: PathBuf = match std::env::var_os("REGARDING_BIN") {
        Some(program) => program.into(),
        None => bail!("REGARDING_BIN names no program: `cargo xtask bench` builds it and sets this"),
    };
    let folder = tempfile::tempdir()?;
    let mut child = Command::new(&program)
        .args(["serve", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"])
        .arg("--data")
        .arg(folder.path())
        .arg("--static")
        .arg(dist())
        .arg("--npm")
        .arg(installed())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    until_ready(&mut child).await?;
    let Some(bytes) = until_idle(child.id().context("the program runs")?).await else {
        println!("memory is only measured where there is /proc");
        return Ok(());
    };
    println!("{:>9}  MB resident: the service with its sandbox, idle (at most 64)", mb(bytes));
    child.kill().await.context("the program was there to be ended")?;
    Ok(())
}

async fn until_ready(child: &mut Child) -> Result<()> {
    let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        if line.contains(READY) {
            return Ok(());
        }
    }
    bail!("the program ended before it was ready")
}

/// Bytes resident once they stay the same; `None` where the system does not tell.
async fn until_idle(process: u32) -> Option<u64> {
    let mut before = resident(process)?;
    for _ in 0..LOOKS {
        tokio::time::sleep(QUIET).await;
        let now = resident(process)?;
        if now == before {
            break;
        }
        before = now;
    }
    Some(before)
}
