//! Who asked to be left alone, and until when.

use shared::UtcMs;
use shared::problem::Code;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// As many are remembered at most; one more displaces the one that ends first.
const MOST: usize = 1_024;
/// A longer wish counts as a day.
const LONGEST_MS: u64 = 86_400_000;

/// The pauses that a service asked for, by what it counts its limits by.
#[derive(Debug)]
pub struct Pauses<K> {
    until: Mutex<HashMap<K, (UtcMs, Code)>>,
}

/// A pause that is not over yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub left_ms: u64,
    /// Why: throttled, or down.
    pub code: Code,
}

impl<K> Default for Pauses<K> {
    fn default() -> Self {
        Self { until: Mutex::default() }
    }
}

impl<K: Hash + Eq + Clone> Pauses<K> {
    /// The pause that `key` is in, if any.
    pub fn pause_of(&self, key: &K, now: UtcMs) -> Option<Pause> {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let (end, code) = *until.get(key)?;
        match u64::try_from(end.since_ms(now)) {
            Ok(left_ms) if left_ms > 0 => Some(Pause { left_ms, code }),
            _ => {
                until.remove(key);
                None
            }
        }
    }

    /// Leaves `key` alone for so long.
    pub fn pause(&self, key: K, now: UtcMs, wait_ms: u64, code: Code) {
        let end = now.plus_ms(wait_ms.min(LONGEST_MS) as i64);
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST && !until.contains_key(&key) {
            until.retain(|_, (end, _)| *end > now);
            if until.len() >= MOST
                && let Some(first) = until.iter().min_by_key(|(_, (end, _))| *end).map(|(key, _)| key.clone())
            {
                until.remove(&first);
            }
        }
        until.insert(key, (end, code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: Code = Code::CrmThrottled;

    #[test]
    fn a_pause_ends_by_itself() {
        let pauses = Pauses::default();
        pauses.pause("ada", UtcMs(0), 2_500, CODE);
        assert_eq!(pauses.pause_of(&"ada", UtcMs(1_000)), Some(Pause { left_ms: 1_500, code: CODE }));
        assert_eq!(pauses.pause_of(&"ben", UtcMs(1_000)), None);
        assert_eq!(pauses.pause_of(&"ada", UtcMs(2_500)), None);
    }

    #[test]
    fn memory_is_bounded_and_a_wait_of_centuries_counts_as_a_day() {
        let pauses = Pauses::default();
        for key in 0..5_000_u64 {
            pauses.pause(key, UtcMs(0), 1_000 + key, CODE);
        }
        assert_eq!(pauses.until.lock().unwrap().len(), MOST);
        assert!(pauses.pause_of(&4_999, UtcMs(0)).is_some(), "the longest pauses stay");
        pauses.pause(1, UtcMs(0), u64::MAX, CODE);
        assert_eq!(pauses.pause_of(&1, UtcMs(0)).map(|p| p.left_ms), Some(LONGEST_MS));
    }
}
