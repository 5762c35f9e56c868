//! Plays random histories for as long as it is let: `cargo xtask simulate`.

use clap::Parser;
use core_affinity::CoreId;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tests::simulation::draw::draw;
use tests::simulation::play::{Telling, note_panics};
use tests::simulation::{Ground, History, play, shrink};

/// After so many histories it says how far it is.
const PROGRESS: u64 = 5_000;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "simulate", about = "Plays random histories on the real engine and looks for flaws")]
struct Arguments {
    /// For how long
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// At most so many
    #[arg(long)]
    histories: Option<u64>,
    /// Only this one, told in full
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed; the others follow
    #[arg(long)]
    from: Option<u64>,
    /// Only the history in this file, told in full
    #[arg(long)]
    file: Option<PathBuf>,
    #[arg(long)]
    threads: Option<usize>,
    /// Where shrunk histories that fail are put
    #[arg(long)]
    keep: Option<PathBuf>,
    /// One history in so many is played twice, and must leave the same trace
    #[arg(long, default_value_t = 100)]
    twice: u64,
    /// Failing seeds after which it stops
    #[arg(long, default_value_t = 20)]
    most_failures: u64,
    /// Failing histories are told as they are
    #[arg(long)]
    unshrunk: bool,
}

#[derive(Default)]
struct Tally {
    next: AtomicU64,
    played: AtomicU64,
    failed: AtomicU64,
    requests: AtomicU64,
    deaths: AtomicU64,
    printing: Mutex<()>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    note_panics();
    if let Some(path) = &arguments.file {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        return tell(&serde_json::from_str(&text).expect("the file holds a history"));
    }
    if let Some(seed) = arguments.seed {
        return tell(&draw(seed));
    }
    let threads = arguments
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let from = arguments.from.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        now.as_secs() * 1_000_000
    });
    println!("histories from seed {from} on, on {threads} threads");
    let tally = Tally { next: AtomicU64::new(from), ..Tally::default() };
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(arguments.minutes * 60.0);
    let busy: Duration = std::thread::scope(|scope| {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let (arguments, tally) = (&arguments, &tally);
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                // With more threads than cores, the machine knows better.
                let core = if threads <= cores.len() { cores.get(number).copied() } else { None };
                scope.spawn(move || run(arguments, tally, from, end, core))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
    });
    let (played, failed) = (tally.played.load(Ordering::SeqCst), tally.failed.load(Ordering::SeqCst));
    println!(
        "{played} histories in {:.0} s, {:.1} a second and core; {} requests, {} deaths; {failed} failed",
        begun.elapsed().as_secs_f64(),
        played as f64 / busy.as_secs_f64(),
        tally.requests.load(Ordering::SeqCst),
        tally.deaths.load(Ordering::SeqCst),
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// One thread's share. SQLite works on a thread of its own, and each statement goes there and back: on one core that
/// is a fifth cheaper than on two.
fn run(arguments: &Arguments, tally: &Tally, from: u64, end: Instant, core: Option<CoreId>) -> Duration {
    let begun = Instant::now();
    if let Some(core) = core {
        core_affinity::set_for_current(core);
    }
    runtime().block_on(async {
        let ground = Ground::new().await;
        while Instant::now() < end && tally.failed.load(Ordering::SeqCst) < arguments.most_failures {
            let seed = tally.next.fetch_add(1, Ordering::SeqCst);
            if arguments.histories.is_some_and(|most| seed - from >= most) {
                break;
            }
            one(arguments, tally, &ground, seed).await;
        }
    });
    begun.elapsed()
}

async fn one(arguments: &Arguments, tally: &Tally, ground: &Arc<Ground>, seed: u64) {
    let history = draw(seed);
    let mut played = play(ground, &history, Telling::Quiet).await;
    let number = tally.played.fetch_add(1, Ordering::SeqCst) + 1;
    if number.is_multiple_of(PROGRESS) {
        println!("{number} played, {} failed", tally.failed.load(Ordering::SeqCst));
    }
    tally.requests.fetch_add(played.requests, Ordering::SeqCst);
    tally.deaths.fetch_add(u64::from(played.deaths), Ordering::SeqCst);
    if played.flaws.is_empty() && seed.is_multiple_of(arguments.twice.max(1)) {
        let again = play(ground, &history, Telling::Quiet).await;
        if again.trace != played.trace {
            played.flaws.push("trace: played twice, the history leaves two traces".to_owned());
        }
    }
    if played.flaws.is_empty() {
        return;
    }
    tally.failed.fetch_add(1, Ordering::SeqCst);
    let seen = played.flaws.clone();
    let (short, mut short_played) = if arguments.unshrunk || played.flaws[0].starts_with("trace") {
        (history, played)
    } else {
        shrink::shrink(ground, &history).await
    };
    if short_played.flaws.is_empty() {
        short_played.flaws = seen;
        short_played.flaws.push("trace: played again, the history does not fail".to_owned());
    }
    let _printing = tally.printing.lock();
    println!("FAILED seed {seed}: {}", short_played.flaws.join("\n       "));
    println!("{short}       again: cargo xtask simulate --seed {seed}");
    if let Some(folder) = &arguments.keep {
        let path = folder.join(format!("seed-{seed}.json"));
        let text = serde_json::to_string_pretty(&short).expect("a history is JSON");
        std::fs::write(&path, text + "\n").expect("the folder can be written");
        println!("       kept as {}", path.display());
    }
}

fn tell(history: &History) -> ExitCode {
    let ends = runtime().block_on(async {
        let ground = Ground::new().await;
        let first = play(&ground, history, Telling::Whole).await;
        let second = play(&ground, history, Telling::Whole).await;
        (first, second)
    });
    println!("{history}");
    for line in &ends.0.told {
        println!("{line}");
    }
    if let Some(at) = (0..ends.0.told.len()).find(|at| ends.0.told.get(*at) != ends.1.told.get(*at)) {
        println!("TRACE differs: {:?} | {:?}", ends.0.told.get(at), ends.1.told.get(at));
    }
    for flaw in &ends.0.flaws {
        println!("FLAW {flaw}");
    }
    println!(
        "{} requests, {} deaths, trace {:x} and {:x}",
        ends.0.requests, ends.0.deaths, ends.0.trace, ends.1.trace
    );
    if ends.0.flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
