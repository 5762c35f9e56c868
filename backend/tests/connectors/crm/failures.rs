//! Every way in which a promotion fails: what is said of it, and that it leaves nothing behind.

use super::{content, fjordline, mail};
use crate::tenant::{Tenant, engine, id, problem, status, user};
use backend::body::{AttachedFile, Place};
use backend::crm::{Attachment, Content, Crm, Promoted};
use sandbox::company::{ADA, BEN, CHIARA, DAN, QUEUE_ID};
use sandbox::dataverse::{Obstacle, Trouble};
use sandbox::world::faults::{Kind, Place as At};
use sandbox::world::journal::Service;
use serde_json::json;
use shared::email::{Correlation, CrmEmailId};
use shared::plan::NewEmail;
use shared::problem::{Code, Problem};
use uuid::Uuid;

fn fact<'a>(problem: &'a Problem, name: &str) -> &'a str {
    problem.facts.iter().find(|fact| fact.name == name).map_or("", |fact| &fact.value)
}

fn attached(name: &str, size: usize) -> Content {
    let file = AttachedFile {
        name: name.to_owned(),
        content_type: String::new(),
        content_id: None,
        place: Place::Listed,
        bytes: vec![0; size].into(),
    };
    Content { attachments: vec![Attachment::File(file)], ..content() }
}

/// Nothing of the email is left in the CRM.
async fn nothing_is_left(tenant: &Tenant) {
    let emails = tenant.rows("emails").await;
    assert!(!emails.iter().any(|row| row["activityid"] == json!(mail(None).id.0)), "the email");
    for (set, column) in [("activitymimeattachments", "objectid"), ("queueitems", "objectid")] {
        let rows = tenant.rows(set).await;
        assert!(!rows.iter().any(|row| row[column]["id"] == json!(mail(None).id.0)), "{set}");
    }
}

#[tokio::test]
async fn ret_04_what_goes_wrong_inside_the_crm_is_told_apart() {
    let plug_in = Trouble::PlugIn { message: "Credit limit exceeded.".to_owned() };
    let locked = Trouble::Other { status: 400, code: "0x80040203".to_owned(), message: "No.".to_owned() };
    let malformed = Trouble::Other { status: 400, code: "0x80048d19".to_owned(), message: "No.".to_owned() };
    for (trouble, kind, code, why, reason) in [
        (plug_in, "refused", Code::CrmRefused, "plug-in", "Credit limit exceeded."),
        (Trouble::Timeout, "unknown", Code::CrmDown, "", "HTTP 500"),
        (Trouble::Unknown, "unknown", Code::CrmDown, "", "HTTP 500"),
        (Trouble::InvalidSender, "refused", Code::CrmRefused, "other", ""),
        (locked, "refused", Code::CrmRefused, "other", "No."),
        (malformed, "refused", Code::CrmRefused, "malformed", "No."),
    ] {
        let tenant = Tenant::new();
        tenant.world.crm().place_obstacle(Obstacle::new(trouble.clone()).times(1));
        let promoted =
            tenant.crm.promote_email(&engine(&ADA), &mail(Some(fjordline())), &attached("a.pdf", 9)).await;
        let (seen, problem) = problem(promoted);
        assert_eq!((seen, problem.code), (kind, code), "{trouble:?}");
        assert_eq!(fact(&problem, "kind"), why, "{trouble:?}");
        assert!(fact(&problem, "reason").contains(reason), "{trouble:?}: {problem:?}");
        nothing_is_left(&tenant).await;
        let again = tenant.crm.promote_email(&engine(&ADA), &mail(None), &content()).await;
        assert_eq!(again, Ok(Promoted::Created), "{trouble:?}");
    }
}

#[tokio::test]
async fn ret_06_being_throttled_is_no_refusal_and_names_the_wait() {
    for code in ["0x80072322", "0x80072321", "0x80072326"] {
        for place in [At::TopLevel, At::Part] {
            let tenant = Tenant::new();
            tenant.fault(Service::Dataverse, place, "", status(429, code, Some("7")));
            let (kind, problem) =
                problem(tenant.crm.promote_email(&engine(&ADA), &mail(None), &content()).await);
            assert_eq!((kind, problem.code), ("not done", Code::CrmThrottled), "{code} {place:?}");
            assert_eq!(problem.retry_after_ms, Some(7_000));
            nothing_is_left(&tenant).await;
        }
    }
}

