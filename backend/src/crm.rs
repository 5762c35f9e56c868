//! The CRM, in the field's words. The trait neither decides nor remembers.

pub mod dataverse;

pub use crate::body::{Attachment, Content};

use crate::caller::{Access, UserId};
use crate::outcome::Outcome;
use shared::api::{FoundRecord, Suggestion};
use shared::email::{CrmEmail, CrmEmailId, Direction, InternetMessageId, ThreadId};
use shared::item::SmtpAddress;
use shared::mailbox::MailboxKind;
use shared::party::{Candidate, NewContact};
use shared::plan::NewEmail;
use shared::problem::Problem;
use shared::regarding::{RecordKey, RecordRef};
use shared::rules::deleting::DeletePermit;
use shared::rules::regarding::TargetSeen;
use shared::settings::{FilterMethod, Settings};
use std::collections::BTreeMap;
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

/// The organization's settings, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsDocument {
    pub settings: Settings,
    /// What the organization says, by the CRM's own names; a setting that nobody changed may be missing.
    pub raw: BTreeMap<String, String>,
    /// Version of the organization, e.g. `9.2.26111.00170`.
    pub version: String,
}

/// What is asked about a page of mail that nobody wished anything for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// Messages that may be in the CRM already.
    pub known: Vec<InternetMessageId>,
    /// Messages that they answer.
    pub replies_to: Vec<InternetMessageId>,
    /// Tracking tokens in their subjects.
    pub tokens: Vec<String>,
    pub threads: Vec<ThreadId>,
    pub addresses: Vec<SmtpAddress>,
    /// Whether the user's filter method is wanted.
    pub user_filter: bool,
    /// The queue whose filter method is wanted instead.
    pub queue: Option<Uuid>,
}

/// What the CRM knows about a page of mail, as far as this user may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screened {
    /// Each once.
    pub emails: Vec<ScreenedEmail>,
    pub candidates: Vec<Candidate>,
    /// Of the queue, or else of the user; the CRM's default where it was not asked for.
    pub filter: FilterMethod,
    /// The caller's `systemuserid`.
    pub user: Uuid,
    pub organization: Uuid,
}

/// An email of the CRM that new mail may be, or may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenedEmail {
    pub id: CrmEmailId,
    /// As it was asked for, where it was.
    pub message_id: Option<InternetMessageId>,
    pub direction: Direction,
    pub regarding: Option<RecordRef>,
    /// Name of the owner, for people to read.
    pub owner: String,
    pub token: Option<String>,
    pub thread: Option<ThreadId>,
}

/// A mailbox that the CRM knows somebody by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmMailbox {
    pub address: SmtpAddress,
    pub name: String,
    pub kind: MailboxKind,
    pub queue: Option<Uuid>,
    /// The user, or the queue's owner; `None` where a team owns the queue, or the user cannot sign in.
    pub acts_as: Option<UserId>,
}

/// One tenant's organization in Dataverse.
#[async_trait::async_trait]
pub trait Crm: Send + Sync + std::fmt::Debug {
    /// Answers everything the rules need, in one round trip. Fails with `not-licensed` when the user has no
    /// user in the CRM. Rows that the user may not read are as if they were not there,
    /// but the linked email.
    async fn look(&self, access: &Access, question: &Question) -> Outcome<CrmAnswer>;

    /// Creates the email activity with its parties and attachments, puts it into its queue and closes it
    /// (received or sent), all or nothing, in one round trip.
    async fn promote_email(&self, access: &Access, email: &NewEmail, content: &Content) -> Outcome<Promoted>;

    /// Creates a contact under the id that its client chose, owned by the caller.
    async fn create_contact(&self, access: &Access, contact: &NewContact) -> Outcome<Promoted>;

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

    /// Answers what the rules need to know about a page of new mail, in one round trip.
    async fn screen(&self, access: &Access, question: &Screening) -> Outcome<Screened>;

    /// Reads the organization's settings.
    async fn settings(&self, access: &Access) -> Outcome<SettingsDocument>;

    /// Changes one setting and leaves all others as they are. `Conflict`: it kept being changed by others.
    async fn write_setting(&self, access: &Access, name: &str, value: &str) -> Outcome<()>;

    /// Enabled users and active queues that have an address, all of them.
    async fn directory(&self, access: &Access) -> Outcome<Vec<CrmMailbox>>;

    /// Mailboxes in use that are set to the legacy client *Dynamics 365 for Outlook*, by address; some of them, where
    /// there are very many.
    async fn legacy_mailboxes(&self, access: &Access) -> Outcome<Vec<SmtpAddress>>;

    /// The privileges that the user (or the engine acting for them) lacks for promoting email, into a queue if
    /// it is one; one problem each. Facts: `privilege`, `table`, `needed_for`, and `who` lacks it, the `user` or
    /// the `application`.
    async fn missing_privileges(&self, access: &Access, kind: MailboxKind) -> Outcome<Vec<Problem>>;

    /// Address of a record's form in the CRM's web client.
    fn url_of(&self, record: &RecordKey) -> String;

    /// Address of an email's form.
    fn url_of_email(&self, email: CrmEmailId) -> String;
}
