//! The state folder: the tenant's mailboxes, records and signing keys in one file.
//!
//! One file, written beside and renamed, so that a crash leaves either the old state or the new one and the
//! two services never disagree about when they were saved. A damaged file is never overwritten or repaired.

use crate::{dataverse, entra, exchange};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Rises when the shape of the file changes.
const FORMAT: u32 = 1;
const FILE: &str = "tenant.json";

/// Why the state cannot be read or written; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the state folder {folder} cannot be used: {reason}. Create it or choose another with --state.")]
    Folder { folder: PathBuf, reason: std::io::Error },
    #[error(
        "the saved state {file} cannot be read: {reason}. Check its permissions, or start with another --state folder."
    )]
    Unreadable { file: PathBuf, reason: std::io::Error },
    #[error(
        "the saved state {file} is damaged: {reason}. Move it away to start with a freshly seeded tenant, or put back a good copy."
    )]
    Damaged { file: PathBuf, reason: serde_json::Error },
    #[error(
        "the saved state {file} has format {found}, this sandbox reads format {FORMAT}. Move it away to start with a freshly seeded tenant."
    )]
    Format { file: PathBuf, found: u32 },
    #[error(
        "the certificate authority's key {file} is damaged: {reason}. Delete it and ca.pem beside it; a new authority is born at the next start and has to be trusted anew."
    )]
    Authority { file: PathBuf, reason: String },
    #[error("the state cannot be written to {file}: {reason}. The tenant goes on in memory.")]
    Unwritable { file: PathBuf, reason: std::io::Error },
}

/// What is read back at start.
#[derive(Debug, Deserialize)]
pub(super) struct Saved {
    pub exchange: exchange::Exchange,
    pub dataverse: dataverse::Organization,
    pub entra: entra::Directory,
}

#[derive(Serialize)]
struct Saving<'a> {
    format: u32,
    exchange: &'a exchange::Exchange,
    dataverse: &'a dataverse::Organization,
    entra: &'a entra::Directory,
}

#[derive(Deserialize)]
struct Heading {
    format: u32,
}

/// The file, and whether the tenant has moved on since it was written.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: Option<PathBuf>,
    dirty: AtomicBool,
    pub(crate) touched: Notify,
}

impl StateFile {
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, StateError> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)
                .map_err(|reason| StateError::Folder { folder: folder.to_owned(), reason })?;
        }
        Ok(Self {
            path: folder.map(|folder| folder.join(FILE)),
            dirty: AtomicBool::new(false),
            touched: Notify::new(),
        })
    }

    pub(super) fn load(&self) -> Result<Option<Saved>, StateError> {
        let Some(file) = self.path.clone() else { return Ok(None) };
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(StateError::Unreadable { file, reason }),
        };
        let damaged = |reason| StateError::Damaged { file: file.clone(), reason };
        let heading: Heading = serde_json::from_slice(&text).map_err(damaged)?;
        if heading.format != FORMAT {
            return Err(StateError::Format { file, found: heading.format });
        }
        serde_json::from_slice(&text).map(Some).map_err(damaged)
    }

    pub(crate) fn touch(&self) {
        if self.path.is_some() {
            self.dirty.store(true, Ordering::SeqCst);
            self.touched.notify_one();
        }
    }
}

impl super::World {
    /// Writes the state if it changed since it was last written. Without a state folder this does nothing.
    pub fn save(&self) -> Result<(), StateError> {
        let Some(path) = &self.state.path else { return Ok(()) };
        if !self.state.dirty.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let text = {
            let (exchange, dataverse, entra) = (self.exchange(), self.dataverse(), self.entra());
            let saving = Saving { format: FORMAT, exchange: &exchange, dataverse: &dataverse, entra: &entra };
            serde_json::to_vec(&saving).expect("the tenant's types serialize")
        };
        write_whole(path, &text).map_err(|reason| {
            self.state.dirty.store(true, Ordering::SeqCst);
            StateError::Unwritable { file: path.clone(), reason }
        })
    }
}

/// Writes a file so that a crash leaves the old text or the new one.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = create_private(&beside)?;
    file.write_all(text)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(beside, path)
}

/// Private keys are among what is saved: only the owner may read.
fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
