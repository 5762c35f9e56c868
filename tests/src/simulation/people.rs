//! What people do, carried out: on Outlook's side, in the pane and in the CRM.

use super::act::{Act, From, MailNo, Mishap, Place, Regarding, Spelling, Who};
use super::scene::{Copy, Letter, PEOPLE, Scene, folder_key};
use crate::model::Fact;
use backend::store::{Actor, MappedFolder, Store};
use sandbox::company::{ACCOUNTS, INGRID};
use sandbox::dataverse::Filter;
use sandbox::exchange::delivery::{Address, Delivery};
use sandbox::exchange::message::Importance;
use sandbox::exchange::post::SentCopy;
use sandbox::exchange::{Exchange, Refusal};
use shared::UtcMs;
use shared::api::WishRequest;
use shared::api::admin::Order;
use shared::category::TRACKED;
use shared::item::FolderId;
use shared::mailbox::FolderMapping;
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::rules::Language;
use shared::wish::{RecordFate, RegardingWish, Wish};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const STRANGER: &str = "nobody@elsewhere.example";

/// Lets a person act; what cannot be done (any more) is left.
pub async fn perform(scene: &Arc<Scene>, act: &Act) {
    match act {
        Act::Send { mail, from, to, answers, ruled } => send(scene, *mail, *from, to, *answers, *ruled),
        Act::PutOn { mail, who, spelling } => put_on(scene, *mail, *who, *spelling),
        Act::TakeOff { mail, who } => take_off(scene, *mail, *who),
        Act::PutOwn { mail, who } => put_own(scene, *mail, *who),
        Act::Move { mail, who, to } => move_to(scene, *mail, *who, *to).await,
        Act::Delete { mail, who } => delete(scene, *mail, *who),
        Act::RenameCategory { who } => rename_category(scene, *who).await,
        Act::DeleteCategory { who } => delete_category(scene, *who).await,
        Act::Track { mail, who, regarding } => {
            let regarding = match regarding {
                Regarding::Keep => RegardingWish::Keep,
                Regarding::Clear => RegardingWish::Clear,
                Regarding::Set(number) => RegardingWish::Set(record(*number)),
            };
            wish(scene, *mail, *who, Wish::Track { regarding }).await;
        }
        Act::Untrack { mail, who, delete } => {
            let record = if *delete { RecordFate::Delete } else { RecordFate::Keep };
            wish(scene, *mail, *who, Wish::Untrack { record }).await;
        }
        Act::DeleteRecord { mail } => delete_record(scene, *mail).await,
        Act::SetRegarding { mail, to } => {
            let crm = scene.ground.world.crm();
            for email in records_of(scene, *mail) {
                let _ = crm.set_regarding(email, Some(("accounts", record(*to).key.id))).await;
            }
        }
        Act::Switch { on } => {
            let crm = scene.ground.world.crm();
            let value = if *on { "true" } else { "false" };
            crm.set_org_setting("TrackCategorizedItems", Some(value)).await.expect("a setting of the CRM");
            scene.note(Fact::Switched);
        }
        Act::Filter { who, method } => {
            set_filter(scene, *who, *method).await;
            scene.note(Fact::Filtered);
        }
        Act::Map { who, folder, regarding } => {
            map(scene, *who, *folder, Some(FolderMapping { regarding: regarding.map(record) })).await;
        }
        Act::Unmap { who, folder } => map(scene, *who, *folder, None).await,
        Act::Stop { who } => order(scene, *who, Order::Stop).await,
        Act::Start { who } => order(scene, *who, Order::Start).await,
        Act::Mishap { mail, who, what } => mishap(scene, *mail, *who, *what).await,
    }
}

async fn mishap(scene: &Scene, mail: MailNo, who: Who, what: Mishap) {
    match what {
        Mishap::LosesCategory => {
            edit(scene, mail, who, "a mishap", |all| all.retain(|c| !c.starts_with("Own ")));
        }
        Mishap::Untracks => {
            edit(scene, mail, who, "a mishap", Vec::clear);
        }
        Mishap::DoublesRecord => {
            let id = scene.past().letters.get(&mail).map(|letter| letter.message_id.clone());
            let row = serde_json::json!({ "subject": "Doubled", "messageid": id, "directioncode": false });
            scene.ground.world.crm().create("emails", row).await.expect("an email can be created");
        }
    }
}

