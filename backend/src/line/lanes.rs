//! How many requests may be under way at once, for each mailbox by itself, and who goes first.
//!
//! People go before the engine: a click waits for the requests that are under way, never for one that the
//! engine still has in line. Among their like, first come is first served.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// More than this of one kind waiting at one key are turned away.
const MOST_IN_LINE: usize = 64;

/// Who wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurry {
    /// A person waits for the answer.
    Person,
    /// The engine: it has time.
    Engine,
}

/// A limited number of lanes for each key. A key is remembered only while somebody is in its lanes or waits
/// for one, so that memory is bounded by the requests under way.
#[derive(Debug)]
pub struct Lanes<K: Hash + Eq + Clone> {
    /// Lanes of each key.
    wide: u32,
    roads: Mutex<HashMap<K, Road>>,
}

/// The lanes of one key.
#[derive(Debug)]
struct Road {
    free: u32,
    people: VecDeque<Waiting>,
    engine: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    weight: u32,
    admit: oneshot::Sender<()>,
}

/// A place in the lanes, or in the line before them; leaving is dropping it.
#[derive(Debug)]
pub struct Place<'a, K: Hash + Eq + Clone> {
    all: &'a Lanes<K>,
    key: K,
    weight: u32,
    /// Until it is admitted.
    line: Option<oneshot::Receiver<()>>,
}

impl Road {
    fn line(&mut self, hurry: Hurry) -> &mut VecDeque<Waiting> {
        match hurry {
            Hurry::Person => &mut self.people,
            Hurry::Engine => &mut self.engine,
        }
    }

    /// Whether somebody of this kind would overtake nobody.
    fn is_open_to(&self, hurry: Hurry) -> bool {
        self.people.is_empty() && (hurry == Hurry::Person || self.engine.is_empty())
    }

    /// Lets in whoever is next while there is room for them.
    fn admit(&mut self) {
        loop {
            let line = if self.people.is_empty() { &mut self.engine } else { &mut self.people };
            if line.front().is_none_or(|next| next.weight > self.free) {
                return;
            }
            let Some(next) = line.pop_front() else { return };
            // Whoever has given up waiting takes no lane.
            if next.admit.send(()).is_ok() {
                self.free -= next.weight;
            }
        }
    }
}

impl<K: Hash + Eq + Clone> Lanes<K> {
    pub fn new(wide: u32) -> Self {
        Self { wide, roads: Mutex::default() }
    }

