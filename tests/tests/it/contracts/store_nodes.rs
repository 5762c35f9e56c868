//! The store's contract: processes that share it.

use super::bed::Bed;
use super::samples::*;
use backend::app::{Parts, embedded};
use backend::config::{Config, StoreAt, Tls};
use backend::net::over_reqwest::Roots;
use backend::store::nodes::{NAMED_MS, REMEMBERED_MS};
use backend::store::postgres::PostgresStore;
use backend::store::{Node, Ring, SeenNode, Store as _, StoreError};
use backend::sync::StoreSharing;
use shared::UtcMs;
use std::path::Path;
use std::time::Duration;
use tests::Database;
use tokio::sync::mpsc::Receiver;

on_every_store! {
    nodes_that_showed_signs_of_life_are_told,
    a_second_process_of_the_same_name_is_noticed,
    names_are_known_for_a_year_after_the_last_process_began_under_them,
    a_store_is_silent_while_nobody_rings,
}

/// As production configures it: a data folder, and the database that is shared.
fn configured(folder: &Path, database: &Database) -> Config {
    let side = embedded::side("https://localhost:4000", "").expect("a sandbox's side");
    let listen = "127.0.0.1:3000".parse().expect("an address");
    let public = "https://localhost:3000".parse().expect("an origin");
    let mut config = Config::for_sandbox(&side, listen, public, Tls::BehindProxy);
    config.roots = Roots::System;
    config.data_dir = folder.to_owned();
    config.store = StoreAt::Postgres(database.at());
    config
}

/// As production puts its parts together: two data folders, one database.
#[tokio::test]
async fn two_processes_with_folders_of_their_own_share_one_database() {
    let database = Database::new().await;
    let mut parts = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().expect("a folder");
        let config = configured(folder.path(), &database);
        parts.push((Parts::of(config).await.expect("the parts of a service"), folder));
    }
    for (parts, folder) in &parts {
        assert_eq!(parts.store_sharing, StoreSharing::Shared);
        assert!(!folder.path().join("regarding.db").exists(), "nothing is kept on the side");
    }
    assert_ne!(parts[0].0.holder, parts[1].0.holder, "each has a name of its own");
    parts[0].0.store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    assert_eq!(parts[1].0.store.due_mailboxes().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_process_keeps_its_name_over_a_restart_and_over_a_name_that_was_half_written() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let start = async |config: Config| Parts::of(config).await.map(|parts| parts.holder);
    let first = start(configured(folder.path(), &database)).await.expect("a name is drawn");
    assert_eq!(start(configured(folder.path(), &database)).await.expect("it starts again"), first);
    let configured_name = Config { node: Some("berlin".into()), ..configured(folder.path(), &database) };
    assert_eq!(start(configured_name).await.expect("it starts again"), "berlin");
    std::fs::write(folder.path().join("node-name"), "").expect("the folder can be written");
    let another = start(configured(folder.path(), &database)).await.expect("another name is drawn");
    assert!(another.starts_with("node-") && another != first, "{another}");
}

fn node(name: &str) -> Node {
    Node { name: name.into(), started: UtcMs(1), version: "0.1.0".into() }
}

async fn nodes_that_showed_signs_of_life_are_told(s: Bed) {
    let seen = |name, seen| SeenNode { node: node(name), seen: UtcMs(seen) };
    let heard = async |node: &Node, now| {
        let heard = s.heartbeat(node, UtcMs(now)).await.unwrap();
        assert_eq!(heard.now, UtcMs(now));
        heard.nodes
    };
    assert_eq!(heard(&node("one"), 100).await, [seen("one", 100)]);
    assert_eq!(heard(&node("two"), 200).await, [seen("one", 100), seen("two", 200)]);
    let newer = Node { started: UtcMs(300), version: "0.2.0".into(), ..node("one") };
    let upgraded = SeenNode { node: newer.clone(), seen: UtcMs(300) };
    assert_eq!(heard(&newer, 300).await, [upgraded, seen("two", 200)]);
    let late = 200 + REMEMBERED_MS;
    assert_eq!(heard(&node("one"), late).await, [seen("one", late), seen("two", 200)]);
    let later = late + 1;
    assert_eq!(heard(&node("one"), later).await, [seen("one", later)]);
    s.farewell("one").await.unwrap();
    assert_eq!(heard(&node("three"), later).await, [seen("three", later)]);
}

async fn a_second_process_of_the_same_name_is_noticed(s: Bed) {
    let other = Node { started: UtcMs(300), ..node("one") };
    assert_eq!(s.heartbeat(&node("one"), UtcMs(100)).await.unwrap().namesake, None);
    assert_eq!(s.heartbeat(&node("one"), UtcMs(200)).await.unwrap().namesake, None);
    assert_eq!(s.heartbeat(&other, UtcMs(300)).await.unwrap().namesake, Some(UtcMs(1)));
    assert_eq!(s.heartbeat(&node("one"), UtcMs(400)).await.unwrap().namesake, Some(UtcMs(300)));
}

async fn names_are_known_for_a_year_after_the_last_process_began_under_them(s: Bed) {
    let begin = |name, at| s.take_over(name, StoreSharing::Shared, UtcMs(at));
    begin("two", 0).await.unwrap();
    begin("one", 1).await.unwrap();
    s.heartbeat(&node("one"), UtcMs(1)).await.unwrap();
    s.farewell("one").await.unwrap();
    assert_eq!(s.node_names().await.unwrap(), ["one", "two"], "also of those that are gone");
    begin("two", NAMED_MS).await.unwrap();
    assert_eq!(s.node_names().await.unwrap(), ["one", "two"]);
    begin("two", NAMED_MS + 2).await.unwrap();
    assert_eq!(s.node_names().await.unwrap(), ["two"]);
}

