//! Who the administrator is.

use crate::entra::{Administers, Administrator};
use axum::Json;
use shared::api::{ProblemDetails, admin};

/// Who the caller is as an administrator, and of which tenant.
#[utoipa::path(
    get,
    path = "/api/admin/me",
    responses((status = 200, body = admin::Identity), (status = "default", body = ProblemDetails, content_type = "application/problem+json")),
    security(("administrator" = []))
)]
pub(crate) async fn administrator(caller: Administrator) -> Json<admin::Identity> {
    let who = match caller.who() {
        Administers::Person { user, name } => {
            admin::AdministratorKind::Person { user: user.0, name: name.clone() }
        }
        Administers::Program { client } => admin::AdministratorKind::Program { client: *client },
    };
    Json(admin::Identity { tenant: caller.tenant().0, who })
}
