//! Simulated time: one true time, and the clock of each node, which may be wrong or stand still.

use shared::UtcMs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::watch;

/// 2026-11-20T08:00:00Z.
pub const START_MS: i64 = 1_795_161_600_000;

/// The true time.
#[derive(Debug)]
pub struct Time(watch::Sender<i64>);

impl Time {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(watch::channel(START_MS).0))
    }

    pub fn now_ms(&self) -> i64 {
        *self.0.borrow()
    }

    pub fn set_ms(&self, ms: i64) {
        self.0.send_modify(|now| *now = ms);
    }

    pub fn advance_ms(&self, ms: i64) {
        self.0.send_modify(|now| *now += ms);
    }
}

impl sandbox::Clock for Time {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.now_ms()).expect("the clock stays in our century")
    }
}

/// What a node believes.
#[derive(Debug)]
pub struct NodeClock {
    time: Arc<Time>,
    skew_ms: AtomicI64,
    /// When it fell asleep; 0: it is awake.
    asleep_ms: AtomicI64,
}

impl NodeClock {
    pub fn new(time: &Arc<Time>, skew_ms: i64) -> Arc<Self> {
        let (skew_ms, asleep_ms) = (AtomicI64::new(skew_ms), AtomicI64::new(0));
        Arc::new(Self { time: Arc::clone(time), skew_ms, asleep_ms })
    }

    pub fn jump_ms(&self, by: i64) {
        self.skew_ms.fetch_add(by, Ordering::SeqCst);
        self.time.advance_ms(0);
    }

    /// A node that sleeps sees no time pass.
    pub fn sleep(&self) {
        self.asleep_ms.store(self.time.now_ms(), Ordering::SeqCst);
    }

    pub fn wake(&self) {
        self.asleep_ms.store(0, Ordering::SeqCst);
        self.time.advance_ms(0);
    }

    fn at(&self, time_ms: i64) -> UtcMs {
        let asleep = self.asleep_ms.load(Ordering::SeqCst);
        let seen = if asleep == 0 { time_ms } else { asleep };
        UtcMs(seen + self.skew_ms.load(Ordering::SeqCst))
    }
}

#[async_trait::async_trait]
impl backend::clock::Clock for NodeClock {
    fn now(&self) -> UtcMs {
        self.at(self.time.now_ms())
    }

    async fn sleep_until(&self, due: UtcMs) {
        // An error means that the time is over, and with it whoever could wait for it.
        let _ = self.time.0.subscribe().wait_for(|now| self.at(*now) >= due).await;
    }
}
