//! INC-06: one record per message id and direction; with *two activities* off, one per message id.

use crate::model::most_records;
use crate::simulation::people::records_of;
use crate::simulation::scene::Scene;
use sandbox::world::journal::Entry;
use std::collections::HashMap;

pub fn check(scene: &Scene, new: &[Entry]) {
    let numbers: Vec<_> = scene.past().letters.keys().copied().collect();
    for entry in new {
        for effect in entry.effects.iter().filter(|effect| effect.kind == "email.create") {
            *scene.past().made.entry(effect.target.clone()).or_default() += 1;
        }
    }
    for mail in numbers {
        let crm = scene.ground.world.crm();
        let mut standing: HashMap<String, Vec<_>> = HashMap::new();
        for id in records_of(scene, mail) {
            let Ok(row) = crm.row("emails", id) else { continue };
            let direction = if scene.history.setting.two_activities {
                row["directioncode"].to_string()
            } else {
                "any".into()
            };
            standing.entry(direction).or_default().push(id);
        }
        for (direction, ids) in standing {
            if ids.len() > 1 {
                scene.flaw(format!(
                    "records: mail {mail} has {} records (direction {direction}): {ids:?}",
                    ids.len()
                ));
            }
        }
    }
    // The id of a record is made of the mail: what is created twice was deleted in between.
    let past = scene.past();
    let twice: Vec<_> = past
        .made
        .iter()
        .filter(|(id, times)| **times > most_records(past.gone.get(*id).copied().unwrap_or_default()))
        .map(|(id, times)| format!("records: {id} was created {times} times"))
        .collect();
    drop(past);
    for flaw in twice {
        scene.flaw(flaw);
    }
}
