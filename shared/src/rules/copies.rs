//! The copies of one mail in several mailboxes.

use crate::decision::{Decision, RuleId};
use crate::email::{Direction, Message};
use crate::item::SmtpAddress;
use crate::party::Role;
use crate::settings::{Settings, Switch, TwoActivities};

/// Recipients whose copies get the category when this copy of the mail is tracked.
///
/// CAT-15: every further recipient's; CAT-16: with *two activities* on, the tracked sent copy categorizes no received
/// one. CAT-19: none while category tracking is off.
pub fn followers(message: &Message, settings: &Settings) -> Decision<Vec<SmtpAddress>> {
    if settings.track_categorized == Switch::Off {
        return Decision::new(Vec::new(), RuleId::Cat19);
    }
    if settings.two_activities == TwoActivities::On && message.direction == Direction::Outgoing {
        return Decision::new(Vec::new(), RuleId::Cat16);
    }
    let recipients = message.correspondents.iter().filter(|c| c.role != Role::From);
    let mut addresses: Vec<_> =
        recipients.map(|c| c.address.clone()).filter(SmtpAddress::is_plausible).collect();
    addresses.sort();
    addresses.dedup();
    Decision::new(addresses, RuleId::Cat15)
}
