//! Token buckets: so many at once, and so many per minute in the long run.

use shared::UtcMs;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

const MINUTE_MS: u64 = 60_000;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// At once, after a pause.
    pub burst: u32,
    /// In the long run.
    pub per_minute: u32,
}

/// One bucket. It counts in sixty-thousandths of a request, so that no time is lost to rounding.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    filled: u64,
    at: UtcMs,
}

impl Bucket {
    fn full(allowance: Allowance, now: UtcMs) -> Self {
        Self { filled: u64::from(allowance.burst) * MINUTE_MS, at: now }
    }

    fn refill(&mut self, allowance: Allowance, now: UtcMs) {
        // A clock that went back gives nothing and takes nothing.
        let passed_ms = u64::try_from(now.since_ms(self.at)).unwrap_or(0);
        let gained = passed_ms.saturating_mul(u64::from(allowance.per_minute));
        self.filled = self.filled.saturating_add(gained).min(u64::from(allowance.burst) * MINUTE_MS);
        self.at = now;
    }

    /// Takes one, or says after how many milliseconds there is one.
    fn take(&mut self, allowance: Allowance, now: UtcMs) -> Result<(), u64> {
        self.refill(allowance, now);
        if self.filled >= MINUTE_MS {
            self.filled -= MINUTE_MS;
            return Ok(());
        }
        Err((MINUTE_MS - self.filled).div_ceil(u64::from(allowance.per_minute.max(1))))
    }

    fn is_full(&self, allowance: Allowance) -> bool {
        self.filled >= u64::from(allowance.burst) * MINUTE_MS
    }
}

/// A bucket for each key, at most `capacity` of them.
#[derive(Debug)]
pub struct Rates<K> {
    allowance: Allowance,
    capacity: usize,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Eq + Hash + Clone> Rates<K> {
    pub fn new(allowance: Allowance, capacity: usize) -> Self {
        Self { allowance, capacity, buckets: Mutex::default() }
    }

    /// Takes one from the key's bucket, or says after how many milliseconds to come again.
    pub fn take(&self, key: &K, now: UtcMs) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= self.capacity && !buckets.contains_key(key) {
            self.make_room(&mut buckets, now);
        }
        let full = Bucket::full(self.allowance, now);
        buckets.entry(key.clone()).or_insert(full).take(self.allowance, now)
    }

    /// Forgets the buckets that are full again; if none is, the one that was used longest ago.
    fn make_room(&self, buckets: &mut HashMap<K, Bucket>, now: UtcMs) {
        buckets.retain(|_, bucket| {
            let mut later = *bucket;
            later.refill(self.allowance, now);
            !later.is_full(self.allowance)
        });
        if buckets.len() >= self.capacity
            && let Some(oldest) =
                buckets.iter().min_by_key(|(_, bucket)| bucket.at).map(|(key, _)| key.clone())
        {
            buckets.remove(&oldest);
        }
    }

    /// How many buckets are kept.
    pub fn len(&self) -> usize {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Allowance = Allowance { burst: 3, per_minute: 60 };

    #[test]
    fn a_burst_passes_and_then_one_each_second() {
        let rates = Rates::new(THREE, 10);
        for _ in 0..3 {
            assert_eq!(rates.take(&"ada", UtcMs(0)), Ok(()));
        }
        assert_eq!(rates.take(&"ada", UtcMs(0)), Err(1_000));
        assert_eq!(rates.take(&"ada", UtcMs(400)), Err(600));
        assert_eq!(rates.take(&"ada", UtcMs(1_000)), Ok(()));
        assert_eq!(rates.take(&"ada", UtcMs(1_000)), Err(1_000));
    }

    #[test]
    fn one_key_does_not_use_up_anothers_and_a_pause_never_saves_more_than_a_burst() {
        let rates = Rates::new(THREE, 10);
        for _ in 0..3 {
            assert_eq!(rates.take(&"ada", UtcMs(0)), Ok(()));
        }
        assert_eq!(rates.take(&"ben", UtcMs(0)), Ok(()));
        let taken = (0..100).filter(|_| rates.take(&"ada", UtcMs(86_400_000)).is_ok()).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn the_map_never_grows_beyond_its_capacity_and_keeps_those_who_are_at_their_limit() {
        let rates = Rates::new(THREE, 4);
        for _ in 0..3 {
            assert_eq!(rates.take(&0, UtcMs(0)), Ok(()));
        }
        for key in 1..1_000 {
            let now = UtcMs(i64::from(key));
            assert_eq!(rates.take(&key, now), Ok(()));
            assert!(rates.len() <= 4);
        }
        let rates = Rates::new(THREE, 2);
        for _ in 0..3 {
            assert_eq!(rates.take(&0, UtcMs(0)), Ok(()));
        }
        assert_eq!(rates.take(&1, UtcMs(0)), Ok(()));
        // Key 1 is full again and makes room; key 0 stays exhausted.
        assert_eq!(rates.take(&2, UtcMs(1_000)), Ok(()));
        assert_eq!(rates.take(&0, UtcMs(1_000)), Ok(()));
        assert!(rates.take(&0, UtcMs(1_000)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let rates = Rates::new(THREE, 2);
        assert_eq!(rates.take(&0, UtcMs(5_000)), Ok(()));
        assert_eq!(rates.take(&0, UtcMs(-5_000)), Ok(()));
        assert_eq!(rates.take(&0, UtcMs(-5_000)), Ok(()));
        assert_eq!(rates.take(&0, UtcMs(-5_000)), Err(1_000));
    }
}
