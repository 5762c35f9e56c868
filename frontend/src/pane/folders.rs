//! The user's own mailbox: how it is synchronized (MBX-04), and its folders, mapped to tracking (FLD-01).

use super::event::{Act, Effect, Spot};
use super::picking;
use super::state::{FolderScreen, Remote, Session, State, Trouble};
use super::update::note_sign_out;
use shared::api::{Folder, FolderMapping, Folders, OwnMailbox};
use shared::item::FolderId;
use shared::regarding::RecordRef;

/// Shows them.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![Effect::Focus(Spot::Status)];
    let mut screen = FolderScreen::default();
    if state.session == Session::SignedIn {
        effects.extend(load(&mut screen));
    }
    state.folders = Some(screen);
    effects
}

/// Reads whatever is not here yet.
pub(super) fn load(screen: &mut FolderScreen) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !matches!(screen.known, Remote::Here(_)) {
        screen.known = Remote::Loading;
        effects.push(Effect::LoadFolders);
    }
    if !matches!(screen.mailbox, Remote::Here(_)) {
        screen.mailbox = Remote::Loading;
        effects.push(Effect::LoadMailbox);
    }
    effects
}

pub(super) fn mailbox_told(state: &mut State, answer: Result<OwnMailbox, Trouble>) {
    if let Err(trouble) = &answer {
        note_sign_out(state, trouble);
    }
    if let Some(screen) = &mut state.folders {
        screen.mailbox = answer.map_or_else(Remote::Failed, Remote::Here);
    }
}

pub(super) fn loaded(state: &mut State, answer: Result<Folders, Trouble>) {
    if let Err(trouble) = &answer {
        note_sign_out(state, trouble);
    }
    if let Some(screen) = &mut state.folders {
        screen.known = answer.map_or_else(Remote::Failed, Remote::Here);
    }
}

pub(super) fn mapped(state: &mut State, id: &FolderId, answer: Result<Folder, Trouble>) {
    if let Err(trouble) = &answer {
        note_sign_out(state, trouble);
    }
    let Some(screen) = &mut state.folders else { return };
    if screen.changing.as_ref() == Some(id) {
        screen.changing = None;
    }
    match (answer, &mut screen.known) {
        (Ok(new), Remote::Here(known)) => {
            if let Some(place) = known.folders.iter_mut().find(|folder| folder.id == new.id) {
                *place = new;
            }
        }
        (Ok(_), _) => {}
        (Err(trouble), _) => screen.trouble = Some(trouble),
    }
}

/// `None` where the act is not about folders.
pub(super) fn acted(state: &mut State, act: Act) -> Option<Vec<Effect>> {
    let screen = state.folders.as_mut()?;
    Some(match act {
        Act::CloseFolders => {
            state.folders = None;
            vec![Effect::Focus(Spot::Status)]
        }
        Act::MapFolder(id) => {
            let regarding = mapping_of(screen, &id).and_then(|mapping| mapping.regarding.clone());
            change(screen, id, Some(FolderMapping { regarding }))
        }
        Act::ClearFolder(id) => change(screen, id, Some(FolderMapping { regarding: None })),
        Act::UnmapFolder(id) => change(screen, id, None),
        Act::PickForFolder(id) => {
            picking::close(&mut screen.picker);
            screen.picking = Some(id);
            screen.picker.changing = true;
            vec![Effect::Focus(Spot::Field)]
        }
        Act::Choose(record) => choose(screen, record),
        Act::Cancel => {
            picking::close(&mut screen.picker);
            screen.picking = None;
            vec![Effect::Focus(Spot::Status)]
        }
        Act::Retry | Act::Refresh => {
            screen.trouble = None;
            (screen.known, screen.mailbox) = (Remote::Absent, Remote::Absent);
            load(screen)
        }
        _ => return None,
    })
}

fn mapping_of<'a>(screen: &'a FolderScreen, id: &FolderId) -> Option<&'a FolderMapping> {
    let Remote::Here(known) = &screen.known else { return None };
    known.folders.iter().find(|folder| folder.id == *id)?.mapping.as_ref()
}

fn choose(screen: &mut FolderScreen, record: RecordRef) -> Vec<Effect> {
    let Some(id) = screen.picking.take() else { return vec![] };
    picking::close(&mut screen.picker);
    let mut effects = change(screen, id, Some(FolderMapping { regarding: Some(record) }));
    // The field is gone.
    effects.push(Effect::Focus(Spot::Status));
    effects
}

/// One folder at a time: the next waits until this one is known to be changed.
fn change(screen: &mut FolderScreen, id: FolderId, mapping: Option<FolderMapping>) -> Vec<Effect> {
    if screen.changing.is_some() {
        return vec![];
    }
    screen.trouble = None;
    screen.changing = Some(id.clone());
    vec![Effect::MapFolder(id, mapping)]
}
