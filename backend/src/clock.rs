//! The one source of time. Nothing else in the crate may ask the operating system what time it is.

use shared::UtcMs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time and waits; tests hand in their own.
#[async_trait::async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> UtcMs;

    /// Returns once `due` has come, at once when it has passed.
    async fn sleep_until(&self, due: UtcMs);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait::async_trait]
impl Clock for SystemClock {
    fn now(&self) -> UtcMs {
        // A clock before 1970 is a broken machine; zero is as good as any answer then.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UtcMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_until(&self, due: UtcMs) {
        let ms = due.since_ms(self.now()).max(0);
        tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
    }
}
