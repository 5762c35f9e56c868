//! Looking into the CRM, promoting, setting regarding, deleting, finding.

mod directory;
mod failures;
mod promotion;
mod screening;
mod settings;

use crate::tenant::{Tenant, engine, id, problem, status, user};
use backend::crm::{Content, Crm, CrmAnswer, Promoted, Question};
use backend::exchange::Body;
use backend::outcome::Failure;
use sandbox::company::{
    self, ADA, BEN, CASES, CHIARA, DAN, FJORDLINE, HELIOTECH, INGRID, JUERGEN, MAEVE, OPPORTUNITIES, Person,
};
use sandbox::world::faults::{Kind, Place};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::UtcMs;
use shared::api::SuggestedBecause;
use shared::email::{CrmEmailId, Direction, Importance, InternetMessageId};
use shared::item::SmtpAddress;
use shared::party::{Party, RecordState, Role};
use shared::plan::NewEmail;
use shared::problem::Code;
use shared::regarding::{Activities, RecordKey, RecordRef, Table};
use shared::rules::regarding::TargetSeen;
use uuid::Uuid;

const MESSAGE_ID: &str = "<o'hara&co#1@mail.fjordline.example>";
/// The record of a table without activities.
const SITE: &str = "5a9db0c5-0000-4000-8000-0000000051e1";

fn record(table: Table, of: &str, name: &str) -> RecordRef {
    RecordRef { key: RecordKey { table, id: id(of) }, name: name.to_owned() }
}

fn fjordline() -> RecordRef {
    record(Table::account(), FJORDLINE.id, FJORDLINE.name)
}

fn party(role: Role, address: &str, record: Option<RecordRef>) -> Party {
    Party { role, address: SmtpAddress::new(address), name: "Somebody".to_owned(), record }
}

fn mail(regarding: Option<RecordRef>) -> NewEmail {
    NewEmail {
        id: CrmEmailId(Uuid::from_u128(0xfeed)),
        key: "promote".to_owned(),
        internet_message_id: InternetMessageId(MESSAGE_ID.to_owned()),
        subject: "😀".repeat(500),
        direction: Direction::Incoming,
        parties: vec![
            party(Role::From, INGRID.email, Some(record(Table::contact(), INGRID.id, "Ingrid"))),
            party(
                Role::To,
                ADA.upn,
                Some(record(Table::systemuser(), ADA.systemuser.expect("Ada has a licence"), ADA.name)),
            ),
            party(Role::To, "new@stranger.example", None),
            party(Role::Cc, company::QUEUE_ADDRESS, Some(record(Table::queue(), company::QUEUE_ID, "Sales"))),
            party(Role::Bcc, "", None),
        ],
        regarding,
        received: UtcMs(1_795_161_600_000),
        importance: Importance::High,
        correlated: None,
        in_reply_to: None,
        conversation_index: None,
        queue: None,
    }
}

fn body() -> Body {
    Body("<p>Dear Ada,\r\n--batch_regarding--\r\n</p>".to_owned())
}

fn content() -> Content {
    Content { body: body(), attachments: Vec::new() }
}

fn by_message_id() -> Question {
    Question { message_id: Some(InternetMessageId(MESSAGE_ID.to_owned())), ..Question::default() }
}

async fn look(tenant: &Tenant, person: &Person, question: &Question) -> CrmAnswer {
    tenant.crm.look(&user(person), question).await.expect("a look")
}

