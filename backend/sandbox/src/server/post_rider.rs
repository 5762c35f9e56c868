//! The courier of a tenant on sockets: HTTPS to servers of this machine, and the task that sends it round.
//!
//! It believes the tenant's own authority and those that the options name, and no other, so that mail of a
//! sandbox never leaves for an address of the web.

use crate::World;
use crate::world::courier::{Courier, Received, Undelivered};
use bytes::{Bytes, BytesMut};
use http::header;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// As long as the real service waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Answers are a word or two; the rest is not read.
const ANSWER_LIMIT: usize = 64 * 1024;
/// How long the task rests at most, for a clock that was moved by hand.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// POSTs over HTTPS.
#[derive(Debug)]
pub struct PostRider {
    client: reqwest::Client,
}

impl PostRider {
    /// Believes these authorities (PEM). The error says which is no certificate.
    pub fn new(ca_pems: &[&str]) -> Result<Self, String> {
        let mut roots = Vec::new();
        for pem in ca_pems {
            let read = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
            roots.extend(
                read.map_err(|reason| format!("a trusted authority is no PEM certificate: {reason}"))?,
            );
        }
        let client = reqwest::Client::builder()
            .tls_certs_only(roots)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|reason| reason.to_string())?;
        Ok(Self { client })
    }
}

/// The innermost reason says what is the matter.
fn lost(url: &str, reason: &reqwest::Error) -> Undelivered {
    let mut innermost: &dyn Error = reason;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    Undelivered(format!("{url}: {innermost}"))
}

#[async_trait::async_trait]
impl Courier for PostRider {
    async fn send(&self, url: &str, content_type: &str, body: Bytes) -> Result<Received, Undelivered> {
        let request = self.client.post(url).header(header::CONTENT_TYPE, content_type).body(body);
        let mut answer = request.send().await.map_err(|reason| lost(url, &reason))?;
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = kind.unwrap_or_default().to_owned();
        let mut body = BytesMut::new();
        while body.len() < ANSWER_LIMIT
            && let Some(piece) = answer.chunk().await.map_err(|reason| lost(url, &reason))?
        {
            body.extend_from_slice(&piece);
        }
        Ok(Received { status: answer.status(), content_type, body: body.freeze() })
    }
}

/// Sends the courier round whenever something is due, for ever.
pub(super) async fn ride(world: Arc<World>) {
    let mut bell = world.exchange().listen();
    loop {
        // Looked at before the outbox, so that what comes about meanwhile rings again.
        bell.mark_unchanged();
        world.deliver_notifications().await;
        let due_in = world.next_notification_due().map(|due| due.duration_since(world.now()));
        let rest = due_in.map_or(LONGEST_REST, |left| {
            Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(1), LONGEST_REST)
        });
        tokio::select! {
            rung = bell.changed() => if rung.is_err() {
                // The tenant was made anew or loaded: listen to the new one.
                bell = world.exchange().listen();
            },
            () = tokio::time::sleep(rest) => {}
        }
    }
}
