use crate::client::*;
use serde_json::Value;

fn subjects(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| text(item, "subject")).collect()
}

#[tokio::test]
async fn a_list_has_ten_items_newest_first_and_links_to_the_rest() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let first = ada.get("/me/messages").await.expect(200);
    assert_eq!(first.items().len(), 10);
    let mut times: Vec<String> = Vec::new();
    let mut next = Some("/me/messages?$select=receivedDateTime".to_owned());
    while let Some(url) = next {
        let page = ada.get(&url).await.expect(200).json();
        times.extend(
            page["value"].as_array().unwrap().iter().map(|item| text(item, "receivedDateTime").to_owned()),
        );
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
        assert!(
            next.iter().all(|link| link.starts_with("https://localhost:4000/v1.0/me/messages?")),
            "{next:?}"
        );
    }
    let total = ada.get("/me/messages/$count").await.expect(200).text();
    assert_eq!(times.len().to_string(), total);
    assert!((25..=60).contains(&times.len()), "{total} messages");
    assert!(times.is_sorted_by(|left, right| left >= right));
}

#[tokio::test]
async fn top_skip_and_count_shape_the_page() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let page = ada.get("/me/mailFolders/inbox/messages?$top=3&$skip=2&$count=true").await.expect(200).json();
    assert_eq!(page["value"].as_array().unwrap().len(), 3);
    let all = ada.get("/me/mailFolders/inbox/messages?$top=1000").await.items();
    assert_eq!(page["@odata.count"], all.len());
    assert_eq!(page["value"][0]["id"], all[2]["id"]);
    for bad in ["$top=0", "$top=1001", "$top=x", "$skip=-1"] {
        ada.get(&format!("/me/messages?{bad}")).await.expect(400);
    }
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let message = ada.find("Sunday").await;
    let id = percent_encoding::utf8_percent_encode(
        text(&message, "internetMessageId"),
        percent_encoding::NON_ALPHANUMERIC,
    );
    for filter in [
        format!("internetMessageId eq '{id}'"),
        "categories/any(c:c eq 'Family')".to_owned(),
        "startswith(subject,'Sun') and isRead ne true or subject eq 'Sunday'".to_owned(),
        "from/emailAddress/address eq 'clara@brandt-family.example'".to_owned(),
        format!("conversationId eq '{}'", text(&message, "conversationId").replace('=', "%3D")),
    ] {
        let items = ada.get(&format!("/me/messages?$filter={filter}")).await.expect(200).items();
        assert_eq!(subjects(&items), ["Sunday"], "{filter}");
    }
    let recent =
        ada.get("/me/messages?$filter=receivedDateTime ge 2026-11-20T09:30:00Z&$top=50").await.items();
    assert!(
        !recent.is_empty()
            && recent.iter().all(|item| text(item, "receivedDateTime") >= "2026-11-20T09:30:00Z")
    );
    for bad in ["subject eq 'x", "nonsense eq 1", "receivedDateTime ge '2026-11-20'"] {
        ada.get(&format!("/me/messages?$filter={bad}")).await.expect(400);
    }
}

#[tokio::test]
async fn sorting_needs_the_filter_to_name_the_key_first() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let refused =
        ada.get("/me/messages?$filter=isRead eq false&$orderby=receivedDateTime desc").await.expect(400);
    assert_eq!(refused.code(), "InefficientFilter");
    let wrong_order =
        "$filter=isRead eq false and receivedDateTime ge 2020-01-01&$orderby=receivedDateTime desc";
    assert_eq!(ada.get(&format!("/me/messages?{wrong_order}")).await.expect(400).code(), "InefficientFilter");
    let right =
        "$filter=receivedDateTime ge 2020-01-01 and isRead eq false&$orderby=receivedDateTime asc&$top=100";
    let items = ada.get(&format!("/me/messages?{right}")).await.expect(200).items();
    assert!(items.len() > 3 && items.is_sorted_by_key(|item| text(item, "receivedDateTime").to_owned()));
    let items = ada.get("/me/messages?$orderby=subject&$top=100").await.expect(200).items();
    assert!(items.is_sorted_by_key(|item| text(item, "subject").to_lowercase()));
}

#[tokio::test]
async fn search_finds_words_and_goes_with_neither_filter_nor_order() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let items = ada.get("/me/messages?$search=\"subject:calibration from:yuki\"").await.expect(200).items();
    assert_eq!(subjects(&items), ["Calibration for three sites, request for quotation"]);
    assert!(ada.get("/me/messages?$search=\"transducers\"&$top=50").await.expect(200).items().len() > 1);
    let both = ada.get("/me/messages?$search=\"x\"&$filter=isRead eq true").await.expect(400);
    assert_eq!(both.code(), "SearchWithFilter");
}

#[tokio::test]
async fn a_thread_shares_its_conversation() {
    let tenant = Tenant::new();
    let ada = tenant.ada();
    let root = ada.find("Depth sounders for our ferries").await;
    let filter = format!("conversationId eq '{}'", text(&root, "conversationId").replace('=', "%3D"));
    let thread = ada
        .get(&format!("/me/messages?$filter={filter}&$select=conversationIndex,internetMessageHeaders"))
        .await;
    let thread = thread.expect(200).items();
    assert_eq!(thread.len(), 5);
    let answers = thread.iter().filter(|item| {
        item["internetMessageHeaders"]
            .as_array()
            .unwrap()
            .iter()
            .any(|header| header["name"] == "In-Reply-To")
    });
    assert_eq!(answers.count(), 4);
}
