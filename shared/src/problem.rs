//! What can go wrong, as a closed list: what happened, why, and what to do about it.

use crate::decision::Fact;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $status:literal),+ $(,)?) => {
        /// Code of a problem. Programs compare it; people read the words of [`crate::rules::words`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Code { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The code as it stands in the JSON, e.g. `message-gone`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text),+ }
            }

            /// HTTP status of an answer that carries this problem.
            pub fn http_status(self) -> u16 {
                match self { $(Code::$variant => $status),+ }
            }
        }
    };
}

codes! {
    /// The request itself is wrong. Facts: `reason`.
    BadRequest "bad-request" 400,
    /// No token, or one that is not accepted. Facts: `reason`.
    SignedOut "signed-out" 401,
    /// Entra ID wants the user to do something first. Facts: `claims` when a challenge is to be answered.
    InteractionRequired "interaction-required" 401,
    /// The administrator has not (or no longer) consented to what the backend needs. Facts: `reason`.
    ConsentRequired "consent-required" 403,
    /// The token's tenant is not one that this service works for.
    TenantNotEnrolled "tenant-not-enrolled" 403,
    /// The caller is known, but may not administer the service. Facts: `reason`.
    NotAdministrator "not-administrator" 403,
    /// The caller has no user in the CRM, or a disabled one. Facts: `organization`.
    NotLicensed "not-licensed" 403,
    /// Exchange does not let the caller into this mailbox. Facts: `mailbox`.
    MailboxDenied "mailbox-denied" 403,
    /// There is no such mailbox in Exchange Online. Facts: `mailbox`.
    MailboxGone "mailbox-gone" 404,
    /// The message is not there (any more).
    MessageGone "message-gone" 404,
    /// The message was not sent yet.
    MessageIsDraft "message-is-draft" 409,
    /// Exchange refused to change the message's categories. Facts: `reason`.
    CategoryRefused "category-refused" 409,
    /// The record that the email shall be regarding is not there (any more), or not for this user. Facts: `record`.
    RegardingGone "regarding-gone" 409,
    /// Records of that table cannot have activities. Facts: `table`.
    WithoutActivities "without-activities" 409,
    /// The tracked email is not in the CRM any more.
    RecordGone "record-gone" 409,
    /// The mail is in the CRM already, as a record that the user may not see.
    RecordHidden "record-hidden" 409,
    /// A security role is missing. Facts: `privilege`, and `table` where known.
    PrivilegeMissing "privilege-missing" 403,
    /// The CRM refused for a reason of its own (a plug-in, a rule). Facts: `reason`.
    CrmRefused "crm-refused" 409,
    /// Exchange answered what no retry can mend. Facts: `reason`.
    ExchangeRefused "exchange-refused" 409,
    CrmDown "crm-down" 503,
    CrmThrottled "crm-throttled" 503,
    ExchangeDown "exchange-down" 503,
    ExchangeThrottled "exchange-throttled" 503,
    EntraDown "entra-down" 503,
    /// Our own store cannot write. Facts: `reason`.
    StoreFull "store-full" 507,
    StoreDown "store-down" 503,
    /// This caller asks too often.
    TooManyRequests "too-many-requests" 429,
    NotFound "not-found" 404,
    MethodNotAllowed "method-not-allowed" 405,
    PayloadTooLarge "payload-too-large" 413,
    /// A bug of ours; the log has the details under the request id.
    Internal "internal" 500,
}

impl Code {
    /// Whether it goes on once the user has signed in, or whoever must has consented: the very same wish, sent
    /// again, is then carried out.
    pub fn asks_to_sign_in(self) -> bool {
        matches!(self, Code::InteractionRequired | Code::SignedOut | Code::ConsentRequired)
    }
}

/// Something that went wrong, with the facts its words need. Never holds mail text, tokens or secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    pub code: Code,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// How long the other side asked us to wait, in milliseconds, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        Self { code, facts: Vec::new(), retry_after_ms: None }
    }

    #[must_use]
    pub fn because(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.facts.push(Fact::new(name, value));
        self
    }

    #[must_use]
    pub fn retry_after_ms(mut self, ms: Option<u64>) -> Self {
        self.retry_after_ms = ms;
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}
