//! The folders that are mapped to tracking.

use crate::entra::Caller;
use crate::http::Service;
use crate::http::answer::Refusal;
use crate::http::words::{Mailbox, Tongue, bad_request, item_of, json_of};
use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use shared::api::{Folder, FolderMapping, Folders, ProblemDetails};
use shared::item::FolderId;
use std::sync::Arc;

/// The folders of the caller's own mailbox that mail can be filed into, with their mappings.
#[utoipa::path(
    get,
    path = "/api/folders",
    operation_id = "folders",
    params(("mailbox" = String, Query, description = "Address of the caller's own mailbox")),
    responses((status = 200, body = Folders), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Mailbox(mailbox): Mailbox,
    Tongue(language): Tongue,
) -> Result<Json<Folders>, Refusal> {
    Ok(Json(service.items.mail_folders(&caller.access(), &mailbox, language).await?))
}

/// Maps a folder to tracking: mail that is moved there is tracked, with this regarding record if one is named.
#[utoipa::path(
    put,
    path = "/api/folders/{folder}/mapping",
    operation_id = "map_folder",
    params(("folder" = String, Path, description = "The folder's id"),
           ("mailbox" = String, Query, description = "Address of the caller's own mailbox")),
    request_body = FolderMapping,
    responses((status = 200, body = Folder), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn map(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(folder): Path<String>,
    Mailbox(mailbox): Mailbox,
    body: Bytes,
) -> Result<Json<Folder>, Refusal> {
    let mapping: FolderMapping = json_of(&body, "mapping of a folder")?;
    let folder = folder_of(&folder)?;
    Ok(Json(service.items.set_mapping(&caller.access(), &mailbox, &folder, Some(mapping)).await?))
}

/// Takes a folder's mapping away; what was tracked stays tracked.
#[utoipa::path(
    delete,
    path = "/api/folders/{folder}/mapping",
    operation_id = "unmap_folder",
    params(("folder" = String, Path, description = "The folder's id"),
           ("mailbox" = String, Query, description = "Address of the caller's own mailbox")),
    responses((status = 200, body = Folder), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("entra" = []))
)]
pub(crate) async fn unmap(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(folder): Path<String>,
    Mailbox(mailbox): Mailbox,
) -> Result<Json<Folder>, Refusal> {
    let folder = folder_of(&folder)?;
    Ok(Json(service.items.set_mapping(&caller.access(), &mailbox, &folder, None).await?))
}

/// Ids of folders are of the same kind as those of items.
fn folder_of(text: &str) -> Result<FolderId, Refusal> {
    item_of(text)
        .map(|item| FolderId(item.0))
        .map_err(|_| bad_request("the folder's id is none of Exchange's"))
}
