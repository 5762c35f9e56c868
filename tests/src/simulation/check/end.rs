//! At the end everything is as the reference model says, and each copy is what the pane says it is.

use crate::model::{Circumstances, End, Fact, ends};
use crate::simulation::act::{MailNo, Who};
use crate::simulation::people;
use crate::simulation::play::is_fine;
use crate::simulation::scene::Scene;
use shared::api::ItemState;
use shared::category::UNDELIVERABLE;
use shared::problem::Problem;
use shared::rules::Language;
use shared::status::Status;
use std::sync::Arc;

pub async fn check(scene: &Arc<Scene>) {
    scene.watch(true);
    let letters = scene.past().letters.clone();
    for (mail, letter) in letters {
        for (who, copy) in letter.copies.into_iter().filter(|(_, copy)| !copy.gone) {
            let Some(items) = scene.items() else { continue };
            let name = scene.name_of(mail, who).expect("the copy was delivered");
            let mut state = items.state(&scene.access(who), &name, Language::English).await;
            if let Err(Problem { retry_after_ms: Some(wait), .. }) = &state {
                // Asked before the troubles ended to be left alone for longer, nobody had to ask it since.
                scene.ground.time.advance_ms(i64::try_from(*wait).unwrap_or_default() + 1_000);
                state = items.state(&scene.access(who), &name, Language::English).await;
            }
            match state {
                Ok(state) => check_copy(scene, mail, who, copy.outgoing, &state),
                Err(problem) => {
                    scene.flaw(format!("end: mail {mail} of {who} cannot be looked at: {problem:?}"));
                }
            }
        }
    }
    scene.watch(false);
}

fn check_copy(scene: &Scene, mail: MailNo, who: Who, outgoing: bool, state: &ItemState) {
    let whose =
        format!("mail {mail} of {} ({})", Scene::upn(who), if outgoing { "sent" } else { "received" });
    let categories = scene.categories(mail, who).unwrap_or_default();
    let facts = scene.past().facts.clone();
    let switched = facts.contains(&Fact::Switched);
    let marked = categories.iter().any(|c| c == UNDELIVERABLE);
    let seen = match &state.status {
        Status::Tracked => End::Tracked,
        Status::NotTracked if marked => End::GivenUp,
        Status::NotTracked => End::NotTracked,
        Status::RecordGone => End::RecordGone,
        Status::Failed { .. } => End::GivenUp,
        other => {
            scene.flaw(format!("end: {whose} is still {other:?}"));
            return;
        }
    };
    let around =
        Circumstances { filters: scene.history.setting.filters, troubled: !is_fine(scene), sent: outgoing };
    let allowed = ends(&facts, mail, who, around);
    if !allowed.contains(&seen) {
        let status = &state.status;
        scene.flaw(format!(
            "end: {whose} is {seen:?} ({status:?}) and not one of {allowed:?}; on it: {categories:?}"
        ));
    }
    let on = people::is_on(scene, mail, who);
    let records = people::records_of(scene, mail);
    // What the pane calls tracked is so on both sides.
    if seen == End::Tracked && (records.is_empty() || (!on && !switched)) {
        scene.flaw(format!(
            "honesty: {whose} is said to be tracked; records {records:?}, category on it: {on}"
        ));
    }
    if seen == End::NotTracked && on && !switched {
        scene.flaw(format!("honesty: {whose} is said not to be tracked, with the category on it"));
    }
    if seen == End::Tracked && marked {
        scene.flaw(format!("end: {whose} is tracked and marked as undeliverable (RET-05)"));
    }
}