/// One of the records that mail may be about.
pub fn record(number: u8) -> RecordRef {
    let account = &ACCOUNTS[usize::from(number) % ACCOUNTS.len()];
    let id = account.id.parse().expect("the company's ids are GUIDs");
    RecordRef { key: RecordKey { table: Table::account(), id }, name: account.name.to_owned() }
}

/// The CRM's records of a mail.
pub fn records_of(scene: &Scene, mail: MailNo) -> Vec<Uuid> {
    let id = scene.past().letters.get(&mail).map(|letter| letter.message_id.clone());
    id.map(|id| scene.ground.world.crm().emails_with(&id)).unwrap_or_default()
}

pub async fn set_filter(scene: &Scene, who: Who, method: u8) {
    let all = [Filter::All, Filter::InResponse, Filter::Customers, Filter::AnyRecord, Filter::None];
    let person = PEOPLE[usize::from(who) % PEOPLE.len()];
    let user = person.systemuser.and_then(|id| id.parse().ok()).expect("a user of the CRM");
    let filter = all[usize::from(method) % all.len()];
    scene.ground.world.crm().set_filter(user, filter).await.expect("a filter can be chosen");
}

fn send(scene: &Arc<Scene>, mail: MailNo, from: From, to: &[Who], answers: Option<MailNo>, ruled: bool) {
    let people = scene.people();
    if scene.past().letters.contains_key(&mail) {
        return;
    }
    let sender = match from {
        From::Customer => INGRID.email,
        From::Stranger => STRANGER,
        From::Colleague(who) => Scene::upn(who),
    };
    let to: Vec<Who> =
        to.iter().copied().filter(|who| people.contains(who) && from != From::Colleague(*who)).collect();
    if to.is_empty() {
        return;
    }
    let parent = answers.and_then(|answers| scene.past().letters.get(&answers).cloned());
    let message_id = format!("<mail-{mail}@elsewhere.example>");
    let subject = match &parent {
        Some(parent) => format!("Re: {}", parent.subject.trim_start_matches("Re: ")),
        None => format!("About the matter {mail}"),
    };
    let letter = Delivery {
        from: Address::new(sender),
        to: to.iter().map(|who| Address::new(Scene::upn(*who))).collect(),
        subject: Some(subject.clone()),
        text: format!("Text of {mail}"),
        importance: Importance::default(),
        internet_message_id: Some(message_id.clone()),
        in_reply_to: parent.as_ref().map(|parent| parent.message_id.clone()),
        categories: if ruled { vec![TRACKED.to_owned()] } else { Vec::new() },
        sent_copy: if matches!(from, From::Colleague(_)) { SentCopy::Keep } else { SentCopy::Drop },
        ..Delivery::default()
    };
    let delivered =
        scene.ground.world.act("a mail comes", |exchange, now| exchange.deliver_letter(&letter, now));
    let delivered = delivered.expect("the mail can be delivered");
    let mut copies = BTreeMap::new();
    let who_is = |oid: &str| PEOPLE.iter().position(|person| person.oid == oid).map(|at| at as Who);
    let received = delivered.copies.iter().map(|(oid, key)| (oid, key, false));
    for (oid, key, outgoing) in received.chain(delivered.sent.iter().map(|(oid, key)| (oid, key, true))) {
        let Some(who) = who_is(oid).filter(|who| people.contains(who)) else { continue };
        let item = scene.item_of(who, *key);
        let place = (!outgoing).then_some(Place::Inbox);
        copies.insert(who, Copy { key: *key, item, outgoing, place, gone: false, own: Vec::new() });
        let on = ruled && !outgoing;
        scene.note(Fact::Arrived { mail, who, on, answers: parent.as_ref().and(answers) });
    }
    let thread = parent.map_or(mail, |parent| parent.thread);
    scene.past().letters.insert(mail, Letter { message_id, subject, copies, thread });
}

/// The names by which a person knows the tracking category.
pub fn names(scene: &Scene, who: Who) -> [String; 2] {
    let now = scene.past().category.get(&who).cloned().unwrap_or_else(|| TRACKED.to_owned());
    [now, TRACKED.to_owned()]
}

