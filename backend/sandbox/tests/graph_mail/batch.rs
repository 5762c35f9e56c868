use crate::client::*;
use sandbox::world::journal::Service;
use serde_json::{Value, json};

fn response<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["responses"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|part| part["id"] == id)
        .expect("the part has an answer")
}

#[tokio::test]
async fn parts_answer_as_they_would_alone_and_stand_in_the_journal_as_children() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let id = text(&ada.find("Sunday").await, "id").to_owned();
    let mark = tenant.mark();
    let batch = json!({ "requests": [
        { "id": "1", "method": "GET", "url": format!("/me/messages/{id}?$select=id,categories") },
        { "id": "2", "method": "PATCH", "url": format!("me/messages/{id}"), "dependsOn": ["1"],
          "headers": { "Content-Type": "application/json" }, "body": { "categories": ["Family", TRACKED] } },
        { "id": "3", "method": "GET", "url": "/me/messages/nonsense" },
        { "id": "4", "method": "GET", "url": "/me", "dependsOn": ["3"] },
        { "id": "5", "method": "GET", "url": format!("/me/messages/{id}/$value") },
    ]});
    let answer = ada.post("/$batch", batch).await.expect(200).json();
    assert_eq!(response(&answer, "1")["body"]["categories"], json!(["Family"]));
    assert_eq!(response(&answer, "2")["body"]["categories"], json!(["Family", TRACKED]));
    assert_eq!(response(&answer, "3")["status"], 400);
    assert_eq!(response(&answer, "3")["body"]["error"]["code"], "ErrorInvalidIdMalformed");
    assert_eq!(response(&answer, "4")["status"], 424);
    assert!(response(&answer, "5")["body"].is_string());
    let entries = tenant.world.journal.entries_after(mark);
    let whole = entries.iter().find(|entry| entry.path == "/v1.0/$batch").unwrap();
    let parts: Vec<_> = entries.iter().filter(|entry| entry.parent == Some(whole.seq)).collect();
    assert_eq!(parts.len(), 4, "the failed dependency was never asked");
    assert!(parts.iter().all(|part| part.service == Service::Graph));
    assert_eq!(tenant.effects_after(mark), ["message.categories"]);
}

#[tokio::test]
async fn answers_come_in_another_order_than_asked() {
    let tenant = Tenant::new();
    let requests: Vec<Value> =
        (0..20).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/me?$select=id" })).collect();
    let answer = tenant.ada().post("/$batch", json!({ "requests": requests })).await.expect(200).json();
    let order: Vec<String> =
        answer["responses"].as_array().unwrap().iter().map(|one| text(one, "id").to_owned()).collect();
    let mut sorted = order.clone();
    sorted.sort_by_key(|id| id.parse::<u32>().unwrap());
    assert_eq!(sorted, (0..20).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_ne!(order, sorted);
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_as_a_whole() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let part = |id: &str| json!({ "id": id, "method": "GET", "url": "/me" });
    let many: Vec<Value> = (0..21).map(|id| part(&id.to_string())).collect();
    for requests in [
        json!(many),
        json!([]),
        json!([part("1"), part("1")]),
        json!([{ "id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"] }]),
        json!([{ "id": "1", "method": "GET", "url": "https://elsewhere.example/v1.0/me" }]),
        json!([{ "id": "1", "method": "POST", "url": "/$batch", "headers": { "Content-Type": "application/json" }, "body": {} }]),
        json!([{ "id": "1", "method": "PATCH", "url": "/me/messages/x", "body": { "isRead": true } }]),
    ] {
        assert_eq!(
            ada.post("/$batch", json!({ "requests": requests })).await.expect(400).code(),
            "BadRequest",
            "{requests}"
        );
    }
}

#[tokio::test]
async fn one_part_is_throttled_inside_a_good_batch() {
    let tenant = Tenant::new();
    let limits = json!({ "requestsPerWindow": 1 });
    tenant.people().send(http::Method::PUT, "/sandbox/exchange/limits", Some(limits)).await.expect(200);
    let part = |id: &str| json!({ "id": id, "method": "GET", "url": "/me/messages?$top=1" });
    let answer =
        tenant.ada().post("/$batch", json!({ "requests": [part("1"), part("2")] })).await.expect(200).json();
    assert_eq!(response(&answer, "1")["status"], 200);
    assert_eq!(response(&answer, "2")["status"], 429);
    assert_eq!(response(&answer, "2")["headers"]["Retry-After"], "600");
}
