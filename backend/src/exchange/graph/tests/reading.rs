//! What a cycle's reading looks like on the wire, and that it never stands in a person's way.

use super::{batch, exchange, good_parts, item, mailbox, message, part, user};
use crate::exchange::graph::GraphExchange;
use crate::exchange::{Asked, Delta, DeltaFrom, DeltaLink, Exchange, Next, Want};
use crate::line::script::{ORIGIN, Script, ada, engine, json, origin};
use crate::net::{Door, Limits, Request, Response, Transport, TransportError};
use crate::outcome::Failure;
use futures_util::future::FutureExt;
use serde_json::{Value, json};
use shared::item::FolderId;
use shared::problem::Code;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

fn link(token: &str) -> String {
    format!("{ORIGIN}/v1.0/users/ada/mailFolders/f/messages/delta?$deltatoken={token}")
}

fn of_folders(count: usize, from: &DeltaFrom) -> Asked {
    let folder = |n| (FolderId(format!("f/{n}=")), from.clone());
    Asked { messages: (0..count).map(folder).collect(), ..Asked::default() }
}

fn requests(script: &Script, trip: usize) -> Vec<Value> {
    let body: Value = serde_json::from_str(&script.body(trip)).unwrap();
    body["requests"].as_array().unwrap().clone()
}

fn empty_page(place: usize) -> Value {
    part(&format!("messages-{place}"), 200, json!({"value": [], "@odata.deltaLink": link("next")}))
}

#[tokio::test]
async fn links_are_followed_as_they_came_and_every_page_asks_for_immutable_ids_and_its_size() {
    let token = "aB-_%2B%3D~!";
    let from = DeltaFrom::Link(DeltaLink(link(token)));
    let parts = vec![empty_page(0), part("mailbox", 200, user()), part("caller", 404, json!({}))];
    let script = Script::new([batch(parts)]);
    let answered = exchange(&script).read(&engine(), &mailbox(), &of_folders(1, &from)).await.unwrap();
    let Ok(Delta::Page(page)) = &answered.messages[0].1 else { panic!("a page: {answered:?}") };
    assert_eq!(page.next, Next::Round(DeltaLink(link("next"))));
    let requests = requests(&script, 0);
    let part = requests.iter().find(|part| part["id"] == "messages-0").unwrap();
    assert_eq!(part["url"], format!("/users/ada/mailFolders/f/messages/delta?$deltatoken={token}"));
    assert_eq!(part["headers"]["Prefer"], r#"IdType="ImmutableId", odata.maxpagesize=50"#);
}

#[tokio::test]
async fn a_first_page_names_its_folder_and_selects_little() {
    let parts = vec![empty_page(0), part("mailbox", 200, user()), part("caller", 404, json!({}))];
    let script = Script::new([batch(parts)]);
    exchange(&script).read(&engine(), &mailbox(), &of_folders(1, &DeltaFrom::Start)).await.unwrap();
    let requests = requests(&script, 0);
    let part = requests.iter().find(|part| part["id"] == "messages-0").unwrap();
    let url = part["url"].as_str().unwrap();
    let start = "/users/ada%40contoso.example/mailFolders/f%2F0%3D/messages/delta?$select=id,";
    assert!(url.starts_with(start), "{url}");
    for forbidden in ["body", "$expand", "$filter"] {
        assert!(!url.contains(forbidden), "{url}");
    }
    assert!(url.contains(",internetMessageHeaders"), "{url}");
}

#[tokio::test]
async fn when_a_later_round_trip_fails_what_came_before_is_kept() {
    let whole = || vec![part("mailbox", 200, user()), part("caller", 404, json!({}))];
    let first = || batch(whole().into_iter().chain((0..18).map(empty_page)).collect());
    for lost in [Err(TransportError::NoAnswer("reset".into())), json(502, json!({}))] {
        let script = Script::new([first(), lost]);
        let asked = of_folders(50, &DeltaFrom::Start);
        let answered = exchange(&script).read(&engine(), &mailbox(), &asked).await.unwrap();
        assert_eq!(script.asked().len(), 2, "who gets no answer does not go on asking");
        let (came, failed) = answered.messages.split_at(18);
        assert!(came.iter().all(|(_, page)| matches!(page, Ok(Delta::Page(_)))));
        assert_eq!(failed.len(), 32);
        assert!(
            failed
                .iter()
                .all(|(_, page)| matches!(page, Err(Failure::NotDone(p)) if p.code == Code::ExchangeDown))
        );
    }
}

#[tokio::test]
async fn whose_mailbox_it_is_must_be_known_before_a_message_has_a_direction() {
    let nobody = json!({"error": {"code": "Request_ResourceNotFound"}});
    let parts = vec![empty_page(0), part("mailbox", 404, nobody.clone()), part("caller", 404, nobody)];
    let script = Script::new([batch(parts)]);
    let answered = exchange(&script).read(&engine(), &mailbox(), &of_folders(1, &DeltaFrom::Start)).await;
    let Err(Failure::Refused(problem)) = &answered.unwrap().messages[0].1 else { panic!("a refusal") };
    assert_eq!(problem.code, Code::MailboxGone);
}

#[tokio::test]
async fn a_message_that_stays_unreadable_is_refused_and_an_answer_that_is_none_is_asked_for_again() {
    let whose = || vec![part("mailbox", 200, user()), part("caller", 404, json!({}))];
    let mut parts = whose();
    parts.extend([
        part("0", 200, json!({"id": "a", "isRead": true})),
        part("1", 200, json!("<html>")),
        part("2", 200, message()),
    ]);
    let script = Script::new([batch(parts)]);
    let items = [item(), item(), item()];
    let found = exchange(&script).messages(&engine(), &mailbox(), &items).await.unwrap();
    assert!(matches!(&found[0].1, Err(Failure::Refused(p)) if p.code == Code::ExchangeRefused));
    assert!(matches!(&found[1].1, Err(Failure::NotDone(p)) if p.code == Code::ExchangeDown));
    assert!(matches!(&found[2].1, Ok(Some(_))));
}

/// Holds every request until it is told how to answer.
#[derive(Debug, Default)]
struct Held(Mutex<Vec<(Request, oneshot::Sender<Value>)>>);

#[async_trait::async_trait]
impl Transport for Held {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (answer, answered) = oneshot::channel();
        self.0.lock().unwrap().push((request, answer));
        json(200, answered.await.expect("the test answers"))
    }
}

