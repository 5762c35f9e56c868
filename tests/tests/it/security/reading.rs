//! Reading changes nothing: not in the mailbox, not in the CRM, not in our own database.

use http::Method;
use sandbox::company::{ADA, INGRID};
use shared::wish::RecordFate;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tests::{Mail, Stack};

/// Everything in the database, as text; not who holds a lease, which the engine gives back after its answer.
async fn dump(stack: &Stack) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(stack.database()).read_only(true);
    let pool = SqlitePool::connect_with(options).await.expect("the database");
    let tables =
        sqlx::query("select name from sqlite_master where type = 'table' and name <> 'leases' order by name");
    let mut dump = Vec::new();
    for table in tables.fetch_all(&pool).await.expect("tables") {
        let table: String = table.get(0);
        let columns = format!(
            "select group_concat('quote(\"' || name || '\")', ' || '','' || ') from pragma_table_info('{table}')"
        );
        let columns: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_one(&pool).await.expect("columns");
        let rows = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!(
            "select {columns} from \"{table}\" order by 1"
        )));
        dump.extend(
            rows.fetch_all(&pool).await.expect("rows").into_iter().map(|row| format!("{table}: {row}")),
        );
    }
    pool.close().await;
    dump
}

async fn read_everything(stack: &Stack, mail: &Mail) {
    let ada = stack.pane(&ADA);
    ada.open(mail).await;
    ada.suggestions(mail).await;
    ada.search("Fjord").await;
    ada.follow(mail).await.next().await.expect("a state");
    for path in ["/api/me", "/api/config", "/api/openapi.json", "/health", "/ready", "/", "/manifest.xml"] {
        assert!(ada.call(Method::GET, path, None).await.status.is_success(), "{path}");
    }
}

#[tokio::test]
async fn reading_changes_nothing_anywhere() {
    let stack = Stack::start().await;
    let (tracked, untouched) = (stack.mail_to(&ADA).await, stack.mail_to(&ADA).await);
    stack.pane(&ADA).track(&tracked).await;
    let (before, mark) = (dump(&stack).await, stack.mark());
    assert!(before.iter().any(|row| row.starts_with("wishes:")), "{before:?}");
    for mail in [&tracked, &untouched] {
        read_everything(&stack, mail).await;
    }
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(dump(&stack).await, before);
    stack.pane(&ADA).untrack(&tracked, RecordFate::Keep).await;
    assert_ne!(dump(&stack).await, before, "a wish is seen by the same look");
}

#[tokio::test]
async fn a_wish_is_no_get_and_a_get_takes_no_wish() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let mark = stack.mark();
    let path = format!("/api/items/{}/wishes?mailbox={}&wish=track&kind=track", mail.item, mail.mailbox);
    for method in [Method::GET, Method::HEAD] {
        let answer = stack.pane(&ADA).call(method.clone(), &path, None).await;
        assert_eq!(answer.status.as_u16(), 405, "{method}");
    }
    let overridden = format!("/api/items/{}?mailbox={}&_method=POST", mail.item, mail.mailbox);
    assert!(stack.pane(&ADA).call(Method::GET, &overridden, None).await.status.is_success());
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 0, "{}", INGRID.email);
}
