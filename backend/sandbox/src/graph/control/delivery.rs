//! Letters from anywhere.

use super::super::problem::Problem;
use super::{Answer, Tenant, act, card};
use crate::exchange::Refusal;
use crate::exchange::delivery::Delivery;
use crate::world::journal::Seq;
use axum::Json;
use axum::extract::{Extension, State};
use serde_json::json;

/// Delivers one message to everybody addressed who has a mailbox here: each gets a copy.
pub async fn deliver(
    State(world): Tenant,
    Extension(seq): Extension<Seq>,
    Json(letter): Json<Delivery>,
) -> Answer {
    let delivered = act(&world, seq, |exchange, now| exchange.deliver_letter(&letter, now))?;
    if delivered.copies.is_empty() && delivered.sent.is_none() {
        return Err(Problem::bad_request("None of the recipients has a mailbox here."));
    }
    let exchange = world.exchange();
    let shown = |(oid, key): &(String, _)| {
        let mailbox = exchange.mailbox(oid)?;
        Ok(card(mailbox, mailbox.message(*key)?, false))
    };
    let copies = delivered.copies.iter().map(shown).collect::<Result<Vec<_>, Refusal>>()?;
    let sent = delivered.sent.iter().map(shown).collect::<Result<Vec<_>, Refusal>>()?;
    Ok(Json(json!({
        "internetMessageId": delivered.internet_message_id,
        "copies": copies,
        "sent": sent.first(),
    })))
}
