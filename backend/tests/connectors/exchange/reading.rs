//! What a cycle reads: delta pages of folders and their list, the master list, messages by id.

use super::{item, mailbox_of, queue};
use crate::tenant::{Tenant, engine, problem, status, user};
use backend::exchange::{
    Answered, Asked, Delta, DeltaFrom, DeltaLink, Exchange, Find, MessagePage, Next, Want,
};
use backend::outcome::Outcome;
use sandbox::company::{ADA, BEN, INGRID, QUEUE_ADDRESS};
use sandbox::world::faults::{Fault, Kind, Matching, Place};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::category::{CategoryId, CategoryLife, KnownCategory, MasterCategory, MasterList, TRACKED};
use shared::email::{Direction, InternetMessageId, Message};
use shared::item::{FolderId, ItemId};
use shared::problem::Code;
use shared::rules::mailboxes::{RemovalPermit, Upkeep, upkeep};
use shared::settings::{Settings, Switch};

async fn read(tenant: &Tenant, asked: &Asked) -> Outcome<Answered> {
    tenant.exchange.read(&engine(&ADA), &mailbox_of(&ADA), asked).await
}

fn of_folder(folder: &FolderId, from: DeltaFrom) -> Asked {
    Asked { messages: vec![(folder.clone(), from)], ..Asked::default() }
}

/// The one page that was asked for.
fn page(answered: Outcome<Answered>) -> Outcome<Delta<MessagePage>> {
    answered?.messages.pop().expect("as many as asked").1
}

fn rows(answered: Outcome<Answered>) -> MessagePage {
    match page(answered).expect("an answer") {
        Delta::Page(page) => page,
        other => panic!("a page: {other:?}"),
    }
}

async fn inbox(tenant: &Tenant) -> FolderId {
    folder(tenant, "Inbox").await
}

async fn folder(tenant: &Tenant, name: &str) -> FolderId {
    let path = format!("/exchange/mailboxes/{}/folders", ADA.upn);
    let all = tenant.control("GET", &path, Value::Null).await;
    let found = all["value"].as_array().expect("a list").iter().find(|one| one["displayName"] == name);
    FolderId(found.and_then(|one| one["id"].as_str()).expect("the folder").to_owned())
}

/// Reads a folder to the end of the round: everything, and where the next one starts.
async fn round(
    tenant: &Tenant,
    folder: &FolderId,
    from: DeltaFrom,
) -> (Vec<Message>, Vec<ItemId>, DeltaLink) {
    let (mut changed, mut removed, mut from) = (Vec::new(), Vec::new(), from);
    loop {
        let page = rows(read(tenant, &of_folder(folder, from)).await);
        assert_eq!(page.unreadable, []);
        changed.extend(page.changed);
        removed.extend(page.removed);
        match page.next {
            Next::Page(link) => from = DeltaFrom::Link(link),
            Next::Round(link) => return (changed, removed, link),
        }
    }
}

async fn deliver(tenant: &Tenant, subject: &str, more: Value) -> Value {
    let mut letter = json!({
        "from": {"name": "Ingrid", "address": INGRID.email}, "to": [{"address": ADA.upn}], "subject": subject,
    });
    let more = more.as_object().cloned().unwrap_or_default();
    letter.as_object_mut().expect("an object").extend(more);
    tenant.control("POST", "/exchange/deliver", letter).await
}

async fn act(tenant: &Tenant, item: &ItemId, act: &str, body: Value) {
    tenant.control("POST", &format!("/exchange/mailboxes/{}/messages/{item}/{act}", ADA.upn), body).await;
}

fn subjects(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.subject.as_str()).collect()
}

