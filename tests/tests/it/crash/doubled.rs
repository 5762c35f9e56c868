//! Every write arrives twice, as after a crash, a repeated attempt or a network that repeats itself.

use super::course::changes_since;
use super::journey::{JOURNEYS, Journey};
use backend::net::{Request, Response, Transport, TransportError};
use http::Method;
use sandbox::company::{ADA, Person};
use serde_json::Value;
use shared::api::WishRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::Stack;
use uuid::Uuid;

/// Which of the two answers the service hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// The second request was a straggler.
    First,
    /// The first answer was lost.
    Second,
}

/// Sends every write twice.
#[derive(Debug)]
struct Twice {
    through: Arc<dyn Transport>,
    heard: Heard,
    doubled: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Transport for Twice {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if !is_write(&request) {
            return self.through.send(request).await;
        }
        self.doubled.fetch_add(1, Ordering::SeqCst);
        let first = self.through.send(request.clone()).await;
        let second = self.through.send(request).await;
        if self.heard == Heard::First { first } else { second }
    }
}

/// Whether a request changes mailboxes or records: a batch does if a part of it is no GET.
fn is_write(request: &Request) -> bool {
    let path = request.url.path();
    if path.ends_with("/token") || request.method == Method::GET {
        return false;
    }
    let body = String::from_utf8_lossy(&request.body);
    !path.ends_with("$batch") || ["POST ", "PATCH ", "DELETE "].iter().any(|write| body.contains(write))
}

/// What a journey left on the other side.
#[derive(Debug, PartialEq)]
struct Left {
    /// Kinds and targets. Setting what is set already is noted there too, though nothing differs; so each
    /// stands here once.
    changes: Vec<String>,
    /// Their columns without the row's version, which every write raises.
    emails: Vec<Value>,
    categories: Option<Vec<String>>,
    master_categories: Vec<String>,
}

async fn make(stack: &Stack, journey: &Journey) -> Left {
    let pane = |person: &Person| stack.pane(person);
    let mail = journey.prepare(stack, pane).await;
    let mark = stack.mark();
    let request = WishRequest { id: Uuid::new_v4(), wish: journey.wish().expect("a wish of the pane") };
    let answer = pane(&ADA).send(&mail, &request).await;
    assert!(answer.status.is_success(), "{}: {answer:?}", journey.name);
    let wrong = journey.after.faults(stack, pane, &mail).await;
    assert!(wrong.is_empty(), "{}: {wrong:#?}", journey.name);
    let mut changes = changes_since(stack, mark);
    changes.dedup();
    let mut emails = stack.emails(&mail.internet_message_id).await;
    for email in emails.iter_mut().filter_map(Value::as_object_mut) {
        email.retain(|column, _| !["@version", "versionnumber"].contains(&column.as_str()));
    }
    let categories = stack.categories(&mail);
    Left { changes, emails, categories, master_categories: stack.master_categories(ADA.upn).await }
}

#[tokio::test]
async fn every_effect_performed_twice_changes_nothing_more() {
    for journey in JOURNEYS.iter().filter(|journey| journey.wish().is_some()) {
        let once = make(&Stack::start().await, journey).await;
        for heard in [Heard::First, Heard::Second] {
            let doubled = Arc::<AtomicUsize>::default();
            let count = doubled.clone();
            let stack = Stack::start_with(|setup| {
                setup.transport = Arc::new(Twice { through: setup.transport.clone(), heard, doubled });
            });
            let twice = make(&stack.await, journey).await;
            assert_eq!(twice, once, "{}, {heard:?}", journey.name);
            assert!(count.load(Ordering::SeqCst) >= 1, "{}: nothing was sent twice", journey.name);
        }
    }
}
