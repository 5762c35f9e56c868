//! One clock for both sides of the wire, which moves only when it is told to.

use shared::UtcMs;
use std::sync::Arc;
use tokio::sync::watch;

/// 2026-11-20T08:00:00Z.
const START_MS: i64 = 1_795_161_600_000;

/// Simulated time.
#[derive(Debug)]
pub struct TestClock(watch::Sender<i64>);

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(watch::channel(START_MS).0))
    }

    /// Lets time pass; whoever slept until then wakes.
    pub fn advance_ms(&self, ms: i64) {
        self.0.send_modify(|now| *now += ms);
    }
}

#[async_trait::async_trait]
impl backend::clock::Clock for TestClock {
    fn now(&self) -> UtcMs {
        UtcMs(*self.0.borrow())
    }

    async fn sleep_until(&self, due: UtcMs) {
        // An error means that the clock is gone, and with it whoever could wait for it.
        let _ = self.0.subscribe().wait_for(|now| *now >= due.0).await;
    }
}

impl sandbox::Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(*self.0.borrow()).expect("the clock stays in our century")
    }
}