    /// Waits for `weight` lanes. `None`: too many wait already.
    pub async fn enter(&self, key: &K, weight: u32, hurry: Hurry) -> Option<Place<'_, K>> {
        let weight = weight.min(self.wide);
        // Made before waiting, so that giving up while waiting leaves no trace either.
        let mut place = {
            let mut roads = self.roads();
            let road = roads.entry(key.clone()).or_insert_with(|| Road {
                free: self.wide,
                people: VecDeque::new(),
                engine: VecDeque::new(),
            });
            let line = if road.free >= weight && road.is_open_to(hurry) {
                road.free -= weight;
                None
            } else {
                if road.line(hurry).len() >= MOST_IN_LINE {
                    return None;
                }
                let (admit, admitted) = oneshot::channel();
                road.line(hurry).push_back(Waiting { weight, admit });
                Some(admitted)
            };
            Place { all: self, key: key.clone(), weight, line }
        };
        if let Some(admitted) = &mut place.line {
            // The sender stays in the line until it admits: it is never dropped before.
            let _ = admitted.await;
            place.line = None;
        }
        Some(place)
    }

    fn roads(&self) -> MutexGuard<'_, HashMap<K, Road>> {
        self.roads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Drop for Place<'_, K> {
    fn drop(&mut self) {
        let mut roads = self.all.roads();
        let Some(road) = roads.get_mut(&self.key) else { return };
        let was_admitted = match self.line.take() {
            None => true,
            Some(mut line) => {
                line.close();
                line.try_recv().is_ok()
            }
        };
        if was_admitted {
            road.free += self.weight;
        } else {
            road.people.retain(|waiting| !waiting.admit.is_closed());
            road.engine.retain(|waiting| !waiting.admit.is_closed());
        }
        road.admit();
        if road.free == self.all.wide && road.people.is_empty() && road.engine.is_empty() {
            roads.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Hurry::{Engine, Person};
    use futures_util::future::{FutureExt, poll_immediate};

    #[tokio::test]
    async fn one_key_waits_while_another_passes() {
        let lanes = Lanes::new(3);
        let first = lanes.enter(&"ada", 2, Person).await.unwrap();
        let second = lanes.enter(&"ada", 1, Person).await.unwrap();
        assert!(poll_immediate(lanes.enter(&"ada", 1, Person)).await.is_none(), "the lanes of ada are full");
        assert!(poll_immediate(lanes.enter(&"ben", 3, Person)).await.is_some());
        drop(second);
        assert!(poll_immediate(lanes.enter(&"ada", 1, Person)).await.is_some());
        drop(first);
    }

    #[tokio::test]
    async fn nobody_is_remembered_who_is_not_there() {
        let lanes = Lanes::new(1);
        let place = lanes.enter(&"ada", 1, Person).await.unwrap();
        let mut waiting = Box::pin(lanes.enter(&"ada", 1, Engine));
        assert!((&mut waiting).now_or_never().is_none());
        drop(waiting);
        drop(place);
        assert!(lanes.roads().is_empty());
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away_at_once_and_the_engines_crowd_turns_away_no_person() {
        let lanes = Lanes::new(1);
        let _place = lanes.enter(&"ada", 1, Person).await.unwrap();
        let mut waiting: Vec<_> =
            (0..=MOST_IN_LINE).map(|_| Box::pin(lanes.enter(&"ada", 1, Engine))).collect();
        let turned_away =
            waiting.iter_mut().map(FutureExt::now_or_never).filter(|w| matches!(w, Some(None))).count();
        assert_eq!(turned_away, 1);
        assert!(Box::pin(lanes.enter(&"ada", 1, Person)).as_mut().now_or_never().is_none(), "it may wait");
    }

    #[tokio::test]
    async fn a_person_goes_before_whatever_the_engine_has_in_line() {
        let lanes = Lanes::new(4);
        let reading = lanes.enter(&"ada", 4, Engine).await.unwrap();
        let mut next_reading = Box::pin(lanes.enter(&"ada", 1, Engine));
        let mut click = Box::pin(lanes.enter(&"ada", 2, Person));
        let mut second_click = Box::pin(lanes.enter(&"ada", 2, Person));
        for waiting in [&mut next_reading, &mut click, &mut second_click] {
            assert!(waiting.now_or_never().is_none());
        }
        drop(reading);
        let click = click.now_or_never().expect("the person first").unwrap();
        let second_click = second_click.now_or_never().expect("the next person then").unwrap();
        assert!((&mut next_reading).now_or_never().is_none());
        drop(click);
        let next_reading = next_reading.now_or_never().expect("the engine last").unwrap();
        drop((second_click, next_reading));
        assert!(lanes.roads().is_empty());
    }

    #[tokio::test]
    async fn a_wide_person_is_not_overtaken_by_narrow_engines() {
        let lanes = Lanes::new(4);
        let reading = lanes.enter(&"ada", 3, Engine).await.unwrap();
        let mut click = Box::pin(lanes.enter(&"ada", 2, Person));
        assert!((&mut click).now_or_never().is_none());
        assert!(poll_immediate(lanes.enter(&"ada", 1, Engine)).await.is_none());
        drop(reading);
        assert!(click.now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_gives_up_just_when_it_is_admitted_gives_its_lanes_back() {
        let lanes = Lanes::new(1);
        let place = lanes.enter(&"ada", 1, Person).await.unwrap();
        let mut given_up = Box::pin(lanes.enter(&"ada", 1, Person));
        let mut next = Box::pin(lanes.enter(&"ada", 1, Engine));
        assert!((&mut given_up).now_or_never().is_none() && (&mut next).now_or_never().is_none());
        drop(place);
        drop(given_up);
        drop(next.now_or_never().expect("the lane is free"));
        assert!(lanes.roads().is_empty());
    }
}
