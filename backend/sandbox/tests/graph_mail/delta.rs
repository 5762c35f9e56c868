use crate::client::*;
use sandbox::company::ADA;
use serde_json::{Value, json};

const INBOX: &str = "/me/mailFolders/inbox/messages";

/// Follows a round to its end: all rows, and the delta link.
async fn round(client: &Client<'_>, start: &str) -> (Vec<Value>, String) {
    let (mut rows, mut url) = (Vec::new(), start.to_owned());
    loop {
        let page = client.get(&url).await.expect(200).json();
        rows.extend(page["value"].as_array().expect("a list").iter().cloned());
        match page["@odata.nextLink"].as_str() {
            Some(next) => {
                assert!(next.contains("$skiptoken="), "{next}");
                next.clone_into(&mut url);
            }
            None => return (rows, text(&page, "@odata.deltaLink").to_owned()),
        }
    }
}

#[tokio::test]
async fn the_first_round_walks_the_folder_by_pages_and_keeps_the_selection() {
    let tenant = Tenant::new();
    let ada = tenant.ada().with("prefer", "odata.maxpagesize=3");
    for name in ["delta", "delta()", "microsoft.graph.delta()"] {
        let first = ada.get(&format!("{INBOX}/{name}?$select=subject")).await.expect(200);
        assert_eq!(first.items().len(), 3);
        assert!(first.header("preference-applied").contains("odata.maxpagesize=3"));
        let (rows, _) = round(&ada, &format!("{INBOX}/{name}?$select=subject")).await;
        let total = ada.get(&format!("{INBOX}/$count")).await.text();
        assert_eq!(rows.len().to_string(), total);
        assert!(rows.iter().all(|row| row.get("categories").is_none() && row["@odata.type"].is_string()));
    }
}

#[tokio::test]
async fn later_rounds_tell_of_changes_only_and_end_when_nothing_changes() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable();
    let (_, link) = round(&ada, &format!("{INBOX}/delta?$select=categories")).await;
    let (rows, link) = round(&ada, &link).await;
    assert!(rows.is_empty());
    let message = ada.find("Sunday").await;
    ada.patch(&format!("/me/messages/{}", text(&message, "id")), json!({ "categories": [TRACKED] }))
        .await
        .expect(200);
    let gone = ada.find("Quick one: is the probe IP68?").await;
    ada.delete(&format!("/me/messages/{}", text(&gone, "id"))).await.expect(204);
    let (rows, link) = round(&ada, &link).await;
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["id"], &rows[0]["categories"]), (&message["id"], &json!([TRACKED])));
    assert_eq!((&rows[1]["id"], &rows[1]["@removed"]["reason"]), (&gone["id"], &json!("deleted")));
    assert!(round(&ada, &link).await.0.is_empty());
}

#[tokio::test]
async fn what_changes_between_two_pages_is_not_missed() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable().with("prefer", "odata.maxpagesize=2");
    let first = ada.get(&format!("{INBOX}/delta")).await.expect(200).json();
    let new = json!({ "from": { "address": "new@x.example" }, "to": [{ "address": ADA.upn }], "subject": "Between" });
    tenant.people().post("/sandbox/exchange/deliver", new).await.expect(200);
    let seen = &first["value"][0];
    ada.patch(&format!("/me/messages/{}", text(seen, "id")), json!({ "categories": ["Late"] }))
        .await
        .expect(200);
    let (_, link) = round(&ada, text(&first, "@odata.nextLink")).await;
    let (rows, _) = round(&ada, &link).await;
    assert!(rows.iter().any(|row| row["subject"] == "Between"));
    assert!(rows.iter().any(|row| row["id"] == seen["id"] && row["categories"] == json!(["Late"])));
}

#[tokio::test]
async fn with_immutable_ids_there_and_back_again_shows_only_the_removal() {
    let tenant = Tenant::new();
    for (client, sees_return) in [(tenant.ada().immutable(), false), (tenant.ada(), true)] {
        let (_, link) = round(&client, &format!("{INBOX}/delta")).await;
        for to in ["archive", "inbox"] {
            let path = client.path("Sunday").await;
            client.post(&format!("{path}/move"), json!({ "destinationId": to })).await.expect(201);
        }
        let (rows, link) = round(&client, &link).await;
        assert_eq!(rows.iter().filter(|row| row.get("@removed").is_some()).count(), 1);
        assert_eq!(rows.iter().any(|row| row["subject"] == "Sunday"), sees_return);
        let path = client.path("Sunday").await;
        client.patch(&path, json!({ "isRead": true })).await.expect(200);
        let (rows, _) = round(&client, &link).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["subject"], "Sunday");
    }
}

