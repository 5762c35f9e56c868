use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::company::{ADA, BEN};
use serde_json::{Value, json};

fn letter(from: &str, subject: &str, id: &str) -> Value {
    json!({
        "from": { "address": from }, "to": [{ "address": ADA.upn }, { "address": BEN.upn }],
        "subject": subject, "internetMessageId": id,
    })
}

fn with(mut letter: Value, name: &str, value: Value) -> Value {
    letter[name] = value;
    letter
}

async fn deliver(tenant: &Tenant, letter: Value) {
    tenant.people().post("/sandbox/exchange/deliver", letter).await.expect(200);
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The only message of somebody with this internet message id, with all that a thread is known by.
async fn by_id(tenant: &Tenant, person: &sandbox::company::Person, id: &str) -> Value {
    let select = "id,conversationId,conversationIndex,internetMessageHeaders,internetMessageId";
    let filter = encoded(&format!("internetMessageId eq '{id}'"));
    let app = tenant.app(&["Mail.Read"]);
    let url = format!("/users/{}/messages?$filter={filter}&$select={select}", person.oid);
    let items = app.get(&url).await.expect(200).items();
    assert_eq!(items.len(), 1, "{id}");
    items[0].clone()
}

fn index(message: &Value) -> Vec<u8> {
    STANDARD.decode(text(message, "conversationIndex")).expect("base64")
}

fn header<'v>(message: &'v Value, name: &str) -> Option<&'v str> {
    let headers = message["internetMessageHeaders"].as_array().expect("headers");
    headers.iter().find(|one| one["name"] == name).map(|one| text(one, "value"))
}

#[tokio::test]
async fn a_thread_has_one_conversation_in_a_mailbox_and_one_header_in_all() {
    let tenant = Tenant::new();
    deliver(&tenant, letter("eve@x.example", "Offer", "<1@x.example>")).await;
    let reply =
        with(letter("eve@x.example", "RE: Offer", "<2@x.example>"), "inReplyTo", json!("<1@x.example>"));
    tenant.clock.advance(jiff::SignedDuration::from_hours(2));
    deliver(&tenant, reply).await;
    let third = with(
        letter("zoe@y.example", "AW: Offer", "<3@y.example>"),
        "references",
        json!(["<1@x.example>", "<2@x.example>"]),
    );
    deliver(&tenant, third).await;
    let (first, second) =
        (by_id(&tenant, &ADA, "<1@x.example>").await, by_id(&tenant, &ADA, "<2@x.example>").await);
    let third = by_id(&tenant, &ADA, "<3@y.example>").await;
    assert_eq!(first["conversationId"], second["conversationId"]);
    assert_eq!(first["conversationId"], third["conversationId"]);
    assert_eq!([index(&first).len(), index(&second).len(), index(&third).len()], [22, 27, 32]);
    assert!(index(&third).starts_with(&index(&second)) && index(&second).starts_with(&index(&first)));
    let bens = by_id(&tenant, &BEN, "<2@x.example>").await;
    assert_ne!(bens["conversationId"], second["conversationId"], "another mailbox, another id");
    assert_eq!(index(&bens), index(&second), "but the same index");
}

#[tokio::test]
async fn replies_to_a_letter_that_nobody_here_has_share_a_thread_of_their_own() {
    let tenant = Tenant::new();
    let chain = json!(["<root@z.example>", "<middle@z.example>"]);
    for (id, parent) in [("<4@z.example>", "<middle@z.example>"), ("<5@z.example>", "<other@z.example>")] {
        let reply = with(letter("zoe@z.example", "RE: Old", id), "inReplyTo", json!(parent));
        deliver(&tenant, with(reply, "references", chain.clone())).await;
    }
    let (one, two) =
        (by_id(&tenant, &ADA, "<4@z.example>").await, by_id(&tenant, &ADA, "<5@z.example>").await);
    assert_eq!(one["conversationId"], two["conversationId"]);
    assert_eq!(index(&one)[6..22], index(&two)[6..22]);
}

#[tokio::test]
async fn a_conversation_is_listed_by_its_id_page_by_page() {
    let tenant = Tenant::new();
    deliver(&tenant, letter("eve@x.example", "Offer", "<1@x.example>")).await;
    for id in 2..6 {
        let reply = letter("eve@x.example", "RE: Offer", &format!("<{id}@x.example>"));
        deliver(&tenant, with(reply, "inReplyTo", json!("<1@x.example>"))).await;
    }
    let first = by_id(&tenant, &ADA, "<1@x.example>").await;
    let filter = encoded(&format!("conversationId eq '{}'", text(&first, "conversationId")));
    let app = tenant.app(&["Mail.Read"]).immutable();
    for place in ["messages", "mailFolders/inbox/messages"] {
        let mut url = format!("/users/{}/{place}?$filter={filter}&$select=id,subject&$top=2", ADA.oid);
        let mut ids = Vec::new();
        loop {
            let page = app.get(&url).await.expect(200).json();
            for item in page["value"].as_array().expect("a list") {
                assert_eq!(item.as_object().expect("an object").len(), 3, "etag, id and subject: {item}");
                ids.push(text(item, "id").to_owned());
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) => next.clone_into(&mut url),
                None => break,
            }
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 5, "{place}");
    }
}