/// Clocks ten minutes apart: a lease lasts as long as the database says, not as long as whoever asks believes.
#[tokio::test]
async fn leases_and_signs_of_life_are_judged_by_the_clock_of_the_server_that_several_share() {
    const LEASE_MS: i64 = 60_000;
    const TEN_MINUTES_MS: i64 = 600_000;
    let database = Database::new().await;
    let open = async || PostgresStore::open(&database.at()).await.expect("a database");
    let (early, late) = (open().await, open().await);
    let clock = "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now";
    let now: i64 =
        sqlx::query_scalar(clock).fetch_one(&mut database.connect().await).await.expect("the time");
    let (behind, ahead) = (UtcMs(now - TEN_MINUTES_MS), UtcMs(now + TEN_MINUTES_MS));
    let ada = address("ada");
    let held = early.take_lease(TENANT, &ada, "early", behind, LEASE_MS).await.unwrap().expect("it is free");
    assert_eq!(late.take_lease(TENANT, &ada, "late", ahead, LEASE_MS).await.unwrap(), None, "too early");
    early.renew_lease(&held, behind, LEASE_MS).await.unwrap();
    assert_eq!(late.take_lease(TENANT, &ada, "late", ahead, LEASE_MS).await.unwrap(), None, "renewed");
    database.run(&format!("update leases set expires = expires - {}", LEASE_MS + 1)).await;
    let taken = early.take_lease(TENANT, &ada, "another", behind, LEASE_MS).await.unwrap();
    assert!(taken.is_some_and(|taken| taken.epoch > held.epoch), "not too late either");
    assert!(matches!(early.renew_lease(&held, ahead, LEASE_MS).await, Err(StoreError::Fenced)));

    early.heartbeat(&node("early"), behind).await.unwrap();
    let heard = late.heartbeat(&node("late"), ahead).await.unwrap();
    assert_eq!(heard.nodes.len(), 2, "{heard:?}");
    assert!(
        heard.nodes.iter().all(|node| (0..LEASE_MS).contains(&heard.now.since_ms(node.seen))),
        "{heard:?}"
    );
    assert!((0..LEASE_MS).contains(&heard.now.since_ms(UtcMs(now))), "{heard:?}");
}

async fn a_store_is_silent_while_nobody_rings(s: Bed) {
    let mut rings = s.listen().await.unwrap();
    s.ring_others(&Ring::Assignment).await.unwrap();
    // What we ring ourselves is for others: once it has gone round, it was not heard here.
    s.ping().await.unwrap();
    tokio::task::yield_now().await;
    assert!(rings.try_recv().is_err_and(|error| error == tokio::sync::mpsc::error::TryRecvError::Empty));
}

async fn heard(rings: &mut Receiver<Ring>) -> Ring {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, rings.recv()).await.expect("it was rung").expect("the line is open")
}

#[tokio::test]
async fn what_one_process_rings_the_others_hear_in_order_and_it_does_not() {
    let database = Database::new().await;
    let (one, two, three) = (database.open().await, database.open().await, database.open().await);
    let (mut first, mut second, mut third) =
        (one.listen().await.unwrap(), two.listen().await.unwrap(), three.listen().await.unwrap());
    let rings = [
        Ring::Work { tenant: TENANT, mailbox: address("ada") },
        Ring::Look { tenant: TENANT, mailbox: address("ada") },
        Ring::Told { tenant: TENANT, name: name("it's \"an\" item") },
        Ring::Assignment,
    ];
    let longer_than_any_name = Ring::Told { tenant: TENANT, name: name(&"x".repeat(9_000)) };
    for ring in &rings {
        one.ring_others(ring).await.unwrap();
    }
    two.ring_others(&rings[0]).await.unwrap();
    for ring in &rings {
        assert_eq!(&heard(&mut second).await, ring);
        assert_eq!(&heard(&mut third).await, ring);
    }
    one.ring_others(&longer_than_any_name).await.unwrap();
    assert_eq!(heard(&mut second).await, Ring::Assignment, "look at everything, then");
    // Its own were rung before the others', so they would have come first.
    assert_eq!(heard(&mut first).await, rings[0]);
}

#[tokio::test]
async fn a_process_whose_line_was_cut_looks_at_everything_once_it_hears_again() {
    let database = Database::new().await;
    let (one, two) = (database.open().await, database.open().await);
    let mut rings = two.listen().await.unwrap();
    database
        .run(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query like 'LISTEN%' and pid <> pg_backend_pid()",
        )
        .await;
    assert_eq!(heard(&mut rings).await, Ring::Assignment);
    let work = Ring::Work { tenant: TENANT, mailbox: address("ben") };
    one.ring_others(&work).await.unwrap();
    assert_eq!(heard(&mut rings).await, work);
}

#[tokio::test]
async fn what_a_newer_program_rings_for_is_passed_over_by_one_that_does_not_know_it() {
    let database = Database::new().await;
    let (one, two) = (database.open().await, database.open().await);
    let mut rings = two.listen().await.unwrap();
    let of_the_future = r#"{"by":"00000000-0000-4000-8000-000000000001","ring":"sunrise","over":"Kiel"}"#;
    database.run(&format!("select pg_notify('regarding', '{of_the_future}')")).await;
    let work = Ring::Work { tenant: TENANT, mailbox: address("ben") };
    one.ring_others(&work).await.unwrap();
    assert_eq!(heard(&mut rings).await, work);
}
