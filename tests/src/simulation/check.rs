//! The checkers, each in a file of its own. They look at the other side and at the store, never into the engine.

mod categories;
mod deletions;
mod end;
mod records;

use super::scene::Scene;
use sandbox::world::journal::{Entry, Seq};
use std::sync::Arc;

/// What must hold after every event.
pub async fn after_step(scene: &Arc<Scene>) {
    let since = scene.past().checked.unwrap_or(Seq(0));
    let entries = scene.ground.world.journal.entries_after(since);
    scene.past().checked = Some(scene.ground.world.journal.last());
    let upstream: Vec<Entry> = entries.into_iter().filter(|entry| entry.service.is_upstream()).collect();
    for entry in &upstream {
        for effect in &entry.effects {
            scene.stage().trace(&format!("{} {}", effect.kind, effect.target));
        }
    }
    // What was deleted must be known before what is made again is counted.
    deletions::check(scene, &upstream);
    records::check(scene, &upstream);
    categories::check(scene);
}

/// What must hold when everything has come to rest.
pub async fn at_the_end(scene: &Arc<Scene>) {
    end::check(scene).await;
}
