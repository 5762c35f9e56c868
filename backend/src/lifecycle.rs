//! The orderly end: who is asked to stop finishes the step under way and begins no other.
//!
//! Killing the process does no harm either (every step is in the ledger before it is taken), so nothing here
//! may be needed for correctness; it spares callers a cut connection.

use tokio::sync::watch;

/// Says that the service stops.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Hears that the service stops.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// The two ends of one signal.
pub fn signal() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns once the service stops; at once, when it already does or when whoever could say so is gone.
    pub async fn stopped(&self) {
        // An error means that the stopper was dropped, and that is an end too.
        let _ = self.0.clone().wait_for(|is_stopping| *is_stopping).await;
    }

    pub fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    /// The same signal as the engine takes it.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }
}

/// Returns once a person or the system asks this process to end (Ctrl+C, SIGTERM).
pub async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_also_who_listens_later() {
        let (stopper, stop) = signal();
        let early = stop.clone();
        assert!(!stop.is_stopping());
        let waiting = tokio::spawn(async move { early.stopped().await });
        stopper.stop();
        waiting.await.unwrap();
        stop.stopped().await;
        assert!(stop.is_stopping());
    }

    #[tokio::test]
    async fn a_stopper_that_is_gone_is_a_stop() {
        let (stopper, stop) = signal();
        drop(stopper);
        stop.stopped().await;
    }
}
