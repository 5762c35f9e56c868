//! Situations for the tests of the rules and the plan.
#![allow(dead_code)]

use shared::UtcMs;
use shared::category::{CategoryId, MasterCategory, TRACKED};
use shared::email::{
    Attachments, ConversationId, Correlation, CrmEmail, CrmEmailId, Direction, Draft, Importance,
    InternetMessageId, Message,
};
use shared::item::{ItemId, SmtpAddress};
use shared::party::{Candidate, Correspondent, RecordState, Role};
use shared::plan::{
    self, CrmSeen, ExchangeSeen, Link, LinkCategory, OpenWish, Ours, Outcome, Plan, Refusals, Settlement,
    Situation, Step, WishProgress, check,
};
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::rules::incoming::promoted_id;
use shared::rules::tracking::{Standing, TrackingCategory};
use shared::settings::Settings;
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};
use uuid::Uuid;

pub const ORGANIZATION: Uuid = Uuid::from_u128(0xb000);
pub const ADA: Uuid = Uuid::from_u128(0xd1);

pub fn address(text: &str) -> SmtpAddress {
    SmtpAddress::new(text)
}

pub fn record(table: Table, id: u128, name: &str) -> RecordRef {
    RecordRef { key: RecordKey { table, id: Uuid::from_u128(id) }, name: name.to_owned() }
}

pub fn account() -> RecordRef {
    record(Table::account(), 0xac01, "Fjordline Marine AS")
}

pub fn correspondent(role: Role, at: &str) -> Correspondent {
    Correspondent { role, name: at.to_owned(), address: address(at) }
}

pub fn candidate(table: Table, id: u128, at: &str, owner: Option<Uuid>) -> Candidate {
    let record = record(table, id, &format!("record {id:x}"));
    Candidate { record, address: address(at), owner, activity: RecordState::Active }
}

pub fn message(categories: &[&str]) -> Message {
    Message {
        id: ItemId("AAkALgImmutable".into()),
        etag: "W/\"1\"".into(),
        internet_message_id: Some(InternetMessageId("<1@fjordline.example>".into())),
        subject: "Offer".into(),
        correspondents: vec![
            correspondent(Role::From, "ingrid@fjordline.example"),
            correspondent(Role::To, "ada@northlight.example"),
        ],
        categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        direction: Direction::Incoming,
        draft: Draft::Sent,
        received: UtcMs(1_000),
        importance: Importance::Normal,
        conversation: Some(ConversationId("c1".into())),
        conversation_index: None,
        in_reply_to: None,
        folder: None,
        attachments: Attachments::None,
    }
}

pub fn in_list() -> TrackingCategory {
    TrackingCategory { name: TRACKED.into(), standing: Standing::InMasterList(CategoryId("c1".into())) }
}

/// The id under which the message of [`message`] is promoted.
pub fn own_id(settings: &Settings, direction: Direction) -> CrmEmailId {
    promoted_id(ORGANIZATION, &InternetMessageId("<1@fjordline.example>".into()), direction, settings)
}

pub fn crm_email(id: CrmEmailId, direction: Direction) -> CrmEmail {
    CrmEmail { id, direction, regarding: None, owner: "Ada Brandt".into() }
}

/// A message with these categories, not in the CRM, nothing wished.
pub fn untouched(categories: &[&str]) -> Situation {
    Situation {
        organization: ORGANIZATION,
        settings: Settings::default(),
        exchange: ExchangeSeen::Present { message: Box::new(message(categories)), category: in_list() },
        crm: CrmSeen { user: Some(ADA), ..CrmSeen::default() },
        link: None,
        wish: None,
        refusals: Refusals::default(),
        queue: None,
        chosen: Vec::new(),
    }
}

/// A message that is tracked on both sides.
pub fn tracked() -> Situation {
    let mut s = untouched(&[TRACKED]);
    let id = own_id(&s.settings, Direction::Incoming);
    s.crm.emails.push(crm_email(id, Direction::Incoming));
    s.link = Some(Link { email: id, category: LinkCategory::Agreed });
    s
}

pub fn wishing(mut s: Situation, wish: Wish) -> Situation {
    s.wish = Some(OpenWish {
        wish,
        origin: Origin::Pane,
        progress: WishProgress::Running,
        category_is_ours: Ours::No,
        given_up: None,
    });
    s
}

pub fn track() -> Wish {
    Wish::Track { regarding: RegardingWish::Keep }
}

pub fn untrack(record: RecordFate) -> Wish {
    Wish::Untrack { record }
}

/// The wish of [`wishing`], come in by another door.
pub fn wishing_by(origin: Origin, s: Situation, wish: Wish) -> Situation {
    let mut s = wishing(s, wish);
    if let Some(open) = &mut s.wish {
        open.origin = origin;
    }
    s
}

/// Every door but the pane's.
pub fn other_doors() -> [Origin; 6] {
    let reply =
        Origin::Reply { correlation: Correlation::InReplyTo, email: CrmEmailId(Uuid::from_u128(0x7e)) };
    [Origin::Category, Origin::Folder, reply, Origin::Filter, Origin::Copy, Origin::Administrator]
}

pub fn master(id: &str, name: &str) -> MasterCategory {
    MasterCategory { id: CategoryId(id.into()), name: name.into() }
}

/// Changes the message, and the category that counts in its mailbox.
pub fn amend(s: &mut Situation, change: impl FnOnce(&mut Message, &mut TrackingCategory)) {
    if let ExchangeSeen::Present { message, category } = &mut s.exchange {
        change(message, category);
    }
}

/// The steps that the plan begins with.
pub fn steps(s: &Situation) -> Vec<Step> {
    match plan::plan(s) {
        Some(Plan::Do(steps)) => steps.into_iter().map(|(step, _)| step).collect(),
        _ => Vec::new(),
    }
}

/// How the wish ends, where nothing is left to do for it.
pub fn settled(s: &Situation) -> Option<Settlement> {
    match plan::plan(s) {
        Some(Plan::Settle(settlement)) => Some(settlement),
        _ => None,
    }
}

pub fn outcome(s: &Situation) -> Option<Outcome> {
    settled(s).map(|settlement| settlement.outcome)
}

/// Carries the plan out to its end, as if everything succeeded.
pub fn carried_out(s: &Situation) -> (Situation, Settlement) {
    let mut now = s.clone();
    for _ in 0..check::MAX_ROUNDS {
        match plan::plan(&now) {
            Some(Plan::Do(steps)) => now = steps.iter().fold(now, |s, (step, _)| s.after(step)),
            Some(Plan::Settle(end)) => return (now, end),
            None => panic!("a wish has a plan"),
        }
    }
    panic!("the plan does not end: {s:#?}")
}

pub fn categories(s: &Situation) -> Vec<String> {
    match &s.exchange {
        ExchangeSeen::Present { message, .. } => message.categories.clone(),
        ExchangeSeen::Gone => Vec::new(),
    }
}
