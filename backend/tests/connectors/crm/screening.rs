//! What the CRM says about a page of new mail.

use super::{content, fjordline, mail};
use crate::tenant::{Tenant, engine, id, problem, status, user};
use backend::crm::{Crm, Screened, Screening};
use sandbox::company::{ADA, BEN, CHIARA, DAN, INGRID, MAEVE, Person, QUEUE_ID};
use sandbox::dataverse::Filter;
use sandbox::world::faults::Place;
use sandbox::world::journal::Service;
use serde_json::json;
use shared::email::{ConversationIndex, CrmEmailId, InternetMessageId, ThreadId};
use shared::item::SmtpAddress;
use shared::plan::NewEmail;
use shared::problem::Code;
use shared::settings::FilterMethod;
use uuid::Uuid;

fn message(text: &str) -> InternetMessageId {
    InternetMessageId(text.to_owned())
}

fn index(seed: u8, replies: usize) -> ConversationIndex {
    use base64::Engine as _;
    let header = (0..22).map(|n| seed.wrapping_add(n * 3));
    let bytes: Vec<u8> = header.chain(std::iter::repeat_n(9, replies * 5)).collect();
    ConversationIndex(base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn thread(seed: u8) -> ThreadId {
    index(seed, 0).thread().expect("a thread")
}

/// An email of ours in the CRM.
async fn tracked(tenant: &Tenant, number: u128, message_id: &str, thread: Option<u8>) -> CrmEmailId {
    let new = NewEmail {
        id: CrmEmailId(Uuid::from_u128(number)),
        internet_message_id: message(message_id),
        conversation_index: thread.map(|seed| index(seed, 2)),
        ..mail(Some(fjordline()))
    };
    tenant.crm.promote_email(&user(&ADA), &new, &content()).await.expect("promoted");
    new.id
}

async fn screen(tenant: &Tenant, person: &Person, question: &Screening) -> Screened {
    tenant.crm.screen(&engine(person), question).await.expect("an answer")
}

#[tokio::test]
async fn a_page_of_fifty_mails_is_one_round_trip() {
    let tenant = Tenant::new();
    let known = tracked(&tenant, 1, "<known@x.example>", None).await;
    let answered = tracked(&tenant, 2, "<parent@x.example>", Some(7)).await;
    let question = Screening {
        known: (0..49)
            .map(|n| message(&format!("<o'new{n}@x.example>")))
            .chain([message("<known@x.example>")])
            .collect(),
        replies_to: (0..49)
            .map(|n| message(&format!("<p{n}@x.example>")))
            .chain([message("<parent@x.example>")])
            .collect(),
        tokens: (0..50).map(|n| format!("CRM:{n:07}")).collect(),
        threads: (0..50).map(thread).collect(),
        addresses: (0..100)
            .map(|n| SmtpAddress::new(&format!("who{n}@x.example")))
            .chain([SmtpAddress::new(INGRID.email)])
            .collect(),
        user_filter: true,
        queue: None,
    };
    let mark = tenant.mark();
    let seen = screen(&tenant, &ADA, &question).await;
    assert_eq!(tenant.round_trips(mark).len(), 1);
    assert_eq!(seen.user, id(ADA.systemuser.unwrap()));
    let mut ids: Vec<CrmEmailId> = seen.emails.iter().map(|email| email.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [known, answered], "each once");
    let parent = seen.emails.iter().find(|email| email.id == answered).unwrap();
    assert_eq!(parent.message_id, Some(message("<parent@x.example>")));
    assert_eq!((parent.thread, parent.owner.as_str()), (Some(thread(7)), ADA.name));
    assert_eq!(parent.regarding, Some(fjordline()));
    assert_eq!(seen.candidates.len(), 1);
}

#[tokio::test]
async fn inc_03_tracked_mail_is_found_by_message_id_token_and_thread() {
    let tenant = Tenant::new();
    let ours = tracked(&tenant, 1, "<ours@x.example>", Some(40)).await;
    let with_token = tracked(&tenant, 2, "<token@x.example>", None).await;
    tenant.world.crm().update("emails", with_token.0, json!({"trackingtoken": "CRM:0001004"})).await.unwrap();
    let theirs = tracked(&tenant, 3, "<theirs@x.example>", None).await;
    let written = json!({"conversationindex": index(80, 4).0});
    tenant.world.crm().update("emails", theirs.0, written).await.unwrap();
    for (question, expected) in [
        (Screening { replies_to: vec![message("<OURS@x.example>")], ..Screening::default() }, ours),
        (Screening { tokens: vec!["CRM:0001004".to_owned()], ..Screening::default() }, with_token),
        (Screening { threads: vec![thread(40), thread(41)], ..Screening::default() }, ours),
        (Screening { threads: vec![thread(80)], ..Screening::default() }, theirs),
    ] {
        let seen = screen(&tenant, &ADA, &question).await;
        let ids: Vec<CrmEmailId> = seen.emails.iter().map(|email| email.id).collect();
        assert_eq!(ids, [expected], "{question:?}");
        if let Some(asked) = question.threads.first() {
            assert_eq!(seen.emails[0].thread, Some(*asked));
        }
        if let Some(asked) = question.replies_to.first() {
            assert_eq!(seen.emails[0].message_id.as_ref(), Some(asked), "as it was asked for");
        }
        if let Some(asked) = question.tokens.first() {
            assert_eq!(seen.emails[0].token.as_ref(), Some(asked));
        }
    }
}

#[tokio::test]
async fn a_thread_of_many_mails_does_not_hide_another() {
    let tenant = Tenant::new();
    for n in 0..45 {
        tracked(&tenant, 100 + n, &format!("<long{n}@x.example>"), Some(1)).await;
    }
    let other = tracked(&tenant, 999, "<other@x.example>", Some(2)).await;
    let question = Screening { threads: vec![thread(1), thread(2)], ..Screening::default() };
    let seen = screen(&tenant, &ADA, &question).await;
    assert!(seen.emails.iter().any(|email| email.id == other), "{} emails", seen.emails.len());
}

#[tokio::test]
async fn frq_06_what_the_user_may_not_read_is_not_there() {
    let tenant = Tenant::new();
    tracked(&tenant, 1, "<adas@x.example>", None).await;
    let question = Screening { known: vec![message("<adas@x.example>")], ..Screening::default() };
    assert_eq!(screen(&tenant, &ADA, &question).await.emails.len(), 1);
    tenant.world.crm().set_roles(id(BEN.systemuser.unwrap()), &[]).await.unwrap();
    assert_eq!(screen(&tenant, &BEN, &question).await.emails, []);
}

#[tokio::test]
async fn inc_01_the_filter_method_is_the_users_own_or_the_queues() {
    let tenant = Tenant::new();
    let of = |user_filter, queue| Screening { user_filter, queue, ..Screening::default() };
    let (ben, queue) = (id(BEN.systemuser.unwrap()), id(QUEUE_ID));
    assert_eq!(screen(&tenant, &BEN, &of(true, None)).await.filter, FilterMethod::Replies, "the standard");
    for (chosen, expected) in [
        (Filter::All, FilterMethod::All),
        (Filter::InResponse, FilterMethod::Replies),
        (Filter::Customers, FilterMethod::Known),
        (Filter::AnyRecord, FilterMethod::EmailEnabled),
        (Filter::None, FilterMethod::None),
    ] {
        tenant.world.crm().set_filter(ben, chosen).await.unwrap();
        assert_eq!(screen(&tenant, &BEN, &of(true, None)).await.filter, expected);
        assert_eq!(screen(&tenant, &ADA, &of(true, None)).await.filter, FilterMethod::Replies, "not Ada's");
        assert_eq!(screen(&tenant, &BEN, &of(false, None)).await.filter, FilterMethod::Replies, "not asked");
        tenant.world.crm().set_filter(queue, chosen).await.unwrap();
        assert_eq!(screen(&tenant, &ADA, &of(true, Some(queue))).await.filter, expected);
    }
    let gone = screen(&tenant, &ADA, &of(true, Some(Uuid::from_u128(5)))).await;
    assert_eq!(gone.filter, FilterMethod::None, "a queue that is gone accepts nothing");
}

#[tokio::test]
async fn candidates_are_those_of_a_look() {
    let tenant = Tenant::new();
    let addresses =
        vec![SmtpAddress::new(MAEVE.email), SmtpAddress::new(ADA.upn), SmtpAddress::new("'%@x.example")];
    let seen = screen(&tenant, &ADA, &Screening { addresses, ..Screening::default() }).await;
    assert_eq!(seen.candidates.len(), 3, "two contacts bear Maeve's address");
}

#[tokio::test]
async fn an_empty_page_asks_who_is_asking_and_no_more() {
    let tenant = Tenant::new();
    let seen = screen(&tenant, &CHIARA, &Screening::default()).await;
    assert_eq!((seen.emails.len(), seen.candidates.len()), (0, 0));
    let (kind, refused) = problem(tenant.crm.screen(&engine(&DAN), &Screening::default()).await);
    assert_eq!((kind, refused.code), ("refused", Code::NotLicensed));
}

#[tokio::test]
async fn hostile_message_ids_are_text() {
    let tenant = Tenant::new();
    let hostile = "<' or 1 eq 1 or messageid eq '@x.example>";
    let own = tracked(&tenant, 1, hostile, None).await;
    tracked(&tenant, 2, "<harmless@x.example>", None).await;
    let long = format!("<{}@x.example>", "l".repeat(400));
    let cut = tracked(&tenant, 3, &long, None).await;
    let known = vec![message(hostile), message("\0"), message(""), message(&long)];
    let seen = screen(&tenant, &ADA, &Screening { known, ..Screening::default() }).await;
    let mut ids: Vec<_> =
        seen.emails.iter().map(|email| (email.id, email.message_id.clone().unwrap())).collect();
    ids.sort();
    assert_eq!(ids, [(own, message(hostile)), (cut, message(&long))], "the long one as it was asked for");
}

#[tokio::test]
async fn a_failing_part_fails_the_page_and_says_how() {
    let tenant = Tenant::new();
    tracked(&tenant, 1, "<a@x.example>", None).await;
    let question = Screening { known: vec![message("<a@x.example>")], ..Screening::default() };
    for (trouble, code) in [
        (status(429, "0x80072321", Some("30")), Code::CrmThrottled),
        (status(503, "", None), Code::CrmDown),
        (status(500, "0x80044151", None), Code::CrmDown),
    ] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, Place::Part, "emails?", trouble);
        let (kind, problem) = problem(tenant.crm.screen(&engine(&ADA), &question).await);
        assert_eq!((kind, problem.code), ("not done", code));
        if code == Code::CrmThrottled {
            assert_eq!(problem.retry_after_ms, Some(30_000));
        }
    }
}
