//! The CRM through the Dataverse Web API v9.2, one file for each question or change.
//!
//! What the rules need is read in one `$batch`, what belongs together is written in one changeset. When the
//! engine acts, it names the user it acts for, and Dataverse applies that user's rights. It remembers nothing
//! but the definitions of tables and which `systemuserid` a user has. Text gets into a query only through
//! [`filter`]; it must never be written into an address elsewhere.

use super::{Content, Crm, CrmAnswer, CrmMailbox, Promoted, Question, Screened, Screening, SettingsDocument};
use crate::caller::Access;
use crate::clock::Clock;
use crate::entra::Tokens;
use crate::net::Door;
use crate::outcome::Outcome;
use shared::api::{FoundRecord, Suggestion};
use shared::email::CrmEmailId;
use shared::item::SmtpAddress;
use shared::mailbox::MailboxKind;
use shared::party::NewContact;
use shared::plan::NewEmail;
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef};
use shared::rules::deleting::DeletePermit;
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

mod attachments;
mod candidates;
mod create_contact;
mod definitions;
mod delete_email;
mod directory;
mod filter;
mod legacy;
mod look;
mod multipart;
mod organization;
mod party;
mod privileges;
mod promote_email;
mod refusal;
mod rows;
mod screen;
mod search;
mod set_regarding;
mod settings;
mod suggest;
#[cfg(test)]
mod tests;

use organization::Organization;

/// One organization, over its Web API.
#[derive(Debug)]
pub struct DataverseCrm {
    organization: Organization,
}

impl DataverseCrm {
    /// `org_url` is the organization's address, e.g. `https://contoso.crm4.dynamics.com/`.
    pub fn new(door: Arc<Door>, tokens: Arc<dyn Tokens>, org_url: Url, clock: Arc<dyn Clock>) -> Self {
        Self { organization: Organization::new(door, tokens, org_url, clock) }
    }

    fn form(&self, table: &str, id: Uuid) -> String {
        let mut url = self.organization.address("main.aspx");
        url.query_pairs_mut()
            .append_pair("etn", table)
            .append_pair("id", &id.to_string())
            .append_pair("pagetype", "entityrecord");
        url.into()
    }
}

#[async_trait::async_trait]
impl Crm for DataverseCrm {
    async fn look(&self, access: &Access, question: &Question) -> Outcome<CrmAnswer> {
        look::look(&self.organization, access, question).await
    }

    async fn promote_email(&self, access: &Access, email: &NewEmail, content: &Content) -> Outcome<Promoted> {
        promote_email::promote(&self.organization, access, email, content).await
    }

    async fn create_contact(&self, access: &Access, contact: &NewContact) -> Outcome<Promoted> {
        create_contact::create(&self.organization, access, contact).await
    }

    async fn set_regarding(
        &self,
        access: &Access,
        email: CrmEmailId,
        regarding: Option<&RecordRef>,
    ) -> Outcome<()> {
        set_regarding::set(&self.organization, access, email, regarding).await
    }

    async fn delete_email(&self, access: &Access, permit: &DeletePermit) -> Outcome<()> {
        delete_email::delete(&self.organization, access, permit).await
    }

    async fn search(&self, access: &Access, term: &str) -> Outcome<(Vec<FoundRecord>, bool)> {
        search::search(&self.organization, access, term).await
    }

    async fn suggest(&self, access: &Access, people: &[RecordRef]) -> Outcome<Vec<Suggestion>> {
        suggest::suggest(&self.organization, access, people).await
    }

    async fn screen(&self, access: &Access, question: &Screening) -> Outcome<Screened> {
        screen::screen(&self.organization, access, question).await
    }

    async fn settings(&self, access: &Access) -> Outcome<SettingsDocument> {
        settings::read(&self.organization, access).await
    }

    async fn write_setting(&self, access: &Access, name: &str, value: &str) -> Outcome<()> {
        settings::write(&self.organization, access, name, value).await
    }

    async fn directory(&self, access: &Access) -> Outcome<Vec<CrmMailbox>> {
        directory::read(&self.organization, access).await
    }

    async fn legacy_mailboxes(&self, access: &Access) -> Outcome<Vec<SmtpAddress>> {
        legacy::read(&self.organization, access).await
    }

    async fn missing_privileges(&self, access: &Access, kind: MailboxKind) -> Outcome<Vec<Problem>> {
        privileges::missing(&self.organization, access, kind).await
    }

    fn url_of(&self, record: &RecordKey) -> String {
        self.form(record.table.as_str(), record.id)
    }

    fn url_of_email(&self, email: CrmEmailId) -> String {
        self.form("email", email.0)
    }
}
