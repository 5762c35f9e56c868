//! Deletes an email activity, for everybody
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api>).

use super::multipart::Operation;
use super::organization::Organization;
use super::refusal;
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::Method;
use shared::rules::deleting::DeletePermit;

/// Deletes what the permit names; an email that is not there counts as deleted.
pub(super) async fn delete(
    organization: &Organization,
    access: &Access,
    permit: &DeletePermit,
) -> Outcome<()> {
    let write = Operation {
        method: Method::DELETE,
        address: format!("emails({})", permit.email().0),
        headers: Vec::new(),
        body: None,
    };
    match organization.write(access, write).await? {
        Ok(()) => Ok(()),
        Err(part) if refusal::is_missing_row(&part) => Ok(()),
        Err(part) => Err(organization.failure(Effect::Write, &part)),
    }
}
