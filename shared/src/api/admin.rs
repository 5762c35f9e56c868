//! The words of the administrators' API, under `/api/admin`.
//!
//! An administrator is a person with the app role `Regarding.Administer`, or a program that holds it and is listed in
//! the service's configuration. Everything here is about the administrator's own tenant.
//!
//! | route | body | answer |
//! | --- | --- | --- |
//! | `GET /api/admin/me` | | [`Identity`] |

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who the caller is, and which tenant they administer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Entra tenant id.
    pub tenant: Uuid,
    #[serde(flatten)]
    pub who: AdministratorKind,
}

/// A person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdministratorKind {
    /// Somebody who signed in: their Entra object id, and the name to show.
    Person { user: Uuid, name: String },
    /// A client with a token of its own: its application (client) id.
    Program { client: Uuid },
}