#[tokio::test]
async fn a_time_out_leaves_open_what_happened() {
    for (trouble, place) in [
        (status(408, "", None), At::TopLevel),
        (status(408, "0x80044151", None), At::Part),
        (status(500, "0x80044151", None), At::Part),
        (status(400, "0x80044151", None), At::Part),
        (status(504, "", None), At::TopLevel),
        (Kind::DropAfter, At::TopLevel),
    ] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, place, "", trouble.clone());
        let (kind, problem) = problem(tenant.crm.promote_email(&engine(&ADA), &mail(None), &content()).await);
        assert_eq!((kind, problem.code), ("unknown", Code::CrmDown), "{trouble:?}");
    }
}

#[tokio::test]
async fn ret_04_a_missing_role_is_named() {
    let tenant = Tenant::new();
    let (kind, refused) = problem(tenant.crm.promote_email(&engine(&CHIARA), &mail(None), &content()).await);
    assert_eq!((kind, refused.code), ("refused", Code::PrivilegeMissing));
    assert_eq!(fact(&refused, "privilege"), "prvCreateActivity");
    let (kind, refused) = problem(tenant.crm.promote_email(&engine(&DAN), &mail(None), &content()).await);
    assert_eq!((kind, refused.code), ("refused", Code::NotLicensed));
    nothing_is_left(&tenant).await;
}

#[tokio::test]
async fn ret_04_an_owner_who_may_not_use_the_queue_promotes_nothing() {
    let tenant = Tenant::new();
    let queued = NewEmail { queue: Some(id(QUEUE_ID)), ..mail(None) };
    let ben = id(BEN.systemuser.unwrap());
    tenant.world.crm().set_roles(ben, &["Sales Trainee"]).await.unwrap();
    let (kind, refused) = problem(tenant.crm.promote_email(&engine(&BEN), &queued, &content()).await);
    assert_eq!((kind, refused.code), ("refused", Code::PrivilegeMissing));
    nothing_is_left(&tenant).await;
}

#[tokio::test]
async fn a_queue_that_is_gone_and_an_answered_mail_that_is_gone_are_told_apart() {
    let tenant = Tenant::new();
    let gone = Uuid::from_u128(77);
    let queued = NewEmail { queue: Some(gone), ..mail(Some(fjordline())) };
    let (kind, refused) = problem(tenant.crm.promote_email(&engine(&ADA), &queued, &content()).await);
    assert_eq!((kind, refused.code), ("refused", Code::CrmRefused));
    assert!(fact(&refused, "reason").contains("queue"), "{refused:?}");
    let reply =
        NewEmail { correlated: Some((Correlation::InReplyTo, CrmEmailId(gone))), ..mail(Some(fjordline())) };
    let (kind, refused) = problem(tenant.crm.promote_email(&engine(&ADA), &reply, &content()).await);
    assert_eq!((kind, refused.code), ("refused", Code::RecordGone), "it is to be tracked without");
    nothing_is_left(&tenant).await;
}

#[tokio::test]
async fn a_file_that_the_crm_refuses_takes_the_email_with_it_and_is_told() {
    let tenant = Tenant::new();
    let columns = json!({"maxuploadfilesize": 1000, "blockedattachments": "exe"});
    tenant.world.crm().set_organization(columns).await.unwrap();
    for (name, size, error) in [("run.exe", 1, "0x80043e09"), ("big.pdf", 751, "0x80044a02")] {
        let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &attached(name, size)).await;
        let (kind, refused) = problem(promoted);
        assert_eq!((kind, refused.code), ("refused", Code::CrmRefused));
        assert_eq!((fact(&refused, "kind"), fact(&refused, "error")), ("file", error));
        nothing_is_left(&tenant).await;
    }
    let fits = tenant.crm.promote_email(&user(&ADA), &mail(None), &attached("big.pdf", 750)).await;
    assert_eq!(fits, Ok(Promoted::Created));
}

#[tokio::test]
async fn half_a_promotion_with_files_and_queue_is_none() {
    for path in ["activitymimeattachments", "AddToQueue"] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, At::Part, path, status(500, "0x80040216", None));
        let queued = NewEmail { queue: Some(id(QUEUE_ID)), ..mail(None) };
        let (kind, _) =
            problem(tenant.crm.promote_email(&engine(&ADA), &queued, &attached("a.pdf", 1)).await);
        assert_eq!(kind, "unknown", "{path}");
        nothing_is_left(&tenant).await;
    }
}
