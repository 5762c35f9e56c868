//! The tables' history: data from before stay, programs from before go on, programs that are too old are refused.

use super::bed::Bed;
use super::samples::*;
use backend::store::postgres::PostgresStore;
use backend::store::sqlite::SqliteStore;
use backend::store::{StoreError, WishState};
use shared::UtcMs;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tests::Database;

/// As the first version writes them, in its words: it knows no other columns.
const FIRST_WRITES: &str = "
    insert into wishes (id, tenant, user_id, mailbox, asked_item, mailbox_id, item, wish, state, accepted)
      values ('{wish}', '{tenant}', '{ada}', 'ada@northlight.example', '{item}', '{ada}', '{item}',
        '{\"kind\":\"track\",\"regarding\":{\"kind\":\"keep\"}}', 'running', {at});
    insert into effects (id, tenant, key, wish, kind, state, epoch, began)
      values ('{wish}', '{tenant}', 'promote:{item}', '{wish}', 'email.promote', 'unknown', 1, {at});
    insert into links (tenant, mailbox_id, item, email, category, since)
      values ('{tenant}', '{ada}', '{item}', '{wish}', 'agreed', {at})
      on conflict (tenant, mailbox_id, item) do update
        set email = excluded.email, category = excluded.category, since = excluded.since;
    insert into mailboxes (tenant, mailbox_id, category_id, category_name)
      values ('{tenant}', '{ada}', 'cat', 'Tracked')
      on conflict (tenant, mailbox_id) do update
        set category_id = excluded.category_id, category_name = excluded.category_name";
/// And as it reads.
const FIRST_READS: [&str; 3] = [
    "select id from wishes where state in ('running', 'waiting') and coalesce(next_attempt, accepted) <= 99",
    "select email from links where category in ('agreed', 'refused')",
    "select category_name from mailboxes where category_id = 'cat'",
];

fn first_writes(number: u128, item: &str, at: i64) -> String {
    FIRST_WRITES
        .replace("{wish}", &id(number).to_string())
        .replace("{tenant}", &TENANT.to_string())
        .replace("{ada}", &ADA.to_string())
        .replace("{item}", item)
        .replace("{at}", &at.to_string())
}

/// The first version's tables alone.
fn first() -> Migrator {
    let all = sqlx::migrate!("../backend/migrations");
    Migrator::with_migrations(all.iter().take(1).cloned().collect())
}

async fn first_reads(bed: &Bed) {
    for sql in FIRST_READS {
        let sql = AssertSqlSafe(sql.to_owned());
        let found = match bed {
            Bed::Sqlite { folder, .. } => {
                let file = format!("sqlite:{}", folder.path().join("regarding.db").display());
                let mut file = SqliteConnection::connect(&file).await.unwrap();
                sqlx::query(sql).fetch_all(&mut file).await.unwrap().len()
            }
            Bed::Postgres { database, .. } => {
                sqlx::query(sql).fetch_all(&mut database.connect().await).await.unwrap().len()
            }
        };
        assert!(found > 0);
    }
}

