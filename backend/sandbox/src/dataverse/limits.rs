//! Service protection: how much one user may ask for within five minutes.
//!
//! Three limits, as the service has them: the number of requests, their execution time added up, and how many
//! run at once. All numbers can be changed on the control plane. Execution time is a fixed cost per request,
//! because nothing in here may read the wall clock.

use super::errors::{Answer, Fault};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    pub window_secs: u32,
    pub requests: u32,
    pub execution_ms: u64,
    pub concurrent: u32,
    /// What one request is taken to cost.
    pub cost_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { window_secs: 300, requests: 6_000, execution_ms: 1_200_000, concurrent: 52, cost_ms: 20 }
    }
}

#[derive(Debug, Default)]
struct Use {
    /// Requests within the window.
    recent: VecDeque<Timestamp>,
    running: u32,
}

/// What each user asked for lately.
#[derive(Debug, Default)]
pub struct Traffic {
    users: BTreeMap<Uuid, Use>,
}

/// One running request of a user; ends when dropped.
#[derive(Debug)]
pub struct Running {
    traffic: Arc<Mutex<Traffic>>,
    user: Uuid,
    /// Requests that the user may still send in this window.
    pub remaining: u32,
    /// Execution time that the user has left in this window.
    pub remaining_secs: f64,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = traffic.users.get_mut(&self.user) {
            usage.running = usage.running.saturating_sub(1);
        }
    }
}

/// Lets a request in, or says which limit it hit and how long to wait.
pub fn admit(traffic: &Arc<Mutex<Traffic>>, limits: &Limits, user: Uuid, now: Timestamp) -> Answer<Running> {
    let mut held = traffic.lock().unwrap_or_else(PoisonError::into_inner);
    let usage = held.users.entry(user).or_default();
    let window = SignedDuration::from_secs(i64::from(limits.window_secs));
    while usage.recent.front().is_some_and(|&at| now.duration_since(at) >= window) {
        usage.recent.pop_front();
    }
    let wait_secs = |oldest: Option<&Timestamp>| {
        let left = oldest.map_or(window, |&at| window - now.duration_since(at));
        u64::try_from(left.as_secs()).unwrap_or(0).max(1)
    };
    let count = usage.recent.len() as u64;
    if usage.running >= limits.concurrent {
        let message = format!("Number of concurrent requests exceeded the limit of {}.", limits.concurrent);
        return Err(Fault::throttled("0x80072326", message, 2));
    }
    if count >= u64::from(limits.requests) {
        let message = format!(
            "Number of requests exceeded the limit of {} over time window of {} seconds.",
            limits.requests, limits.window_secs
        );
        return Err(Fault::throttled("0x80072322", message, wait_secs(usage.recent.front())));
    }
    if (count + 1) * limits.cost_ms > limits.execution_ms {
        let message = format!(
            "Combined execution time of incoming requests exceeded limit of {} milliseconds over time window of {} \
             seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
            limits.execution_ms, limits.window_secs
        );
        return Err(Fault::throttled("0x80072321", message, wait_secs(usage.recent.front())));
    }
    usage.recent.push_back(now);
    usage.running += 1;
    let remaining = limits.requests - usage.recent.len() as u32;
    let used_ms = usage.recent.len() as u64 * limits.cost_ms;
    let remaining_secs = limits.execution_ms.saturating_sub(used_ms) as f64 / 1000.0;
    drop(held);
    Ok(Running { traffic: traffic.clone(), user, remaining, remaining_secs })
}
