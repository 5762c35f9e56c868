use crate::client::*;
use axum::body::Body;
use http::{Request, header};
use sandbox::company::{ADA, TENANT_ID};
use sandbox::entra::Mint;
use sandbox::world::journal::{Asked, Effect, Journal, Seq, Service};
use serde_json::json;

fn asked(service: Service, parent: Option<Seq>) -> Asked {
    Asked {
        parent,
        service,
        method: "GET".to_owned(),
        path: "/v1.0/me".to_owned(),
        query: None,
        caller: "-".to_owned(),
        client_request_id: None,
        at: start(),
    }
}

fn depth_of(journal: &Journal) -> usize {
    Journal::depth(&journal.entries_after(Seq(0)))
}

#[test]
fn requests_in_sequence_count_and_requests_side_by_side_do_not() {
    let journal = Journal::default();
    assert_eq!(depth_of(&journal), 0);
    let first = journal.begin(asked(Service::Graph, None));
    let beside = journal.begin(asked(Service::Dataverse, None));
    journal.end(beside, Some(200));
    // The first still runs when the third begins, but the second had ended: a chain of two.
    let third = journal.begin(asked(Service::Graph, None));
    journal.end(first, Some(200));
    journal.end(third, Some(200));
    assert_eq!(depth_of(&journal), 2);
    let last = journal.begin(asked(Service::Dataverse, None));
    assert_eq!(depth_of(&journal), 3);
    journal.end(last, None);
    assert_eq!(depth_of(&journal), 3);
}

#[test]
fn parts_of_a_batch_the_page_and_the_control_plane_are_no_round_trips() {
    let journal = Journal::default();
    let batch = journal.begin(asked(Service::Graph, None));
    for _ in 0..3 {
        let part = journal.begin(asked(Service::Graph, Some(batch)));
        journal.end(part, Some(200));
    }
    journal.end(batch, Some(200));
    for service in [Service::Host, Service::Control] {
        let prop = journal.begin(asked(service, None));
        journal.end(prop, Some(200));
    }
    assert_eq!(depth_of(&journal), 1);
    let token = journal.begin(asked(Service::Entra, None));
    journal.end(token, Some(200));
    assert_eq!(depth_of(&journal), 2);
}

#[test]
fn effects_stand_at_their_request_and_clearing_keeps_the_count() {
    let journal = Journal::default();
    let seq = journal.begin(asked(Service::Graph, None));
    let effect = Effect {
        service: Service::Graph,
        kind: "message.categories".to_owned(),
        target: "AAA=".to_owned(),
        detail: json!({"added": ["Tracked to Dynamics 365"]}),
    };
    journal.effect(seq, effect.clone());
    assert_eq!(journal.entries_after(Seq(0))[0].effects, [effect]);
    journal.clear();
    assert!(journal.entries_after(Seq(0)).is_empty());
    assert!(journal.begin(asked(Service::Graph, None)) > seq);
}

#[tokio::test]
async fn a_request_is_noted_with_its_caller_and_without_its_token() {
    let tenant = Tenant::new();
    let token = tenant.mint(&Mint::graph(&ADA, "User.Read"));
    let request = Request::get("/v1.0/nothing-here?$top=1")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("client-request-id", "c-1")
        .body(Body::empty())
        .unwrap();
    let answer = tenant.send(request).await;
    let entries = tenant.world.journal.entries_after(Seq(0));
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(
        (entry.service, entry.method.as_str(), entry.path.as_str()),
        (Service::Graph, "GET", "/v1.0/nothing-here")
    );
    assert_eq!(entry.query.as_deref(), Some("$top=1"));
    assert_eq!(entry.caller, format!("user {}", ADA.upn));
    assert_eq!(entry.client_request_id.as_deref(), Some("c-1"));
    assert_eq!(entry.status, Some(answer.status.as_u16()));
    assert_eq!(entry.at, start());
    let text = serde_json::to_string(&entries).unwrap();
    let signature = token.rsplit('.').next().unwrap();
    assert!(!text.contains(signature) && !text.contains("Bearer"));
}

#[tokio::test]
async fn secrets_of_the_token_endpoint_stay_out_of_the_journal() {
    let tenant = Tenant::new();
    let fields = [("grant_type", "client_credentials"), APP[0], APP[1], ("scope", GRAPH_DEFAULT)];
    assert_eq!(tenant.token(&fields).await.status, 200);
    let in_the_address = format!("{TOKEN}?{}={}", APP[1].0, APP[1].1);
    assert_eq!(tenant.send(form(&in_the_address, &[fields[0], APP[0], fields[3]])).await.status, 200);
    let text = serde_json::to_string(&tenant.world.journal.entries_after(Seq(0))).unwrap();
    assert!(text.contains(TOKEN) && !text.contains(APP[1].1) && !text.contains("scope"));
}

#[tokio::test]
async fn the_journal_is_read_from_a_mark_on_and_cleared() {
    let tenant = Tenant::new();
    let jwks = format!("/{TENANT_ID}/discovery/v2.0/keys");
    tenant.get(&jwks).await;
    let page = tenant.get("/sandbox/journal").await.json();
    assert_eq!(page["entries"][0]["path"], jwks);
    assert_eq!(page["depth"], 1);
    let mark = page["last"].as_u64().unwrap();
    tenant.get(&jwks).await;
    let later = tenant.get(&format!("/sandbox/journal?after={mark}")).await.json();
    assert_eq!(later["depth"], 1);
    assert!(later["entries"].as_array().unwrap().iter().all(|entry| entry["seq"].as_u64().unwrap() > mark));
    tenant.control(http::Method::DELETE, "/sandbox/journal", &json!({})).await;
    let entries = tenant.world.journal.entries_after(Seq(0));
    assert!(entries.iter().all(|entry| entry.service == Service::Control), "{entries:?}");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_closed_entry() {
    use sandbox::world::faults::{Fault, Kind};
    let tenant = Tenant::new();
    tenant.world.faults.add(Fault::new(Kind::HangBefore).named("hang"));
    {
        let asking = tenant.get("/v1.0/me");
        tokio::pin!(asking);
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(asking.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        assert!(tenant.world.journal.entries_after(Seq(0))[0].ended.is_none());
        assert_eq!(tenant.world.faults.held("hang"), 1);
    }
    let entry = &tenant.world.journal.entries_after(Seq(0))[0];
    assert!(entry.ended.is_some() && entry.status.is_none());
    assert_eq!(tenant.world.faults.held("hang"), 0);
}
