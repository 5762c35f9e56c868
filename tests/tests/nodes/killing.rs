//! `kill -9` of a random node out of three, again and again: nothing is lost, nothing doubled, no mailbox left alone.

use super::dice::Dice;
use super::load::{Letter, Load, Wanted};
use sandbox::world::Mail;
use shared::category::TRACKED;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};
use tests::fleet::Terms;
use tests::{Database, Fleet};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const NODES: usize = 3;
/// A node that is silent for so long is believed dead. Shorter than in production, so that many can die in a short
/// time.
const LEASE_MS: u64 = 3_000;
const PEOPLE: usize = 12;
/// Kills where nobody says how many.
const KILLS: u64 = 10;
/// No mailbox may be left alone for longer.
const LONGEST_STALL: Duration = Duration::from_secs(30);
/// How often a letter comes, as long as the CRM grants what it needs.
const PAUSE: Duration = Duration::from_millis(120);
/// Longest time between two kills, in milliseconds, where the machine is quick.
const BETWEEN_KILLS_MS: usize = 1_500;
/// Where it is not, as many times as long as a node last took to start: on a machine so busy that every node is killed
/// before it has done anything, nothing would be tried but the machine.
const BETWEEN_KILLS_IN_STARTS: u32 = 3;
/// A line of progress every so many kills.
const PROGRESS: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_killed_at_random_lose_nothing_double_nothing_and_stall_no_mailbox() {
    let kills = told("REGARDING_KILLS").unwrap_or(KILLS);
    let seed = told("REGARDING_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    println!("killing {kills} nodes, seed {seed}");
    let database = Database::empty().await;
    let terms = Terms {
        nodes: NODES,
        lease_ms: LEASE_MS,
        mail: Mail::None,
        database: Some(database.clone()),
        older: env::var_os("REGARDING_OLDER").map(PathBuf::from),
    };
    let fleet = Arc::new(Fleet::found(terms).await);
    let load = Load::of(&fleet.tenant, PEOPLE).await;
    for number in 0..NODES {
        fleet.start(number).await;
    }
    until_enabled(&database, load.people().len()).await;
    let load = Arc::new(Mutex::new(load));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let at_work = tokio::spawn(work(fleet.clone(), load.clone(), Dice::new(seed), stopped));
    let begun = Instant::now();
    kill(&fleet, &load, Dice::new(!seed), kills).await;
    stop.send(true).expect("somebody works");
    at_work.await.expect("people work on");
    until_settled(&fleet, &load).await;
    let load = load.lock().await;
    tell(&load, kills, begun.elapsed());
    let mut wrong = faults(&fleet, &database, &load).await;
    let longest = load.longest();
    if longest > LONGEST_STALL {
        wrong.push(format!("a mailbox was left alone for {longest:?}"));
    }
    if !wrong.is_empty() {
        let folder = keep_evidence(&fleet, &database, seed).await;
        panic!("seed {seed}: {wrong:#?}\nthe evidence lies in {}", folder.display());
    }
}

/// Writes down what every node said, and what the database holds; answers where.
async fn keep_evidence(fleet: &Fleet, database: &Database, seed: u64) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nodes-{seed}"));
    fs::create_dir_all(&folder).expect("a folder");
    let tables = ["leases", "nodes", "synchronized_mailboxes", "folders", "wishes", "effects", "links"];
    let mut connection = database.connect().await;
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("select row_to_json(t)::text from {table} t")))
                .fetch_all(&mut connection)
                .await
                .expect("a readable database");
        fs::write(folder.join(format!("{table}.json")), rows.join("\n")).expect("a file");
    }
    for number in 0..NODES {
        fs::write(folder.join(format!("node-{number}.log")), fleet.log(number).await).expect("a log");
    }
    folder
}

fn told(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable}={value} is no number")))
}

