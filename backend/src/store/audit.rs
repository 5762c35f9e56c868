//! The audit trail's chain of hashes.

use shared::UtcMs;
use std::fmt::Write;
use uuid::Uuid;

/// A row of the audit trail, before it has its place in the chain.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub at: UtcMs,
    pub user: Uuid,
    pub wish: Uuid,
    pub event: &'a str,
    /// JSON of codes, ids, rule and facts; never mail text.
    pub detail: &'a str,
}

/// A stored row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub seq: i64,
    pub at: UtcMs,
    pub user: Uuid,
    pub wish: Uuid,
    pub event: String,
    pub detail: String,
    pub hash: String,
}

/// SHA-256, in hex, over the former row's hash and everything in this row: whoever changes or removes a row
/// breaks the chain from there on.
pub fn chained_hash(former: &str, seq: i64, entry: &Entry<'_>) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let seq = seq.to_string();
    let at = entry.at.0.to_string();
    let (user, wish) = (entry.user.to_string(), entry.wish.to_string());
    for part in [former, &seq, &at, &user, &wish, entry.event, entry.detail] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut hex = String::with_capacity(64);
    for byte in context.finish().as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Place of the first row whose hash is wrong, in rows `(seq, entry, hash)` in order; `None`: the chain holds.
pub fn first_break<'a>(rows: impl Iterator<Item = (i64, Entry<'a>, &'a str)>) -> Option<i64> {
    let mut former = String::new();
    for (place, (seq, entry, hash)) in (1..).zip(rows) {
        if seq != place || chained_hash(&former, seq, &entry) != hash {
            return Some(place);
        }
        hash.clone_into(&mut former);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_breaks_the_chain() {
        let entry = |event| Entry { at: UtcMs(1), user: Uuid::nil(), wish: Uuid::nil(), event, detail: "{}" };
        let first = chained_hash("", 1, &entry("accepted"));
        let second = chained_hash(&first, 2, &entry("fulfilled"));
        let rows = |event| vec![(1, entry(event), first.as_str()), (2, entry("fulfilled"), second.as_str())];
        assert_eq!(first_break(rows("accepted").into_iter()), None);
        assert_eq!(first_break(rows("refused").into_iter()), Some(1));
        assert_eq!(first_break(rows("accepted").into_iter().skip(1)), Some(1));
    }
}