#[tokio::test]
async fn the_first_round_shows_every_message_and_the_next_one_only_what_changed() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let (all, removed, link) = round(&tenant, &inbox, DeltaFrom::Start).await;
    let path = format!("/exchange/mailboxes/{}/messages?folder=inbox", ADA.upn);
    let there = tenant.control("GET", &path, Value::Null).await;
    assert_eq!((all.len(), removed.len()), (there["value"].as_array().unwrap().len(), 0));
    assert!(all.iter().all(|message| message.folder.as_ref() == Some(&inbox)));

    deliver(&tenant, "New offer", Value::Null).await;
    let known = item(&tenant, ADA.upn, "Quick one: is the probe IP68?").await;
    act(&tenant, &known, "categories", json!({"put": [TRACKED]})).await;
    let (changed, removed, link) = round(&tenant, &inbox, DeltaFrom::Link(link)).await;
    assert_eq!((changed.len(), removed.len()), (2, 0));
    let new = changed.iter().find(|m| m.subject == "New offer").expect("the new one");
    assert_eq!((new.direction, new.correspondents[0].address.as_str()), (Direction::Incoming, INGRID.email));
    let marked = changed.iter().find(|m| m.subject != "New offer").expect("the other one");
    assert_eq!(marked.categories, [TRACKED]);
    let (changed, removed, _) = round(&tenant, &inbox, DeltaFrom::Link(link)).await;
    assert_eq!((changed.len(), removed.len()), (0, 0), "nothing happened since");
}

#[tokio::test]
async fn a_row_says_the_same_as_a_look_at_the_message() {
    let tenant = Tenant::new();
    let first = deliver(&tenant, "Offer", Value::Null).await;
    deliver(&tenant, "RE: Offer", json!({"inReplyTo": first["internetMessageId"]})).await;
    let (all, _, _) = round(&tenant, &inbox(&tenant).await, DeltaFrom::Start).await;
    let (engine, ada) = (engine(&ADA), mailbox_of(&ADA));
    let mut seen = Vec::new();
    for row in &all {
        let looked = tenant.exchange.look(&engine, &ada, &row.id, Want::Headers).await;
        seen.push(looked.unwrap().message.unwrap().message);
    }
    assert_eq!(seen, all);
    let reply = all.iter().find(|message| message.subject == "RE: Offer").expect("the answer");
    let answered = first["internetMessageId"].as_str().unwrap().to_owned();
    assert_eq!(reply.in_reply_to, Some(InternetMessageId(answered)));
    let thread = |message: &Message| message.conversation_index.as_ref().unwrap().thread().unwrap();
    let offer = all.iter().find(|message| message.subject == "Offer").expect("the first");
    assert_eq!((&offer.conversation, thread(offer)), (&reply.conversation, thread(reply)));
}

#[tokio::test]
async fn what_ada_sent_is_outgoing_though_she_is_asked_for_by_another_address() {
    let tenant = Tenant::new();
    let sent = folder(&tenant, "Sent Items").await;
    let (all, _, _) = round(&tenant, &sent, DeltaFrom::Start).await;
    assert!(!all.is_empty() && all.iter().all(|message| message.direction == Direction::Outgoing));
}

#[tokio::test]
async fn a_message_that_left_its_folder_is_removed_and_its_id_tells_where_it_went() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let (_, _, link) = round(&tenant, &inbox, DeltaFrom::Start).await;
    deliver(&tenant, "Moved", Value::Null).await;
    deliver(&tenant, "Deleted", Value::Null).await;
    let (both, _, link) = round(&tenant, &inbox, DeltaFrom::Link(link)).await;
    let id = |subject: &str| both.iter().find(|m| m.subject == subject).unwrap().id.clone();
    let (moved, deleted) = (id("Moved"), id("Deleted"));
    act(&tenant, &moved, "move", json!({"to": "archive"})).await;
    let path = format!("/exchange/mailboxes/{}/messages/{deleted}?forGood=true", ADA.upn);
    tenant.control("DELETE", &path, Value::Null).await;
    let (changed, mut removed, _) = round(&tenant, &inbox, DeltaFrom::Link(link)).await;
    removed.sort();
    let mut expected = vec![moved.clone(), deleted.clone()];
    expected.sort();
    assert_eq!((changed.len(), removed), (0, expected));
    let asked = [deleted.clone(), moved.clone()];
    let found = tenant.exchange.messages(&engine(&ADA), &mailbox_of(&ADA), &asked).await.unwrap();
    assert_eq!(found[0], (deleted, Ok(None)));
    assert_eq!(found[1].0, moved);
    let archive = folder(&tenant, "Archive").await;
    assert_eq!(found[1].1.as_ref().unwrap().as_ref().unwrap().folder, Some(archive));
}

