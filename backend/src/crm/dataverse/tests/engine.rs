//! What the engine asks for mailboxes and organizations rather than for one item.

use super::*;
use crate::caller::TenantId;
use crate::crm::Screening;
use shared::email::ThreadId;

fn service() -> Access {
    Access::service(TenantId(Uuid::from_u128(1)))
}

fn organization(etag: &str, document: &str) -> Answer {
    let row = json!({"@odata.etag": etag, "organizationid": Uuid::from_u128(0xb0), "orgdborgsettings": document,
        "ignoreinternalemail": false, "blockedattachments": null, "languagecode": 1033});
    batch(200, &[rows(vec![row])])
}

fn document(value: &str, more: &str) -> String {
    format!("<OrgSettings><TrackCategorizedItems>{value}</TrackCategorizedItems>{more}</OrgSettings>")
}

fn written(script: &Script, request: usize) -> Value {
    serde_json::from_str(&script.body(request)).unwrap()
}

#[tokio::test]
async fn a_setting_is_written_to_the_version_that_was_read_and_read_again_when_it_is_another() {
    let script = Script::new([
        organization("W/\"1\"", &document("true", "")),
        json(412, refusal("0x80060882", "The version of the existing record doesn't match")),
        organization("W/\"2\"", &document("true", "<Theirs>1</Theirs>")),
        answer(204, &[], ""),
    ]);
    crm(&script).write_setting(&service(), "TrackCategorizedItems", "false").await.unwrap();
    let asked = script.asked();
    assert_eq!(asked[1].method, "PATCH");
    assert_eq!(asked[1].headers["if-match"], "W/\"1\"");
    assert_eq!(asked[3].headers["if-match"], "W/\"2\"");
    assert!(asked[3].url.path().ends_with(&format!("organizations({})", Uuid::from_u128(0xb0))));
    assert_eq!(written(&script, 3)["orgdborgsettings"], document("false", "<Theirs>1</Theirs>"));
    assert!(!asked[0].headers.contains_key("callerobjectid"), "nobody is impersonated");
}