/// What the first version left is there, and what it goes on writing beside this one is seen.
async fn data_of_the_first_version_live_on(s: Bed) {
    let due = s.due_wishes(TENANT, &address("ada"), UtcMs(9), 9).await.unwrap();
    assert_eq!(
        due.iter().map(|w| w.id).collect::<Vec<_>>(),
        [id(2), id(1)],
        "in the order of their acceptance"
    );
    let seen = s.knowledge(TENANT, &name("old 1"), Some(&key("old 1"))).await.unwrap();
    assert_eq!((seen.link, seen.category), (Some(link(1)), Some(known("Tracked"))));
    assert_eq!(seen.wish.map(|w| (w.id, w.state)), Some((id(1), WishState::Running)));
    s.accept_wish(&wish(10, "new", 10)).await.unwrap();
    s.run(&first_writes(3, "beside", 11)).await;
    first_reads(&s).await;
    let mut due = s.due_wishes(TENANT, &address("ada"), UtcMs(20), 9).await.unwrap();
    due.sort_by_key(|w| w.id);
    assert_eq!(due.iter().map(|w| w.id).collect::<Vec<_>>(), [1, 2, 3, 10].map(id));
    let lease = lease(&*s, 20).await;
    s.end_wish(&lease, &end(3, "beside", None, 21)).await.unwrap();
    assert_eq!(s.wish_state(TENANT, id(3)).await.unwrap(), Some(WishState::Fulfilled));
    s.accept_wish(&wish(11, "old 1", 22)).await.unwrap();
    assert_eq!(s.wish_state(TENANT, id(1)).await.unwrap(), Some(WishState::Superseded));
    first_reads(&s).await;
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date_with_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regarding.db");
    let url = format!("sqlite:{}?mode=rwc", file.display());
    let mut old = SqliteConnection::connect(&url).await.unwrap();
    first().run_direct(None, &mut old, false).await.unwrap();
    for (number, at) in [(1, 5), (2, 4)] {
        let written = first_writes(number, &format!("old {number}"), at);
        sqlx::raw_sql(AssertSqlSafe(written)).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let store = SqliteStore::open(&file).await.unwrap();
    data_of_the_first_version_live_on(Bed::Sqlite { store, folder }).await;
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date_while_that_version_works_on_it() {
    let database = Database::empty().await;
    let mut old: PgConnection = database.connect().await;
    first().run_direct(None, &mut old, false).await.unwrap();
    for (number, at) in [(1, 5), (2, 4)] {
        database.run(&first_writes(number, &format!("old {number}"), at)).await;
    }
    // Prepared before the tables change under it.
    let reads = "select id, state, wish from wishes where tenant = $1 order by accepted";
    let read = async |old: &mut PgConnection| {
        sqlx::query(reads).bind(TENANT.to_string()).fetch_all(old).await.unwrap().len()
    };
    assert_eq!(read(&mut old).await, 2);
    let (one, two) = tokio::join!(database.open(), database.open());
    assert_eq!(read(&mut old).await, 2, "the old one reads on");
    drop(two);
    data_of_the_first_version_live_on(Bed::Postgres { store: one, database }).await;
}

const OF_THE_FUTURE: &str = "update compatibility set generation = 2";
/// A later migration that only adds.
const ADDED: &str = "alter table wishes add column mood text;
    insert into _sqlx_migrations (version, description, success, checksum, execution_time)
      values (9999, 'moods', true, {checksum}, 1)";

#[tokio::test]
async fn a_database_that_a_later_version_only_added_to_is_worked_on_as_before() {
    for s in [Bed::sqlite().await, Bed::postgres().await] {
        s.accept_wish(&wish(1, "a", 1)).await.unwrap();
        let checksum = match s {
            Bed::Sqlite { .. } => "x'00'",
            Bed::Postgres { .. } => "'\\x00'",
        };
        s.run(&ADDED.replace("{checksum}", checksum)).await;
        // Also on connections that have read and written these tables before.
        s.accept_wish(&wish(2, "a", 2)).await.unwrap();
        let s = s.reopen().await;
        s.accept_wish(&wish(3, "a", 3)).await.unwrap();
        assert_eq!(s.trail(TENANT).await.len(), 5);
    }
}

#[tokio::test]
async fn a_database_that_a_later_version_changed_for_itself_is_refused_and_left_alone() {
    let (sqlite, postgres) = (Bed::sqlite().await, Bed::postgres().await);
    for s in [&sqlite, &postgres] {
        s.run(OF_THE_FUTURE).await;
    }
    let Bed::Sqlite { folder, .. } = &sqlite else { unreachable!("it is one") };
    let Bed::Postgres { database, .. } = &postgres else { unreachable!("it is one") };
    let refused = [
        SqliteStore::open(&folder.path().join("regarding.db")).await.map(drop),
        PostgresStore::open(&database.at()).await.map(drop),
    ];
    for refused in refused {
        let Err(StoreError::TooNew(reason)) = refused else { panic!("{refused:?}") };
        assert!(reason.contains("newer version") && reason.contains("generation 2"), "{reason}");
    }
}
