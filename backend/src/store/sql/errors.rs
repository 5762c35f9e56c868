//! What the databases say, in the store's words.

use crate::store::StoreError;
use sqlx::Error;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        match (code.as_deref(), &error) {
            // SQLSTATEs have five characters; SQLite's extended result codes have at most four.
            (Some(state), _) if state.len() == 5 => of_postgres(state, text),
            (Some(code), _) => of_sqlite(code.parse().unwrap_or_default(), text),
            (None, Error::ColumnDecode { .. } | Error::ColumnNotFound(_) | Error::RowNotFound) => {
                StoreError::Damaged(text)
            }
            (None, _) => StoreError::Down(text),
        }
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_postgres(state: &str, text: String) -> StoreError {
    match state {
        // disk_full
        "53100" => StoreError::Full(text),
        // serialization_failure, deadlock_detected, unique_violation (somebody was faster), lock_not_available
        "40001" | "40P01" | "23505" | "55P03" => StoreError::Contended(text),
        // insufficient_privilege
        "42501" => StoreError::Down(text),
        // data_corrupted, index_corrupted; whatever says that statement, table or value do not fit
        "XX001" | "XX002" => StoreError::Damaged(text),
        _ if state.starts_with("22") || state.starts_with("23") || state.starts_with("42") => {
            StoreError::Damaged(text)
        }
        _ => StoreError::Down(text),
    }
}

/// <https://www.sqlite.org/rescode.html>
fn of_sqlite(code: i64, text: String) -> StoreError {
    const FULL: i64 = 13;
    const IOERR_WRITE: i64 = 778;
    const CORRUPT: i64 = 11;
    const NOTADB: i64 = 26;
    match (code & 0xff, code) {
        (FULL, _) | (_, IOERR_WRITE) => StoreError::Full(text),
        (CORRUPT | NOTADB, _) => StoreError::Damaged(text),
        _ => StoreError::Down(text),
    }
}