#[tokio::test]
async fn everything_a_cycle_wants_is_one_round_trip_and_an_idle_cycle_one_plain_request() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let asked = Asked {
        categories: true,
        folders: Some(DeltaFrom::Start),
        messages: vec![(inbox.clone(), DeltaFrom::Start)],
        distinguished: true,
    };
    let mark = tenant.mark();
    let answered = read(&tenant, &asked).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 1);
    let Some(Ok(MasterList::Readable(list))) = answered.categories else { panic!("a list") };
    assert!(list.iter().any(|category| category.name == "Fjordline"));
    let distinguished = answered.distinguished.unwrap().unwrap();
    assert_eq!(distinguished.inbox, Some(inbox));
    assert!(distinguished.sent.is_some() && distinguished.junk.is_some() && distinguished.outbox.is_some());
    let Some(Ok(Delta::Page(folders))) = answered.folders else { panic!("a page") };
    assert!(folders.changed.iter().any(|folder| Some(&folder.id) == distinguished.sent.as_ref()));
    assert!(matches!(&answered.messages[..], [(_, Ok(Delta::Page(_)))]));

    let mark = tenant.mark();
    let idle = read(&tenant, &Asked { categories: true, ..Asked::default() }).await.unwrap();
    assert!(matches!(idle.categories, Some(Ok(MasterList::Readable(_)))));
    let trips = tenant.round_trips(mark);
    assert_eq!(trips.iter().map(|trip| trip.method.as_str()).collect::<Vec<_>>(), ["GET"]);
    let nothing = read(&tenant, &Asked::default()).await.unwrap();
    assert_eq!((nothing.categories, nothing.messages.len()), (None, 0));
}

#[tokio::test]
async fn more_than_twenty_parts_take_another_round_trip_and_pages_are_smaller_together() {
    let tenant = Tenant::new();
    for number in 0..25 {
        deliver(&tenant, &format!("Letter {number}"), Value::Null).await;
    }
    let inbox = inbox(&tenant).await;
    let asked = Asked { messages: vec![(inbox.clone(), DeltaFrom::Start); 30], ..Asked::default() };
    let mark = tenant.mark();
    let answered = read(&tenant, &asked).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 2);
    assert_eq!(answered.messages.len(), 30);
    for (_, page) in answered.messages {
        let Ok(Delta::Page(page)) = page else { panic!("a page") };
        assert_eq!(page.changed.len(), 10);
    }
    assert!(rows(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await).changed.len() > 25);
}

