use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::{ADA, BEN, FJORDLINE};
use serde_json::{Value, json};

fn found(answer: &Answer) -> Value {
    serde_json::from_str(answer.json()["response"].as_str().unwrap_or_else(|| panic!("{}", answer.text)))
        .unwrap()
}

fn ids(answer: &Answer) -> Vec<String> {
    let value = found(answer);
    value["Value"].as_array().unwrap().iter().map(|hit| hit["Id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn both_addresses_answer_with_json_inside_json() {
    let crm = Crm::new();
    let body = json!({
        "search": "fjord", "count": true, "top": 20,
        "entities": "[{\"name\":\"account\",\"selectColumns\":[\"name\",\"accountnumber\"]},{\"name\":\"contact\"}]",
    });
    for path in ["/api/search/v2.0/query", "/api/data/v9.2/searchquery"] {
        let answer = crm.person(&ADA).post(path, body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let response = found(&answer);
        assert!(response["Error"].is_null());
        assert_eq!(response["Count"], 3, "{response}");
        let hit = &response["Value"][0];
        assert_eq!((&hit["Id"], &hit["EntityName"]), (&json!(FJORDLINE.id), &json!("account")));
        assert_eq!(hit["Attributes"]["accountnumber"], FJORDLINE.number);
        assert_eq!(hit["Highlights"]["name"], json!(["{crmhit}Fjord{/crmhit}line Marine AS"]));
    }
}

#[tokio::test]
async fn search_sees_what_the_caller_may_read_and_nothing_else() {
    let crm = Crm::new();
    let body = json!({"search": "meridian"});
    assert_eq!(ids(&crm.person(&ADA).post("/api/search/v2.0/query", body.clone()).await).len(), 2);
    assert_eq!(ids(&crm.person(&BEN).post("/api/search/v2.0/query", body).await).len(), 0);
}

#[tokio::test]
async fn words_accents_operators_and_filters_narrow_the_hits() {
    let crm = Crm::new();
    let cases = [
        (json!({"search": "jurgen"}), 1),
        (json!({"search": "WEIß"}), 1),
        (json!({"search": "O\\'Hara"}), 4),
        (json!({"search": "heliotech +pilot"}), 1),
        (json!({"search": "fjordline -service", "entities": "[{\"name\":\"opportunity\"}]"}), 1),
        (
            json!({"search": "heliotech", "entities": "[{\"name\":\"opportunity\",\"filter\":\"statecode eq 0\"}]"}),
            1,
        ),
        (
            json!({"search": "fjordline ferries", "options": "[\"searchmodelall\"]", "entities": "[{\"name\":\"opportunity\"}]"}),
            1,
        ),
        (json!({"search": "fjordline ferries", "entities": "[{\"name\":\"opportunity\"}]"}), 2),
        (json!({"search": "CAS-01041"}), 1),
        (json!({"search": "zzz')) or '1'='1"}), 0),
    ];
    for (body, count) in cases {
        let answer = crm.person(&ADA).post("/api/search/v2.0/query", body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text);
        assert_eq!(ids(&answer).len(), count, "{body}: {}", answer.text);
    }
}

#[tokio::test]
async fn bad_searches_and_a_switched_off_search_are_refused() {
    let crm = Crm::new();
    let ada = crm.person(&ADA);
    let bad = [
        json!({"search": "ab"}),
        json!({"search": "x".repeat(101)}),
        json!({"search": "fjord", "top": 101}),
        json!({"search": "fjord", "entities": "rubbish"}),
        json!({"search": "fjord", "entities": "[{\"name\":\"organization\"}]"}),
        json!({"search": "fjord", "entities": "[{\"name\":\"account\",\"selectColumns\":[\"nosuch\"]}]"}),
        json!({"search": 7}),
    ];
    for body in bad {
        assert_eq!(
            ada.post("/api/search/v2.0/query", body.clone()).await.status,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
    crm.control(Method::PUT, "/dataverse/settings/search", &json!({"on": false})).await;
    let off = ada.post("/api/search/v2.0/query", json!({"search": "fjord"})).await;
    assert_eq!((off.status, off.code().as_str()), (StatusCode::BAD_REQUEST, "0x80048d0b"));
    assert_eq!(off.message(), "Dataverse Search feature is disabled for this organization.");
}
