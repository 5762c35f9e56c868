//! Who still uses the legacy client *Dynamics 365 for Outlook*: mailboxes whose delivery methods say so.
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/mailbox>

use super::filter::{Filter, Literal, Query};
use super::multipart::Operation;
use super::organization::Organization;
use super::rows::rows;
use crate::caller::Access;
use crate::line::Effect;
use crate::outcome::Outcome;
use shared::item::SmtpAddress;

/// Delivery method of incoming or outgoing email: *Microsoft Dynamics 365 for Outlook*.
const EMAIL_BY_OUTLOOK: i64 = 1;
/// The same for appointments, contacts and tasks.
const ACT_BY_OUTLOOK: i64 = 0;
/// More than anybody would read.
const MOST: usize = 500;

pub(super) async fn read(organization: &Organization, access: &Access) -> Outcome<Vec<SmtpAddress>> {
    let by_outlook = Filter::any([
        Filter::equals("incomingemaildeliverymethod", Literal::Number(EMAIL_BY_OUTLOOK)),
        Filter::equals("outgoingemaildeliverymethod", Literal::Number(EMAIL_BY_OUTLOOK)),
        Filter::equals("actdeliverymethod", Literal::Number(ACT_BY_OUTLOOK)),
    ]);
    let in_use = Filter::is_set("emailaddress").and(Filter::equals("statecode", Literal::Number(0)));
    let query = Query::of("mailboxes").select("emailaddress").order_by("emailaddress").top(MOST);
    let query = match by_outlook {
        Some(by_outlook) => query.filter(by_outlook.and(in_use)),
        None => return Ok(Vec::new()),
    };
    let answers = organization.read(access, vec![Operation::get(query.address())]).await?;
    match answers.first() {
        Some(answer) if answer.status.is_success() => {
            Ok(rows(answer).filter_map(|row| row.text("emailaddress").map(SmtpAddress::new)).collect())
        }
        Some(answer) => Err(organization.failure(Effect::Read, answer)),
        None => Err(organization.astray(Effect::Read, "no answer")),
    }
}