#[tokio::test]
async fn an_expired_link_says_so_in_every_spelling_for_messages_and_folders() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let (_, _, link) = round(&tenant, &inbox, DeltaFrom::Start).await;
    let first = Asked { folders: Some(DeltaFrom::Start), ..Asked::default() };
    let Some(Ok(Delta::Page(list))) = read(&tenant, &first).await.unwrap().folders else { panic!("a page") };
    let both = Asked {
        folders: Some(DeltaFrom::Link(list.next.link().clone())),
        messages: vec![(inbox.clone(), DeltaFrom::Link(link))],
        ..Asked::default()
    };
    for (status_code, code) in [
        (410, "SyncStateNotFound"),
        (410, ""),
        (404, "syncStateNotFound"),
        (400, "SyncStateInvalid"),
        (409, "resyncRequired"),
    ] {
        tenant.fault(Service::Graph, Place::Part, "/messages/delta", status(status_code, code, None));
        let answered = read(&tenant, &both).await.unwrap();
        assert_eq!(answered.messages[0].1, Ok(Delta::Expired), "{status_code} {code}");
        assert!(matches!(answered.folders, Some(Ok(Delta::Page(_)))), "the other part is well");
    }
    let path = format!("/exchange/mailboxes/{}/expire-delta-tokens", ADA.upn);
    tenant.control("POST", &path, Value::Null).await;
    let answered = read(&tenant, &both).await.unwrap();
    assert_eq!(answered.messages[0].1, Ok(Delta::Expired));
    assert_eq!(answered.folders, Some(Ok(Delta::Expired)));
    let again = rows(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await);
    assert!(!again.changed.is_empty(), "starting over shows everything");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told_apart_from_a_mailbox_that_is_gone_or_closed() {
    let tenant = Tenant::new();
    let folders = format!("/exchange/mailboxes/{}/folders", ADA.upn);
    let made = tenant.control("POST", &folders, json!({"name": "Ferries", "parent": "inbox"})).await;
    let ferries = FolderId(made["id"].as_str().unwrap().to_owned());
    let (_, _, link) = round(&tenant, &ferries, DeltaFrom::Start).await;
    for _ in ["into Deleted Items", "for good"] {
        tenant.control("DELETE", &format!("{folders}/{}", ferries.0), Value::Null).await;
    }
    let asked = Asked {
        messages: vec![
            (ferries.clone(), DeltaFrom::Link(link)),
            (ferries, DeltaFrom::Start),
            (FolderId("invented".into()), DeltaFrom::Start),
            (inbox(&tenant).await, DeltaFrom::Start),
        ],
        categories: true,
        ..Asked::default()
    };
    let answered = read(&tenant, &asked).await.unwrap();
    let pages: Vec<_> = answered.messages.iter().map(|(_, page)| page.clone()).collect();
    assert_eq!(pages[..3], [Ok(Delta::Gone), Ok(Delta::Gone), Ok(Delta::Gone)]);
    assert!(matches!(pages[3], Ok(Delta::Page(_))));

    let switches = format!("/exchange/mailboxes/{}/switches", ADA.oid);
    for (switch, code) in [("forbidden", Code::MailboxDenied), ("notInExchangeOnline", Code::MailboxGone)] {
        tenant.control("PUT", &switches, json!({switch: true})).await;
        let answered = read(&tenant, &asked).await.unwrap();
        for (_, page) in answered.messages {
            let (kind, problem) = problem(page);
            assert_eq!((kind, problem.code), ("refused", code), "{switch}");
            assert_eq!(problem.facts[0].value, ADA.upn);
        }
    }
    let nobody = shared::item::SmtpAddress::new("nobody@northlight.example");
    let asked = Asked { folders: Some(DeltaFrom::Start), categories: true, ..Asked::default() };
    let answered = tenant.exchange.read(&engine(&ADA), &nobody, &asked).await.unwrap();
    assert_eq!(problem(answered.folders.unwrap()).1.code, Code::MailboxGone);
    assert_eq!(problem(answered.categories.unwrap()).1.code, Code::MailboxGone);
}

