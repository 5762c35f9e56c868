//! The machine of `tests::simulation`, tried on itself; and the histories that once failed, played again.

mod model;

use std::path::PathBuf;
use std::sync::Arc;
use tests::simulation::act::{Act, Event, From, Mishap, Place, Rhythm, Setting, Spelling};
use tests::simulation::draw::draw;
use tests::simulation::play::{Played, Telling};
use tests::simulation::{Ground, History, play, shrink};

async fn played(ground: &Arc<Ground>, history: &History) -> Played {
    play(ground, history, Telling::Quiet).await
}

fn seeds() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/seeds")
}

#[tokio::test]
async fn histories_that_once_failed_pass() {
    let ground = Ground::new().await;
    let mut files: Vec<_> = std::fs::read_dir(seeds()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "json")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let history: History = serde_json::from_str(&text).unwrap();
        let played = played(&ground, &history).await;
        assert_eq!(played.flaws, Vec::<String>::new(), "{}\n{history}", file.display());
    }
}

#[tokio::test]
async fn the_first_histories_pass_and_each_leaves_the_same_trace_when_it_is_played_again() {
    let ground = Ground::new().await;
    for seed in 0..10 {
        let history = draw(seed);
        let first = played(&ground, &history).await;
        assert_eq!(first.flaws, Vec::<String>::new(), "seed {seed}\n{history}");
        let again = played(&ground, &history).await;
        assert_eq!((first.trace, first.requests), (again.trace, again.requests), "seed {seed}");
    }
}

#[test]
fn a_history_is_the_same_after_it_was_kept_as_a_file() {
    for seed in 0..50 {
        let history = draw(seed);
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    }
}

fn history(events: Vec<Event>) -> History {
    let setting = Setting { people: 1, two_activities: true, filters: [1; 3], chance: 0 };
    History { setting, events }
}

fn mail_to_ada() -> Act {
    Act::Send { mail: 0, from: From::Customer, to: vec![0], answers: None, ruled: false }
}

fn put_on() -> Act {
    Act::PutOn { mail: 0, who: 0, spelling: Spelling::AsItIs }
}

/// A history in which something happens that no engine may do.
fn with_mishap(what: Mishap) -> History {
    let moved = Act::Move { mail: 0, who: 0, to: Place::Archive };
    let own = Act::PutOwn { mail: 0, who: 0 };
    let acts = [mail_to_ada(), moved, put_on(), own].map(Event::Act);
    let cycle = Event::Cycle { who: 0, kind: Rhythm::Full };
    let mishap = Event::Act(Act::Mishap { mail: 0, who: 0, what });
    history([acts.as_slice(), &[cycle.clone(), mishap, cycle]].concat())
}

#[tokio::test]
async fn a_checker_sees_what_no_engine_may_do() {
    let ground = Ground::new().await;
    let mishaps = [
        (Mishap::LosesCategory, "categories:"),
        (Mishap::DoublesRecord, "records:"),
        (Mishap::Untracks, "categories:"),
    ];
    for (mishap, flaw) in mishaps {
        let flaws = played(&ground, &with_mishap(mishap)).await.flaws;
        assert!(flaws.first().is_some_and(|first| first.starts_with(flaw)), "{mishap:?}: {flaws:?}");
    }
}

#[tokio::test]
async fn an_end_that_is_not_the_models_is_seen() {
    let ground = Ground::new().await;
    let mishap = Act::Mishap { mail: 0, who: 0, what: Mishap::Untracks };
    let cycle = Event::Cycle { who: 0, kind: Rhythm::Full };
    let events = vec![Event::Act(mail_to_ada()), Event::Act(put_on()), cycle, Event::Act(mishap)];
    let flaws = played(&ground, &history(events)).await.flaws;
    assert!(flaws.first().is_some_and(|first| first.starts_with("end:")), "{flaws:?}");
}

#[tokio::test]
async fn a_history_that_fails_is_shrunk_to_the_events_that_it_takes() {
    let ground = Ground::new().await;
    let history = with_mishap(Mishap::LosesCategory);
    let whole = played(&ground, &history).await;
    let (short, played) = shrink::shrink(&ground, &history).await;
    assert_eq!(short.events.len(), 3, "{short}");
    assert!(played.flaws[0].starts_with("categories:") && whole.flaws[0].starts_with("categories:"));
}