#[tokio::test]
async fn one_look_answers_everything_in_one_round_trip() {
    let tenant = Tenant::new();
    tenant.crm.promote_email(&user(&ADA), &mail(Some(fjordline())), &content()).await.unwrap();
    let addresses =
        [INGRID.email, FJORDLINE.email, ADA.upn, company::QUEUE_ADDRESS, "no@one.example", "it's%@x.example"];
    let question = Question {
        linked: Some(mail(None).id),
        addresses: addresses.map(SmtpAddress::new).to_vec(),
        target: Some(record(Table::incident(), CASES[0].id, "?")),
        ..by_message_id()
    };
    let mark = tenant.mark();
    let seen = look(&tenant, &ADA, &question).await;
    assert_eq!(tenant.round_trips(mark).len(), 1);
    assert_eq!(seen.organization, id(company::ORGANIZATION_ID));
    assert_eq!(seen.user, id(ADA.systemuser.unwrap()));
    assert_eq!(seen.emails.len(), 1);
    let email = &seen.emails[0];
    assert_eq!(
        (email.id, email.direction, email.owner.as_str()),
        (mail(None).id, Direction::Incoming, ADA.name)
    );
    assert_eq!(email.regarding, Some(fjordline()));
    assert_eq!(seen.delete_refused, None, "Ada may delete her own email");
    let mut tables: Vec<&str> = seen.candidates.iter().map(|c| c.record.key.table.as_str()).collect();
    tables.sort_unstable();
    assert_eq!(tables, ["account", "contact", "queue", "systemuser"]);
    let ingrid = seen.candidates.iter().find(|c| c.record.key.table == Table::contact()).unwrap();
    assert_eq!((ingrid.owner, ingrid.activity), (Some(id(ADA.systemuser.unwrap())), RecordState::Active));
    let Some(TargetSeen::Present { record, activities }) = seen.target else { panic!("no target") };
    assert_eq!((record.name.as_str(), activities), (CASES[0].title, Activities::Allowed));
}

#[tokio::test]
async fn many_people_still_fit_one_round_trip() {
    let tenant = Tenant::new();
    let mut addresses: Vec<SmtpAddress> =
        (0..600).map(|n| SmtpAddress::new(&format!("o'somebody.number.{n}@far-away.example"))).collect();
    addresses.push(SmtpAddress::new(MAEVE.email));
    let mark = tenant.mark();
    let seen = look(&tenant, &ADA, &Question { addresses, ..Question::default() }).await;
    assert_eq!(tenant.round_trips(mark).len(), 1);
    assert_eq!(seen.candidates.len(), 2, "two contacts bear Maeve's address");
}

