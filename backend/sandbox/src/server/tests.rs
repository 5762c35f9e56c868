//! `$batch`: journal and faults see each part, and what befalls a part befalls the connection.

use super::*;
use crate::Options;
use crate::world::SetClock;
use crate::world::faults::{Fault, Kind};
use axum::Extension;
use axum::extract::State;
use axum::routing::post;
use std::sync::atomic::{AtomicU32, Ordering};

/// A Graph of two paths: one that counts its calls, and a batch of three calls to it.
fn house() -> (Arc<World>, Router, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let count = {
        let calls = calls.clone();
        async move |headers: HeaderMap| {
            calls.fetch_add(1, Ordering::SeqCst);
            headers[header::AUTHORIZATION].to_str().unwrap().to_owned()
        }
    };
    let batch = async |State(_): State<Arc<World>>, Extension(parts): Extension<Parts>| {
        let mut statuses = Vec::new();
        for number in 0..3 {
            let request = Request::post(format!("/v1.0/part/{number}")).body(Body::empty()).unwrap();
            statuses.push(parts.dispatch(request).await?.status().as_u16());
        }
        Ok::<_, Severed>(axum::Json(statuses))
    };
    let clock = SetClock::new("2026-11-20T08:00:00Z".parse().unwrap());
    let world = World::new(Options::in_memory(clock)).unwrap();
    let graph = Router::new().route("/v1.0/$batch", post(batch)).route("/v1.0/part/{number}", post(count));
    let house = House {
        entra: Router::new().into(),
        graph: graph.with_state(world.clone()).into(),
        dataverse: Router::new().into(),
        host: Router::new().into(),
        control: Router::new().into(),
        world: world.clone(),
    };
    (world, enter(Arc::new(house)), calls)
}

async fn ask(router: &Router) -> Result<String, Severed> {
    let request = Request::post("/v1.0/$batch").header(header::AUTHORIZATION, "Bearer x").body(Body::empty());
    let response = call(router, request.unwrap()).await?;
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

fn on_part(kind: Kind, number: u32) -> Fault {
    Fault::new(kind).on(Service::Graph, "POST", &format!("/part/{number}"))
}

#[tokio::test]
async fn every_part_has_its_entry_under_the_batch_and_the_batchs_token() {
    let (world, router, calls) = house();
    assert_eq!(ask(&router).await.unwrap(), "[200,200,200]");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let entries = world.journal.entries_after(Seq(0));
    assert_eq!(entries.len(), 4);
    assert!(entries[1..].iter().all(|part| part.parent == Some(entries[0].seq)));
    assert_eq!(crate::world::journal::Journal::depth(&entries), 1);
}

#[tokio::test]
async fn a_refused_part_is_refused_alone() {
    let (world, router, _) = house();
    let throttled = Kind::Status {
        status: 429,
        code: "TooManyRequests".to_owned(),
        message: String::new(),
        retry_after: Some("3".to_owned()),
        headers: Default::default(),
    };
    let mut fault = on_part(throttled, 1);
    fault.matching.place = Place::Part;
    world.faults.add(fault);
    assert_eq!(ask(&router).await.unwrap(), "[200,429,200]");
}

#[tokio::test]
async fn a_part_dropped_before_ends_the_batch_there() {
    let (world, router, calls) = house();
    world.faults.add(on_part(Kind::DropBefore, 1));
    assert_eq!(ask(&router).await, Err(Severed));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert!(world.journal.entries_after(Seq(0)).iter().all(|entry| entry.ended.is_some()));
}

#[tokio::test]
async fn a_part_dropped_after_applies_the_whole_batch_and_loses_its_answer() {
    let (world, router, calls) = house();
    world.faults.add(on_part(Kind::DropAfter, 0));
    assert_eq!(ask(&router).await, Err(Severed));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_part_hung_after_holds_the_answer_of_the_whole_batch() {
    let (world, router, calls) = house();
    world.faults.add(on_part(Kind::HangAfter, 0).named("gate"));
    let releasing = async {
        while world.faults.held("gate") == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(calls.load(Ordering::SeqCst), 3);
        world.faults.release("gate");
    };
    let (answer, ()) = tokio::join!(ask(&router), releasing);
    assert_eq!(answer.unwrap(), "[200,200,200]");
}

#[test]
fn paths_belong_to_services() {
    for (path, service) in [
        ("/v1.0/me", Service::Graph),
        ("/beta/me", Service::Graph),
        ("/api/data/v9.2/WhoAmI", Service::Dataverse),
        ("/api/search/v2.0/query", Service::Dataverse),
        ("/common/discovery/instance", Service::Entra),
        ("/some-tenant/oauth2/v2.0/token", Service::Entra),
        ("/sandbox/journal", Service::Control),
        ("/", Service::Host),
        ("/host/mail.js", Service::Host),
    ] {
        assert_eq!(service_of(path), service, "{path}");
    }
}
