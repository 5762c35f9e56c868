//! How many requests may be under way at once, for each mailbox by itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More than this under way or waiting at one key are turned away.
const MOST_IN_LINE: usize = 64;

/// A limited number of lanes for each key. A key is remembered only while somebody is in its lanes or waits
/// for one, so that memory is bounded by the requests under way.
#[derive(Debug)]
pub struct Lanes<K: Hash + Eq + Clone> {
    /// Lanes of each key.
    wide: u32,
    lanes: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// A place in the lanes; leaving is dropping it.
#[derive(Debug)]
pub struct Place<'a, K: Hash + Eq + Clone> {
    all: &'a Lanes<K>,
    key: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Hash + Eq + Clone> Lanes<K> {
    pub fn new(wide: u32) -> Self {
        Self { wide, lanes: Mutex::default() }
    }

    /// Waits for `weight` lanes, first come first served. `None`: too many wait already.
    pub async fn enter(&self, key: &K, weight: u32) -> Option<Place<'_, K>> {
        let lane = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let lane =
                lanes.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.wide as usize)));
            if Arc::strong_count(lane) > MOST_IN_LINE {
                return None;
            }
            lane.clone()
        };
        // Made before waiting, so that giving up while waiting leaves no trace either.
        let mut place = Place { all: self, key: key.clone(), permit: None };
        place.permit = lane.acquire_many_owned(weight.min(self.wide)).await.ok();
        Some(place)
    }
}

impl<K: Hash + Eq + Clone> Drop for Place<'_, K> {
    fn drop(&mut self) {
        self.permit = None;
        let mut lanes = self.all.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        // One count is the map's own; whoever else is there holds or awaits a permit.
        if lanes.get(&self.key).is_some_and(|lane| {
            Arc::strong_count(lane) == 1 && lane.available_permits() == self.all.wide as usize
        }) {
            lanes.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{FutureExt, poll_immediate};

    #[tokio::test]
    async fn one_key_waits_while_another_passes() {
        let lanes = Lanes::new(3);
        let first = lanes.enter(&"ada", 2).await.unwrap();
        let second = lanes.enter(&"ada", 1).await.unwrap();
        assert!(poll_immediate(lanes.enter(&"ada", 1)).await.is_none(), "the lanes of ada are full");
        assert!(poll_immediate(lanes.enter(&"ben", 3)).await.is_some());
        drop(second);
        assert!(poll_immediate(lanes.enter(&"ada", 1)).await.is_some());
        drop(first);
    }

    #[tokio::test]
    async fn nobody_is_remembered_who_is_not_there() {
        let lanes = Lanes::new(1);
        let place = lanes.enter(&"ada", 1).await.unwrap();
        let mut waiting = Box::pin(lanes.enter(&"ada", 1));
        assert!((&mut waiting).now_or_never().is_none());
        drop(waiting);
        drop(place);
        assert!(lanes.lanes.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away_at_once() {
        let lanes = Lanes::new(1);
        let _place = lanes.enter(&"ada", 1).await.unwrap();
        let mut waiting: Vec<_> = (0..MOST_IN_LINE).map(|_| Box::pin(lanes.enter(&"ada", 1))).collect();
        let turned_away =
            waiting.iter_mut().map(FutureExt::now_or_never).filter(|w| matches!(w, Some(None))).count();
        assert!((1..=2).contains(&turned_away), "{turned_away}");
    }
}
