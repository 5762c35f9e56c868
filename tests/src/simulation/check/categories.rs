//! Categories of a person's own stay on their mail and in their list, whatever the engine does.

use crate::simulation::scene::Scene;

pub fn check(scene: &Scene) {
    let letters = scene.past().letters.clone();
    let exchange = scene.ground.world.exchange();
    let mut flaws = Vec::new();
    for (mail, letter) in &letters {
        for (who, copy) in letter.copies.iter().filter(|(_, copy)| !copy.gone && !copy.own.is_empty()) {
            let Ok(owner) = exchange.mailbox(Scene::upn(*who)) else { continue };
            let Ok(message) = owner.message(copy.key) else { continue };
            for name in copy.own.iter().filter(|name| !message.categories.contains(name)) {
                flaws.push(format!("categories: {name} is gone from mail {mail} of {}", Scene::upn(*who)));
            }
        }
    }
    drop(exchange);
    for flaw in flaws {
        scene.flaw(flaw);
    }
}
