//! What a click costs upstream: round trips one after the other, requests, and bytes both ways.

use super::scale::Scale;
use sandbox::company::{ADA, OPPORTUNITIES, Opportunity};
use sandbox::world::journal::{Journal, Service};
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::wish::RecordFate;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Mail, Pane, Stack};

/// How long the other side takes for each answer, in milliseconds, so that what is sent at the same time also
/// is so in its journal.
const MOMENT_MS: u64 = 3;

/// The service with warm tokens, and somebody who uses it.
struct Bench {
    stack: Stack,
    ada: Pane,
    bytes: Arc<AtomicUsize>,
}

/// Prints the chapter.
pub async fn tell() {
    println!(
        "{:>9}  {:>9}  {:>9}  upstream, with warm tokens, as the sandbox's journal has it",
        "in a row", "requests", "bytes"
    );
    let bench = Bench::set_up().await;
    let ada = &bench.ada;

    let mail = bench.mail().await;
    bench.measure("opening a mail", async { drop(ada.open(&mail).await) }).await;
    bench.measure("track, from click to Tracked", async { drop(ada.track(&mail).await) }).await;
    bench.measure("opening a tracked mail", async { drop(ada.open(&mail).await) }).await;

    let mail = bench.opened_mail().await;
    bench.measure("suggestions", async { drop(ada.suggestions(&mail).await) }).await;
    let search_and_set = async {
        let found = ada.search("depth sounders").await;
        ada.set_regarding(&mail, found.records[0].record.clone()).await;
    };
    bench.measure("search and set regarding, the mail not tracked before", search_and_set).await;
    let other = async { drop(ada.set_regarding(&mail, record(&OPPORTUNITIES[1])).await) };
    bench.measure("change regarding", other).await;
    bench.measure("untrack and keep", async { drop(ada.untrack(&mail, RecordFate::Keep).await) }).await;

    let mail = bench.opened_mail().await;
    ada.track(&mail).await;
    bench.measure("untrack and delete", async { drop(ada.untrack(&mail, RecordFate::Delete).await) }).await;
    println!();
}

impl Bench {
    async fn set_up() -> Self {
        let bytes = Arc::<AtomicUsize>::default();
        let counted = bytes.clone();
        let stack = Stack::start_with(|setup| {
            setup.transport = Arc::new(Scale { beyond: setup.transport.clone(), bytes: counted });
        })
        .await;
        let bench = Self { ada: stack.pane(&ADA), stack, bytes };
        let mail = bench.opened_mail().await;
        bench.ada.set_regarding(&mail, record(&OPPORTUNITIES[0])).await;
        for service in [Service::Entra, Service::Graph, Service::Dataverse] {
            bench.stack.world.faults.set_latency(service, MOMENT_MS);
        }
        bench
    }

    async fn mail(&self) -> Mail {
        self.stack.mail_to(&ADA).await
    }

    async fn opened_mail(&self) -> Mail {
        let mail = self.mail().await;
        self.ada.open(&mail).await;
        mail
    }

    /// Does something and prints what it cost.
    async fn measure(&self, what: &str, act: impl Future<Output = ()>) {
        let mark = self.stack.mark();
        self.bytes.store(0, Ordering::Relaxed);
        act.await;
        let asked = self.stack.since(mark);
        let requests = asked.iter().filter(|entry| entry.parent.is_none()).count();
        let bytes = self.bytes.load(Ordering::Relaxed);
        println!("{:>9}  {requests:>9}  {bytes:>9}  {what}", Journal::depth(&asked));
    }
}

fn record(of: &Opportunity) -> RecordRef {
    let id = of.id.parse().expect("the company's ids are GUIDs");
    RecordRef { key: RecordKey { table: Table::opportunity(), id }, name: of.name.to_owned() }
}
