use crate::client::*;
use crate::listener::*;
use jiff::SignedDuration;
use sandbox::company::{ADA, BEN, TENANT_ID};
use sandbox::exchange::LifecycleEvent;
use serde_json::{Value, json};
use uuid::Uuid;

/// A tenant whose app listens to Ada's mailbox, by immutable ids.
async fn watched() -> (Tenant, Listener, Uuid) {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let id = subscribe(&tenant, &format!("/users/{}/messages", ADA.oid)).await;
    (tenant, listener, id)
}

async fn subscribe(tenant: &Tenant, resource: &str) -> Uuid {
    let app = tenant.app(&["Mail.ReadWrite"]).immutable();
    let made = app.post("/subscriptions", wish(resource)).await.expect(201).json();
    text(&made, "id").parse().expect("a GUID")
}

fn letter(subject: &str) -> Value {
    json!({ "from": { "address": "eve@x.example" }, "to": [{ "address": ADA.upn }], "subject": subject })
}

async fn deliver(tenant: &Tenant, subject: &str) -> Value {
    let answer = tenant.people().post("/sandbox/exchange/deliver", letter(subject)).await.expect(200).json();
    answer["copies"][0].clone()
}

async fn switch(tenant: &Tenant, troubles: Value) {
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let body = json!({ "notifications": troubles });
    tenant.people().send(http::Method::PUT, &switches, Some(body)).await.expect(200);
}

fn kinds(notices: &[Value]) -> Vec<&str> {
    notices.iter().map(|notice| text(notice, "changeType")).collect()
}

#[tokio::test]
async fn a_notification_has_the_shape_of_graphs() {
    let (tenant, listener, id) = watched().await;
    let copy = deliver(&tenant, "News").await;
    assert_eq!(tenant.world.deliver_notifications().await, 1);
    let (path, body) = listener.heard().parcels[0].clone();
    assert_eq!(path, "/graph/notify");
    let notice = &body["value"][0];
    let item = text(&copy, "immutableId");
    let place = format!("Users/{}/Messages/{item}", ADA.oid);
    assert_eq!(notice["subscriptionId"], id.to_string());
    assert_eq!(notice["subscriptionExpirationDateTime"], "2026-11-26T10:00:00+00:00");
    assert_eq!(notice["clientState"], "open sesame");
    assert_eq!(notice["changeType"], "created");
    assert_eq!(notice["resource"], place);
    assert_eq!(notice["tenantId"], TENANT_ID);
    assert_eq!(
        notice["resourceData"],
        json!({
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": place,
            "@odata.etag": copy["@odata.etag"],
            "id": item,
        })
    );
    assert!(!text(notice, "id").is_empty());
    assert_eq!(tenant.world.deliver_notifications().await, 0, "once is enough");
}

#[tokio::test]
async fn what_anybody_does_to_a_message_is_told_and_what_happens_elsewhere_is_not() {
    let (tenant, listener, _) = watched().await;
    let copy = deliver(&tenant, "News").await;
    let path = format!("/me/messages/{}", text(&copy, "immutableId"));
    let ada = tenant.ada().immutable();
    ada.patch(&path, json!({ "categories": [TRACKED], "isRead": true })).await.expect(200);
    let control = format!("/sandbox/exchange/mailboxes/{}/messages", ADA.upn);
    let people = tenant.people();
    let item = text(&copy, "immutableId");
    people.post(&format!("{control}/{item}/categories"), json!({ "take": [TRACKED] })).await.expect(200);
    ada.post(&format!("{path}/move"), json!({ "destinationId": "archive" })).await.expect(201);
    people.delete(&format!("{control}/{item}?forGood=true")).await.expect(204);
    let mut to_ben = letter("For Ben");
    to_ben["to"] = json!([{ "address": BEN.upn }]);
    people.post("/sandbox/exchange/deliver", to_ben).await.expect(200);
    let list = "/me/outlook/masterCategories";
    ada.post(list, json!({ "displayName": "Not told", "color": "preset1" })).await.expect(201);
    assert_eq!(tenant.world.deliver_notifications().await, 6);
    assert_eq!(listener.heard().parcels.len(), 1, "what waits for one address travels together");
    let notices = listener.take();
    assert_eq!(kinds(&notices), ["created", "updated", "updated", "deleted", "created", "deleted"]);
    assert!(notices.iter().all(|notice| notice["resourceData"]["id"] == item));
}

#[tokio::test]
async fn a_folders_subscription_tells_of_arrivals_and_departures_there() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    subscribe(&tenant, &format!("/users/{}/mailFolders('archive')/messages", ADA.upn)).await;
    let copy = deliver(&tenant, "News").await;
    let path = format!("/me/messages/{}", text(&copy, "immutableId"));
    let ada = tenant.ada();
    ada.post(&format!("{path}/move"), json!({ "destinationId": "archive" })).await.expect(201);
    ada.delete(&path).await.expect(204);
    tenant.world.deliver_notifications().await;
    assert_eq!(kinds(&listener.take()), ["created", "deleted"]);
}