#[tokio::test]
async fn a_move_is_a_removal_here_and_an_arrival_there() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable();
    let (_, here) = round(&ada, &format!("{INBOX}/delta")).await;
    let (_, there) = round(&ada, "/me/mailFolders/archive/messages/delta").await;
    let path = ada.path("Sunday").await;
    ada.post(&format!("{path}/move"), json!({ "destinationId": "archive" })).await.expect(201);
    assert!(round(&ada, &here).await.0[0].get("@removed").is_some());
    assert_eq!(round(&ada, &there).await.0[0]["subject"], "Sunday");
}

#[tokio::test]
async fn change_types_and_the_time_filter_narrow_what_is_told() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let (_, created) = round(&ada, &format!("{INBOX}/delta?changeType=created")).await;
    let (_, deleted) = round(&ada, &format!("{INBOX}/delta?changeType=deleted")).await;
    let path = ada.path("Sunday").await;
    ada.patch(&path, json!({ "isRead": true })).await.expect(200);
    assert!(round(&ada, &created).await.0.is_empty());
    ada.delete(&path).await.expect(204);
    assert!(round(&ada, &created).await.0.is_empty());
    assert_eq!(round(&ada, &deleted).await.0.len(), 1);
    let (rows, _) =
        round(&ada, &format!("{INBOX}/delta?$filter=receivedDateTime ge 2026-11-20T09:30:00Z")).await;
    assert_eq!(rows.len(), 1);
    ada.get(&format!("{INBOX}/delta?$filter=isRead eq true")).await.expect(400);
    ada.get(&format!("{INBOX}/delta?$search=\"x\"")).await.expect(400);
    ada.get("/me/messages/delta").await.expect(400);
}

#[tokio::test]
async fn an_expired_token_is_gone_and_says_where_to_start_over() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let (all, link) = round(&ada, &format!("{INBOX}/delta?$select=subject")).await;
    let expire = format!("/sandbox/exchange/mailboxes/{}/expire-delta-tokens", ADA.upn);
    tenant.people().post(&expire, json!({})).await.expect(204);
    let gone = ada.get(&link).await.expect(410);
    assert_eq!(gone.code(), "SyncStateNotFound");
    let location = gone.header("location").to_owned();
    assert!(location.contains("$deltatoken=&") || location.ends_with("$deltatoken="), "{location}");
    let (again, _) = round(&ada, &location).await;
    assert_eq!(again, all);
    ada.get(&format!("{INBOX}/delta?$deltatoken=nonsense")).await.expect(400);
}

#[tokio::test]
async fn items_repeat_across_pages_when_told_to() {
    let tenant = Tenant::new();
    let ada = tenant.ada().with("prefer", "odata.maxpagesize=3");
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let repeat = json!({ "repeatDeltaItems": true });
    tenant.people().send(http::Method::PUT, &switches, Some(repeat)).await.expect(200);
    let (rows, _) = round(&ada, &format!("{INBOX}/delta")).await;
    let mut ids: Vec<&str> = rows.iter().map(|row| text(row, "id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() < all);
    assert_eq!(ids.len().to_string(), ada.get(&format!("{INBOX}/$count")).await.text());
}

#[tokio::test]
async fn a_change_of_open_extensions_does_not_show() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let (_, link) = round(&ada, &format!("{INBOX}/delta")).await;
    let path = ada.path("Sunday").await;
    ada.post(&format!("{path}/extensions"), json!({ "extensionName": "com.example", "a": 1 }))
        .await
        .expect(201);
    assert!(round(&ada, &link).await.0.is_empty());
}

#[tokio::test]
async fn a_change_can_be_made_to_show_only_after_further_reads() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable().with("prefer", "odata.maxpagesize=100");
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let stale = json!({ "staleDeltaReads": 2 });
    let (_, mut messages) = round(&ada, &format!("{INBOX}/delta")).await;
    let (_, mut folders) = round(&ada, "/me/mailFolders/delta").await;
    tenant.people().send(http::Method::PUT, &switches, Some(stale)).await.expect(200);
    let path = ada.path("Sunday").await;
    ada.patch(&path, json!({ "categories": [TRACKED] })).await.expect(200);
    ada.post("/me/mailFolders", json!({ "displayName": "New" })).await.expect(201);
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    for read in 0..4 {
        let (url, out) = if read % 2 == 0 { (&mut messages, &mut seen) } else { (&mut folders, &mut told) };
        let (rows, link) = round(&ada, url).await;
        *url = link;
        out.push(rows.len());
    }
    assert_eq!(seen, [0, 1], "two reads of the mailbox were too early");
    assert_eq!(told, [0, 1]);
    assert!(round(&ada, &messages).await.0.is_empty(), "and it is told once");
    ada.post("/me/mailFolders", json!({ "displayName": "Newer" })).await.expect(201);
    let (rows, link) = round(&ada, &folders).await;
    assert!(rows.is_empty(), "folders alone are read stale too");
    round(&ada, &messages).await;
    assert_eq!(round(&ada, &link).await.0.len(), 1);
    assert_eq!(ada.get(&path).await.json()["categories"], json!([TRACKED]), "items are read fresh");
}

