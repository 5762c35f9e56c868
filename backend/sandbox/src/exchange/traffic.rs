//! How much one application may ask of one mailbox: Exchange's limits, counted per application and mailbox.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The limits in force; the control plane can tighten them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    pub requests_per_window: u32,
    pub window_secs: u32,
    pub concurrent_requests: u32,
    /// Bytes a message may have.
    pub message_bytes: usize,
    /// Categories a master list holds.
    pub master_categories: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_window: 10_000,
            window_secs: 600,
            concurrent_requests: 4,
            message_bytes: 150 * 1024 * 1024,
            master_categories: 1_000,
        }
    }
}

/// Why a request must wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Throttled {
    /// Too many requests in the window; seconds until it ends.
    Window { retry_after_secs: f64 },
    /// Too many at the same time.
    Concurrency,
}

#[derive(Debug, Default)]
struct Window {
    opened: Option<Timestamp>,
    requests: u32,
    running: u32,
}

/// The counters, by application and mailbox. Not part of the saved state.
#[derive(Debug, Default)]
pub struct Traffic {
    windows: BTreeMap<(String, String), Window>,
}

impl Traffic {
    /// Counts a request in, or says why it must wait. Every success needs one [`Self::leave`].
    pub fn enter(
        &mut self,
        limits: &Limits,
        app: &str,
        mailbox: &str,
        now: Timestamp,
    ) -> Result<(), Throttled> {
        let window = self.windows.entry((app.to_owned(), mailbox.to_owned())).or_default();
        let length = f64::from(limits.window_secs);
        let age = window.opened.map_or(f64::INFINITY, |opened| now.duration_since(opened).as_secs_f64());
        if age >= length || age < 0.0 {
            window.opened = Some(now);
            window.requests = 0;
        }
        if window.running >= limits.concurrent_requests {
            return Err(Throttled::Concurrency);
        }
        if window.requests >= limits.requests_per_window {
            return Err(Throttled::Window { retry_after_secs: (length - age.clamp(0.0, length)).max(1.0) });
        }
        window.requests += 1;
        window.running += 1;
        Ok(())
    }

    pub fn leave(&mut self, app: &str, mailbox: &str) {
        if let Some(window) = self.windows.get_mut(&(app.to_owned(), mailbox.to_owned())) {
            window.running = window.running.saturating_sub(1);
        }
    }

    /// Forgets all counts.
    pub fn reset(&mut self) {
        self.windows.clear();
    }
}
