//! UNT-01: the engine deletes a record only where somebody chose so in the pane, for a mail that the record is of.

use crate::model::deletions_wished;
use crate::simulation::scene::Scene;
use sandbox::world::journal::Entry;

pub fn check(scene: &Scene, new: &[Entry]) {
    for entry in new {
        for effect in entry.effects.iter().filter(|effect| effect.kind == "email.delete") {
            let mut past = scene.past();
            *past.gone.entry(effect.target.clone()).or_default() += 1;
            let owner = past.records.get(&effect.target).copied();
            // One that was made and deleted within one event is of any mail.
            let mails: Vec<_> =
                owner.map_or_else(|| past.letters.keys().copied().collect(), |mail| vec![mail]);
            let wished: usize = mails.iter().map(|mail| deletions_wished(&past.facts, *mail)).sum();
            drop(past);
            if wished == 0 {
                scene.flaw(format!(
                    "deletions: record {} of mail {owner:?} was deleted, which nobody wished",
                    effect.target
                ));
            }
        }
    }
    // Whose records they are, for when they are gone.
    let numbers: Vec<_> = scene.past().letters.keys().copied().collect();
    for mail in numbers {
        for id in crate::simulation::people::records_of(scene, mail) {
            scene.past().records.insert(id.to_string(), mail);
        }
    }
}