#[tokio::test]
async fn only_the_kinds_asked_for_are_told_and_ids_are_mutable_unless_asked() {
    let tenant = Tenant::new();
    let listener = Listener::of(&tenant);
    let mut wish = wish(&format!("/users/{}/messages", ADA.oid));
    wish["changeType"] = json!("deleted");
    tenant.app(&["Mail.Read"]).post("/subscriptions", wish).await.expect(201);
    let copy = deliver(&tenant, "News").await;
    let path = format!("/me/messages/{}", text(&copy, "restId"));
    tenant.ada().delete(&path).await.expect(204);
    tenant.world.deliver_notifications().await;
    let notices = listener.take();
    assert_eq!(kinds(&notices), ["deleted"]);
    assert_eq!(notices[0]["resourceData"]["id"], copy["restId"], "the id it had before it left");
    assert!(notices[0]["resourceData"].get("@odata.etag").is_none());
}

#[tokio::test]
async fn refused_notifications_come_again_with_growing_pauses_for_four_hours() {
    let (tenant, listener, _) = watched().await;
    listener.behave(Manner::Down);
    deliver(&tenant, "News").await;
    let began = tenant.world.now();
    let mut pauses = Vec::new();
    while let Some(due) = tenant.world.next_notification_due() {
        pauses.push(due.duration_since(tenant.world.now()).as_secs());
        assert!(pauses.len() < 100, "it has to give up: {pauses:?}");
        tenant.clock.set(due);
        assert_eq!(tenant.world.deliver_notifications().await, 0);
    }
    assert_eq!(pauses[..5], [0, 10, 20, 40, 80]);
    let lasted = tenant.world.now().duration_since(began);
    assert!(lasted <= SignedDuration::from_hours(4) && lasted > SignedDuration::from_hours(3), "{lasted}");
    assert_eq!(listener.heard().refused, pauses.len());
    let people = tenant.people();
    let tally = &people.get("/sandbox/exchange/subscriptions").await.items()[0]["tally"].clone();
    assert_eq!((&tally["made"], &tally["givenUp"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_listener_that_recovers_hears_what_it_refused() {
    let (tenant, listener, _) = watched().await;
    listener.behave(Manner::Down);
    deliver(&tenant, "News").await;
    assert_eq!(tenant.world.deliver_notifications().await, 0);
    listener.behave(Manner::Friendly);
    assert_eq!(tenant.world.deliver_notifications().await, 0, "not yet due");
    tenant.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(tenant.world.deliver_notifications().await, 1);
    assert_eq!(tenant.world.next_notification_due(), None);
}

#[tokio::test]
async fn notifications_are_lost_repeated_and_delayed_as_switched() {
    let (tenant, listener, _) = watched().await;
    switch(&tenant, json!({ "loseNext": 2 })).await;
    for subject in ["One", "Two", "Three"] {
        deliver(&tenant, subject).await;
    }
    assert_eq!(tenant.world.deliver_notifications().await, 1, "the third");
    switch(&tenant, json!({ "loseAll": true })).await;
    deliver(&tenant, "Four").await;
    assert_eq!(tenant.world.deliver_notifications().await, 0);
    switch(&tenant, json!({ "repeats": 2 })).await;
    deliver(&tenant, "Five").await;
    listener.take();
    assert_eq!(tenant.world.deliver_notifications().await, 3);
    let copies = listener.take();
    assert!(copies.iter().all(|copy| copy == &copies[0]));
    switch(&tenant, json!({ "delaySecs": 90 })).await;
    deliver(&tenant, "Six").await;
    tenant.clock.advance(SignedDuration::from_secs(89));
    assert_eq!(tenant.world.deliver_notifications().await, 0);
    tenant.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(tenant.world.deliver_notifications().await, 1);
    let people = tenant.people();
    let tally = people.get("/sandbox/exchange/subscriptions").await.items()[0]["tally"].clone();
    assert_eq!(tally, json!({ "made": 5, "lost": 3, "accepted": 5, "givenUp": 0 }));
}

#[tokio::test]
async fn shuffled_notifications_come_in_another_order_the_same_in_every_run() {
    let order = async || {
        let (tenant, listener, _) = watched().await;
        switch(&tenant, json!({ "shuffle": true })).await;
        let mut sent = Vec::new();
        for number in 0..8 {
            sent.push(text(&deliver(&tenant, &number.to_string()).await, "immutableId").to_owned());
        }
        tenant.world.deliver_notifications().await;
        let told = listener.take();
        let told: Vec<String> = told.iter().map(|one| text(&one["resourceData"], "id").to_owned()).collect();
        (sent, told)
    };
    let (sent, told) = order().await;
    assert_ne!(sent, told);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(sent), sorted(told.clone()));
    assert_eq!(order().await.1, told);
}

#[tokio::test]
async fn more_than_a_hundred_notifications_travel_in_several_parcels_in_order() {
    let (tenant, listener, _) = watched().await;
    switch(&tenant, json!({ "repeats": 249 })).await;
    deliver(&tenant, "News").await;
    assert_eq!(tenant.world.deliver_notifications().await, 250);
    let sizes: Vec<usize> =
        listener.heard().parcels.iter().map(|(_, body)| body["value"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
}

#[tokio::test]
async fn the_service_speaks_of_the_subscription_itself_at_the_lifecycle_address() {
    let (tenant, listener, id) = watched().await;
    let control = format!("/sandbox/exchange/subscriptions/{id}/lifecycle");
    let people = tenant.people();
    let app = tenant.app(&["Mail.ReadWrite"]);
    let say = async |event: &str| people.post(&control, json!({ "event": event })).await;
    let mark = tenant.mark();
    say("missed").await.expect(204);
    assert_eq!(tenant.effects_after(mark), ["subscription.lifecycle"]);
    tenant.world.deliver_notifications().await;
    let (path, body) = listener.heard().parcels.pop().expect("a parcel");
    assert_eq!(path, "/graph/lifecycle");
    assert_eq!(
        body["value"][0],
        json!({
            "subscriptionId": id, "subscriptionExpirationDateTime": "2026-11-26T10:00:00+00:00",
            "clientState": "open sesame", "tenantId": TENANT_ID, "lifecycleEvent": "missed",
        })
    );
    say("reauthorizationRequired").await.expect(204);
    deliver(&tenant, "Not told").await;
    app.post(&format!("/subscriptions/{id}/reauthorize"), json!({})).await.expect(204);
    deliver(&tenant, "Told").await;
    tenant.world.deliver_notifications().await;
    let notices = listener.take();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert_eq!(notices[0]["lifecycleEvent"], "reauthorizationRequired");
    assert_eq!(notices[1]["changeType"], "created");
    say("subscriptionRemoved").await.expect(204);
    deliver(&tenant, "Nobody listens").await;
    tenant.world.deliver_notifications().await;
    let notices = listener.take();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["lifecycleEvent"], "subscriptionRemoved");
    app.get(&format!("/subscriptions/{id}")).await.expect(404);
    say("missed").await.expect(404);
}

#[tokio::test]
async fn an_ended_subscription_is_told_nothing_more() {
    let (tenant, _listener, _) = watched().await;
    tenant.clock.set("2026-11-26T10:00:00Z".parse().unwrap());
    deliver(&tenant, "Too late").await;
    assert_eq!(tenant.world.next_notification_due(), None);
}

#[tokio::test]
async fn acts_from_rust_ring_like_those_over_http_and_stand_in_the_journal() {
    let (tenant, listener, id) = watched().await;
    let mark = tenant.mark();
    let key = tenant
        .world
        .act("ada categorizes", |exchange, now| {
            let key = exchange.mailbox(ADA.oid)?.messages().next().expect("some mail").key;
            exchange.change(ADA.oid, |mailbox, _| {
                mailbox.edit(key, None, now, |message| message.categories.push("New".to_owned()))
            })?;
            Ok(key)
        })
        .unwrap();
    assert_eq!(tenant.effects_after(mark), ["message.categories"]);
    tenant.world.act("graph forgets", |exchange, _| exchange.announce(id, LifecycleEvent::Missed)).unwrap();
    assert_eq!(tenant.world.deliver_notifications().await, 2);
    assert_eq!(listener.heard().parcels.len(), 2, "two addresses");
    let exchange = tenant.world.exchange();
    assert!(exchange.mailbox(ADA.oid).unwrap().message(key).unwrap().categories.contains(&"New".to_owned()));
}

#[tokio::test]
async fn the_control_plane_counts_what_waits_and_sends_it() {
    let (tenant, _listener, _) = watched().await;
    deliver(&tenant, "News").await;
    let people = tenant.people();
    let waiting = people.get("/sandbox/exchange/notifications").await.expect(200).json();
    assert_eq!(waiting, json!({ "waiting": 1, "nextDue": NOW }));
    let sent = people.post("/sandbox/exchange/notifications/deliver", json!({})).await.expect(200).json();
    assert_eq!(sent, json!({ "accepted": 1 }));
}

#[tokio::test]
async fn what_happens_among_the_recoverable_items_is_told_to_nobody() {
    let (tenant, listener, _) = watched().await;
    let copy = deliver(&tenant, "News").await;
    let item = format!("/sandbox/exchange/mailboxes/{}/messages/{}", ADA.upn, text(&copy, "immutableId"));
    let people = tenant.people();
    for _ in 0..3 {
        people.delete(&item).await.expect(204);
    }
    people.get(&item).await.expect(404);
    tenant.world.deliver_notifications().await;
    assert_eq!(
        kinds(&listener.take()),
        ["created", "deleted", "created", "deleted"],
        "into the bin and out of it; the end of all is not seen"
    );
}

#[tokio::test]
async fn a_renewal_authorizes_anew_too() {
    let (tenant, listener, id) = watched().await;
    let event = LifecycleEvent::ReauthorizationRequired;
    tenant.world.act("graph asks", |exchange, _| exchange.announce(id, event)).unwrap();
    let later = json!({ "expirationDateTime": "2026-11-27T10:00:00Z" });
    tenant.app(&["Mail.Read"]).patch(&format!("/subscriptions/{id}"), later).await.expect(200);
    deliver(&tenant, "Told").await;
    tenant.world.deliver_notifications().await;
    assert_eq!(listener.take().len(), 2);
}