/// Waits until every mailbox is synchronized.
async fn until_enabled(database: &Database, count: usize) {
    let limit = Instant::now() + Duration::from_mins(2);
    let mut connection = database.connect().await;
    loop {
        let on =
            "select count(*) from synchronized_mailboxes where operation = 'on' and address like 'person.%'";
        let on: i64 = sqlx::query_scalar(on).fetch_one(&mut connection).await.expect("an answer");
        if usize::try_from(on).is_ok_and(|on| on >= count) {
            return;
        }
        assert!(Instant::now() < limit, "only {on} of {count} mailboxes are synchronized");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Letters come, and are looked after, until somebody says that it is enough.
async fn work(
    fleet: Arc<Fleet>,
    load: Arc<Mutex<Load>>,
    mut dice: Dice,
    stop: tokio::sync::watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        {
            let mut load = load.lock().await;
            if load.may_send() {
                load.send(&fleet.tenant, &mut dice).await;
            }
            load.look(&fleet.tenant).await;
            load.count_requests(&fleet.tenant);
        }
        sleep(PAUSE).await;
    }
}

/// Kills random nodes; each is started again at once, while the next may be dying already.
async fn kill(fleet: &Arc<Fleet>, load: &Mutex<Load>, mut dice: Dice, kills: u64) {
    let mut starting: HashMap<usize, tokio::task::JoinHandle<Duration>> = HashMap::new();
    let mut started_in = Duration::ZERO;
    for count in 1..=kills {
        let starts_ms =
            usize::try_from((started_in * BETWEEN_KILLS_IN_STARTS).as_millis()).expect("a short time");
        let millis = u64::try_from(dice.below(BETWEEN_KILLS_MS.max(starts_ms))).expect("a short time");
        sleep(Duration::from_millis(millis)).await;
        let victim = dice.below(NODES);
        if let Some(start) = starting.remove(&victim) {
            started_in = start.await.expect("it starts");
        }
        fleet.kill(victim).await;
        if load.lock().await.longest() > LONGEST_STALL {
            println!("  after {count} kills a mailbox has been left alone for too long");
            break;
        }
        let again = fleet.clone();
        let start = async move {
            let begun = Instant::now();
            again.start(victim).await;
            begun.elapsed()
        };
        starting.insert(victim, tokio::spawn(start));
        if count % PROGRESS == 0 {
            let load = load.lock().await;
            let longest = load.longest();
            println!(
                "  {count} kills: {} letters, of which {} wait; a start takes {started_in:.1?}; longest from category to email {longest:.1?}",
                load.settled.len() + load.waiting().count(),
                load.waiting().count(),
            );
        }
    }
    for (_, start) in starting {
        start.await.expect("it starts");
    }
}

/// Waits until nothing is left to do, no longer than a mailbox may be left alone.
async fn until_settled(fleet: &Fleet, load: &Mutex<Load>) {
    let limit = Instant::now() + 2 * LONGEST_STALL;
    loop {
        let mut load = load.lock().await;
        load.look(&fleet.tenant).await;
        if load.is_through() || Instant::now() > limit {
            return;
        }
        drop(load);
        sleep(Duration::from_millis(100)).await;
    }
}

fn tell(load: &Load, kills: u64, took: Duration) {
    let mut times = load.times.clone();
    times.sort();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).max(1) - 1).copied();
    println!(
        "{kills} kills in {took:.0?}: {} letters settled with {} requests to the CRM; from category to email p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        load.settled.len(),
        load.requests,
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default(),
        at(100).unwrap_or_default(),
    );
}

/// Everything that is not as people wished it, once all is quiet.
async fn faults(fleet: &Fleet, database: &Database, load: &Load) -> Vec<String> {
    let mut wrong: Vec<String> = load.waiting().map(|it| format!("lost: {:?}", it.copies)).collect();
    let limit = Instant::now() + LONGEST_STALL;
    loop {
        let mut open = open_ends(database).await;
        let links = links(database).await;
        open.extend(load.settled.iter().filter_map(|letter| fault_of(fleet, &links, letter)));
        if open.is_empty() || Instant::now() > limit {
            wrong.extend(open);
            return wrong;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Wishes that are open, were given up, and effects whose end nobody knows.
async fn open_ends(database: &Database) -> Vec<String> {
    let mut connection = database.connect().await;
    let wishes = "select id, state, problem from wishes where state not in ('fulfilled', 'superseded')";
    let effects =
        "select key as id, state, null as problem from effects where state in ('started', 'unknown')";
    let mut open = Vec::new();
    for query in [wishes, effects] {
        let rows = sqlx::query(query).fetch_all(&mut connection).await.expect("a readable database");
        open.extend(rows.iter().map(|row| {
            let problem: Option<String> = row.get("problem");
            let (id, state): (String, String) = (row.get("id"), row.get("state"));
            format!("{id} is {state}: {}", problem.unwrap_or_default())
        }));
    }
    open
}

/// Emails by the items that are linked with them.
async fn links(database: &Database) -> HashMap<String, Uuid> {
    let mut connection = database.connect().await;
    let rows = sqlx::query("select item, email from links").fetch_all(&mut connection).await;
    let rows = rows.expect("a readable database");
    let email = |text: String| text.parse().expect("the id of an email");
    rows.iter().map(|row| (row.get("item"), email(row.get("email")))).collect()
}

/// What is wrong with a letter, if anything is.
fn fault_of(fleet: &Fleet, links: &HashMap<String, Uuid>, letter: &Letter) -> Option<String> {
    let message = &letter.copies[0].internet_message_id;
    let emails = fleet.tenant.world.crm().emails_with(message);
    if emails.len() > 1 {
        return Some(format!("doubled: {message} has {} emails", emails.len()));
    }
    letter.copies.iter().find_map(|copy| {
        let link = links.get(&copy.item.0);
        let categories = fleet.tenant.categories(copy).unwrap_or_default();
        let is_right = match letter.wanted {
            Wanted::Tracked => {
                categories.iter().any(|it| it == TRACKED) && link.is_some_and(|link| emails.contains(link))
            }
            Wanted::Untracked => categories.is_empty() && link.is_none(),
        };
        let told = format!("{:?}, yet {categories:?}, {link:?}, {emails:?}: {copy:?}", letter.wanted);
        (!is_right).then_some(told)
    })
}
