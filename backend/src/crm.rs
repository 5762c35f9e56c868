//! The CRM, in the field's words. The trait neither decides nor remembers.

pub mod dataverse;

use crate::body::Body;
use crate::caller::Access;
use crate::outcome::Outcome;
use shared::api::{FoundRecord, Suggestion};
use shared::email::{CrmEmail, CrmEmailId, InternetMessageId};
use shared::item::SmtpAddress;
use shared::party::Candidate;
use shared::plan::NewEmail;
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef};
use shared::rules::deleting::DeletePermit;
use shared::rules::regarding::TargetSeen;
use uuid::Uuid;

/// What is asked in one look at the CRM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    pub message_id: Option<InternetMessageId>,
    /// The email that the message is linked to, or would be as soon as it is tracked.
    pub linked: Option<CrmEmailId>,
    pub addresses: Vec<SmtpAddress>,
    /// The record that is to be set as regarding.
    pub target: Option<RecordRef>,
}

/// What the CRM shows, to this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmAnswer {
    pub organization: Uuid,
    /// The caller's `systemuserid`.
    pub user: Uuid,
    /// The emails with the message id, and the linked one; each once.
    pub emails: Vec<CrmEmail>,
    /// The `linked` email is there, but not for this user's eyes; it is not among `emails` then.
    pub hidden: Option<CrmEmailId>,
    pub candidates: Vec<Candidate>,
    pub target: Option<TargetSeen>,
    /// Why the caller may not delete the `linked` email, if they may not.
    pub delete_refused: Option<Problem>,
}

/// How a promotion ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promoted {
    Created,
    /// A record with this id was there already: somebody else was faster, or we ourselves before a crash.
    AlreadyThere,
}

/// One tenant's organization in Dataverse.
#[async_trait::async_trait]
pub trait Crm: Send + Sync + std::fmt::Debug {
    /// Answers everything the rules need, in one round trip. Fails with `not-licensed` when the user has no
    /// user in the CRM. Rows that the user may not read are as if they were not there,
    /// but the linked email.
    async fn look(&self, access: &Access, question: &Question) -> Outcome<CrmAnswer>;

    /// Creates the email activity with its parties and closes it (received or sent), all or nothing.
    async fn promote_email(&self, access: &Access, email: &NewEmail, body: &Body) -> Outcome<Promoted>;

    /// Sets or clears the regarding record of an existing email; `record-gone` when it is not there.
    async fn set_regarding(
        &self,
        access: &Access,
        email: CrmEmailId,
        regarding: Option<&RecordRef>,
    ) -> Outcome<()>;

    /// Deletes an email. One that is not there any more counts as deleted.
    async fn delete_email(&self, access: &Access, permit: &DeletePermit) -> Outcome<()>;

    /// Finds records by a piece of their name (accounts, contacts, leads, opportunities, cases) that the
    /// caller may read; at most 25, and whether there are more.
    async fn search(&self, access: &Access, term: &str) -> Outcome<(Vec<FoundRecord>, bool)>;

    /// Records to offer for a mail with these people: their own, their accounts', their open opportunities
    /// and cases.
    async fn suggest(&self, access: &Access, people: &[RecordRef]) -> Outcome<Vec<Suggestion>>;

    /// Address of a record's form in the CRM's web client.
    fn url_of(&self, record: &RecordKey) -> String;

    /// Address of an email's form.
    fn url_of_email(&self, email: CrmEmailId) -> String;
}