pub fn is_on(scene: &Scene, mail: MailNo, who: Who) -> bool {
    let names = names(scene, who).map(|name| name.to_lowercase());
    scene.categories(mail, who).is_some_and(|all| all.iter().any(|c| names.contains(&c.to_lowercase())))
}

fn edit(scene: &Scene, mail: MailNo, who: Who, deed: &str, act: impl FnOnce(&mut Vec<String>)) -> bool {
    let Some(key) = scene.past().letters.get(&mail).and_then(|l| l.copies.get(&who)).map(|c| c.key) else {
        return false;
    };
    let change = |exchange: &mut Exchange, now| {
        exchange.change(Scene::upn(who), |mailbox, _| {
            mailbox.edit(key, None, now, |message| act(&mut message.categories))
        })
    };
    scene.ground.world.act(deed, change).is_ok()
}

fn put_on(scene: &Scene, mail: MailNo, who: Who, spelling: Spelling) {
    if is_on(scene, mail, who) {
        return;
    }
    let [name, _] = names(scene, who);
    let name = match spelling {
        Spelling::AsItIs => name,
        Spelling::Lower => name.to_lowercase(),
        Spelling::Upper => name.to_uppercase(),
    };
    if edit(scene, mail, who, "the category is put on", |all| all.push(name)) {
        scene.note(Fact::PutOn { mail, who });
    }
}

fn take_off(scene: &Scene, mail: MailNo, who: Who) {
    if !is_on(scene, mail, who) {
        return;
    }
    let names = names(scene, who).map(|name| name.to_lowercase());
    let off = |all: &mut Vec<String>| all.retain(|c| !names.contains(&c.to_lowercase()));
    if edit(scene, mail, who, "the category is taken off", off) {
        scene.note(Fact::TakenOff { mail, who });
    }
}

fn put_own(scene: &Scene, mail: MailNo, who: Who) {
    let name = format!("Own {}", scene.past().started);
    let has = |all: &Vec<String>| all.contains(&name);
    if scene.categories(mail, who).is_none_or(|all| has(&all)) {
        return;
    }
    if edit(scene, mail, who, "a category of one's own", |all| all.push(name.clone()))
        && let Some(copy) = scene.past().letters.get_mut(&mail).and_then(|l| l.copies.get_mut(&who))
    {
        copy.own.push(name.clone());
    }
}

async fn move_to(scene: &Scene, mail: MailNo, who: Who, to: Place) {
    let Some(copy) = scene.past().letters.get(&mail).and_then(|l| l.copies.get(&who)).cloned() else {
        return;
    };
    if copy.gone || copy.place == Some(to) {
        return;
    }
    let moved = scene.ground.world.act("a mail is moved", |exchange, now| {
        exchange.change(Scene::upn(who), |mailbox, _| mailbox.move_message(copy.key, folder_key(to), now))
    });
    if moved.is_err() {
        return;
    }
    if let Some(copy) = scene.past().letters.get_mut(&mail).and_then(|l| l.copies.get_mut(&who)) {
        copy.place = Some(to);
    }
    let folders = scene.ground.store.folders(scene.ground.tenant(), Scene::mailbox(who).0).await;
    let id = folder_id(scene, who, to);
    let tracks =
        folders.expect("the store can be read").iter().any(|f| f.folder == id && f.mapping.is_some());
    scene.note(Fact::Moved { mail, who, tracks });
}

fn folder_id(scene: &Scene, who: Who, place: Place) -> FolderId {
    let exchange = scene.ground.world.exchange();
    let mailbox = exchange.mailbox(Scene::upn(who)).expect("a mailbox of the company");
    FolderId(mailbox.folder_id(folder_key(place)))
}

fn delete(scene: &Scene, mail: MailNo, who: Who) {
    let Some(copy) = scene.past().letters.get(&mail).and_then(|l| l.copies.get(&who)).cloned() else {
        return;
    };
    let gone = scene.ground.world.act("a mail is deleted", |exchange, _| {
        exchange.change(Scene::upn(who), |mailbox, _| mailbox.purge_message(copy.key))
    });
    if gone.is_ok() {
        if let Some(copy) = scene.past().letters.get_mut(&mail).and_then(|l| l.copies.get_mut(&who)) {
            copy.gone = true;
        }
        scene.note(Fact::Gone { mail, who });
    }
}