impl Held {
    /// Who is inside, by their tokens, and their answers.
    fn take(&self) -> Vec<(Request, oneshot::Sender<Value>)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn a_click_goes_before_all_that_a_cycle_still_wants_to_read() {
    let (held, script) = (Arc::new(Held::default()), Script::new([]));
    let door = Arc::new(Door::new(held.clone(), vec![origin()], Limits::default()));
    let exchange = GraphExchange::new(door, script.clone(), origin().join("v1.0").unwrap(), script);
    let (engine, ada, mailbox, item) = (engine(), ada(), mailbox(), item());
    let asked = of_folders(50, &DeltaFrom::Start);
    let mut cycle = Box::pin(exchange.read(&engine, &mailbox, &asked));
    assert!((&mut cycle).now_or_never().is_none());
    let mut click = Box::pin(exchange.look(&ada, &mailbox, &item, Want::Headers));
    assert!((&mut click).now_or_never().is_none());
    let mut inside = held.take();
    assert_eq!(inside.len(), 1, "the batch has the mailbox to itself");
    let pages: Vec<Value> = (0..18).map(empty_page).collect();
    inside.pop().unwrap().1.send(json!({"responses": pages})).unwrap();
    assert!((&mut cycle).now_or_never().is_none(), "its next round trip has to wait");
    assert!((&mut click).now_or_never().is_none());
    let mut inside = held.take();
    assert_eq!(inside.len(), 1);
    let (request, answer) = inside.pop().unwrap();
    assert!(String::from_utf8_lossy(&request.body).contains("\"message\""), "it is the click's");
    answer.send(json!({"responses": good_parts()})).unwrap();
    assert!(click.now_or_never().expect("the click is answered").is_ok());
    assert!((&mut cycle).now_or_never().is_none());
    assert_eq!(held.take().len(), 1, "then the cycle goes on");
}
