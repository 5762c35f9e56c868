//! What ended long ago is forgotten, and what never came, so that the store does not grow for ever. The audit trail stays.

use super::Engine;
use std::sync::Arc;

/// How long an ended wish and its effects are kept (MBX-04): 30 days.
const KEPT_MS: i64 = 30 * 86_400_000;
/// How often is looked for older ones.
const EVERY_MS: i64 = 3_600_000;
/// Wishes forgotten in one transaction: nobody waits long for it.
const AT_ONCE: u32 = 200;

/// Forgets, now and then, until the service stops.
pub async fn keep(engine: Arc<Engine>) {
    let mut stop = engine.parts.stop.clone();
    loop {
        let now = engine.parts.clock.now();
        match engine.parts.store.prune(now.plus_ms(-KEPT_MS), AT_ONCE).await {
            Ok(forgotten) if forgotten >= AT_ONCE && !engine.stopping() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old wishes could not be forgotten"),
        }
        tokio::select! {
            () = engine.parts.clock.sleep_until(now.plus_ms(EVERY_MS)) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