#[tokio::test]
async fn one_part_in_trouble_spoils_no_other() {
    for (trouble, code, wait_ms) in [
        (status(429, "TooManyRequests", Some("7")), Code::ExchangeThrottled, Some(7_000)),
        (status(503, "ServiceUnavailable", None), Code::ExchangeDown, None),
        (status(500, "generalException", None), Code::ExchangeDown, None),
        (status(504, "", None), Code::ExchangeDown, None),
        (status(424, "FailedDependency", None), Code::ExchangeDown, None),
        (status(408, "RequestTimeout", None), Code::ExchangeDown, None),
        (Kind::BodyReplaced { pointer: String::new(), value: json!({}) }, Code::ExchangeDown, None),
        (Kind::BodyReplaced { pointer: "/value".into(), value: json!(7) }, Code::ExchangeDown, None),
    ] {
        let tenant = Tenant::new();
        let (inbox, sent) = (inbox(&tenant).await, folder(&tenant, "Sent Items").await);
        let asked = Asked {
            categories: true,
            messages: vec![(inbox.clone(), DeltaFrom::Start), (sent, DeltaFrom::Start)],
            ..Asked::default()
        };
        let of_inbox = Matching {
            service: Some(Service::Graph),
            path_contains: Some(format!("{}/messages/delta", inbox.0)),
            place: Place::Part,
            ..Matching::default()
        };
        tenant.world.faults.add(Fault::new(trouble.clone()).matching(of_inbox).times(1));
        let answered = read(&tenant, &asked).await.unwrap();
        assert!(matches!(answered.categories, Some(Ok(_))), "{trouble:?}");
        assert!(matches!(answered.messages[1].1, Ok(Delta::Page(_))), "{trouble:?}");
        let (kind, problem) = problem(answered.messages[0].1.clone());
        assert_eq!((kind, problem.code, problem.retry_after_ms), ("not done", code, wait_ms), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_batch_whose_answers_are_missing_leaves_its_parts_undone() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let asked = Asked { categories: true, ..of_folder(&inbox, DeltaFrom::Start) };
    let none = Kind::BodyReplaced { pointer: "/responses".into(), value: json!([]) };
    tenant.fault(Service::Graph, Place::TopLevel, "$batch", none);
    let answered = read(&tenant, &asked).await.unwrap();
    assert_eq!(problem(answered.categories.unwrap()).0, "not done");
    assert_eq!(problem(answered.messages[0].1.clone()).0, "not done");
    tenant.fault(Service::Graph, Place::TopLevel, "$batch", Kind::DropAfter);
    assert_eq!(problem(read(&tenant, &asked).await).0, "not done");
    assert!(matches!(page(read(&tenant, &asked).await), Ok(Delta::Page(_))));
}

#[tokio::test]
async fn a_stump_of_a_row_is_to_be_asked_for_and_fails_no_page() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let whole = rows(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await);
    let first = whole.changed[0].id.clone();
    let stump = json!({"@odata.type": "#microsoft.graph.message", "id": first.0, "isRead": true});
    let cut = Kind::BodyReplaced { pointer: "/value/0".into(), value: stump };
    tenant.fault(Service::Graph, Place::Part, "/messages/delta", cut);
    let cut = rows(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await);
    assert_eq!((cut.unreadable, cut.changed), (vec![first.clone()], whole.changed[1..].to_vec()));
    let asked = tenant.exchange.messages(&engine(&ADA), &mailbox_of(&ADA), &[first]).await.unwrap();
    assert_eq!(asked[0].1, Ok(Some(whole.changed[0].clone())));
}

#[tokio::test]
async fn links_lead_to_graph_or_nowhere() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    let origin = tenant.world.options.origin.clone();
    for evil in [
        "https://evil.example/v1.0/users/x/mailFolders/y/messages/delta?$deltatoken=z".to_owned(),
        format!("{origin}/beta/users/x/messages"),
        format!("{origin}/v1.0/../beta/users"),
        format!("{origin}/v1.0/%2e%2e/beta/users"),
        "//evil.example/v1.0/x".to_owned(),
    ] {
        for name in ["/@odata.nextLink", "/@odata.deltaLink"] {
            let replaced = Kind::BodyReplaced { pointer: name.into(), value: json!(evil) };
            tenant.fault(Service::Graph, Place::Part, "/messages/delta", replaced);
            let to_be_stored = page(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await);
            assert_eq!(problem(to_be_stored).1.code, Code::ExchangeRefused, "{name} {evil}");
        }
        let stored = DeltaFrom::Link(DeltaLink(evil.clone()));
        let asked = Asked { categories: true, folders: Some(stored.clone()), ..of_folder(&inbox, stored) };
        let mark = tenant.mark();
        let answered = read(&tenant, &asked).await.unwrap();
        assert!(matches!(answered.categories, Some(Ok(_))), "{evil}");
        assert_eq!(problem(answered.messages[0].1.clone()).1.code, Code::ExchangeRefused, "{evil}");
        assert_eq!(problem(answered.folders.unwrap()).1.code, Code::ExchangeRefused, "{evil}");
        let sent = tenant.world.journal.entries_after(mark);
        assert!(sent.iter().all(|entry| !entry.path.contains("delta")), "{evil}");
    }
}