#[tokio::test]
async fn a_stale_first_round_is_made_good_by_the_next() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable().with("prefer", "odata.maxpagesize=100");
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let stale = json!({ "staleDeltaReads": 1 });
    tenant.people().send(http::Method::PUT, &switches, Some(stale)).await.expect(200);
    let path = ada.path("Sunday").await;
    ada.patch(&path, json!({ "categories": [TRACKED] })).await.expect(200);
    let (_, link) = round(&ada, &format!("{INBOX}/delta?$select=categories")).await;
    let (rows, _) = round(&ada, &link).await;
    assert!(rows.iter().any(|row| row["categories"] == json!([TRACKED])));
}

#[tokio::test]
async fn a_row_shows_what_was_selected_of_what_an_engine_needs() {
    let tenant = Tenant::new();
    let ada = tenant.ada().immutable().with("prefer", "odata.maxpagesize=100");
    let wanted = ["changeKey", "parentFolderId", "hasAttachments", "conversationIndex", "conversationId"];
    let (rows, _) = round(&ada, &format!("{INBOX}/delta?$select={}", wanted.join(","))).await;
    let inbox = ada.get("/me/mailFolders/inbox").await.expect(200).json();
    for row in rows {
        assert!(wanted.iter().all(|name| row.get(name).is_some()), "{row}");
        assert_eq!(row["parentFolderId"], inbox["id"]);
        assert_eq!(row["@odata.etag"], format!("W/\"{}\"", text(&row, "changeKey")));
        assert!(row.get("subject").is_none());
    }
}

#[tokio::test]
async fn starting_over_keeps_the_whole_query() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let expand = "singleValueExtendedProperties($filter=id eq 'String 0x1042' or id eq 'String {00020386-0000-0000-C000-000000000046} Name a+b')";
    let start = format!(
        "{INBOX}/delta?$select=subject&$expand={}&$filter=receivedDateTime ge 2026-11-19T00:00:00Z&changeType=created,updated&$top=2",
        percent_encoding::utf8_percent_encode(expand, percent_encoding::NON_ALPHANUMERIC)
    );
    let (all, link) = round(&ada, &start).await;
    assert!(
        all.iter().any(|row| row.get("singleValueExtendedProperties").is_some()),
        "a reply is among them"
    );
    let expire = format!("/sandbox/exchange/mailboxes/{}/expire-delta-tokens", ADA.upn);
    tenant.people().post(&expire, json!({})).await.expect(204);
    let location = ada.get(&link).await.expect(410).header("location").to_owned();
    assert_eq!(round(&ada, &location).await.0, all);
    for part in ["$top=2", "$changeType=created,updated", "$filter=receivedDateTime"] {
        assert!(location.contains(part), "{location}");
    }
}

#[tokio::test]
async fn rows_come_in_another_order_when_told_to() {
    let tenant = Tenant::new();
    let ada = tenant.ada().with("prefer", "odata.maxpagesize=100");
    let ids = |rows: &[Value]| rows.iter().map(|row| text(row, "id").to_owned()).collect::<Vec<_>>();
    let straight = ids(&round(&ada, &format!("{INBOX}/delta?$select=id")).await.0);
    let switches = format!("/sandbox/exchange/mailboxes/{}/switches", ADA.upn);
    let shuffle = json!({ "shuffleDeltaItems": true });
    tenant.people().send(http::Method::PUT, &switches, Some(shuffle)).await.expect(200);
    let shuffled = ids(&round(&ada, &format!("{INBOX}/delta?$select=id")).await.0);
    assert_ne!(straight, shuffled);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(straight), sorted(shuffled));
}