#[tokio::test]
async fn an_organization_that_compares_no_versions_is_written_all_the_same() {
    let script = Script::new([
        organization("W/\"1\"", ""),
        json(400, refusal("0x80060893", "Optimistic concurrency isn't enabled")),
        answer(204, &[], ""),
    ]);
    crm(&script).write_setting(&service(), "ignoreinternalemail", "true").await.unwrap();
    assert_eq!(script.asked()[2].headers["if-match"], "*");
    assert_eq!(written(&script, 2), json!({"ignoreinternalemail": true}));
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_not_written_over() {
    let broken = "<OrgSettings><TrackCategorizedItems>true</OrgSettings>";
    let script = Script::new([organization("W/\"1\"", broken)]);
    let crm = crm(&script);
    let failure = crm.write_setting(&service(), "TrackCategorizedItems", "false").await;
    assert_eq!(bare(failure), refused(Code::CrmRefused));
    assert_eq!(script.asked().len(), 1);
    let row = json!({"@odata.etag": "W/\"1\"", "organizationid": Uuid::nil(), "orgdborgsettings": broken});
    script.then(batch(200, &[rows(vec![row]), ok(json!({"Version": "9.2.0.0"}))]));
    assert_eq!(bare(crm.settings(&service()).await), refused(Code::CrmRefused));
    script.then(batch(200, &[rows(vec![]), ok(json!({"Version": "9.2.0.0"}))]));
    assert_eq!(bare(crm.settings(&service()).await), refused(Code::PrivilegeMissing), "an empty list");
}

fn page(set: &str, numbers: std::ops::Range<u128>, next: Option<&str>) -> (u16, &'static str, Value) {
    let row = |n| {
        let id = Uuid::from_u128(n);
        match set {
            "systemusers" => json!({"systemuserid": id, "fullname": format!("User {n}"), "accessmode": 0,
                "internalemailaddress": format!("user{n}@x.example"), "azureactivedirectoryobjectid": id}),
            _ => {
                json!({"queueid": id, "name": format!("Queue {n}"), "emailaddress": format!("queue{n}@x.example"),
                "_ownerid_value": Uuid::from_u128(7)})
            }
        }
    };
    let mut body = json!({"value": numbers.map(row).collect::<Vec<_>>()});
    if let Some(next) = next {
        body["@odata.nextLink"] = json!(next);
    }
    ok(body)
}

#[tokio::test]
async fn a_directory_is_read_to_its_last_page() {
    let cookie = "%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%22/%3E";
    let next = format!("{ORIGIN}/api/data/v9.2/systemusers?$select=fullname&$skiptoken={cookie}");
    let script = Script::new([
        batch(200, &[page("systemusers", 0..5, Some(&next)), page("queues", 10..12, None)]),
        batch(200, &[page("systemusers", 5..8, None)]),
    ]);
    let all = crm(&script).directory(&service()).await.unwrap();
    assert_eq!(all.len(), 10);
    assert!(
        script.body(1).contains(&format!("systemusers?$select=fullname&$skiptoken={cookie} ")),
        "verbatim"
    );
    assert!(!script.body(1).contains("queues"), "that list has ended");
    let owner = all.iter().find(|m| m.queue.is_some()).and_then(|m| m.acts_as);
    assert_eq!(owner.map(|user| user.0), Some(Uuid::from_u128(7)), "from the second page");
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_not_followed() {
    for link in
        ["https://evil.example/api/data/v9.2/systemusers", "https://other-side.example/elsewhere", "::"]
    {
        let script =
            Script::new([batch(200, &[page("systemusers", 0..1, Some(link)), page("queues", 1..2, None)])]);
        assert_eq!(
            bare(crm(&script).directory(&service()).await),
            Failure::NotDone(Problem::new(Code::CrmDown))
        );
        assert_eq!(script.asked().len(), 1, "{link}");
    }
}

#[tokio::test]
async fn a_thread_that_fills_the_answer_is_asked_for_alone_and_so_are_the_others() {
    let threads = vec![ThreadId([1; 22]), ThreadId([2; 22])];
    let emails = |numbers: std::ops::Range<u128>| {
        rows(numbers.map(|n| json!({"activityid": Uuid::from_u128(n), "directioncode": true})).collect())
    };
    let script = Script::new([
        batch(200, &[who(), emails(0..40), emails(0..0)]),
        batch(200, &[emails(0..20), emails(90..91)]),
    ]);
    let seen = crm(&script).screen(&engine(), &Screening { threads, ..Screening::default() }).await.unwrap();
    assert_eq!(script.asked().len(), 2);
    assert_eq!(seen.emails.len(), 41);
    assert!(script.body(0).contains("%20or%20") && !script.body(1).contains("%20or%20"));
}

#[tokio::test]
async fn privileges_are_asked_for_by_the_users_own_key_and_the_applications_beside() {
    let held = |names: &[&str]| {
        let list: Vec<Value> = names.iter().map(|n| json!({"PrivilegeName": n, "Depth": "Basic"})).collect();
        ok(json!({"RolePrivileges": list}))
    };
    let all = [
        "prvCreateActivity",
        "prvReadActivity",
        "PRVWRITEACTIVITY",
        "prvAppendActivity",
        "prvAppendToActivity",
    ];
    let script = Script::new([
        batch(200, &[who()]),
        batch(200, &[held(&all[..4])]),
        batch(200, &[who()]),
        batch(200, &[held(&all)]),
    ]);
    let kind = shared::mailbox::MailboxKind::User;
    let missing = crm(&script).missing_privileges(&engine(), kind).await.unwrap();
    let named: Vec<_> =
        missing.iter().map(|p| (p.facts[3].value.as_str(), p.facts[0].value.as_str())).collect();
    assert_eq!(named, [("user", "prvAppendToActivity"), ("application", "prvActOnBehalfOfAnotherUser")]);
    let asked =
        format!("systemusers({})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()", Uuid::from_u128(0xd1));
    assert!(script.body(1).contains(&asked));
    assert!(script.body(1).contains("CallerObjectId") && !script.body(3).contains("CallerObjectId"));
    let script = Script::new([batch(200, &[who()]), batch(200, &[ok(json!({}))])]);
    let nonsense = crm(&script).missing_privileges(&ada(), kind).await;
    assert_eq!(bare(nonsense), Failure::NotDone(Problem::new(Code::CrmDown)), "no list is not an empty list");
}