#[tokio::test]
async fn folders_are_listed_at_every_depth_and_renaming_and_deleting_is_told() {
    let tenant = Tenant::new();
    let list = async |from| {
        let asked = Asked { folders: Some(from), ..Asked::default() };
        match read(&tenant, &asked).await.unwrap().folders {
            Some(Ok(Delta::Page(page))) => page,
            other => panic!("a page: {other:?}"),
        }
    };
    let folders = format!("/exchange/mailboxes/{}/folders", ADA.upn);
    let new = json!({"name": "Ferries", "parent": "inbox"});
    let made = tenant.control("POST", &folders, new).await;
    let id = FolderId(made["id"].as_str().unwrap().to_owned());
    let first = list(DeltaFrom::Start).await;
    assert!(matches!(first.next, Next::Round(_)));
    let ferries = first.changed.iter().find(|folder| folder.id == id).expect("the folder below");
    assert_eq!((ferries.name.as_str(), &ferries.parent), ("Ferries", &Some(inbox(&tenant).await)));
    assert!(!ferries.hidden);
    let quiet = list(DeltaFrom::Link(first.next.link().clone())).await;
    assert_eq!((quiet.changed.len(), quiet.removed.len()), (0, 0));
    let path = format!("{folders}/{}", id.0);
    tenant.control("PATCH", &path, json!({"name": "Ships"})).await;
    let renamed = list(DeltaFrom::Link(quiet.next.link().clone())).await;
    assert_eq!(
        renamed.changed.iter().map(|f| (&f.id, f.name.as_str())).collect::<Vec<_>>(),
        [(&id, "Ships")]
    );
    for _ in ["into Deleted Items", "for good"] {
        tenant.control("DELETE", &path, Value::Null).await;
    }
    let deleted = list(DeltaFrom::Link(renamed.next.link().clone())).await;
    assert!(deleted.removed.contains(&id), "{deleted:?}");
}

