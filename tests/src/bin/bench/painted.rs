//! How long it takes until the status is painted, under the real office.js in headless Chromium, and what the
//! pane loads from our origin until then.
//!
//! From the navigation of the pane's frame to the frame in which *Not tracked* stands on the screen. Chromium
//! keeps nothing of servers whose certificate it has not been told to trust, so every run loads everything.

use super::machine::percentile;
use sandbox::company::ADA;
use serde_json::Value;
use tests::browser::{Browser, View};
use tests::online::Online;

const RUNS: usize = 15;

/// Notes the moment after the first frame in which the status stands.
const STOPWATCH: &str = r"
if (location.pathname === '/pane.html') {
  const look = new MutationObserver(() => {
    if (document.getElementById('status')?.textContent === 'Not tracked') {
      look.disconnect();
      requestAnimationFrame(() => setTimeout(() => { window.statusPainted = performance.now(); }));
    }
  });
  look.observe(document, { childList: true, subtree: true, characterData: true });
}";

/// `[ms to the shell, ms to the status, requests, bytes]`; without msal-browser, which the sandbox's Outlook
/// brings in real life.
const READING: &str = r"
const ours = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(({ name }) => new URL(name).origin === location.origin && !name.includes('/msal-'));
const [shell] = performance.getEntriesByName('first-contentful-paint');
return window.statusPainted && [
  shell?.startTime ?? 0, window.statusPainted, ours.length,
  ours.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)];";

/// Prints the chapter.
pub async fn tell() {
    let online = Online::start().await;
    let mail = online.mail_to(&ADA).await;
    let browser = Browser::start().await;
    browser.run_before_each_page(STOPWATCH).await;
    let view = View::of(&ADA).message(&mail).pane();
    let mut runs = Vec::new();
    // The first run warms the service's tokens and the browser itself.
    for _ in 0..=RUNS {
        browser.outlook().open(&online, &view).await;
        let seen = browser.pane().until("the painted status", READING, Value::is_array).await;
        runs.push(serde_json::from_value::<[f64; 4]>(seen).expect("four numbers"));
    }
    let runs = &runs[1..];
    println!(
        "{:>9}  {:>9}  the pane from our origin, brotli, without office.js and msal-browser",
        "requests", "bytes"
    );
    println!("{:>9}  {:>9}  until the status is painted", runs[0][2], runs[0][3]);
    println!();
    println!(
        "{:>9}  {:>9}  ms from navigation, {RUNS} runs in headless Chromium on this machine",
        "p50", "p95"
    );
    for (column, what) in [(0, "first paint (the shell)"), (1, "status painted")] {
        let mut times: Vec<f64> = runs.iter().map(|run| run[column]).collect();
        times.sort_by(f64::total_cmp);
        println!("{:>9.0}  {:>9.0}  {what}", percentile(&times, 50), percentile(&times, 95));
    }
    println!();
}
