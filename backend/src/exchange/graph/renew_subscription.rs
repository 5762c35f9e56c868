//! Lets a subscription live longer
//! (<https://learn.microsoft.com/graph/api/subscription-update>). It also answers a *reauthorization required*.

use super::mailbox_line::{Call, MailboxLine, Spot, segment};
use super::subscribe::{failure, moment, read};
use crate::caller::Access;
use crate::exchange::SubscriptionSeen;
use crate::line::Effect;
use crate::outcome::Outcome;
use http::{Method, StatusCode};
use serde_json::json;
use shared::UtcMs;

/// Renews the subscription. `None`: it is gone.
pub(super) async fn renew(
    line: &MailboxLine,
    access: &Access,
    id: &str,
    expires: UtcMs,
) -> Outcome<Option<SubscriptionSeen>> {
    let url = line.url(&format!("subscriptions/{}", segment(id)))?;
    let call = Call::write(Method::PATCH, url, Some(json!({"expirationDateTime": moment(expires)?})));
    let answer = line.send_to(access, Spot::Subscriptions, call).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(failure(line, None, &answer));
    }
    match read(&answer.body) {
        Some(seen) => Ok(Some(seen)),
        None => Err(line.astray(Effect::Write, "what should be the subscription is none")),
    }
}
