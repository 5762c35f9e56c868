//! Folders that are mapped to tracking (FLD-01, APP-07).

use super::Explanation;
use crate::item::FolderId;
use crate::mailbox::FolderMapping;
use serde::{Deserialize, Serialize};

/// The folders of a mailbox that mail can be moved to, each after the one it lies in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Folders {
    pub folders: Vec<Folder>,
    /// How many of them may be mapped.
    pub most: u32,
    /// Why nothing is tracked by folder for now, where the mailbox is not synchronized (CFG-02).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Explanation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Folder {
    pub id: FolderId,
    /// Hostile text.
    pub name: String,
    /// How many folders it lies in; 0: none.
    pub depth: u32,
    /// Mail that is moved here is tracked, with this regarding record if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<FolderMapping>,
}
