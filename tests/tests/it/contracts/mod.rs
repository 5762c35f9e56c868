//! What every implementation of a trait must hold.

// All of it is tests, also the functions that become tests only below.
#![cfg(test)]

/// Makes each contract a test on SQLite and a test on PostgreSQL. A contract that is not named here is never used,
/// which the compiler tells.
macro_rules! on_every_store {
    ($($contract:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $contract() {
                super::$contract(crate::contracts::bed::Bed::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $contract() {
                super::$contract(crate::contracts::bed::Bed::postgres().await).await;
            })+
        }
    };
}

mod bed;
mod samples;
mod store_administration;
mod store_fencing;
mod store_folders;
mod store_mailboxes;
mod store_migrations;
mod store_nodes;
mod store_noticing;
mod store_racing;
mod store_troubles;
mod store_wishes;