/// The entry of the master list that means *tracked*.
fn category_of(scene: &Scene, who: Who) -> Option<Uuid> {
    let [name, _] = names(scene, who).map(|name| name.to_lowercase());
    let exchange = scene.ground.world.exchange();
    let mailbox = exchange.mailbox(Scene::upn(who)).ok()?;
    mailbox.categories().iter().find(|c| c.display_name.to_lowercase() == name).map(|c| c.id)
}

/// Only a category that the engine has got to know under its present name is known by its id (CAT-13); before that,
/// whatever is renamed or deleted is any category of the person's own.
async fn known_category(scene: &Scene, who: Who) -> Option<Uuid> {
    let record = scene.ground.store.mailbox(scene.ground.tenant(), Scene::mailbox(who).0).await;
    let known = record.expect("the store can be read").and_then(|record| record.category)?.category;
    let [name, _] = names(scene, who);
    let same = known.name.to_lowercase() == name.to_lowercase();
    category_of(scene, who).filter(|listed| same && known.id.0.parse() == Ok(*listed))
}

async fn rename_category(scene: &Scene, who: Who) {
    let Some(id) = known_category(scene, who).await else { return };
    if scene.past().category.contains_key(&who) {
        return;
    }
    let name = "In the CRM";
    let renamed = scene.ground.world.act("the category is renamed", |exchange, _| {
        exchange.change(Scene::upn(who), |mailbox, _| mailbox.rename_category(id, name))
    });
    if renamed.is_ok() {
        scene.past().category.insert(who, name.to_owned());
    }
}

async fn delete_category(scene: &Scene, who: Who) {
    if let Some(id) = known_category(scene, who).await {
        let _: Result<(), Refusal> = scene.ground.world.act("the category is deleted", |exchange, _| {
            exchange.change(Scene::upn(who), |mailbox, _| mailbox.delete_category(id))
        });
    }
}

/// A click in the pane. It counts as made when the store has it, whatever the pane heard.
async fn wish(scene: &Arc<Scene>, mail: MailNo, who: Who, wish: Wish) {
    let (Some(name), Some(items)) = (scene.name_of(mail, who), scene.items()) else { return };
    if scene.past().letters.get(&mail).and_then(|l| l.copies.get(&who)).is_none_or(|copy| copy.gone) {
        return;
    }
    let number = {
        let mut past = scene.past();
        past.clicks += 1;
        u128::from(past.clicks)
    };
    let id = Uuid::from_u128(0x7157_0000_0000_4000_8000_0000_0000_0000 | number);
    let (track, delete) = match &wish {
        Wish::Track { .. } => (true, false),
        Wish::Untrack { record } => (false, *record == RecordFate::Delete),
    };
    scene.past().wishes.push((id, mail, who));
    scene.note(Fact::Wished { mail, who, id: id.as_u128(), track, delete });
    let request = WishRequest { id, wish };
    let _ = items.wish(&scene.access(who), &name, &request, Duration::ZERO, Language::English).await;
}

async fn delete_record(scene: &Scene, mail: MailNo) {
    let crm = scene.ground.world.crm();
    for email in records_of(scene, mail) {
        if crm.delete("emails", email).await.is_ok() {
            *scene.past().gone.entry(email.to_string()).or_default() += 1;
            scene.note(Fact::RecordDeleted { mail });
        }
    }
}

async fn map(scene: &Scene, who: Who, folder: Place, mapping: Option<FolderMapping>) {
    let (mailbox, _) = Scene::mailbox(who);
    let mapped = MappedFolder { folder: folder_id(scene, who, folder), name: format!("{folder:?}"), mapping };
    let by = Actor::User(scene.access(who).user);
    let now = UtcMs(scene.ground.time.now_ms());
    let done = scene.ground.store.map_folder(scene.ground.tenant(), mailbox, &mapped, &by, now).await;
    done.expect("the store can be written");
    scene.note(Fact::Mapped { who });
}

async fn order(scene: &Scene, who: Who, order: Order) {
    let Some(items) = scene.items() else { return };
    let (_, address) = Scene::mailbox(who);
    let by = Actor::Program("an administrator".into());
    let tenant = scene.ground.tenant();
    if order == Order::Stop {
        scene.note(Fact::Stopped { who });
    }
    // Whatever comes of it stands in the store.
    let _ = items.administration().order(tenant, &address, order, &by, Language::English).await;
}
