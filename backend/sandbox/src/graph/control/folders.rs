//! What people do with folders.

use super::super::problem::Problem;
use super::super::show;
use super::{Answer, Tenant, act};
use crate::exchange::{FolderKey, Mailbox, Refusal};
use crate::world::journal::Seq;
use axum::Json;
use axum::extract::{Extension, Path, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

fn card(mailbox: &Mailbox, key: FolderKey) -> Result<Value, Refusal> {
    let folder = mailbox.folder(key)?;
    let mut map = show::folder(mailbox, folder);
    map.insert("wellKnownName".to_owned(), json!(folder.well_known));
    Ok(Value::Object(map))
}

pub async fn list(State(world): Tenant, Path(who): Path<String>) -> Answer {
    let exchange = world.exchange();
    let mailbox = exchange.mailbox(&who)?;
    let value = mailbox.folders().map(|folder| card(mailbox, folder.key)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({ "version": mailbox.version(), "value": value })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFolder {
    name: String,
    /// Id or well-known name of the folder above; absent: the top.
    parent: Option<String>,
    #[serde(default)]
    is_hidden: bool,
}

pub async fn create(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path(who): Path<String>,
    Json(wanted): Json<NewFolder>,
) -> Answer {
    let made = act(&world, seq, |exchange, _| {
        exchange.change(&who, |mailbox, _| {
            let parent = mailbox.folder_named(wanted.parent.as_deref().unwrap_or("msgfolderroot"))?.key;
            let key = mailbox.create_folder(parent, &wanted.name, wanted.is_hidden)?;
            card(mailbox, key)
        })
    })?;
    Ok(Json(made))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FolderChange {
    name: Option<String>,
    /// Id or well-known name of the folder that it moves into.
    parent: Option<String>,
}

/// Renames or moves.
pub async fn change(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
    Json(wanted): Json<FolderChange>,
) -> Answer {
    let changed = act(&world, seq, |exchange, _| {
        exchange.change(&who, |mailbox, _| {
            let key = mailbox.folder_named(&id)?.key;
            if let Some(name) = &wanted.name {
                mailbox.rename_folder(key, name)?;
            }
            if let Some(parent) = &wanted.parent {
                let parent = mailbox.folder_named(parent)?.key;
                mailbox.move_folder(key, parent)?;
            }
            card(mailbox, key)
        })
    })?;
    Ok(Json(changed))
}

/// As in Outlook: into *Deleted Items*, from there for good.
pub async fn delete(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Path((who, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    act(&world, seq, |exchange, _| {
        exchange.change(&who, |mailbox, _| {
            let key = mailbox.folder_named(&id)?.key;
            mailbox.delete_folder(key)
        })
    })?;
    Ok(StatusCode::NO_CONTENT)
}
