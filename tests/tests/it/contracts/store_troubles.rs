//! The store's contract when the database fails: what is told, and that nothing half done stays.

use super::bed::Bed;
use super::samples::*;
use backend::store::postgres::{Encryption, PostgresAt, PostgresStore};
use backend::store::sqlite::SqliteStore;
use backend::store::{Accepted, Store, StoreError};
use shared::problem::Code;
use tests::Database;

on_every_store! {
    what_was_broken_off_is_not_there,
    a_store_that_answers_is_ready,
}

async fn what_was_broken_off_is_not_there(s: Bed) {
    let before = s.dump().await;
    for (write, table) in [("insert on wishes", "wishes"), ("insert on audit", "audit")] {
        s.break_off(write).await;
        let refused = s.accept_wish(&wish(1, "a", 1)).await;
        assert!(matches!(refused, Err(StoreError::Down(_))), "{refused:?}");
        s.mend(table).await;
        assert_eq!(s.dump().await, before, "{write}");
    }
    assert_eq!(s.accept_wish(&wish(1, "a", 1)).await.unwrap(), Accepted::New);
}

async fn a_store_that_answers_is_ready(s: Bed) {
    let before = s.dump().await;
    s.ping().await.unwrap();
    assert_eq!(s.dump().await, before);
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_nothing_is_stored() {
    let Bed::Sqlite { store, folder: _folder } = Bed::sqlite().await else { unreachable!("it is one") };
    store.limit_pages_to_present().await.unwrap();
    let mut refused = None;
    for n in 0..2_000 {
        match store.accept_wish(&wish(n, &format!("{n:0>200}"), 1)).await {
            Ok(_) => {}
            Err(error) => {
                refused = Some((n, error));
                break;
            }
        }
    }
    let (n, error) = refused.expect("the file cannot grow for ever");
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert_eq!(store.wish_state(TENANT, id(n)).await.unwrap(), None);
    store.unlimit_pages().await.unwrap();
    assert_eq!(store.accept_wish(&wish(n, "a", 1)).await.unwrap(), Accepted::New);
}

#[tokio::test]
async fn a_store_in_memory_is_a_store() {
    let store = SqliteStore::in_memory().await.unwrap();
    let other = store.clone();
    store.accept_wish(&wish(1, "a", 1)).await.unwrap();
    assert_eq!(other.due_mailboxes().await.unwrap().len(), 1);
    let second = SqliteStore::in_memory().await.unwrap();
    assert!(second.due_mailboxes().await.unwrap().is_empty(), "each is a world of its own");
    store.wipe().await.unwrap();
    assert!(other.due_mailboxes().await.unwrap().is_empty());
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
#[tokio::test]
async fn what_postgresql_says_is_told_in_the_stores_words() {
    let s = Bed::postgres().await;
    let before = s.dump().await;
    for (state, code) in [
        ("53100", Code::StoreFull), // disk_full
        ("53300", Code::StoreDown), // too_many_connections
        ("57P01", Code::StoreDown), // admin_shutdown
        ("25006", Code::StoreDown), // read_only_sql_transaction: it became a standby
        ("40001", Code::StoreDown), // serialization_failure, again and again
        ("40P01", Code::StoreDown), // deadlock_detected
        ("XX001", Code::Internal),  // data_corrupted
        ("42703", Code::Internal),  // undefined_column
    ] {
        s.raise("insert on audit", state).await;
        let refused = s.accept_wish(&wish(1, "a", 1)).await.expect_err("it fails");
        assert_eq!(refused.problem().code, code, "{state}: {refused:?}");
        s.mend("audit").await;
        assert_eq!(s.dump().await, before, "{state}");
    }
    assert_eq!(s.accept_wish(&wish(1, "a", 1)).await.unwrap(), Accepted::New);
}

#[tokio::test]
async fn a_collision_is_tried_again_a_few_times_and_not_for_ever() {
    let s = Bed::postgres().await;
    s.run(
        "create sequence collisions;
         create function collide() returns trigger language plpgsql as $$ begin
           if nextval('collisions') <= 3 then raise exception 'again' using errcode = '40001'; end if;
           return new;
         end $$;
         create trigger collide before insert on audit for each row execute function collide()",
    )
    .await;
    assert_eq!(s.accept_wish(&wish(1, "a", 1)).await.unwrap(), Accepted::New);
    s.run("alter sequence collisions restart with -1000 minvalue -1000").await;
    let given_up = s.accept_wish(&wish(2, "b", 1)).await;
    assert!(matches!(given_up, Err(StoreError::Contended(_))), "{given_up:?}");
    assert_eq!(s.wish_state(TENANT, id(2)).await.unwrap(), None);
    assert_eq!(s.trail(TENANT).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_was_restarted_is_used_again_at_once() {
    let s = Bed::postgres().await;
    let Bed::Postgres { database, .. } = &s else { unreachable!("it is one") };
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    // Several connections, all of which the server ends as it does when it stops.
    futures_util::future::join_all((0..5).map(|_| s.ping())).await;
    database.run(kill).await;
    assert_eq!(s.accept_wish(&wish(1, "a", 1)).await.unwrap(), Accepted::New);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_refuses_is_told_without_its_password() {
    let nowhere = "postgres://regarding:hunter2-hunter2@127.0.0.1:1/regarding";
    let no_url = "postgres://regarding:hunter2-hunter2@[/regarding";
    let no_database = Database::new().await.url().replace("/test_", "/no_such_");
    for (url, encryption) in [
        (nowhere, Encryption::None),
        (nowhere, Encryption::Verified { ca: None }),
        (no_url, Encryption::None),
        (&no_database, Encryption::None),
    ] {
        let opened = PostgresStore::open(&PostgresAt { url: url.into(), encryption }).await;
        let error = opened.expect_err("there is nothing");
        assert!(matches!(error, StoreError::Down(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

/// The server of the tests speaks no TLS: whoever demands it does not go on in the clear.
#[tokio::test]
async fn a_connection_that_shall_be_encrypted_is_never_made_in_the_clear() {
    let database = Database::new().await;
    let at = PostgresAt { encryption: Encryption::Verified { ca: None }, ..database.at() };
    let over_tcp = PostgresAt { url: "postgres://regarding@127.0.0.1:1/x".into(), ..at };
    assert!(PostgresStore::open(&over_tcp).await.is_err());
}