#[tokio::test]
async fn messages_are_read_by_id_in_the_order_asked_twenty_parts_at_a_time() {
    let tenant = Tenant::new();
    let (all, _, _) = round(&tenant, &inbox(&tenant).await, DeltaFrom::Start).await;
    let invented = ItemId("AAkInvented==".to_owned());
    let mut asked: Vec<ItemId> = all.iter().map(|message| message.id.clone()).cycle().take(40).collect();
    asked.insert(7, invented.clone());
    let mark = tenant.mark();
    let found = tenant.exchange.messages(&engine(&ADA), &mailbox_of(&ADA), &asked).await.unwrap();
    assert_eq!(tenant.round_trips(mark).len(), 3, "41 messages, and whose mailbox it is");
    assert_eq!(found.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), asked);
    assert_eq!(found[7].1, Ok(None));
    assert_eq!(found[0].1, Ok(Some(all[0].clone())));
    tenant.fault(Service::Graph, Place::Part, "/messages/", status(500, "generalException", None));
    let found = tenant.exchange.messages(&engine(&ADA), &mailbox_of(&ADA), &asked[..2]).await.unwrap();
    assert_eq!(problem(found[0].1.clone()).0, "not done");
    assert!(matches!(found[1].1, Ok(Some(_))));
    assert_eq!(tenant.exchange.messages(&engine(&ADA), &mailbox_of(&ADA), &[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn messages_are_found_by_message_id_and_by_conversation_in_every_folder() {
    let tenant = Tenant::new();
    let (engine, ada) = (engine(&ADA), mailbox_of(&ADA));
    let quoted = "<o'hara&co=1+2%41@x.example>";
    deliver(&tenant, "Quoted", json!({"internetMessageId": quoted})).await;
    let by_id = Find::MessageId(InternetMessageId(quoted.to_owned()));
    let found = tenant.exchange.find(&engine, &ada, &by_id, 10).await.unwrap();
    assert_eq!(subjects(&found), ["Quoted"]);
    let first = found[0].internet_message_id.clone().unwrap().0;
    for number in 0..4 {
        deliver(&tenant, &format!("Re {number}"), json!({"inReplyTo": first})).await;
    }
    act(&tenant, &found[0].id, "move", json!({"to": "archive"})).await;
    let thread = Find::Conversation(found[0].conversation.clone().unwrap());
    let mut all = tenant.exchange.find(&engine, &ada, &thread, 100).await.unwrap();
    all.sort_by(|a, b| a.subject.cmp(&b.subject));
    assert_eq!(subjects(&all), ["Quoted", "Re 0", "Re 1", "Re 2", "Re 3"]);
    assert_eq!(all[1].in_reply_to, Some(InternetMessageId(first)));
    assert_eq!(tenant.exchange.find(&engine, &ada, &thread, 2).await.unwrap().len(), 2);
    let nobody = Find::MessageId(InternetMessageId("<none@x.example>".to_owned()));
    assert_eq!(tenant.exchange.find(&engine, &ada, &nobody, 5).await, Ok(Vec::new()));
    let elsewhere = tenant.exchange.find(&engine, &mailbox_of(&BEN), &by_id, 5).await.unwrap();
    assert_eq!(elsewhere, [], "Ben's mailbox has no such mail");
}

/// What the rules give once category tracking was turned off.
fn permit(id: &CategoryId) -> RemovalPermit {
    let category = MasterCategory { id: id.clone(), name: TRACKED.to_owned() };
    let known = KnownCategory { category: category.clone(), life: CategoryLife::Kept };
    let off = Settings { track_categorized: Switch::Off, ..Settings::default() };
    match upkeep(&MasterList::Readable(vec![category]), Some(&known), &off).answer {
        Upkeep::Remove(permit) => permit,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deleted_category_leaves_the_list_and_stays_on_the_items() {
    let tenant = Tenant::new();
    let (engine, ada) = (engine(&ADA), mailbox_of(&ADA));
    let id = tenant.exchange.create_master_category(&engine, &ada, TRACKED).await.unwrap();
    let permit = permit(&id);
    let marked = item(&tenant, ADA.upn, "Quick one: is the probe IP68?").await;
    act(&tenant, &marked, "categories", json!({"put": [TRACKED]})).await;
    for _ in ["there", "gone already"] {
        assert_eq!(tenant.exchange.delete_master_category(&engine, &ada, &permit).await, Ok(()));
    }
    let asked = Asked { categories: true, ..Asked::default() };
    let Some(Ok(MasterList::Readable(list))) = read(&tenant, &asked).await.unwrap().categories else {
        panic!("a list")
    };
    assert!(list.iter().all(|category| category.id != id));
    let found = tenant.exchange.messages(&engine, &ada, &[marked]).await.unwrap();
    assert_eq!(found[0].1.as_ref().unwrap().as_ref().unwrap().categories, [TRACKED]);
    tenant.fault(Service::Graph, Place::TopLevel, "masterCategories", Kind::DropAfter);
    assert_eq!(problem(tenant.exchange.delete_master_category(&engine, &ada, &permit).await).0, "unknown");
    let nobody = shared::item::SmtpAddress::new("nobody@northlight.example");
    let refused = tenant.exchange.delete_master_category(&engine, &nobody, &permit).await;
    assert_eq!(problem(refused).1.code, Code::MailboxGone);
}

#[tokio::test]
async fn the_queue_is_read_by_the_engine_for_its_owner() {
    let tenant = Tenant::new();
    let id = item(&tenant, QUEUE_ADDRESS, "Change of our invoice address").await;
    let found = tenant.exchange.messages(&engine(&BEN), &queue(), std::slice::from_ref(&id)).await.unwrap();
    let message = found[0].1.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(message.direction, Direction::Incoming);
    let asked = Asked { distinguished: true, ..Asked::default() };
    let answered = tenant.exchange.read(&engine(&BEN), &queue(), &asked).await.unwrap();
    let inbox = answered.distinguished.unwrap().unwrap().inbox.expect("an inbox");
    assert_eq!(message.folder, Some(inbox.clone()));
    let page = tenant.exchange.read(&engine(&BEN), &queue(), &of_folder(&inbox, DeltaFrom::Start)).await;
    assert!(!rows(page).changed.is_empty());
}

#[tokio::test]
async fn an_expired_token_is_replaced_and_the_whole_batch_asked_again() {
    let tenant = Tenant::new();
    let inbox = inbox(&tenant).await;
    tenant.fault(
        Service::Graph,
        Place::Part,
        "/messages/delta",
        status(401, "InvalidAuthenticationToken", None),
    );
    let mark = tenant.mark();
    assert!(!rows(read(&tenant, &of_folder(&inbox, DeltaFrom::Start)).await).changed.is_empty());
    assert_eq!(tenant.round_trips(mark).len(), 2);
    let access = user(&ADA);
    let asked = of_folder(&inbox, DeltaFrom::Start);
    let by_person = tenant.exchange.read(&access, &mailbox_of(&ADA), &asked).await;
    assert!(!rows(by_person).changed.is_empty(), "a person may read too");
}