#[tokio::test]
async fn a_promoted_email_is_whole_and_closed() {
    let tenant = Tenant::new();
    let mark = tenant.mark();
    let promoted = tenant.crm.promote_email(&user(&ADA), &mail(Some(fjordline())), &content()).await;
    assert_eq!(promoted, Ok(Promoted::Created));
    assert_eq!(tenant.round_trips(mark).len(), 1);
    let row = tenant.row("emails", mail(None).id.0).await;
    assert_eq!((&row["statecode"], &row["statuscode"]), (&json!(1), &json!(4)));
    assert_eq!((&row["directioncode"], &row["prioritycode"]), (&json!(false), &json!(2)));
    assert_eq!(row["messageid"], MESSAGE_ID);
    assert_eq!(row["description"], body().0);
    assert_eq!(row["subject"].as_str().map(|s| s.encode_utf16().count()), Some(800));
    assert_eq!(row["regardingobjectid"]["id"], FJORDLINE.id);
    assert_eq!(row["actualend"], "2026-11-20T08:00:00Z");
    assert_eq!(row["ownerid"]["id"], ADA.systemuser.unwrap());
    let text = row.to_string();
    for expected in
        [INGRID.id, ADA.systemuser.unwrap(), company::QUEUE_ID, "new@stranger.example", "Somebody"]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[tokio::test]
async fn what_was_sent_is_closed_as_sent() {
    let tenant = Tenant::new();
    let sent = NewEmail { direction: Direction::Outgoing, ..mail(None) };
    tenant.crm.promote_email(&user(&ADA), &sent, &content()).await.unwrap();
    let row = tenant.row("emails", sent.id.0).await;
    assert_eq!((&row["statuscode"], &row["directioncode"]), (&json!(3), &json!(true)));
}

#[tokio::test]
async fn promoting_twice_makes_one_record() {
    let tenant = Tenant::new();
    let before = tenant.rows("emails").await.len();
    for expected in [Promoted::Created, Promoted::AlreadyThere, Promoted::AlreadyThere] {
        assert_eq!(tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await, Ok(expected));
    }
    assert_eq!(
        tenant.crm.promote_email(&user(&BEN), &mail(None), &content()).await,
        Ok(Promoted::AlreadyThere)
    );
    assert_eq!(tenant.rows("emails").await.len(), before + 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_promotion_in_doubt_and_repeating_it_adds_nothing() {
    for (path, created) in [("emails", Kind::DropAfter), ("emails", Kind::DropBefore)] {
        let tenant = Tenant::new();
        tenant.fault(Service::Dataverse, Place::Part, path, created);
        let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await;
        assert_eq!(problem(promoted).0, "unknown");
        let there = look(&tenant, &ADA, &by_message_id()).await.emails.len();
        let again = tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await.unwrap();
        assert_eq!(again, if there == 1 { Promoted::AlreadyThere } else { Promoted::Created });
        assert_eq!(look(&tenant, &ADA, &by_message_id()).await.emails.len(), 1);
    }
}

#[tokio::test]
async fn half_a_promotion_is_none() {
    let tenant = Tenant::new();
    // The second write of the changeset fails: the first must not stay.
    let path = format!("emails({})", mail(None).id.0);
    tenant.fault(Service::Dataverse, Place::Part, &path, status(400, "0x80048408", None));
    let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await;
    let (kind, problem) = problem(promoted);
    assert_eq!((kind, problem.code), ("refused", Code::CrmRefused));
    assert_eq!(look(&tenant, &ADA, &by_message_id()).await.emails, []);
}

#[tokio::test]
async fn regarding_is_set_changed_and_cleared() {
    let tenant = Tenant::new();
    let (ada, email) = (user(&ADA), mail(None).id);
    tenant.crm.promote_email(&ada, &mail(None), &content()).await.unwrap();
    let deal = record(Table::opportunity(), OPPORTUNITIES[0].id, OPPORTUNITIES[0].name);
    for regarding in [Some(fjordline()), Some(deal), None] {
        for _twice in 0..2 {
            tenant.crm.set_regarding(&ada, email, regarding.as_ref()).await.unwrap();
        }
        let seen = look(&tenant, &ADA, &by_message_id()).await.emails;
        assert_eq!(seen[0].regarding, regarding);
    }
    let nowhere = CrmEmailId(Uuid::from_u128(7));
    let set = tenant.crm.set_regarding(&ada, nowhere, Some(&fjordline())).await;
    assert_eq!(problem(set).1.code, Code::RecordGone);
    let gone =
        RecordRef { key: RecordKey { table: Table::account(), id: Uuid::from_u128(9) }, name: "Gone".into() };
    let set = tenant.crm.set_regarding(&ada, email, Some(&gone)).await;
    assert_eq!(problem(set).1.code, Code::RegardingGone);
    let promoted = NewEmail { id: CrmEmailId(Uuid::from_u128(0xbeef)), ..mail(Some(gone)) };
    let promoted = tenant.crm.promote_email(&ada, &promoted, &content()).await;
    assert_eq!(problem(promoted).1.code, Code::RegardingGone);
}

#[tokio::test]
async fn a_record_of_a_table_without_activities_is_seen_as_such() {
    let tenant = Tenant::new();
    let site = record(Table::new("nl_site").unwrap(), SITE, "?");
    let seen = look(&tenant, &ADA, &Question { target: Some(site), ..Question::default() }).await;
    let Some(TargetSeen::Present { record, activities }) = seen.target else { panic!("{:?}", seen.target) };
    assert_eq!(activities, Activities::NotAllowed);
    assert_ne!(record.name, "?");
    let unknown = record_of("nl_unknown");
    let seen = look(&tenant, &ADA, &Question { target: Some(unknown), ..Question::default() }).await;
    assert_eq!(seen.target, Some(TargetSeen::Gone));
}

fn record_of(table: &str) -> RecordRef {
    record(Table::new(table).expect("a logical name"), SITE, "?")
}

#[tokio::test]
async fn deleting_twice_is_deleting_once() {
    use shared::plan::{CrmSeen, ExchangeSeen, Link, LinkCategory, OpenWish, Ours, Situation, WishProgress};
    use shared::wish::{RecordFate, Wish};
    let tenant = Tenant::new();
    tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await.unwrap();
    let emails = look(&tenant, &ADA, &by_message_id()).await.emails;
    let situation = Situation {
        organization: id(company::ORGANIZATION_ID),
        settings: shared::settings::Settings::default(),
        exchange: ExchangeSeen::Gone,
        crm: CrmSeen { emails, ..CrmSeen::default() },
        link: Some(Link { email: mail(None).id, category: LinkCategory::Agreed }),
        wish: Some(OpenWish {
            wish: Wish::Untrack { record: RecordFate::Delete },
            progress: WishProgress::Running,
            category_is_ours: Ours::No,
            origin: shared::wish::Origin::Pane,
            given_up: None,
        }),
        refusals: shared::plan::Refusals::default(),
        queue: None,
        chosen: Vec::new(),
    };
    let permit = shared::rules::deleting::permit(&situation).answer.expect("the user chose so");
    let refused = tenant.crm.delete_email(&user(&CHIARA), &permit).await;
    assert_eq!(problem(refused).1.code, Code::PrivilegeMissing);
    for _twice in 0..2 {
        tenant.crm.delete_email(&user(&ADA), &permit).await.unwrap();
    }
    assert_eq!(look(&tenant, &ADA, &by_message_id()).await.emails, []);
}

#[tokio::test]
async fn what_the_role_forbids_is_refused_and_named() {
    let tenant = Tenant::new();
    let (kind, missing) = problem(tenant.crm.promote_email(&user(&CHIARA), &mail(None), &content()).await);
    assert_eq!((kind, missing.code), ("refused", Code::PrivilegeMissing));
    assert!(missing.facts[0].value.starts_with("prv"), "{missing:?}");
    assert_eq!(missing.facts[1].name, "table");
    tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await.unwrap();
    let question = Question { linked: Some(mail(None).id), ..Question::default() };
    for look_number in 1..=2 {
        let seen = look(&tenant, &CHIARA, &question).await;
        assert_eq!(seen.emails.len(), 1, "she reads everything");
        let refused = seen.delete_refused.map(|p| p.code);
        assert_eq!(refused, Some(Code::PrivilegeMissing), "look {look_number}");
    }
}

#[tokio::test]
async fn a_linked_email_that_may_not_be_read_is_told_from_one_that_is_gone() {
    let tenant = Tenant::new();
    let linked = Question { linked: Some(mail(None).id), ..by_message_id() };
    let seen = look(&tenant, &BEN, &linked).await;
    assert_eq!((seen.emails.len(), seen.hidden), (0, None), "there is none");
    let roles = format!("/dataverse/users/{}/roles", CHIARA.systemuser.unwrap());
    tenant.control("PUT", &roles, json!(["Salesperson"])).await;
    tenant.crm.promote_email(&user(&CHIARA), &mail(None), &content()).await.unwrap();
    let seen = look(&tenant, &BEN, &linked).await;
    assert_eq!((seen.emails.len(), seen.hidden), (0, linked.linked), "hers is of another business unit");
    let seen = look(&tenant, &CHIARA, &linked).await;
    assert_eq!((seen.emails.len(), seen.hidden), (1, None), "she reads it herself");
    tenant.control("DELETE", &format!("/dataverse/emails/{}", mail(None).id.0), json!({})).await;
    assert_eq!(look(&tenant, &BEN, &linked).await.hidden, None, "and now it is gone");
}

#[tokio::test]
async fn whoever_has_no_user_in_the_crm_is_not_licensed() {
    let tenant = Tenant::new();
    for access in [user(&DAN), engine(&DAN)] {
        let (kind, problem) = problem(tenant.crm.look(&access, &Question::default()).await);
        assert_eq!((kind, problem.code), ("refused", Code::NotLicensed), "{access:?}");
    }
    let disable = format!("/dataverse/users/{}/disabled", BEN.systemuser.unwrap());
    tenant.control("PUT", &disable, json!({"on": true})).await;
    let (_, problem) = problem(tenant.crm.look(&user(&BEN), &Question::default()).await);
    assert_eq!(problem.code, Code::NotLicensed);
}

#[tokio::test]
async fn the_engine_acts_with_the_rights_of_the_user_it_names() {
    let tenant = Tenant::new();
    let seen = tenant.crm.look(&engine(&BEN), &Question::default()).await.unwrap();
    assert_eq!(seen.user, id(BEN.systemuser.unwrap()));
    tenant.crm.promote_email(&engine(&BEN), &mail(None), &content()).await.unwrap();
    let row = tenant.row("emails", mail(None).id.0).await;
    assert_eq!(row["ownerid"]["id"], BEN.systemuser.unwrap());
    let refused = NewEmail { id: CrmEmailId(Uuid::from_u128(0xbad)), ..mail(None) };
    let refused = tenant.crm.promote_email(&engine(&CHIARA), &refused, &content()).await;
    assert_eq!(problem(refused).1.code, Code::PrivilegeMissing);
}

#[tokio::test]
async fn a_search_finds_by_name_and_number_and_only_what_the_caller_may_read() {
    let tenant = Tenant::new();
    let names = async |person: &Person, term: &str| -> Vec<String> {
        let mark = tenant.mark();
        let (found, more) = tenant.crm.search(&user(person), term).await.unwrap();
        assert!(!more, "{term}");
        assert!(tenant.round_trips(mark).len() <= 1, "{term}");
        found.into_iter().map(|f| f.record.name).collect()
    };
    let heliotech = names(&BEN, "helio").await;
    assert_eq!(heliotech[0], HELIOTECH.name.to_owned().min(heliotech[0].clone()));
    assert!(heliotech.contains(&HELIOTECH.name.to_owned()), "{heliotech:?}");
    assert!(names(&ADA, "o'hara").await.contains(&company::OHARA.name.to_owned()));
    assert_eq!(names(&ADA, CASES[0].number).await, [CASES[0].title]);
    assert!(names(&ADA, "west 5%").await.contains(&OPPORTUNITIES[4].name.to_owned()));
    assert!(names(&ADA, "Weiß").await.iter().any(|name| name.contains(JUERGEN.last)));
    assert!(
        !names(&BEN, "meridian").await.contains(&company::MERIDIAN.name.to_owned()),
        "Chiara's, not Ben's"
    );
    for hostile in [
        "' or 1 eq 1 or name eq '",
        "x') or contains(name,'",
        "&$top=5000&x=",
        "#/../$metadata",
        "%",
        "[a]",
        "\u{0}\r\n",
    ] {
        assert_eq!(names(&ADA, hostile).await, Vec::<String>::new(), "{hostile:?}");
    }
}

#[tokio::test]
async fn suggestions_are_the_peoples_records_their_accounts_and_open_work() {
    let tenant = Tenant::new();
    let people = [
        record(Table::systemuser(), ADA.systemuser.unwrap(), ADA.name),
        record(Table::contact(), INGRID.id, "Ingrid Solheim"),
    ];
    let mark = tenant.mark();
    let all = tenant.crm.suggest(&user(&ADA), &people).await.unwrap();
    assert!(tenant.round_trips(mark).len() <= 2);
    let of = |because: SuggestedBecause| -> Vec<&str> {
        all.iter().filter(|s| s.because == because).map(|s| s.record.name.as_str()).collect()
    };
    assert_eq!(of(SuggestedBecause::Correspondent), ["Ingrid Solheim", FJORDLINE.name]);
    let deals = of(SuggestedBecause::OpenOpportunity);
    assert!(deals.contains(&OPPORTUNITIES[0].name) && deals.contains(&OPPORTUNITIES[1].name), "{deals:?}");
    assert_eq!(of(SuggestedBecause::OpenCase), [CASES[0].title], "Lars's case is the account's too");
    let closed =
        tenant.crm.suggest(&user(&BEN), &[record(Table::contact(), JUERGEN.id, "Jürgen")]).await.unwrap();
    assert!(!closed.iter().any(|s| s.record.name == OPPORTUNITIES[3].name), "a won deal is not open");
    let nobody = tenant.crm.suggest(&user(&ADA), &people[..1]).await.unwrap();
    assert_eq!(nobody, [], "a colleague suggests nothing");
}

#[tokio::test]
async fn every_form_of_retry_after_is_understood_also_on_a_part() {
    for (retry_after, wait_ms) in [
        (Some("7"), Some(7_000)),
        (Some("2.128"), Some(2_128)),
        (Some("Fri, 20 Nov 2026 10:00:30 GMT"), Some(30_000)),
        (None, None),
    ] {
        for (place, path) in [(Place::Part, "WhoAmI"), (Place::TopLevel, "$batch")] {
            let tenant = Tenant::new();
            tenant.fault(Service::Dataverse, place, path, status(429, "0x80072322", retry_after));
            let (kind, problem) = problem(tenant.crm.look(&user(&ADA), &Question::default()).await);
            assert_eq!((kind, problem.code), ("not done", Code::CrmThrottled), "{retry_after:?} {place:?}");
            assert_eq!(problem.retry_after_ms, wait_ms, "{retry_after:?} {place:?}");
        }
    }
}

#[tokio::test]
async fn a_crm_that_is_down_changes_nothing_and_is_asked_again_later() {
    let tenant = Tenant::new();
    tenant.control("PUT", "/dataverse/settings/maintenance", json!({"on": true})).await;
    let (kind, down) = problem(tenant.crm.look(&user(&ADA), &Question::default()).await);
    assert_eq!((kind, down.code), ("not done", Code::CrmDown));
    let (kind, down) = problem(tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await);
    assert_eq!((kind, down.code), ("not done", Code::CrmDown));
}

#[tokio::test]
async fn a_failing_part_is_not_taken_for_an_empty_one() {
    let tenant = Tenant::new();
    let question = Question { addresses: vec![SmtpAddress::new(INGRID.email)], ..by_message_id() };
    for path in ["WhoAmI", "emails", "contacts"] {
        tenant.fault(Service::Dataverse, Place::Part, path, status(500, "0x80040216", None));
        let (kind, problem) = problem(tenant.crm.look(&user(&ADA), &question).await);
        assert_eq!((kind, problem.code), ("not done", Code::CrmDown), "{path}");
    }
    tenant.fault(Service::Dataverse, Place::Part, "contacts", status(403, "0x80040220", None));
    assert_eq!(look(&tenant, &ADA, &question).await.candidates, []);
}

#[tokio::test]
async fn an_expired_token_is_replaced_without_anybody_noticing() {
    let tenant = Tenant::new();
    tenant.tokens.spoil();
    assert_eq!(look(&tenant, &ADA, &Question::default()).await.user, id(ADA.systemuser.unwrap()));
    tenant.fault(Service::Dataverse, Place::Part, "emails", status(401, "", None));
    let promoted = tenant.crm.promote_email(&user(&ADA), &mail(None), &content()).await;
    assert_eq!(promoted, Ok(Promoted::Created));
}

#[tokio::test]
async fn somebody_deleted_meanwhile_is_looked_up_again() {
    let tenant = Tenant::new();
    let ghost = record(Table::contact(), "00000000-0000-0000-0000-0000000000aa", "Ghost");
    let mut email = mail(Some(fjordline()));
    email.parties.push(party(Role::Cc, "ghost@x.example", Some(ghost)));
    let promoted = tenant.crm.promote_email(&user(&ADA), &email, &content()).await;
    assert_eq!(promoted, Err(Failure::Conflict));
    assert_eq!(
        tenant.rows("emails").await.iter().filter(|row: &&Value| row["messageid"] == MESSAGE_ID).count(),
        0
    );
}
