//! Category tracking beside the legacy client *Dynamics 365 for Outlook*.
//!
//! No column of the organization says that it uses that client; its mailboxes do, each by its delivery methods.

use crate::decision::{Decision, RuleId};
use crate::item::SmtpAddress;
use crate::settings::Setting;
use crate::settings::catalogue::TRACK_CATEGORIZED;

/// Mailboxes that a warning names; of more it tells only how many.
const MOST_NAMED: usize = 3;

/// Whether an administrator is warned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    None,
    /// The change is made all the same: a warning, not a refusal.
    NotSupported,
}

/// Whether this change turns category tracking on. Only then does it matter which mailboxes use the legacy client.
pub fn turns_on(setting: &Setting, value: &str) -> bool {
    setting.name == TRACK_CATEGORIZED.name && setting.check(value).is_ok_and(|value| value == "true")
}

/// Whether whoever changes a setting is warned of the legacy client, which `legacy` mailboxes are set to.
///
/// CAT-27: category tracking is not supported beside it, so that an organization marked as using it is warned when it
/// turns the setting on. Turning it off is always well.
pub fn warning(setting: &Setting, value: &str, legacy: &[SmtpAddress]) -> Decision<Warning> {
    if !turns_on(setting, value) || legacy.is_empty() {
        return Decision::new(Warning::None, RuleId::Cat27);
    }
    let mut named: Vec<&str> = legacy.iter().take(MOST_NAMED).map(SmtpAddress::as_str).collect();
    if legacy.len() > MOST_NAMED {
        named.push("…");
    }
    Decision::new(Warning::NotSupported, RuleId::Cat27)
        .because("count", legacy.len())
        .because("mailboxes", named.join(", "))
}