#[tokio::test]
async fn internet_headers_are_shown_when_selected_on_an_item_and_on_delta() {
    let tenant = Tenant::new();
    deliver(&tenant, letter("eve@x.example", "Offer", "<1@x.example>")).await;
    let inbox = format!("/users/{}/mailFolders/inbox/messages", ADA.oid);
    let app = tenant.app(&["Mail.Read"]).immutable().with("prefer", "odata.maxpagesize=1000");
    let start = app.get(&format!("{inbox}/delta?$select=subject,internetMessageHeaders")).await.expect(200);
    let reply =
        with(letter("eve@x.example", "RE: Offer", "<2@x.example>"), "inReplyTo", json!("<1@x.example>"));
    let tag = json!([{ "name": "X-Tracking-Token", "value": "CRM:0012" }]);
    deliver(&tenant, with(reply, "headers", tag)).await;
    let rows = app.get(text(&start.json(), "@odata.deltaLink")).await.expect(200).items();
    let path = format!("/users/{}/messages/{}", ADA.oid, text(&rows[0], "id"));
    let alone = app.get(&format!("{path}?$select=internetMessageHeaders")).await.expect(200).json();
    for shown in [&rows[0], &alone] {
        assert_eq!(header(shown, "Message-ID"), Some("<2@x.example>"));
        assert_eq!(header(shown, "In-Reply-To"), Some("<1@x.example>"));
        assert_eq!(header(shown, "References"), Some("<1@x.example>"));
        assert_eq!(header(shown, "X-Tracking-Token"), Some("CRM:0012"));
    }
    assert!(rows[0].get("categories").is_none(), "only what was selected");
    assert!(app.get(&path).await.expect(200).json().get("internetMessageHeaders").is_none());
}

#[tokio::test]
async fn mapis_own_properties_are_expanded_and_searched_by_their_tags() {
    let tenant = Tenant::new();
    deliver(&tenant, letter("eve@x.example", "Offer", "<1@x.example>")).await;
    let reply =
        with(letter("eve@x.example", "RE: Offer", "<2@x.example>"), "inReplyTo", json!("<1@x.example>"));
    deliver(&tenant, reply).await;
    let ada = tenant.ada();
    let expand =
        "$expand=singleValueExtendedProperties($filter=id eq 'String 0x1042' or id eq 'String 0x1039')";
    let answer = ada.get(&format!("{}?$select=id&{expand}", ada.path("RE: Offer").await)).await.expect(200);
    let mut shown = answer.json()["singleValueExtendedProperties"].as_array().cloned().expect("a list");
    shown.sort_by_key(|one| text(one, "id").to_owned());
    let both = ["String 0x1039", "String 0x1042"].map(|id| json!({ "id": id, "value": "<1@x.example>" }));
    assert_eq!(shown, both);
    let root = ada.get(&format!("{}?{expand}", ada.path("Offer").await)).await.expect(200).json();
    assert!(root.get("singleValueExtendedProperties").is_none(), "it answers nothing");
    let any =
        "singleValueExtendedProperties/Any(ep: ep/id eq 'String 0x1042' and ep/value eq '<1@x.example>')";
    let found = ada.get(&format!("/me/messages?$filter={}&$select=subject", encoded(any))).await.expect(200);
    let subjects: Vec<Value> = found.items().iter().map(|one| one["subject"].clone()).collect();
    assert_eq!(subjects, ["RE: Offer"]);
}

#[tokio::test]
async fn a_sender_who_works_here_keeps_a_copy_when_told_to_and_rules_categorize_arrivals() {
    let tenant = Tenant::new();
    let mut letter = letter(ADA.upn, "From Ada", "<ada@x.example>");
    letter["to"] = json!([{ "address": BEN.upn }, { "address": "eve@x.example" }]);
    letter["sentCopy"] = json!("keep");
    letter["categories"] = json!([TRACKED]);
    let answer = tenant.people().post("/sandbox/exchange/deliver", letter).await.expect(200).json();
    assert_eq!(answer["sent"]["categories"], json!([]));
    assert_eq!(answer["copies"][0]["categories"], json!([TRACKED]));
    let ada = tenant.ada();
    let sent = ada.get("/me/mailFolders/sentitems").await.expect(200).json();
    let copy = ada.find("From Ada").await;
    assert_eq!((&copy["parentFolderId"], &copy["isRead"]), (&sent["id"], &json!(true)));
    assert_eq!(tenant.user(&BEN, ALL_SCOPES).find("From Ada").await["isRead"], false);
}

#[tokio::test]
async fn an_imported_letter_keeps_its_headers_and_its_place_in_the_thread() {
    let tenant = Tenant::new();
    let mut parent = vec![1; 22];
    parent.extend([0; 5]);
    let eml = format!(
        "From: Eve <eve@x.example>\r\nTo: Ada <{}>\r\nSubject: Imported\r\nMessage-ID: <i@x.example>\r\n\
         Thread-Index: {}\r\nReceived: from a\r\n by b\r\nX-Mailer: Quill\r\nContent-Type: text/plain\r\n\r\nHello",
        ADA.upn,
        STANDARD.encode(&parent)
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.eml"), eml).unwrap();
    tenant.world.exchange().load_mail(ADA.oid, &[folder.path().to_owned()], tenant.world.now());
    let message = by_id(&tenant, &ADA, "<i@x.example>").await;
    assert_eq!(index(&message), parent);
    assert_eq!(header(&message, "Received"), Some("from a by b"));
    assert_eq!(header(&message, "X-Mailer"), Some("Quill"));
    let names: Vec<&str> =
        message["internetMessageHeaders"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert_eq!(names.iter().filter(|name| name.eq_ignore_ascii_case("subject")).count(), 1, "{names:?}");
}
