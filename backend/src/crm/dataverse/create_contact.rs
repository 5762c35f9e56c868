//! Creates a contact for somebody on a mail (PPL-04).
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/create-entity-web-api>
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/contact>
//!
//! The row is created under the id that the client chose; a second attempt meets the same key.

use super::multipart::Operation;
use super::organization::Organization;
use super::refusal;
use crate::caller::Access;
use crate::crm::Promoted;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::Method;
use serde_json::json;
use shared::party::{ContactName, NewContact};

pub(super) async fn create(
    organization: &Organization,
    access: &Access,
    contact: &NewContact,
) -> Outcome<Promoted> {
    let ContactName { first, last } = ContactName::of(&contact.name);
    let mut row = json!({
        "contactid": contact.id,
        "lastname": last,
        "emailaddress1": contact.address.as_str(),
    });
    if !first.is_empty() {
        row["firstname"] = json!(first);
    }
    let create = Operation {
        method: Method::POST,
        address: "contacts".to_owned(),
        headers: Vec::new(),
        body: Some(row),
    };
    match organization.write(access, create).await? {
        Ok(()) => Ok(Promoted::Created),
        Err(part) if refusal::is_duplicate_key(&part) => Ok(Promoted::AlreadyThere),
        Err(part) => Err(organization.failure(Effect::Write, &part)),
    }
}
