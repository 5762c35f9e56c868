//! Makes a history that fails as short as it can be made.

use super::act::{Event, History};
use super::ground::Ground;
use super::play::{Played, Telling, play};
use std::sync::Arc;

/// Histories tried at most.
const MOST: usize = 1_500;

/// The kind of a flaw: its first word, and what it is about.
fn kind(played: &Played) -> Option<String> {
    let first = played.flaws.first()?;
    Some(first.split(':').next().unwrap_or(first).to_owned())
}

/// The shortest history found that fails in the same way.
pub async fn shrink(ground: &Arc<Ground>, history: &History) -> (History, Played) {
    let mut best = history.clone();
    let mut played = play(ground, &best, Telling::Quiet).await;
    let Some(wanted) = kind(&played) else { return (best, played) };
    let mut tried = 0;
    let mut piece = best.events.len().div_ceil(2).max(1);
    while tried < MOST {
        let mut shortened = false;
        let mut at = 0;
        while at < best.events.len() && tried < MOST {
            let mut shorter = best.clone();
            let end = (at + piece).min(shorter.events.len());
            shorter.events.drain(at..end);
            tried += 1;
            let now = play(ground, &shorter, Telling::Quiet).await;
            if kind(&now).as_ref() == Some(&wanted) {
                (best, played, shortened) = (shorter, now, true);
            } else {
                at += piece;
            }
        }
        if piece == 1 && !shortened {
            break;
        }
        piece = (piece / 2).max(1);
    }
    for simpler in simpler(&best) {
        let now = play(ground, &simpler, Telling::Quiet).await;
        if kind(&now).as_ref() == Some(&wanted) {
            (best, played) = (simpler, now);
        }
    }
    (best, played)
}

/// The same events under simpler circumstances.
fn simpler(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    let with = |change: &dyn Fn(&mut History)| {
        let mut simpler = history.clone();
        change(&mut simpler);
        simpler
    };
    all.push(with(&|h| h.setting.filters = [1; 3]));
    all.push(with(&|h| h.setting.two_activities = true));
    all.push(with(&|h| h.setting.people = 1));
    all.push(with(&|h| {
        for event in &mut h.events {
            if let Event::Cycle { kind, .. } = event {
                *kind = super::act::Rhythm::Full;
            }
        }
    }));
    all
}
